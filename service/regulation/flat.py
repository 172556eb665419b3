"""The border between a request's JSON and the flat texts inside: rows, maps, numbers and booleans come in here."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.errors import Objection
from templates.form import Field, Form

MAX_CELLS = 40_000
"""Values of one paper: a roster of 2,000 pupils with 20 columns."""
MAX_KEY = 60
"""Characters of a name inside a map, such as a subject's."""
LARGEST = 10**15
"""Numbers from here on lose digits on their way through JSON."""


def flatten(form: Form, data: Mapping[str, Any]) -> tuple[dict[str, str], list[Objection]]:
    """The request's values under flat names (row 3 of `rows`: `rows.3.student_no`), and what cannot be one.

    A table is a list of objects, whose members are named like the columns or by their Chinese labels; a map is
    an object. A number is written as a person would, a boolean is 1 or 0, null and empty text are left out.
    Objections name the very cell: unknown_field, not_text, not_table, not_map, too_many_rows, given_twice.
    """
    values: dict[str, str] = {}
    found: list[Objection] = []
    for place, value in _places(form, data):
        if isinstance(value, Objection):
            found.append(value)
            continue
        text = _text(value)
        if text is None:
            message = f"{form.label(place)}（{place}）应为文字、数字或是否；请改正"
            found.append(Objection(place, "not_text", message))
        elif text and values.setdefault(place, text) != text:
            message = f"{form.label(place)}（{place}）填了两次且不一致；请只填一处"
            found.append(Objection(place, "given_twice", message))
    if len(values) > MAX_CELLS:
        return {}, [Objection(None, "too_many_rows", f"内容超过 {MAX_CELLS} 格；请分几份出具")]
    return values, found


def _places(form: Form, data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each leaf with its flat name; in place of a value that cannot stand there, its objection."""
    fields = {field.name: field for field in form.fields}
    for name, value in data.items():
        field = fields.get(name)
        if field is None:
            yield name, _unknown(form, name)
        elif value is None:
            continue
        elif field.type == "table":
            yield from _rows(form, field, value)
        elif field.type == "map":
            yield from _members(field, value)
        else:
            yield name, value


def _rows(form: Form, table: Field, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(map(_is_object, value)):
        message = f"{table.label}（{table.name}）应为若干行，每行按栏目名填写；请改成列表"
        yield table.name, Objection(table.name, "not_table", message)
        return
    if len(value) > table.max_rows:
        message = f"{table.label}（{table.name}）超过 {table.max_rows} 行；请分几份出具"
        yield table.name, Objection(table.name, "too_many_rows", message)
        return
    columns = _by_name(table)
    strange: set[str] = set()
    for number, row in enumerate(value, 1):
        for name, cell in row.items():
            column = columns.get(name)
            if column is None or column.blank:
                if name not in strange:  # said once, not for each of 500 rows
                    yield name, _unknown(form, f"{table.name}.{number}.{name}")
                strange.add(name)
            elif cell is not None:
                yield f"{table.name}.{number}.{column.name}", cell


def _by_name(table: Field) -> dict[str, Field]:
    """The columns by label and by name; a label's explanation in brackets may be left out."""
    columns = {column.label.partition("（")[0]: column for column in table.columns}
    columns |= {column.label: column for column in table.columns}
    return columns | {column.name: column for column in table.columns}


def _members(field: Field, value: Any) -> Iterator[tuple[str, Any]]:
    if not _is_object(value):
        message = f"{field.label}（{field.name}）应按名称逐项填写；请改成对象"
        yield field.name, Objection(field.name, "not_map", message)
        return
    for key, item in value.items():
        if not key or len(key) > MAX_KEY or "." in key or not key.isprintable():
            message = (
                f"{field.label}（{field.name}）中有一项名称不合规；请用 1 至 {MAX_KEY} 字、不含点号的名称"
            )
            yield field.name, Objection(field.name, "not_map", message)
        elif item is not None:
            yield f"{field.name}.{key}", item


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _text(value: Any) -> str | None:
    """A leaf as text; None for what is none: lists, objects, numbers beyond all measure."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= LARGEST:
        return None
    return str(int(value)) if value == int(value) else f"{value:.6f}".rstrip("0").rstrip(".")


def _unknown(form: Form, name: str) -> Objection:
    return Objection(name, "unknown_field", f"表样 {form.name} 没有 {name} 这一栏；请对照表样改正或删去")
