"""Makes one PDF for the printer out of many archived papers, read one at a time; it is not an archive copy.

Papers keep their size; only tags, XMP, output intent and outlines are left out, which a printer does not need.
Several to a sheet they are in stack order: the whole print is cut through as one pile, and the pile of the first
place, then that of the second, and so on, are in the order of the list. The pile may be cut in as many portions as
the knife needs, since places never change their pile. Both sides are meant for turning over the long edge.
"""

import zlib
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, BinaryIO

from pypdf import PageObject
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject

from templates.errors import PdfRefused
from templates.pagecodes import streams
from templates.printfile_objects import Copier, Objects, raw, stream
from templates.printfile_reader import Reader
from templates.printfile_sheet import PER_SHEET, SLACK, Sheet, Size, Spot, sheet_for

_BOXES = ("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox", "/Rotate", "/UserUnit")
_SHOWN = ("/Resources", "/Contents", "/Group")
_DRAWN = ("/Resources", "/Group")
_CODED = ("/Filter", "/DecodeParms")
_ZLIB, _LAST = b"\x78\x9c", b"\x03\x00"  # a zlib stream's beginning, and an empty last block to end it
_HEAVY = 16_384  # bytes: no part of one person's text is as long
_NONE = 0  # no object has this number: nothing stands here
_UNREADABLE = (
    PyPdfError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    RecursionError,
    AssertionError,
)
Box = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]


def write(papers: Iterable[bytes], out: BinaryIO, *, per_sheet: int = 1, duplex: bool = False) -> int:
    """Write the print file of these papers, in their order, to `out`; gives the sheets of paper it takes.

    `out` is only written to, from where it stands, which becomes byte 0 of the PDF; after an error it holds a part.
    `per_sheet` (1, 2, 4): pages as they are, or several of one size on an A4, A3 or, where these are too small, on a
    sheet of just their size, never scaled; a paper of another size starts a new pile. With `duplex` each paper
    starts on a front, its next page stands behind it, and the last back may be empty. The same papers give the same
    bytes. Raises PdfRefused, saying the how-manieth, when a paper cannot be read, and when there is none.
    """
    if per_sheet not in PER_SHEET:
        raise ValueError(f"per_sheet is one of {PER_SHEET}")
    objects = Objects(out)
    press = _Press(objects, duplex=duplex) if per_sheet == 1 else _Imposer(objects, per_sheet, duplex=duplex)
    count = 0
    for count, paper in enumerate(papers, 1):
        try:
            press.add(paper)
        except _UNREADABLE as problem:
            raise PdfRefused(f"印刷文件的第 {count} 份读不出或不能原样印出") from problem
    if not count:
        raise PdfRefused("印刷文件里一份文书也没有")
    sheets = press.finish()
    objects.close(duplex=duplex)
    return sheets


class _Press:
    """Puts each page on a sheet of its own, as it is."""

    def __init__(self, objects: Objects, *, duplex: bool) -> None:
        self._objects = objects
        self._duplex = duplex
        self._sheets = 0

    def add(self, paper: bytes) -> None:
        """Write one paper's pages; with `duplex` an empty back of the same size where they are odd."""
        reader, pages = _opened(paper)
        copier = Copier(reader, self._objects)
        for page in pages:
            self._objects.page(copier.entries(page, (*_BOXES, *_SHOWN)))
        sides = len(pages)
        if self._duplex and sides % 2:
            self._objects.page(copier.entries(pages[-1], _BOXES) + b"/Resources<<>>")
        self._sheets += (sides + 1) // 2 if self._duplex else sides

    def finish(self) -> int:
        """Give the sheets of paper."""
        return self._sheets


class _Imposer:
    """Puts pages of one size together on sheets; a pile's drawings are written at once, its sheets at its end."""

    def __init__(self, objects: Objects, per_sheet: int, *, duplex: bool) -> None:
        self._objects = objects
        self._per_sheet = per_sheet
        self._duplex = duplex
        self._sheets = 0
        self._size: Size = (0.0, 0.0)
        self._fronts = array(
            "Q"
        )  # the drawing's object number of each leaf: eight bytes are all a leaf leaves here
        self._backs = array("Q")

    def add(self, paper: bytes) -> None:
        """Write one paper's pages as drawings and keep their places in the pile."""
        reader, pages = _opened(paper)
        copier = Copier(reader, self._objects)
        drawings = [self._drawing(copier, page) for page in pages]
        at = 0
        while at < len(drawings):
            front, back = drawings[at], _NONE
            if self._duplex and at + 1 < len(drawings) and _same(front[1], drawings[at + 1][1]):
                back = drawings[at + 1][0]
            if not _same(front[1], self._size):
                self._end_pile()
                self._size = front[1]
            self._fronts.append(front[0])
            self._backs.append(back)
            at += 2 if back else 1

    def finish(self) -> int:
        """Write what is left and give the sheets of paper."""
        self._end_pile()
        return self._sheets

    def _drawing(self, copier: Copier, page: PageObject) -> tuple[int, Size]:
        """Write what a page shows as a drawing with its lower left corner at zero; gives its number and size."""
        box, unit = _visible(page), float(page.get("/UserUnit", 1))
        matrix = _upright(box, page.rotation, unit)
        width, height = (box[2] - box[0]) * unit, (box[3] - box[1]) * unit
        entries = b"/Type/XObject/Subtype/Form/BBox[%b]/Matrix[%b]" % (_numbers(box), _numbers(matrix))
        entries += copier.entries(page, _DRAWN)
        parts = list(streams(page)) if "/Contents" in page else []
        if len(parts) == 1:
            body = stream(entries + copier.entries(parts[0], _CODED), raw(parts[0]))
        else:
            body = stream(
                entries + b"/Filter/FlateDecode", _joined([part.get_data() + b"\n" for part in parts])
            )
        return self._objects.share(body), (height, width) if page.rotation % 180 else (width, height)

    def _end_pile(self) -> None:
        """Write the sheets of the papers that came since the size changed."""
        if not self._fronts:
            return
        sheet = sheet_for(self._size, self._per_sheet)
        sheets = -(-len(self._fronts) // self._per_sheet)
        behind = [sheet.behind(spot) for spot in sheet.spots]
        for at in range(sheets):
            self._side(sheet, sheet.spots, self._fronts[at::sheets], sheet.marks(), turned=False)
            if self._duplex:
                self._side(sheet, behind, self._backs[at::sheets], b"", turned=sheet.turned)
        self._sheets += sheets
        del self._fronts[:], self._backs[:]

    def _side(
        self, sheet: Sheet, spots: Sequence[Spot], drawings: Sequence[int], marks: bytes, *, turned: bool
    ) -> None:
        """Write one side of a sheet: the drawings of the first places; an empty place has none."""
        content, used = marks, b""
        for place, drawing in enumerate(drawings):
            if drawing != _NONE:
                content += b"q %b cm /P%d Do Q\n" % (
                    _numbers(_placed(spots[place], sheet.place, turned)),
                    place,
                )
                used += b"/P%d %d 0 R" % (place, drawing)
        drawn = self._objects.share(stream(b"", content))
        box = _numbers((0, 0, *sheet.size))
        self._objects.page(b"/MediaBox[%b]/Resources<</XObject<<%b>>>>/Contents %d 0 R" % (box, used, drawn))


def _opened(paper: bytes) -> tuple[Reader, Sequence[PageObject]]:
    """Open one paper; what would not be printed as it is shown is refused, not left out."""
    reader = Reader(paper)
    if reader.is_encrypted:
        raise ValueError("encrypted")
    pages = list(reader.pages)
    if not pages:
        raise ValueError("no pages")
    if any(page.annotations or "/MediaBox" not in page for page in pages):
        raise ValueError("annotations, or no size")
    return reader, pages


def _joined(parts: Sequence[bytes]) -> bytes:
    """Compress a page's content in parts into one zlib stream (RFC 1950): each part ends on a whole byte."""
    packed = (_packed_once(part) if len(part) >= _HEAVY else _packed(part) for part in parts)
    return _ZLIB + b"".join(packed) + _LAST + zlib.adler32(b"".join(parts)).to_bytes(4, "big")


def _packed(part: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH)


@lru_cache(maxsize=4)
def _packed_once(part: bytes) -> bytes:
    """Compress what many papers share, an ornament, once: it takes longer than all the rest of a paper."""
    return _packed(part)


def _visible(page: DictionaryObject) -> Box:
    """Give the part of a page that is shown: its crop box as far as it lies in the media box."""
    media = _box(page["/MediaBox"])
    crop = _box(page["/CropBox"]) if "/CropBox" in page else media
    left, bottom = max(media[0], crop[0]), max(media[1], crop[1])
    right, top = min(media[2], crop[2]), min(media[3], crop[3])
    if left >= right or bottom >= top:
        raise ValueError("nothing is shown")
    return left, bottom, right, top


def _box(item: Any) -> Box:
    x, y, other_x, other_y = (float(part.get_object()) for part in item.get_object())
    return min(x, other_x), min(y, other_y), max(x, other_x), max(y, other_y)


def _upright(box: Box, rotation: int, unit: float) -> Matrix:
    """Turn a page as its /Rotate says (clockwise) and move its lower left corner to zero."""
    left, bottom, right, top = (edge * unit for edge in box)
    return {
        0: (unit, 0.0, 0.0, unit, -left, -bottom),
        90: (0.0, -unit, unit, 0.0, -bottom, right),
        180: (-unit, 0.0, 0.0, -unit, right, top),
        270: (0.0, unit, -unit, 0.0, top, -left),
    }[rotation % 360]


def _placed(spot: Spot, size: Size, turned: bool) -> Matrix:
    """Move a drawing to its place, upside down when `turned`."""
    (x, y), (width, height) = spot, size
    return (-1.0, 0.0, 0.0, -1.0, x + width, y + height) if turned else (1.0, 0.0, 0.0, 1.0, x, y)


def _same(size: Size, other: Size) -> bool:
    return abs(size[0] - other[0]) <= SLACK and abs(size[1] - other[1]) <= SLACK


def _numbers(values: Iterable[float]) -> bytes:
    return b" ".join(_number(value) for value in values)


def _number(value: float) -> bytes:
    """Write a number to a ten-thousandth of a point, without a needless point or zeros."""
    return (f"{value:.4f}".rstrip("0").rstrip(".") or "0").encode()
