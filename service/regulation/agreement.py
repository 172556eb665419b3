"""Whether the numbers of one person agree with each other: 学籍号, 身份证件号, birth date and sex (arts. 11 and 14)."""

from collections.abc import Mapping

from service.errors import Objection
from service.regulation.identity import IdNumber, read_id_number, read_student_no

RESIDENT = "1"
"""Code of the 居民身份证 among the id types; the other papers carry no check character."""


def student_no_objections(student_no: str, record: Mapping[str, str]) -> list[Objection]:
    """Art. 11: one number for life, given by the national system; art. 14: it must not be invented."""
    number = read_student_no(student_no)
    if number is None:
        return [
            Objection(
                "student_no",
                "bad_student_no",
                "学籍号应为 G、J 或 L 加18位，校验码不符；请照全国学籍系统中的号码填写",
                11,
            )
        ]
    inside = read_id_number(number.id_number or "")
    if inside is not None:
        found = _agrees(inside, record)
    elif record.get("birth_date", "") in {"", number.birth.isoformat()}:
        found = []
    else:
        found = [
            Objection("birth_date", "birth_date_differs", "出生日期与学籍号中的不一致；请核对户口簿", 14)
        ]
    given = record.get("id_number", "")
    if number.id_number is not None and given and given != number.id_number:
        found.append(
            Objection(
                "id_number",
                "student_no_differs",
                "身份证号与学籍号（G 后18位）不一致；请核对证件和学籍系统",
                14,
            )
        )
    return found


def id_number_objections(record: Mapping[str, str]) -> list[Objection]:
    """Art. 14: no record on false data; a resident's id number must check, and agree with birth and sex."""
    if record.get("id_type", RESIDENT) != RESIDENT:
        return []
    text = record.get("id_number", "")
    if not text:
        if "id_type" not in record:
            return []
        return [
            Objection(
                "id_number",
                "missing_field",
                "缺少身份证件号（id_number）；没有身份证的请把 id_type 填为 Z",
                11,
            )
        ]
    number = read_id_number(text)
    if number is None:
        return [Objection("id_number", "bad_id_number", "身份证号校验码不符或不是18位；请对照证件重填", 14)]
    return _agrees(number, record)


def _agrees(number: IdNumber, record: Mapping[str, str]) -> list[Objection]:
    found = []
    if record.get("birth_date") and record["birth_date"] != number.birth.isoformat():
        found.append(
            Objection(
                "birth_date", "birth_date_differs", "出生日期与身份证号第7至14位不一致；请对照证件核对", 14
            )
        )
    if record.get("sex") in {"1", "2"} and record["sex"] != number.sex:
        found.append(Objection("sex", "sex_differs", "性别与身份证号第17位不一致；请对照证件核对", 14))
    return found
