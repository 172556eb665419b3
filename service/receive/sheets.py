"""One scanned side as its copy shows it: upright, its light evened out, and the words that stand on it."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np

from intake.align import register
from intake.errors import UploadRefused
from intake.foreign import PageText
from intake.reading import Box, LayoutPage, PageImage, Registered
from intake.reference import rendered
from intake.upright import Upright, angle_of, corners, upright, upright_by_print
from service.office import Office
from service.office.papers import Named, Paper, name_page, open_paper
from service.receive.foreign import ForeignReader
from templates.errors import PdfRefused
from templates.sheetcopy import Corners, Sheet, Words
from templates.wordsof import words_of

QUALITY = 80
"""JPEG: print of 8 points keeps its edges at 200 dpi, a page takes some 400 KB."""
STANDING = 1.5
"""A line of several letters that is so much higher than wide runs from top to bottom."""
THUMBNAIL_WIDTH, THUMBNAIL_QUALITY = 200, 80


@dataclass(frozen=True, slots=True)
class Side:
    """A side as it goes into the copy, how it was turned, its small picture (JPEG), and where each value's lines stand; `index` counts from 0."""

    index: int
    sheet: Sheet
    upright: Upright
    thumbnail: bytes
    lines: Mapping[str, Sequence[Corners]]


@dataclass(frozen=True, slots=True)
class _Laid:
    """An upright page of ours: its words, and the lines of each value by its name."""

    picture: Upright
    words: list[Words]
    lines: dict[str, list[Corners]]


class Sides:
    """Prepares the sides of one scan; the papers it meets are fetched once."""

    def __init__(self, office: Office, result: dict[str, Any]) -> None:
        self._office = office
        self._print = kept_print(office, result)
        self._reader = ForeignReader(office, ())
        self._sheets = {sheet["index"]: sheet for sheet in result["sheets"]}
        self._values = {
            document["serial"]: {field["name"]: field["read"] or "" for field in document["fields"]}
            for document in result["documents"]
        }
        self._papers: dict[str, Paper] = {}

    def side(self, page: PageImage) -> Side:
        """Prepare one side. Raises ObjectDamaged when the archive's own paper is."""
        sheet = self._sheets.get(page.index, {})
        ours = sheet.get("serial") is not None and sheet.get("evidence") is None
        found = self._ours(page, str(sheet["serial"])) if ours else None
        laid = found or self._foreign(page, blank=bool(sheet.get("blank")))
        packed = _packed(laid.picture, laid.words, colour=page.colour)
        return Side(page.index, packed, laid.picture, _thumbnail(laid.picture), laid.lines)

    def _ours(self, page: PageImage, serial: str) -> _Laid | None:
        """A side of a paper of ours: words where they were printed, values as they were read; None when it cannot be laid."""
        with self._office.archive.read() as reading:
            named = name_page(self._office, reading, page)
            if not isinstance(named, Named) or named.document.serial != serial:
                return None
            if serial not in self._papers:
                self._papers[serial] = open_paper(self._office, reading, named.document)
        paper, number = self._papers[serial], named.token.page - 1
        try:
            layout = paper.layout["pages"][number]
            printed = rendered(paper.pdf, number, float(layout["width"]), float(layout["height"]))
            laid = register(page.pixels, layout, named.code, printed)
            if laid is None:
                return None
            texts = _texts(paper.pdf, number, layout, self._values.get(serial, {}))
        except (UploadRefused, PdfRefused, IndexError):
            return None  # the archive's own PDF: `yinzheng check` names it
        picture = upright(page, *angle_of(laid.to_scan, (layout["width"] / 2, layout["height"] / 2)))
        words = [Words(text, _placed(picture, laid, box)) for text, box in texts]
        lines = {
            value["name"]: [_placed(picture, laid, line["box"]) for line in value["lines"]]
            for value in layout["values"]
        }
        return _Laid(picture, words, lines)

    def _foreign(self, page: PageImage, *, blank: bool) -> _Laid:
        """A side that is not ours, or not to be laid over what was printed: upright by its print, which is its words."""
        if blank:
            return _Laid(upright(page), [], {})
        if page.index not in self._print:
            text = self._reader.read(page)
            self._print[page.index] = _NOTHING if text is None else _Print.of(text)
        found = self._print[page.index]
        quarters = found.turned // 90
        picture = upright_by_print(page, found.turned)
        return _Laid(picture, [_line(picture, quarters, *line) for line in found.lines], {})


@dataclass(frozen=True, slots=True)
class _Print:
    """Print read on a foreign side: degrees clockwise it must be turned, and lines with their boxes in scan pixels."""

    turned: int
    lines: tuple[tuple[str, Box], ...]

    @classmethod
    def of(cls, text: PageText) -> Self:
        """What was read just now."""
        return cls(text.turned, tuple((line.text, text.on_scan(line.box)) for line in text.lines))


_NOTHING = _Print(0, ())


def kept_print(office: Office, result: Mapping[str, Any]) -> dict[int, _Print]:
    """The print of the evidence of a scan, by side: what was read of it for its case is kept, and not read twice."""
    found: dict[int, _Print] = {}
    with office.archive.read() as reading:
        for item in result["evidence"]:
            if item["entry"] is None:
                continue
            bundle = reading.entry(item["entry"]).sha256
            for entry in reading.entries_of(item["serial"]):
                if entry.kind == "reading" and entry.evidence == item["evidence"]:
                    told = json.loads(office.archive.objects.get(entry.sha256))
                    found |= _kept(told) if told["pdf"] == bundle else {}
    return found


def _kept(told: Mapping[str, Any]) -> dict[int, _Print]:
    return {
        page["page"]: _Print(
            page["turned"], tuple((line["text"], tuple(line["box"])) for line in page["lines"])
        )
        for page in told["print"]
    }


def _line(picture: Upright, quarters: int, text: str, box: Box) -> Words:
    """A line of a foreign side where it went: its corners as the eye reads them, top to bottom where it stands upright."""
    first, second, third, fourth = picture.placed(corners(box))
    order = [(first, second, third, fourth), (fourth, first, second, third)]
    order += [(third, fourth, first, second), (second, third, fourth, first)]
    left, right, low_right, low_left = order[quarters]
    if math.dist(left, low_left) > STANDING * math.dist(left, right) and len(text) > 1:
        return Words(text, (right, low_right, low_left, left))
    return Words(text, (left, right, low_right, low_left))


def _texts(pdf: bytes, number: int, layout: LayoutPage, read: dict[str, str]) -> list[tuple[str, Any]]:
    """What stands on a page of ours, boxes in mm: print as archived, values as they were read on this paper."""
    lines = [(value["name"], line) for value in layout["values"] for line in value["lines"]]
    fixed = words_of(pdf, number, [tuple(line["box"]) for _, line in lines])
    texts: list[tuple[str, Any]] = [(line.text, line.box) for line in fixed]
    for value in layout["values"]:
        left = read.get(value["name"], "")
        for at, line in enumerate(value["lines"], 1):
            # What was read may be longer or shorter than what was printed: the last line takes the rest.
            size = len(line["text"]) if at < len(value["lines"]) else len(left)
            texts.append((left[:size], line["box"]))
            left = left[size:]
    return texts


def _placed(picture: Upright, laid: Registered, box_mm: Any) -> Corners:
    points = np.array(corners(box_mm), float)
    if laid.bend is not None:
        points += laid.bend.displacement(points)
    first, second, third, fourth = cv2.perspectiveTransform(points[np.newaxis], laid.to_scan)[0]
    return picture.placed((tuple(first), tuple(second), tuple(third), tuple(fourth)))


def _packed(picture: Upright, words: list[Words], *, colour: bool) -> Sheet:
    pixels = picture.pixels if colour else cv2.cvtColor(picture.pixels, cv2.COLOR_BGR2GRAY)
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    height, width = pixels.shape[:2]
    return Sheet(packed.tobytes(), width, height, picture.dpi, not colour, words)


def _thumbnail(picture: Upright) -> bytes:
    height, width = picture.pixels.shape[:2]
    wide = min(width, THUMBNAIL_WIDTH)
    small = cv2.resize(
        picture.pixels, (wide, max(round(height * wide / width), 1)), interpolation=cv2.INTER_AREA
    )
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])
    return packed.tobytes()
