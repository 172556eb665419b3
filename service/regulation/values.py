"""Whether the values of a paper are legal, one by one (dates, codes, numbers, length, characters) and of one person together."""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from datetime import date

from service.errors import Objection
from service.regulation.agreement import RESIDENT, id_number_objections, student_no_objections
from service.regulation.identity import (
    is_division,
    is_id_number,
    is_mobile,
    is_paper_number,
    is_postcode,
    is_school_code,
    is_uscc,
    read_id_number,
    read_student_no,
)
from templates.codes import is_code
from templates.form import Field, Form

YEAR_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
WHOLE, DECIMAL = re.compile(r"0|[1-9][0-9]*"), re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
MAX_TEXT = 500
"""Characters of any value: the longest box of any form holds fewer."""
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
PERSON = ("student_no", "id_type", "id_number", "birth_date", "sex")
"""Fields and columns that say the same person's numbers, wherever they stand side by side."""


def is_day(text: str) -> bool:
    """Tell whether a text is a day as YYYY-MM-DD between 1900 and 2099."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2026-07-01") and EARLIEST <= day <= LATEST


def is_month(text: str) -> bool:
    """Tell whether a text is a month as YYYY-MM."""
    return YEAR_MONTH.fullmatch(text) is not None


CHECKS: Mapping[str, tuple[Callable[[str], bool], str, str]] = {
    "date": (is_day, "bad_date", "不是有效日期；请按 YYYY-MM-DD 填写"),
    "int": (lambda text: WHOLE.fullmatch(text) is not None, "bad_number", "不是整数；请用阿拉伯数字填写"),
    "decimal": (lambda text: DECIMAL.fullmatch(text) is not None, "bad_number", "不是数；请用阿拉伯数字填写"),
    "year_month": (is_month, "bad_month", "不是有效年月；请按 YYYY-MM 填写"),
    "division": (is_division, "bad_division", "不是6位行政区划代码；请按 GB/T 2260 填写"),
    "school_code": (is_school_code, "bad_school_code", "不是10位学校标识码；请核对后填写"),
    "mobile": (is_mobile, "bad_mobile", "不是11位手机号；请核对后填写"),
    "postcode": (is_postcode, "bad_postcode", "不是6位邮政编码；请核对后填写"),
    "uscc": (is_uscc, "bad_uscc", "不是有效的统一社会信用代码（校验码不符）；请照登记证重填"),
    "id_number": (is_id_number, "bad_id_number", "不是有效的身份证号（校验码不符）；请对照证件重填"),
    "resident_id": (
        lambda text: read_id_number(text) is not None,
        "bad_id_number",
        "不是有效的身份证号（校验码不符或不是18位）；请对照证件重填，或改正身份证件类型",
    ),
    "paper_number": (is_paper_number, "bad_id_number", "不是证件号码；请照证件用字母和数字填写，不留空格"),
    "student_no": (
        lambda text: read_student_no(text) is not None,
        "bad_student_no",
        "不是有效的学籍号（校验码不符）；请照全国学籍系统中的号码填写",
    ),
}
"""Type or format → test, code of the objection, what to do."""


def form_objections(form: Form, values: Mapping[str, str], recorded: Container[str]) -> list[Objection]:
    """What is wrong with the flat values of a form: all by length, and those not `recorded` by type and format.

    A recorded value was examined with its whole record, which knows that an id number may be a passport's.
    """
    found: list[Objection] = []
    facts = form.facts(values)
    for name, value in values.items():
        field = form.field(name)
        if len(value) > field.max:
            message = f"{form.label(name)}（{name}）超过 {field.max} 字；请精简"
            found.append(Objection(name, "too_long", message))
        elif value and name not in recorded:
            kind = _kind(field, name, values)
            found += value_objections(name, form.label(name), value, kind, field.codes(facts))
    return found + person_objections(values, recorded)


def _kind(field: Field, name: str, values: Mapping[str, str]) -> str:
    """What a value is examined as; the number of a paper by the type of paper named beside it."""
    if field.format == "id_number":
        base = name.removesuffix("_number")
        beside = values.get(f"{base}_type")
        if beside:
            return "resident_id" if beside == RESIDENT else "paper_number"
    return str(field.format if field.format in CHECKS else field.type)


def person_objections(values: Mapping[str, str], recorded: Container[str]) -> list[Objection]:
    """Arts. 11 and 14: where a paper says a person's numbers side by side, in a row too, they agree.

    People whose every number comes from the record were examined with it.
    """
    people: dict[str, dict[str, str]] = {}
    for name, value in values.items():
        place, _, field = name.rpartition(".")
        if field in PERSON:
            people.setdefault(place, {})[field] = value
    return [
        replace(objection, field=f"{place}.{objection.field}" if place else objection.field)
        for place, person in people.items()
        if any((f"{place}.{field}" if place else field) not in recorded for field in person)
        for objection in _disagreements(person)
    ]


def _disagreements(person: Mapping[str, str]) -> list[Objection]:
    """What two numbers of one person say differently; whether each is legal by itself is told elsewhere."""
    found = student_no_objections(person["student_no"], person) if person.get("student_no") else []
    if person.get("id_number") or person.get("id_type"):
        found += id_number_objections({"id_type": RESIDENT, **person})
    seen = {(item.field, item.code): item for item in found if not item.code.startswith("bad_")}
    return list(seen.values())


def value_objections(name: str, label: str, value: str, kind: str, code_set: str | None) -> list[Objection]:
    """What is wrong with one value; `kind` is a field's type or format, `code_set` the set of its codes."""
    plain = value.replace("\n", "") if kind == "text" else value
    if not plain.isprintable() or len(value) > MAX_TEXT or value != value.strip():
        return [
            Objection(
                name,
                "bad_text",
                f"{label}（{name}）含有首尾空格、不该有的换行或不可打印字符，或超过{MAX_TEXT}字；请删改",
            )
        ]
    if code_set is not None:
        if is_code(code_set, value):
            return []
        return [Objection(name, "bad_code", f"{label}（{name}）不是代码集 {code_set} 中的代码；请改填代码")]
    if kind not in CHECKS:
        return []
    test, code, advice = CHECKS[kind]
    return [] if test(value) else [Objection(name, code, f"{label}（{name}）{advice}")]
