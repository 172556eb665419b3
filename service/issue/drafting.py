"""Before the printer: values gathered, every rule asked, a number held."""

from collections.abc import Callable, Mapping
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
class Judged:
    """A request that passed every rule: only its number is still to come.

    `case` is what the rules saw; `overrides` are the rules that an authority excepted it from; `blocks` are the
    organizations whose number blocks it draws on, nearest first; `look` says that it tells of a student's file.
    """

    who: Who
    case: Case
    student_no: str | None
    issued_on: date
    overrides: tuple[str, ...]
    blocks: tuple[str, ...]
    sheet: Sheet
    look: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper that passed the rules and holds its number, on its way to the printer.

    `case` is what the rules saw, with the number among its values; `overrides` are the rules that an authority
    excepted it from, `sheet` says what it is printed on and from.
    """

    who: Who
    case: Case
    student_no: str | None
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
    judged = judge_request(office, transaction, who, form, asked)
    note_look(transaction, judged)
    serial = new_serial(office.randbytes)
    taken = _take(transaction, judged, serial) if judged.blocks else None
    return numbered(judged, serial, taken)


def judge_request(
    office: Office,
    reading: Reading,
    who: Who,
    form: Form,
    asked: IssueRequest,
    *,
    sheets: Callable[[Request], Sheet] | None = None,
) -> Judged:
    """Gather the values and ask every rule; one door for a single paper and for each row of a batch.

    `sheets` tells what a request is printed on when somebody has found that out before. Raises Problem 401, 403,
    404, 409, 422.
    """
    request = _looked_up(office, reading, who, form, asked)
    gathered = gather(office, reading, request)
    case = case_of(office, reading, who, request, gathered)
    blocks = _with_blocks(reading, form, request.chain)
    ruled = [
        *certificates.number_objections(form, gathered.values, has_blocks=bool(blocks)),
        *judge(case, RULES),
    ]
    found = [*gathered.objections, *(item for item in ruled if item.field not in gathered.too_long)]
    if found:
        raise refused(found)
    once_only(case)
    sheet = sheet_for(office, reading, request) if sheets is None else sheets(request)
    if not blocks and form.number_field is not None and form.number_field not in gathered.values:
        raise no_number(form, "no_number_block", "没有下达过号段；请先由主管教育行政部门下达")
    day = gathered.values.get("issued_on")
    return Judged(
        who=who,
        case=case,
        student_no=None if request.student is None else request.student.student_no,
        issued_on=date.fromisoformat(day) if day else request.day,
        overrides=tuple(used_overrides(case, (*RULES, *ONCE, *WARNINGS)) if asked.override else []),
        blocks=tuple(blocks),
        sheet=sheet,
        look=request.student is not None and form.name in OF_A_STUDENT,
    )


def numbered(judged: Judged, serial: str, taken: str | None) -> Draft:
    """The draft of a judged request; `taken` is the number that its serial holds, None without a block."""
    case = judged.case
    if taken is not None:
        field = str(case.form.number_field)
        check_given(case.form, case.values.get(field, ""), taken)
        case = replace(case, values={**case.values, field: taken})
    return Draft(
        who=judged.who,
        case=case,
        student_no=judged.student_no,
        serial=serial,
        from_block=taken is not None,
        issued_on=judged.issued_on,
        overrides=judged.overrides,
        sheet=judged.sheet,
    )


def _looked_up(office: Office, reading: Reading, who: Who, form: Form, asked: IssueRequest) -> Request:
    """The student and the issuing organization, each within the scope of whoever asks (art. 44)."""
    student = None if asked.student is None else _student(reading, asked.student)
    if student is not None:
        require(reading, who, Action.ISSUE, student.school)
    school = asked.school or (who.org if student is None else student.school)
    require(reading, who, Action.ISSUE, school)
    chain = tuple(units_above(reading, school))
    if found := [*gone(reading, chain[0], office.today()), *_subject(form, student, chain[0])]:
        raise refused(found)
    return Request(asked, form, student, chain, case_day(asked, office.today()))


def gone(reading: Reading, unit: Organization, today: date) -> list[Objection]:
    """Art. 8 (A08-1): once its files were handed over a school issues nothing more, of whatever day."""
    passed = reading.custody(unit.code)
    if not passed or passed[0].closed_on > today:
        return []
    holder = reading.organization(passed[-1].holder).name
    how, code = (
        ("已并入其他学校", "school_merged") if passed[0].kind == "merged" else ("已撤销", "school_revoked")
    )
    message = f"{unit.name}{how}，不再出具文书，档案由{holder}（{passed[-1].holder}）管理；请由{holder}办理"
    return [Objection(None, code, message, 8)]


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


def note_look(transaction: Transaction, judged: Judged) -> None:
    """Art. 44: a list of what a student's file holds is a look into it."""
    if not judged.look:
        return
    who = judged.who
    transaction.note_access(
        who=who.token_digest,
        role=who.role,
        org=who.org,
        archive=str(judged.student_no),
        what=judged.case.form.name,
        approval=None,
    )


def _with_blocks(reading: Reading, form: Form, chain: tuple[Organization, ...]) -> list[str]:
    """The organizations that have a number block of this form: the school's own first, then up the chain."""
    if form.number_field is None:
        return []
    return [unit.code for unit in chain if reading.blocks(form=form.name, org=unit.code)]


def _take(transaction: Transaction, judged: Judged, serial: str) -> str:
    """Hold the next number of the blocks (art. 34)."""
    form, year = judged.case.form, judged.issued_on.year
    try:
        return transaction.take_number(form.name, judged.blocks, year, serial).number
    except NoNumberLeft:
        raise used_up(form, year) from None


def check_given(form: Form, given: str, taken: str) -> None:
    """A number in the request may only repeat the one taken from the block; raises Problem `number_from_block`."""
    if given and given != taken:
        field = str(form.number_field)
        message = f"编号由号段顺序给出，不能自填（{field}）；请删去这一栏"
        raise refused([Objection(field, "number_from_block", message, NUMBER_ARTICLE)])


def used_up(form: Form, year: int) -> Problem:
    """The 409 for blocks of a year that have no number left."""
    advice = f"{year} 年的号段已用完或尚未下达；请向主管教育行政部门申请新号段"
    return no_number(form, "number_block_exhausted", advice)


def no_number(form: Form, code: str, advice: str) -> Problem:
    """The 409 for a certificate that gets no number (art. 34)."""
    return Problem(
        code, 409, "没有可用编号", f"{form.title}：{advice}。", article=article_name(NUMBER_ARTICLE)
    )
