"""What came, as it is told and given out: every package that arrived, what the checks found, its bytes as they were."""

from typing import Any

from service.access import Action, Role, Who, may, restricted, sees
from service.custody.checks import Difference, unsafe
from service.custody.keeping import pour
from service.office import Handing, Office
from service.office.files import note
from service.office.lookups import reach, unknown
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import Arrival

NOT_FINISHED = unsafe([Difference("not_finished")])
"""What is told of a package before it was looked into: its row is written first, so that none is kept unlisted."""


def told_arrival(found: Arrival, said: dict[str, Any] | None = None) -> dict[str, Any]:
    """An arrival as it is told: what it says of itself, the four checks, what was filed, the receipt to send back."""
    return {
        "id": found.id,
        "org": found.org,
        "state": "filed" if found.passed else "held",
        "package": {"sha256": found.package, "size": found.size},
        "transfer": found.transfer,
        "said": found.said if said is None else said,
        "checks": found.checks,
        "filed": found.filed,
        "receipt": found.receipt,
        "role": found.role,
        "at": found.at.isoformat(),
    }


def arrivals(office: Office, who: Who | None) -> dict[str, Any]:
    """What came for a unit or those below it, the newest first; `held` is what a person must look at. Raises Problem 401.

    A package is told of before its check has ended, and after one that broke off, as `not_finished`.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        every = reading.arrivals()
        done = {(one.org, one.package) for one in every if one.checks != NOT_FINISHED.told()}
        told = [
            one for one in every if one.checks != NOT_FINISHED.told() or (one.org, one.package) not in done
        ]
        mine = [one for one in told if sees(allowed, reach(reading, one.org))]
    return {"arrivals": [told_arrival(one) for one in reversed(mine)]}


def arrival(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """One of them. Raises Problem 401, 404."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        return told_arrival(find(reading, allowed, arrival_id))


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
    try:
        few = found.transfer is not None and reading.transfer(found.transfer).restricted
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
