"""The self-checking numbers: 身份证号 (GB 11643), 学籍号, 学校标识码 and 统一社会信用代码 (GB 32100)."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
ID_PATTERN = re.compile(r"[1-9][0-9]{16}[0-9X]")
OLD_ID_PATTERN = re.compile(r"[1-9][0-9]{14}")
STUDENT_NO_PATTERN = re.compile(r"[GJL][0-9]{17}[0-9X]")
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_LENGTH = 18
SCHOOL_PATTERN = re.compile(r"[1-9][0-9]{9}")
DIVISION_PATTERN = re.compile(r"[1-9][0-9]{5}")
POSTCODE_PATTERN = re.compile(r"[0-9]{6}")
MOBILE_PATTERN = re.compile(r"1[3-9][0-9]{9}")
RESIDENT_LOOK = re.compile(r"[0-9]{14,19}[0-9X]?")
"""As long a row of digits as an id number, right or mistyped; no other paper a family member shows has one."""
PAPER_PATTERN = re.compile(r"[0-9A-Z][0-9A-Z()/-]{4,23}")
"""Passports, permits of Hong Kong, Macau and Taiwan, household books: letters and digits without a check."""

Sex = Literal["1", "2"]


@dataclass(frozen=True, slots=True)
class IdNumber:
    """What an id number says of a person: division of first registration, birth date, sex (1 男, 2 女)."""

    division: str
    birth: date
    sex: Sex


@dataclass(frozen=True, slots=True)
class StudentNo:
    """What a 学籍号 says: kind G, J or L, division, birth date, and for kind G the id number in it."""

    kind: Literal["G", "J", "L"]
    division: str
    birth: date
    id_number: str | None


def id_check(digits: str) -> str:
    """The check character of the first 17 digits (GB 11643)."""
    return ID_CHECKS[sum(int(d) * w for d, w in zip(digits, ID_WEIGHTS, strict=True)) % 11]


def read_id_number(text: str) -> IdNumber | None:
    """Read an id number of 18 characters, or of 15 as old alumni have; None when it cannot be one."""
    if OLD_ID_PATTERN.fullmatch(text):
        text = f"{text[:6]}19{text[6:]}"
        text += id_check(text)
    if not ID_PATTERN.fullmatch(text) or id_check(text[:17]) != text[17]:
        return None
    birth = _day(text[6:14])
    if birth is None:
        return None
    return IdNumber(text[:6], birth, "1" if int(text[16]) % 2 else "2")


def is_id_number(text: str) -> bool:
    """Tell whether a text can be the number of somebody's paper: what looks like an id number must check."""
    if RESIDENT_LOOK.fullmatch(text):
        return read_id_number(text) is not None
    return PAPER_PATTERN.fullmatch(text) is not None


def is_paper_number(text: str) -> bool:
    """Tell whether a text can be the number of a passport, a permit or a household book; none has a check."""
    return PAPER_PATTERN.fullmatch(text) is not None


def read_student_no(text: str) -> StudentNo | None:
    """Read a 学籍号: G and an id number; J with the same check; L without any. None when it cannot be one."""
    if not STUDENT_NO_PATTERN.fullmatch(text):
        return None
    body = text[1:]
    birth = _day(body[6:14])
    if birth is None:
        return None
    if text[0] == "L":
        return StudentNo("L", body[:6], birth, None) if body.isdigit() else None
    if id_check(body[:17]) != body[17]:
        return None
    return StudentNo("G", body[:6], birth, body) if text[0] == "G" else StudentNo("J", body[:6], birth, None)


def is_school_code(text: str) -> bool:
    """Tell whether a text is a 学校标识码: kind 2, province 2, order 6; it has no check digit."""
    return SCHOOL_PATTERN.fullmatch(text) is not None


def is_division(text: str) -> bool:
    """Tell whether a text is a 行政区划代码 of 6 digits; withdrawn codes stay valid in old numbers."""
    return DIVISION_PATTERN.fullmatch(text) is not None


def is_postcode(text: str) -> bool:
    """Tell whether a text is a 邮政编码 of 6 digits; those of Shanxi begin with 0."""
    return POSTCODE_PATTERN.fullmatch(text) is not None


def is_mobile(text: str) -> bool:
    """Tell whether a text is a mobile number of 11 digits."""
    return MOBILE_PATTERN.fullmatch(text) is not None


def is_uscc(text: str) -> bool:
    """Tell whether a text is a 统一社会信用代码 with its check character right (GB 32100)."""
    values = [USCC_ALPHABET.find(character) for character in text]
    if len(values) != USCC_LENGTH or min(values) < 0:
        return False
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:-1]))
    return (31 - total % 31) % 31 == values[-1]


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None
