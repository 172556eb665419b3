"""Unrolls the ring of a round seal into lines of text, its ink parted from pens, print and other seals' rims."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import Density, Inks, redness
from intake.marks.seals import RIM_MM, Stamp, polar
from intake.reading import Pixels

STRIP_HEIGHT = 48  # pixels: the recogniser's own height
ANGLES = 720
GAP_LEFT = 60  # angles of the gap that stay at both ends of a strip: 30 degrees, a letter's width of paper
CUTS = ((0.53, 0.90, 1.0), (0.58, 0.93, 1.3), (0.53, 0.90, 1.3), (0.58, 0.93, 1.0))
"""Inner and outer radius (shares of the seal's) and widening of the lines that are read: seals differ in their letters."""
STROKE_MM = 2.5
RIM_OFF_MM = 0.2  # that a rim may lie beside its fitted circle
OTHER_INK = 0.35  # density in red from which pen or print lies under the seal; a seal alone stays below


def strips(
    density: Density | Inks, px_per_mm: float, stamp: Stamp, others: Sequence[Stamp] = ()
) -> Iterator[Pixels]:
    """Yield the unrolled ring as gray lines of text, each cut a little differently, without the rims of other seals.

    The line starts in the ring's widest gap without ink, so the seal may stand upside down.
    """
    reach = stamp.radius + 1
    left, top = max(round((stamp.x - reach) * px_per_mm), 0), max(round((stamp.y - reach) * px_per_mm), 0)
    right, bottom = round((stamp.x + reach) * px_per_mm), round((stamp.y + reach) * px_per_mm)
    around = density[top:bottom, left:right]
    around = strokes_alone(around, px_per_mm)
    for other in others:
        if other is not stamp:
            _erase_rim(around, px_per_mm, other, (left, top))
    x, y = stamp.x - left / px_per_mm, stamp.y - top / px_per_mm
    start, gap = _gap(
        polar(redness(around), px_per_mm, (x, y), np.linspace(0.66, 0.88, 12) * stamp.radius, ANGLES)
    )
    bare = max(gap - GAP_LEFT, 0)
    picture = seal_ink(around)
    for inner, outer, stretch in CUTS:
        radii = np.linspace(outer, inner, STRIP_HEIGHT) * stamp.radius
        unrolled = np.roll(polar(picture, px_per_mm, (x, y), radii, 2 * ANGLES), -2 * start, axis=1)
        unrolled = np.hstack([unrolled, unrolled[:, : ANGLES // 12]])[
            :, bare : 2 * ANGLES + ANGLES // 12 - bare
        ]
        length = (
            stretch
            * np.pi
            * (inner + outer)
            / (outer - inner)
            * STRIP_HEIGHT
            * unrolled.shape[1]
            / (2 * ANGLES)
        )
        line = cv2.resize(unrolled, (round(length), STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
        yield _printed(np.asarray(line, np.float32))


def _erase_rim(around: Density, px_per_mm: float, other: Stamp, corner: tuple[int, int]) -> None:
    """Take the rim of another seal out of a density whose corner (pixels) lies there on the page."""
    centre = (round(other.x * px_per_mm) - corner[0], round(other.y * px_per_mm) - corner[1])
    middle, width = other.radius - RIM_MM / 2, RIM_MM + 2 * RIM_OFF_MM
    cv2.circle(around, centre, round(middle * px_per_mm), (0.0, 0.0, 0.0), round(width * px_per_mm))


def strokes_alone(density: Density, px_per_mm: float) -> Density:
    """Return a density without what is wider than any letter's stroke: shadow, tone, the blur between dots."""
    reach = round(STROKE_MM * px_per_mm) | 1
    soft = cv2.blur(density, (3, 3))
    wide = cv2.morphologyEx(soft, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    return np.asarray(np.maximum(density - cv2.blur(wide, (reach, reach)), 0), np.float32)


def seal_ink(density: Density) -> Density:
    """Return the seal's ink alone: the green channel, less what pen and print below it take of every channel."""
    green, red = density[..., 1], density[..., 2]
    other = cv2.dilate((red > OTHER_INK).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(np.where(other > 0, np.maximum(green - red, 0), green), np.float32)


def _gap(ring: NDArray[np.float32]) -> tuple[int, int]:
    """Return the angle (index) in the middle of the ring's widest stretch without ink, and how wide it is."""
    ink = np.clip(ring, 0, None).mean(axis=0)
    ink = cv2.blur(np.concatenate([ink, ink])[None, :], (9, 1))[0]
    dark = np.flatnonzero(ink > 0.25 * np.percentile(ink, 90))
    if dark.size < 2:
        return 0, 0
    width, first = max((int(b - a), int(a)) for a, b in pairwise(dark))
    return int(first + width // 2) % int(ring.shape[1]), width


def _printed(ink: NDArray[np.float32]) -> Pixels:
    """Return ink as dark on white, stretched so that the seal's own darkest parts are black."""
    full = max(float(np.percentile(ink, 97)), 0.05)
    return np.asarray(255 - 255 * np.clip(ink / full, 0, 1), np.uint8)
