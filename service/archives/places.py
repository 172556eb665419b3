"""Where the paper of an item lies: noted by the registrar who keeps it, never overwritten, the latest counts (art. 5)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from service.access import Action, Who, may, within
from service.archives.items import Item, item_of, told_location, visible
from service.archives.numbering import arrange
from service.errors import Objection, refused
from service.office import Office
from service.office.files import Look, open_file, owner_of
from service.office.lookups import unknown
from storage.archive import Reading, Transaction

MAX_PART = 40
"""Characters of one part: 甲区三排五柜 and the like."""
PARTS = {"fonds": "全宗", "cabinet": "柜", "box": "盒", "pages": "页"}
ARTICLE = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A location as it is given: the parts that are known, or `paper` False for what exists as a file alone."""

    fonds: str = ""
    cabinet: str = ""
    box: str = ""
    pages: str = ""
    paper: bool = True


@dataclass(frozen=True, slots=True)
class Noted:
    """A location as it is told, and whether it says anything new."""

    body: Mapping[str, Any]
    created: bool


def own_file(reading: Reading, who: Who, owner: str) -> Look:
    """The file of a student or school, for the registrar of whoever keeps it; raises Problem 403, 404, 422 `school_closed`.

    A school that is gone keeps its copies to read, and files nothing more: that is for whoever holds the file now.
    """
    kind, name, school = owner_of(reading, owner)
    passed = reading.custody(school)
    if passed and who.org in {closure.org for closure in passed}:
        holder = reading.organization(passed[-1].holder).name
        message = f"该校已合并或撤销，档案由{holder}管理；请由{holder}办理"
        raise refused([Objection(None, "school_closed", message, 8)])
    within(who, Action.FILE, [passed[-1].holder if passed else school])
    return Look(who, owner, kind, name, school)


def place_objections(place: Place) -> list[Objection]:
    """What is wrong with a location: nothing said, too much said, or a part that is no line of text."""
    parts = {name: getattr(place, name) for name in PARTS}
    found = [
        Objection(name, "bad_text", f"{PARTS[name]}（{name}）须在{MAX_PART}字以内，不含换行；请改正")
        for name, text in parts.items()
        if len(text) > MAX_PART or (text and not text.isprintable())
    ]
    if place.paper and not any(text.strip() for text in parts.values()):
        message = "没有写明纸质件在哪里；请至少填全宗、柜、盒、页之一，没有纸质件的写 no_paper"
        found.append(Objection(None, "no_location", message, ARTICLE))
    if not place.paper and any(text.strip() for text in parts.values()):
        message = "写了无纸质件（no_paper），又写了位置；请只留一项"
        found.append(Objection("no_paper", "location_contradicts", message, ARTICLE))
    return found


def put_location(office: Office, who: Who | None, owner: str, entry_id: str, place: Place) -> Noted:
    """Note where the paper of an item lies; `entry_id` is any entry of the item. What it says already is not noted twice.

    Raises Problem 401, 403, 404, 422.
    """
    allowed = may(who, Action.FILE)
    if objections := place_objections(place):
        raise refused(objections)
    with office.archive.read() as reading:
        look = own_file(reading, allowed, owner)
    arrange(office, owner, look.kind, look.school)
    with office.archive.begin() as transaction:
        item = _item(office, transaction, look, entry_id)
        before = item.location
        parts = tuple(getattr(place, name).strip() for name in PARTS)
        if before is not None and (before.paper, before.fonds, before.cabinet, before.box, before.pages) == (
            place.paper,
            *parts,
        ):
            return Noted(_told(item, told_location(before)), created=False)
        kept = keep_place(transaction, allowed, item.head.id, place)
        return Noted(_told(item, kept), created=True)


def keep_place(transaction: Transaction, who: Who, entry_id: str, place: Place) -> dict[str, Any]:
    """Write a location that was looked at; gives it as it is told."""
    said = {name: text.strip() for name, text in asdict(place).items() if name in PARTS}
    kept = transaction.add_location(
        entry_id,
        paper=place.paper,
        parts=(said["fonds"], said["cabinet"], said["box"], said["pages"]),
        by=who.token_digest,
        role=who.role,
        org=who.org,
    )
    return told_location(kept)


def show_locations(
    office: Office, who: Who | None, owner: str, entry_id: str, approval: str | None = None
) -> dict[str, Any]:
    """Where the paper of an item was said to lie, oldest first; the look is noted first (art. 44)."""
    look = open_file(office, who, owner, approval, f"locations of entry {entry_id}")
    arrange(office, owner, look.kind, look.school)
    with office.archive.read() as reading:
        item = _item(office, reading, look, entry_id)
        history = reading.locations(item.head.id)
    return {
        "archive_no": item.number.text,
        "entry": item.head.id,
        "locations": [told_location(one) for one in history],
    }


def _item(office: Office, reading: Reading, look: Look, entry_id: str) -> Item:
    """The item one of whose entries is asked for; what somebody may not see is not there for him."""
    item = item_of(reading, look.owner, entry_id)
    if item is None or not visible(office, look.who, item):
        raise unknown("entry", "档案件", "请核对件号")
    return item


def _told(item: Item, location: Mapping[str, Any]) -> dict[str, Any]:
    return {"archive_no": item.number.text, "entry": item.head.id, "location": location}
