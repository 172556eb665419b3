"""A student's record: complete, legal, and in agreement with its own numbers (arts. 11 and 14)."""

from collections.abc import Mapping
from typing import Any

from service.errors import Objection
from service.regulation.agreement import id_number_objections, student_no_objections
from service.regulation.edition import Edition
from service.regulation.values import value_objections
from templates.codes import CODE_SETS

ORDER = tuple(CODE_SETS["grade"].words)
"""The grades from the lowest to the highest."""


def record_objections(student_no: str, record: Mapping[str, str], edition: Edition) -> list[Objection]:
    """Everything that is wrong with a record (values by catalogue name, without name and school)."""
    found = _fields(record, edition)
    found += student_no_objections(student_no, record)
    found += id_number_objections(record)
    return list({(item.field, item.code): item for item in reversed(found)}.values())[::-1]


def _fields(record: Mapping[str, str], edition: Edition) -> list[Objection]:
    found = [
        Objection(name, "unknown_field", f"学生信息没有 {name} 这一项；请对照附件6的栏目名称改正或删去")
        for name in record
        if edition.record_field(name) is None
    ]
    members = {name: edition.record_field(name) for name in record if name not in edition.record}
    for name, field in {**edition.record, **members}.items():
        value = record.get(name, "")
        if field is not None and value:
            found += value_objections(name, field.label, value, field.type, field.code_set)
        elif field is not None and field.required:
            found.append(Objection(name, "missing_field", f"缺少{field.label}（{name}）；请补填", 11))
    return found


def flat_record(body: Mapping[str, Any], edition: Edition) -> dict[str, Any]:
    """A record as it comes, its maps laid flat (`exam_grades.语文`) and its whole numbers written as texts.

    What is neither stays as it is, to be refused by name.
    """
    flat: dict[str, Any] = {}
    for name, value in body.items():
        kind = edition.record[name].type if name in edition.record else ""
        if kind == "map" and isinstance(value, Mapping):
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        elif kind == "int" and isinstance(value, int) and not isinstance(value, bool):
            flat[name] = str(value)
        else:
            flat[name] = value
    return flat


def nested_record(record: Mapping[str, str]) -> dict[str, Any]:
    """A flat record as it is told: maps whole again."""
    told: dict[str, Any] = {}
    for name, value in record.items():
        head, dot, key = name.partition(".")
        if dot:
            told.setdefault(head, {})[key] = value
        else:
            told[name] = value
    return told


def lowered_objections(
    before: Mapping[str, str], record: Mapping[str, str], *, by_school: bool
) -> list[Objection]:
    """Art. 23 (A23-1): nobody repeats a year; a school lowers no grade but of who was suspended (art. 24).

    An authority may, to correct a wrong entry.
    """
    old, new = before.get("grade", ""), record.get("grade", "")
    suspended = "suspended" in {before.get("roll_status"), record.get("roll_status")}
    if (
        not by_school
        or suspended
        or old not in ORDER
        or new not in ORDER
        or ORDER.index(new) >= ORDER.index(old)
    ):
        return []
    message = "不允许留级，年级不能改低；确属登记有误的，请报主管教育行政部门更正（grade）"
    return [Objection("grade", "grade_lowered", message, 23)]
