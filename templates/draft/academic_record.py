"""Drafts the 学历证明书 (附件12): A4 landscape, stub left, cut line, main part right."""

from typing import Any

from docx.shared import Mm

from templates.draft import ornament
from templates.draft.grid import Row, Slot, build
from templates.draft.ornament import DEEP_GOLD, GOLD, GRAY, Frame
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, new, shape, write

PAGE = (297.0, 210.0)
CUT = 103.0  # mm from the left edge: the stub keeps a third of the sheet
_NUMBER = (80.0, 181.0)  # the cut line leaves this part to the number and the seal across it
_LEFT, _TOP = 17.0, 17.0
_SUBJECT = (
    "学生{{ student_name }}（学号：{{ student_no }}{% if id_number %}　身份证号：{{ id_number }}{% endif %}），"
    "性别{{ sex }}，{% if native_place %}系{{ native_place }}人，{% endif %}于{{ study_from }}至{{ study_to }}"
    "在本校{{ stage }}{% if raw.stage == 'S' %}修业期满{% else %}学习期满{% endif %}，准予毕业，"
    "原毕业证书号码{{ original_no }}，特发给证明。"
)
_EFFECT = (
    "{% if raw.stage == 'S' %}本证明经市级教育行政部门验印后，具有与毕业证书同等效力。"
    "{% else %}本证明经主管教育行政部门验印后生效。{% endif %}"
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    document = new(*PAGE, (_LEFT, _TOP, 17.0, 13.0), "学历证明书")
    _lines(document.sections[0].header)
    stub, cut, gap = 70.0, 32.0, 161.0
    cells = build(
        document,
        (
            Row(
                36,
                (
                    Slot(stub, "stub_title", middle=False),
                    Slot(cut, "cut", upright=True),
                    Slot(gap - 38, "title", middle=False),
                    Slot(38, "code", middle=False, pad=(0.0, 0.0)),
                ),
            ),
            Row(
                78,
                (
                    Slot(stub, "stub_text", middle=False),
                    Slot(cut, "cut", upright=True),
                    Slot(gap, "text", middle=False),
                ),
            ),
            Row(
                48,
                (
                    Slot(stub, "stub_sign", middle=False),
                    Slot(cut, "cut", upright=True),
                    Slot(50, "head", middle=False),
                    Slot(50, "school", middle=False),
                    Slot(61, "validation", middle=False),
                ),
            ),
            Row(7, (Slot(stub, "stub_foot"), Slot(cut, "cut", upright=True), Slot(gap, "foot"))),
        ),
    )
    _stub(cells)
    _cut(cells["cut"])
    _main(cells)
    _marks(cells)
    shape(document.add_paragraph(), line=1, exact=True)
    return document


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


def _stub(cells: dict[str, Any]) -> None:
    title = cells["stub_title"]
    write(shape(title.paragraphs[0], CENTRE, before=8), "学历证明书", SONG, 18, bold=True, gap=2)
    write(shape(title.add_paragraph(), CENTRE, before=2), "存　根", SONG, 12)
    write(shape(title.add_paragraph(), RIGHT, before=6), "{{ paper_no }}", KAI, 10.5)
    write(shape(cells["stub_text"].paragraphs[0], LEFT, line=21, indent=24), _SUBJECT, KAI, 12)
    signer = shape(cells["stub_sign"].paragraphs[0], LEFT, line=24)
    write(signer, "签发人：", SONG, 11)
    write(signer, "{{ signer }}", KAI, 12)
    handler = shape(cells["stub_sign"].add_paragraph(), LEFT, before=8, line=24)
    write(handler, "{{ sign('stub') }}", SONG, 11)
    write(handler, "{{ handler }}", KAI, 12)
    write(shape(cells["stub_sign"].add_paragraph(), RIGHT, before=14, line=24), "{{ issued_on }}", KAI, 12)

    note = shape(cells["stub_foot"].paragraphs[0], CENTRE)
    write(note, "存根由学校归入学籍档案，永久保存", SONG, 8.5)


def _cut(cell: Any) -> None:
    paragraph = shape(cell.paragraphs[0], RIGHT)
    paragraph.paragraph_format.right_indent = Mm(14)  # upright text ends at the foot: the seal's place
    write(paragraph, "{{ plain.paper_no }}", SONG, 13, gap=3)
    write(paragraph, "{{ seal('cross') }}", SONG, 10)


def _main(cells: dict[str, Any]) -> None:
    title = cells["title"]
    write(shape(title.paragraphs[0], CENTRE, before=16, indent=90), "学历证明书", SONG, 30, bold=True, gap=8)
    write(shape(title.add_paragraph(), CENTRE, before=4, indent=90), "{{ paper_no }}", KAI, 12)
    shape(cells["code"].paragraphs[0], CENTRE).add_run("{{ code }}")
    write(shape(cells["code"].add_paragraph(), CENTRE), "{{ serial }}", SONG, 8)
    write(shape(cells["text"].paragraphs[0], LEFT, before=8, line=28, indent=32), _SUBJECT, KAI, 16)
    write(shape(cells["text"].add_paragraph(), LEFT, line=28, indent=32), _EFFECT, KAI, 16)


def _marks(cells: dict[str, Any]) -> None:
    for name, label, value in (
        ("head", "{{ sign('head') }}", "{{ head_name }}"),
        ("school", "{{ seal('school') }}", "{{ school_name }}"),
    ):
        write(shape(cells[name].paragraphs[0], LEFT, line=20), label, SONG, 12)
        write(shape(cells[name].add_paragraph(), LEFT, line=20), value, KAI, 13)
    validation = cells["validation"]
    named = "{% if raw.stage == 'S' %}市级教育行政部门{% else %}主管教育行政部门{% endif %}"
    place = shape(validation.paragraphs[0], RIGHT, line=20)
    write(place, named, SONG, 12)
    write(place, "{{ seal('validation') }}", SONG, 12)
    write(shape(validation.add_paragraph(), RIGHT, before=50, line=24), "{{ issued_on }}", KAI, 13)
    foot = shape(cells["foot"].paragraphs[0], LEFT)
    write(foot, "核对用：持证人出生日期 ", SONG, 8.5)
    write(foot, "{{ birth_date }}", KAI, 10)
