"""Reads from LibreOffice's PDF where each traced text and each picture stands, by colour and by pdfium."""

import ctypes
import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pypdfium2 as pdfium
from pypdfium2 import raw

from templates import fiducial, words
from templates.errors import PdfRefused
from templates.fonts import family_of
from templates.layout import Box, Line

PDFIUM = threading.RLock()  # pdfium is not made for several threads at once
_MM = 25.4 / 72
_CLIP_SLACK = 0.5  # points a glyph may reach over its cell without losing ink
_LINE_STEP = 0.5  # a base line further away than this part of the size starts a new line
_HYPHENS = {0x02: "-", 0xFFFE: "-"}  # what pdfium makes of a hyphen at the end of a line


@dataclass(frozen=True, slots=True)
class Spot:
    """One traced text on one page; `clipped` when part of it is hidden, `font` None when substituted.

    `tight` when other glyphs of the same font and size might be hidden in its place.
    """

    mark: int
    page: int
    lines: tuple[Line, ...]
    font: str | None
    size_pt: float
    clipped: bool
    tight: bool = False

    @property
    def text(self) -> str:
        """What is really on the paper, lines joined."""
        return "".join(line.text for line in self.lines)


@dataclass(frozen=True, slots=True)
class PictureSpot:
    """One picture: its box in mm, its pixels, which corner mark it is, and the SHA-256 of its JPEG, if any."""

    page: int
    box: Box
    pixels: tuple[int, int]
    fiducial: int | None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands where: page sizes in mm, traced texts, pictures; and how often each letter stands anywhere."""

    pages: tuple[tuple[float, float], ...]
    spots: tuple[Spot, ...]
    pictures: tuple[PictureSpot, ...]
    letters: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Glyph:
    char: str
    index: int
    box: tuple[float, float, float, float]  # left, bottom, right, top in points
    base: float
    size: float


def read(pdf: bytes, tints: Mapping[int, Sequence[int]]) -> Sheet:
    """Find traced texts and all pictures; raises PdfRefused when pdfium cannot open it.

    `tints` gives the marks of each marker colour; several marks of one colour stand on one page each, in
    their order.
    """
    with PDFIUM:
        try:
            document = pdfium.PdfDocument(pdf)
        except pdfium.PdfiumError as problem:
            raise PdfRefused("无法打开") from problem
        with document:
            sizes: list[tuple[float, float]] = []
            spots: list[Spot] = []
            pictures: list[PictureSpot] = []
            letters: Counter[str] = Counter()
            for number in range(len(document)):
                page = document[number]
                width, height = page.get_size()
                sizes.append((width * _MM, height * _MM))
                text = page.get_textpage()
                spots += _texts(text, number, height, tints)
                letters += words.drawn(text)
                pictures += _pictures(page, number, height)
            return Sheet(tuple(sizes), tuple(_told_apart(spots, tints)), tuple(pictures), letters)


def drawn_with(pdf: bytes, chars: str) -> set[tuple[str, str | None]]:
    """Give each of these characters with every pinned family it is drawn in; None stands for any other font."""
    found: set[tuple[str, str | None]] = set()
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            unit = 0
            for index in range(text.count_chars()):
                before, unit = unit, raw.FPDFText_GetUnicode(text, index)
                char = _char(before, unit)
                if char in chars:
                    found.add((char, _font(text, index)))
    return found


def _char(before: int, unit: int) -> str:
    """Give the character that a UTF-16 unit ends; pdfium gives 𬱖 as two halves."""
    if 0xDC00 <= unit < 0xE000 and 0xD800 <= before < 0xDC00:
        return chr(0x10000 + (before - 0xD800 << 10) + unit - 0xDC00)
    return chr(unit)


def _told_apart(spots: Iterable[Spot], tints: Mapping[int, Sequence[int]]) -> Iterator[Spot]:
    """Name each text's mark, not its colour; a text too many is given to the colour's last mark."""
    left = {tint: list(reversed(marks)) for tint, marks in tints.items()}
    for spot in spots:
        marks = left[spot.mark]
        yield replace(spot, mark=marks.pop() if len(marks) > 1 else marks[0])


def _texts(
    text: pdfium.PdfTextPage, number: int, height: float, tints: Mapping[int, Sequence[int]]
) -> Iterator[Spot]:
    """Find the texts of each marker colour; `mark` of a spot is the colour until it is told apart."""
    found: dict[int, list[_Glyph]] = {}
    for index in range(text.count_chars()):
        mark = _marker(text, index)
        if mark in tints:
            found.setdefault(mark, []).append(_glyph(text, index))
    for mark, glyphs in found.items():
        lines = tuple(_line(group, height) for group in _grouped(glyphs))
        first = glyphs[0]
        yield Spot(mark, number, lines, _font(text, first.index), first.size, *_hidden(text, glyphs))


def _marker(text: pdfium.PdfTextPage, index: int) -> int:
    """Give the mark number in a glyph's colour, or 0."""
    if raw.FPDFText_IsGenerated(text, index) == 1:
        return 0
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    raw.FPDFText_GetFillColor(text, index, red, green, blue, alpha)
    return 0 if red.value else green.value << 8 | blue.value


def _glyph(text: pdfium.PdfTextPage, index: int) -> _Glyph:
    point = raw.FPDFText_GetUnicode(text, index)
    loose = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text, index, loose)
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text, index, x, y)
    box = (loose.left, loose.bottom, loose.right, loose.top)
    size = raw.FPDFText_GetFontSize(text, index)
    return _Glyph(_HYPHENS.get(point) or chr(point), index, box, y.value, size)


def _grouped(glyphs: list[_Glyph]) -> Iterator[list[_Glyph]]:
    line: list[_Glyph] = []
    for glyph in glyphs:
        if line and abs(glyph.base - line[-1].base) > _LINE_STEP * glyph.size:
            yield line
            line = []
        line.append(glyph)
    yield line


def _line(glyphs: list[_Glyph], height: float) -> Line:
    left, bottom, right, top = zip(*(glyph.box for glyph in glyphs), strict=True)
    box = (min(left) * _MM, (height - max(top)) * _MM, max(right) * _MM, (height - min(bottom)) * _MM)
    units = "".join(glyph.char for glyph in glyphs).encode("utf-16-le", "surrogatepass")
    return Line(units.decode("utf-16-le", "replace"), box)  # pdfium gives 𬱖 as two halves


def _font(text: pdfium.PdfTextPage, index: int) -> str | None:
    buffer = ctypes.create_string_buffer(256)
    raw.FPDFText_GetFontInfo(text, index, buffer, len(buffer), ctypes.c_int())
    return family_of(buffer.value.decode(errors="replace"))


def _hidden(text: pdfium.PdfTextPage, glyphs: list[_Glyph]) -> tuple[bool, bool]:
    """Tell whether any ink of these glyphs lies outside the clip path they are painted in, and whether other ink might."""
    tight = False
    clips: dict[int, tuple[float, float, float, float] | None] = {}
    for glyph in glyphs:
        painted = raw.FPDFText_GetTextObject(text, glyph.index)
        key = ctypes.addressof(painted.contents) if painted else 0
        if key not in clips:
            clips[key] = _clip(painted) if painted else None
        clip = clips[key]
        if clip is None or glyph.char.isspace():
            continue
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        raw.FPDFText_GetCharBox(text, glyph.index, left, right, bottom, top)
        if _outside((left.value, bottom.value, right.value, top.value), clip):
            return True, True
        tight = tight or _outside(glyph.box, clip)
    return False, tight


def _outside(box: tuple[float, float, float, float], clip: tuple[float, float, float, float]) -> bool:
    return (
        box[0] < clip[0] - _CLIP_SLACK
        or box[1] < clip[1] - _CLIP_SLACK
        or box[2] > clip[2] + _CLIP_SLACK
        or box[3] > clip[3] + _CLIP_SLACK
    )


def _clip(painted: raw.FPDF_PAGEOBJECT) -> tuple[float, float, float, float] | None:
    """Give the rectangle (left, bottom, right, top) that all clip paths of an object leave visible."""
    path = raw.FPDFPageObj_GetClipPath(painted)
    visible: tuple[float, float, float, float] | None = None
    for number in range(max(0, raw.FPDFClipPath_CountPaths(path))):
        xs: list[float] = []
        ys: list[float] = []
        for part in range(max(0, raw.FPDFClipPath_CountPathSegments(path, number))):
            x, y = ctypes.c_float(), ctypes.c_float()
            raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(path, number, part), x, y)
            xs.append(x.value)
            ys.append(y.value)
        if not xs:
            continue
        box = (min(xs), min(ys), max(xs), max(ys))
        visible = box if visible is None else _shared(visible, box)
    return visible


def _shared(
    one: tuple[float, float, float, float], two: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    return (max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3]))


def _pictures(page: pdfium.PdfPage, number: int, height: float) -> Iterator[PictureSpot]:
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
        left, bottom, right, top = item.get_bounds()
        box = (left * _MM, (height - top) * _MM, right * _MM, (height - bottom) * _MM)
        pixels = item.get_px_size()
        small = pixels[0] == pixels[1] == fiducial.PIXELS
        mark = fiducial.recognise(item.get_bitmap().to_pil()) if small else None
        jpeg = hashlib.sha256(item.get_data()).hexdigest() if item.get_filters() == ["DCTDecode"] else None
        yield PictureSpot(number, box, pixels, mark, jpeg)
