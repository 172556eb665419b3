"""Drafts the three 毕业证书: 260 × 185 mm, one side, alike in build, told apart by stage line and border."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from templates.draft import ornament
from templates.draft.grid import Row, Slot, build
from templates.draft.ornament import DEEP_GOLD, GOLD, Frame
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, SPREAD, new, shape, write
from templates.draft.photo import frame

PAGE = (260.0, 185.0)
EDGE = Frame(8.0, 8.0, PAGE[0] - 8.0, PAGE[1] - 8.0)
_LEFT, _RIGHT = 30.0, 26.0  # margins: the border and its air
_SUBJECT = "学生{{ student_name }}，性别{{ sex }}，{{ birth_date }}生，"
_NATIVE = "{% if native_place %}系{{ native_place }}人，{% endif %}"
_STUDY = "于{{ study_from }}至{{ study_to }}{{ text.granted }}"


@dataclass(frozen=True, slots=True)
class Diploma:
    """One stage's diploma: its title in the file, the line above the heading, its sentence, its border.

    `size` and `line` are the body's letters and line height in points: the longer the sentence, the smaller.
    """

    title: str
    stage: str
    sentence: str
    size: float
    line: float
    border: Callable[[Any], None]


def draft(kind: Diploma) -> Any:
    """Draft the template and give the python-docx document."""
    document = new(*PAGE, (_LEFT, 20.0, _RIGHT, 16.0), kind.title)
    kind.border(document.sections[0].header.paragraphs[0])
    write(shape(document.add_paragraph(), CENTRE, line=18, exact=True), kind.stage, SONG, 15, gap=10)
    heading = shape(document.add_paragraph(), CENTRE, line=46, exact=True, after=4)
    write(heading, "{{ text.heading }}", SONG, 36, bold=True, gap=16)
    cells = build(
        document,
        (
            Row(57, (Slot(52, "photo", middle=False), Slot(152, "body", middle=False))),
            Row(
                53,
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
    body = shape(cells["body"].paragraphs[0], SPREAD, line=kind.line, indent=2 * kind.size)
    write(body, kind.sentence, KAI, kind.size)
    _code(cells["code"])
    _validation(cells["validation"])
    _sign(cells["sign"])
    _foot(cells["foot"])
    shape(document.add_paragraph(), line=1, exact=True)
    return document


def _photo(cell: Any) -> None:
    shape(cell.paragraphs[0], line=6)
    frame(cell, left=13)
    write(shape(cell.paragraphs[-1], CENTRE, before=2), "{{ seal('photo') }}", SONG, 8)


def _code(cell: Any) -> None:
    shape(cell.paragraphs[0], CENTRE, before=7).add_run("{{ code }}")
    write(shape(cell.add_paragraph(), CENTRE), "{{ serial }}", SONG, 8)


def _validation(cell: Any) -> None:
    write(shape(cell.paragraphs[0], CENTRE, before=48), "{{ authority }}", SONG, 11)
    write(shape(cell.add_paragraph(), CENTRE, before=3), "{{ seal('validation') }}", SONG, 11, gap=4)


def _sign(cell: Any) -> None:
    head = shape(cell.paragraphs[0], LEFT, before=6, line=24)
    write(head, "{{ sign('head') }}", SONG, 14)
    write(head, "{{ head_name }}", KAI, 16)
    school = shape(cell.add_paragraph(), RIGHT, before=10, line=22)
    write(school, "{{ school_name }}", KAI, 16)
    write(school, "{{ seal('school') }}", SONG, 13)
    write(shape(cell.add_paragraph(), RIGHT, line=26), "{{ issued_on }}", KAI, 16)


def _foot(cell: Any) -> None:
    foot = shape(cell.paragraphs[0], CENTRE)
    for label, value in (("证书编号：", "{{ certificate_no }}"), ("　　　学籍号：", "{{ student_no }}")):
        write(foot, label, SONG, 11)
        write(foot, value, KAI, 12)


def _rules(paragraph: Any, *inner: float) -> None:
    """Rule the outer edge strongly, and thin lines so many mm inside it."""
    ornament.draw(paragraph, 1, PAGE, ornament.rectangle(EDGE), points=1.6, colour=DEEP_GOLD)
    thin = "".join(ornament.rectangle(EDGE.inset(by)) for by in inner)
    ornament.draw(paragraph, 2, PAGE, thin, points=0.5, colour=DEEP_GOLD)


def _primary_border(paragraph: Any) -> None:
    """Two wide waves that meet like links of a chain."""
    _rules(paragraph, 1.2, 8.0)
    links = ornament.braid(EDGE.inset(4.6), radius=5, wave=12, swing=2.4, strands=2)
    ornament.draw(paragraph, 3, PAGE, links, points=0.6, colour=GOLD)


def _junior_border(paragraph: Any) -> None:
    """A braid of four strands."""
    _rules(paragraph, 1.2, 8.0)
    bands = ornament.braid(EDGE.inset(4.6), radius=5, wave=9, swing=2.4, strands=4)
    ornament.draw(paragraph, 3, PAGE, bands, points=0.35, colour=GOLD)


def _senior_border(paragraph: Any) -> None:
    """A dense braid of eight strands between double rules, and a rosette in each corner."""
    _rules(paragraph, 1.2, 1.9, 8.0, 8.7)
    bands = ornament.braid(EDGE.inset(4.95), radius=5, wave=13, swing=2.3, strands=8)
    ornament.draw(paragraph, 3, PAGE, bands, points=0.3, colour=GOLD)
    inside = EDGE.inset(13.0)
    corners = "".join(
        ornament.rosette((x, y), radius=2.6)
        for x in (inside.left, inside.right)
        for y in (inside.top, inside.bottom)
    )
    ornament.draw(paragraph, 4, PAGE, corners, points=0.35, colour=DEEP_GOLD)


PRIMARY = Diploma("小学毕业证书", "小学", _SUBJECT + _STUDY, 20, 31, _primary_border)
JUNIOR = Diploma("初中毕业证书", "初中", _SUBJECT + _STUDY, 20, 31, _junior_border)
SENIOR = Diploma("普通高中毕业证书", "普通高中", _SUBJECT + _NATIVE + _STUDY, 19, 26, _senior_border)
draft_primary, draft_junior, draft_senior = (partial(draft, kind) for kind in (PRIMARY, JUNIOR, SENIOR))
