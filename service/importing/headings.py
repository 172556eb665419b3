"""Which column of a table is which field of a student's record: the heading row is found by its names."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from service.regulation.edition import Edition, RecordField
from service.spreadsheet.names import plain
from service.spreadsheet.tables import Row, Sheet

NEEDED = ("student_no", "name")
"""A row without these two names is no heading row."""
SEARCHED = 30
"""Rows in which the heading is looked for: a title, the school, some lines of instructions stand above it."""
OWN = (
    RecordField("student_no", "学籍号", required=True),
    RecordField("name", "姓名", required=True),
    RecordField("school", "学校标识码", "school_code"),
    RecordField("school_name", "学校名称"),
)
"""Columns that a record has beside the edition's fields; a school may be given by its code or its name."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading row (the last one, when it takes several): field by column, headings nobody knows, doubles."""

    row: int
    columns: Mapping[int, RecordField]
    names: Mapping[int, str]
    ignored: tuple[str, ...]
    doubled: tuple[int, ...]


@cache
def _synonyms() -> Mapping[str, tuple[str, ...]]:
    raw = tomllib.loads((files("service.importing") / "headings.toml").read_text("utf-8"))
    return {name: tuple(words) for name, words in raw.items()}


def fields_of(edition: Edition) -> dict[str, RecordField]:
    """Every field a table may have, by name: 学籍号, 姓名, the school, and the edition's record."""
    maps = {name for name, field in edition.record.items() if field.type == "map"}
    return {field.name: field for field in OWN} | {
        name: field for name, field in edition.record.items() if name not in maps
    }


def known_names(edition: Edition) -> dict[str, RecordField]:
    """Field by heading, as `plain` gives headings: names, Chinese labels and synonyms."""
    found: dict[str, RecordField] = {}
    for name, field in fields_of(edition).items():
        for word in (name, field.label, *_synonyms().get(name, ())):
            found.setdefault(plain(word), field)
    return found


def heading_of(
    sheet: Sheet, names: Mapping[str, RecordField], maps: Mapping[str, RecordField]
) -> Heading | None:
    """The heading of a sheet, None when it has none; `maps` are the fields that hold a value per subject."""
    best = max(sheet.rows[:SEARCHED], key=lambda row: _hits(row, names), default=None)
    if best is None or not {field.name for field in _named(best, names).values()}.issuperset(NEEDED):
        return None
    texts = {column: cell.text for column, cell in best.cells.items()}
    last = best.number
    for row in sheet.rows:
        if row.number == best.number + 1 and _goes_on(sheet, best.number, row):
            texts |= {column: cell.text for column, cell in row.cells.items()}
            last = row.number
    return _heading(last, texts, names, maps)


def _named(row: Row, names: Mapping[str, RecordField]) -> dict[int, RecordField]:
    found = {column: names.get(plain(cell.text)) for column, cell in row.cells.items() if cell.kind == "s"}
    return {column: field for column, field in found.items() if field is not None}


def _hits(row: Row, names: Mapping[str, RecordField]) -> int:
    return len(_named(row, names))


def _goes_on(sheet: Sheet, number: int, row: Row) -> bool:
    """Tell whether the row below belongs to the heading: some name above it was merged across both rows."""
    return any(top <= number < bottom and bottom >= row.number for top, _, bottom, _ in sheet.merged)


def _heading(
    row: int, texts: Mapping[int, str], names: Mapping[str, RecordField], maps: Mapping[str, RecordField]
) -> Heading:
    columns: dict[int, RecordField] = {}
    ignored, doubled = [], []
    for column, text in sorted(texts.items()):
        field = names.get(plain(text)) or _subject(text, maps)
        if field is None:
            ignored.append(text.strip())
        elif field.name in {known.name for known in columns.values()}:
            doubled.append(column)
        else:
            columns[column] = field
    return Heading(row, columns, dict(texts), tuple(ignored), tuple(doubled))


def _subject(text: str, maps: Mapping[str, RecordField]) -> RecordField | None:
    """A column of one subject: `exam_grades.语文`, or the label and the subject: 学业水平考试成绩语文."""
    for name, field in maps.items():
        for start in (f"{name}.", plain(field.label)):
            subject = plain(text).removeprefix(start).strip(".-_")
            if plain(text).startswith(start) and subject:
                return RecordField(f"{name}.{subject}", f"{field.label}{subject}", "code", field.code_set)
    return None
