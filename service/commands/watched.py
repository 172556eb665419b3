"""What a host of workers only answers to whoever watches it: /healthz, /readyz and /metrics of that host."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from service.errors import Problem
from service.supervisor import Supervisor
from service.web import metrics
from storage.archive import MOST_SKEW, Archive
from storage.errors import StorageError

SILENT_SECONDS: Final = 180.0
"""A worker that has not said for so long that it goes on hangs: it says so every 15 s in a job, and three leases are over."""
READ_SECONDS: Final = 10.0
"""What somebody who connects gets to say what he wants."""
AGAIN: Final = {"Retry-After": "5"}
JSON: Final = "application/json"


class Watched:
    """The workers of one host, as they are seen from beside: the process that started them."""

    def __init__(self, archive: Archive, data: Path, workers: Sequence[Supervisor]) -> None:
        self._archive = archive
        self._data = data
        self._workers = workers
        self._complete = time.monotonic()
        self.leaving = False

    def silent(self) -> list[str]:
        """What is wrong with the workers, in Chinese; empty while all of them go on."""
        beats = self._archive.workers()
        if len(beats) >= len(self._workers):
            self._complete = time.monotonic()
        found = [
            f"有后台进程 {one.silent:.0f} 秒没有动静（{one.what}），请查看日志。由服务或 --health-port 启动的，"
            "满半小时仍没有动静会自动结束它、另起一个；单独启动的请自行结束后再启动"
            for one in beats
            if one.silent > SILENT_SECONDS
        ]
        if any(worker.failed_starts for worker in self._workers) or (
            time.monotonic() - self._complete > SILENT_SECONDS
        ):
            found.append("后台进程起不来，请查看日志")
        return found

    def faults(self) -> list[str]:
        """What keeps this host from working, in Chinese: its workers, the rows and objects, its clock."""
        found = self.silent()
        try:
            self._archive.answers()
            if abs(ahead := self._archive.skew()) > MOST_SKEW:
                found.append(f"本机时钟与数据库的相差 {ahead:+.0f} 秒，请校准时钟（NTP）")
        except StorageError as error:
            found.append(error.message_zh)
        return found

    def answer(self, path: str) -> tuple[int, str, str] | None:
        """Status, type and body of what is asked for; None for what there is not."""
        if path == "/metrics":
            lines = metrics.host_lines(
                self._archive, self._data, self._archive.workers(), leaving=self.leaving
            )
            return HTTPStatus.OK, metrics.TYPE, "\n".join(lines) + "\n"
        asked: dict[str, tuple[str, Callable[[], list[str]]]] = {
            "/healthz": ("alive", self.silent),
            "/readyz": ("ready", self.faults),
        }
        if path not in asked:
            return None
        name, look = asked[path]
        found = look()
        status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
        return status, JSON, json.dumps({name: not found, "faults": found}, ensure_ascii=False)


class _Server(ThreadingHTTPServer):
    """Answers for the workers it is given."""

    daemon_threads = True

    def __init__(self, watched: Watched, host: str, port: int) -> None:
        self.watched = watched
        super().__init__((host, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One request: only what `Watched.answer` knows, and no word of it in the log."""

    server: _Server
    timeout = READ_SECONDS
    server_version, sys_version = "yinzheng", ""

    def do_GET(self) -> None:
        """Answer."""
        try:
            told = self.server.watched.answer(self.path)
        except StorageError as error:
            faults = {"faults": [error.message_zh]}
            told = (HTTPStatus.SERVICE_UNAVAILABLE, JSON, json.dumps(faults, ensure_ascii=False))
        if told is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        status, kind, body = told
        data = body.encode()
        again = AGAIN if status != HTTPStatus.OK else {}
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **again}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: who asks every few seconds fills a disk."""


@contextmanager
def answering(watched: Watched, host: str, port: int) -> Iterator[int]:
    """Answer on an address as long as the block lasts; gives the port, which the system chooses for 0.

    Raises Problem port_taken.
    """
    try:
        server = _Server(watched, host, port)
    except OSError:
        raise Problem(
            "port_taken",
            500,
            "端口不可用",
            f"不能在 {host} 的 {port} 端口回答；请换一个 --health-port，或先停下占用它的程序",
        ) from None
    with server:
        threading.Thread(target=server.serve_forever, name="watched", daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
