"""From a request to the values of a paper: flattened, compiled, completed from the records, summed up, looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from service.errors import Objection
from service.issue.compiling import Sources, compiled, conclusion
from service.issue.request import Request
from service.issue.sums import summed
from service.office import Office
from service.office.lookups import units_above
from service.regulation import certificates, flat, rosters, sources, values
from service.regulation.units import GUEST
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Student
from templates.form import Form

NUMBER = "certificate_no"
"""The column that makes a table a list of graduates."""
MOST = 200
"""Objections of one answer: whoever has more made the same mistake in every row."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The values of a paper as they would be printed, what is wrong with them, and whose rows they are.

    `homes` has the own school's code of each registered student whom a row names, `grades` the present grade of
    those within scope. `too_long` are the values that were refused before anything was made of them: `values` are
    without them, and no rule is asked about them.
    """

    values: Mapping[str, str]
    objections: list[Objection]
    homes: Mapping[str, str]
    too_long: frozenset[str] = frozenset()
    grades: Mapping[str, str] = field(default_factory=dict)


def gather(office: Office, reading: Reading, request: Request) -> Gathered:
    """Put the values of a paper together: the records first, then the request, then what follows from both."""
    form, student, unit = request.form, request.student, request.chain[0]
    asked, found = flat.flatten(form, request.asked.data)
    restricted = frozenset(item.name for item in office.catalogue.forms.values() if item.access)
    asked = compiled(form, Sources(reading, unit, student, asked, request.day, restricted))
    graduates = any(column.name == NUMBER for table in form.tables for column in table.columns)
    roll = _Roll(reading, unit.code, graduates)
    rows = sources.complete(form, asked, roll.record)
    records = _records(office, reading, request, asked)
    taken, contradicted = sources.gather(form, records, rows.data)
    long = {name: value for name, value in taken.items() if len(value) > form.field(name).max}
    legal, wrong = summed(form, {name: value for name, value in taken.items() if name not in long})
    whole = {**legal, **long}
    known = sources.recorded(form, records) | rows.recorded
    found += [
        *rows.objections,
        *contradicted,
        *sources.missing(form, whole),
        *values.form_objections(form, whole, known),
        *([] if long else wrong),
        *_unregistered(form, whole, roll.homes),
    ]
    return Gathered(legal, found[:MOST], roll.homes, frozenset(long), roll.grades)


def _unregistered(form: Form, whole: Mapping[str, str], homes: Mapping[str, str]) -> list[Objection]:
    """Art. 14: nobody sits in a class without a roll; a guest's is another school's (art. 25)."""
    if form.name != rosters.CLASS:
        return []
    rows = (f"rows.{row}." for row in range(1, form.rows(whole, "rows") + 1))
    strange = (
        start for start in rows if whole.get(start + sources.WHO) and whole[start + sources.WHO] not in homes
    )
    advice = "该学籍号没有登记；未建立学籍、未办转学手续的不得编班，请先登记该生或删去这一行"
    return [
        Objection(start + sources.WHO, "unknown_student", f"{form.label(start + sources.WHO)}：{advice}", 14)
        for start in strange
        if whole.get(f"{start}source") != rosters.GUEST
    ]


def _records(office: Office, reading: Reading, request: Request, asked: Mapping[str, str]) -> sources.Known:
    """What is on file: the student, the school (on a guest form the student's own), and earlier papers."""
    form, student = request.form, request.student
    place = request.chain[0]
    if student is None:
        return sources.known(None, place, {})
    if any(item.name == GUEST for item in form.fields):
        place = reading.organization(student.school)
    photo = reading.photo(student.student_no)
    return sources.known(student, place, _earlier_papers(office, reading, form, student, asked), photo)


def _earlier_papers(
    office: Office, reading: Reading, form: Form, student: Student, data: Mapping[str, str]
) -> dict[str, str]:
    """What our own archive knows: the number of the lost diploma that a 学历证明 stands for (art. 38)."""
    if not any(item.name == "original_no" for item in form.fields):
        return {}
    stage = sources.stage_of(data, student.data.get("grade", ""))
    numbers = [
        document.number
        for document in reading.documents(student_no=student.student_no)
        if certificates.is_diploma(office.catalogue.get(document.form))
        and document.stage == stage
        and document.number
        and document.status != "revoked"
    ]
    return {"original_no": numbers[-1]} if numbers else {}


@dataclass(frozen=True, slots=True)
class _Roll:
    """The students whom rows name; only those within the issuing organization's scope are told (art. 44).

    On a list of `graduates` whoever left this school with a paper is at home here, wherever the roll is now.
    """

    reading: Reading
    unit: str
    graduates: bool
    homes: dict[str, str] = field(default_factory=dict)
    grades: dict[str, str] = field(default_factory=dict)
    seen: dict[str, bool] = field(default_factory=dict)

    def record(self, student_no: str) -> Mapping[str, str] | None:
        try:
            with self.reading.beyond_scope():  # where somebody is on the roll decides; it is not told
                student = self.reading.student(student_no)
        except NotFound:
            return None
        home = student.school
        self.homes[student_no] = self.unit if self.graduates and self._left_here(student) else home
        if home not in self.seen:
            self.seen[home] = self.unit in {above.code for above in units_above(self.reading, home)}
        if not self.seen[home]:
            return None
        self.grades[student_no] = student.data.get("grade", "")
        return sources.person(student, self.reading.photo(student_no))

    def _left_here(self, student: Student) -> bool:
        papers = [] if student.school == self.unit else self.reading.documents(student_no=student.student_no)
        return any(conclusion(paper.form) and paper.school == self.unit for paper in papers)
