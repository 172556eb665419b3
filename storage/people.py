"""Organizations and students: the only rows that describe the present and may therefore change."""

from dataclasses import asdict

from sqlalchemy import bindparam, select

from storage.errors import NotFound
from storage.records import Organization, Student
from storage.session import Session, select_record
from storage.tables import organizations, students

MAX_DEPTH = 8
"""City, county, school make three; a longer chain of parents is a ring."""

_organization = select_record(organizations, Organization).where(organizations.c.code == bindparam("code"))
_parent = select(organizations.c.parent).where(organizations.c.code == bindparam("code"))
_student = select_record(students, Student).where(students.c.student_no == bindparam("student_no"))


class ReadsPeople(Session):
    """Looks up organizations and students."""

    def organization(self, code: str) -> Organization:
        """Look one up; NotFound when it is not registered."""
        return Organization(*self._one("organization", _organization, {"code": code}))

    def organizations(self) -> list[Organization]:
        """List all, by code."""
        every = select_record(organizations, Organization).order_by(organizations.c.code)
        return [Organization(*row) for row in self._rows("organization", every)]

    def chain(self, code: str) -> list[str]:
        """List an organization and what it lies under: [code, parent, …]; NotFound when it is not registered."""
        found: list[str] = []
        above: str | None = code
        while above is not None and len(found) < MAX_DEPTH:
            found.append(above)
            above = self._one("organization", _parent, {"code": above})[0]
        return found

    def student(self, student_no: str) -> Student:
        """Look one up; NotFound when there is none."""
        return Student(*self._one("student", _student, {"student_no": student_no}))

    def students(self, school: str) -> list[Student]:
        """List a school's students, by student_no."""
        of_school = select_record(students, Student).where(students.c.school == school)
        return [Student(*row) for row in self._rows("student", of_school.order_by(students.c.student_no))]


class WritesPeople(ReadsPeople):
    """Registers organizations and students, or brings them up to date."""

    def put_organization(self, organization: Organization) -> None:
        """Write it new or over what was there; NotFound when its parent is missing or would be itself."""
        parent = organization.parent
        if parent is not None and organization.code in self.chain(parent):
            raise NotFound("reference")
        values = {**asdict(organization), "updated_at": self._now()}
        change = organizations.update().where(organizations.c.code == organization.code)
        if not self._do("organization", change.values(values)):
            self._insert("organization", organizations, values)

    def put_student(self, student: Student) -> None:
        """Write it new or over what was there; NotFound when the school is not registered."""
        values = {**asdict(student), "updated_at": self._now()}
        change = students.update().where(students.c.student_no == student.student_no)
        if not self._do("student", change.values(values)):
            self._insert("student", students, values)
