"""What a form is: its fields, its tables, its blocks, and how a flat value name finds its field."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from templates.conditions import holds
from templates.layout import Box

DEFINITION = "form.toml"
TEMPLATE = "template.docx"
EXAMPLE = "example.json"
NUMBERED = "no"  # a column of this name is counted by the office when nobody gave it

Type = Literal["string", "text", "date", "year_month", "int", "decimal", "code", "photo", "table", "map"]
Kind = Literal["form", "certificate", "register", "roster", "report", "notice"]
Subject = Literal["student", "person", "school", "unit"]


@dataclass(frozen=True, slots=True)
class Field:
    """One item of a form, or one column of a table.

    `source` says where its value comes from: the student's record, the school's record (both under the
    name `record`, and `data` may give them instead), the request's data, or the office (numbers).
    `words` replaces the code set's words on this form; a field that is not `printed` is only recorded.
    `max` counts characters of text, digits of a number. `item` is the number a form prints before it.
    A table has `columns`; blank rows are printed up to `min_rows`. A `blank` column is filled in by hand.
    `code_set_if` names the code set that counts instead while a condition holds: {"stage in P|J": "…"}.
    A `map` (values by name, such as grades by subject) is only recorded.
    """

    name: str
    label: str
    type: Type
    required: bool
    max: int
    source: Literal["student", "school", "data", "office"] = "data"
    code_set: str | None = None
    format: str | None = None
    key: bool = False
    sensitive: bool = False
    record: str = ""
    printed: bool = True
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    default: str = ""
    note: str = ""
    item: int = 0
    columns: "tuple[Field, ...]" = ()
    min_rows: int = 0
    max_rows: int = 2000
    blank: bool = False
    code_set_if: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def codes(self, facts: Mapping[str, str]) -> str | None:
        """Give the code set that counts on a paper with these facts (see `Form.facts`); None for no code."""
        other = (codes for condition, codes in self.code_set_if.items() if holds(condition, facts))
        return next(other, self.code_set)

    def column(self, name: str) -> "Field":
        """Give one column of a table by name; raises KeyError when it has none of this name."""
        return next((column for column in self.columns if column.name == name), None) or _absent(name)


@dataclass(frozen=True, slots=True)
class Block:
    """One place of a form to be signed and sealed.

    `sign` is the role that signs, `seal` the kind of unit whose seal is pressed. `sign_label` and
    `seal_label` are what the template's `sign('id')` and `seal('id')` print; `sign_box` is measured in mm
    from the right-middle of its printed label, `seal_box` from the centre of its printed label:
    (left, top, right, bottom), to the right and downwards positive. With `machine` false a flat scan
    cannot prove the mark; `when` is the condition under which it is required.
    """

    id: str
    label: str
    required: bool
    sign: str | None = None
    seal: str | None = None
    machine: bool = True
    when: str | None = None
    shape: Literal["round", "square", "half"] = "round"
    sign_label: str = ""
    sign_box: Box | None = None
    seal_label: str = ""
    seal_box: Box | None = None
    note: str = ""

    def required_for(self, facts: Mapping[str, str]) -> bool:
        """Tell whether a paper with these facts (see `Form.facts`) needs this block."""
        return self.required if self.when is None else holds(self.when, facts)


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of paper with everything the regulation and the authority say about it.

    `subject` tells whom it is about: a registered student, a person (registered or not), the school, a
    unit. `pages` 0: as many as its rows need. `archive_to` names the files that keep it. `texts` are
    wordings that an edition may replace, as it may `footnotes`. With `checkpoint` the paper bears where the log stood
    when it was printed, as its last footnote.
    Values have flat names everywhere: `rows.3.student_no` is column `student_no` in row 3 of table `rows`.
    """

    name: str
    title: str
    code: int
    kind: Kind
    articles: tuple[int, ...]
    stages: tuple[str, ...]
    size_mm: tuple[float, float]
    archive_class: str
    fields: tuple[Field, ...]
    blocks: tuple[Block, ...]
    folder: Path
    template_hash: str
    subject: Subject = "student"
    pages: int = 1
    copies: int = 1
    copies_for: tuple[str, ...] = ()
    archive_to: tuple[str, ...] = ("student_file", "school_file")
    access: Literal["", "restricted"] = ""
    evidence: tuple[str, ...] = ()
    evidence_if: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    footnotes: tuple[str, ...] = ()
    once_per: tuple[str, ...] = ()
    number_field: str | None = None
    serial_note: str = ""
    series: Mapping[str, str] = dataclasses.field(default_factory=dict)
    checkpoint: bool = False

    def field(self, name: str) -> Field:
        """Give one field, or the column that a flat name stands for; raises KeyError when there is none."""
        head, _, rest = name.partition(".")
        found = next((field for field in self.fields if field.name == head), None) or _absent(name)
        if not rest:
            return found
        if found.type == "map":
            return found
        row, _, column = rest.partition(".")
        return found.column(column) if _is_row(row) else _absent(name)

    def label(self, name: str) -> str:
        """Say in Chinese which value a flat name stands for: 姓名, or 名册第3行姓名."""
        head, _, rest = name.partition(".")
        table = self.field(head)
        if table.type != "table" or not rest:
            return table.label
        return f"{table.label}第{rest.partition('.')[0]}行{self.field(name).label}"

    def block(self, name: str) -> Block:
        """Give one block by its id; raises KeyError when the form has none of this id."""
        return next((block for block in self.blocks if block.id == name), None) or _absent(name)

    @property
    def tables(self) -> tuple[Field, ...]:
        """The fields that are tables."""
        return tuple(field for field in self.fields if field.type == "table")

    def rows(self, data: Mapping[str, str], table: str) -> int:
        """Count the rows of a table in flat data: the highest row that has a value."""
        start = len(table) + 1
        numbers = (name[start:].partition(".")[0] for name in data if name.startswith(f"{table}."))
        return max((int(number) for number in numbers if _is_row(number)), default=0)

    def facts(self, data: Mapping[str, str]) -> dict[str, str]:
        """Give the raw data with `stage` (P J S) added when it follows from the form or from a grade."""
        stage = data.get("stage") or (self.stages[0] if len(self.stages) == 1 else "")
        grades = (data.get(field.name, "")[:1] for field in self.fields if field.code_set == "grade")
        return {**data, "stage": stage or next(grades, "")}

    @property
    def template(self) -> Path:
        """The Word template of this form."""
        return self.folder / TEMPLATE

    @property
    def example(self) -> Path:
        """The example of this form: JSON with `student`, `school` (records), `data` and `authority`."""
        return self.folder / EXAMPLE

    def example_data(self) -> dict[str, str]:
        """Give the flat raw data of the example, each value from where `source` says, or from its `data`.

        Tables stand in the example as lists of objects, maps as objects.
        """
        parts = json.loads(self.example.read_text("utf-8"))
        given = flat(parts["data"])
        found = {
            field.name: given.pop(field.name, "")
            or str(parts.get(field.source, {}).get(field.record or field.name) or "")
            or field.default
            for field in self.fields
        }
        cells = {name: value for name, value in given.items() if "." in name}
        return {name: value for name, value in {**found, **cells}.items() if value}


def flat(data: Mapping[str, Any]) -> dict[str, str]:
    """Give nested values under flat names: `{"rows": [{"no": 1}]}` becomes `{"rows.1.no": "1"}`."""
    return dict(_leaves(data, ""))


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    inner: Any = None
    if isinstance(value, Mapping):
        inner = value.items()
    elif isinstance(value, list | tuple):
        inner = enumerate(value, 1)
    if inner is None:
        yield name, "" if value is None else str(value)
        return
    for key, item in inner:
        yield from _leaves(item, f"{name}.{key}" if name else str(key))


@lru_cache(4096)
def _is_row(text: str) -> bool:
    return text.isascii() and text.isdigit() and text[0] != "0"


def _absent(name: str) -> Any:
    raise KeyError(name)
