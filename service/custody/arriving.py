"""A package arrives: kept as it came, checked four ways, and filed when it passes; the receipt says either."""

import re
import shutil
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

from intake.packages import unpacked
from service.access import Action, Who, may
from service.archives.numbering import arrange
from service.custody.checks import Found, checked
from service.custody.checks.completeness import IDENTITY
from service.custody.checks.nouns import Bag, member
from service.custody.filing import Load, file_all, leave_out, put_objects
from service.custody.following import answered, find_transfer
from service.custody.keeping import pour, put, scratch
from service.custody.knowing import known_keys
from service.custody.receipts import Got, receipt_note
from service.custody.telling import NOT_FINISHED, find, told_arrival
from service.office import Office
from service.office.files import note
from service.office.lookups import reach, require
from storage.archive import Transaction
from storage.errors import NotFound, OutOfScope
from storage.objects.folder import system_errors
from storage.records import Arrival, Transfer

MOST_SAID = 200
"""Characters of what is kept of a stranger's words."""
MOST_NAMED = 20
"""Folders named in one message."""
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Came:
    """A kept package that is to be checked: for whom, by whom, and of which transfer of this installation, if any."""

    who: Who
    org: str
    package: str
    size: int
    here: Transfer | None = None


@dataclass(frozen=True, slots=True)
class _Homes:
    """Folder of a package → owner of the file it goes into; `absent` are folders of students nobody here has registered.

    One of those keeps the whole package from being filed.
    """

    owners: dict[str, str]
    absent: list[str]


def take(office: Office, who: Who | None, org: str, file: BinaryIO | IO[bytes]) -> dict[str, Any]:
    """Take over a package that came as a file; whatever it is, it is kept and listed before it is looked into.

    Raises Problem 401, 403, 404, 409 `transfer_ended`, 413.
    """
    may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        allowed = require(reading, who, Action.HAND_OVER, org)
    with scratch(office) as mine:
        file.seek(0)
        with system_errors():
            shutil.copyfileobj(file, mine)
        package, size, made = put(office, mine)
        came = _Came(allowed, org, package, size)
        with office.archive.begin() as transaction:
            transaction.add_pieces(package, made)
            transaction.add_arrival(_arrival(office, came, {"checks": NOT_FINISHED.told()}))
        return _checked(office, came, mine)


def receive_here(office: Office, who: Who | None, transfer_id: str) -> dict[str, Any]:
    """Take over what another unit of this installation handed over: the kept package is checked, nothing is filed twice.

    Raises Problem 401, 403, 404.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = find_transfer(transaction, allowed, transfer_id)
        require(transaction, who, Action.HAND_OVER, found.receiver)
        note(transaction, allowed, found.archive, f"receive transfer {found.id}", None)
    with scratch(office) as file:
        pour(office, found.package, file)
        return _checked(office, _Came(allowed, found.receiver, found.package, found.size, found), file)


def again(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """Check a kept package once more, after a key or a student was registered; the earlier result stays on file."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        before = find(reading, allowed, arrival_id)
        require(reading, who, Action.HAND_OVER, before.org)
    with scratch(office) as file:
        pour(office, before.package, file)
        return _checked(office, _Came(allowed, before.org, before.package, before.size), file)


def _checked(office: Office, came: _Came, file: IO[bytes]) -> dict[str, Any]:
    file.flush()
    with unpacked(file, office.settings.workshop() / "packing") as files:
        with office.archive.read() as reading:
            known = known_keys(office, reading)
        found = checked(files, known, came.org)
        bag = Bag(files)
        homes = _homes(office, bag, came) if found.passed else _Homes({}, [])
        said = _said(bag)
        kept = _kept(office, came, found, bag, homes)
    return told_arrival(kept, said=said)


def _said(bag: Bag) -> dict[str, Any]:
    """What of the package's own words is kept with the arrival: they are a stranger's, so only plain short texts."""
    transfer = bag.transfer
    texts = {
        "name": bag.told.get("name"),
        "kind": bag.told.get("kind"),
        "made_at": bag.told.get("made_at"),
        "origin": member(bag.told, "log", "origin"),
        "sender": member(transfer, "sender", "name"),
        "sender_code": member(transfer, "sender", "code"),
        "cause": transfer.get("cause"),
        "document": transfer.get("document"),
        "due": transfer.get("due"),
    }
    return {name: UNSHOWN.sub("?", text[:MOST_SAID]) for name, text in texts.items() if isinstance(text, str)}


def _homes(office: Office, bag: Bag, came: _Came) -> _Homes:
    """Find the file of ours that each folder of a package goes into."""
    owners: dict[str, str] = {}
    absent: list[str] = []
    if _is_ours(office, bag):
        return _Homes(owners, absent)
    with office.archive.read() as reading:
        for one in bag.folders:
            about = bag.json(f"data/{one['folder']}/file.json")
            if about.get("kind") != "student":
                owners[one["folder"]] = came.org
                continue
            owner = str(about.get("owner", ""))
            try:
                there = came.org in reach(reading, reading.student(owner).school)
            except (NotFound, OutOfScope):
                there = False
            if there:
                owners[one["folder"]] = owner
            else:
                absent.append(one["folder"])
    return _Homes({} if absent else owners, absent)


def _is_ours(office: Office, bag: Bag) -> bool:
    """Tell whether a package was made by this very installation: its entries are here already."""
    return bool(member(bag.told, "log", "origin") == f"{office.settings.host.lower()}/log")


def _kept(office: Office, came: _Came, found: Found, bag: Bag, homes: _Homes) -> Arrival:
    """Write down what was found; what passed is filed, and answered by a receipt, all in one transaction."""
    told, owners = found.told(), homes.owners
    if homes.absent:
        absent = "、".join(homes.absent[:MOST_NAMED])
        message = f"卷 {absent} 的学生没有在接收单位登记学籍；请先登记学生，再检查一次"
        told["registered"] = {
            "title": "登记",
            "passed": False,
            "differences": [{"code": "student_not_registered", "about": absent, "message": message}],
        }
    passed = found.passed and not homes.absent
    identity = str(bag.transfer.get("id"))
    transfer = identity if IDENTITY.fullmatch(identity) else None
    load = Load(bag, owners, put_objects(office, bag, owners) if passed else {})
    with office.archive.begin() as transaction:
        if came.here is None and transfer is not None:
            came = _Came(came.who, came.org, came.package, came.size, _ours(transaction, came, transfer))
        leave_out(transaction, load)
        filed = sum(map(len, load.entries.values()))
        receipt = None
        if transfer is not None and not homes.absent:
            unit = transaction.organization(came.org)
            got = Got(transfer, came.package, came.size, f"{unit.code} {unit.name}")
            receipt = receipt_note(office, got, found.counts(), filed)
        values = {"transfer": transfer, "said": _said(bag), "passed": passed, "checks": told}
        kept = transaction.add_arrival(_arrival(office, came, {**values, "filed": filed, "receipt": receipt}))
        file_all(office, transaction, kept, load)
        if came.here is not None and receipt is not None:
            answered(office, transaction, came.who, (came.here, "received" if passed else "refused", receipt))
    for owner in dict.fromkeys(owners.values()):
        with office.archive.read() as reading:
            student = owner != came.org
            school = reading.student(owner).school if student else owner
        arrange(office, owner, "student" if student else "school", school)
    return kept


def _arrival(office: Office, came: _Came, values: dict[str, Any]) -> Arrival:
    """The row of an arrival; what is not given is as before anybody has looked into the package."""
    empty: dict[str, Any] = {"transfer": None, "said": {}, "passed": False, "filed": 0, "receipt": None}
    return Arrival(
        id="",
        org=came.org,
        package=came.package,
        size=came.size,
        **{**empty, **values},
        by=came.who.token_digest,
        role=came.who.role,
        at=office.now(),
    )


def _ours(transaction: Transaction, came: _Came, transfer: str) -> Transfer | None:
    """The transfer of this installation that a package is of, if it is the very package."""
    try:
        found = transaction.transfer(transfer)
    except (NotFound, OutOfScope):
        return None
    return found if (found.package, found.receiver) == (came.package, came.org) else None
