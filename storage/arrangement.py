"""The order of permanent files: the 档号 of each item, the volume of each student's file, and where the paper lies."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace

from sqlalchemy import and_, bindparam, func, or_, select

from storage.entries import Files, is_coming
from storage.records import ArchiveNumber, Entry, Location, Volume
from storage.session import id_number, portions, select_record
from storage.tables import archive_numbers, entries, locations, volumes

PDF = "application/pdf"

_volume = select_record(volumes, Volume).where(volumes.c.archive == bindparam("archive"))
_number = select_record(archive_numbers, ArchiveNumber)
_entry = select_record(entries, Entry).order_by(entries.c.id)
_location = select_record(locations, Location).order_by(locations.c.id)
_heads = or_(
    and_(entries.c.kind == "document", entries.c.media_type == PDF),
    entries.c.kind == "evidence",
    and_(entries.c.kind == "scan", entries.c.serial.is_(None)),
)
"""What an item begins with: the paper as it was printed, a piece of evidence, or what was handed in by itself."""
_without = (
    _entry.where(entries.c.archive == bindparam("archive"), _heads)
    .where(~select(archive_numbers.c.entry).where(archive_numbers.c.entry == entries.c.id).exists())
    .where(~is_coming)
    .limit(bindparam("most"))
)
_last_volume = select(func.coalesce(func.max(volumes.c.volume), 0)).where(
    volumes.c.school == bindparam("school"), volumes.c.year == bindparam("year")
)


def _entry_record(row: tuple[object, ...]) -> Entry:
    found = Entry(*row)  # type: ignore[arg-type]
    return replace(found, id=str(found.id))


def _number_record(row: tuple[object, ...]) -> ArchiveNumber:
    found = ArchiveNumber(*row)  # type: ignore[arg-type]
    return replace(found, entry=str(found.entry))


def _location_record(row: tuple[object, ...]) -> Location:
    found = Location(*row)  # type: ignore[arg-type]
    return replace(found, entry=str(found.entry))


class ReadsArrangement(Files):
    """Looks up how files are ordered."""

    def volume(self, archive: str) -> Volume | None:
        """Look up the volume of a student's file; None when it has none yet."""
        row = self._first("volume", _volume, {"archive": archive})
        return None if row is None else Volume(*row)

    def volumes(self) -> list[Volume]:
        """List every volume, by school, year and number."""
        every = select_record(volumes, Volume).order_by(volumes.c.school, volumes.c.year, volumes.c.volume)
        return [Volume(*row) for row in self._rows("volume", every)]

    def last_volume(self, school: str, year: int) -> int:
        """Give the highest volume of a school and year; 0 when there is none."""
        with self.beyond_scope():  # a number is one in the whole archive
            return int(self._one("volume", _last_volume, {"school": school, "year": year})[0])

    def archive_numbers(self, archive: str | None = None, year: int | None = None) -> list[ArchiveNumber]:
        """List 档号 in the order of filing: of one file, and of one year, when given."""
        wanted = _number.order_by(archive_numbers.c.entry)
        if archive is not None:
            wanted = wanted.where(archive_numbers.c.archive == archive)
        if year is not None:
            wanted = wanted.where(archive_numbers.c.year == year)
        return [_number_record(tuple(row)) for row in self._rows("archive number", wanted)]

    def archive_numbers_of(self, ids: Collection[str]) -> list[ArchiveNumber]:
        """List the 档号 that were given to these entries."""
        found = []
        for some in portions(ids):
            wanted = _number.where(archive_numbers.c.entry.in_([id_number(one, "entry") for one in some]))
            found += [_number_record(tuple(row)) for row in self._rows("archive number", wanted)]
        return found

    def last_number(
        self, school: str, year: int, class_code: str, volume: int | None = None
    ) -> tuple[int, int]:
        """Give the last volume and item taken in a class of a school and year, of one volume when given; (1, 0) for none."""
        wanted = (
            select(archive_numbers.c.volume, archive_numbers.c.item)
            .where(
                archive_numbers.c.school == school,
                archive_numbers.c.year == year,
                archive_numbers.c.class_code == class_code,
            )
            .order_by(archive_numbers.c.volume.desc(), archive_numbers.c.item.desc())
            .limit(1)
        )
        if volume is not None:
            wanted = wanted.where(archive_numbers.c.volume == volume)
        with self.beyond_scope():
            row = self._first("archive number", wanted)
        return (volume or 1, 0) if row is None else (int(row.volume), int(row.item))

    def unnumbered(self, archive: str, most: int) -> list[Entry]:
        """List the first entries of a file's items that have no 档号 yet, oldest first, at most so many."""
        unseen = self.coming_unseen(archive)
        found = self._rows("entry", _without, {"archive": archive, "most": most + len(unseen)})
        return [_entry_record(tuple(row)) for row in found if row.id not in unseen][:most]

    def filed_alone(self, archive: str, sha256: str) -> list[Entry]:
        """List what was filed by itself, for no paper, with these very bytes."""
        same = (
            entries.c.archive == archive,
            entries.c.sha256 == sha256,
            entries.c.serial.is_(None),
            ~is_coming,
        )
        unseen = self.coming_unseen(archive)
        rows = self._rows("entry", _entry.where(*same))
        return [_entry_record(tuple(row)) for row in rows if row.id not in unseen]

    def entries_by_id(self, ids: Collection[str]) -> dict[str, Entry]:
        """Look many entries up at once, by id."""
        found = {}
        for some in portions(ids):
            wanted = _entry.where(entries.c.id.in_([id_number(one, "entry") for one in some]))
            for row in self._rows("entry", wanted):
                entry = _entry_record(tuple(row))
                found[entry.id] = entry
        return found

    def entries_beside(self, archive: str, serials: Collection[str]) -> dict[str, list[Entry]]:
        """List what a file holds of each of these documents, oldest first, by serial."""
        found: dict[str, list[Entry]] = {}
        for some in portions(serials):
            wanted = _entry.where(entries.c.archive == archive, entries.c.serial.in_(some))
            for row in self._rows("entry", wanted):
                entry = _entry_record(tuple(row))
                found.setdefault(str(entry.serial), []).append(entry)
        return found

    def locations(self, entry_id: str) -> list[Location]:
        """List where an item's paper was said to lie, oldest first."""
        wanted = _location.where(locations.c.entry == id_number(entry_id, "entry"))
        return [_location_record(tuple(row)) for row in self._rows("location", wanted)]

    def locations_of(self, ids: Collection[str]) -> dict[str, Location]:
        """Tell where the paper of many items lies now, by the id of their first entry; who says nothing is left out."""
        found = {}
        for some in portions(ids):
            wanted = _location.where(locations.c.entry.in_([id_number(one, "entry") for one in some]))
            for row in self._rows("location", wanted):
                one = _location_record(tuple(row))
                found[one.entry] = one  # a newer one takes the place of those before it
        return found


class WritesArrangement(ReadsArrangement):
    """Gives 档号 and notes where paper lies; nothing of it is ever changed."""

    def add_volume(self, volume: Volume) -> None:
        """Keep the volume of a student's file; AlreadyThere when it has one, or another file has that number."""
        self._insert("volume", volumes, asdict(volume))

    def add_archive_numbers(self, new: Sequence[ArchiveNumber]) -> None:
        """Keep the 档号 of several items; AlreadyThere when one is taken or an item has one."""
        rows = [asdict(one) | {"entry": id_number(one.entry, "entry")} for one in new]
        self._insert_many("archive number", archive_numbers, rows)

    def add_location(
        self,
        entry_id: str,
        *,
        paper: bool,
        parts: tuple[str, str, str, str],
        by: str,
        role: str,
        org: str,
    ) -> Location:
        """Note where an item's paper lies (fonds, cabinet, box, pages); earlier notes stay."""
        row = Location(0, entry_id, paper, *parts, by, role, org, self._now())
        values = {name: getattr(row, name) for name in Location.__slots__ if name != "id"}
        values["entry"] = id_number(entry_id, "entry")
        return replace(row, id=self._insert("location", locations, values))
