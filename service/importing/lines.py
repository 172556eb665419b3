"""From sheets to lines: one student each, every cell already a value or a fault."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from service.errors import Objection
from service.importing.faults import CellFault
from service.importing.headings import Heading, heading_of, known_names
from service.regulation.edition import Edition
from service.spreadsheet.cells import Wrong, value_of
from service.spreadsheet.tables import Row, Sheet, column_letters


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: values by field name, the column of each field, and what is wrong with its cells."""

    sheet: str
    row: int
    values: Mapping[str, str]
    heading: Heading
    faults: Sequence[CellFault] = field(default=())

    def fault(self, objection: Objection) -> CellFault:
        """Say of this line what a rule said of a record."""
        columns = (number for number, known in self.heading.columns.items() if known.name == objection.field)
        return _fault(self.sheet, self.row, self.heading, next(columns, 0), objection)


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of a file, what is wrong with its sheets, the sheets that were read, and headings nobody knows."""

    lines: Sequence[Line]
    faults: Sequence[CellFault]
    sheets: Sequence[str]
    ignored: Sequence[str]


def lines_of(sheets: Sequence[Sheet], edition: Edition) -> Lines:
    """The lines of every visible sheet that has a heading; without any, the fault says so."""
    names = known_names(edition)
    maps = {name: known for name, known in edition.record.items() if known.type == "map"}
    lines: list[Line] = []
    faults: list[CellFault] = []
    read: list[str] = []
    ignored: dict[str, None] = {}
    for sheet in sheets:
        heading = heading_of(sheet, names, maps) if sheet.visible else None
        if heading is None:
            continue
        read.append(sheet.name)
        ignored |= dict.fromkeys(heading.ignored)
        faults += _heading_faults(sheet, heading)
        lines += _lines(sheet, heading)
    if not read:
        message = "找不到表头；请保留含“学籍号”“姓名”等栏目名称的一行，且该工作表没有隐藏"
        faults.append(CellFault(None, "no_heading", message))
    elif not lines and not faults:
        faults.append(CellFault(None, "no_rows", "表头下面没有学生；请填写后再导入"))
    return Lines(lines, faults, read, tuple(ignored))


def _heading_faults(sheet: Sheet, heading: Heading) -> Iterator[CellFault]:
    for column in heading.doubled:
        message = "有两列是同一栏目；请删去其中一列，或改正栏目名称"
        yield _fault(sheet.name, heading.row, heading, column, Objection(None, "doubled_column", message))


def _lines(sheet: Sheet, heading: Heading) -> Iterator[Line]:
    for row in sheet.rows:
        used = {column: cell for column, cell in row.cells.items() if column in heading.columns}
        if row.number > heading.row and used:
            yield _line(sheet, heading, row)


def _line(sheet: Sheet, heading: Heading, row: Row) -> Line:
    values: dict[str, str] = {}
    faults = []
    if row.hidden:
        message = "这一行被隐藏或被筛掉；请取消隐藏和筛选，或删去这一行"
        faults.append(_fault(sheet.name, row.number, heading, 0, Objection(None, "hidden_row", message)))
    merged = _merged_columns(sheet, row.number, max(heading.columns))
    for column, known in heading.columns.items():
        if column in merged:
            message = "在合并单元格里；请取消合并，逐行填写"
            wrong = Objection(known.name, "merged_cell", message)
            faults.append(_fault(sheet.name, row.number, heading, column, wrong))
            continue
        cell = row.cells.get(column)
        value = value_of(known, cell, sheet.epoch) if cell else ""
        if isinstance(value, Wrong):
            objection = Objection(known.name, value.code, value.message)
            faults.append(_fault(sheet.name, row.number, heading, column, objection))
        elif value:
            values[known.name] = value
    return Line(sheet.name, row.number, values, heading, tuple(faults))


def _merged_columns(sheet: Sheet, number: int, last: int) -> set[int]:
    return {
        column
        for top, left, bottom, right in sheet.merged
        if top <= number <= bottom
        for column in range(left, min(right, last) + 1)
    }


def _fault(sheet: str, row: int, heading: Heading, column: int, objection: Objection) -> CellFault:
    return CellFault(
        objection.field,
        objection.code,
        objection.message,
        objection.article,
        sheet,
        row,
        column_letters(column),
        heading.names.get(column, "").strip(),
    )
