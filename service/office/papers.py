"""One scanned page held against its archive entry: whose paper it says it is, and what stands on it."""

import functools
import json
from dataclasses import dataclass, replace
from typing import Any

from intake.codes import find
from intake.errors import BadLayout, UploadRefused
from intake.layouts import check_layout
from intake.marks import halves
from intake.read import read_page
from intake.reading import Code, MarkFinding, PageImage, PageReading
from service.office.desk import Office
from service.office.lookups import named_unit, units_above
from service.regulation.units import expected_units, foreign_blocks
from service.signing import SLIP, BadCode, Token
from storage.archive import Reading
from storage.errors import NotFound, ObjectDamaged
from storage.records import Document
from templates.evidence import BY_CODE, Evidence
from templates.fonts import KAI

REASONS = ("no_code", "foreign_code", "unknown_key", "bad_signature")
"""What may be wrong with the codes of a page, worst news first when there are several."""
TOO_COARSE = "rescan:low_resolution"
LEAST_SIDE = 655
"""Pixels of our smallest paper's shorter side (185 mm) at 90 dpi: with fewer even a code that is there is not
found, and a finer picture is what helps."""


@dataclass(frozen=True, slots=True)
class Named:
    """The code on a page that is ours: its token, where it stands, and the document it names."""

    token: Token
    code: Code
    document: Document


@dataclass(frozen=True, slots=True)
class Slip:
    """A cover sheet of ours: what is scanned behind it is evidence of this kind for this document."""

    document: Document
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A page that names no document of ours, and why; a `blank` one shows nothing but paper."""

    reason: str
    blank: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """What a page of a document must show: its archived layout and PDF, and the units of its seals."""

    document: Document
    layout: dict[str, Any]
    pdf: bytes
    units: dict[str, str]
    foreign: tuple[str, ...]
    registry: tuple[str, ...]


def name_page(office: Office, reading: Reading, page: PageImage) -> Named | Slip | Unnamed:
    """Find the code of ours on a page and its document, or the document whose evidence slip it is.

    Reasons: no_code, rescan:low_resolution (none found, and too few pixels to tell), foreign_code, unknown_key, bad_signature, unknown_serial (signed by us, not on file),
    unknown_evidence (a slip of a kind we do not have), several_documents (codes of two papers on one page).
    """
    named: dict[tuple[str, bool], Named | Slip] = {}
    reason = "no_code"
    for code in find(page):
        try:
            token = office.keys.public.check(code.text)
            document = reading.document(token.serial)
            if token.kind == SLIP and token.page not in BY_CODE:
                return Unnamed("unknown_evidence")
            one = Slip(document, BY_CODE[token.page]) if token.kind == SLIP else Named(token, code, document)
            named.setdefault((token.serial, token.kind == SLIP), one)
        except BadCode as bad:
            reason = max(reason, bad.reason, key=REASONS.index)
        except NotFound:
            return Unnamed("unknown_serial")
    if len(named) > 1:
        return Unnamed("several_documents")
    if reason == "no_code" and min(page.pixels.shape[:2]) < LEAST_SIDE:
        reason = TOO_COARSE
    return next(iter(named.values()), Unnamed(reason))


def open_paper(office: Office, reading: Reading, document: Document) -> Paper:
    """Fetch what the archive holds of a document; raises ObjectDamaged or StoreAway when it cannot be had."""
    form = office.catalogue.get(document.form)
    units = units_of(office, reading, document)
    return Paper(
        document=document,
        layout=_layout(office, document),
        pdf=office.archive.objects.get(document.pdf),
        units=units,
        foreign=tuple(foreign_blocks(form, units)),
        registry=tuple(sorted({unit.name for unit in reading.organizations()} | set(units.values()))),
    )


def units_of(office: Office, reading: Reading, document: Document) -> dict[str, str]:
    """The full name of the unit whose seal each block of a document must carry."""
    return expected_units(
        office.catalogue.get(document.form),
        document.data,
        units_above(reading, document.school),
        stage=document.stage,
        edition=office.editions.on(document.issued_on),
        find=functools.partial(named_unit, reading),
    )


def _layout(office: Office, document: Document) -> dict[str, Any]:
    """The archived layout of a document; raises ObjectDamaged when it is none."""
    try:
        return check_layout(json.loads(office.archive.objects.get(document.layout)))
    except (BadLayout, ValueError, RecursionError):
        raise ObjectDamaged(document.layout) from None


def read_paper(office: Office, paper: Paper, page: PageImage, named: Named) -> PageReading:
    """Read one page of a paper and compare it with the archive.

    Raises ObjectDamaged when it is the archive's own layout or PDF that cannot be used.
    """
    return _read(office, paper, page, named.token.page, named.code)


def read_stub(office: Office, paper: Paper, page: PageImage, number: int) -> PageReading | None:
    """Read a page without a code as the 存根 that was cut off page `number` of a paper; None when it is not that one's.

    Proof is what is printed on it as the archive has it: the paper's own number, and at least LEAST_KEYS key values
    with it. One that nobody can read is for a person; one that differs proves nothing.
    """
    reading = _read(office, paper, page, number, None)
    values = paper.layout["pages"][number - 1]["values"]
    keys = {value["name"] for value in values if value["key"]}
    told = {field.name: field.result for field in reading.fields if field.name in keys}
    own = office.catalogue.get(paper.document.form).number_field
    alike = sum(result == "match" for result in told.values())
    proved = (
        told.get(own or "") == "match"
        and alike >= LEAST_KEYS
        and set(told.values()) <= {"match", "unreadable"}
    )
    return reading if reading.part == "stub" and proved else None


LEAST_KEYS = 4
"""Key values on our stubs: number, name, student number, sex, dates."""


def joined_parts(
    office: Office, paper: Paper, number: int, stub: PageReading, main: PageReading
) -> tuple[PageReading, PageReading]:
    """Return both parts' readings with the seal across their line judged on the two together."""
    mark = halves.across(paper.layout["pages"][number - 1])
    if mark is None or stub.edge is None or main.edge is None:
        return stub, main
    found = halves.joined(
        stub.edge,
        main.edge,
        mark,
        recogniser=office.recogniser(),
        expected=paper.units.get(mark["block"]),
        registry=paper.registry,
    )
    return _told(stub, found), _told(main, replace(found, imprints=()))


def _told(reading: PageReading, found: MarkFinding) -> PageReading:
    marks = tuple(
        replace(found, box=mark.box) if (mark.block, mark.kind) == (found.block, found.kind) else mark
        for mark in reading.marks
    )
    return replace(reading, marks=marks)


def _read(office: Office, paper: Paper, page: PageImage, number: int, code: Code | None) -> PageReading:
    recogniser = office.recogniser()
    try:
        reading = read_page(
            page,
            paper.layout["pages"][number - 1],
            code,
            paper.pdf,
            page_no=number,
            recogniser=recogniser,
            units=paper.units,
            registry=paper.registry,
            faces={KAI.name: office.printer.fonts.files[KAI.files[0]]},
        )
    except (BadLayout, UploadRefused, IndexError):
        raise ObjectDamaged(paper.document.layout) from None
    marks = tuple(_foreign(paper, mark) for mark in reading.marks)
    return replace(reading, marks=marks)


def _foreign(paper: Paper, mark: MarkFinding) -> MarkFinding:
    """Judge a seal whose unit the records do not name: any unit will do that can be read, but none of the other blocks'.

    A township is never registered (art. 28), nor is a school of another province.
    """
    if mark.block not in paper.foreign or mark.kind != "seal" or mark.unit is None:
        return mark
    return replace(mark, result="wrong_unit" if mark.unit in paper.units.values() else "present")


def shows_whole_page(paper: Paper, page: PageImage, named: Named) -> bool:
    """Tell whether a picture is large enough to show the page, judged by the size of its code.

    A picture of the code alone proves the code and nothing else; it is then not compared.
    """
    layout = paper.layout["pages"][named.token.page - 1]
    left, _, right, _ = layout["codes"][0]["box"]
    side = _side(named.code)
    height, width = page.pixels.shape[:2]
    pixels_per_mm = side / (right - left)
    cut = halves.across(layout)
    shown = layout["width"] - (0.0 if cut is None else halves.cut_line(cut))  # a holder has the 正联 alone
    return bool(height * width >= PART_OF_PAGE * shown * layout["height"] * pixels_per_mm**2)


PART_OF_PAGE = 0.7
"""A photograph may cut the margins away; with less than this share of the page's area, text is missing."""


def _side(code: Code) -> float:
    (x1, y1), (x2, y2), (x3, y3), _ = code.corners
    across = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    down = ((x3 - x2) ** 2 + (y3 - y2) ** 2) ** 0.5
    return float((across + down) / 2)
