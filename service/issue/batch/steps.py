"""The jobs of a batch: check → number → print, each chunk by whichever worker takes it, each step idempotent by row state."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

from service.errors import Objection, whereabouts
from service.issue.batch.checking import judged_rows, keep_judged
from service.issue.batch.numbering import number_rows
from service.issue.batch.printing import Press, failed
from service.issue.batch.proving import Sample, forget
from service.issue.batch.states import ENDED, OPEN, READY, WAITING
from service.issue.batch.trouble import everybodys
from service.issue.batch.turns import give_way
from service.logs import carried
from service.office import Office
from storage.archive import Reading, Transaction
from storage.errors import StoreAway, StoreFull
from storage.records import Batch, Job, RowState

KIND = "batch"
Step = Literal["check", "number", "print"]
CHECK_ROWS = 200
"""Rows judged by one job: half a second, after which a worker may be asked for something else."""
NUMBER_ROWS = 250
"""Numbers given in one transaction; meanwhile nobody else writes (some 30 ms)."""
PRINT_ROWS, LEAST_ROWS, JOBS = 200, 25, 8
"""Rows printed by one job at most; of a small batch fewer, so that eight workers have something to do, down to as many
as are worth the proofs that two workers make of one class."""
LEASE_SECONDS = 300.0
"""After this another worker takes a job whose worker hangs; one that died is known at once. Between two beats lies one
paper at most, for which LibreOffice is waited for up to a minute and a half, with smaller letters again."""
BEAT_SECONDS = 10.0
"""How often a worker says that it is still at it."""
PAUSE_SECONDS = 15.0
"""A job that no paper of its own stopped waits so long before the next worker looks whether the trouble is over."""
AWAY_SECONDS = 1.0
"""Pause when not even that can be written down."""
SPLIT_AT, GIVE_UP_AT = 3, 5
"""Attempts after which a job is cut in halves, and after which the row that is left is given up: among two hundred
rows one may take its worker down each time, and the others are to be printed."""

log = logging.getLogger("yinzheng.batch")


class Interrupted(Exception):
    """This worker is to end: what it has not kept yet is left to another."""


class Lost(Exception):
    """Another worker has taken the job, whose lease ran out: everything that is left is done there."""


class Beat:
    """Called between papers: keeps the lease of a job, and ends the work when the worker is told to stop."""

    def __init__(self, office: Office, job: Job, stopping: Callable[[], bool]) -> None:
        self._office = office
        self._job = job
        self._stopping = stopping
        self._last = float("-inf")

    def __call__(self) -> None:
        """Raise Interrupted when told to stop, Lost when another worker has taken the job."""
        if self._stopping():
            raise Interrupted
        if time.monotonic() - self._last > BEAT_SECONDS:
            with self._office.archive.work() as transaction:
                if not transaction.renew_job(self._job.id, LEASE_SECONDS):
                    raise Lost
            self._last = time.monotonic()


def first_jobs(batch: int, rows: int) -> Iterator[dict[str, Any]]:
    """The jobs that a new batch begins with."""
    return _jobs(batch, "check", rows, CHECK_ROWS)


def _jobs(batch: int, step: Step, rows: int, size: int) -> Iterator[dict[str, Any]]:
    for after in range(0, rows, size):
        yield _job(batch, step, after, min(after + size, rows))


def _job(batch: int, step: Step, after: int, last: int) -> dict[str, Any]:
    return {"batch": batch, "step": step, "after": after, "last": last, **carried()}


def work(office: Office, job: Job, stopping: Callable[[], bool]) -> None:
    """Do one job of a batch; whatever goes wrong, the job ends here or is left to another attempt.

    Raises StoreAway and StoreFull when not even that can be written down, and this worker is to end.
    """
    try:
        with office.archive.read() as reading:
            batch = reading.batch(job.payload["batch"])
        _tried(office, batch, job, stopping)
    except (StoreAway, StoreFull) as error:
        log.warning("batch job waits for the archive: %s", error.code)
        _leave(office, job, error.code, stopping, spent=False, seconds=PAUSE_SECONDS)


def _tried(office: Office, batch: Batch, job: Job, stopping: Callable[[], bool]) -> None:
    """Do a job, and give it back when this worker cannot; one that another worker has taken meanwhile is its."""
    try:
        _work(office, batch, job, stopping)
    except Interrupted:
        _leave(office, job, "interrupted", stopping, spent=False)
    except Lost:
        log.warning("batch %s: a job was taken by another worker", batch.id)
    except (StoreAway, StoreFull):
        raise
    except Exception as error:
        _failed(office, batch, job, error, stopping)


def _work(office: Office, batch: Batch, job: Job, stopping: Callable[[], bool]) -> None:
    if batch.state in ENDED:
        _finish(office, job)
    elif job.attempts < SPLIT_AT or not _cut(office, batch, job):
        STEPS[job.payload["step"]](office, batch, job, Beat(office, job, stopping))
    with office.archive.read() as reading:
        ended = not _open(reading, batch)
    if ended:
        forget(office, batch.id)


def _failed(office: Office, batch: Batch, job: Job, error: Exception, stopping: Callable[[], bool]) -> None:
    """Leave a job for another attempt; the log says what kind of error and where, not its words.

    Trouble that every job would have now is waited for, and costs the job no attempt, however long it lasts.
    """
    name, places = type(error).__name__, whereabouts(error)
    log.error("batch %s failed, attempt %s: %s at %s", batch.id, job.attempts, name, places)
    spent = not everybodys(office, office.catalogue.get(batch.form), error)
    _leave(office, job, name, stopping, spent=spent, seconds=0.0 if spent else PAUSE_SECONDS)


def _leave(
    office: Office,
    job: Job,
    why: str,
    stopping: Callable[[], bool],
    *,
    spent: bool,
    seconds: float = 0.0,
) -> None:
    """Give a job back, to be taken again after so many seconds.

    An archive that is away is waited for: whoever gave up here would leave an attempt counted that was none.
    """
    while True:
        try:
            with office.archive.work() as transaction:
                transaction.give_back_job(job.id, why, seconds=seconds, spent=spent)
        except (StoreAway, StoreFull):
            if stopping():
                raise
            office.archive.beat("")  # it waits, it does not hang
            office.sleep(AWAY_SECONDS)
        else:
            return


def _check(office: Office, batch: Batch, job: Job, beat: Beat) -> None:
    beat()
    found = judged_rows(office, batch, job.payload["after"], job.payload["last"])
    with office.archive.begin() as transaction:
        if _open(transaction, batch):
            keep_judged(transaction, batch, found)
        _done(transaction, batch, job)


def _number(office: Office, batch: Batch, job: Job, beat: Beat) -> None:
    beat()
    form = office.catalogue.get(batch.form)
    with office.archive.begin() as transaction:
        if _open(transaction, batch):
            rows = transaction.batch_rows(batch.id, READY, limit=NUMBER_ROWS)
            transaction.put_batch_rows(list(number_rows(office, transaction, form, rows)))
        _done(transaction, batch, job)
    give_way(office)


def _print(office: Office, batch: Batch, job: Job, beat: Beat) -> None:
    def done(transaction: Transaction) -> None:
        _done(transaction, batch, job)

    press = Press(office, batch, Sample(office, batch.id), beat)
    press.print_rows(job.payload["after"], job.payload["last"], done)


STEPS: dict[str, Callable[[Office, Batch, Job, Beat], None]] = {
    "check": _check,
    "number": _number,
    "print": _print,
}


def _open(reading: Reading, batch: Batch) -> bool:
    return reading.batch(batch.id).state not in ENDED


def _done(transaction: Transaction, batch: Batch, job: Job) -> None:
    """Close a job in the transaction that keeps its work, and move the batch on when it was the last of its step.

    Writers come one at a time: just one of them finds no row left, and a step is begun once. A job that another worker
    has taken meanwhile is closed by that one; the work is kept all the same.
    """
    if not transaction.renew_job(job.id, LEASE_SECONDS):
        return
    transaction.finish_job(job.id)
    present = transaction.batch(batch.id).state
    if present == "checking" and not _any(transaction, batch, WAITING):
        transaction.set_batch_state(batch.id, "numbering")
        transaction.add_job(KIND, _job(batch.id, "number", 0, batch.total), batch.org)
    elif present == "numbering" and _any(transaction, batch, READY):
        transaction.add_job(KIND, _job(batch.id, "number", 0, batch.total), batch.org)
    elif present == "numbering":
        transaction.set_batch_state(batch.id, "printing")
        size = min(PRINT_ROWS, max(LEAST_ROWS, batch.total // JOBS))
        transaction.add_jobs(KIND, _jobs(batch.id, "print", batch.total, size), batch.org)
    if present in {"numbering", "printing"} and not _any(transaction, batch, OPEN):
        transaction.set_batch_state(batch.id, "done")


def _any(transaction: Transaction, batch: Batch, states: tuple[RowState, ...]) -> bool:
    return bool(transaction.batch_rows(batch.id, states, limit=1))


def _finish(office: Office, job: Job) -> None:
    with office.archive.begin() as transaction:
        transaction.finish_job(job.id)


def _cut(office: Office, batch: Batch, job: Job) -> bool:
    """Cut a job that failed again and again in halves; give the rows up when it cannot be cut any more.

    False when it is to be tried as it is.
    """
    step, after, last = (job.payload[name] for name in ("step", "after", "last"))
    if step != "number" and last - after > 1:
        middle = (after + last) // 2
        with office.archive.begin() as transaction:
            transaction.finish_job(job.id)
            parts = [(after, middle), (middle, last)]
            transaction.add_jobs(KIND, [_job(batch.id, step, *part) for part in parts], batch.org)
        return True
    if job.attempts < GIVE_UP_AT:
        return False
    with office.archive.begin() as transaction:
        rows = transaction.batch_rows(batch.id, OPEN, after, last)
        for row in rows:
            if row.serial is not None:
                transaction.give_back(row.serial)
        transaction.put_batch_rows([failed(row, [_given_up()]) for row in rows])
        _done(transaction, batch, job)
    return True


def _given_up() -> dict[str, Any]:
    message = "处理这一行时多次发生意外错误，没有出具；请单独出具这一份，仍不行时联系系统管理员"
    return Objection(None, "given_up", message).to_json()
