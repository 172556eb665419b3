"""The students that a table would make, each held against the rules, the records, and the other rows."""

from collections.abc import Mapping, Sequence

from service.access import AUTHORITIES, Action, Who, sees
from service.errors import Objection
from service.importing.faults import CellFault
from service.importing.lines import Line, Lines
from service.office.lookups import require
from service.register import closed_objections, double_objections, name_objections
from service.regulation.edition import Edition
from service.regulation.record import lowered_objections, record_objections
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import Student

OWN = frozenset({"student_no", "name", "school", "school_name"})
"""Columns that are no field of the edition's record."""


class Plan:
    """The students that a file would make, held against each other and against the records."""

    def __init__(self, reading: Reading, who: Who, edition: Edition, school: str | None) -> None:
        self.students: list[Student] = []
        self.known = 0
        self.faults: list[CellFault] = []
        self._reading = reading
        self._who = who
        self._edition = edition
        self._school = school
        self._chains: dict[str, list[str]] = {}
        self._seen: dict[tuple[str, str], Line] = {}
        if school is not None:
            require(reading, who, Action.WRITE_STUDENT, school)
        self._units = {unit.code: unit for unit in reading.organizations() if unit.kind == "school"}

    def of(self, found: Lines) -> "Plan":
        """Look at every line; the faults come in the order of the rows."""
        self.faults += found.faults
        numbers = {line.values["id_number"] for line in found.lines if line.values.get("id_number")}
        bearers = self._reading.bearers(numbers) if numbers else {}
        absent: dict[str, Line] = {}
        for line in found.lines:
            faults = [*line.faults, *self._examine(line, bearers)]
            columns = {known.name for known in line.heading.columns.values()}
            for fault in faults:
                if fault.code == "missing_field" and fault.field not in {*columns, "school", None}:
                    absent.setdefault(str(fault.field), line)
                else:
                    self.faults.append(fault)
        self.faults[:0] = [self._missing_column(name, line) for name, line in absent.items()]
        return self

    def _examine(self, line: Line, bearers: Mapping[str, Sequence[str]]) -> list[CellFault]:
        """What the rules say of a line, without repeating what its cells were told already."""
        number = line.values.get("student_no", "")
        before, elsewhere = self._student(number)
        known = {**before.data} if before else {}
        record = {
            field: value
            for field, value in {**known, **line.values}.items()
            if field not in OWN and isinstance(value, str)
        }
        name = line.values.get("name") or known.get("name", "")
        found = [] if number else [Objection("student_no", "missing_field", "缺少学籍号；请补填", 11)]
        found += name_objections(name)
        school, wrong = self._school_of(line, before, elsewhere=elsewhere)
        found += wrong or closed_objections(self._reading, school, None if before is None else before.school)
        found += record_objections(number, record, self._edition) if number else []
        found += lowered_objections(known, record, by_school=self._who.role not in AUTHORITIES)
        found += double_objections(number, bearers.get(record.get("id_number", ""), ()))
        found += self._doubles(line)
        told = {fault.field for fault in line.faults if fault.field}
        faults = [line.fault(item) for item in found if item.field not in told]
        self.known += before is not None
        self.students.append(Student(number, name, school, {"name": name, "school": school, **record}))
        return faults

    def _student(self, number: str) -> tuple[Student | None, bool]:
        """The record of a number as far as it may be told of, and whether a school out of scope has it."""
        try:
            found = self._reading.student(number) if number else None
        except NotFound:
            return None, False
        except OutOfScope:
            return None, True
        if found is None or self._in_scope(found.school):
            return found, False
        return None, True

    def _in_scope(self, school: str) -> bool:
        """Tell whether a record may be told of and built on: of a student out of scope it may not (art. 44)."""
        if school not in self._chains:
            self._chains[school] = self._reading.chain(school)
        return sees(self._who, self._chains[school])

    def _school_of(
        self, line: Line, before: Student | None, *, elsewhere: bool
    ) -> tuple[str, list[Objection]]:
        """The school of a line: its own column, by code or by name, else the one asked for, else the record's.

        `elsewhere` says that the student is on the roll of a school out of scope, and no more of it.
        """
        code, name = line.values.get("school", ""), line.values.get("school_name", "")
        if not code and name:
            code = next((unit.code for unit in self._units.values() if unit.name == name), "")
            if not code:
                return "", [_no_school("school_name", "学校名称未登记；请照登记的全称填写，或改填学校标识码")]
        code = code or self._school or (before.school if before else "")
        if not code:
            message = "缺少学校标识码；请增加这一列，或导入时指明学校"
            return "", [Objection("school", "missing_field", message, 11)]
        moved = elsewhere or (before is not None and before.school != code)
        return code, self._school_objections(code, name, moved=moved)

    def _school_objections(self, code: str, name: str, *, moved: bool) -> list[Objection]:
        """Art. 14: a registered school in scope, and not the one where somebody is on another live roll."""
        unit = self._units.get(code)
        if unit is None:
            return [_no_school("school", "学校标识码未登记；请先登记该校或改正代码")]
        if name and name != unit.name:
            message = "学校名称与学校标识码不是同一所学校；请改正"
            return [Objection("school_name", "school_differs", message, 14)]
        if not self._in_scope(unit.code):
            message = "该校不在管辖范围；请由该校或其主管部门导入"
            return [Objection("school", "out_of_scope", message, 44)]
        if moved:
            message = "该生学籍在另一所学校；请先办理转学，不得直接导入"
            return [Objection("student_no", "on_another_roll", message, 14)]
        return []

    def _doubles(self, line: Line) -> list[Objection]:
        """The same 学籍号 or id number twice in one file (arts. 11 and 14)."""
        found = []
        for field, label in (("student_no", "学籍号"), ("id_number", "身份证件号")):
            value = line.values.get(field, "")
            if not value:
                continue
            first = self._seen.setdefault((field, value), line)
            if first is not line:
                where = f"{first.sheet} 第{first.row}行".strip()
                message = f"{label}与{where}相同；请核对，一人只留一行"
                found.append(Objection(field, "doubled_row", message, 11 if field == "student_no" else 14))
        return found

    def _missing_column(self, name: str, line: Line) -> CellFault:
        field = self._edition.record.get(name)
        label = field.label if field else name
        message = f"缺少“{label}”一列；请增加这一列并填写"
        return CellFault(name, "missing_column", message, 11, line.sheet, line.heading.row, "", label)


def _no_school(field: str, message: str) -> Objection:
    return Objection(field, "unknown_organization", message, 11)
