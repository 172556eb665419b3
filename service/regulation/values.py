"""Whether single values are legal: dates, months, codes, divisions, length, and characters."""

import re
from collections.abc import Callable, Container, Mapping
from datetime import date

from service.errors import Objection
from service.regulation.identity import is_division, is_school_code, read_id_number, read_student_no
from templates.catalogue import Form
from templates.codes import is_code

YEAR_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
MOBILE = re.compile(r"1[3-9][0-9]{9}")
MAX_TEXT = 500
"""Characters of any value: the longest box of any form holds fewer."""
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)


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
    "year_month": (is_month, "bad_month", "不是有效年月；请按 YYYY-MM 填写"),
    "division": (is_division, "bad_division", "不是6位行政区划代码；请按 GB/T 2260 填写"),
    "school_code": (is_school_code, "bad_school_code", "不是10位学校标识码；请核对后填写"),
    "mobile": (lambda text: MOBILE.fullmatch(text) is not None, "bad_mobile", "不是11位手机号；请核对后填写"),
    "id_number": (
        lambda text: read_id_number(text) is not None,
        "bad_id_number",
        "不是有效的身份证号（校验码不符）；请对照证件重填",
    ),
    "student_no": (
        lambda text: read_student_no(text) is not None,
        "bad_student_no",
        "不是有效的学籍号（校验码不符）；请照全国学籍系统中的号码填写",
    ),
}
"""Type or format → test, code of the objection, what to do."""


def form_objections(form: Form, values: Mapping[str, str], recorded: Container[str]) -> list[Objection]:
    """What is wrong with the values of a form: all by length, and those not `recorded` by type and format.

    A recorded value was examined with its whole record, which knows that an id number may be a passport's.
    """
    found: list[Objection] = []
    for field in form.fields:
        value = values.get(field.name, "")
        if len(value) > field.max:
            message = f"{field.label}（{field.name}）超过 {field.max} 字；请精简"
            found.append(Objection(field.name, "too_long", message))
        elif value and field.name not in recorded:
            kind = field.format if field.format in CHECKS else field.type
            found += value_objections(field.name, field.label, value, str(kind), field.code_set)
    return found


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
