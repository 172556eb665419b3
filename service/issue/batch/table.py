"""The rows of a batch from a table: the first row names fields by name or label, one of them is the 学籍号."""

from collections.abc import Iterator, Mapping

from service.errors import Objection, refused
from service.issue.batch.asking import MAX_ROWS, SCHOOL, Line
from service.regulation.edition import RecordField
from service.spreadsheet.cells import Wrong, value_of
from service.spreadsheet.names import plain
from service.spreadsheet.tables import Row, Sheet, column_letters, read_tables
from templates.form import Form

SEARCHED = 10
"""Rows in which the heading is looked for: a title and a note may stand above it."""
STUDENT = "student_no"
"""A list calls the student by the name of the number."""
KEYS = (
    RecordField(STUDENT, "学籍号", "student_no"),
    RecordField(SCHOOL, "学校标识码", "school_code"),
)
KEY_NAMES = {"student": STUDENT, "全国学籍号": STUDENT, "出具单位": SCHOOL}


def lines_of(data: bytes, form: Form) -> list[Line]:
    """Every row of every visible sheet that has a heading, in order; what is wrong with a cell is its row's.

    Raises Problem 413 or 422 when the file cannot be read, has no heading, or names columns the form has not.
    """
    names = _names(form)
    found: list[Line] = []
    wrong: list[Objection] = []
    headed = False
    for sheet in read_tables(data, MAX_ROWS + SEARCHED):
        heading = _heading(sheet, names) if sheet.visible else None
        if heading is None:
            continue
        headed = True
        columns, strange = _columns(heading, names)
        wrong += strange
        found += _lines(sheet, heading.number, columns)
    if not headed:
        message = "找不到表头；请保留含“学籍号”等栏目名称的一行，且该工作表没有隐藏"
        wrong.append(Objection("file", "no_heading", message))
    elif not found:
        wrong.append(Objection("file", "no_rows", "表头下面没有学生；请填写后再上传"))
    if wrong:
        raise refused(wrong)
    return found


def _names(form: Form) -> dict[str, RecordField]:
    """Field by heading, as `plain` gives headings."""
    plainly = (field for field in form.fields if field.type not in {"table", "map", "photo"})
    known = [
        *KEYS,
        *(
            RecordField(field.name, field.label, field.format or field.type, field.code_set)
            for field in plainly
        ),
    ]
    keys = {plain(word): next(key for key in KEYS if key.name == name) for word, name in KEY_NAMES.items()}
    found = dict(keys)
    for field in known:
        for word in (field.name, field.label):
            found.setdefault(plain(word), field)
    return found


def _heading(sheet: Sheet, names: Mapping[str, RecordField]) -> Row | None:
    for row in sheet.rows[:SEARCHED]:
        named = {names[plain(cell.text)].name for cell in row.cells.values() if plain(cell.text) in names}
        if STUDENT in named or SCHOOL in named:
            return row
    return None


def _columns(
    heading: Row, names: Mapping[str, RecordField]
) -> tuple[dict[int, RecordField], list[Objection]]:
    """The field of each column; a heading nobody knows is objected to, since its values would be lost."""
    columns: dict[int, RecordField] = {}
    strange = []
    for number, cell in sorted(heading.cells.items()):
        field = names.get(plain(cell.text))
        where = f"{column_letters(number)}列"
        if field is None:
            message = f"{where}的栏目不是这种文书的；请对照表样改正栏目名称，或删去这一列"
            strange.append(Objection("file", "unknown_column", message))
        elif field.name in {known.name for known in columns.values()}:
            message = f"{where}与前面一列是同一栏目；请删去其中一列"
            strange.append(Objection("file", "doubled_column", message))
        else:
            columns[number] = field
    return columns, strange


def _lines(sheet: Sheet, heading: int, columns: Mapping[int, RecordField]) -> Iterator[Line]:
    merged = [(top, bottom) for top, _, bottom, _ in sheet.merged]
    for row in sheet.rows:
        if row.number <= heading or not row.cells.keys() & columns.keys():
            continue
        wrong: list[Objection] = []
        if row.hidden:
            message = "这一行被隐藏或被筛掉；请取消隐藏和筛选，或删去这一行"
            wrong.append(Objection(None, "hidden_row", message))
        if any(top <= row.number <= bottom for top, bottom in merged):
            message = "这一行有合并单元格；请取消合并，逐行填写"
            wrong.append(Objection(None, "merged_cell", message))
        yield _line(sheet, row, columns, wrong)


def _line(sheet: Sheet, row: Row, columns: Mapping[int, RecordField], wrong: list[Objection]) -> Line:
    values: dict[str, str] = {}
    for column, field in columns.items():
        cell = row.cells.get(column)
        value = value_of(field, cell, sheet.epoch) if cell else ""
        if isinstance(value, Wrong):
            message = f"{column_letters(column)}列（{field.label}）{value.message}"
            wrong.append(Objection(field.name, value.code, message))
        elif value:
            values[field.name] = value
    student, school = values.pop(STUDENT, None), values.pop(SCHOOL, None)
    return Line(student, values, school, tuple(wrong), row.number)
