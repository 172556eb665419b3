"""Holds a printed portrait against its archived picture: the same face in other light, or somebody else's."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, STANDARD_DPI, Box, Pixels, Registered, SurfaceResult
from intake.thresholds import DOUBT, LEAST_TEXTURED, OTHER

REDUCED = 0.5  # of STANDARD_DPI: features of a face are wider than a millimetre
SLACK = 8  # pixels a photo may lie off its registered place
SOFT = 2.2  # pixels of blur on both pictures: scanners differ in sharpness, faces in shape
EDGE = 4  # pixels left off at the frame
WINDOW = 13  # pixels, 3.3 mm: an eye with its brow
TEXTURED = 250.0  # variance of the archived window from which it shows something
FLOOR = (
    6.0  # variance below which noise would be compared with noise; a shadow leaves a sixth of the contrast
)
ALIKE = 15  # percentile of the local correlations


def judged(
    flat: Registered, archived: Pixels, box_mm: Box, *, bilevel: bool
) -> tuple[SurfaceResult | None, float]:
    """Compare the photo at `box_mm`; gives a result, None for the archived photo, and how unlike it is, 0..1.

    A 1-bit copy shows no face: not_checked.
    """
    alike = None if bilevel else _alike(flat.pixels, archived, box_mm)
    if alike is None:
        return "not_checked", 0.0
    unlike = round(1 - max(alike, 0.0), 3)
    if alike >= DOUBT:
        return None, unlike
    return ("altered" if alike < OTHER else "unclear"), unlike


def _alike(page: Pixels, archived: Pixels, box_mm: Box) -> float | None:
    """Return the ALIKE percentile of the local correlations after the best shift; None where nothing can be compared."""
    scale = STANDARD_DPI / MM_PER_INCH
    left, top, right, bottom = (round(edge * scale) for edge in box_mm)
    height, width = archived.shape
    if min(left, top) < SLACK or right + SLACK > width or bottom + SLACK > height:
        return None
    there = _small(archived[top:bottom, left:right])
    seen = page[top - SLACK : bottom + SLACK, left - SLACK : right + SLACK]
    around = _small(cast("Pixels", cv2.cvtColor(np.ascontiguousarray(seen), cv2.COLOR_BGR2GRAY)))
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, there, cv2.TM_CCOEFF_NORMED))
    here = around[y : y + there.shape[0], x : x + there.shape[1]]
    likeness, variance = _local(_soft(here), _soft(there))
    textured = variance > TEXTURED
    return float(np.percentile(likeness[textured], ALIKE)) if textured.mean() >= LEAST_TEXTURED else None


def _small(gray: Pixels) -> Pixels:
    return cast("Pixels", cv2.resize(gray, None, fx=REDUCED, fy=REDUCED, interpolation=cv2.INTER_AREA))


def _soft(gray: Pixels) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(gray, (0, 0), SOFT)
    return np.asarray(blurred[EDGE:-EDGE, EDGE:-EDGE], np.float32)


def _local(
    one: NDArray[np.float32], other: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the correlation in a window around each pixel, and the variance of `other` there."""

    def mean(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(cv2.blur(values, (WINDOW, WINDOW)), np.float32)

    mean_one, mean_other = mean(one), mean(other)
    variance_one, variance_other = mean(one * one) - mean_one**2, mean(other * other) - mean_other**2
    together = mean(one * other) - mean_one * mean_other
    likeness = together / np.sqrt(np.maximum(variance_one, FLOOR) * np.maximum(variance_other, FLOOR))
    return np.asarray(likeness, np.float32), variance_other
