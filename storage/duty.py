"""Whose turn it is to scrub a bucket that several hosts share: a lease in the database, with how far the round is."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any, Final

from storage.errors import StorageError
from storage.jobs import ReadsJobs, WritesJobs
from storage.records import Job

KIND: Final = "scrub"
LEASE_SECONDS: Final = 300.0
"""Five times the longest pause between two objects; another host goes on after so long when this one is cut off."""
RENEWED_SECONDS: Final = 60.0
"""Who has the turn does not ask for each object whether it still has it."""
NOTED_SECONDS: Final = 60.0
"""The progress is written down so often: who takes over reads again what was read since."""

Writing = Callable[[], AbstractContextManager[WritesJobs]]
Reading = Callable[[], AbstractContextManager[ReadsJobs]]


class Duty:
    """The one scrub of an installation, as a job that never ends; `begin` writes alone, `work` beside others.

    `right` tells whether this host's clock is: who leases also takes back what seems to be over.
    """

    def __init__(self, begin: Writing, work: Writing, read: Reading, right: Callable[[], bool]) -> None:
        self._begin = begin
        self._work = work
        self._read = read
        self._job: Job | None = None
        self._right = right
        self._renewed = self._noted = float("-inf")

    @property
    def held(self) -> bool:
        """Whether it was this process's turn when it last looked."""
        return self._job is not None

    def take(self) -> bool:
        """Take the turn, or keep it; False while another process has it. StoreAway."""
        if self._job is not None and time.monotonic() - self._renewed < RENEWED_SECONDS:
            return True
        if not self._right():
            self._job = None
            return False
        if self._job is not None:
            with self._work() as writing:
                if writing.renew_job(self._job.id, LEASE_SECONDS):
                    self._renewed = time.monotonic()
                    return True
            self._job = None
        if not self._lease():
            self._lease()  # looking for it may just have called it dead
        return self._job is not None

    def _lease(self) -> bool:
        with self._read() as reading:
            there = bool(reading.open_jobs(KIND))
        if not there:
            with self._begin() as writing:
                _offer(writing)
        with self._work() as writing:
            self._job = writing.lease_job([KIND], LEASE_SECONDS)
        self._renewed = self._noted = time.monotonic()
        return self._job is not None

    def told(self) -> dict[str, Any]:
        """How far the round was when somebody last wrote it down; empty when nobody has. StoreAway."""
        with self._read() as reading:
            jobs = reading.open_jobs(KIND)
        return dict(jobs[0].payload) if jobs else {}

    def note(self, progress: Callable[[], dict[str, Any]], *, now: bool = False) -> None:
        """Write down how far it is, unless that was done a moment ago. StoreAway."""
        if self._job is None or (not now and time.monotonic() - self._noted < NOTED_SECONDS):
            return
        with self._work() as writing:
            writing.note_job(self._job.id, progress())
        self._noted = time.monotonic()

    def drop(self) -> None:
        """Leave the turn to another process without a word of how far it is; when the database is away it is taken after the lease."""
        if self._job is not None:
            with suppress(StorageError), self._work() as writing:
                writing.give_back_job(self._job.id, "", spent=False)
        self._job = None

    def give(self, progress: Callable[[], dict[str, Any]]) -> None:
        """Leave the turn to another process; when the database is away it is taken after the lease."""
        if self._job is None:
            return
        with suppress(StorageError):
            self.note(progress, now=True)
        self.drop()


def _offer(writing: WritesJobs) -> None:
    """Let there be one such job; what took down its processes again and again is tried again all the same."""
    if writing.open_jobs(KIND):
        return
    dead = [job for job in writing.dead_jobs() if job.kind == KIND]
    if dead:
        writing.requeue_job(dead[-1].id)
    else:
        writing.add_job(KIND, {})
