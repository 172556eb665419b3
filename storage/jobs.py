"""Work that waits in the database: it commits together with the row it is about, and any worker may take it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from storage.records import Job, JobState
from storage.session import Session, select_record
from storage.tables import jobs

MAX_ATTEMPTS = 3
"""A job that took its worker down this often would take the next one too."""
MAX_MESSAGE = 500
"""Characters kept of what went wrong."""

_job = select_record(jobs, Job)


class ReadsJobs(Session):
    """Looks up jobs."""

    def job(self, job_id: int) -> Job:
        """Look one up; NotFound when there is none."""
        return Job(*self._one("job", _job.where(jobs.c.id == job_id)))


class WritesJobs(ReadsJobs):
    """Adds jobs, leases them to workers and closes them."""

    def add_job(self, kind: str, payload: Mapping[str, Any]) -> Job:
        """Add work for a worker; it can be leased as soon as this transaction is committed."""
        values = {"kind": kind, "payload": dict(payload), "state": "waiting", "attempts": 0}
        key = self._insert("job", jobs, {**values, "created_at": self._now()})
        return Job(key, kind, dict(payload), "waiting", 0, None)

    def lease_job(self, kinds: Collection[str], seconds: float) -> Job | None:
        """Take the oldest job of these kinds for so many seconds, or None.

        A job whose worker let the lease run out is taken again; after MAX_ATTEMPTS it is dead instead.
        """
        now = self._now()
        over = and_(jobs.c.state == "running", jobs.c.lease_until < now)
        self._change_jobs(and_(over, jobs.c.attempts >= MAX_ATTEMPTS), "dead", "lease ran out")
        ready = _job.where(jobs.c.kind.in_(kinds), or_(jobs.c.state == "waiting", over))
        row = self._first("job", ready.order_by(jobs.c.id).limit(1).with_for_update(skip_locked=True))
        if row is None:
            return None
        found = Job(*row)
        until = now + timedelta(seconds=seconds)
        leased = replace(found, state="running", attempts=found.attempts + 1, lease_until=until)
        change = jobs.update().where(jobs.c.id == found.id)
        self._do("job", change.values(state="running", attempts=leased.attempts, lease_until=until))
        return leased

    def finish_job(self, job_id: int) -> None:
        """Close a job as done."""
        self._change_jobs(jobs.c.id == job_id, "done", None)

    def fail_job(self, job_id: int, message: str) -> None:
        """Give a job back for another attempt, or call it dead after MAX_ATTEMPTS; no personal data in `message`."""
        spent = self.job(job_id).attempts >= MAX_ATTEMPTS
        self._change_jobs(jobs.c.id == job_id, "dead" if spent else "waiting", message[:MAX_MESSAGE])

    def _change_jobs(self, which: ColumnElement[bool], state: JobState, message: str | None) -> None:
        self._do("job", jobs.update().where(which).values(state=state, message=message, lease_until=None))
