"""Work that waits in the database: it commits together with the row it is about, and any worker may take it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from storage.errors import Frozen
from storage.records import Job, JobState
from storage.session import Session, select_record
from storage.spool import KIND
from storage.tables import jobs

MAX_ATTEMPTS = 8
"""A job that took its worker down this often would take the next one too. The flows give up earlier, with a word to
whoever waits; this is behind them."""
MAX_MESSAGE = 500
"""Characters kept of what went wrong."""

OPEN = ("waiting", "running")
is_spooled = jobs.c.kind.startswith(KIND)

_job = select_record(jobs, Job)
_waiting = (
    _job.where(jobs.c.kind == bindparam("kind"), jobs.c.state == "waiting")
    # Of a job that waits this is when it may be taken again.
    .where(or_(jobs.c.lease_until.is_(None), jobs.c.lease_until <= bindparam("now")))
    .order_by(jobs.c.turn, jobs.c.id)
    .limit(1)
)
_turn_done = select(
    *(
        select(func.max(jobs.c.turn))
        .where(jobs.c.kind == bindparam("kind"), jobs.c.state == state)
        .scalar_subquery()
        .label(state)
        for state in ("done", "dead")
    )
)
"""One look into the index for each state. What runs may be put off yet, as every job in turn is while the store is away."""
_last = select(func.max(jobs.c.turn)).where(
    jobs.c.kind == bindparam("kind"), jobs.c.state == "waiting", jobs.c.org == bindparam("org")
)
_owners = select(jobs.c.owner).where(jobs.c.state == "running", jobs.c.owner.is_not(None)).distinct()


class ReadsJobs(Session):
    """Looks up jobs."""

    def job(self, job_id: int) -> Job:
        """Look one up; NotFound when there is none."""
        return Job(*self._one("job", _job.where(jobs.c.id == job_id)))

    def open_jobs(self, kind: str) -> list[Job]:
        """List the jobs of a kind that wait or are being done, oldest first."""
        unfinished = _job.where(jobs.c.kind == kind, jobs.c.state.in_(OPEN))
        return [Job(*row) for row in self._rows("job", unfinished.order_by(jobs.c.id))]

    def spooled(self) -> frozenset[str]:
        """The sha256 of each upload that waits on some host for the store to be back."""
        rows = self._rows("job", select(jobs.c.payload).where(jobs.c.state.in_(OPEN), is_spooled))
        return frozenset(str(row.payload["name"]) for row in rows)

    def dead_jobs(self) -> list[Job]:
        """List the jobs that no worker takes any more, oldest first."""
        return [
            Job(*row) for row in self._rows("job", _job.where(jobs.c.state == "dead").order_by(jobs.c.id))
        ]


class WritesJobs(ReadsJobs):
    """Adds jobs, leases them to workers and closes them."""

    def add_job(self, kind: str, payload: Mapping[str, Any], org: str = "") -> Job:
        """Add work for a worker, brought by an organization; it can be leased as soon as this transaction is committed."""
        values = {"kind": kind, "payload": dict(payload), "state": "waiting", "attempts": 0}
        of_whom = {"org": org, "turn": self._turn(kind, org)}
        key = self._insert("job", jobs, {**values, **of_whom, "created_at": self._now()})
        return Job(key, kind, dict(payload), "waiting", 0, None)

    def add_jobs(self, kind: str, payloads: Iterable[Mapping[str, Any]], org: str = "") -> None:
        """Add much work at once, to be leased in this order, and in turn with that of other organizations."""
        now, first = self._now(), self._turn(kind, org)
        common = {"kind": kind, "state": "waiting", "attempts": 0, "created_at": now, "org": org}
        rows = [
            {**common, "payload": dict(payload), "turn": turn} for turn, payload in enumerate(payloads, first)
        ]
        self._insert_many("job", jobs, rows)

    def _turn(self, kind: str, org: str) -> int:
        """When the next job of an organization is due: after its own last, and not before the latest that was done.

        Not the first that waits: one that was put off long ago would bring whoever comes now before all others. So an
        organization that comes waits for one job of each other that has some, never for all of one (start-time fair
        queueing, Goyal, Vin and Cheng 1996, with all jobs of one size).
        """
        done = max(turn or 0 for turn in self._one("job", _turn_done, {"kind": kind}))
        last = self._one("job", _last, {"kind": kind, "org": org})[0]
        return max(done, 0 if last is None else last + 1)

    def lease_job(self, kinds: Collection[str], seconds: float) -> Job | None:
        """Take a job for so many seconds, or None: of the first of these kinds that has one, the one whose turn it is.

        So a kind that people wait for never stands behind thousands of another, when it is named first; and of one kind
        the organizations that brought work are served in turn, each in the order it brought it. A job whose
        worker let the lease run out, or worked on this folder and is dead, is taken again; after MAX_ATTEMPTS it is
        dead instead.
        """
        now = self._now()
        self._take_back(now)
        for kind in kinds:
            row = self._first("job", _waiting.with_for_update(skip_locked=True), {"kind": kind, "now": now})
            if row is not None:
                return self._lease(Job(*row), now + timedelta(seconds=seconds))
        return None

    def give_back_job(self, job_id: int, message: str, *, seconds: float = 0.0, spent: bool = True) -> bool:
        """Leave a job of this worker to another attempt, not before so many seconds; no personal data in `message`.

        An attempt that is not `spent` does not count; after MAX_ATTEMPTS that are, the job is dead. False, and nothing
        is changed, when another worker has taken it meanwhile.
        """
        if not self.renew_job(job_id, seconds):
            return False
        attempts = self.job(job_id).attempts
        state: JobState = "dead" if spent and attempts >= MAX_ATTEMPTS else "waiting"
        change = jobs.update().where(jobs.c.id == job_id)
        left = {"state": state, "attempts": attempts - (not spent), "owner": None}
        self._do("job", change.values(**left, message=message[:MAX_MESSAGE]))
        return True

    def renew_job(self, job_id: int, seconds: float) -> bool:
        """Keep a leased job for so many seconds from now; False when another worker has taken it meanwhile."""
        self._presence.beat()
        mine = jobs.update().where(
            jobs.c.id == job_id, jobs.c.state == "running", jobs.c.owner == self._presence.name
        )
        return self._do("job", mine.values(lease_until=self._now() + timedelta(seconds=seconds))) == 1

    def note_job(self, job_id: int, payload: Mapping[str, Any]) -> bool:
        """Write down how far a job of this worker is that never ends, whose attempts so far count no more; False when another has it."""
        mine = jobs.update().where(
            jobs.c.id == job_id, jobs.c.state == "running", jobs.c.owner == self._presence.name
        )
        return self._do("job", mine.values(payload=dict(payload), attempts=1)) == 1

    def finish_job(self, job_id: int) -> None:
        """Close a job as done, whoever has it now: it is done."""
        self._change_jobs(jobs.c.id == job_id, "done", None)

    def bury_job(self, job_id: int, message: str) -> bool:
        """Call a job of this worker dead, for a person; False when another worker has taken it meanwhile."""
        if not self.renew_job(job_id, 0):
            return False
        self._change_jobs(jobs.c.id == job_id, "dead", message[:MAX_MESSAGE])
        return True

    def requeue_job(self, job_id: int) -> None:
        """Let a dead job wait again as if it were new; NotFound when there is none, Frozen when it is not dead."""
        state = self.job(job_id).state
        fresh = {"state": "waiting", "attempts": 0, "lease_until": None, "owner": None, "message": None}
        mine = jobs.update().where(jobs.c.id == job_id, jobs.c.state == "dead")
        if state != "dead" or not self._do("job", mine.values(**fresh)):
            raise Frozen

    def _take_back(self, now: datetime) -> None:
        """Let the jobs wait again whose workers are gone or let the lease run out."""
        owners = {row.owner for row in self._rows("job", _owners)}
        over = jobs.c.lease_until < now
        if gone := self._presence.gone(owners):
            over = or_(over, jobs.c.owner.in_(gone))
        left = select(jobs.c.id, jobs.c.attempts).where(jobs.c.state == "running", over)
        # Two workers that look at once must not wait for each other: each takes back what the other does not hold.
        for row in self._rows("job", left.with_for_update(skip_locked=True)):
            state: JobState = "dead" if row.attempts >= MAX_ATTEMPTS else "waiting"
            self._change_jobs(jobs.c.id == row.id, state, "worker gone")

    def _lease(self, found: Job, until: datetime) -> Job:
        leased = replace(found, state="running", attempts=found.attempts + 1, lease_until=until)
        change = jobs.update().where(jobs.c.id == found.id)
        self._do(
            "job",
            change.values(
                state="running", attempts=leased.attempts, lease_until=until, owner=self._presence.name
            ),
        )
        return leased

    def _change_jobs(self, which: ColumnElement[bool], state: JobState, message: str | None) -> None:
        change = jobs.update().where(which)
        self._do("job", change.values(state=state, message=message, lease_until=None, owner=None))
