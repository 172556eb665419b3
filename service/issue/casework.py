"""The facts of a request as the rules see them: the chain above, the student, all earlier papers, other units."""

from collections.abc import Mapping
from datetime import date

from service.access import Who
from service.errors import refused
from service.issue.gathering import Gathered
from service.issue.request import Request
from service.office import Office
from service.office.desk import CHINA
from service.office.lookups import effective_once, named_unit, units_above
from service.regulation import sources
from service.regulation.case import Case, Earlier, judge
from service.regulation.rules import ONCE
from storage.archive import Reading
from storage.records import Organization, Student
from templates.form import Form


def case_of(office: Office, reading: Reading, who: Who, request: Request, gathered: Gathered) -> Case:
    """The case of a request, judged by the edition in force on its day as the units above have tightened it."""
    form, student = request.form, request.student
    grade = "" if student is None else student.data.get("grade", "")
    home = None if student is None else student.school
    before = earlier(office, reading, None if student is None else student.student_no)
    return Case(
        form=form,
        values=gathered.values,
        grade=grade,
        stage=_stage(form, gathered.values, grade, request.chain[0]),
        edition=office.editions.on(request.day).tightened(request.chain),
        day=request.day,
        chain=request.chain,
        student={} if student is None else sources.person(student),
        home=home,
        who=who,
        earlier=before,
        override=request.asked.override,
        others=_others(reading, form, gathered.values, {home, *(item.school for item in before)}),
        homes=gathered.homes,
        grades=gathered.grades,
        photo_on=_photo_on(reading, student),
    )


def _photo_on(reading: Reading, student: Student | None) -> date | None:
    """The day on which the student's portrait was filed (art. 12)."""
    photo = None if student is None else reading.photo(student.student_no)
    return None if photo is None else photo.at.astimezone(CHINA).date()


def _stage(form: Form, values: Mapping[str, str], grade: str, unit: Organization) -> str | None:
    """The stage a paper is about: as it says, the student's, the form's, or the only one the school has."""
    offered = unit.data.get("stages") or []
    only = str(offered[0]) if len(offered) == 1 else None
    return sources.stage_of(values, grade) or form.facts(values)["stage"] or only


def earlier(office: Office, reading: Reading, student_no: str | None) -> tuple[Earlier, ...]:
    """All documents of a student, oldest first; none for a paper without one."""
    if student_no is None:
        return ()
    return tuple(
        Earlier(
            form=document.form,
            stage=document.stage,
            status=document.status,
            effective_once=effective_once(office, reading, document),
            serial=document.serial,
            number=document.number,
            school=document.school,
            issued_on=document.issued_on,
            values=document.data,
        )
        for document in reading.documents(student_no=student_no)
    )


def _others(
    reading: Reading, form: Form, values: Mapping[str, str], schools: set[str | None]
) -> dict[str, Organization]:
    """The registered organizations that the values name, those `schools`, whoever holds their files, and all above them."""
    codes = {value for name, value in values.items() if form.field(name).format == "school_code"}
    heirs = {closure.holder for school in schools if school for closure in reading.custody(school)}
    found = [units_above(reading, code) for code in codes | schools | heirs if code]
    found.append(named_unit(reading, values.get("in_school", "")))
    return {unit.code: unit for units in found for unit in units}


def once_only(case: Case) -> None:
    """Refuse a second diploma and a second 学历证明 (art. 38): a 409, since the first one stands."""
    found = judge(case, ONCE)
    if found:
        raise refused(found, status=409)
