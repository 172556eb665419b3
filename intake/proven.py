"""Tells which printed lines need no recogniser: those whose every letter is the archive's own picture of it, and nothing else."""

from collections.abc import Sequence
from statistics import median
from typing import Any

import cv2
import numpy as np

from intake import shapes
from intake.lines import SCALE, Cut
from intake.reading import LayoutPage, Pixels
from intake.reference import Glyph, Printed
from intake.shapes import AIR, REACH, SOFT, Shape
from intake.thresholds import (
    ALL_INK,
    OVERLAY,
    PROVEN_LETTER,
    PROVEN_LIKE,
    PROVEN_RIVAL,
    TOUCHED,
    USUAL,
    USUAL_LINES,
)

EDGE = 6  # pixels around a line: what the blurs and the search of a letter reach
UNLIKE = 1.0  # a letter of which nothing is explained
EVEN = 0.7  # of the line's usual darkness, the least a letter may have: scraped ones keep an eighth
LEAST_DARK = 0.2  # of the archive's own: a scan that pale is judged by its contrast long before


def looks(
    page: Pixels,
    archived: Printed,
    lines: Sequence[tuple[LayoutPage, LayoutPage]],
    cuts: Sequence[Cut],
    faces: shapes.Faces,
) -> list[Shape | None]:
    """Return how the letters of each line look beside their rivals where the ink alone proves the line, else None.

    `page` is gray at STANDARD_DPI, without seals; `lines` are values and their lines of the layout. Nothing is proven
    where people sign, in a face nobody knows, or where ink is missing or was added.
    """
    clean = [_clean(cut) and value["font"] in faces for (value, _), cut in zip(lines, cuts, strict=True)]
    good = [
        sound and worst_letter(page, archived, line, cut.shift) <= PROVEN_LETTER
        for sound, (_, line), cut in zip(clean, lines, cuts, strict=True)
    ]
    known = [
        cut.likeness for cut, sound in zip(cuts, good, strict=True) if sound and cut.likeness is not None
    ]
    usual = min(max(median(known), USUAL[0]), USUAL[1]) if len(known) >= USUAL_LINES else USUAL[1]
    return [
        _look(page, archived, line, faces)
        if sound and cut.likeness is not None and cut.likeness >= PROVEN_LIKE * usual
        else None
        for sound, line, cut in zip(good, lines, cuts, strict=True)
    ]


def _clean(cut: Cut) -> bool:
    """Tell whether a line shows all archived ink and no other."""
    whole = cut.likeness is not None and cut.lost <= ALL_INK and not cut.faded
    return whole and not cut.signed and cut.touched <= TOUCHED and cut.added <= OVERLAY and cut.stroke <= 1


def _look(
    page: Pixels, archived: Printed, line: tuple[LayoutPage, LayoutPage], faces: shapes.Faces
) -> Shape | None:
    """Hold the letters against their rivals; None where one of those is nearly as good an explanation."""
    value, own = line
    seen = shapes.seen(page, archived, line, (str(own["text"]), faces[value["font"]]))
    return seen if seen is not shapes.UNSEEN and seen.rival >= PROVEN_RIVAL else None


def worst_letter(page: Pixels, archived: Printed, line: LayoutPage, shift: tuple[int, int] = (0, 0)) -> float:
    """Return the largest share of any letter's contrast that its archived picture leaves unexplained, 0 to 1.

    `shift` is where the line was found, as its Cut tells.
    1 where the letters in the archive's line are not those of its text, and where one is paler than its neighbours or
    not there at all. Untouched letters leave 0.01 to 0.07 on flat scans, any other letter in their place more.
    """
    glyphs = archived.standing_in(line["box"])
    if not glyphs or [glyph.letter for glyph in glyphs] != list("".join(str(line["text"]).split())):
        return UNLIKE
    left, top, right, bottom = _around(glyphs)
    height, width = archived.pixels.shape
    if page.shape[:2] != (height, width):
        return UNLIKE
    right_by, down_by = shift
    if min(left, top, left + right_by, top + down_by) < 0:
        return UNLIKE
    if max(right, right + right_by) > width or max(bottom, bottom + down_by) > height:
        return UNLIKE
    ink = 255.0 - archived.pixels[top:bottom, left:right].astype(np.float32)
    place = page[top + down_by : bottom + down_by, left + right_by : right + right_by]
    scan: Any = cv2.GaussianBlur(255.0 - place.astype(np.float32), (0, 0), SOFT)
    parts = shapes.filtered(ink)
    left_over, dark = zip(*(_fitted(scan, parts, glyph, (left, top)) for glyph in glyphs), strict=True)
    even = min(dark) >= max(EVEN * median(dark), LEAST_DARK)
    return min(max(left_over), UNLIKE) if even else UNLIKE


def _around(glyphs: Sequence[Glyph]) -> tuple[int, int, int, int]:
    boxes = np.array([glyph.box for glyph in glyphs]) * SCALE
    low, high = np.floor(boxes.min(axis=0)) - EDGE, np.ceil(boxes.max(axis=0)) + EDGE
    return int(low[0]), int(low[1]), int(high[2]), int(high[3])


def _fitted(scan: Any, parts: shapes.Stack, glyph: Glyph, corner: tuple[int, int]) -> tuple[float, float]:
    """Lay one letter where it is likest: the share of contrast no mixture of its archived pictures explains, and how dark it is."""
    left, top, right, bottom = (round(edge * SCALE) - corner[k % 2] for k, edge in enumerate(glyph.box))
    left, top, right, bottom = left - AIR, top - AIR, right + AIR, bottom + AIR
    own = shapes.stretched(parts[:, top:bottom, left:right])
    around = scan[top - REACH : bottom + REACH, left - REACH : right + REACH]
    if around.shape != (bottom - top + 2 * REACH, right - left + 2 * REACH):
        return UNLIKE, 0.0
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, own[1] + own[2], cv2.TM_CCOEFF_NORMED))
    flat = own.reshape(len(own), -1).astype(np.float64)
    seen = around[y : y + bottom - top, x : x + right - left].ravel().astype(np.float64)
    amounts = shapes.mixture(flat[np.newaxis], seen)[0]
    rest = seen - amounts @ flat
    return float((rest**2).mean() / max(float(seen.var()), 1e-6)), float(amounts[1] + amounts[2])
