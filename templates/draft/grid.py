"""Ruled tables whose grid is stated column by column, as LibreOffice needs it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from templates.draft.paper import xml

TWIPS_PER_MM = 1440 / 25.4
_EDGES = ("top", "left", "bottom", "right")


@dataclass(frozen=True, slots=True)
class Slot:
    """One cell to be: its width in mm; a cell named in several rows below each other is one tall cell."""

    width: float
    name: str
    edges: str = ""
    upright: bool = False
    middle: bool = True
    pad: tuple[float, float] = (1.0, 0.4)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its least height in mm and its cells from left to right."""

    height: float
    slots: tuple[Slot, ...]


def build(container: Any, rows: Sequence[Row], *, rule: str = "", left: float = 0.0) -> dict[str, Any]:
    """Add a table and give its cells by name; `rule` is "points colour" of all lines, none when empty.

    Column boundaries are the union of all rows' boundaries: tblGrid then states every one of them, and
    each cell spans what it needs. Rows may grow with their text, never clip it.
    """
    edges = sorted({edge for row in rows for edge in _edges(row)})
    table = _table(container, len(rows), edges, left)
    if rule:
        properties = xml(table).tblPr
        borders = _borders("w:tblBorders", (*_EDGES, "insideH", "insideV"), rule, "")
        properties.insert_element_before(borders, "w:tblLayout", "w:tblCellMar")
    cells: dict[str, Any] = {}
    for number, row in enumerate(rows):
        _height(table.rows[number], row.height)
        starts = _edges(row)
        for slot, (start, end) in zip(row.slots, pairwise(starts), strict=True):
            first, last = edges.index(start), edges.index(end) - 1
            cell = table.cell(number, first)
            if last > first:
                cell = cell.merge(table.cell(number, last))
            cells[slot.name] = cells[slot.name].merge(cell) if slot.name in cells else cell
    for row in rows:
        for slot in row.slots:
            _dress(cells[slot.name], slot)
    return cells


def _edges(row: Row) -> list[float]:
    edges = [0.0]
    for slot in row.slots:
        edges.append(round(edges[-1] + slot.width, 2))
    return edges


def _table(container: Any, rows: int, edges: Sequence[float], left: float) -> Any:
    table = container.add_table(rows, len(edges) - 1)
    table.autofit = False
    for column, (start, end) in zip(table.columns, pairwise(edges), strict=True):
        column.width = Mm(end - start)
        for cell in column.cells:
            cell.width = Mm(end - start)
    properties = xml(table).tblPr
    _clear(properties, "w:tblStyle", "w:tblW", "w:tblLook")
    properties.insert_element_before(_length("w:tblW", edges[-1]), "w:jc", "w:tblInd", "w:tblLayout")
    properties.insert_element_before(_length("w:tblInd", left), "w:tblBorders", "w:tblLayout", "w:tblCellMar")
    margins = OxmlElement("w:tblCellMar")
    for edge in _EDGES:
        margins.append(_length(f"w:{edge}", 0))
    properties.append(margins)
    return table


def _clear(properties: Any, *tags: str) -> None:
    for tag in tags:
        for old in properties.findall(qn(tag)):
            properties.remove(old)


def _length(tag: str, mm: float) -> Any:
    element = OxmlElement(tag)
    element.set(qn("w:w"), str(round(mm * TWIPS_PER_MM)))
    element.set(qn("w:type"), "dxa")
    return element


def _height(row: Any, mm: float) -> None:
    row.height, row.height_rule = Mm(mm), WD_ROW_HEIGHT_RULE.AT_LEAST
    fixed = OxmlElement("w:cantSplit")
    xml(row).get_or_add_trPr().insert(0, fixed)


def _dress(cell: Any, slot: Slot) -> None:
    properties = xml(cell).get_or_add_tcPr()
    _clear(properties, "w:tcBorders", "w:tcMar", "w:textDirection", "w:vAlign")
    if slot.edges:
        named = tuple(part.split()[0] for part in slot.edges.split(", "))
        properties.append(_borders("w:tcBorders", named, "", slot.edges))
    margins = OxmlElement("w:tcMar")
    for edge, mm in zip(_EDGES, (slot.pad[1], slot.pad[0], slot.pad[1], slot.pad[0]), strict=True):
        margins.append(_length(f"w:{edge}", mm))
    properties.append(margins)
    if slot.upright:
        properties.append(_valued("w:textDirection", "tbRlV"))
    properties.append(_valued("w:vAlign", "center" if slot.middle else "top"))


def _borders(tag: str, edges: Sequence[str], rule: str, special: str) -> Any:
    """Rule all `edges` alike, but those named in `special` as "edge points colour, …" otherwise."""
    borders = OxmlElement(tag)
    own = {part.split()[0]: part.split()[1:] for part in special.split(", ") if part}
    for edge in edges:
        points, colour = own.get(edge) or rule.split()
        line = _valued(f"w:{edge}", "single" if float(points) else "nil")
        line.set(qn("w:sz"), str(round(float(points) * 8)))
        line.set(qn("w:space"), "0")
        line.set(qn("w:color"), colour)
        borders.append(line)
    return borders


def _valued(tag: str, value: str) -> Any:
    element = OxmlElement(tag)
    element.set(qn("w:val"), value)
    return element
