"""The worker: leases jobs of its kinds, does them one at a time, and is replaced before it grows."""

import contextlib
import ctypes
import logging
import os
import resource
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from service import bell, custody, receive, tallies
from service.errors import whereabouts
from service.issue import batch
from service.logs import about
from service.office import Office
from service.receive import copies, later
from storage.archive import MOST_SKEW
from storage.errors import LockNotHeld, StorageError, StoreAway, StoreFull
from storage.records import Job

SCAN, COPIES, ARRIVAL, BATCH = "scan", later.JOB, custody.JOB, batch.KIND
KINDS = (SCAN, COPIES, ARRIVAL, BATCH)
"""What people wait for stands first: it never waits behind the thousands of papers of a batch."""
SHARES = {SCAN: (SCAN,), BATCH: (COPIES, ARRIVAL, BATCH)}
"""What a worker of one kind does: whoever reads scans makes no copies, so that the next verdict does not wait for them."""
LEASE_SECONDS = 60.0
"""After this another worker may take the job of one that hangs on a page."""
BEAT_SECONDS = 15.0
"""A reading keeps its lease this often, between two pages: sixty foreign pages take two minutes."""
MOST_ATTEMPTS = 2
"""A scan is tried once more; then a person looks at it, and the others go on."""
OUTCOMES = {"waiting": "again", "running": "taken"}
"""How a job ended that is not done or dead: it waits for another attempt, or another worker has it."""
IDLE_SECONDS, IDLE_BATCH_SECONDS = 0.1, 0.5
"""Pause between two looks for work where no bell rings, from other hosts: somebody waits for a scan, a batch takes minutes."""
AWAY_SECONDS = 5.0
"""Pause when the database cannot be asked."""
TURN_SECONDS = 30.0
"""Pause of a package that waits until another one is filed: each look at it takes it out of the store."""
CLOCK_SECONDS = 60.0
"""Between two looks at the clock."""
PASSING = (StoreAway, StoreFull, LockNotHeld)
"""What is wrong with the store, not with the paper."""
TIMES_OVER = 2
M_ARENA_MAX = -8  # of <malloc.h>
NICE = 19
"""How much a worker that prints batches steps back: a single request that comes meanwhile gets the processor first."""

log = logging.getLogger("yinzheng.worker")


class Hold:
    """The job a worker has in hand, so that it can be given back when its time is over."""

    def __init__(self) -> None:
        self.job: Job | None = None

    def give_back(self, office: Office) -> None:
        """Leave it to another worker; the attempt does not count, for nothing was wrong with the job."""
        job = self.job
        if job is None:
            return
        with office.archive.work() as transaction:
            given = transaction.give_back_job(job.id, "worker stopped", spent=False)
        log.info("job %s of kind %s %s", job.id, job.kind, "given back" if given else "was taken by another")


class Clock:
    """Looks once a minute whether this machine's clock is the database's: leases are told by it."""

    def __init__(self) -> None:
        self._looked = float("-inf")
        self._right = True

    def right(self, office: Office) -> bool:
        """Tell whether this worker may take jobs: one whose clock is ahead would take those of others from them."""
        if not self._right or time.monotonic() - self._looked > CLOCK_SECONDS:
            ahead = office.archive.skew()
            self._right, self._looked = abs(ahead) <= MOST_SKEW, time.monotonic()
            if not self._right:
                log.error("the clock is %+.0f s away from the database's, no job is taken", ahead)
        return self._right


def run(
    office: Office, stop: threading.Event, kinds: Sequence[str] = KINDS, hold: Hold | None = None
) -> None:
    """Work until told to stop, or until this process has done its share or grown too large."""
    hold, clock = hold or Hold(), Clock()
    limit = office.settings.worker_memory_mb << 20
    pause = IDLE_SECONDS if SCAN in kinds else IDLE_BATCH_SECONDS
    with bell.listening(office.settings.data, "work") as ear:
        for _ in range(office.settings.worker_jobs):
            while not stop.is_set() and not _worked(office, kinds, stop.is_set, hold, clock):
                bell.waited(ear, pause)
            if stop.is_set() or resident_bytes() > limit:
                return


def _worked(
    office: Office, kinds: Sequence[str], stopping: Callable[[], bool], hold: Hold, clock: Clock
) -> bool:
    """Do one job if there is one; a database that is away is waited for, not died of, and so is a right clock."""
    try:
        office.archive.beat(",".join(kinds))
        if not clock.right(office):
            office.sleep(AWAY_SECONDS)
            return False
        return work_once(office, kinds, stopping, hold)
    except StorageError as error:
        log.warning("cannot ask for work: %s", error.code)
        office.sleep(AWAY_SECONDS)
        return False


def work_once(
    office: Office,
    kinds: Sequence[str] = KINDS,
    stopping: Callable[[], bool] = lambda: False,
    hold: Hold | None = None,
) -> bool:
    """Lease one job and do it, in `hold` meanwhile; False when there is none. A job that fails never raises."""
    hold = hold or Hold()
    with office.archive.work() as transaction:
        job = transaction.lease_job(kinds, LEASE_SECONDS)
    if job is None:
        return False
    hold.job = job
    began = time.monotonic()
    with about(str(job.payload.get("request", ""))):
        try:
            WORKS[job.kind](office, job, stopping)
        finally:
            hold.job = None
            bell.ring(office.settings.data, "ended")
        _noted(office, job, time.monotonic() - began)
    return True


def _noted(office: Office, job: Job, seconds: float) -> None:
    """Say in the log and count how a job of this worker ended."""
    with office.archive.read() as reading:
        state = reading.job(job.id).state
    outcome = OUTCOMES.get(state, state)
    tallies.add(office.settings.data, "jobs", job.kind, outcome)
    line = {"job": job.id, "kind": job.kind, "attempt": job.attempts, "outcome": outcome}
    log.info("%s", line, extra={"fields": {**line, "ms": round(seconds * 1000)}})


def _scan(office: Office, job: Job, _stopping: Callable[[], bool]) -> None:
    scan_id = str(job.payload["scan"])
    try:
        if job.attempts > MOST_ATTEMPTS:  # its workers died over it
            _set_aside(office, job, scan_id, "worker gone")
            return
        receive.process(office, scan_id, _beat(office, job))
    except Exception as error:
        _scan_failed(office, job, scan_id, error)
        return
    with office.archive.work() as transaction:
        transaction.finish_job(job.id)


def _beat(office: Office, job: Job) -> Callable[[], None]:
    """What a reading calls between pages to keep its lease; a worker that hangs on one page still loses it.

    Where another has taken the job meanwhile the reading goes on: whoever is first files it, once.
    """
    last = time.monotonic()

    def beat() -> None:
        nonlocal last
        if time.monotonic() - last > BEAT_SECONDS:
            with office.archive.work() as transaction:
                transaction.renew_job(job.id, LEASE_SECONDS)
            last = time.monotonic()

    return beat


def _scan_failed(office: Office, job: Job, scan_id: str, error: Exception) -> None:
    """Leave the job for one more attempt, or set the scan aside; the log says what kind of error and where, not its words."""
    name, places = type(error).__name__, whereabouts(error)
    log.error("scan %s failed, attempt %s: %s at %s", scan_id, job.attempts, name, places)
    if isinstance(error, PASSING):
        _put_off(office, job, name)
        return
    if job.attempts >= MOST_ATTEMPTS:
        _set_aside(office, job, scan_id, name)
        return
    with office.archive.work() as transaction:
        transaction.give_back_job(job.id, name)


def _set_aside(office: Office, job: Job, scan_id: str, why: str) -> None:
    """Leave a scan to a person: it has failed for whoever brought it, and its job is dead until somebody requeues it."""
    receive.fail(office, scan_id, job.id, why)


def _arrival(office: Office, job: Job, _stopping: Callable[[], bool]) -> None:
    """Check a package and file it. A worker that is killed meanwhile costs an attempt; the next one goes on with it."""
    try:
        if job.attempts > MOST_ATTEMPTS and not custody.begun(office, job.payload):
            with office.archive.work() as transaction:  # its workers died over it; what is half filed goes on
                transaction.bury_job(job.id, "worker gone")
            return
        custody.work(office, job.payload, _beat(office, job))
    except custody.Waits as waits:
        _put_off(office, job, waits.code, TURN_SECONDS)
        return
    except Exception as error:
        _arrival_failed(office, job, error)
        return
    with office.archive.work() as transaction:
        transaction.finish_job(job.id)


def _arrival_failed(office: Office, job: Job, error: Exception) -> None:
    """Leave the job for one more attempt, or to a person: the package stays listed, and nobody sees a part of it."""
    name, places = type(error).__name__, whereabouts(error)
    log.error("arrival %s failed, attempt %s: %s at %s", job.payload["arrival"], job.attempts, name, places)
    if isinstance(error, PASSING):
        _put_off(office, job, name)
        return
    with office.archive.work() as transaction:
        if job.attempts >= MOST_ATTEMPTS:
            transaction.bury_job(job.id, name)
        else:
            transaction.give_back_job(job.id, name)


def _copies(office: Office, job: Job, _stopping: Callable[[], bool]) -> None:
    scan_id = str(job.payload["scan"])

    def beat() -> None:  # sixty foreign pages take longer than a lease
        with office.archive.work() as transaction:
            transaction.renew_job(job.id, LEASE_SECONDS)

    try:
        copies.make(office, scan_id, job.payload.get("checks", ()), beat)
    except Exception as error:
        _copies_failed(office, job, scan_id, error)
        return
    with office.archive.work() as transaction:
        transaction.finish_job(job.id)


def _copies_failed(office: Office, job: Job, scan_id: str, error: Exception) -> None:
    """Leave the job for one more attempt, or close it: the verdict was told, and whoever asks for a copy queues it again."""
    name, places = type(error).__name__, whereabouts(error)
    log.error("copies of scan %s failed, attempt %s: %s at %s", scan_id, job.attempts, name, places)
    if isinstance(error, PASSING):
        _put_off(office, job, name)
        return
    with office.archive.work() as transaction:
        if job.attempts >= MOST_ATTEMPTS:
            transaction.finish_job(job.id)
        else:
            transaction.give_back_job(job.id, name)


def _put_off(office: Office, job: Job, why: str, seconds: float = AWAY_SECONDS) -> None:
    """Leave a job until the store is there again: that is not the scan's fault, and costs it no attempt."""
    with office.archive.work() as transaction:
        transaction.give_back_job(job.id, why, seconds=seconds, spent=False)


WORKS: Mapping[str, Callable[[Office, Job, Callable[[], bool]], None]] = {
    SCAN: _scan,
    COPIES: _copies,
    ARRIVAL: _arrival,
    BATCH: batch.work,
}
"""How a job of a kind is done; the last argument tells whether this worker is to end."""


def limit_memory(megabytes: int) -> None:
    """Never let this process take twice the memory above which it is replaced: what asks for more fails instead.

    A leak is caught between two scans; this is for a library that goes mad during one. soffice inherits it, and the
    limit stands far above what that needs.
    """
    most = TIMES_OVER * megabytes << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def keep_small() -> None:
    """Have the C library keep one heap for all threads: a page's pictures, freed in one, serve the others (45 MB less)."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def step_back() -> None:
    """Leave the processor to others whenever they want it."""
    os.nice(NICE)


def resident_bytes() -> int:
    """Memory of this process that is really in use."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def end_with_parent(pipe: IO[bytes], stop: threading.Event) -> None:
    """Tell this process to stop when whoever started it is gone: the pipe from it then ends."""

    def watch() -> None:
        # Not through the pipe's own buffer: a thread that holds it while the interpreter ends takes it down.
        while os.read(pipe.fileno(), 1):
            pass
        stop.set()

    threading.Thread(target=watch, name="parent", daemon=True).start()


def end_in_time(office: Office, hold: Hold, stop: threading.Event) -> None:
    """See this process end within the grace after it is told to: a job that takes longer is given back."""

    def watch() -> None:
        stop.wait()
        time.sleep(office.settings.grace)
        try:
            hold.give_back(office)
        except StorageError as error:  # whoever comes next takes it back by itself
            log.warning("cannot give the job back: %s", error.code)
        os._exit(0)

    threading.Thread(target=watch, name="grace", daemon=True).start()


def signal_stop(stop: threading.Event, *, patient: bool) -> None:
    """Let SIGTERM end the loop after the present job; a second one ends the process, unless that is `patient`.

    A supervisor may ask twice and kills in the end: its worker must not leave its job before.
    """
    import signal

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set() and not patient:
            os._exit(0)
        # In a thread of its own: this one may be within stop.wait() and hold the very lock that set() takes.
        threading.Thread(target=stop.set, daemon=True).start()

    with contextlib.suppress(ValueError):  # only the main thread may listen to signals
        signal.signal(signal.SIGTERM, ask)
