"""Drafts papers of any number of pages: a head on every page, tables that grow, places to sign at the end."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docx.shared import Mm

from templates.catalogue import FORMS
from templates.draft.closing import close
from templates.draft.corners import mark
from templates.draft.flow import LABEL_PT, Table, definition, draw, mixed
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import CODE_MM, Wide, page_number, title_size
from templates.draft.paper import CENTRE, LEFT, SONG, new, shape, write
from templates.draft.spec import PlaceRow

LANDSCAPE, PORTRAIT = (297.0, 210.0), (210.0, 297.0)
MARGIN = 15.0
PLACE = 44.5  # mm high, for a seal of 44 mm
_TOP, _BOTTOM, _FOOT = 10.0, 14.0, 6.5  # mm from the paper's edge: the head, the body, the page number
_TITLE_ROW, _FACT_ROW = 21.0, 7.6
_PT_MM = 25.4 / 72
_WIDE = 0x2E7F  # from here on a character is as wide as it is high


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value in the head of every page; `width` in mm holds both, `unit` follows the value."""

    mark: str
    label: str
    width: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Roster:
    """A whole paper: facts row by row, then tables and other parts, then the places row by row.

    A part that is no table is a function that adds itself to the document. `totals` (words and marks) stand
    above the places, so that the page that is signed and sealed says what of.
    """

    form: str
    page: tuple[float, float]
    facts: tuple[tuple[Fact, ...], ...]
    parts: tuple[Table | Callable[[Any], None], ...]
    places: tuple[PlaceRow, ...]
    totals: str = ""
    folder: Path = FORMS


def draft(paper: Roster) -> Any:
    """Draft a paper and give the python-docx document."""
    raw = definition(paper.form, paper.folder)
    document = new(*paper.page, (MARGIN, _TOP, MARGIN, _BOTTOM), raw["title"])
    section = document.sections[0]
    section.header_distance, section.footer_distance = Mm(_TOP), Mm(_FOOT)
    _head(section.header, paper, raw["title"])
    page_number(shape(section.footer.paragraphs[0], CENTRE))
    for number, part in enumerate(paper.parts):
        if number:
            gap(document, 5)
        if isinstance(part, Table):
            draw(document, part)
        else:
            part(document)
    gap(document, 5)
    blocks = {item["id"]: item for item in raw.get("block", ())}
    close(document, inner(paper.page), paper.places, blocks, paper.totals)
    gap(document, 1)
    return document


def gap(container: Any, points: float) -> None:
    """Leave a thin empty line: two tables need one between them."""
    shape(container.add_paragraph(), line=points, exact=True)


def inner(page: tuple[float, float]) -> float:
    """Give the width in mm between the margins."""
    return page[0] - 2 * MARGIN


def _head(header: Any, paper: Roster, title: str) -> None:
    width = inner(paper.page)
    middle = width - 2 * CODE_MM
    mark(header.paragraphs[0], paper.page)
    shape(header.paragraphs[0], line=1, exact=True)
    code = Slot(CODE_MM, "code", middle=False, pad=(0.0, 0.0))
    rows = [Row(_TITLE_ROW, (Slot(CODE_MM, "attachment", middle=False), Slot(middle, "title"), code))]
    for facts in paper.facts:
        slots = [slot for fact in facts for slot in _fact_slots(fact)]
        rest = round(width - CODE_MM - sum(slot.width for slot in slots), 2)
        if rest > 0:
            slots.append(Slot(rest, f"after {facts[-1].mark}"))
        rows.append(Row(_FACT_ROW, (*slots, code)))
    cells = build(Wide(header, width), rows)
    write(shape(cells["attachment"].paragraphs[0], LEFT, before=2), "{{ attachment }}", SONG, 12)
    points, space = title_size(title, middle)
    write(shape(cells["title"].paragraphs[0], CENTRE), "{{ title }}", SONG, points, bold=True, gap=space)
    shape(cells["code"].paragraphs[0], CENTRE).add_run("{{ code }}")
    write(shape(cells["code"].add_paragraph(), CENTRE), "编号 {{ serial }}", SONG, 8)
    for fact in (fact for facts in paper.facts for fact in facts):
        named = shape(cells[f"{fact.mark} label"].paragraphs[0], LEFT, line=12.5, exact=True)
        write(named, f"{fact.label}：", SONG, LABEL_PT)
        valued = shape(cells[fact.mark].paragraphs[0], LEFT, line=12.5, exact=True)
        mixed(valued, f"{{{{ {fact.mark} }}}}{fact.unit}")
    gap(header, 4)


def _fact_slots(fact: Fact) -> list[Slot]:
    wide = sum(1.0 if ord(char) > _WIDE else 0.5 for char in fact.label) + 1.0
    label = round(wide * LABEL_PT * _PT_MM + 0.8, 1)
    return [
        Slot(label, f"{fact.mark} label", pad=(0.0, 0.2)),
        Slot(round(fact.width - label, 1), fact.mark, pad=(0.0, 0.2)),
    ]
