"""Turns raw values (codes, ISO dates) into the words that are printed on a form or a certificate."""

import re
from collections.abc import Mapping
from datetime import date

from templates.catalogue import Field, Form
from templates.codes import is_code, label
from templates.errors import ValueRefused

_DIGITS = "〇一二三四五六七八九"
_YEAR_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def printed(form: Form, data: Mapping[str, str]) -> dict[str, str]:
    """Give the printed text of every printed field of the form, by name; a missing optional one is ''.

    `data` holds raw values: codes, dates as 2026-07-01, months as 2026-07. Certificates write dates in
    Chinese numerals, forms in digits. Raises ValueRefused for a missing required field, an unknown code
    and a date that does not exist.
    """
    texts = {field.name: _printed(form, field, data) for field in form.fields if field.printed}
    if form.number_field and form.series:
        texts[form.number_field] = _with_series(form, texts[form.number_field], data)
    return texts


def asides(form: Form, data: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Give what a template may use besides the marked values: `raw` for conditions, `plain` for repeats.

    `{% if raw.stage == 'S' %}` asks for a code; `{{ plain.paper_no }}` prints a value once more where it is
    not to be compared on the scan, such as under the seal over the cut line.
    """
    raw = {field.name: data.get(field.name, "") for field in form.fields}
    return {"raw": {**raw, "stage": form.facts(data)["stage"]}, "plain": printed(form, data)}


def chinese_date(day: date) -> str:
    """Write a day as certificates do: 二〇二六年七月一日 (the zero is 〇, U+3007)."""
    return f"{chinese_month(day.year, day.month)}{chinese_number(day.day)}日"


def chinese_month(year: int, month: int) -> str:
    """Write a month as certificates do: 二〇二三年九月."""
    return f"{''.join(_DIGITS[int(digit)] for digit in f'{year:04d}')}年{chinese_number(month)}月"


def chinese_number(number: int) -> str:
    """Write a number from 1 to 99 in words: 十, 十一, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    return (_DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (_DIGITS[ones] if ones else "")


def _printed(form: Form, field: Field, data: Mapping[str, str]) -> str:
    value = data.get(field.name, "")
    if not value:
        if field.required:
            raise ValueRefused(field.name, f"“{field.label}”是必填项，没有内容")
        return ""
    if field.type == "code":
        return _words(field, value)
    if field.type == "date":
        return _day(form, field, value)
    if field.type == "year_month":
        return _month(form, field, value)
    return value


def _words(field: Field, code: str) -> str:
    if code in field.words:
        return field.words[code]
    if field.code_set is None or not is_code(field.code_set, code):
        raise ValueRefused(field.name, f"“{field.label}”的代码不在代码表中")
    words = label(field.code_set, code)
    if field.code_set == "division" and words != code:
        return f"{code} {words}"
    return words


def _day(form: Form, field: Field, value: str) -> str:
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueRefused(field.name, f"“{field.label}”须是真实的日期，写作 2026-07-01")
    return chinese_date(day) if form.kind == "certificate" else f"{day.year}年{day.month}月{day.day}日"


def _month(form: Form, field: Field, value: str) -> str:
    found = _YEAR_MONTH.fullmatch(value)
    if not found:
        raise ValueRefused(field.name, f"“{field.label}”须是年月，写作 2023-09")
    year, month = int(found[1]), int(found[2])
    return chinese_month(year, month) if form.kind == "certificate" else f"{year}年{month}月"


def _with_series(form: Form, number: str, data: Mapping[str, str]) -> str:
    """Put the series before a bare number; one that already says 字第 was written out by its block."""
    series = form.series.get(form.facts(data)["stage"], "")
    return number if "字第" in number or not number else f"{series}字第{number}号"
