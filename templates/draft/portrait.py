"""Drafts an application form on one A4 page from its spec: head, bands, places to sign, notes."""

from typing import Any

from templates.draft import signing
from templates.draft.cells import label, upright, value
from templates.draft.corners import mark
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import foot, head
from templates.draft.paper import SONG, new, shape, write
from templates.draft.spec import BAND_MM, INNER_MM, TEXT_MM, Band, Line, Named, Paper, Rows, named
from templates.draft.stretch import HEADS_MM, stretched

PAGE = (210.0, 297.0)
RULE = "0.5 404040"
_MARGIN = 15.0
_HAIR_MM = 0.01
_TAG_MM, _TAG_PT = 4.0, 8.0  # a row that only says where a loop begins or ends is never printed
_LABEL_PAD, _VALUE_PAD, _TEXT_PAD = (0.3, 0.2), (1.2, 0.4), (1.2, 1.2)


def draft(paper: Paper) -> Any:
    """Draft the template and give the python-docx document."""
    names = named(paper.form)
    if not paper.full:
        paper = stretched(paper, names.notes)
    document = new(*PAGE, (_MARGIN, 13.0, _MARGIN, 7.0), names.title)
    mark(document.sections[0].header.paragraphs[0], PAGE)
    head(document, names.title)
    rows = [row for band in paper.bands for row in band_rows(band)]
    cells = build(document, [*rows, *signing.rows(paper.places, names)], rule=RULE)
    for band in paper.bands:
        fill(cells, band, names)
    for row in paper.places:
        signing.fill(cells, row, names)
    shape(document.add_paragraph(), line=3, exact=True)
    foot(document)
    return document


def band_rows(band: Band, inner: float = INNER_MM) -> list[Row]:
    """Give the table rows of a band, `inner` mm wide; its cells are named by field, labels `… label`."""
    heading = Slot(BAND_MM, band.heading, upright=True, pad=(0.0, 0.0))
    made = []
    for line in band.lines:
        made += _table_rows(line, heading) if isinstance(line, Rows) else [_row(line, heading)]
    for row in made:
        if abs(sum(slot.width for slot in row.slots) - BAND_MM - inner) > _HAIR_MM:
            raise ValueError(f"{band.heading}: {[slot.name for slot in row.slots]} are not {inner} mm wide")
    return made


def fill(cells: dict[str, Any], band: Band, names: Named) -> None:
    """Write a band's heading, labels and marks into their cells."""
    upright(cells[band.heading], band.heading, band_height(band))
    for line in band.lines:
        if isinstance(line, Rows):
            _fill_table(cells, line, names)
            continue
        for part in line.parts:
            label(cells[f"{part.field} label"], part.label or names.label(part.field), part.label_mm)
            value(cells[part.field], part.field)


def band_height(band: Band) -> float:
    """Give the least height of a band in mm, a table counted with one row."""
    return sum(line.height + (HEADS_MM if isinstance(line, Rows) else 0.0) for line in band.lines)


def _row(line: Line, heading: Slot) -> Row:
    slots = [heading]
    long = line.height >= TEXT_MM  # who reads a long text looks for its beginning at the top
    for part in line.parts:
        slots.append(Slot(part.label_mm, f"{part.field} label", pad=_LABEL_PAD))
        slots.append(Slot(part.value_mm, part.field, middle=not long, pad=_TEXT_PAD if long else _VALUE_PAD))
    return Row(line.height, tuple(slots))


def _table_rows(rows: Rows, heading: Slot) -> list[Row]:
    """A row of labels, and the row that is repeated between the two rows that say so."""

    def named_slots(suffix: str, pad: tuple[float, float]) -> tuple[Slot, ...]:
        return tuple(
            Slot(column.width, f"{rows.table}.{column.name}{suffix}", pad=pad) for column in rows.columns
        )

    def tag(name: str) -> Row:
        return Row(_TAG_MM, (heading, Slot(INNER_MM, f"{rows.table} {name}")))

    made = [
        Row(HEADS_MM, (heading, *named_slots(" label", _LABEL_PAD))),
        tag("begins"),
        Row(rows.height, (heading, *named_slots("", _VALUE_PAD))),
        tag("ends"),
    ]
    if rows.none:
        made += [tag("empty"), Row(rows.height, (heading, Slot(INNER_MM, f"{rows.table} none"))), tag("done")]
    return made


def _fill_table(cells: dict[str, Any], rows: Rows, names: Named) -> None:
    for column in rows.columns:
        name = f"{rows.table}.{column.name}"
        label(cells[f"{name} label"], column.label or names.label(name), column.width)
        value(cells[name], f"row.{column.name}")
    tags = {"begins": f"{{%tr for row in {rows.table} %}}", "ends": "{%tr endfor %}"}
    if rows.none:
        tags |= {"empty": f"{{%tr if not {rows.table} %}}", "done": "{%tr endif %}"}
        label(cells[f"{rows.table} none"], rows.none, INNER_MM)
    for place, tag in tags.items():
        write(cells[f"{rows.table} {place}"].paragraphs[0], tag, SONG, _TAG_PT)
