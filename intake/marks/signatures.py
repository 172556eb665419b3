"""Decides whether somebody wrote in a signature box: ink that the archived print does not have."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import Density
from intake.reading import Box, Pixels

AROUND_MM = 2.0  # pens leave their box by this much; neighbours are further away
PRINT_GROWN_MM = (
    0.6  # the print is taken away this much fatter: registration is off by up to 0.3 mm, ink spreads
)
PRINT_GRAY = 200  # of 255 in the reference: what is darker is print
PEN = 0.30  # density of the thinnest pen stroke at 200 dpi; shadows and stains stay below where seals do not lie
PEN_OVER_PAPER = 0.15  # how far ink must stand out of its own neighbourhood: a stain or shadow has soft edges
NEIGHBOURHOOD_MM = 3.0
SPECK_MM = 1.2  # dirt and JPEG crumbs are smaller than any stroke
STRAIGHT = (
    12.0  # a trace this many times longer than thick, along the page, is a rule or a fold, not a stroke
)
ENOUGH_MM2 = (2.0, 4.0)  # whatever the box: signatures measured on 300-100 dpi scans have 5-60 mm2 of ink
ENOUGH_SHARE = 0.003  # of the box: 0.3-0.8 % is what short names leave in a large box
ENOUGH_WIDE_MM = 4.0  # a name is wider than a tick
FAINT = 0.5  # of enough: from here on a person must look


@dataclass(frozen=True, slots=True)
class Written:
    """Ink added in a signature box: its area, the width it spans, and the area a signature needs in such a box."""

    area_mm2: float
    width_mm: float
    need_mm2: float

    @property
    def strength(self) -> float:
        """Return the ink as a multiple of what a signature needs (1 or more: signed)."""
        return min(self.area_mm2 / self.need_mm2, self.width_mm / ENOUGH_WIDE_MM)


def added_ink(dark: Density, printed: Pixels, px_per_mm: float) -> NDArray[np.bool_]:
    """Return where a page has dark ink that the reference (gray, same size and scale) has not printed."""
    grown = 2 * round(PRINT_GROWN_MM * px_per_mm) + 1
    print_mask = cv2.dilate((printed < PRINT_GRAY).astype(np.uint8), np.ones((grown, grown), np.uint8))
    around = cv2.blur(dark, (round(NEIGHBOURHOOD_MM * px_per_mm),) * 2)
    return np.asarray((dark > PEN) & (dark - around > PEN_OVER_PAPER) & (print_mask == 0), np.bool_)


def written(
    added: NDArray[np.bool_], box: Box, px_per_mm: float, hidden: NDArray[np.bool_] | None = None
) -> Written:
    """Measure the strokes in and just around a box given in page mm; `hidden` pixels do not count (a colourless seal)."""
    height, width = added.shape
    left, top = (
        max(round((box[0] - AROUND_MM) * px_per_mm), 0),
        max(round((box[1] - AROUND_MM) * px_per_mm), 0),
    )
    right = min(round((box[2] + AROUND_MM) * px_per_mm), width)
    bottom = min(round((box[3] + AROUND_MM) * px_per_mm), height)
    ink = added[top:bottom, left:right]
    if hidden is not None:
        ink = ink & ~hidden[top:bottom, left:right]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    strokes = [k for k in range(1, count) if _is_stroke(stats[k], px_per_mm)]
    need = float(np.clip(ENOUGH_SHARE * (box[2] - box[0]) * (box[3] - box[1]), *ENOUGH_MM2))
    if not strokes:
        return Written(0.0, 0.0, need)
    kept = np.isin(labels, strokes)
    columns = np.flatnonzero(kept.any(axis=0))
    return Written(float(kept.sum()) / px_per_mm**2, float(columns[-1] - columns[0] + 1) / px_per_mm, need)


def _is_stroke(stats: NDArray[np.int32], px_per_mm: float) -> bool:
    """Return whether a connected piece of ink can be part of handwriting: no speck, and no rule or fold."""
    _, _, width, height, area = (int(v) for v in stats)
    long, short = max(width, height), min(width, height)
    thick = area / max(long, 1)
    return long >= SPECK_MM * px_per_mm and not (long > STRAIGHT * thick and short < 2.5 * thick)
