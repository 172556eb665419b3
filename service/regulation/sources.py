"""Where each value of a paper comes from: the student's record first, then the school, then the request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.errors import Objection
from storage.records import Organization, Photo, Student
from templates.codes import label
from templates.form import NUMBERED, Field, Form

ARTICLE = 14
"""Art. 14: no false data; what a paper says is what the record says."""

CHOSEN = frozenset({"stage"})
"""Fields that follow from the record only when the request is silent: a graduate of junior school may ask
for its 学历证明 while in a senior school."""
WHO = "student_no"
"""The column by which a row of a table names a student."""

Roll = Callable[[str], Mapping[str, str] | None]
"""学籍号 → that student's record as texts by name (see `person`); None for one not in the issuer's scope."""


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


@dataclass(frozen=True, slots=True)
class Completed:
    """Flat data with its rows filled up, the cells that records gave, and where rows and records contradict."""

    data: dict[str, str]
    recorded: frozenset[str]
    objections: tuple[Objection, ...]


def known(
    student: Student | None, school: Organization, papers: Mapping[str, str], photo: Photo | None = None
) -> Known:
    """The records of a student (if any) and of a school or authority as texts by name; `papers` by field."""
    place = {name: value for name, value in school.data.items() if isinstance(value, str) and value}
    here = {**place, "name": school.name, "code": school.code}
    return Known({} if student is None else person(student, photo), here, papers)


def person(student: Student, photo: Photo | None = None) -> dict[str, str]:
    """A student's record as texts by name, with what follows from it; `photo` is the picture's sha256."""
    found = {name: value for name, value in student.data.items() if value}
    grade = found.get("grade", "")
    found |= {"name": student.name, "student_no": student.student_no, "grade_stage": grade[:1]}
    if grade and found.get("class_no"):
        found["grade_class"] = f"{label('grade', grade)}{found['class_no'].removesuffix('班')}班"
    return found if photo is None else {**found, "photo": photo.sha256}


def stage_of(data: Mapping[str, str], grade: str) -> str | None:
    """The stage a paper is about: as it says itself, else that of the student's present grade."""
    return data.get("stage") or grade[:1] or None


def complete(form: Form, data: Mapping[str, str], roll: Roll) -> Completed:
    """Number the rows of every table, and fill up the rows that name a student from that student's record.

    As everywhere a picture only comes from the record: a request may not name any object of the archive.
    """
    values = dict(data)
    recorded: set[str] = set()
    found: list[Objection] = []
    for table in form.tables:
        names = {column.name for column in table.columns}
        for row in range(1, form.rows(data, table.name) + 1):
            start = f"{table.name}.{row}."
            if NUMBERED in names:
                values.setdefault(start + NUMBERED, str(row))
            student = values.get(start + WHO, "") if WHO in names else ""
            cells = _cells(table, roll(student) if student else None)
            for name, value in cells.items():
                if values.setdefault(start + name, value) != value:
                    found.append(_contradiction(form, start + name))
                recorded.add(start + name)
            pictures = {start + column.name for column in table.columns if column.type == "photo"}
            found += [_contradiction(form, name) for name in sorted(pictures & values.keys() - recorded)]
    return Completed(values, frozenset(recorded), tuple(found))


def _cells(table: Field, record: Mapping[str, str] | None) -> dict[str, str]:
    if record is None:
        return {}
    known = {
        column.name: record.get(column.record) or record.get(column.name, "")
        for column in table.columns
        if not column.blank
    }
    return {name: value for name, value in known.items() if value}


def gather(form: Form, records: Known, data: Mapping[str, str]) -> tuple[dict[str, str], list[Objection]]:
    """The raw flat values of a form, and where request and record contradict each other.

    What the record has is taken from the record; the request may repeat it, and gives the rest. A picture only
    comes from the record: it was looked at when it was uploaded.
    """
    values: dict[str, str] = {}
    found: list[Objection] = []
    for field in form.fields:
        if field.type in {"table", "map"}:
            values |= {name: value for name, value in data.items() if name.startswith(f"{field.name}.")}
            continue
        record, asked = records.of(field), data.get(field.name, "")
        if field.name in CHOSEN and asked:
            record = asked
        if asked and asked != record and (record or field.type == "photo"):
            found.append(_contradiction(form, field.name))
        value = record or asked or field.default
        if value:
            values[field.name] = value
    return values, found


def _contradiction(form: Form, name: str) -> Objection:
    message = f"{form.label(name)}（{name}）与登记信息不一致；请先更正登记信息，或删去这一栏"
    return Objection(name, "contradicts_record", message, ARTICLE)


def recorded(form: Form, records: Known) -> frozenset[str]:
    """Names of the fields that the records answer: they were examined when they were registered."""
    return frozenset(field.name for field in form.fields if records.of(field))


def missing(form: Form, values: Mapping[str, str]) -> list[Objection]:
    """Each required field or cell that is still empty; numbers come from the office and are not asked for."""
    found = []
    given = {name.partition(".")[0] for name, value in values.items() if value}
    for field in form.fields:
        if field.required and field.source != "office" and field.name not in given:
            found.append(_missing(form, field.name))
        if field.type == "table":
            found += [_missing(form, name) for name in _empty_cells(form, field, values)]
    return found


def _empty_cells(form: Form, table: Field, values: Mapping[str, str]) -> list[str]:
    needed = [column.name for column in table.columns if column.required and not column.blank]
    rows = range(1, form.rows(values, table.name) + 1)
    names = (f"{table.name}.{row}.{column}" for row in rows for column in needed)
    return [name for name in names if not values.get(name)]


def _missing(form: Form, name: str) -> Objection:
    return Objection(name, "missing_field", f"缺少{form.label(name)}（{name}）；请补填")
