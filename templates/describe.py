"""Describes a converted paper as a layout, and proves the finished one against what should be on it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pypdfium2 as pdfium
import zxingcpp

from templates import code, pdfa, pieces
from templates.errors import CodeUnreadable, PdfRefused, ValueNotPrinted
from templates.form import Block, Form
from templates.layout import (
    Box,
    CodePlace,
    Fiducial,
    Layout,
    MarkPlace,
    PageLayout,
    PhotoPlace,
    RoomPlace,
    Value,
)
from templates.order import Order
from templates.pictures import Photo
from templates.places import PDFIUM, PictureSpot, Sheet, Spot
from templates.word import Mark

_SIZE_SLACK = 0.6  # mm by which LibreOffice may round a page
_PAGE_SLACK = 0.3  # mm a value's box may reach over the paper's edge
_OVERLAP = 0.35  # part of a line's height and width that may be shared before two values collide
_PIXELS_PER_MODULE = 4  # the finished code is read at about 185 dpi, as a scanner would
_QR = zxingcpp.barcode_formats_from_str("QRCode")


def layout(
    order: Order, marks: Sequence[Mark], sheet: Sheet, drawn: code.Drawn, photos: Sequence[Photo] = ()
) -> Layout:
    """Describe where everything stands; the order's raw data decide which blocks are required on this paper.

    Raises CodeUnreadable when a page has no code, ValueNotPrinted when a photo is nowhere.
    """
    form, asked = order.form, order.form.facts(order.data)
    by_number = {mark.number: mark for mark in marks}
    keys = {field.name: field.key for field in form.fields}
    owners = _owners(photos)
    pages = []
    for number, ((width, height), spots, pictures) in enumerate(_by_page(sheet)):
        # By number: LibreOffice draws a header after the body, and a stamped paper knows nothing of that.
        traced = [
            (by_number[spot.mark], spot)
            for spot in sorted(spots, key=lambda spot: by_number[spot.mark].number)
        ]
        values = _joined(
            tuple(_value(form, keys, mark, spot) for mark, spot in traced if mark.kind == "value"), order
        )
        codes = tuple(
            _code_place(picture.box, drawn) for picture in pictures if picture.pixels == drawn.pixels
        )
        fiducials = tuple(
            Fiducial(picture.fiducial, picture.box) for picture in pictures if picture.fiducial is not None
        )
        if order.mark_places is None:
            places = tuple(
                _beside_label(form.block(mark.name), asked, mark, spot, (width, height))
                for mark, spot in traced
                if mark.kind in {"seal", "sign"}
            )
        else:
            places = tuple(
                _mark_place(form.block(at.block), asked, at.kind, at.box)
                for at in order.mark_places
                if at.page == number + 1
            )
        shown = tuple(_photo_place(owners, picture) for picture in pictures if picture.digest in owners)
        if not codes:
            raise CodeUnreadable(f"第 {number + 1} 页没有二维码")
        rooms = tuple(
            RoomPlace(pieces.whole(name), room.box) for name, room in order.rooms.items() if not number
        )
        pages.append(PageLayout(width, height, values, places, codes, fiducials, shown, rooms))
    if lost := {photo.name for photo in photos} - {photo.name for page in pages for photo in page.photos}:
        raise ValueNotPrinted(sorted(lost))
    return Layout(form.name, tuple(pages))


def cut(marks: Sequence[Mark], sheet: Sheet, lines: Mapping[str, int] | None = None) -> list[str]:
    """Name the fields whose text is not whole: cut off, off the page, missing, or over another value.

    Nor is one that takes more `lines` than a pre-printed blank has for it.
    """
    most = lines or {}
    names = {mark.number: mark.name for mark in marks if mark.kind == "value"}
    whole = {mark.number: _bare(mark.text) for mark in marks}
    wrong = set(names) - {spot.mark for spot in sheet.spots}
    for size, spots, _ in _by_page(sheet):
        values = [spot for spot in spots if spot.mark in names]
        wrong |= {
            spot.mark
            for spot in values
            if spot.clipped or _bare(spot.text) != whole[spot.mark] or _off(spot, size)
        }
        wrong |= {
            spot.mark for spot in values if len(spot.lines) > most.get(names[spot.mark], len(spot.lines))
        }
        wrong |= _colliding(values)
    return list(dict.fromkeys(names[number] for number in sorted(wrong)))


def prove(
    pdf: bytes,
    *,
    form: Form,
    facts: Mapping[str, str],
    furniture: Mapping[str, str],
    marks: Sequence[Mark],
    described: Layout,
    codes: Sequence[str],
    apart: Mapping[str, str] | None = None,
) -> None:
    """Prove the finished file: structure, page sizes, every value verbatim, each page's code readable.

    `apart` are the pieces of dates that a pre-printed blank takes apart. Raises PdfRefused, ValueNotPrinted, CodeUnreadable.
    """
    printed = _bare("".join(pdfa.check(pdf)))
    _prove_sizes(form, described)
    traced = {mark.name for mark in marks if mark.kind == "value"}
    wanted = {name: text for name, text in facts.items() if text}
    parts = {name: [text] for name, text in wanted.items()}
    for name in dict.fromkeys(map(pieces.whole, apart or {})):
        parts[name] = [text for room, text in (apart or {}).items() if pieces.whole(room) == name]
    missing = [
        name
        for name in wanted
        if name not in traced or any(_bare(part) not in printed for part in parts[name])
    ]
    used = {mark.name for mark in marks if mark.kind == "furniture"} | {"serial"}
    missing += [name for name in sorted(used) if _bare(furniture[name]) not in printed]
    if missing:
        raise ValueNotPrinted(missing)
    prove_codes(pdf, described, codes)


def prove_traced(form: Form, facts: Mapping[str, str], marks: Sequence[Mark], described: Layout) -> None:
    """Prove that every value is printed somewhere, on a page of the right size; raises ValueNotPrinted, PdfRefused."""
    _prove_sizes(form, described)
    traced = {mark.name for mark in marks if mark.kind == "value"}
    if missing := [name for name, text in facts.items() if text and name not in traced]:
        raise ValueNotPrinted(missing)


_Page = tuple[tuple[float, float], list[Spot], list[PictureSpot]]


def _by_page(sheet: Sheet) -> list[_Page]:
    """Deal out what stands on a sheet: size, texts and pictures of each page."""
    pages: list[_Page] = [(size, [], []) for size in sheet.pages]
    for spot in sheet.spots:
        pages[spot.page][1].append(spot)
    for picture in sheet.pictures:
        pages[picture.page][2].append(picture)
    return pages


def _owners(photos: Sequence[Photo]) -> dict[str | None, list[str]]:
    """Give the fields each picture belongs to, last first; two pupils may have the same photo."""
    owners: dict[str | None, list[str]] = {}
    for photo in reversed(photos):
        owners.setdefault(photo.digest, []).append(photo.name)
    return owners


def _photo_place(owners: Mapping[str | None, list[str]], picture: PictureSpot) -> PhotoPlace:
    names = owners[picture.digest]
    return PhotoPlace(names.pop() if len(names) > 1 else names[0], picture.box)


def _prove_sizes(form: Form, described: Layout) -> None:
    for page in described.pages:
        if any(
            abs(is_ - wanted) > _SIZE_SLACK
            for is_, wanted in zip((page.width, page.height), form.size_mm, strict=True)
        ):
            raise PdfRefused("纸张大小与表样规定不同")


def prove_codes(pdf: bytes, described: Layout, codes: Sequence[str]) -> None:
    """Read every code back from a raster of the finished page; raises CodeUnreadable."""
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        for number, (page, wanted) in enumerate(zip(described.pages, codes, strict=True)):
            for place in page.codes:
                edges = place.keep_out
                crop = (edges[0], page.height - edges[3], page.width - edges[2], edges[1])
                points = tuple(max(0.0, edge * 72 / 25.4) for edge in crop)
                scale = _PIXELS_PER_MODULE / (code.MODULE_MM * 72 / 25.4)
                picture = document[number].render(scale=scale, crop=points, grayscale=True).to_numpy()
                found = zxingcpp.read_barcodes(picture, formats=_QR)
                if [symbol.text for symbol in found] != [wanted]:
                    raise CodeUnreadable("印好的二维码读不出来或被遮挡")


def _value(form: Form, keys: dict[str, bool], mark: Mark, spot: Spot) -> Value:
    plain = mark.name.partition(".")[0] == mark.name
    key = keys[mark.name] if plain else form.field(mark.name).key
    return Value(mark.name, mark.text, spot.lines, spot.font or "", round(spot.size_pt, 1), key)


def _joined(values: tuple[Value, ...], order: Order) -> tuple[Value, ...]:
    """Put the pieces of a date together again: one value whose lines stand in several gaps."""
    apart = {pieces.whole(room) for room in order.rooms if pieces.whole(room) != room}
    joined: dict[str, Value] = {}
    for value in values:
        before = joined.get(value.name)
        if value.name in apart and before is not None:
            joined[value.name] = replace(
                before, text=before.text + value.text, lines=(*before.lines, *value.lines)
            )
        elif value.name in apart:
            joined[value.name] = value
    return (*(value for value in values if value.name not in apart), *joined.values())


def _code_place(box: Box, drawn: code.Drawn) -> CodePlace:
    quiet = code.QUIET_MODULES * (box[2] - box[0]) / (drawn.modules + 2 * code.QUIET_MODULES)
    symbol = (box[0] + quiet, box[1] + quiet, box[2] - quiet, box[3] - quiet)
    return CodePlace(symbol, box)


def _beside_label(
    block: Block, asked: Mapping[str, str], mark: Mark, spot: Spot, page: tuple[float, float]
) -> MarkPlace:
    """Place a block's box beside its printed label and clip it to the page."""
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
    return _mark_place(block, asked, mark.kind, box)


def _mark_place(block: Block, asked: Mapping[str, str], kind: str, box: Box) -> MarkPlace:
    """Describe a place; a block with one box for both (签名或签名章) names its unit and its role there."""
    seal = kind == "seal"
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


def _colliding(spots: Sequence[Spot]) -> set[int]:
    """Find texts printed over one another, going down one page: only lines not yet passed are looked at."""
    lines = sorted(
        ((line.box, spot.mark) for spot in spots for line in spot.lines), key=lambda line: line[0][1]
    )
    found: set[int] = set()
    near: list[tuple[Box, int]] = []
    for box, mark in lines:
        near = [(other, owner) for other, owner in near if other[3] > box[1]]
        found |= {mark for other, owner in near if owner != mark and _overlap(box, other)}
        near.append((box, mark))
    return found


def _overlap(one: Box, two: Box) -> bool:
    """Tell whether two lines share so much area that neither can be read."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    height = min(one[3] - one[1], two[3] - two[1])
    return high > _OVERLAP * height and wide > _OVERLAP * height


def _bare(text: str) -> str:
    return "".join(text.split())
