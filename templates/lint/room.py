"""Looks on a printed paper whether every seal, signature and code has the room it needs."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import pypdfium2 as pdfium

from templates.conversion import SMALLEST_PT
from templates.form import Form
from templates.layout import Box, PageLayout
from templates.lint.finding import Finding, found
from templates.order import Printed
from templates.places import PDFIUM

ROUND_MM, SQUARE_MM = 44.0, 20.0  # room for a seal of 42 mm and a stamp of 18 mm
SIGN_MM = (24.0, 12.0)
_STEP = 1.0  # how finely a free place is looked for
_SHARED_MM = 2.0  # two places may overlap by less than a hand's inaccuracy
_MM = 25.4 / 72
_HAIR = 0.3


def crowded(form: Form, paper: Printed) -> Iterator[Finding]:
    """Give every place of a printed example that is too small, overlaps another or covers the code."""
    for number, page in enumerate(paper.layout.pages, 1):
        where = f"试印第{number}页"
        yield from _seals(form, page, where)
        yield from _signs(page, where)
        yield from _meeting(page, where)
        yield from _over_code(paper.pdf, number, page, where)
        yield from _outside(form, page, where)
        yield from _read_back(form, page, where)


def _seals(form: Form, page: PageLayout, where: str) -> Iterator[Finding]:
    for mark in page.marks:
        if mark.kind != "seal" or mark.unit == "steel":
            continue
        side = ROUND_MM if mark.shape in {"round", "half"} else SQUARE_MM
        needed = (side / 2, side) if mark.shape == "half" else (side, side)
        others = [other.box for other in page.marks if other.kind == "seal" and other is not mark]
        blocked = [code.keep_out for code in page.codes] + [_core(box) for box in others]
        if form.kind != "certificate":  # on certificates the seal is pressed on the name of the school
            blocked += [line.box for value in page.values if value.key for line in value.lines]
        if not _free(mark.box, needed, blocked):
            yield found(
                "place_small", where, f"{mark.block}（{mark.label}）的印章", need=f"{side:.0f}×{side:.0f} mm"
            )


def _signs(page: PageLayout, where: str) -> Iterator[Finding]:
    for mark in page.marks:
        if mark.kind != "signature" or mark.unit is not None:
            continue
        blocked = [code.keep_out for code in page.codes]
        blocked += [line.box for value in page.values if value.key for line in value.lines]
        if not _free(mark.box, SIGN_MM, blocked):
            need = f"{SIGN_MM[0]:.0f}×{SIGN_MM[1]:.0f} mm"
            yield found("place_small", where, f"{mark.block}（{mark.label}）的签名", need=need)


def _meeting(page: PageLayout, where: str) -> Iterator[Finding]:
    """Find two places of one kind that overlap: a mark found there would count for both blocks."""
    for one, two in combinations(page.marks, 2):
        if one.kind == two.kind and _overlap(one.box, two.box) > _SHARED_MM:
            yield found("place_meets", where, f"{one.label}与{two.label}")
    for mark in page.marks:
        for code in page.codes:
            if _overlap(mark.box, code.box) > 0:
                yield found("place_meets", where, f"{mark.label}与二维码")


def _over_code(pdf: bytes, number: int, page: PageLayout, where: str) -> Iterator[Finding]:
    """Find text in the white border of the code."""
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        text = document[number - 1].get_textpage()
        for code in page.codes:
            left, top, right, bottom = (edge / _MM for edge in code.keep_out)
            high = page.height / _MM
            inside = text.get_text_bounded(left + 1, high - bottom + 1, right - 1, high - top - 1).strip()
            if inside:
                yield found("code_covered", where, f"文字“{inside[:12]}”")
        for photo in page.photos:
            if any(_overlap(photo.box, code.keep_out) > _HAIR for code in page.codes):
                yield found("code_covered", where, "照片")


def _outside(form: Form, page: PageLayout, where: str) -> Iterator[Finding]:
    paper = (0.0, 0.0, page.width, page.height)
    for photo in page.photos:
        if not _within(photo.box, paper):
            yield found("off_page", where, f"照片（{form.label(photo.name)}）")
    for code in page.codes:
        if not _within(code.box, paper):
            yield found("off_page", where, "二维码")


def _read_back(form: Form, page: PageLayout, where: str) -> Iterator[Finding]:
    """Find a page that a scan of could not be laid straight, and values too small to be read on it."""
    if form.kind != "certificate" and {mark.id for mark in page.fiducials} != {0, 1, 2, 3}:
        yield found("corner_page", where)
    for value in page.values:
        if value.size_pt < SMALLEST_PT:
            yield found("tiny", where, f"{value.name}（{form.label(value.name)}）", size=value.size_pt)


def _free(area: Box, needed: tuple[float, float], blocked: Sequence[Box]) -> bool:
    """Tell whether a rectangle of this size fits into an area without touching what is blocked."""
    wide, high = needed
    columns = int((area[2] - area[0] - wide + _HAIR) / _STEP) + 1 if area[2] - area[0] >= wide - _HAIR else 0
    rows = int((area[3] - area[1] - high + _HAIR) / _STEP) + 1 if area[3] - area[1] >= high - _HAIR else 0
    near = [box for box in blocked if _overlap(box, area) > 0]
    for row in range(rows):
        for column in range(columns):
            left, top = area[0] + column * _STEP, area[1] + row * _STEP
            place = (left, top, left + wide, top + high)
            if all(_overlap(box, place) <= _HAIR for box in near):
                return True
    return False


def _core(box: Box) -> Box:
    """Give the middle of another seal's place: its search area is larger than the seal."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    half = min(ROUND_MM / 2, (box[2] - box[0]) / 2, (box[3] - box[1]) / 2)
    return (x - half, y - half, x + half, y + half)


def _overlap(one: Box, two: Box) -> float:
    """Give by how many millimetres two boxes reach into each other, in the direction where it is less."""
    return min(min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1]))


def _within(box: Box, paper: Box) -> bool:
    return (
        box[0] >= paper[0] - _HAIR
        and box[1] >= paper[1] - _HAIR
        and box[2] <= paper[2] + _HAIR
        and box[3] <= paper[3] + _HAIR
    )
