"""The door of foreign pages: a page as it came → turned upright, its lines read, its seals read."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from intake.foreign import Finder, Line, PageText, Quad, SealResult, Turn, letters
from intake.foreign.cutting import cut, sides
from intake.foreign.seals import Sealed, sealed, without_seals
from intake.foreign.upright import half_turned, quarter_turned
from intake.reading import MM_PER_INCH, PageImage, Pixels
from intake.recognise import LineReading, Recogniser

LONG_SIDE = 2340
"""Pixels a page is brought down to: A4 at 200 dpi, where the recogniser reads best; a smaller page is not blown up."""
USUAL_INCHES = 297 / 25.4
"""The longer side of A4: what a picture without a resolution is taken for."""
MOST_LINES = 120
"""Lines read of one page, in reading order: they bound its time (30 ms a line); a full printed page has sixty."""
LEAST_HEIGHT = 7.0
"""Pixels: lower lines are specks or rules."""
LEGIBLE = 0.5
"""Mean confidence under which a line is a pattern, a photograph or scribble, not print."""


def read_foreign(
    page: PageImage,
    finder: Finder,
    recogniser: Recogniser,
    registry: Sequence[str] = (),
    most: int = MOST_LINES,
) -> PageText:
    """Read a page that is not ours: at most `most` lines, and its round seals.

    The registry holds names of units that seals may show; those printed on the page are asked for besides.
    """
    pixels, scale = _standard(page.pixels)
    px_per_mm = _resolution(page, scale) / MM_PER_INCH
    seals = sealed(pixels, px_per_mm) if page.colour else None
    clean = pixels if seals is None else without_seals(pixels, seals)
    quads = _usable(finder.find(clean))
    turned: Turn = 0
    if quarter_turned(quads):
        pixels, clean = (cast("Pixels", cv2.rotate(one, cv2.ROTATE_90_CLOCKWISE)) for one in (pixels, clean))
        quads, turned = _usable(finder.find(clean)), 90
    if half_turned(clean, quads, recogniser):
        pixels, clean = (cast("Pixels", cv2.rotate(one, cv2.ROTATE_180)) for one in (pixels, clean))
        quads, turned = [_rotated(quad, clean) for quad in quads], 180 if turned == 0 else 270
    if turned and page.colour:
        seals = sealed(pixels, px_per_mm)
    chosen = _ordered(quads)[: max(most, 0)]
    lines = _lines(clean, chosen, recogniser)
    return PageText(
        lines=lines,
        seals=() if seals is None else seals.read(recogniser, registry, lines),
        seal=_seal(seals),
        turned=turned,
        scale=1 / scale,
        size=(page.pixels.shape[1], page.pixels.shape[0]),
        whole=len(chosen) == len(quads),
    )


def _seal(seals: Sealed | None) -> SealResult:
    if seals is None:
        return "unclear"  # a gray copy shows no red
    return "present" if seals.stamps else "absent"


def _standard(pixels: Pixels) -> tuple[Pixels, float]:
    """Return the page brought down to LONG_SIDE, and by which factor."""
    scale = min(1.0, LONG_SIDE / max(pixels.shape[:2]))
    if scale == 1.0:
        return pixels, scale
    return cast("Pixels", cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)), scale


def _resolution(page: PageImage, scale: float) -> float:
    """Pixels per inch of the scaled page: as the file says, or as if it were A4."""
    return (page.dpi or max(page.pixels.shape[:2]) / USUAL_INCHES) * scale


def _usable(quads: Sequence[Quad]) -> list[Quad]:
    return [quad for quad in quads if min(sides(quad)) >= LEAST_HEIGHT]


def _rotated(quad: Quad, page: Pixels) -> Quad:
    """Return a line's corners after half a turn of the page: its first corner is then its last."""
    height, width = page.shape[:2]
    return np.asarray(np.array([width, height], np.float32) - quad[[2, 3, 0, 1]], np.float32)


def _ordered(quads: Sequence[Quad]) -> list[Quad]:
    """Sort lines as they are read: rows from the top, in a row from the left."""
    rows: list[list[Quad]] = []
    for quad in sorted(quads, key=lambda one: float(one[:, 1].mean())):
        middle = float(quad[:, 1].mean())
        if rows and middle - float(np.mean([one[:, 1].mean() for one in rows[-1]])) < 0.5 * sides(quad)[1]:
            rows[-1].append(quad)
        else:
            rows.append([quad])
    return [quad for row in rows for quad in sorted(row, key=lambda one: float(one[:, 0].min()))]


def _lines(page: Pixels, quads: Sequence[Quad], recogniser: Recogniser) -> tuple[Line, ...]:
    found = recogniser.read_lines([cut(page, quad) for quad in quads])
    return tuple(
        _line(quad, reading)
        for quad, reading in zip(quads, found, strict=True)
        if reading.text.strip() and reading.confidence >= LEGIBLE
    )


def _line(quad: Quad, reading: LineReading) -> Line:
    low, high = quad.min(axis=0), quad.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    return Line(reading.text, letters(reading), box)
