"""Reads from a finished PDF which words stand where on a page, so that they can be laid over a scan of it."""

import ctypes
from collections.abc import Sequence

import pypdfium2 as pdfium
from pypdfium2 import raw

from templates.errors import PdfRefused
from templates.layout import Box, Line
from templates.places import PDFIUM

_MM = 25.4 / 72
_GAP = 0.6  # of a character's height: a wider gap is the next cell of a table
_STEP = 0.4  # of a character's height: a base line further away is another line


def words_of(pdf: bytes, page: int, without: Sequence[Box] = ()) -> tuple[Line, ...]:
    """Give the words of page `page` (from 0), boxes in mm, but for those whose characters stand in a box of `without`.

    Raises PdfRefused when pdfium cannot open it, IndexError when there is no such page.
    """
    with PDFIUM:
        try:
            document = pdfium.PdfDocument(pdf)
        except pdfium.PdfiumError as problem:
            raise PdfRefused("无法打开") from problem
        with document:
            if not 0 <= page < len(document):
                raise IndexError(page)
            sheet = document[page]
            height = sheet.get_height()
            text = sheet.get_textpage()
            glyphs = [_glyph(text, index, height) for index in range(text.count_chars())]
    return tuple(_lines([glyph for glyph in glyphs if glyph and not _inside(glyph.box, without)]))


def _glyph(text: pdfium.PdfTextPage, index: int, height: float) -> Line | None:
    """Give one UTF-16 unit as pdfium has it, with its box; None for what pdfium made up or nobody sees."""
    if raw.FPDFText_IsGenerated(text, index) == 1:
        return None
    loose = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(loose))
    box = (loose.left * _MM, (height - loose.top) * _MM, loose.right * _MM, (height - loose.bottom) * _MM)
    unit = chr(raw.FPDFText_GetUnicode(text, index))
    return None if unit.isspace() or unit < " " else Line(unit, box)


def _inside(box: Box, others: Sequence[Box]) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in others)


def _lines(glyphs: Sequence[Line]) -> list[Line]:
    """Join what stands beside each other on one line, in the order of the file."""
    found: list[list[Line]] = []
    for glyph in glyphs:
        if found and _follows(found[-1][-1].box, glyph.box):
            found[-1].append(glyph)
        else:
            found.append([glyph])
    return [_joined(line) for line in found]


def _follows(before: Box, box: Box) -> bool:
    high = max(box[3] - box[1], 1e-6)
    return abs(box[3] - before[3]) < _STEP * high and -_GAP * high < box[0] - before[2] < _GAP * high


def _joined(line: Sequence[Line]) -> Line:
    left, top, right, bottom = zip(*(glyph.box for glyph in line), strict=True)
    units = "".join(glyph.text for glyph in line).encode("utf-16-le", "surrogatepass")
    return Line(units.decode("utf-16-le", "replace"), (min(left), min(top), max(right), max(bottom)))
