"""Drafts tables that grow with their rows: heads repeat on every page, no row is split between pages."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from docx.oxml import OxmlElement

from templates.catalogue import FORMS
from templates.draft.grid import Row, Slot, build
from templates.draft.paper import CENTRE, KAI, LEFT, SONG, shape, write, xml
from templates.form import DEFINITION

RULE = "0.5 404040"
LABEL_PT, VALUE_PT, HEAD_PT, CELL_PT = 9.5, 10.0, 8.5, 8.5
_HEAD_ROW, _BAND_ROW, _TAG_ROW = 7.4, 5.6, 5.0
_PAD, _LEFT_PAD = (0.5, 0.5), (1.0, 0.5)
_CLOSE = 1.25  # line height in a cell, in sizes of its letters
_MARK = re.compile(r"(\{\{.*?\}\})")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: an empty `mark` is left for the pen; `width` in mm, `size` in points."""

    mark: str
    label: str
    width: float
    align: Any = CENTRE
    size: float = CELL_PT


@dataclass(frozen=True, slots=True)
class Table:
    """A table that prints one row for each row of a table field.

    `bands` name groups of columns above their heads: (words, first column, last column), by place from 0.
    `heading` stands above the table, `absent` in place of the rows when there are none, `sums` (a mark or
    words for each column) in a last row; `height` is the least height of a row in mm.
    """

    rows: str
    columns: tuple[Column, ...]
    bands: tuple[tuple[str, int, int], ...] = ()
    heading: str = ""
    sums: tuple[str, ...] = ()
    absent: str = ""
    height: float = 7.0


def definition(form: str, folder: Path = FORMS) -> Mapping[str, Any]:
    """Give the raw form.toml of a form: a template is drafted before the form can be loaded."""
    return tomllib.loads((folder / form / DEFINITION).read_text("utf-8"))


def columns(
    raw: Mapping[str, Any],
    table: str,
    widths: Mapping[str, float],
    *,
    size: float = CELL_PT,
    left: Collection[str] = (),
    labels: Mapping[str, str] = MappingProxyType({}),
    sizes: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Column, ...]:
    """Give the columns of a table field in the order of `widths` (mm), with the labels of form.toml.

    Columns named in `left` are not centred, `labels` breaks the heads of some into lines, `sizes` sets
    some in other points than `size`. Raises ValueError when a column of the form has no width.
    """
    field = next(field for field in raw["field"] if field["name"] == table)
    known = {column["name"]: column for column in field["column"]}
    if known.keys() != widths.keys():
        raise ValueError(f"{table}: widths are not those of {sorted(known)}")
    return tuple(
        Column(
            mark="" if known[name].get("blank") else f"row.{name}",
            label=labels.get(name, known[name]["label"]),
            width=width,
            align=LEFT if name in left else CENTRE,
            size=sizes.get(name, size),
        )
        for name, width in widths.items()
    )


def draw(container: Any, table: Table) -> None:
    """Add a table, with its heading above it, to a document."""
    if table.heading:
        heading(container, table.heading)
    heads = _heads(table)
    cells = build(container, [*heads, *_body(table)], rule=RULE)
    for row in container.tables[-1].rows[: len(heads)]:
        xml(row).get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for place, column in enumerate(table.columns):
        head(cells[f"head {place}"], column.label)
        if column.mark:
            value(cells[f"row {place}"], column.mark, column.align, column.size)
    for words, *_ in table.bands:
        head(cells[f"band {words}"], words)
    _tag(cells, table)


def heading(container: Any, text: str) -> None:
    """Add the heading of a part; it stays with what follows."""
    above = shape(container.add_paragraph(), LEFT, before=2, after=2, line=13)
    write(above, text, SONG, LABEL_PT, bold=True)
    above.paragraph_format.keep_with_next = True


def head(cell: Any, text: str) -> None:
    """Write the head of a column; line breaks in `text` are kept."""
    for number, words in enumerate(text.split("\n")):
        paragraph = cell.add_paragraph() if number else cell.paragraphs[0]
        write(shape(paragraph, CENTRE, line=HEAD_PT * _CLOSE, exact=True), words, SONG, HEAD_PT)


def value(cell: Any, mark: str, align: Any = CENTRE, size: float = CELL_PT) -> None:
    """Write the mark of a value into a cell, packed close: a long one takes several lines."""
    paragraph = shape(cell.paragraphs[0], align)
    if not mark.endswith("photo"):  # a picture needs a line as high as itself
        shape(paragraph, align, line=size * _CLOSE, exact=True)
    write(paragraph, f"{{{{ {mark} }}}}", KAI, size)


def mixed(paragraph: Any, text: str) -> None:
    """Write words as labels and `{{ marks }}` as values into one paragraph."""
    for piece in _MARK.split(text):
        if piece.startswith("{{"):
            write(paragraph, piece, KAI, VALUE_PT)
        elif piece:
            write(paragraph, piece, SONG, LABEL_PT)


def _heads(table: Table) -> list[Row]:
    """Give the head row, or two of them when columns are grouped; ungrouped heads are then tall."""
    low = tuple(
        Slot(column.width, f"head {place}", pad=(0.3, 0.3)) for place, column in enumerate(table.columns)
    )
    if not table.bands:
        return [Row(_HEAD_ROW, low)]
    groups = {first: (f"band {words}", last) for words, first, last in table.bands}
    high: list[Slot] = []
    place = 0
    while place < len(table.columns):
        name, last = groups.get(place, (f"head {place}", place))
        width = sum(column.width for column in table.columns[place : last + 1])
        high.append(Slot(round(width, 2), name, pad=(0.3, 0.3)))
        place = last + 1
    return [Row(_BAND_ROW, tuple(high)), Row(_HEAD_ROW, low)]


def _body(table: Table) -> list[Row]:
    """Give the rows below the heads; those that only hold a tag are gone from the filled paper."""
    width = round(sum(column.width for column in table.columns), 2)

    def whole(name: str, height: float) -> Row:
        return Row(height, (Slot(width, name, pad=(1.5, 0.6)),))

    rows = [whole("for", _TAG_ROW), Row(table.height, tuple(_named(table, "row"))), whole("endfor", _TAG_ROW)]
    if table.absent:
        rows = [whole("if", _TAG_ROW), whole("absent", table.height), whole("endif", _TAG_ROW), *rows]
    if table.sums:
        rows.append(Row(table.height, tuple(_named(table, "sum"))))
    return rows


def _named(table: Table, kind: str) -> Iterator[Slot]:
    for place, column in enumerate(table.columns):
        yield Slot(column.width, f"{kind} {place}", pad=_PAD if column.align == CENTRE else _LEFT_PAD)


def _tag(cells: Mapping[str, Any], table: Table) -> None:
    tags = {"for": f"{{%tr for row in {table.rows} %}}", "endfor": "{%tr endfor %}"}
    if table.absent:
        tags |= {"if": f"{{%tr if not {table.rows} %}}", "endif": "{%tr endif %}"}
        head(cells["absent"], table.absent)
    for name, tag in tags.items():
        write(cells[name].paragraphs[0], tag, SONG, HEAD_PT)
    for place, words in enumerate(table.sums):
        if words.startswith("total."):
            value(cells[f"sum {place}"], words, size=table.columns[place].size)
        else:
            head(cells[f"sum {place}"], words)
