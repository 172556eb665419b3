"""Decides whether somebody wrote in a signature box: ink that the archived print does not have."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import Density, Inks, blueness, darkness
from intake.reading import Box, Pixels
from intake.thresholds import (
    BESIDE_MM2,
    ENOUGH_MM2,
    ENOUGH_WIDE_MM,
    FAINT_MM2,
    FAINT_OVER_PAPER,
    FAINT_PEN,
    FAINT_STROKES,
    FAINT_WIDE_MM,
    LONGEST_STROKE_MM,
    PEN,
    PEN_OVER_PAPER,
    SPECK_MM,
    STRAIGHT,
)

AROUND_MM = 2.0  # pens leave their box by this much; neighbours are further away
PRINT_GROWN_MM = 0.4  # the print is taken away this much fatter: ink spreads; people sign over printed names
BLUE = 0.3  # how much more red than blue a blue pen swallows, at least; black print swallows both alike
FRINGE_MM = 0.5  # colour fringes at the print's edges are narrower and even out
PRINT_OFF = 4  # pixels the print round a box may lie off its registered place
PRINT_FOUND = 0.45  # correlation from which such a shift is believed
PRINT_GRAY = 200  # of 255 in the reference: what is darker is print
NEIGHBOURHOOD_MM = 3.0
DATE_MM = 1.5  # digits of a date leave their place by as much: it is 5 mm high


@dataclass(frozen=True, slots=True)
class Written:
    """Ink added in a signature box: its area, the width it spans, and how many pieces it is."""

    area_mm2: float
    width_mm: float
    strokes: int = 0

    @property
    def strength(self) -> float:
        """Return the ink as a multiple of what a signature needs (1 or more: signed)."""
        return min(self.area_mm2 / ENOUGH_MM2, self.width_mm / ENOUGH_WIDE_MM)

    @property
    def may_be_pencil(self) -> bool:
        """Return whether ink found by FAINT_LEVEL is enough for a person to look; folds are long, but one piece or two."""
        wide = self.area_mm2 >= FAINT_MM2 and self.width_mm >= FAINT_WIDE_MM
        return wide and self.strokes >= FAINT_STROKES


PEN_LEVEL = (PEN, PEN_OVER_PAPER)
FAINT_LEVEL = (FAINT_PEN, FAINT_OVER_PAPER)


def added_ink(
    density: Density | Inks,
    printed: Pixels,
    px_per_mm: float,
    boxes: Sequence[Box],
    *,
    colour: bool,
    level: tuple[float, float] = PEN_LEVEL,
) -> NDArray[np.bool_]:
    """Return where, in and around the boxes, a page has dark ink that the reference has not printed.

    `level` is how dark ink is at least, by itself and against its neighbourhood.
    The reference is gray, of the page's size and scale; its print is laid anew over the scan's at each box.
    Blue ink (none on a page without colour) counts over the print too, which is black.
    """
    added = np.zeros(printed.shape, np.bool_)
    margin = round((NEIGHBOURHOOD_MM + PRINT_GROWN_MM) * px_per_mm) + PRINT_OFF
    for box in boxes:
        rows, columns = _around(box, px_per_mm, printed.shape)
        top, left = max(rows.start - margin, 0), max(columns.start - margin, 0)
        wide = slice(top, rows.stop + margin), slice(left, columns.stop + margin)
        place = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        added[rows, columns] |= _added(
            density[wide], printed[wide], px_per_mm, place, colour=colour, level=level
        )
    return added


def _added(
    density: Density,
    printed: Pixels,
    px_per_mm: float,
    place: tuple[slice, slice],
    *,
    colour: bool,
    level: tuple[float, float],
) -> NDArray[np.bool_]:
    """Return that of one place, given with enough of the page around it for blurs and shifts."""
    dark = darkness(density, colour)
    grown = 2 * round(PRINT_GROWN_MM * px_per_mm) + 1
    print_mask = cv2.dilate((printed < PRINT_GRAY).astype(np.uint8), np.ones((grown, grown), np.uint8))
    around = cv2.blur(dark, (round(NEIGHBOURHOOD_MM * px_per_mm),) * 2)
    strong = (dark > level[0]) & (dark - around > level[1])
    right, down = _print_off(dark, printed, place)
    moved = np.roll(print_mask, (down, right), axis=(0, 1))
    added = np.asarray(strong[place] & (moved[place] == 0), np.bool_)
    if colour:
        even = cv2.blur(blueness(density), (round(FRINGE_MM * px_per_mm) or 1,) * 2)
        added |= (dark[place] > PEN) & (even[place] > BLUE)
    return added


def _around(box: Box, px_per_mm: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns of a box in page mm and of what pens reach around it."""
    left, top, right, bottom = (
        round((edge + grow) * px_per_mm)
        for edge, grow in zip(box, (-AROUND_MM, -AROUND_MM, AROUND_MM, AROUND_MM), strict=True)
    )
    return slice(max(top, 0), min(bottom, shape[0])), slice(max(left, 0), min(right, shape[1]))


def _print_off(dark: Density, printed: Pixels, place: tuple[slice, slice]) -> tuple[int, int]:
    """Return how many pixels the print at a place lies to the right of and below where it was registered."""
    rows, columns = place
    wide = (
        slice(rows.start - PRINT_OFF, rows.stop + PRINT_OFF),
        slice(columns.start - PRINT_OFF, columns.stop + PRINT_OFF),
    )
    if min(wide[0].start, wide[1].start) < 0:
        return 0, 0
    seen = np.clip(dark[wide], 0, 1).astype(np.float32)
    archived = (255.0 - printed[place]).astype(np.float32) / 255
    if (
        seen.shape != (archived.shape[0] + 2 * PRINT_OFF, archived.shape[1] + 2 * PRINT_OFF)
        or not archived.any()
    ):
        return 0, 0
    _, score, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(seen, archived, cv2.TM_CCOEFF_NORMED))
    return (x - PRINT_OFF, y - PRINT_OFF) if score >= PRINT_FOUND else (0, 0)


def without_dates(added: NDArray[np.bool_], dated: Sequence[Box], px_per_mm: float) -> NDArray[np.bool_]:
    """Return the ink less what keeps to the places of dates (page mm): digits there sign nothing, a name that reaches in does."""
    kept = added.copy()
    for left, top, right, bottom in dated:
        edges = (left - DATE_MM, top - DATE_MM, right + DATE_MM, bottom + DATE_MM)
        west, north, east, south = (max(round(edge * px_per_mm), 0) for edge in edges)
        # one pixel more on each side shows what reaches beyond
        north, west = max(north - 1, 0), max(west - 1, 0)
        part = kept[north : south + 1, west : east + 1]
        if not part.any():
            continue
        _, labels = cv2.connectedComponents(part.astype(np.uint8), connectivity=8)
        leaving = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
        part &= np.isin(labels, leaving)
    return kept


def written(
    added: NDArray[np.bool_], box: Box, px_per_mm: float, hidden: NDArray[np.bool_] | None = None
) -> Written:
    """Measure the strokes in and just around a box given in page mm; `hidden` pixels do not count (a colourless seal)."""
    place = _around(box, px_per_mm, added.shape)
    ink = added[place]
    if hidden is not None:
        ink = ink & ~hidden[place]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    strokes = [k for k in range(1, count) if _is_stroke(stats[k], px_per_mm)]
    if sum(int(stats[k, cv2.CC_STAT_AREA]) for k in strokes) >= BESIDE_MM2 * px_per_mm**2:
        strokes = [k for k in range(1, count) if _is_stroke(stats[k], px_per_mm, beside_others=True)]
    if not strokes:
        return Written(0.0, 0.0)
    kept = np.isin(labels, strokes)
    columns = np.flatnonzero(kept.any(axis=0))
    width = float(columns[-1] - columns[0] + 1) / px_per_mm
    return Written(float(kept.sum()) / px_per_mm**2, width, len(strokes))


def _is_stroke(stats: NDArray[np.int32], px_per_mm: float, *, beside_others: bool = False) -> bool:
    """Return whether a connected piece of ink can be part of handwriting: no speck, and no rule or fold."""
    _, _, width, height, area = (int(v) for v in stats)
    long, short = max(width, height), min(width, height)
    thick = area / max(long, 1)
    straight = long > STRAIGHT * thick and short < 2.5 * thick
    if straight and beside_others:
        straight = long > LONGEST_STROKE_MM * px_per_mm
    return long >= SPECK_MM * px_per_mm and not straight
