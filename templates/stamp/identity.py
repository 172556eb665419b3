"""Compares two finished papers glyph by glyph and pixel by pixel: a stamped one must look as LibreOffice's own."""

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
from pypdfium2 import raw

from templates.layout import Box
from templates.places import PDFIUM

MOST_POINTS = 0.1  # a twentieth of a hair's breadth at 12 points; LibreOffice writes tenths
DPI = 150  # where the pixels are compared: a page is 2 megapixels
_MM = 25.4


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two papers differ: the largest distance of two glyphs in points, and pixels of another colour.

    Papers of other words or other pages are infinitely far apart.
    """

    points: float
    pixels: int

    @property
    def none(self) -> bool:
        """Tell whether they look the same."""
        return self.points <= MOST_POINTS and not self.pixels


def difference(
    stamped: bytes, converted: bytes, outside: Sequence[Box], colours: Mapping[int, str]
) -> Difference:
    """Compare the first pages of a stamped paper and of what LibreOffice made of it, marker colours and all.

    Pixels count only `outside` of these boxes (mm): the code is drawn in two ways. `colours` says what each marker
    colour stands for, by tint.
    """
    with PDFIUM, pdfium.PdfDocument(stamped) as first, pdfium.PdfDocument(converted) as second:
        if len(first) != len(second):
            return Difference(float("inf"), 0)
        page = second[0]
        _recolour(page, colours)
        return Difference(_apart(first[0], page), _pixels(first[0], page, outside))


def _recolour(page: Any, colours: Mapping[int, str]) -> None:
    """Give everything in a marker colour its true one, in memory alone."""
    ways = (
        (raw.FPDFPageObj_GetFillColor, raw.FPDFPageObj_SetFillColor),
        (raw.FPDFPageObj_GetStrokeColor, raw.FPDFPageObj_SetStrokeColor),
    )
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH]):
        for get, put in ways:
            if get(item, red, green, blue, alpha) and not red.value:
                true = colours.get(green.value << 8 | blue.value)
                if true is not None:
                    put(item, *bytes.fromhex(true), alpha.value)


def _apart(first: Any, second: Any) -> float:
    mine, theirs = _origins(first), _origins(second)
    if [glyph[0] for glyph in mine] != [glyph[0] for glyph in theirs]:
        return float("inf")
    return max(
        (max(abs(a[1] - b[1]), abs(a[2] - b[2])) for a, b in zip(mine, theirs, strict=True)), default=0.0
    )


def _origins(page: Any) -> list[tuple[int, float, float]]:
    """Give every visible glyph with its origin, in the order of the page."""
    text = page.get_textpage()
    found = []
    x, y = ctypes.c_double(), ctypes.c_double()
    for index in range(text.count_chars()):
        point = raw.FPDFText_GetUnicode(text, index)
        if raw.FPDFText_IsGenerated(text, index) == 1 or chr(point).isspace():
            continue
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        found.append((point, x.value, y.value))
    return found


def _pixels(first: Any, second: Any, outside: Sequence[Box]) -> int:
    mine, theirs = (page.render(scale=DPI / 72).to_numpy() for page in (first, second))
    if mine.shape != theirs.shape:
        return int(mine.size)
    differ = (mine != theirs).any(axis=2)
    for left, top, right, bottom in outside:
        scale = DPI / _MM
        differ[int(top * scale) : int(bottom * scale) + 2, int(left * scale) : int(right * scale) + 2] = False
    return int(differ.sum())
