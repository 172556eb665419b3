"""The other part of a paper that was cut in two, when it came in an earlier upload: read again, and laid beside this one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from intake.errors import UploadRefused
from intake.reading import Box, PageReading, Part
from service.office import Office
from service.office.judgement import SheetReading, judge_paper
from service.office.papers import Named, Paper, name_page, read_paper, read_stub
from service.receive.pictures import page_of
from storage.archive import Reading
from storage.records import Scan

NOWHERE: Box = (0.0, 0.0, 0.0, 0.0)
"""The place of what stands on no side of this upload."""
EXPECTED = frozenset({"part_missing", "mark_absent"})
"""Reasons a part may have that is laid beside the other."""
LOOKED_AT = 3
"""Earlier sides read again to find the other part, the newest first: each costs as much as a page."""


@dataclass(frozen=True, slots=True)
class OtherPart:
    """A part from an earlier upload: which scan, which side of it from 0, and what was read there."""

    scan: str
    side: int
    sheet: SheetReading

    def told(self) -> dict[str, Any]:
        """Say where it lies."""
        return {"scan": self.scan, "page": self.side}


def other_part(office: Office, scan: Scan, paper: Paper, reads: Sequence[SheetReading]) -> OtherPart | None:
    """Find the part that this upload of a cut paper lacks in an earlier one; None when there is none without a doubt.

    One that leaves a doubt of its own is not taken: its place is on a scan that the desk does not show with this one,
    and the two are better scanned again together.
    """
    parts = {one.reading.part: one.page for one in reads if one.reading.quality.ok}
    if len(parts) != 1 or "whole" in parts:
        return None
    ((part, page),) = parts.items()
    wanted: Part = "stub" if part == "main" else "main"
    with office.archive.read() as reading:
        sides = list(_earlier(reading, scan, paper, (page, wanted)))[:LOOKED_AT]
    for earlier, index in sides:
        found = _read(office, paper, earlier, index, page)
        if found is not None and found.part == wanted:
            sheet = SheetReading(page, found)
            return OtherPart(earlier.id, index, _elsewhere(sheet)) if _sure(paper, sheet) else None
    return None


def _earlier(
    reading: Reading, scan: Scan, paper: Paper, wanted: tuple[int, Part]
) -> Iterator[tuple[Scan, int]]:
    """Yield the sides of earlier uploads that may show that part of a page of a paper, newest upload first."""
    serial = paper.document.serial
    files = {entry.sha256 for entry in reading.entries_of(serial) if entry.kind == "scan"}
    scans = [one for sha256 in files for one in reading.scans_of(sha256) if one.state == "done"]
    for one in sorted(scans, key=lambda one: int(one.id), reverse=True):
        for sheet in (one.result or {}).get("sheets", ()) if one.id != scan.id else ():
            there = (sheet["serial"], sheet["page"], sheet.get("part")) == (serial, *wanted)
            if there and sheet["quality"]["ok"]:
                yield one, sheet["index"]


def _read(office: Office, paper: Paper, scan: Scan, index: int, number: int) -> PageReading | None:
    """Read a side again as that page of the paper, by its code or as a stub; None when it is not that page's."""
    try:
        image = page_of(office, scan, index)
    except UploadRefused:
        return None  # it was read once, by a decoder that took more
    with office.archive.read() as reading:
        named = name_page(office, reading, image)
    if not isinstance(named, Named):
        return read_stub(office, paper, image, number)
    right = (named.document.serial, named.token.page) == (paper.document.serial, number)
    return read_paper(office, paper, image, named) if right else None


def _sure(paper: Paper, sheet: SheetReading) -> bool:
    """Tell whether nothing on a part speaks against the paper or asks for a person, but that the other part is missing."""
    reasons = judge_paper(paper.layout, "pending", [sheet]).reasons
    return all(reason.partition(":")[0] in EXPECTED for reason in reasons)


def _elsewhere(sheet: SheetReading) -> SheetReading:
    """Take every finding off the page: its place is on another scan."""
    reading = replace(
        sheet.reading,
        fields=tuple(replace(one, box=NOWHERE) for one in sheet.reading.fields),
        marks=tuple(replace(one, box=NOWHERE) for one in sheet.reading.marks),
        surface=tuple(replace(one, box=NOWHERE) for one in sheet.reading.surface),
        dates=(),
    )
    return replace(sheet, reading=reading)
