"""Tells whether a stamping was seen before, on another paper or in another place of this one: then somebody must look."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from intake.marks import imprints
from service.office.judgement import SheetReading
from storage.archive import Reading, Transaction
from storage.records import Imprint

COPIED, REPEATED = "seal_copied", "seal_repeated"
LATEST = 2000
"""Imprints of a unit that a new one is compared with: a school's of many years, a county's of its last weeks."""
SAME_PLACE_MM = 5.0
"""One paper's seal lies within 2 mm in each of its scans, also on curled sheets; two places are further apart."""

Place = tuple[str, str]
"""A block and a kind of mark in it."""


class Imprints:
    """The stampings of one upload against all that were kept before; ask document after document, then keep the new ones."""

    def __init__(self, reading: Reading) -> None:
        self.newest = reading.newest_imprint()
        self._reading = reading
        self._units: dict[str, list[Imprint]] = {}
        self._new: list[Imprint] = []

    def doubted(self, serial: str, sheets: Sequence[SheetReading]) -> list[SheetReading]:
        """Return a document's sheets, each seal unclear whose very stamping was seen in another place.

        Of two places on this paper nobody can say which is the copy: both are doubted.
        """
        doubts: dict[Place, tuple[str, str]] = {}
        here: list[tuple[Imprint, Place]] = []
        for place, imprint in _stampings(serial, sheets):
            stamped, other = self._seen(imprint)
            if other is not None:
                why = REPEATED if other.serial == serial else COPIED
                doubts[place] = (why, other.serial)
                doubts |= {back: (REPEATED, serial) for known, back in here if known is other}
            here.append((stamped, place))
        return [_with(sheet, doubts) for sheet in sheets]

    def keep(self, transaction: Transaction) -> None:
        """Write down the stampings that were not known yet."""
        ids: dict[int, int] = {}
        for one in self._new:
            twin = None if one.twin is None else ids.get(one.twin, one.twin)
            ids[one.id] = transaction.add_imprint(replace(one, twin=twin))

    def _seen(self, one: Imprint) -> tuple[Imprint, Imprint | None]:
        """Return a stamping as it was first seen in its place, and the same stamping in another place, if any.

        Only what was there before accuses: the paper a picture was taken of stays as good as it was.
        """
        known = self._known(one)
        own = [past for past in known if _same_place(past, one)]
        first = _twin(one, own)
        other = _twin(
            one,
            [
                past
                for past in known
                if not _same_place(past, one)
                and (first is None or past.id < first.id or past.serial == one.serial)
            ],
        )
        if first is not None:
            return first, other
        fresh = replace(one, id=self.newest + len(self._new) + 1, twin=None if other is None else other.id)
        self._new.append(fresh)
        return fresh, other

    def _known(self, one: Imprint) -> list[Imprint]:
        """List what a stamping is compared with: its unit's latest, this paper's own, and those of this upload."""
        if one.unit not in self._units:
            self._units[one.unit] = self._reading.imprints(one.unit, LATEST)
        latest = self._units[one.unit]
        mine = [past for past in self._reading.imprints_of(one.serial) if past.unit == one.unit]
        fresh = [past for past in self._new if past.unit == one.unit]
        return sorted({past.id: past for past in (*latest, *mine, *fresh)}.values(), key=lambda past: past.id)


def _twin(one: Imprint, past: Sequence[Imprint]) -> Imprint | None:
    """Find the same stamping among those of a unit."""
    by_id = {
        known.id: imprints.Earlier(known.rim, known.face, known.serial, known.twin is not None)
        for known in past
    }
    found = imprints.twin(one.rim, one.face, list(by_id.values()))
    return next((known for known in past if by_id[known.id] is found), None)


def _stampings(serial: str, sheets: Sequence[SheetReading]) -> Iterator[tuple[Place, Imprint]]:
    for sheet in sheets:
        for mark in sheet.reading.marks:
            for one in mark.imprints:
                kept = Imprint(0, serial, sheet.page, *one.place, one.unit, one.rim, one.face, None)
                yield (mark.block, mark.kind), kept


def _same_place(one: Imprint, other: Imprint) -> bool:
    apart = math.hypot(one.x - other.x, one.y - other.y)
    return (one.serial, one.page) == (other.serial, other.page) and apart <= SAME_PLACE_MM


def _with(sheet: SheetReading, doubts: dict[Place, tuple[str, str]]) -> SheetReading:
    marks = tuple(
        mark
        if (doubt := doubts.get((mark.block, mark.kind))) is None
        else replace(
            mark,
            result="wrong_unit" if mark.result == "wrong_unit" else "unclear",
            why=doubt[0],
            same_as=doubt[1],
        )
        for mark in sheet.reading.marks
    )
    return replace(sheet, reading=replace(sheet.reading, marks=marks))
