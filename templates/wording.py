"""Turns raw values (codes, ISO dates) into the words that are printed on a form or a certificate."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from templates.codes import is_code, label
from templates.errors import ValueRefused
from templates.form import NUMBERED, Field, Form

_DIGITS = "〇一二三四五六七八九"
_YEAR_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INT = re.compile(r"0|[1-9][0-9]*")
_DECIMAL = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")


def printed(form: Form, data: Mapping[str, str]) -> dict[str, str]:
    """Give the printed text of every printed field of the form, by flat name; a missing optional one is ''.

    `data` holds raw values: codes, dates as 2026-07-01, months as 2026-07. Certificates write dates in
    Chinese numerals, forms in digits, cells of tables as they are. Of a table only cells with a text are
    given, its rows counted in column `no`; photos are pictures, not texts. Raises ValueRefused for a
    missing required field, an unknown code, a number or date that is none, and too many rows.
    """
    texts: dict[str, str] = {}
    for field in form.fields:
        if field.type == "table":
            texts.update(_cells(form, field, data))
        elif field.printed:
            text = _printed(form, field, field.name, data)
            texts.update({} if field.type == "photo" else {field.name: text})
    if form.number_field and form.series:
        texts[form.number_field] = _with_series(form, texts[form.number_field], data)
    return texts


def copies_note(form: Form) -> str:
    """Say how many copies a paper has and for whom; '' when there is one: 一式2份，学校、学生各一份."""
    whom = f"，{'、'.join(form.copies_for)}各一份" if form.copies_for else ""
    return f"一式{form.copies}份{whom}" if form.copies > 1 else ""


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


def _cells(form: Form, table: Field, data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    rows = form.rows(data, table.name)
    if table.required and not rows:
        raise ValueRefused(table.name, f"“{table.label}”至少要有一行")
    if rows > table.max_rows:
        raise ValueRefused(table.name, f"“{table.label}”最多 {table.max_rows} 行，现有 {rows} 行；请分份办理")
    columns = [column for column in table.columns if column.printed and not column.blank]
    for row in range(1, rows + 1):
        for column in columns:
            name = f"{table.name}.{row}.{column.name}"
            text = _printed(form, column, name, data)
            if not text and column.name == NUMBERED:
                text = str(row)
            if text and column.type != "photo":
                yield name, text


def _printed(form: Form, field: Field, name: str, data: Mapping[str, str]) -> str:
    value = data.get(name, "")
    if not value:
        if field.required:
            raise ValueRefused(name, f"“{form.label(name)}”是必填项，没有内容")
        return ""
    if field.type == "code":
        return _words(form, field, name, data)
    if field.type == "date":
        return _day(form, name, value)
    if field.type == "year_month":
        return _month(form, name, value)
    if field.type in {"int", "decimal"}:
        return _number(form, field, name, value)
    return value


def _words(form: Form, field: Field, name: str, data: Mapping[str, str]) -> str:
    code = data[name]
    if code in field.words:
        return field.words[code]
    code_set = field.codes(form.facts(data)) if field.code_set_if else field.code_set
    if code_set is None or not is_code(code_set, code):
        raise ValueRefused(name, f"“{form.label(name)}”的代码不在代码表中")
    words = label(code_set, code)
    if code_set == "division" and words != code:
        return f"{code} {words}"
    return words


def _day(form: Form, name: str, value: str) -> str:
    try:
        day = date.fromisoformat(value) if _DATE.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueRefused(name, f"“{form.label(name)}”须是真实的日期，写作 2026-07-01")
    if "." in name:
        return value  # thirteen columns leave no room for 年月日
    return chinese_date(day) if form.kind == "certificate" else f"{day.year}年{day.month}月{day.day}日"


def _month(form: Form, name: str, value: str) -> str:
    found = _YEAR_MONTH.fullmatch(value)
    if not found:
        raise ValueRefused(name, f"“{form.label(name)}”须是年月，写作 2023-09")
    if "." in name:
        return value
    year, month = int(found[1]), int(found[2])
    return chinese_month(year, month) if form.kind == "certificate" else f"{year}年{month}月"


def _number(form: Form, field: Field, name: str, value: str) -> str:
    whole = field.type == "int"
    if not (_INT if whole else _DECIMAL).fullmatch(value) or len(value) > field.max:
        how = "整数" if whole else "数"
        raise ValueRefused(
            name, f"“{form.label(name)}”须是不超过 {field.max} 位的{how}，如 {12 if whole else 1.5}"
        )
    return value


def _with_series(form: Form, number: str, data: Mapping[str, str]) -> str:
    """Put the series before a bare number; one that already says 字第 was written out by its block."""
    series = form.series.get(form.facts(data)["stage"], "")
    return number if "字第" in number or not number else f"{series}字第{number}号"
