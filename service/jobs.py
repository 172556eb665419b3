"""Jobs that no worker takes any more: what they were about, and a person who lets them be tried again."""

from typing import Any, Final

from service.access import Action, Who, may, sees, within
from service.errors import Problem
from service.office import Office
from service.office.lookups import reach, unknown
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import Job, Organization
from storage.spool import KIND

WHAT: Final = {
    "spool": "扫描件 {} 没有送到存储",
    "scan": "扫描件 {} 没有读成",
    "copies": "扫描件 {} 的副本没有做成",
    "batch": "批次 {} 停下了",
    "arrival": "到来的档案包 {} 没有检查完或没有归完",
}
ABOUT: Final = ("scan", "batch", "arrival")
"""What a job can be about, as its payload names it."""
GONE: Final = "worker gone"
WHY_GONE: Final = "处理它的进程多次中途退出，可能是内存不足，也可能是文件有损坏"
WHY_ERROR: Final = "处理时多次发生意外错误（{}）"
ADVICE: Final = {
    "spool": "这份扫描件送来时存储不通，暂存在收件的主机上，现在那里的文件读不出来。请重新扫描上传；主机的磁盘修好后，也可以点“重新排队”。",
    "scan": "原件已保留。请先看原件能否打开，再点“重新排队”；仍不行时请重新扫描上传，并把任务编号告诉系统管理员。",
    "copies": "核对结果不受影响。请点“重新排队”；仍不行时请把任务编号告诉系统管理员。",
    "arrival": "档案包已原样保留；归了一部分的谁也看不到，接着办时不会重复。请点“重新排队”；仍不行时请把任务编号告诉系统管理员。",
    "batch": "已办成的不受影响，也不会重办。请点“重新排队”；仍不行时请把任务编号告诉系统管理员。",
}
"""What a person is told of a job that stopped: what, why, and what to do."""


def dead(office: Office, who: Who | None) -> dict[str, Any]:
    """The dead jobs about scans and batches in scope, oldest first. Raises Problem 401, 403."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        told = [
            _body(job, reading.organization(org))
            for job in reading.dead_jobs()
            if (org := _org(reading, job)) is not None and sees(allowed, reach(reading, org))
        ]
    return {"jobs": told}


def requeue(office: Office, who: Who | None, job_id: int) -> dict[str, Any]:
    """Let a dead job wait again, with all its attempts before it, and the scan that failed with it.

    Raises Problem 401, 403, 404, and 409 when it is not dead.
    """
    may(who, Action.SCAN)
    with office.archive.begin() as transaction:
        try:
            job = transaction.job(job_id)
        except NotFound:
            raise unknown("job", "任务", "请刷新列表") from None
        org = _org(transaction, job)
        if org is None:
            raise unknown("job", "任务", "请刷新列表")
        within(who, Action.SCAN, reach(transaction, org))
        if job.state != "dead":
            raise Problem(
                "job_not_dead",
                409,
                "任务没有停下",
                "这个任务在排队、在办或已办完，不用重新排队；请刷新列表。",
            )
        if _kind(job) in {"scan", "spool"}:
            transaction.reopen_scan(str(job.payload["scan"]))
        transaction.requeue_job(job_id)
        return _body(transaction.job(job_id), transaction.organization(org))


def _org(reading: Reading, job: Job) -> str | None:
    """The organization that brought what a job is about; None when that cannot be seen."""
    try:
        if "arrival" in job.payload:
            return reading.arrival(str(job.payload["arrival"])).org
        if "scan" in job.payload:
            return reading.scan(str(job.payload["scan"])).org
        return reading.batch(int(job.payload["batch"])).org
    except (NotFound, OutOfScope, KeyError):
        return None


def _body(job: Job, org: Organization) -> dict[str, Any]:
    kind = _kind(job)
    about = {name: str(job.payload[name]) if name in job.payload else None for name in ABOUT}
    return {
        "id": job.id,
        "kind": kind,
        "state": job.state,
        "attempts": job.attempts,
        **about,
        "org_name": org.name,
        "what": WHAT[kind].format(next(filter(None, about.values()), "")),
        "why": _why(job) if job.state == "dead" else None,
        "advice": ADVICE[kind] if job.state == "dead" else None,
    }


def _kind(job: Job) -> str:
    """What people know it as: the spool of whichever host is one kind to them."""
    return "spool" if job.kind.startswith(KIND) else job.kind


def _why(job: Job) -> str:
    return WHY_GONE if job.message in {None, GONE} else WHY_ERROR.format(job.message)
