"""Where each value of a paper comes from: the student's record first, then the school, then the request."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import Objection
from storage.records import Organization, Student
from templates.catalogue import Field, Form
from templates.codes import label

ARTICLE = 14
"""Art. 14: no false data; what a paper says is what the record says."""

CHOSEN = frozenset({"stage"})
"""Fields that follow from the record only when the request is silent: a graduate of junior school may ask
for its 学历证明 while in a senior school."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the two records and the student's earlier papers say, by the names that form.toml may use."""

    student: Mapping[str, str]
    school: Mapping[str, str]
    papers: Mapping[str, str]

    def of(self, field: Field) -> str:
        """What an earlier paper, or the record a field is taken from, says; empty when they say nothing."""
        record = {"student": self.student, "school": self.school}.get(field.source, {})
        return self.papers.get(field.name) or record.get(field.record) or record.get(field.name, "")


def known(student: Student, school: Organization, papers: Mapping[str, str]) -> Known:
    """The records of a student and of the student's school as texts by name; `papers` by field name."""
    person = {name: value for name, value in student.data.items() if value}
    grade = person.get("grade", "")
    person |= {"name": student.name, "student_no": student.student_no, "grade_stage": grade[:1]}
    if grade and person.get("class_no"):
        person["grade_class"] = f"{label('grade', grade)}{person['class_no'].removesuffix('班')}班"
    place = {name: value for name, value in school.data.items() if isinstance(value, str) and value}
    return Known(person, {**place, "name": school.name, "code": school.code}, papers)


def stage_of(data: Mapping[str, str], grade: str) -> str | None:
    """The stage a paper is about: as it says itself, else that of the student's present grade."""
    return data.get("stage") or grade[:1] or None


def unknown(form: Form, data: Mapping[str, str]) -> list[Objection]:
    """Each member of the request that the form does not have, by name."""
    names = {field.name for field in form.fields}
    return [
        Objection(name, "unknown_field", f"表样 {form.name} 没有 {name} 这一栏；请对照表样改正或删去")
        for name in data
        if name not in names
    ]


def gather(form: Form, records: Known, data: Mapping[str, str]) -> tuple[dict[str, str], list[Objection]]:
    """The raw values of a form, and where request and record contradict each other.

    What the record has is taken from the record; the request may repeat it, and gives the rest.
    """
    values: dict[str, str] = {}
    found: list[Objection] = []
    for field in form.fields:
        record, asked = records.of(field), data.get(field.name, "")
        if field.name in CHOSEN and asked:
            record = asked
        if record and asked and asked != record:
            found.append(
                Objection(
                    field.name,
                    "contradicts_record",
                    f"{field.label}（{field.name}）与登记信息不一致；请先更正登记信息，或删去这一栏",
                    ARTICLE,
                )
            )
        value = record or asked or field.default
        if value:
            values[field.name] = value
    return values, found


def recorded(form: Form, records: Known) -> frozenset[str]:
    """Names of the fields that the records answer: they were examined when they were registered."""
    return frozenset(field.name for field in form.fields if records.of(field))


def missing(form: Form, values: Mapping[str, str]) -> list[Objection]:
    """Each required field that is still empty; numbers come from the office and are not asked for."""
    return [
        Objection(field.name, "missing_field", f"缺少{field.label}（{field.name}）；请补填")
        for field in form.fields
        if field.required and field.source != "office" and not values.get(field.name)
    ]
