"""Gives the longest legal value of every field of a form: the widest text that the rules let through."""

from collections.abc import Iterator, Mapping

from templates.codes import CODE_SETS
from templates.form import Field, Form

_WIDE = "翡疆麟璧瀛霭馥曦懿蠡"  # as wide as any hanzi, and dense ones
_ADDRESS = "山西省长治市黎城县上遥镇东阳关第二九年一贯制寄宿学校幸福花园小区"
_TOGETHER = 4  # fields tried in one print: one print instead of four, and seldom too much together
_NUMBER = "长治黎城教证字〔2027〕第"  # a block may be written out: any pattern the bureau uses
_LATEST = "2027-12-31"  # 二〇二七年十二月三十一日: no day is written longer
_PATTERNS: Mapping[str, str] = {
    "student_no": "G140499201104120011",
    "id_number": "14049919900101004X",
    "mobile": "13800000000",
    "postcode": "046000",
    "uscc": "12140426MB0000000X",
    "school_code": "3414000789",
    "year_month": "2027-12",
}


Case = tuple[str, dict[str, str]]
"""A field's name (a column's is `rows.name`), and the flat values that make it longest."""


def longest(form: Form, name: str) -> str:
    """Give the longest legal raw value of a field or, by a flat name such as `rows.1.name`, of a cell.

    Texts are as many wide hanzi as `max` allows, codes those with the longest words, dates the longest day.
    A photo, a map and a table have none: ''.
    """
    field = form.field(name)
    if field.type == "code":
        return _longest_code(field)
    if field.type in {"date", "year_month"}:
        return _LATEST if field.type == "date" else _LATEST[:7]
    if field.type == "int":
        return "8" * field.max
    if field.type == "decimal":
        return "8" * max(1, field.max - 2) + ".8" * (field.max > 2)
    if field.type in {"photo", "map", "table"}:
        return ""
    return _text(field)


def groups(form: Form) -> list[list[Case]]:
    """Deal the cases of a form into small groups of fields that stand far from one another on the paper."""
    listed = list(cases(form))
    step = max(1, -(-len(listed) // _TOGETHER))
    return [listed[first::step] for first in range(step)] if listed else []


def cases(form: Form) -> Iterator[Case]:
    """Give each printed field (each column of a table, in one row) with the values that make it longest.

    The name is the field's, a column's is `rows.name`; fields that only the office numbers are included.
    """
    for field in form.fields:
        if field.type == "table":
            for column in field.columns:
                name = f"{field.name}.1.{column.name}"
                if column.printed and not column.blank and (value := longest(form, name)):
                    yield f"{field.name}.{column.name}", {name: value}
        elif field.printed and (value := longest(form, field.name)):
            yield field.name, {field.name: value}


def _longest_code(field: Field) -> str:
    words = dict(field.words) or dict(CODE_SETS[field.code_set or ""].words)
    return max(words, key=lambda code: (_width(words[code]), code))


def _width(text: str) -> float:
    return sum(1.0 if ord(char) > 0xFF else 0.5 for char in text)  # Latin letters are half as wide


def _text(field: Field) -> str:
    pattern = _PATTERNS.get(field.format or "")
    if pattern:
        return pattern[: field.max]
    if field.format in {"certificate_no", "paper_no"}:
        return _NUMBER[: field.max - 1].ljust(field.max - 1, "8") + "号"
    source = _ADDRESS if field.type == "text" or field.max > 50 else _WIDE
    return (source * (field.max // len(source) + 1))[: field.max]
