"""Hands scans in over HTTP without waiting, and passes their results on when the service has read them."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import house

from service.demo.client import Client

Known = TypeVar("Known")

WAITING = 8  # scans on the pile: enough for two workers, and their pictures are small
SECONDS = 900  # for one scan of sixty pages on a busy machine


class Desk(Generic[Known]):
    """A pile of scans at one service; each is told to `take`, with what is known of it, when it has been read."""

    def __init__(self, client: Client, take: Callable[[Known, dict[str, Any]], None]) -> None:
        self._client = client
        self._take = take
        self._pile: list[tuple[str, Known]] = []

    def hand(self, known: Known, scan: bytes, name: str = "paper.pdf") -> None:
        """Upload one scan; wait for the oldest when the pile is high."""
        self._pile.append((self._client.upload("/v1/scans", name, scan)["id"], known))
        if len(self._pile) > WAITING:
            self._oldest()

    def finish(self) -> None:
        """Wait for all that was handed in."""
        while self._pile:
            self._oldest()

    def _oldest(self) -> None:
        scan_id, known = self._pile.pop(0)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            result = self._client.call("GET", f"/v1/scans/{scan_id}?wait=30")
            if result["state"] in {"done", "failed"}:
                self._take(known, result)
                return
        raise TimeoutError(f"扫描件 {scan_id} 在 {SECONDS} 秒内没有读完；请看 serve.log。")


@contextmanager
def second_worker(store: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One more process that reads scans of a running service; it ends with the block."""
    command = [sys.executable, "-m", "service", "worker", "--only", "scan", "--data", str(store)]
    with (store / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def opened() -> Iterator[house.House]:
    """A service with two processes that read scans."""
    with house.opened(workers=1) as service, second_worker(service.store):
        yield service
