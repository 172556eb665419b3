"""What came, as it is told and given out: every package that arrived, what the checks found, its bytes as they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.access import AUTHORITIES, Action, Role, Who, may, restricted, sees
from service.custody.checks import Difference, unsafe
from service.custody.checks.nouns import LONGEST, is_plain
from service.custody.keeping import pour
from service.errors import Objection, Problem, article_name, refused
from service.office import Handing, Office
from service.office.files import note
from service.office.lookups import looked_after, reach, require, unknown
from service.regulation.handover import article_of
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import Arrival, Aside, Job

JOB = "arrival"
"""The kind of the job that checks a package and files it."""
NOT_FINISHED = unsafe([Difference("not_finished")])
"""What is told of a package before it was looked into: its row is written first, so that none is kept unlisted."""


MOST = 200
"""Arrivals of one page."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an arrival ended, if it has; how many of its entries are filed so far; whether a worker has it or will, who set it aside."""

    result: Arrival | None = None
    filed: int = 0
    at_work: bool = False
    aside: Aside | None = None


def is_open(found: Arrival) -> bool:
    """Tell whether a row is of a package that nobody had looked into when it was written."""
    security: dict[str, Any] = found.checks.get("security", {})
    return any(one.get("code") == "not_finished" for one in security.get("differences", ()))


def standings(reading: Reading, some: Sequence[Arrival]) -> dict[str, Standing]:
    """How each of some arrivals stands, by id."""
    ids = [one.id for one in some]
    results, filed, asides = reading.results(ids), reading.coming(ids), reading.asides(ids)
    work = {str(job.payload["arrival"]) for job in reading.open_jobs(JOB)}
    return {one: Standing(results.get(one), filed.get(one, 0), one in work, asides.get(one)) for one in ids}


def state_of(found: Arrival, standing: Standing) -> str:
    """`received` while a package waits or is checked, `filing`, then `filed`; `held` is for a person."""
    if (standing.result or found).passed:
        return "filed"
    if standing.result is not None or not is_open(found) or not standing.at_work:
        return "held"
    return "filing" if standing.filed else "received"


def told_arrival(found: Arrival, standing: Standing) -> dict[str, Any]:
    """An arrival as it is told: what it says of itself, the four checks, what was filed, the receipt to send back."""
    end = standing.result or found
    return {
        "id": found.id,
        "org": found.org,
        "state": state_of(found, standing),
        "article": article_name(article_of(end.said.get("cause"))),
        "package": {"sha256": found.package, "size": found.size},
        "transfer": end.transfer,
        "said": end.said,
        "checks": end.checks,
        "filed": end.filed or standing.filed,
        "receipt": end.receipt,
        "set_aside": None
        if standing.aside is None
        else {"note": standing.aside.note, "role": standing.aside.role, "at": standing.aside.at.isoformat()},
        "role": found.role,
        "taken_at": found.at.isoformat(),
        "at": end.at.isoformat(),
    }


def arrivals(
    office: Office, who: Who | None, *, held: bool = False, after: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """What came for a unit or those below it, the newest first, behind the one `after`; Problem 401.

    With `held` only what a person must look at: not what was checked again, filed from another package, or set aside.
    """
    allowed = may(who, Action.HAND_OVER)
    most = MOST if limit is None else limit
    with office.archive.read() as reading:
        units = looked_after(reading, allowed)
        page = reading.arrivals_for(units, before=after, held=held, limit=most + 1)
        shown = [one for one in page[:most] if held or not _checked_since(reading, one)]
        standing = standings(reading, shown)
        told = [told_arrival(one, standing[one.id]) for one in shown]
    if held:
        told = [one for one in told if one["state"] == "held"]
    return {"arrivals": told, "next": page[most - 1].id if len(page) > most else None}


def _checked_since(reading: Reading, found: Arrival) -> bool:
    """Tell whether a row without an end was followed by its result, as releases before schema 0017 wrote it."""
    if not is_open(found) or reading.results([found.id]):
        return False
    later = (one for one in reading.arrivals(found.package) if one.org == found.org)
    return any(int(one.id) > int(found.id) and not is_open(one) for one in later)


def arrival(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """One of them. Raises Problem 401, 404."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        found = find(reading, allowed, arrival_id)
        return told_arrival(found, standings(reading, [found])[found.id])


def job_of(reading: Reading, kept: Arrival) -> Job | None:
    """The job of an arrival that waits, is being done, or was given up."""
    jobs = [*reading.open_jobs(JOB), *(one for one in reading.dead_jobs() if one.kind == JOB)]
    return next((one for one in jobs if str(one.payload["arrival"]) == kept.id), None)


def set_aside(office: Office, who: Who | None, arrival_id: str, note: str) -> dict[str, Any]:
    """Say that nobody need look at a held arrival any more, and why; the package and its checks stay as they are.

    One that is half filed only an authority may leave so: what was filed of it stays, unseen, and holds nothing up any
    more. Raises Problem 401, 403, also `half_filed`, 404, 409 `arrival_not_held`, 422.
    """
    allowed = may(who, Action.HAND_OVER)
    if not note.strip() or not is_plain(note):
        raise refused([Objection("note", "bad_text", f"请写明理由（note），1至{LONGEST}字，不含换行")])
    with office.archive.begin() as transaction:
        found = find(transaction, allowed, arrival_id)
        require(transaction, who, Action.HAND_OVER, found.org)
        standing = standings(transaction, [found])[found.id]
        if state_of(found, standing) != "held" or standing.aside is not None:
            raise Problem("arrival_not_held", 409, "不在待处理之列", "这个档案包没有等人处理；请刷新列表。")
        if standing.filed and allowed.role not in AUTHORITIES:
            raise Problem(
                "half_filed",
                403,
                "已归了一部分",
                "这个档案包已归了一部分，学校不能不再处理；请再检查一次或把同一个档案包再上传一次，都不成的请主管教育行政部门办理。",
            )
        row = Aside(found.id, note.strip(), allowed.token_digest, allowed.role, allowed.org, office.now())
        transaction.add_aside(row)
        if (job := job_of(transaction, found)) is not None:  # nobody need try it again
            transaction.finish_job(job.id)
    return arrival(office, who, arrival_id)


def arrival_package(office: Office, who: Who | None, arrival_id: str) -> Handing:
    """The package as it came, for whoever must find out what is wrong with it; the look is noted first (art. 44).

    What few may see can be in it, so of the registrars only who carried it here gets it. Raises Problem 401, 403 `restricted`, 404.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = find(transaction, allowed, arrival_id)
        if allowed.role is Role.REGISTRAR and not _carried(transaction, allowed, found):
            raise restricted()
        note(transaction, allowed, found.org, f"package of arrival {found.id}", None)
    return Handing("application/zip", f"arrival-{found.id}.zip", lambda out: pour(office, found.package, out))


def _carried(reading: Reading, who: Who, found: Arrival) -> bool:
    """Tell whether somebody had the package before we did: its check, or taking over what is here, is open to others too."""
    first = next(one for one in reading.arrivals(found.package) if one.org == found.org)
    transfer = reading.results([found.id]).get(found.id, found).transfer
    try:
        few = transfer is not None and reading.transfer(transfer).restricted
    except NotFound:
        few = False
    except OutOfScope:
        few = True
    return first.by == who.token_digest and not few


def find(reading: Reading, who: Who, arrival_id: str) -> Arrival:
    """The arrival of an id that lies in somebody's scope. Raises Problem 404."""
    try:
        found = reading.arrival(arrival_id)
    except (NotFound, OutOfScope):
        found = None
    if found is None or not sees(who, reach(reading, found.org)):
        raise unknown("arrival", "到来的档案包", "请核对编号")
    return found
