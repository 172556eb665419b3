"""The worker: leases scan jobs, reads them one at a time, and is replaced before it grows."""

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from service import receive
from service.errors import whereabouts
from service.office import Office
from storage.errors import StorageError
from storage.records import Job

KINDS = ("scan",)
LEASE_SECONDS = 60.0
"""After this another worker may take the job of one that died. A longer stack may then be read twice by two
workers; it is filed once."""
MOST_ATTEMPTS = 2
"""A scan is tried once more; then a person looks at it, and the others go on."""
IDLE_SECONDS = 0.1
"""Pause between two looks for work."""
AWAY_SECONDS = 5.0
"""Pause when the database cannot be asked."""
QUICK_DEATH_SECONDS = 5.0
"""A worker that dies this soon is started again only after as long a pause."""
GRACE_SECONDS = 3.0

log = logging.getLogger("yinzheng.worker")


def run(office: Office, stop: threading.Event) -> None:
    """Work until told to stop, or until this process has done its share or grown too large."""
    limit = office.settings.worker_memory_mb << 20
    for _ in range(office.settings.worker_jobs):
        while not _worked(office):
            if stop.wait(IDLE_SECONDS):
                return
        if stop.is_set() or resident_bytes() > limit:
            return


def _worked(office: Office) -> bool:
    """Do one job if there is one; a database that is away is waited for, not died of."""
    try:
        return work_once(office)
    except StorageError as error:
        log.warning("cannot ask for work: %s", error.code)
        office.sleep(AWAY_SECONDS)
        return False


def work_once(office: Office) -> bool:
    """Lease one job and do it; False when there is none. A failing scan never raises."""
    with office.archive.begin() as transaction:
        job = transaction.lease_job(KINDS, LEASE_SECONDS)
    if job is None:
        return False
    scan_id = str(job.payload["scan"])
    try:
        if job.attempts > MOST_ATTEMPTS:
            receive.fail(office, scan_id)
        else:
            receive.process(office, scan_id)
    except Exception as error:
        _failed(office, job, scan_id, error)
        return True
    with office.archive.begin() as transaction:
        transaction.finish_job(job.id)
    return True


def _failed(office: Office, job: Job, scan_id: str, error: Exception) -> None:
    """Leave the job for one more attempt, or set the scan aside; the log says what kind of error and where, not its words."""
    name, places = type(error).__name__, whereabouts(error)
    log.error("scan %s failed, attempt %s: %s at %s", scan_id, job.attempts, name, places)
    if job.attempts >= MOST_ATTEMPTS:
        receive.fail(office, scan_id)
    with office.archive.begin() as transaction:
        if job.attempts >= MOST_ATTEMPTS:
            transaction.finish_job(job.id)
        else:
            transaction.fail_job(job.id, type(error).__name__)


def resident_bytes() -> int:
    """Memory of this process that is really in use."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def end_with_parent(pipe: IO[bytes], stop: threading.Event) -> None:
    """End this process soon after whoever started it is gone: the pipe from it then ends."""

    def watch() -> None:
        pipe.read()
        stop.set()
        time.sleep(GRACE_SECONDS)
        os._exit(0)

    threading.Thread(target=watch, name="parent", daemon=True).start()


class Supervisor:
    """Keeps one worker process alive beside a service, and ends it with it."""

    def __init__(self, data: Path) -> None:
        self._command = [sys.executable, "-m", "service", "worker", "--child", "--data", str(data)]
        self._closing = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        """Start the worker and watch over it in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker: gently, then for good."""
        self._closing.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.ident is not None:
            self._thread.join(GRACE_SECONDS)

    def _keep(self) -> None:
        while not self._closing.is_set():
            began = time.monotonic()
            with subprocess.Popen(self._command, stdin=subprocess.PIPE) as process:
                self._process = process
                if self._closing.is_set():
                    process.terminate()
                process.wait()
            if not self._closing.is_set():
                log.warning("worker ended with %s, starting another", process.returncode)
                if time.monotonic() - began < QUICK_DEATH_SECONDS:
                    self._closing.wait(QUICK_DEATH_SECONDS)


def signal_stop(stop: threading.Event) -> None:
    """Let SIGTERM end the loop after the present scan; a second one ends the process."""
    import signal

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set():
            os._exit(0)
        stop.set()

    with contextlib.suppress(ValueError):  # only the main thread may listen to signals
        signal.signal(signal.SIGTERM, ask)
