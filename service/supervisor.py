"""Keeps worker processes alive beside a service, and ends them with it."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

QUICK_DEATH_SECONDS = 5.0
"""A worker that dies this soon is started again only after as long a pause."""
GRACE_SECONDS = 3.0
"""What a worker gets to end by itself, unless it is given more."""

log = logging.getLogger("yinzheng.worker")


def worker_command(data: Path, only: str | None) -> list[str]:
    """The command line of a worker process of one kind, or of all, which ends with whoever starts it."""
    kind = [] if only is None else ["--only", only]
    return [sys.executable, "-m", "service", "worker", "--child", *kind, "--data", str(data)]


class Supervisor:
    """Keeps one worker process of a kind alive: another is started when it ends."""

    def __init__(self, data: Path, only: str | None = "scan", grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._command = worker_command(data, only)
        self._closing = threading.Event()
        self._failed = 0
        self._began = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        """Start the worker and watch over it in the background."""
        self._thread.start()

    def close(self) -> None:
        """Tell the worker to end."""
        self._closing.set()
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        """See the worker end: gently, then for good."""
        process = self._process
        if process is not None:
            try:
                process.wait(self._grace)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.ident is not None:
            self._thread.join(GRACE_SECONDS)

    def pid(self) -> int | None:
        """The process id of the present worker."""
        return None if self._process is None else self._process.pid

    @property
    def failed_starts(self) -> int:
        """How often in a row the worker ended at once, or could not be started at all; 0 while one lives on."""
        lives = self._process is not None and self._process.poll() is None
        return 0 if lives and time.monotonic() - self._began >= QUICK_DEATH_SECONDS else self._failed

    def _keep(self) -> None:
        while not self._closing.is_set():
            self._began = time.monotonic()
            try:
                self._run()
            except OSError as error:  # no memory, too many processes or files: that passes
                log.warning("worker cannot be started: %s", type(error).__name__)
            if time.monotonic() - self._began >= QUICK_DEATH_SECONDS:
                self._failed = 0
            elif not self._closing.is_set():
                self._failed += 1
                self._closing.wait(QUICK_DEATH_SECONDS)

    def _run(self) -> None:
        """One life of the worker."""
        # A group of its own: what a terminal sends to the foreground is for whoever started it.
        with subprocess.Popen(self._command, stdin=subprocess.PIPE, process_group=0) as process:
            self._process = process
            if self._closing.is_set():
                process.terminate()
            process.wait()
        if not self._closing.is_set():
            log.warning("worker ended with %s, starting another", process.returncode)


def stop(supervisors: Sequence[Supervisor]) -> None:
    """End all workers at the same time."""
    for supervisor in supervisors:
        supervisor.close()
    for supervisor in supervisors:
        supervisor.wait()
