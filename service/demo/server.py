"""Runs the demo's own service as a child process on loopback and waits until it is ready."""

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SECONDS_TO_START: Final = 90
"""A first start on a slow machine prepares LibreOffice's profile and loads the models."""


class NotReady(Exception):
    """The service did not become ready in time; the message names the probe's last answer."""


def free_port() -> int:
    """Return a loopback port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def token(data: Path, role: str, org: str) -> str:
    """Create an access token with the command line, as an operator would."""
    command = [sys.executable, "-m", "service", "token", "create", "--role", role, "--org", org]
    return subprocess.run(
        [*command, "--data", str(data)], check=True, capture_output=True, text=True
    ).stdout.strip()


@contextlib.contextmanager
def running(data: Path, port: int) -> Iterator[str]:
    """Serve `data` on `port` and yield the base address; the service ends with the block."""
    command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--data", str(data)]
    with (data / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_ready(process, base)
        yield base
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_ready(process: subprocess.Popen[bytes], base: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    last = "没有应答"
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(base + "/readyz", timeout=5):
                return
        except urllib.error.HTTPError as error:
            last = json.dumps(json.loads(error.read() or b"{}"), ensure_ascii=False)
        except OSError:
            last = "没有应答"
        time.sleep(0.1)
    raise NotReady(f"服务没有就绪：{last}；请看 serve.log")
