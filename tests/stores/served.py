"""What the scripts that start real object stores share: a free port, a process that is ended, and waiting until one answers."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
SECONDS_TO_START = 90
"""On a busy machine the slowest of the stores takes half of it."""
SECONDS_TO_END = 10


@dataclass(frozen=True, slots=True)
class Server:
    """A store that answers on loopback: where, with which keys, and its processes, the one that speaks HTTP last."""

    endpoint: str
    access_key: str
    secret_key: str
    processes: tuple[subprocess.Popen[bytes], ...]

    def freeze(self) -> None:
        """Let it take requests and answer none, as a network that is gone does."""
        self.processes[-1].send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        self.processes[-1].send_signal(signal.SIGCONT)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], log: Path, env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process for as long as the block lasts; ended gently, then for good. Its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(env or {})},
            process_group=0,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(SECONDS_TO_END)


def until(ready: Callable[[], bool], log: Path) -> None:
    """Wait until a server is ready; its last words when it never is."""
    end = time.monotonic() + SECONDS_TO_START
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"{log.name} is not ready: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.1)


def answers(port: int, host: str = HOST) -> bool:
    """Tell whether HTTP is spoken at a port."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def stay(server: Server) -> None:
    """Say where a store started by hand answers, and stay until interrupted."""
    sys.stdout.write(
        f"YINZHENG_OBJECTS_ENDPOINT={server.endpoint}\nYINZHENG_OBJECTS_ACCESS_KEY={server.access_key}\n"
        f"YINZHENG_OBJECTS_SECRET_KEY={server.secret_key}\n"
    )
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
