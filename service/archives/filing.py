"""Filing by itself what no form of ours makes: reports, health checks, awards, old papers — into a class of a file (arts. 6, 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from intake.errors import UploadRefused
from intake.uploads import Kind, inspect, pages
from service.access import Action, Who, may
from service.archives.items import Item, told
from service.archives.numbering import Shelf, arrange, classes_of
from service.archives.places import Place, keep_place, own_file, place_objections
from service.errors import Objection, refused
from service.office import Office
from service.office.uploads import MEDIA_TYPES, keep_refused
from service.regulation.file_classes import FileClass, year_of
from storage.archive import Transaction
from storage.records import ArchiveNumber, Entry

MAX_TITLE = 60
"""Characters of a title: what a line of a 移交清单 holds."""
FIRST_YEAR = 1949


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is asked for: class (its number in the article, or its four digits), title, a school's year, where the paper lies."""

    of: str
    title: str
    year: int | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """The item as it is told, and whether it is new."""

    body: Mapping[str, Any]
    created: bool


def file_item(office: Office, who: Who | None, owner: str, data: bytes, new: NewItem) -> Filed:
    """Keep a scan as it came and file it under a class; the same bytes in the same class are one item.

    Every page is decoded once, in a child with limits; what cannot be read is kept and listed among the scans. Raises
    Problem 401, 403, 404, 413, 415, 422.
    """
    allowed = may(who, Action.FILE)
    with office.archive.read() as reading:
        look = own_file(reading, allowed, owner)
    of, year = _asked(office, look.kind, new)
    sha256 = office.archive.objects.put(data)
    kind = _readable(office, allowed, sha256, data)
    arrange(office, owner, look.kind, look.school)  # what was there before comes before it
    with office.archive.begin() as transaction:
        there = _there(transaction, owner, of, sha256)
        if there is not None:
            return Filed(_told(transaction, owner, *there), created=False)
        entry = transaction.add_entry(
            archive=owner,
            kind="scan",
            archive_class=of.title,
            title=new.title.strip(),
            sha256=sha256,
            size=len(data),
            media_type=MEDIA_TYPES[kind],
            serial=None,
            by=allowed.token_digest,
        )
        number = Shelf(transaction, owner, look.kind, look.school).take(entry, of.code, year)
        transaction.add_archive_numbers([number])
        if new.place is not None:
            keep_place(transaction, allowed, entry.id, new.place)
        return Filed(_told(transaction, owner, entry, number), created=True)


def _asked(office: Office, kind: str, new: NewItem) -> tuple[FileClass, int]:
    """The class and school year of a new item; every objection at once."""
    edition = office.editions.on(office.today())
    found = classes_of(edition, kind) if kind in {"student", "school"} else ()
    of = next((one for one in found if new.of.strip() in {one.code, str(one.number)}), None)
    this = year_of(office.today())
    year = this if new.year is None else new.year
    objections = [] if new.place is None else place_objections(new.place)
    if of is None:
        known = "、".join(f"{one.number}（{one.title}）" for one in found) or "（该单位的档案不分类）"
        objections.append(Objection("class", "unknown_class", f"没有这一类（class）；请填其中之一：{known}"))
    title = new.title.strip()
    if not 0 < len(title) <= MAX_TITLE or not title.isprintable():
        objections.append(
            Objection("title", "bad_title", f"题名（title）须有1至{MAX_TITLE}字，不含换行；请改正")
        )
    if not FIRST_YEAR <= year <= this + 1:
        objections.append(
            Objection("year", "bad_year", "学年（year）以开学的年份表示，不晚于下一学年；请改正")
        )
    if objections or of is None:
        raise refused(objections)
    return of, year


def _readable(office: Office, who: Who, sha256: str, data: bytes) -> Kind:
    """The kind of a file whose every page can be had; a refused one is kept and listed."""
    try:
        kind = inspect(data, office.settings.max_upload_mb << 20).kind
        for _ in pages(data, kind):
            pass
    except UploadRefused as refusal:
        raise keep_refused(office, who, sha256, refusal) from None
    return kind


def _there(
    transaction: Transaction, owner: str, of: FileClass, sha256: str
) -> tuple[Entry, ArchiveNumber] | None:
    """The item that holds these very bytes in this class already."""
    alone = {entry.id: entry for entry in transaction.filed_alone(owner, sha256)}
    numbers = transaction.archive_numbers_of(alone)
    return next(((alone[number.entry], number) for number in numbers if number.class_code == of.code), None)


def _told(transaction: Transaction, owner: str, entry: Entry, number: ArchiveNumber) -> dict[str, Any]:
    place = transaction.locations_of([entry.id]).get(entry.id)
    return told(owner, Item(number, entry, [entry], None, place))
