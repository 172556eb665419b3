"""The JSON Schema of a form's `data`: enough to draw an input form from, in the order and the words of the paper."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from service.errors import article_name
from service.issue.compiling import COMPILERS
from service.regulation.edition import Edition
from templates.codes import CODE_SETS, CodeSet
from templates.form import NUMBERED, Field, Form

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
WHO: Final = "student_no"
"""The column by which a row names a student; what the record has of that student may then be left out."""
FOLLOWING: Final = frozenset({"head_count", "closing", "no_range", "from_unit"})
"""Fields and columns that follow from a register's rows or its unit when the request leaves them out."""
SUMS: Final = frozenset({"totals"})
"""Tables of sums, whose every cell follows from the rows."""
MONTH: Final = r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"
TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "date": {
        "type": "string",
        "format": "date",
        "pattern": r"^(19|20)\d{2}-\d{2}-\d{2}$",
        "examples": ["2026-07-01"],
    },
    "year_month": {"type": "string", "pattern": MONTH, "examples": ["2023-09"]},
    "int": {"type": ["integer", "string"], "minimum": 0, "pattern": r"^(0|[1-9]\d*)$"},
    "decimal": {"type": ["number", "string"], "minimum": 0, "pattern": r"^(0|[1-9]\d*)(\.\d+)?$"},
    "photo": {"type": "string", "contentMediaType": "image/jpeg", "pattern": "^[0-9a-f]{64}$"},
}
FORMATS: Final[Mapping[str, Mapping[str, Any]]] = {
    "student_no": {"pattern": r"^[GJL]\d{17}[\dX]$", "examples": ["G140499201104120011"]},
    "id_number": {"pattern": r"^[0-9A-Z()/-]{5,25}$"},
    "school_code": {"pattern": r"^[1-9]\d{9}$", "examples": ["3114000123"]},
    "division": {"pattern": r"^[1-9]\d{5}$", "examples": ["140426"]},
    "mobile": {"pattern": r"^1[3-9]\d{9}$"},
    "postcode": {"pattern": r"^\d{6}$"},
    "uscc": {"pattern": "^[0-9A-HJ-NPQRTUWXY]{18}$"},
}
SOURCES: Final = {
    "student": "取自学生记录，不必填",
    "school": "取自学校记录，不必填",
    "office": "由号段给出，没有号段时才填",
}
ARTICLES: Final = {
    "student_no": 11,
    "id_number": 14,
    "photo": 12,
    "certificate_no": 34,
    "paper_no": 37,
    "original_no": 38,
}
"""Fields that an article of the regulation asks for by name, on whatever form; a field's note may name others."""
_CITED = re.compile(r"第([一二三四五]?十?[一二三四五六七八九]?)条")
_NUMBERS: Final = {article_name(number): number for number in range(1, 51)}


def schema(form: Form, edition: Edition, example: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a request's `data`; what the record gives may be left out.

    Beyond the standard: `x-order` (place among the fields), `x-group`, `x-source` (student, school, data, office),
    `x-record` (its name in that record), `x-article`, `x-sensitive`, `x-format`, `x-item` (the number printed before it),
    `x-code-set`, `x-code-set-if` (which set counts when), `x-key` (compared on a scan). `x-groups` on the whole lists the sections.
    """
    groups: dict[str, list[str]] = {}
    properties = {}
    for order, field in enumerate(form.fields, 1):
        group = _group(field)
        groups.setdefault(group, []).append(field.name)
        properties[field.name] = {**_property(field, edition), "x-order": order, "x-group": group}
        if field.type == "table" and _asked(form, field):
            properties[field.name]["minItems"] = 1
    found = {
        "$schema": DIALECT,
        "title": edition.paper(form).title,
        "type": "object",
        "additionalProperties": False,
        "required": [field.name for field in form.fields if _asked(form, field)],
        "properties": properties,
        "x-groups": [{"title": title, "fields": fields} for title, fields in groups.items()],
    }
    return {**found, "examples": [example]} if example else found


def example_of(form: Form) -> dict[str, Any]:
    """The data that a request for the form's example would carry: what no record gives."""
    raw: dict[str, Any] = json.loads(form.example.read_text("utf-8"))["data"]
    return raw


def _asked(form: Form, field: Field) -> bool:
    """Tell whether a request must have it: nothing else gives it."""
    if not field.required or field.default or field.source != "data" or field.type == "photo":
        return False
    return field.name not in FOLLOWING and not (form.name in COMPILERS and field.type == "table")


def _group(field: Field) -> str:
    """The section a field is drawn in."""
    if field.type in {"table", "map"}:
        return field.label
    if field.name.startswith("guardian_"):
        return "监护人"
    return {"student": "学生", "school": "学校", "office": "编号"}.get(field.source, "本表内容")


def _property(field: Field, edition: Edition) -> dict[str, Any]:
    found = {"title": field.label, **_shape(field, edition), "x-source": field.source}
    notes = [field.note.rstrip("。"), SOURCES.get(field.source, "")]
    if any(notes):
        found["description"] = "；".join(filter(None, notes))
    if field.default:
        found["default"] = field.default
    if field.source in {"student", "school"}:
        found["x-record"] = field.record or field.name
    return found | _marks(field)


def _marks(field: Field) -> dict[str, Any]:
    """What a drawn form may show of a field beside its value's shape; only what is so is said."""
    article = _article(field)
    marks = {
        "x-article": article_name(article) if article else None,
        "x-sensitive": field.sensitive or None,
        "x-key": field.key or None,
        "x-format": field.format,
        "x-code-set": field.code_set,
        "x-code-set-if": dict(field.code_set_if) or None,
        "x-item": field.item or None,
        "x-not-printed": not field.printed or None,
    }
    return {name: value for name, value in marks.items() if value is not None}


def _article(field: Field) -> int | None:
    cited = (found.group(0) for found in _CITED.finditer(field.note))
    return next((_NUMBERS[name] for name in cited if name in _NUMBERS), None) or ARTICLES.get(field.name)


def _shape(field: Field, edition: Edition) -> dict[str, Any]:
    if field.type == "table":
        return _table(field, edition)
    if field.type == "map":
        codes = _codes(field, CODE_SETS[field.code_set]) if field.code_set else None
        member = codes or {"type": ["string", "integer"], "maxLength": field.max}
        return {"type": "object", "propertyNames": {"maxLength": 60}, "additionalProperties": member}
    if field.code_set is not None:
        return _codes_by_case(field) if field.code_set_if else _codes(field, CODE_SETS[field.code_set])
    found = {
        **TYPES.get(field.type, {"type": "string", "maxLength": field.max}),
        **FORMATS.get(field.format or "", {}),
    }
    return {**found, "x-lines": "many"} if field.type == "text" else found


def _codes(field: Field, code_set: CodeSet) -> dict[str, Any]:
    """The codes of the field, in the set's own words: a paper's may be shorter, as in 在本校高中."""
    words = [
        {"const": code, "title": code_set.words.get(code, word)}
        for code, word in (field.words or code_set.words).items()
    ]
    if not code_set.open:
        return {"type": "string", "oneOf": words}
    pattern = FORMATS.get(code_set.name, {"pattern": "^[A-Z]{3}$"})["pattern"]
    return {"type": "string", "anyOf": [*words, {"pattern": pattern, "title": "其他代码"}]}


def _codes_by_case(field: Field) -> dict[str, Any]:
    """The codes under each condition (`x-when`, in the condition language of form.toml), then those otherwise."""
    assert field.code_set is not None
    cases = [
        {**_codes(field, CODE_SETS[name]), "x-when": condition, "x-code-set": name}
        for condition, name in field.code_set_if.items()
    ]
    return {"type": "string", "anyOf": [*cases, _codes(field, CODE_SETS[field.code_set])]}


def _asked_in_row(table: Field, column: Field) -> bool:
    """Tell whether a row must have it, unless the record of the student it names has it."""
    counted = table.name in SUMS or column.name in {*FOLLOWING, NUMBERED}
    return column.required and not counted and not column.default and column.type != "photo"


def _table(field: Field, edition: Edition) -> dict[str, Any]:
    """A list of objects, one for each row; where a row names a student, the record gives what it has."""
    written = [column for column in field.columns if not column.blank]
    by_student = any(column.name == WHO for column in written)
    own = {"name", *edition.record}
    given = {
        column.name
        for column in written
        if by_student and column.name != WHO and {column.name, column.record} & own
    }
    properties = {}
    for order, column in enumerate(written, 1):
        properties[column.name] = {
            "title": column.label,
            **_shape(column, edition),
            **_marks(column),
            "x-order": order,
        }
        if column.name in given:
            properties[column.name]["x-from"] = WHO
        if column.note:
            properties[column.name]["description"] = column.note
    needed = [column.name for column in written if _asked_in_row(field, column)]
    rows: dict[str, Any] = {"required": [name for name in needed if name not in given]}
    if given & set(needed):
        rows["anyOf"] = [{"required": [WHO]}, {"required": needed}]
    blank = [column.label for column in field.columns if column.blank]
    return {
        "type": "array",
        "maxItems": field.max_rows,
        "items": {"type": "object", "additionalProperties": False, **rows, "properties": properties},
        **({"x-by-hand": blank} if blank else {}),
        **({"x-printed-rows": field.min_rows} if field.min_rows else {}),
    }
