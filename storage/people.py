"""Organizations and students, which describe the present and may therefore change; students' photos, which only follow one another."""

from collections.abc import Collection
from dataclasses import asdict, replace

from sqlalchemy import bindparam, select

from storage.errors import NotFound
from storage.records import Organization, Photo, Student
from storage.session import Session, portions, select_record
from storage.tables import organizations, photos, students

MAX_DEPTH = 8
"""City, county, school make three; a longer chain of parents is a ring."""

_organization = select_record(organizations, Organization).where(organizations.c.code == bindparam("code"))
_parent = select(organizations.c.parent).where(organizations.c.code == bindparam("code"))
_bearers = select(students.c.student_no, students.c.id_number).order_by(students.c.student_no)
_student = select_record(students, Student).where(students.c.student_no == bindparam("student_no"))
_photo = (
    select_record(photos, Photo)
    .where(photos.c.student_no == bindparam("student_no"))
    .order_by(photos.c.id.desc())
    .limit(1)
)
_photos = (
    select_record(photos, Photo)
    .where(photos.c.student_no == bindparam("student_no"))
    .order_by(photos.c.id.desc())
)
_shared = (
    select(photos.c.student_no)
    .where(photos.c.sha256 == bindparam("sha256"), photos.c.student_no != bindparam("student_no"))
    .limit(1)
)


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

    def students_of(self, student_nos: Collection[str]) -> dict[str, Student]:
        """Look many up at once: by student_no, those that are on file."""
        every = select_record(students, Student)
        return {
            row.student_no: Student(*row)
            for some in portions(student_nos)
            for row in self._rows("student", every.where(students.c.student_no.in_(some)))
        }

    def students(self, school: str) -> list[Student]:
        """List a school's students, by student_no."""
        of_school = select_record(students, Student).where(students.c.school == school)
        return [Student(*row) for row in self._rows("student", of_school.order_by(students.c.student_no))]

    def bearers(self, id_numbers: Collection[str]) -> dict[str, list[str]]:
        """Tell who is on file with each of these id numbers: student_nos, in order, by id number, nobody left out."""
        found: dict[str, list[str]] = {}
        for some in portions(id_numbers):
            bearing = _bearers.where(students.c.id_number.in_(some))
            with self.beyond_scope():
                rows = self._rows("student", bearing)
            for row in rows:
                found.setdefault(row.id_number, []).append(row.student_no)
        return found

    def photo(self, student_no: str) -> Photo | None:
        """Look up a student's present portrait; None when there is none."""
        row = self._first("photo", _photo, {"student_no": student_no})
        return None if row is None else Photo(*row)

    def photos_of(self, student_nos: Collection[str]) -> dict[str, Photo]:
        """Look up many students' present portraits: by student_no, those that have one."""
        oldest_first = select_record(photos, Photo).order_by(photos.c.id)
        return {
            row.student_no: Photo(*row)  # a newer one takes the place of those before it
            for some in portions(student_nos)
            for row in self._rows("photo", oldest_first.where(photos.c.student_no.in_(some)))
        }

    def photos(self, student_no: str) -> list[Photo]:
        """List a student's portraits, the present one first."""
        return [Photo(*row) for row in self._rows("photo", _photos, {"student_no": student_no})]

    def is_photo_of_another(self, student_no: str, sha256: str) -> bool:
        """Tell whether the same picture is on file as somebody else's portrait."""
        with self.beyond_scope():
            return self._first("photo", _shared, {"student_no": student_no, "sha256": sha256}) is not None

    def all_photos(self) -> list[Photo]:
        """List every portrait ever kept, oldest first."""
        every = select_record(photos, Photo).order_by(photos.c.id)
        return [Photo(*row) for row in self._rows("photo", every)]


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

    def add_photo(self, student_no: str, sha256: str, by: str) -> Photo:
        """Keep a portrait whose JPEG is already among the objects; earlier ones stay. NotFound for an unknown student."""
        kept = Photo(0, student_no, sha256, self._now(), by)
        values = {field: getattr(kept, field) for field in Photo.__slots__ if field != "id"}
        return replace(kept, id=self._insert("photo", photos, values))
