"""What a cell means for a field: codes by code or by word, dates however written, numbers that programs spoilt."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from service.regulation.edition import RecordField
from service.spreadsheet.tables import Cell
from templates.codes import CODE_SETS, is_code

IDENTIFIERS = frozenset({"student_no", "id_number", "guardian_id", "school", "local_no", "phone"})
"""Fields of digits that are no quantity, beside those whose type says so."""
IDENTIFIER_TYPES = frozenset({"id_number", "school_code", "mobile", "postcode", "division"})
EXACT_DIGITS = 15
"""A spreadsheet keeps this many digits of a number and puts zeros for the rest."""
ZEROS = {"postcode": 6, "ethnic": 2, "hmt": 2, "political": 2, "health": 2, "entry_way": 2}
"""Type or code set → digits it is written with: a program takes the zeros in front away."""
SERIAL_DAYS = range(61, 73_051)
"""Day numbers of a spreadsheet from March 1900 to the end of 2099."""
WORDS_SHOWN = 8
GRADE_WORDS = dict(
    zip("一二三四五六七八九", ("P1", "P2", "P3", "P4", "P5", "P6", "J1", "J2", "J3"), strict=True)
)
_SENIOR = {"一": "S1", "二": "S2", "三": "S3", "1": "S1", "2": "S2", "3": "S3"}
_GRADE = re.compile(r"(?:小学)?([一二三四五六七八九1-9])年级?|(初|高)(?:中)?([一二三123])(?:年级)?")
_DATE = re.compile(r"(\d{4})([-/.年])(\d{1,2})(?:[-/.月](\d{1,2})日?|月?)(?:[T ].*)?")
_CLASS = re.compile(r"\(?(\d{1,4})\)?班?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+\d+", re.IGNORECASE)
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_AROUND = re.compile(rf"^[\s{_INVISIBLE}]+|[\s{_INVISIBLE}]+$")
_WITHIN = re.compile(f"[{_INVISIBLE}]")
_DOTS = re.compile("[•‧・･●．]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a cell has no value: code, and what to do."""

    code: str
    message: str


FORMULA = Wrong("formula_cell", "是公式，存的值可能与看到的不同；请复制该列，用“选择性粘贴—数值”粘回")
ERROR = Wrong("error_cell", "是表格程序的错误值（如 #N/A）；请改填正确内容")
DIGITS_LOST = Wrong(
    "digits_lost", "长号码被存成了数字，末尾几位已丢失；请先把该列设为“文本”格式，再对照证件重新填写"
)

UNSEEN = Wrong("bad_text", "中间夹有看不见的字符（多从网页或聊天软件复制而来）；请删去整格，重新手工输入")

SPOILT = {"f": FORMULA, "e": ERROR}


def value_of(field: RecordField, cell: Cell, epoch: int = 1900) -> str | Wrong:
    """The text a record keeps for a cell ('' for an empty one), or why there is none.

    Whether the text is legal is not asked here: the rules do that, for every way a record comes in.
    """
    if cell.kind in SPOILT:
        return SPOILT[cell.kind]
    text = _tidy(cell.text)
    if _WITHIN.search(text):
        return UNSEEN
    if field.code_set is not None or field.type == "division":
        return _code(field, text)
    if field.type in {"date", "year_month"}:
        return _day(field.type, cell, text, epoch)
    if field.name in IDENTIFIERS or field.type in IDENTIFIER_TYPES:
        return _identifier(field, cell, text)
    return _plain(field, text)


def _plain(field: RecordField, text: str) -> str:
    if field.name == "name":
        return _name(text)
    if field.name == "class_no" and (found := _CLASS.fullmatch(_half(text))):
        return found.group(1)
    return _half(text) if field.type in {"int", "decimal"} else text


def _tidy(text: str) -> str:
    """Without what nobody sees: blanks around, characters of no width there too, the tab and quote that keep a text a text."""
    text = _AROUND.sub("", text).replace("\u00a0", " ").replace("\r\n", "\n")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.removeprefix("'").removeprefix("`").strip()


def _half(text: str) -> str:
    """In half-width characters, without any blank."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text))


def _name(text: str) -> str:
    """A name without the blanks between Chinese characters, and with the one dot (·) that names are printed with."""
    text = _DOTS.sub("·", text)
    bare = _BLANKS.sub("", text)
    return (
        bare if not any(letter.isascii() and letter.isalpha() for letter in bare) else _BLANKS.sub(" ", text)
    )


def _identifier(field: RecordField, cell: Cell, text: str) -> str | Wrong:
    number = _half(text).upper()
    if cell.kind == "n" and ("E" in number or len(number.lstrip("-")) > EXACT_DIGITS):
        return DIGITS_LOST
    if cell.kind == "s" and _SCIENTIFIC.fullmatch(number):
        return DIGITS_LOST
    return number.zfill(ZEROS[field.type]) if cell.kind == "n" and field.type in ZEROS else number


def _day(kind: str, cell: Cell, text: str, epoch: int) -> str:
    """YYYY-MM-DD or YYYY-MM of a date in any usual spelling; the text itself when it is none."""
    if cell.kind == "n" and "." in text:
        return text  # 2023.1 may be January or October
    bare = text.partition(" ")[0] if ":" in text else _half(text)
    found = text if cell.kind == "d" else _spelt_day(bare, epoch)
    return found[: len("2026-07")] if kind == "year_month" else found


def _spelt_day(text: str, epoch: int) -> str:
    if text.isascii() and text.isdigit():
        if len(text) in {6, 8}:
            return "-".join(filter(None, (text[:4], text[4:6], text[6:])))
        if int(text) in SERIAL_DAYS:
            first = date(1899, 12, 30) if epoch == 1900 else date(1904, 1, 1)
            return (first + timedelta(days=int(text))).isoformat()
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        return text
    year, _, month, day = found.groups()
    return "-".join(part.zfill(2) for part in (year, month, day) if part)


def _code(field: RecordField, text: str) -> str | Wrong:
    """The code that a cell gives by itself, by its word, or by both (1-男)."""
    name = field.code_set or "division"
    given = _half(text)
    padded = given.zfill(ZEROS.get(name, 0)) if given.isdigit() else given.upper()
    for code in (given, padded):
        if is_code(name, code):
            return code
    if name == "grade" and (grade := _grade(given)):
        return grade
    words = _codes(name)
    both = re.match(r"([0-9A-Z]{1,6})[-—_.、:]?(.+)", given)
    guesses = [given, f"{given}族", given.removeprefix("山西省")]
    guesses += [both.group(2)] if both and words.get(both.group(2)) == both.group(1) else []
    for guess in guesses:
        if guess in words:
            return words[guess]
    return Wrong("bad_code", f"不是{field.label}的代码或名称；请填{_choices(name)}")


def _grade(text: str) -> str | None:
    """A grade in a school's words: 初三, 九年级, 高中二年级."""
    found = _GRADE.fullmatch(text)
    if found is None:
        return None
    year, stage, number = found.groups()
    if stage == "高":
        return _SENIOR[number]
    if stage == "初":
        return "J" + _SENIOR[number][1]
    return GRADE_WORDS["一二三四五六七八九"[int(year) - 1]] if year.isdigit() else GRADE_WORDS[year]


@cache
def _codes(name: str) -> Mapping[str, str]:
    return {_half(word): code for code, word in CODE_SETS[name].words.items()}


def _choices(name: str) -> str:
    if name == "division":
        return "6位行政区划代码"
    if CODE_SETS[name].open:
        return "三位字母代码（如 CHN）或已列出的名称"
    words = list(CODE_SETS[name].words.values())
    return "“" + "”“".join(words[:WORDS_SHOWN]) + "”" + ("等" if len(words) > WORDS_SHOWN else "") + "之一"
