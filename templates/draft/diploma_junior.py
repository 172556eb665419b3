"""Drafts the 初中毕业证书: 260 × 185 mm, one side, braided gold border."""

from typing import Any

from templates.draft import ornament
from templates.draft.grid import Row, Slot, build
from templates.draft.ornament import DEEP_GOLD, GOLD, Frame
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, SPREAD, new, shape, write

PAGE = (260.0, 185.0)
_LEFT, _RIGHT = 30.0, 26.0  # margins: the border and its air
_BODY_PT = 21.0


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    document = new(*PAGE, (_LEFT, 20.0, _RIGHT, 16.0), "初中毕业证书")
    _border(document.sections[0].header)
    title = shape(document.add_paragraph(), CENTRE, after=6)
    write(title, "毕业证书", SONG, 38, bold=True, gap=16)
    cells = build(
        document,
        (
            Row(56, (Slot(52, "photo", middle=False), Slot(152, "body", middle=False))),
            Row(
                51,
                (
                    Slot(52, "code", middle=False),
                    Slot(54, "validation", middle=False),
                    Slot(98, "sign", middle=False),
                ),
            ),
            Row(8, (Slot(204, "foot"),)),
        ),
    )
    _photo(cells["photo"])
    _body(cells["body"])
    _code(cells["code"])
    _validation(cells["validation"])
    _sign(cells["sign"])
    foot = shape(cells["foot"].paragraphs[0], CENTRE)
    for label, value in (("证书编号：", "{{ certificate_no }}"), ("　　　学籍号：", "{{ student_no }}")):
        write(foot, label, SONG, 11)
        write(foot, value, KAI, 12)
    shape(document.add_paragraph(), line=1, exact=True)
    return document


def _border(header: Any) -> None:
    paragraph = header.paragraphs[0]
    edge = Frame(8.0, 8.0, PAGE[0] - 8.0, PAGE[1] - 8.0)
    middle = edge.inset(4.6)
    ornament.draw(paragraph, 1, PAGE, ornament.rectangle(edge), points=1.6, colour=DEEP_GOLD)
    ornament.draw(
        paragraph,
        2,
        PAGE,
        ornament.rectangle(edge.inset(1.2)) + ornament.rectangle(edge.inset(8.0)),
        points=0.5,
        colour=DEEP_GOLD,
    )
    bands = ornament.braid(middle, radius=5, wave=9, swing=2.4, strands=4)
    ornament.draw(paragraph, 3, PAGE, bands, points=0.35, colour=GOLD)


def _photo(cell: Any) -> None:
    shape(cell.paragraphs[0], line=6)
    box = build(
        cell,
        (
            Row(
                32,
                (
                    Slot(
                        26,
                        "hint",
                        edges="top 0.5 808080, left 0.5 808080, bottom 0.5 808080, right 0.5 808080",
                    ),
                ),
            ),
        ),
        left=13,
    )["hint"]
    write(shape(box.paragraphs[0], CENTRE, after=4), "照　片", SONG, 10, colour="606060")
    write(shape(box.add_paragraph(), CENTRE), "{{ seal('photo') }}", SONG, 8)
    shape(cell.add_paragraph(), line=1, exact=True)


def _body(cell: Any) -> None:
    text = (
        "学生{{ student_name }}，性别{{ sex }}，{{ birth_date }}生，于{{ study_from }}至{{ study_to }}"
        "在本校初中学习期满，完成九年义务教育，准予毕业。"
    )
    write(shape(cell.paragraphs[0], SPREAD, line=33, indent=2 * _BODY_PT), text, KAI, _BODY_PT)


def _code(cell: Any) -> None:
    shape(cell.paragraphs[0], CENTRE).add_run("{{ code }}")
    write(shape(cell.add_paragraph(), CENTRE), "{{ serial }}", SONG, 8)


def _validation(cell: Any) -> None:
    write(shape(cell.paragraphs[0], CENTRE, before=48), "{{ authority }}", SONG, 11)
    write(shape(cell.add_paragraph(), CENTRE, before=3), "{{ seal('validation') }}", SONG, 11, gap=4)


def _sign(cell: Any) -> None:
    head = shape(cell.paragraphs[0], LEFT, before=2, line=30)
    write(head, "{{ sign('head') }}", SONG, 14)
    write(head, "{{ head_name }}", KAI, 16)
    school = shape(cell.add_paragraph(), RIGHT, before=12, line=26)
    write(school, "{{ school_name }}", KAI, 16)
    write(school, "{{ seal('school') }}", SONG, 13)
    write(shape(cell.add_paragraph(), RIGHT, line=26), "{{ issued_on }}", KAI, 16)
