"""Drafts certificates with a stub: A4 landscape, 存根 left, cut line with 字号 and 骑缝章, 正联 right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from docx.shared import Mm

from templates.draft import ornament
from templates.draft.grid import Row, Slot, build
from templates.draft.ornament import DEEP_GOLD, GOLD, GRAY, Frame
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, new, shape, write
from templates.draft.photo import SIZE_MM, frame

PAGE = (297.0, 210.0)
CUT = 103.0  # mm from the left edge: the stub keeps a third of the sheet
_NUMBER = (80.0, 181.0)  # the cut line leaves this part to the number and the seal across it
_LEFT, _TOP = 17.0, 17.0
_STUB, _GAP, _MAIN = 70.0, 32.0, 161.0
_PHOTO, _CODE = 31.0, 38.0
SUBJECT = (
    "学生{{ student_name }}（学号：{{ student_no }}{% if id_number %}　身份证号：{{ id_number }}{% endif %}），"
    "性别{{ sex }}，"
)
NATIVE = "{% if native_place %}系{{ native_place }}人，{% endif %}"
STUDY = "于{{ study_from }}至{{ study_to }}"
HEAD = ("{{ sign('head') }}", "{{ head_name }}")
SCHOOL = ("{{ seal('school') }}", "{{ school_name }}")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one certificate says: its title in the file, the stub's sentence, the main part's paragraphs.

    `places` are the widths in mm of the cells for marks (the last takes the date), 161 mm in all.
    """

    title: str
    stub: str
    main: Sequence[str]
    places: Sequence[tuple[str, float]]


def draft(kind: Certificate) -> tuple[Any, dict[str, Any]]:
    """Draft all but the places of the marks: gives the python-docx document and its cells by name."""
    document = new(*PAGE, (_LEFT, _TOP, 17.0, 13.0), kind.title)
    _lines(document.sections[0].header)
    cut = Slot(_GAP, "cut", upright=True)
    title = Slot(_MAIN - _PHOTO - _CODE, "title", middle=False)
    code = Slot(_CODE, "code", middle=False, pad=(0.0, 0.0))
    photo = Slot(_PHOTO, "photo", middle=False, pad=(1.0, 0.0))
    marks = tuple(Slot(width, name, middle=False) for name, width in kind.places)
    cells = build(
        document,
        (
            Row(38, (Slot(_STUB, "stub_title", middle=False), cut, photo, title, code)),
            Row(76, (Slot(_STUB, "stub_text", middle=False), cut, Slot(_MAIN, "text", middle=False))),
            Row(48, (Slot(_STUB, "stub_sign", middle=False), cut, *marks)),
            Row(7, (Slot(_STUB, "stub_foot"), cut, Slot(_MAIN, "foot"))),
        ),
    )
    _stub(cells, kind.stub)
    _cut(cells["cut"])
    _main(cells, kind.main)
    shape(document.add_paragraph(), line=1, exact=True)
    return document, cells


def place(cell: Any, mark: tuple[str, str]) -> None:
    """Write a mark's label and below it the printed name of whose mark it is."""
    write(shape(cell.paragraphs[0], LEFT, line=20), mark[0], SONG, 12)
    write(shape(cell.add_paragraph(), LEFT, line=18), mark[1], KAI, 13)


def _lines(header: Any) -> None:
    """Draw the two frames, and the cut line above and below the number."""
    paragraph = header.paragraphs[0]
    stub = Frame(11.0, 11.0, CUT - 11.0, PAGE[1] - 11.0)
    main = Frame(CUT + 11.0, 11.0, PAGE[0] - 11.0, PAGE[1] - 11.0)
    ornament.draw(paragraph, 1, PAGE, ornament.rectangle(stub), points=0.8, colour=DEEP_GOLD)
    ornament.draw(paragraph, 2, PAGE, ornament.rectangle(main), points=1.6, colour=DEEP_GOLD)
    ornament.draw(paragraph, 3, PAGE, ornament.rectangle(main.inset(1.4)), points=0.5, colour=GOLD)
    cuts = ornament.line((CUT, 4.0), (CUT, _NUMBER[0])) + ornament.line(
        (CUT, _NUMBER[1]), (CUT, PAGE[1] - 4.0)
    )
    ornament.draw(paragraph, 4, PAGE, cuts, points=0.75, colour=GRAY, dash="dash")


def _stub(cells: dict[str, Any], sentence: str) -> None:
    title = cells["stub_title"]
    write(shape(title.paragraphs[0], LEFT, line=10, exact=True), "{{ attachment }}", SONG, 8.5)
    write(shape(title.add_paragraph(), CENTRE, before=4), "{{ text.heading }}", SONG, 18, bold=True, gap=2)
    write(shape(title.add_paragraph(), CENTRE, before=2), "存　根", SONG, 12)
    write(shape(title.add_paragraph(), RIGHT, before=6), "{{ paper_no }}", KAI, 10.5)
    write(shape(cells["stub_text"].paragraphs[0], LEFT, line=19, indent=24), sentence, KAI, 12)
    signer = shape(cells["stub_sign"].paragraphs[0], LEFT, line=22)
    write(signer, "签发人：", SONG, 11)
    write(signer, "{{ signer }}", KAI, 12)
    handler = shape(cells["stub_sign"].add_paragraph(), LEFT, before=6, line=22)
    write(handler, "{{ sign('stub') }}", SONG, 11)
    write(handler, "{{ handler }}", KAI, 12)
    write(shape(cells["stub_sign"].add_paragraph(), RIGHT, before=10, line=24), "{{ issued_on }}", KAI, 12)
    note = shape(cells["stub_foot"].paragraphs[0], CENTRE)
    write(note, "存根由学校归入学籍档案，永久保存", SONG, 8.5)


def _cut(cell: Any) -> None:
    paragraph = shape(cell.paragraphs[0], RIGHT)
    paragraph.paragraph_format.right_indent = Mm(14)  # upright text ends at the foot: the seal's place
    write(paragraph, "{{ plain.paper_no }}", KAI, 13, gap=3)
    write(paragraph, "{{ seal('cross') }}", SONG, 10)


def _main(cells: dict[str, Any], paragraphs: Sequence[str]) -> None:
    shape(cells["photo"].paragraphs[0], line=1, exact=True)
    frame(cells["photo"], left=_PHOTO - SIZE_MM[0] - 4)
    shape(cells["photo"].paragraphs[-1], line=1, exact=True)
    title = cells["title"]
    write(shape(title.paragraphs[0], CENTRE, before=16), "{{ text.heading }}", SONG, 28, bold=True, gap=7)
    write(shape(title.add_paragraph(), CENTRE, before=4), "{{ paper_no }}", KAI, 12)
    shape(cells["code"].paragraphs[0], CENTRE).add_run("{{ code }}")
    write(shape(cells["code"].add_paragraph(), CENTRE), "{{ serial }}", SONG, 8)
    for number, sentence in enumerate(paragraphs):
        paragraph = cells["text"].add_paragraph() if number else cells["text"].paragraphs[0]
        write(shape(paragraph, LEFT, before=0 if number else 6, line=25, indent=32), sentence, KAI, 16)
    foot = shape(cells["foot"].paragraphs[0], LEFT)
    write(foot, "核对用：持证人出生日期 ", SONG, 8.5)
    write(foot, "{{ birth_date }}", KAI, 10)
