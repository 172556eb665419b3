"""Looks at how a template's page is built: rows that may grow, a wide cell for the code, corners, paper size."""

from collections.abc import Iterator
from io import BytesIO
from math import isclose

from lxml import etree
from PIL import Image, UnidentifiedImageError

from templates import fiducial
from templates.form import Form
from templates.lint.finding import Finding, found
from templates.lint.marks import Mark, marks
from templates.lint.parts import A, Part, Parts, R, W, text_of, up

CODE_CELL_MM = 38.0
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_TWIP_MM, _EMU_MM = 25.4 / 1440, 1 / 36000
_SLACK_MM = 0.3
_SIZE_SLACK_MM = 0.6  # the printer allows the same
_TRACKED = (
    "ins",
    "del",
    "moveFrom",
    "moveTo",
    "rPrChange",
    "pPrChange",
    "tblPrChange",
    "trPrChange",
    "tcPrChange",
)


def check(form: Form, parts: Parts) -> Iterator[Finding]:
    """Give everything that is wrong with rows, boxes, the code's cell, corner marks and the paper."""
    for part in parts.printed:
        yield from _rows(part)
        yield from _boxes(part)
    for mark in marks(parts):
        if mark.kind == "shown" and mark.inner.strip() == "code":
            yield from _code(mark)
    yield from _paper(form, parts.body)
    yield from _corners(form, parts)


def _rows(part: Part) -> Iterator[Finding]:
    for height in part.root.iter(f"{W}trHeight"):
        if height.get(f"{W}hRule") == "exact":
            cell = next(up(height, "tr").iter(f"{W}p"), height)  # type: ignore[union-attr]
            yield found("exact_row", part.where(cell))


def _boxes(part: Part) -> Iterator[Finding]:
    """Find what LibreOffice places or fills by other rules than Word: controls, text boxes, open revisions."""
    for control in part.root.iter(f"{W}sdt"):
        yield found("content_control", part.where(next(control.iter(f"{W}p"), control)))
    for box in part.root.iter(f"{W}txbxContent", f"{_VML}textbox"):
        if box.tag == f"{W}txbxContent" or next(box.iter(f"{W}txbxContent"), None) is None:
            yield found("text_box", part.where(next(box.iter(f"{W}p"), box)))
    for frame in part.root.iter(f"{W}framePr"):
        if frame.get(f"{W}dropCap") is None:
            yield found("text_box", part.where(frame))
    for art in part.root.iter(f"{_VML}textpath"):
        yield found("watermark", part.where(art))
    for name in _TRACKED:
        first = next(part.root.iter(f"{W}{name}"), None)
        if first is not None:
            yield found("tracked", part.where(first))
            return


def _code(mark: Mark) -> Iterator[Finding]:
    """Judge the cell and the paragraph the code stands in."""
    where = mark.where
    if text_of(mark.paragraph).strip() != mark.written:
        yield found("code_not_alone", where)
    spacing = mark.paragraph.find(f"{W}pPr/{W}spacing")
    if spacing is not None and spacing.get(f"{W}lineRule") == "exact":
        yield found("code_line", where)
    width = _cell_mm(mark.paragraph)
    if width is not None and width < CODE_CELL_MM - _SLACK_MM:
        yield found("code_cell", where, round(width, 1))


def _cell_mm(paragraph: etree._Element) -> float | None:
    """Give the width of the cell around a paragraph from its table's grid; None outside tables."""
    cell = up(paragraph, "tc")
    table = None if cell is None else up(cell, "tbl")
    if cell is None or table is None:
        return None
    grid = [float(column.get(f"{W}w", 0)) for column in table.findall(f"{W}tblGrid/{W}gridCol")]
    place = 0
    for other in cell.getparent().findall(f"{W}tc"):
        span = other.find(f"{W}tcPr/{W}gridSpan")
        columns = 1 if span is None else int(span.get(f"{W}val", 1))
        if other is cell:
            return sum(grid[place : place + columns]) * _TWIP_MM
        place += columns
    return None


def _paper(form: Form, body: Part) -> Iterator[Finding]:
    width, height = form.size_mm
    for section in body.root.iter(f"{W}sectPr"):
        size = section.find(f"{W}pgSz")
        said = (
            (0.0, 0.0)
            if size is None
            else tuple(float(size.get(f"{W}{side}", 0)) * _TWIP_MM for side in "wh")
        )
        if not all(
            isclose(one, two, abs_tol=_SIZE_SLACK_MM) for one, two in zip(said, form.size_mm, strict=True)
        ):
            yield found(
                "paper_size", body.zh, f"{said[0]:.0f}×{said[1]:.0f} mm", need=f"{width:.0f}×{height:.0f} mm"
            )


def _corners(form: Form, parts: Parts) -> Iterator[Finding]:
    """Hold the corner marks of every header against their places; a certificate has none."""
    headers = [part for part in parts.printed if part.zh == "页眉" and part.name.rpartition("/")[2]]
    used = set(_used_headers(parts.body))
    headers = [part for part in headers if part.name in used]
    if form.kind == "certificate":
        for part in parts.printed:
            if _marks_in(part, parts):
                yield found("corner_on_certificate", part.zh)
        return
    near, side = fiducial.MARGIN_MM, fiducial.SIZE_MM
    right, bottom = (edge - near - side for edge in form.size_mm)
    wanted = ((near, near), (right, near), (right, bottom), (near, bottom))
    seen = [_marks_in(part, parts) for part in headers] or [{}]
    for number, place in enumerate(wanted):
        if any(_astray(marks_there.get(number), place) for marks_there in seen):
            yield found("corner", "页眉", number + 1)


def _used_headers(body: Part) -> Iterator[str]:
    for reference in body.root.iter(f"{W}headerReference"):
        section = reference.getparent()
        first = reference.get(f"{W}type") == "first"
        if first and section.find(f"{W}titlePg") is None:
            continue
        if reference.get(f"{W}type") != "even":  # Word has them on file without using them
            yield body.targets.get(reference.get(f"{R}id", ""), "")


def _marks_in(part: Part, parts: Parts) -> dict[int, tuple[float, float, float]]:
    """Give the corner marks anchored in a part: left, top and side in mm by their number."""
    there: dict[int, tuple[float, float, float]] = {}
    for anchor in part.root.iter(f"{_WP}anchor", f"{_WP}inline"):
        blip = next(anchor.iter(f"{A}blip"), None)
        data = None if blip is None else parts.pictures.get(part.targets.get(blip.get(f"{R}embed", ""), ""))
        number = _recognised(data) if data else None
        if number is None:
            continue
        x, y = (_offset(anchor, direction) for direction in "HV")
        extent = anchor.find(f"{_WP}extent")
        there[number] = (x, y, 0.0 if extent is None else int(extent.get("cx", 0)) * _EMU_MM)
    return there


def _offset(anchor: etree._Element, direction: str) -> float:
    """Give how far a picture stands from the page's edge in mm; -1 when it is not tied to the page."""
    position = anchor.find(f"{_WP}position{direction}")
    offset = None if position is None else position.find(f"{_WP}posOffset")
    if position is None or offset is None or position.get("relativeFrom") != "page":
        return -1.0
    return int(offset.text or 0) * _EMU_MM


def _recognised(data: bytes) -> int | None:
    try:
        with Image.open(BytesIO(data)) as picture:
            return fiducial.recognise(picture)
    except (UnidentifiedImageError, OSError, ValueError):
        return None


def _astray(there: tuple[float, float, float] | None, place: tuple[float, float]) -> bool:
    if there is None:
        return True
    wanted = (*place, fiducial.SIZE_MM)
    return not all(isclose(one, two, abs_tol=_SLACK_MM) for one, two in zip(there, wanted, strict=True))
