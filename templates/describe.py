"""Describes a converted paper as a layout, and proves the finished one against what should be on it."""

import re
from collections.abc import Iterator, Mapping, Sequence

import pypdfium2 as pdfium
import zxingcpp

from templates import code, pdfa
from templates.catalogue import Block, Form
from templates.errors import CodeUnreadable, PdfRefused, ValueNotPrinted
from templates.layout import Box, CodePlace, Fiducial, Layout, MarkPlace, PageLayout, Value
from templates.places import PDFIUM, Sheet, Spot
from templates.word import Mark

_SIZE_SLACK = 0.6  # mm by which LibreOffice may round a page
_PAGE_SLACK = 0.3  # mm a value's box may reach over the paper's edge
_OVERLAP = 0.35  # part of a line's height and width that may be shared before two values collide
_PIXELS_PER_MODULE = 4  # the finished code is read at about 185 dpi, as a scanner would
_QR = zxingcpp.barcode_formats_from_str("QRCode")
_SPACE = re.compile(r"\s+")


def layout(
    form: Form, data: Mapping[str, str], marks: Sequence[Mark], sheet: Sheet, drawn: code.Drawn
) -> Layout:
    """Describe where everything stands; `data` (raw) decides which blocks are required on this paper.

    Raises CodeUnreadable when a page has no code.
    """
    asked = form.facts(data)
    by_number = {mark.number: mark for mark in marks}
    pages = []
    for number, (width, height) in enumerate(sheet.pages):
        spots = [(by_number[spot.mark], spot) for spot in sheet.spots if spot.page == number]
        values = tuple(_value(form, mark, spot) for mark, spot in spots if mark.kind == "value")
        pictures = [picture for picture in sheet.pictures if picture.page == number]
        codes = tuple(
            _code_place(picture.box, drawn) for picture in pictures if picture.pixels == drawn.pixels
        )
        fiducials = tuple(
            Fiducial(picture.fiducial, picture.box) for picture in pictures if picture.fiducial is not None
        )
        places = tuple(
            _mark_place(form.block(mark.name), asked, mark, spot, (width, height))
            for mark, spot in _blocks(spots)
        )
        if not codes:
            raise CodeUnreadable(f"第 {number + 1} 页没有二维码")
        pages.append(PageLayout(width, height, values, places, codes, fiducials))
    return Layout(form.name, tuple(pages))


def cut(form: Form, marks: Sequence[Mark], sheet: Sheet) -> list[str]:
    """Name the fields whose text is not whole: cut off, off the page, missing, or over another value."""
    names = {mark.number: mark.name for mark in marks if mark.kind == "value"}
    whole = {mark.number: _bare(mark.text) for mark in marks}
    seen = {spot.mark for spot in sheet.spots}
    wrong = [name for number, name in names.items() if number not in seen]
    for spot in sheet.spots:
        if spot.mark not in names:
            continue
        if spot.clipped or _bare(spot.text) != whole[spot.mark] or _off(spot, sheet.pages[spot.page]):
            wrong.append(names[spot.mark])
    values = [spot for spot in sheet.spots if spot.mark in names]
    wrong += [names[spot.mark] for number, spot in enumerate(values) if _collides(spot, values[number + 1 :])]
    known = [field.name for field in form.fields]
    return sorted(set(wrong), key=known.index)


def prove(
    pdf: bytes,
    *,
    form: Form,
    facts: Mapping[str, str],
    furniture: Mapping[str, str],
    marks: Sequence[Mark],
    described: Layout,
    code_text: str,
) -> None:
    """Prove the finished file: structure, page sizes, every value verbatim, the code readable.

    Raises PdfRefused, ValueNotPrinted, CodeUnreadable.
    """
    printed = _bare("".join(pdfa.check(pdf)))
    _prove_sizes(form, described)
    traced = {mark.name for mark in marks if mark.kind == "value"}
    wanted = {name: text for name, text in facts.items() if text}
    missing = [name for name, text in wanted.items() if name not in traced or _bare(text) not in printed]
    used = {mark.name for mark in marks if mark.kind == "furniture"} | {"serial"}
    missing += [name for name in sorted(used) if _bare(furniture[name]) not in printed]
    if missing:
        raise ValueNotPrinted(missing)
    _prove_codes(pdf, described, code_text)


def _prove_sizes(form: Form, described: Layout) -> None:
    for page in described.pages:
        if any(
            abs(is_ - wanted) > _SIZE_SLACK
            for is_, wanted in zip((page.width, page.height), form.size_mm, strict=True)
        ):
            raise PdfRefused("纸张大小与表样规定不同")


def _prove_codes(pdf: bytes, described: Layout, code_text: str) -> None:
    """Read every code back from a raster of the finished page."""
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        for number, page in enumerate(described.pages):
            for place in page.codes:
                edges = place.keep_out
                crop = (edges[0], page.height - edges[3], page.width - edges[2], edges[1])
                points = tuple(max(0.0, edge * 72 / 25.4) for edge in crop)
                scale = _PIXELS_PER_MODULE / (code.MODULE_MM * 72 / 25.4)
                picture = document[number].render(scale=scale, crop=points, grayscale=True).to_numpy()
                found = zxingcpp.read_barcodes(picture, formats=_QR)
                if [symbol.text for symbol in found] != [code_text]:
                    raise CodeUnreadable("印好的二维码读不出来或被遮挡")


def _value(form: Form, mark: Mark, spot: Spot) -> Value:
    key = form.field(mark.name).key
    return Value(mark.name, mark.text, spot.lines, spot.font or "", round(spot.size_pt, 1), key)


def _code_place(box: Box, drawn: code.Drawn) -> CodePlace:
    quiet = code.QUIET_MODULES * (box[2] - box[0]) / (drawn.modules + 2 * code.QUIET_MODULES)
    symbol = (box[0] + quiet, box[1] + quiet, box[2] - quiet, box[3] - quiet)
    return CodePlace(symbol, box)


def _blocks(spots: Sequence[tuple[Mark, Spot]]) -> Iterator[tuple[Mark, Spot]]:
    return ((mark, spot) for mark, spot in spots if mark.kind in {"seal", "sign"})


def _mark_place(
    block: Block, asked: Mapping[str, str], mark: Mark, spot: Spot, page: tuple[float, float]
) -> MarkPlace:
    """Place a block's box beside its printed label and clip it to the page.

    A block with one box for both (签名或签名章) names its unit and its role there.
    """
    left, top, right, bottom = zip(*(line.box for line in spot.lines), strict=True)
    label = (min(left), min(top), max(right), max(bottom))
    middle = (label[1] + label[3]) / 2
    seal = mark.kind == "seal"
    start = (label[0] + label[2]) / 2 if seal else label[2]
    offset = block.seal_box if seal else block.sign_box
    assert offset is not None
    box = (
        max(0.0, start + offset[0]),
        max(0.0, middle + offset[1]),
        min(page[0], start + offset[2]),
        min(page[1], middle + offset[3]),
    )
    return MarkPlace(
        block=block.id,
        label=block.label,
        kind="seal" if seal else "signature",
        unit=block.seal if seal or block.seal_box is None else None,
        role=block.sign if not seal or block.sign_box is None else None,
        box=box,
        required=block.required_for(asked),
        machine=block.machine,
        shape=block.shape,
    )


def _off(spot: Spot, page: tuple[float, float]) -> bool:
    return any(
        line.box[0] < -_PAGE_SLACK
        or line.box[1] < -_PAGE_SLACK
        or line.box[2] > page[0] + _PAGE_SLACK
        or line.box[3] > page[1] + _PAGE_SLACK
        for line in spot.lines
    )


def _collides(spot: Spot, others: Sequence[Spot]) -> bool:
    return any(
        _overlap(mine.box, theirs.box)
        for other in others
        if other.page == spot.page
        for mine in spot.lines
        for theirs in other.lines
    )


def _overlap(one: Box, two: Box) -> bool:
    """Tell whether two lines share so much area that neither can be read."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    height = min(one[3] - one[1], two[3] - two[1])
    return high > _OVERLAP * height and wide > _OVERLAP * height


def _bare(text: str) -> str:
    return _SPACE.sub("", text)
