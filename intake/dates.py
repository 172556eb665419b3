"""Finds the places a page leaves for handwritten dates, and says of each whether somebody wrote there; never what."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import densities
from intake.marks.signatures import added_ink
from intake.reading import MM_PER_INCH, Box, DateFinding, DateResult, LayoutPage, Pixels, Registered
from intake.reference import Glyph, Printed
from intake.thresholds import DATE_MM2, NO_DATE_MM2, SPECK_MM

PARTS = ("年", "月", "日")
GAP_MM = 4.0  # room for two digits: our forms leave 7 before 月 and 8 before 日, printed dates none
WIDEST_GAP_MM = 25.0  # wider apart they are no date
LINE_MM = 1.5  # how far the three may stand above and below each other
YEAR_MM = 14.0  # room for four digits before 年
REACH_MM = 2.5  # how far digits of 5 mm reach above and below the middle of their line
TALLEST_MM = 9.0  # of a date's strokes; folds, rules and the tails of signatures are longer
AROUND_MM = 14.0  # of page around a date: the paper's own tone is taken from as much
SEAL_OFF_MM = 3.0  # how far a seal may lie outside its place


@dataclass(frozen=True, slots=True)
class DatePlace:
    """Room for a date of a block: the gaps before 年 (left out where it is printed), 月 and 日, and all of it, page mm."""

    block: str
    year: Box | None
    month: Box
    day: Box
    box: Box

    @property
    def gaps(self) -> tuple[Box, ...]:
        """Return every gap somebody may write in."""
        return (self.month, self.day) if self.year is None else (self.year, self.month, self.day)


def find(
    flat: Registered,
    archived: Printed,
    layout_page: LayoutPage,
    days: Sequence[DatePlace],
    *,
    colour: bool,
) -> tuple[DateFinding, ...]:
    """Return a finding for every place of a handwritten date, in the order given, boxes in scan pixels.

    `days` are the places of the page (see `places`), `archived` is the page as it was printed. Without colour a seal's ink looks like a pen's: where one may lie a date
    is `unclear` unless no ink was added at all.
    """
    return tuple(
        DateFinding(place.block, _result(flat, archived, layout_page, place, colour), flat.on_scan(place.box))
        for place in days
    )


def places(glyphs: tuple[Glyph, ...], layout_page: LayoutPage) -> Iterator[DatePlace]:
    """Find 年, 月 and 日 printed one after the other with room between them, and the block each of these belongs to."""
    before: Glyph | None = None
    for year, month, day in zip(glyphs, glyphs[1:], glyphs[2:], strict=False):
        if (year.letter, month.letter, day.letter) == PARTS and _roomy(year, month) and _roomy(month, day):
            middle = (year.box[1] + year.box[3]) / 2
            top, bottom = middle - REACH_MM, middle + REACH_MM
            left = year.box[0] - YEAR_MM
            if before is not None and abs((before.box[1] + before.box[3]) / 2 - middle) < LINE_MM:
                left = max(left, before.box[2]) if before.box[2] <= year.box[0] else left
            room = year.box[0] - left >= GAP_MM
            box = (left if room else year.box[0], top, day.box[2], bottom)
            block = _block(box, layout_page)
            if block is not None:
                yield DatePlace(
                    block,
                    (left, top, year.box[0], bottom) if room else None,
                    (year.box[2], top, month.box[0], bottom),
                    (month.box[2], top, day.box[0], bottom),
                    box,
                )
        before = year


def _roomy(one: Glyph, other: Glyph) -> bool:
    level = abs(one.box[3] - other.box[3]) < LINE_MM
    return level and GAP_MM <= other.box[0] - one.box[2] <= WIDEST_GAP_MM


def _block(box: Box, layout_page: LayoutPage) -> str | None:
    """Name the block whose signature or seal place is nearest, of those that begin above the date: it closes its block."""
    above = [mark for mark in layout_page["marks"] if mark["box"][1] < box[1]]
    if not above:
        return None
    return str(min(above, key=lambda mark: _apart(mark["box"], box))["block"])


def _apart(one: Box, other: Box) -> float:
    return float(
        np.hypot(max(one[0] - other[2], other[0] - one[2], 0), max(one[1] - other[3], other[1] - one[3], 0))
    )


def _result(
    flat: Registered, archived: Printed, layout_page: LayoutPage, place: DatePlace, colour: bool
) -> DateResult:
    everything, strokes, scale, corner = _ink(flat, archived.pixels, place, colour)
    gaps = [_pixels(gap, scale, corner) for gap in place.gaps]
    area = [float(everything[gap].sum()) / scale**2 for gap in gaps]
    if max(area) < NO_DATE_MM2:
        return "absent"
    if not colour and _under_a_seal(place, layout_page):
        return "unclear"
    month, day = (float(strokes[gap].sum()) / scale**2 for gap in gaps[-2:])
    return "present" if min(month, day) >= DATE_MM2 else "unclear"


def _ink(
    flat: Registered, printed: Pixels, place: DatePlace, colour: bool
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], float, tuple[int, int]]:
    """Return the ink added around a date, that part of it which may be digits, their px per mm, and their top left corner."""
    scale = flat.dpi / MM_PER_INCH
    top, left = (max(round((edge - AROUND_MM) * scale), 0) for edge in (place.box[1], place.box[0]))
    rows = slice(top, round((place.box[3] + AROUND_MM) * scale))
    columns = slice(left, round((place.box[2] + AROUND_MM) * scale))
    density = densities(flat.pixels[rows, columns], scale)
    inside = tuple(
        edge - start / scale for edge, start in zip(place.box, (left, top, left, top), strict=True)
    )
    box = (inside[0], inside[1], inside[2], inside[3])
    added = added_ink(density, printed[rows, columns], scale, [box], colour=colour)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(added.astype(np.uint8), connectivity=8)
    longest = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1) / scale
    digits = (longest >= SPECK_MM) & (longest <= TALLEST_MM)
    digits[0] = False
    return added, digits[labels], scale, (left, top)


def _pixels(gap: Box, scale: float, corner: tuple[int, int]) -> tuple[slice, slice]:
    left, top, right, bottom = (round(edge * scale) for edge in gap)
    return slice(top - corner[1], bottom - corner[1]), slice(left - corner[0], right - corner[0])


def _under_a_seal(place: DatePlace, layout_page: LayoutPage) -> bool:
    """Tell whether a seal put down in its place, give or take a little, may lie on the date."""
    return any(
        _apart(mark["box"], place.box) <= SEAL_OFF_MM
        for mark in layout_page["marks"]
        if mark["kind"] == "seal"
    )
