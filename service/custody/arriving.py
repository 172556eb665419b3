"""A package arrives: kept as it came, checked four ways, and filed when it passes; the receipt says either."""

import shutil
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

from intake.packages import unpacked
from service.access import Action, Who, may, reads_restricted, restricted, sees
from service.archives.numbering import arrange
from service.custody.checks import Found, checked
from service.custody.checks.nouns import Bag, member
from service.custody.handing import answered, find_transfer
from service.custody.keeping import keep, pour, scratch
from service.custody.knowing import known_keys
from service.custody.receipts import Got, receipt_note
from service.office import Handing, Office
from service.office.files import note
from service.office.lookups import reach, require, unknown
from storage.archive import Reading, Transaction
from storage.errors import NotFound, OutOfScope
from storage.objects.folder import system_errors
from storage.records import Arrival, Arrived, Transfer
from templates.evidence import EVIDENCE

IDENTITY = 32
"""Characters of a transfer's id."""
AT_ONCE = 50
"""Objects put together."""


Entries = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Load:
    """What is to be filed: the package, into which file each of its folders goes, and the entries of each."""

    bag: Bag
    owners: dict[str, str]
    entries: dict[str, Entries]


@dataclass(frozen=True, slots=True)
class _Came:
    """A kept package that is to be checked: for whom, by whom, and of which transfer of this installation, if any."""

    who: Who
    org: str
    package: str
    size: int
    here: Transfer | None = None


def take(office: Office, who: Who | None, org: str, file: BinaryIO | IO[bytes]) -> dict[str, Any]:
    """Take over a package that came as a file; whatever it is, it is kept and listed.

    Raises Problem 401, 403, 404, 413.
    """
    may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        allowed = require(reading, who, Action.HAND_OVER, org)
    with scratch(office) as mine:
        file.seek(0)
        with system_errors():
            shutil.copyfileobj(file, mine)
        package, size = keep(office, mine)
        return _checked(office, _Came(allowed, org, package, size), mine)


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
        before = _find(reading, allowed, arrival_id)
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
        ready = _owners(office, bag, came) if found.passed else {}
        said = _said(bag)
        kept = _kept(office, came, found, bag, ready)
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
    return {name: text[:200] for name, text in texts.items() if isinstance(text, str)}


def _owners(office: Office, bag: Bag, came: _Came) -> dict[str, str]:
    """Into which file of ours each folder goes. Raises Problem 422 for a student who is not registered with the receiver."""
    if _is_ours(office, bag):
        return {}
    owners, absent = {}, []
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
    if absent:
        return {"": "、".join(absent[:20])}
    return owners


def _is_ours(office: Office, bag: Bag) -> bool:
    """Tell whether a package was made by this very installation: its entries are here already."""
    return bool(member(bag.told, "log", "origin") == f"{office.settings.host.lower()}/log")


def _kept(office: Office, came: _Came, found: Found, bag: Bag, owners: dict[str, str]) -> Arrival:
    """Write down what was found; what passed is filed, and answered by a receipt, all in one transaction."""
    told = found.told()
    absent = owners.pop("", None)
    if absent is not None:
        message = f"卷 {absent} 的学生没有在接收单位登记学籍；请先登记学生，再检查一次"
        told["registered"] = {
            "title": "登记",
            "passed": False,
            "differences": [{"code": "student_not_registered", "about": absent, "message": message}],
        }
    passed = found.passed and absent is None
    identity = bag.transfer.get("id")
    transfer = identity if isinstance(identity, str) and len(identity) == IDENTITY else None
    load = _Load(bag, owners, _objects(office, bag, owners) if passed else {})
    with office.archive.begin() as transaction:
        if came.here is None and transfer is not None:
            came = _Came(came.who, came.org, came.package, came.size, _ours(transaction, came, transfer))
        _leave_out(transaction, load)
        filed = sum(map(len, load.entries.values()))
        receipt = None
        if transfer is not None and absent is None:
            unit = transaction.organization(came.org)
            got = Got(transfer, came.package, came.size, f"{unit.code} {unit.name}")
            receipt = receipt_note(office, got, found.counts(), filed)
        kept = transaction.add_arrival(
            Arrival(
                "",
                came.org,
                came.package,
                came.size,
                transfer,
                _said(bag),
                passed,
                told,
                filed,
                receipt,
                came.who.token_digest,
                came.who.role,
                office.now(),
            )
        )
        _file(office, transaction, kept, load)
        if came.here is not None and receipt is not None:
            answered(office, transaction, came.who, (came.here, "received" if passed else "refused", receipt))
    for owner in dict.fromkeys(owners.values()):
        with office.archive.read() as reading:
            student = owner != came.org
            school = reading.student(owner).school if student else owner
        arrange(office, owner, "student" if student else "school", school)
    return kept


def _ours(transaction: Transaction, came: _Came, transfer: str) -> Transfer | None:
    """The transfer of this installation that a package is of, if it is the very package."""
    try:
        found = transaction.transfer(transfer)
    except (NotFound, OutOfScope):
        return None
    return found if (found.package, found.receiver) == (came.package, came.org) else None


def _objects(office: Office, bag: Bag, owners: dict[str, str]) -> dict[str, Entries]:
    """Put the bytes of every entry into the store, and list the entries of each folder: nothing tells of them yet."""
    found: dict[str, Entries] = {}
    for folder in owners:
        listed = list(bag.entries(folder))
        for start in range(0, len(listed), AT_ONCE):
            some = listed[start : start + AT_ONCE]
            office.archive.objects.put_many([bag.files.read(f"data/{folder}/{one['file']}") for one in some])
        found[folder] = listed
    return found


def _leave_out(transaction: Transaction, load: _Load) -> None:
    """Leave out what came before: it is not filed twice."""
    origin = str(member(load.bag.told, "log", "origin"))
    for folder, listed in load.entries.items():
        there = transaction.arrived([entry.id for entry in transaction.entries(load.owners[folder])])
        known = {(one.origin, one.original) for one in there.values()}
        listed[:] = [one for one in listed if (origin, one["entry"]["id"]) not in known]


def _file(office: Office, transaction: Transaction, kept: Arrival, load: _Load) -> None:
    """File what came, entry by entry, each with where it comes from."""
    restricted = {form.name for form in office.catalogue.forms.values() if form.access}
    origin = str(member(load.bag.told, "log", "origin"))
    for folder, listed in load.entries.items():
        owner = load.owners[folder]
        made = []
        for one in listed:
            row = one["entry"]
            form = _form(load.bag, folder, row)
            kind = EVIDENCE.get(str(row.get("evidence")))
            entry = transaction.add_entry(
                archive=owner,
                kind=row["kind"],
                archive_class=row["archive_class"],
                title=row["title"],
                sha256=row["sha256"],
                size=row["size"],
                media_type=row["media_type"],
                serial=None,
                by=kept.by,
                evidence=row.get("evidence"),
            )
            few = form in restricted or (kind is not None and kind.restricted)
            number = str(one.get("archive_no") or "")
            made.append(
                Arrived(entry.id, kept.id, origin, str(row["id"]), number, row.get("serial"), form, few)
            )
        transaction.add_arrived(made)


def _form(bag: Bag, folder: str, row: dict[str, Any]) -> str | None:
    if not row.get("serial"):
        return None
    return str(member(bag.json(f"data/{folder}/documents/{row['serial']}.json"), "document", "form"))


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
    """What came for a unit or those below it, the newest first; `held` is what a person must look at. Raises Problem 401."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        mine = [one for one in reading.arrivals() if sees(allowed, reach(reading, one.org))]
    return {"arrivals": [told_arrival(one) for one in reversed(mine)]}


def arrival(office: Office, who: Who | None, arrival_id: str) -> dict[str, Any]:
    """One of them. Raises Problem 401, 404."""
    allowed = may(who, Action.HAND_OVER)
    with office.archive.read() as reading:
        return told_arrival(_find(reading, allowed, arrival_id))


def arrival_package(office: Office, who: Who | None, arrival_id: str) -> Handing:
    """The package as it came, for whoever must find out what is wrong with it; the look is noted first (art. 44).

    What few may see can be in it, so of the registrars only who brought it gets it. Raises Problem 401, 403 `restricted`, 404.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = _find(transaction, allowed, arrival_id)
        if not reads_restricted(allowed, found.by):
            raise restricted()
        note(transaction, allowed, found.org, f"package of arrival {found.id}", None)
    return Handing("application/zip", f"arrival-{found.id}.zip", lambda out: pour(office, found.package, out))


def _find(reading: Reading, who: Who, arrival_id: str) -> Arrival:
    try:
        found = reading.arrival(arrival_id)
    except (NotFound, OutOfScope):
        found = None
    if found is None or not sees(who, reach(reading, found.org)):
        raise unknown("arrival", "到来的档案包", "请核对编号")
    return found
