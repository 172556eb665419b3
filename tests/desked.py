"""Papers with doubts for the tests of the desk: filed as a worker files them, from findings that are given."""

import io
from dataclasses import replace

from PIL import Image, ImageDraw, ImageFont

from intake.reading import FieldFinding, MarkFinding, PageReading, Quality
from service.office.imprints import Imprints
from service.office.judgement import SheetReading
from service.office.papers import Paper
from service.receive.checks import check
from service.receive.leafing import Sheet
from service.receive.reading import Found, _file
from templates.layout import CodePlace, Layout, Line, MarkPlace, PageLayout, Value
from tests.placed import SCHOOL, place
from tests.specimens.sheet import FONT

PX = 5
"""Pixels of a scan to the millimetre."""
PAGE_MM = (260, 185)
VALUES = {"student_name": "文勇俊", "birth_date": "二〇一一年四月十二日", "study_from": "二〇二三年九月"}
MARKS = {"school": True, "validation": True, "photo": False}
"""Block of a required seal → whether a machine can check it."""
NAMES = (*VALUES, *MARKS)


def box_mm(name):
    """Where a value or a seal stands."""
    top = 20.0 + 24 * NAMES.index(name)
    return (40.0, top, 120.0, top + (9 if name in VALUES else 20))


def layout(pages=1):
    """A diploma's layout with three compared values and three seals on each page."""
    values = tuple(
        Value(name, text, (Line(text, box_mm(name)),), "LXGW WenKai", 16.0, key=True)
        for name, text in VALUES.items()
    )
    marks = tuple(
        MarkPlace(block, "", "seal", None, None, box_mm(block), required=True, machine=machine, shape="round")
        for block, machine in MARKS.items()
    )
    code = CodePlace((225.0, 150.0, 250.0, 175.0), (221.0, 146.0, 254.0, 179.0))
    page = PageLayout(*PAGE_MM, values, marks, (code,), ())
    return Layout("diploma_junior", (page,) * pages)


def sheet(**shown):
    """A sheet with every value in its place, as it is `shown` where that differs."""
    drawn = Image.new("RGB", (PAGE_MM[0] * PX, PAGE_MM[1] * PX), "white")
    pen, face = ImageDraw.Draw(drawn), ImageFont.truetype(FONT, 8 * PX)
    for name in NAMES:
        left, top, _, bottom = (edge * PX for edge in box_mm(name))
        if name in VALUES:
            pen.text((left, top), shown.get(name, VALUES[name]), fill="black", font=face)
        else:
            pen.ellipse((left, top, left + (bottom - top), bottom), outline=(200, 30, 30), width=4)
    return drawn


def as_file(sheets, form):
    """The file of these sheets, and what it is."""
    out = io.BytesIO()
    more = {"save_all": True, "append_images": sheets[1:]} if len(sheets) > 1 else {}
    sheets[0].save(out, form, resolution=25.4 * PX, dpi=(25.4 * PX, 25.4 * PX), **more)
    return out.getvalue()


def placed(office, number, pages=1, status="pending"):
    """A diploma on file."""
    return place(office, number, status, layout(pages), as_file([sheet()], "PDF"))


def side(document, index=0, page=1, *, bad=None, turn=0, colour=True, copied_from=None, **results):
    """One side of a scan: a page of a document, with the results given by name, else all in order."""
    size = (PAGE_MM[0] * PX, PAGE_MM[1] * PX)
    places = {name: _on_scan(name, size, turn) for name in NAMES}
    fields = tuple(
        FieldFinding(name, text, text, "unreadable" if bad else results.get(name, "match"), 0.9, places[name])
        for name, text in VALUES.items()
    )
    usual = {block: "present" if machine else "not_checked" for block, machine in MARKS.items()}
    marks = tuple(
        MarkFinding(block, "seal", results.get(block, result), None, 0.9, places[block])
        for block, result in usual.items()
    )
    if copied_from:
        marks = tuple(
            replace(mark, result="unclear", why="seal_copied", same_as=copied_from)
            if mark.block == "validation"
            else mark
            for mark in marks
        )
    quality = Quality(not bad, (bad,) if bad else ())
    read = SheetReading(page, PageReading(quality, fields, marks, "fiducials", {}))
    return Sheet(index, size, document.serial, None, read, turn=turn, colour=colour)


def _on_scan(name, size, turn):
    """Where a value or seal stands in scan pixels, on a sheet that was fed upright or (turn 2) upside down."""
    left, top, right, bottom = (edge * PX for edge in box_mm(name))
    return (
        (size[0] - right, size[1] - bottom, size[0] - left, size[1] - top)
        if turn == 2
        else (left, top, right, bottom)
    )


def nobodys(index, reason="no_code", *, blank=False):
    """A side that names no paper."""
    return Sheet(index, (PAGE_MM[0] * PX, PAGE_MM[1] * PX), None, reason, None, blank=blank)


def scanned(office, sides, *, org=SCHOOL, by="uploader", form="PNG", sheets=None):
    """Register a scan and file these findings, as a worker does when it has read it; gives the scan's id."""
    kind = form.lower()
    original = office.archive.objects.put(as_file(sheets or [sheet()] * len(sides), form))
    with office.archive.begin() as transaction:
        scan = transaction.add_scan(kind=kind, original=original, org=org, by=by)
    serials = list(dict.fromkeys(one.serial for one in sides if one.serial))
    with office.archive.read() as reading:
        documents = [reading.document(serial) for serial in serials]
    papers = [Paper(document, layout(document.pages).to_json(), b"", {}, (), ()) for document in documents]
    with office.archive.begin() as transaction:
        stampings = Imprints(transaction)
        checks = [check(office, scan, (paper, sides, None), stampings) for paper in papers]
        _file(office, transaction, scan, Found(list(sides), checks, [], stampings))
    return scan.id
