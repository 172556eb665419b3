"""Before the printer: values gathered, every rule asked, a number held."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from service.access import Action, Who
from service.errors import Objection, Problem, article_name, refused
from service.issue.casework import case_of, once_only
from service.issue.compiling import OF_A_STUDENT
from service.issue.gathering import gather
from service.issue.paper import Sheet, sheet_for
from service.issue.request import IssueRequest, Request, case_day
from service.office import Office
from service.office.lookups import require, units_above, unknown
from service.regulation import certificates
from service.regulation.case import Case, judge, used_overrides
from service.regulation.rules import ONCE, RULES, WARNINGS
from service.signing import new_serial
from storage.archive import Reading, Transaction
from storage.errors import NoNumberLeft, NotFound
from storage.records import Organization, Student
from templates.form import Form

NUMBER_ARTICLE = 34
OWN_PAPERS = frozenset({"school", "unit"})
"""Subjects of papers that are nobody's."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper that passed the rules and holds its number, on its way to the printer.

    `case` is what the rules saw, with the number among its values; `overrides` are the rules that an authority
    excepted it from, `sheet` says what it is printed on and from.
    """

    who: Who
    case: Case
    student: Student | None
    serial: str
    from_block: bool
    issued_on: date
    overrides: tuple[str, ...]
    sheet: Sheet

    @property
    def form(self) -> Form:
        """The form as the catalogue has it."""
        return self.case.form

    @property
    def unit(self) -> Organization:
        """The organization that issues it."""
        return self.case.chain[0]

    @property
    def values(self) -> Mapping[str, str]:
        """The flat raw values."""
        return self.case.values

    @property
    def number(self) -> str | None:
        """The official number it will carry."""
        return None if self.form.number_field is None else self.values.get(self.form.number_field)


def make_draft(office: Office, transaction: Transaction, who: Who, form: Form, asked: IssueRequest) -> Draft:
    """Gather the values, ask every rule, and hold a number."""
    request = _looked_up(office, transaction, who, form, asked)
    gathered = gather(office, transaction, request)
    case = case_of(office, transaction, who, request, gathered)
    blocks = _with_blocks(transaction, form, request.chain)
    ruled = [
        *certificates.number_objections(form, gathered.values, has_blocks=bool(blocks)),
        *judge(case, RULES),
    ]
    found = [*gathered.objections, *(item for item in ruled if item.field not in gathered.too_long)]
    if found:
        raise refused(found)
    once_only(case)
    if request.student is not None and form.name in OF_A_STUDENT:
        _note_look(transaction, who, request.student, form)
    sheet = sheet_for(office, transaction, request)
    day = gathered.values.get("issued_on")
    issued_on = date.fromisoformat(day) if day else request.day
    serial = new_serial(office.randbytes)
    if blocks:
        case = _with_number(case, _take(transaction, form, blocks, issued_on.year, serial))
    elif form.number_field is not None and form.number_field not in gathered.values:
        raise _no_number(form, "no_number_block", "没有下达过号段；请先由主管教育行政部门下达")
    overrides = used_overrides(case, (*RULES, *ONCE, *WARNINGS)) if asked.override else []
    return Draft(
        who=who,
        case=case,
        student=request.student,
        serial=serial,
        from_block=bool(blocks),
        issued_on=issued_on,
        overrides=tuple(overrides),
        sheet=sheet,
    )


def _looked_up(office: Office, reading: Reading, who: Who, form: Form, asked: IssueRequest) -> Request:
    """The student and the issuing organization, each within the scope of whoever asks (art. 44)."""
    student = None if asked.student is None else _student(reading, asked.student)
    if student is not None:
        require(reading, who, Action.ISSUE, student.school)
    school = asked.school or (who.org if student is None else student.school)
    require(reading, who, Action.ISSUE, school)
    chain = tuple(units_above(reading, school))
    if found := _subject(form, student, chain[0]):
        raise refused(found)
    return Request(asked, form, student, chain, case_day(asked, office.today()))


def _subject(form: Form, student: Student | None, unit: Organization) -> list[Objection]:
    """Whether the request names whom the form is about."""
    if form.subject == "student" and student is None:
        return [Objection("student", "missing_field", f"{form.title}须写明学生（student）；请填学籍号")]
    if form.subject in OWN_PAPERS and student is not None and form.name not in OF_A_STUDENT:
        return [Objection("student", "unknown_field", f"{form.title}不是学生个人的文书；请删去 student")]
    if form.subject == "school" and unit.kind != "school":
        return [
            Objection("school", "school_needed", f"{form.title}由学校填报；请在 school 中填学校标识码", 3)
        ]
    return []


def _student(reading: Reading, student_no: str) -> Student:
    try:
        return reading.student(student_no)
    except NotFound:
        raise unknown("student", "学生", "请核对学籍号，或先登记该生") from None


def _note_look(transaction: Transaction, who: Who, student: Student, form: Form) -> None:
    """Art. 44: a list of what a student's file holds is a look into it."""
    transaction.note_access(
        who=who.token_digest,
        role=who.role,
        org=who.org,
        archive=student.student_no,
        what=form.name,
        approval=None,
    )


def _with_blocks(reading: Reading, form: Form, chain: tuple[Organization, ...]) -> list[str]:
    """The organizations that have a number block of this form: the school's own first, then up the chain."""
    if form.number_field is None:
        return []
    return [unit.code for unit in chain if reading.blocks(form=form.name, org=unit.code)]


def _take(transaction: Transaction, form: Form, orgs: list[str], year: int, serial: str) -> str:
    """Hold the next number of the blocks (art. 34)."""
    try:
        return transaction.take_number(form.name, orgs, year, serial).number
    except NoNumberLeft:
        advice = f"{year} 年的号段已用完或尚未下达；请向主管教育行政部门申请新号段"
        raise _no_number(form, "number_block_exhausted", advice) from None


def _with_number(case: Case, taken: str) -> Case:
    """The case with its number among the values; a number in the request may only repeat it."""
    field = str(case.form.number_field)
    if case.values.get(field, taken) != taken:
        message = f"编号由号段顺序给出，不能自填（{field}）；请删去这一栏"
        raise refused([Objection(field, "number_from_block", message, NUMBER_ARTICLE)])
    return replace(case, values={**case.values, field: taken})


def _no_number(form: Form, code: str, advice: str) -> Problem:
    return Problem(
        code, 409, "没有可用编号", f"{form.title}：{advice}。", article=article_name(NUMBER_ARTICLE)
    )
