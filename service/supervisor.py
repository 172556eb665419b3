"""Keeps worker processes alive beside a service, kills those that hang, and ends them with it."""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from storage.archive import WORKERS
from storage.presence import last_sign

QUICK_DEATH_SECONDS = 5.0
"""A worker that dies this soon is started again only after as long a pause."""
GRACE_SECONDS = 3.0
"""What a worker gets to end by itself, unless it is given more."""

HUNG_SECONDS = 1800.0
"""A worker that has not said for so long that it goes on is killed. It says so every 15 s between two steps of a job; the
longest step there is, one file that fills a package of 4 GB, has 18 minutes (intake/packages.py). Whoever looks after it
has seen it hang for 27 minutes by then (watched.SILENT_SECONDS), and its lease was over for more than 20."""
LOOK_SECONDS = 10.0
"""Between two looks whether it goes on. Looks are counted, not seconds: after a pause of the whole machine it gets its time."""

log = logging.getLogger("yinzheng.worker")


def worker_command(data: Path, only: str | None) -> list[str]:
    """The command line of a worker process of one kind, or of all, which ends with whoever starts it."""
    kind = [] if only is None else ["--only", only]
    return [sys.executable, "-m", "service", "worker", "--child", *kind, "--data", str(data)]


class Supervisor:
    """Keeps one worker process of a kind alive: another is started when it ends."""

    def __init__(self, data: Path, only: str | None = "scan", grace: float = GRACE_SECONDS) -> None:
        self._grace = grace
        self._data = data
        self._command = worker_command(data, only)
        self._closing = threading.Event()
        self._failed = 0
        self._began = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        """Start the worker and watch over it in the background."""
        self._thread.start()
        threading.Thread(target=self._look, name="worker-watch", daemon=True).start()

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

    def _look(self) -> None:
        """Kill a worker that hangs: its job is another's once its lease is over.

        One that never gave a sign holds no job, and one whose sign cannot be read need not hang: neither is killed.
        """
        process, looks = self._process, 0
        sign: float | None = None
        while not self._closing.wait(LOOK_SECONDS):
            before = (process, sign)
            process = self._process
            lives = process is not None and process.poll() is None
            sign = last_sign(self._data / WORKERS, process.pid) if process is not None and lives else None
            looks = looks + 1 if sign is not None and before == (process, sign) else 0
            if process is not None and looks * LOOK_SECONDS >= HUNG_SECONDS:
                log.error("worker %s has said nothing for %.0f s, killing it", process.pid, HUNG_SECONDS)
                process.kill()
                looks = 0

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
