"""The permanent files of students and schools, and the register of who looked at them (art. 44): both only grow."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam, exists, select

from storage.committed import filed
from storage.records import Access, Entry, EntryKind, NewEntry
from storage.session import Session, id_number, select_record
from storage.tables import accesses, arrival_results, arrivals, arrived_entries, entries

is_coming = (
    exists()
    .where(arrived_entries.c.entry == entries.c.id, arrivals.c.id == arrived_entries.c.arrival)
    .where(arrivals.c.passed.is_(False))
    .where(~exists().where(arrival_results.c.arrival == arrivals.c.id))
)
"""Of an entry: it came with a package that is still being filed. Until all of it is, nobody sees any of it. An arrival for
a unit beyond the scope, such as the county above, is hidden on a server: `Files.coming_into` looks for those."""

_entry = select_record(entries, Entry).order_by(entries.c.id)
_by_id = _entry.where(entries.c.id == bindparam("id"))
_of_archive = _entry.where(entries.c.archive == bindparam("archive"), ~is_coming)
_coming = select(entries.c.id).where(entries.c.archive == bindparam("archive"), is_coming)
_of_serial = _entry.where(entries.c.serial == bindparam("serial"))
_accesses = select_record(accesses, Access).where(accesses.c.archive == bindparam("archive"))


def _record(row: tuple[object, ...]) -> Entry:
    found = Entry(*row)  # type: ignore[arg-type]
    return replace(found, id=str(found.id))


class Files(Session):
    """Knows what of a file nobody may see yet."""

    def coming_into(self, archive: str) -> frozenset[int]:
        """The ids of what is still being filed into a file, for whichever unit."""
        with self.beyond_scope():
            return frozenset(int(row.id) for row in self._rows("entry", _coming, {"archive": archive}))

    def coming_unseen(self, archive: str) -> frozenset[int]:
        """Those of them that `is_coming` may not know of: none where no scope hides an arrival."""
        return frozenset() if self._beyond else self.coming_into(archive)


class ReadsEntries(Files):
    """Looks into permanent files; whoever calls has written the register row before."""

    def entries(self, archive: str) -> list[Entry]:
        """List what a student's (student_no) or a school's (code) file holds, oldest first; nothing that is still being filed."""
        unseen = self.coming_unseen(archive)
        rows = self._rows("entry", _of_archive, {"archive": archive})
        return [_record(tuple(row)) for row in rows if row.id not in unseen]

    def entries_of(self, serial: str) -> list[Entry]:
        """List what was filed for one document, in any file, oldest first."""
        return [_record(tuple(row)) for row in self._rows("entry", _of_serial, {"serial": serial})]

    def all_entries(self) -> list[Entry]:
        """List everything that was ever filed, oldest first."""
        return [_record(tuple(row)) for row in self._rows("entry", _entry)]

    def entry(self, entry_id: str) -> Entry:
        """Look one up; NotFound when there is none."""
        return _record(tuple(self._one("entry", _by_id, {"id": id_number(entry_id, "entry")})))

    def accesses(self, archive: str) -> list[Access]:
        """List who looked at a file, oldest first."""
        return [
            Access(*row)
            for row in self._rows("access", _accesses.order_by(accesses.c.id), {"archive": archive})
        ]


class WritesEntries(ReadsEntries):
    """Files items and notes who looks."""

    def add_entry(
        self,
        *,
        archive: str,
        kind: EntryKind,
        archive_class: str,
        title: str,
        sha256: str,
        size: int,
        media_type: str,
        serial: str | None,
        by: str,
        evidence: str | None = None,
    ) -> Entry:
        """File an item whose bytes are already in the objects folder (size in bytes); it can never be changed."""
        item = Entry(
            "",
            archive,
            kind,
            archive_class,
            title,
            sha256,
            size,
            media_type,
            serial,
            self._now(),
            by,
            evidence,
        )
        values = {field: getattr(item, field) for field in Entry.__slots__ if field != "id"}
        made = replace(item, id=str(self._insert("entry", entries, values)))
        self._facts.append(filed({**values, "id": made.id}))
        return made

    def add_entries(self, items: Sequence[NewEntry]) -> list[str]:
        """File several items at once, in this order; gives their ids. As for one, their bytes are kept already."""
        now = self._now()
        names = NewEntry.__slots__
        rows = [{name: getattr(item, name) for name in names} | {"created_at": now} for item in items]
        ids = self._insert_many_ids("entry", entries, rows)
        self._facts += [filed({**row, "id": made}) for row, made in zip(rows, ids, strict=True)]
        return [str(made) for made in ids]

    def note_access(
        self, *, who: str, role: str, org: str, archive: str, what: str, approval: str | None
    ) -> Access:
        """Write the register row; commit it before a byte is shown (design §5 no. 12)."""
        row = Access(0, self._now(), who, role, org, archive, what, approval)
        values = {field: getattr(row, field) for field in Access.__slots__ if field != "id"}
        return replace(row, id=self._insert("access", accesses, values))
