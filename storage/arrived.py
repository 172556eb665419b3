"""Which entries came with which package from elsewhere, whole or in part; it only grows."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace

from sqlalchemy import and_, bindparam, exists, func, select

from storage.entries import is_coming
from storage.records import Arrived
from storage.session import Session, id_number, portions, select_record
from storage.tables import arrival_asides, arrival_results, arrivals, arrived_entries, entries

_arrived = select_record(arrived_entries, Arrived)
_came = (
    select(arrived_entries.c.arrival, func.count())
    .where(arrived_entries.c.arrival.in_(bindparam("arrivals", expanding=True)))
    .group_by(arrived_entries.c.arrival)
)
_is_set_aside = exists().where(arrival_asides.c.arrival == arrived_entries.c.arrival)
_originals = (
    select(arrived_entries.c.original, arrived_entries.c.arrival, is_coming.label("coming"))
    .join(entries, entries.c.id == arrived_entries.c.entry)
    .where(entries.c.archive == bindparam("archive"), arrived_entries.c.origin == bindparam("origin"))
    .where(~and_(is_coming, _is_set_aside))
)
"""What is half filed and set aside nobody will ever see: another package that brings it again files it as if it were new."""
_files = (
    select(entries.c.archive)
    .join(arrived_entries, entries.c.id == arrived_entries.c.entry)
    .where(arrived_entries.c.arrival == bindparam("arrival"))
    .group_by(entries.c.archive)
    .order_by(func.min(entries.c.id))
)
_files_coming = (
    select(entries.c.archive)
    .join(arrived_entries, entries.c.id == arrived_entries.c.entry)
    .join(arrivals, arrivals.c.id == arrived_entries.c.arrival)
    .where(arrivals.c.passed.is_(False), ~exists().where(arrival_results.c.arrival == arrivals.c.id))
    .where(~_is_set_aside)
    .distinct()
)
_left_half = (
    select(arrived_entries.c.entry)
    .where(_is_set_aside, ~exists().where(arrival_results.c.arrival == arrived_entries.c.arrival))
    .order_by(arrived_entries.c.entry)
)


class ReadsArrived(Session):
    """Looks up where entries came from, and what is still on its way into files."""

    def coming(self, ids: Collection[str]) -> dict[str, int]:
        """Count the entries that were filed of each of these arrivals so far."""
        found: dict[str, int] = {}
        for some in portions(ids):
            of = {"arrivals": [id_number(one, "arrival") for one in some]}
            found |= {str(row[0]): int(row[1]) for row in self._rows("entry", _came, of)}
        return found

    def originals(self, archive: str, origin: str) -> dict[str, str | None]:
        """The ids that entries of a file had where they come from; each with the arrival that is still filing it, or None.

        Not those of which a part was filed before their arrival was set aside.
        """
        values = {"archive": archive, "origin": origin}
        with self.beyond_scope():  # it may be filed for the unit above
            rows = self._rows("entry", _originals, values)
        return {str(row.original): str(row.arrival) if row.coming else None for row in rows}

    def files_coming(self) -> set[str]:
        """The owners of the files that something is still being filed into, for whichever unit; not what was set aside."""
        with self.beyond_scope():
            return {str(row.archive) for row in self._rows("entry", _files_coming)}

    def left_half(self) -> list[str]:
        """The ids of the entries that were filed of arrivals set aside before all of them was: they stay unseen."""
        return [str(row.entry) for row in self._rows("entry", _left_half)]

    def files_of_arrival(self, arrival_id: str) -> list[str]:
        """The owners of the files that something of an arrival was filed into, in that order."""
        of = {"arrival": id_number(arrival_id, "arrival")}
        return [str(row.archive) for row in self._rows("entry", _files, of)]

    def arrived(self, ids: Collection[str]) -> dict[str, Arrived]:
        """Tell which of these entries came with a package, by id."""
        found: dict[str, Arrived] = {}
        for some in portions(ids):
            wanted = _arrived.where(arrived_entries.c.entry.in_([id_number(one, "entry") for one in some]))
            for row in self._rows("entry", wanted):
                one = Arrived(*row)
                found[str(one.entry)] = replace(one, entry=str(one.entry), arrival=str(one.arrival))
        return found


class WritesArrived(ReadsArrived):
    """Writes down where entries came from."""

    def add_arrived(self, made: Sequence[Arrived]) -> None:
        """Say where entries come from."""
        rows = [
            {
                **asdict(one),
                "entry": id_number(one.entry, "entry"),
                "arrival": id_number(one.arrival, "arrival"),
            }
            for one in made
        ]
        self._insert_many("entry", arrived_entries, rows)
