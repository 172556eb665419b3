"""A reading that asks only once for what many papers have in common, and for many students at a time."""

from collections.abc import Callable, Collection, Hashable
from typing import Any, TypeVar

from storage.archive import Reading
from storage.errors import NotFound
from storage.records import (
    Blank,
    Closure,
    Document,
    NumberBlock,
    Organization,
    Photo,
    Student,
    TemplateVersion,
)

Found = TypeVar("Found")


class Remembering(Reading):
    """The reading it is made from, for as long as that one is open.

    Of students, their photos and papers it knows those it was told to look ahead for; others it looks up each time.
    """

    def __init__(self, reading: Reading) -> None:
        vars(self).update(vars(reading))
        self._known: dict[Hashable, Any] = {}
        self._ahead: frozenset[str] = frozenset()
        self._students: dict[str, Student] = {}
        self._photos: dict[str, Photo] = {}
        self._papers: dict[str, list[Document]] = {}

    def look_ahead(self, student_nos: Collection[str]) -> None:
        """Look up at once what will be asked for, one student after the other."""
        self._ahead = frozenset(student_nos)
        self._students = super().students_of(student_nos)
        self._photos = super().photos_of(student_nos)
        self._papers = super().documents_of(student_nos)

    def student(self, student_no: str) -> Student:
        """One student."""
        if student_no not in self._ahead:
            return super().student(student_no)
        if student_no not in self._students:
            raise NotFound("student")
        return self._students[student_no]

    def photo(self, student_no: str) -> Photo | None:
        """A student's present portrait."""
        return self._photos.get(student_no) if student_no in self._ahead else super().photo(student_no)

    def documents(
        self, student_no: str | None = None, form: str | None = None, school: str | None = None
    ) -> list[Document]:
        """Documents in the order of issue."""
        if student_no in self._ahead and form is None and school is None:
            return self._papers.get(str(student_no), [])
        return super().documents(student_no, form, school)

    def chain(self, code: str) -> list[str]:
        """An organization and what it lies under."""
        return self._once(super().chain, code)

    def custody(self, org: str) -> list[Closure]:
        """Through whose hands an organization's files passed."""
        return self._once(super().custody, org)

    def organization(self, code: str) -> Organization:
        """One organization."""
        return self._once(super().organization, code)

    def organizations(self) -> list[Organization]:
        """All organizations."""
        return self._once(super().organizations)

    def blocks(self, form: str | None = None, org: str | None = None) -> list[NumberBlock]:
        """The number blocks of a form and an organization."""
        return self._once(super().blocks, form, org)

    def blanks(self, form: str | None = None) -> list[Blank]:
        """The pre-printed blanks of a form."""
        return self._once(super().blanks, form)

    def template_versions(self, form: str | None = None) -> list[TemplateVersion]:
        """The accepted template versions of a form."""
        return self._once(super().template_versions, form)

    def _once(self, look: Callable[..., Found], *arguments: str | None) -> Found:
        key = (look.__name__, *arguments)
        if key not in self._known:
            self._known[key] = look(*arguments)
        found: Found = self._known[key]
        return found
