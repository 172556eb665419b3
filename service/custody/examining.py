"""Looks into a package that was taken in: the four checks, whose files it goes into, and the receipt that says how it ended."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from intake.packages import unpacked
from service.access import Role, Who
from service.archives.numbering import arrange_many
from service.custody.checks import Found, checked, passed
from service.custody.checks.completeness import IDENTITY
from service.custody.checks.nouns import Bag, member
from service.custody.filing import Load, file_all, origin_of
from service.custody.following import answered
from service.custody.keeping import pour, scratch
from service.custody.knowing import known_keys
from service.custody.receipts import Got, receipt_note
from service.office import Office
from service.office.lookups import reach
from storage.archive import Transaction
from storage.errors import AlreadyThere, NotFound, OutOfScope
from storage.records import Arrival, Transfer

MOST_SAID = 200
"""Characters of what is kept of a stranger's words."""
MOST_NAMED = 20
"""Folders named in one message."""
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Homes:
    """Folder of a package → owner of the file it goes into; `absent` are folders of students nobody here has registered.

    One of those keeps the whole package from being filed.
    """

    owners: dict[str, str]
    absent: list[str]


def process(office: Office, arrival_id: str, asked_by: str, beat: Callable[[], None]) -> None:
    """Check a package that was taken in, and file what passes; `asked_by` is the organization of who brought it.

    May be killed at any moment and called again: what was filed is not filed twice, and nobody sees any of it before
    all of it is. `beat` is called at least every few seconds, but for one large file.
    """
    with office.archive.read() as reading:
        kept = reading.arrival(arrival_id)
        over, left = bool(reading.results([kept.id])), bool(reading.asides([kept.id]))
        begun = bool(reading.coming([kept.id]))
    if left:  # a person has said so: what of it was filed stays unseen
        return
    if not over:
        with scratch(office) as file:
            pour(office, kept.package, file, beat)
            file.flush()
            with unpacked(file, office.settings.workshop() / "packing", beat) as files:
                _examine(office, kept, asked_by, Bag(files, beat), begun=begun)
    _put_in_order(office, kept)


def _examine(office: Office, kept: Arrival, asked_by: str, bag: Bag, *, begun: bool) -> None:
    """Check, file, and say how it ended; a package of which something was `begun` to be filed has passed before."""
    with office.archive.read() as reading:
        known = known_keys(office, reading, kept.org)
    found = passed() if begun else checked(bag, known, kept.org)
    homes = _homes(office, bag, kept, begun=begun) if found.passed else _Homes({}, [])
    if homes.owners:
        file_all(office, Load(kept, bag, homes.owners))
    try:
        with office.archive.begin() as transaction:
            _end(office, transaction, (kept, Who(Role(kept.role), asked_by, kept.by)), (found, bag, homes))
    except AlreadyThere:  # another worker, after this one was thought dead
        return


def _homes(office: Office, bag: Bag, kept: Arrival, *, begun: bool) -> _Homes:
    """Find the file of ours that each folder of a package goes into.

    A student who leaves while a package is being filed keeps what was begun.
    """
    owners: dict[str, str] = {}
    absent: list[str] = []
    if origin_of(bag) == f"{office.settings.host.lower()}/log":  # made here: its entries are here already
        return _Homes(owners, absent)
    with office.archive.read() as reading:
        for one in bag.folders:
            about = bag.json(f"data/{one['folder']}/file.json")
            if about.get("kind") != "student":
                owners[one["folder"]] = kept.org
                continue
            owner = str(about.get("owner", ""))
            try:
                there = begun or kept.org in reach(reading, reading.student(owner).school)
            except (NotFound, OutOfScope):
                there = False
            if there:
                owners[one["folder"]] = owner
            else:
                absent.append(one["folder"])
    return _Homes({} if absent else owners, absent)


def _end(
    office: Office, transaction: Transaction, taken: tuple[Arrival, Who], seen: tuple[Found, Bag, _Homes]
) -> None:
    """Write down what was found and filed, and the receipt; from then on everybody sees what was filed."""
    (kept, who), (found, bag, homes) = taken, seen
    if transaction.asides([kept.id]):  # meanwhile
        return
    told = found.told()
    if homes.absent:
        told["registered"] = _absent(homes.absent)
    identity = str(bag.transfer.get("id"))
    transfer = identity if IDENTITY.fullmatch(identity) else None
    filed = transaction.coming([kept.id]).get(kept.id, 0)
    good = found.passed and not homes.absent
    if filed and not good:  # another process, for which it passed, is filing it: that one says how it ended
        return
    receipt = None
    if transfer is not None and not homes.absent:
        unit = transaction.organization(kept.org)
        got = Got(transfer, kept.package, kept.size, f"{unit.code} {unit.name}")
        receipt = receipt_note(office, got, found.counts(), filed)
    values = {"transfer": transfer, "said": _said(bag), "passed": good, "checks": told, "filed": filed}
    transaction.add_arrival_result(
        kept.id, arrival_row(office, who, (kept.org, kept.package, kept.size), {**values, "receipt": receipt})
    )
    here = None if transfer is None else _ours(transaction, kept, transfer)
    if here is not None and receipt is not None:
        answered(office, transaction, who, (here, "received" if good else "refused", receipt))


def _absent(folders: list[str]) -> dict[str, Any]:
    absent = "、".join(folders[:MOST_NAMED])
    message = f"卷 {absent} 的学生没有在接收单位登记学籍；请先登记学生，再检查一次"
    return {
        "title": "登记",
        "passed": False,
        "differences": [{"code": "student_not_registered", "about": absent, "message": message}],
    }


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


def _ours(transaction: Transaction, kept: Arrival, transfer: str) -> Transfer | None:
    """The transfer of this installation that a package is of, if it is the very package and nobody has received it yet."""
    try:
        found = transaction.transfer(transfer)
    except (NotFound, OutOfScope):
        return None
    steps = transaction.transfer_steps([found.id]).get(found.id, [])
    open_yet = not steps or steps[-1].answer != "received"
    same = (found.package, found.receiver) == (kept.package, kept.org)
    return found if same and open_yet else None


def _put_in_order(office: Office, kept: Arrival) -> None:
    """Give what was filed its 档号; whoever looks at an index before does the same for that file."""
    with office.archive.read() as reading:
        owners = reading.files_of_arrival(kept.id)
        students = [(owner, reading.student(owner).school) for owner in owners if owner != kept.org]
    if owners:
        arrange_many(office, kept.org, students)


def arrival_row(office: Office, who: Who, package: tuple[str, str, int], values: dict[str, Any]) -> Arrival:
    """The row of an arrival (for whom, the package's sha256 and bytes); what is not given is as before anybody looked into it."""
    empty: dict[str, Any] = {"transfer": None, "said": {}, "passed": False, "filed": 0, "receipt": None}
    org, name, size = package
    return Arrival(
        id="",
        org=org,
        package=name,
        size=size,
        **{**empty, **values},
        by=who.token_digest,
        role=who.role,
        at=office.now(),
    )
