"""Before the printer: values gathered, every rule asked, a number held."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from service.access import Action, Who
from service.errors import Objection, Problem, article_name, refused
from service.office import Office
from service.office.lookups import require, units_above, unknown
from service.regulation import certificates, sources, transfer, values
from service.regulation.case import Case, Earlier, judge
from service.signing import new_serial
from storage.archive import Reading, Transaction
from storage.errors import NoNumberLeft, NotFound
from storage.records import Document, Organization, Student
from templates.catalogue import Form

RULES = (*certificates.RULES, *transfer.RULES)
NUMBER_ARTICLE = 34


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What is asked for: a form by name, a student by 学籍号, and the values the records do not have."""

    form: str
    student: str
    data: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A paper that passed the rules and holds its number, on its way to the printer."""

    who: Who
    form: Form
    student: Student
    chain: tuple[Organization, ...]
    values: Mapping[str, str]
    serial: str
    from_block: bool
    stage: str | None
    issued_on: date

    @property
    def school(self) -> Organization:
        """The school that issues it."""
        return self.chain[0]

    @property
    def number(self) -> str | None:
        """The official number it will carry."""
        return None if self.form.number_field is None else self.values[self.form.number_field]


def make_draft(
    office: Office, transaction: Transaction, who: Who, form: Form, request: IssueRequest
) -> Draft:
    """Gather the values, ask every rule, and hold a number."""
    student = _student(transaction, request.student)
    require(transaction, who, Action.ISSUE, student.school)
    chain = tuple(units_above(transaction, student.school))
    papers = _earlier_papers(office, transaction, form, student, request.data)
    records = sources.known(student, chain[0], papers)
    gathered, found = sources.gather(form, records, request.data)
    case = case_of(office, transaction, student, form, gathered)
    blocks = _with_blocks(transaction, form, chain)
    found = [
        *sources.unknown(form, request.data),
        *found,
        *sources.missing(form, gathered),
        *values.form_objections(form, gathered, sources.recorded(form, records)),
        *certificates.number_objections(form, gathered, has_blocks=bool(blocks)),
        *judge(case, RULES),
    ]
    if found:
        raise refused(found)
    once_only(case)
    day = gathered.get("issued_on")
    issued_on = date.fromisoformat(day) if day else office.today()
    serial = new_serial(office.randbytes)
    if blocks:
        taken = _take(transaction, form, blocks, issued_on.year, serial)
        gathered = _with_number(form, gathered, taken)
    elif form.number_field is not None and form.number_field not in gathered:
        raise _no_number(form, "no_number_block", "没有下达过号段；请先由主管教育行政部门下达")
    return Draft(who, form, student, chain, gathered, serial, bool(blocks), case.stage, issued_on)


def _earlier_papers(
    office: Office, reading: Reading, form: Form, student: Student, data: Mapping[str, str]
) -> dict[str, str]:
    """What our own archive knows: the number of the lost diploma that a 学历证明 stands for (art. 38)."""
    if not any(field.name == "original_no" for field in form.fields):
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


def _student(reading: Reading, student_no: str) -> Student:
    try:
        return reading.student(student_no)
    except NotFound:
        raise unknown("student", "学生", "请核对学籍号，或先登记该生") from None


def case_of(
    office: Office, reading: Reading, student: Student, form: Form, gathered: Mapping[str, str]
) -> Case:
    """The facts for the rules: the values, the student's grade, and what was issued to the student before."""
    grade = student.data.get("grade", "")
    earlier = tuple(
        Earlier(document.form, document.stage, document.status, _effective_once(office, reading, document))
        for document in reading.documents(student_no=student.student_no, form=form.name)
    )
    return Case(form, gathered, grade, sources.stage_of(gathered, grade), office.edition, earlier)


def _effective_once(office: Office, reading: Reading, document: Document) -> bool:
    """Tell whether a document was ever found complete: its filed checks say so, also after it was revoked."""
    if document.status != "revoked":
        return document.status == "effective"
    checks = (entry for entry in reading.entries_of(document.serial) if entry.kind == "check")
    return any(
        json.loads(office.archive.objects.get(check.sha256))["verdict"] == "genuine" for check in checks
    )


def once_only(case: Case) -> None:
    """Refuse a second diploma and a second 学历证明 (art. 38): a 409, since the first one stands."""
    found = judge(case, certificates.ONCE)
    if found:
        raise refused(found, status=409)


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


def _with_number(form: Form, gathered: Mapping[str, str], taken: str) -> dict[str, str]:
    """The values with the number in them; a number in the request may only repeat it."""
    field = str(form.number_field)
    if gathered.get(field, taken) != taken:
        message = f"编号由号段顺序给出，不能自填（{field}）；请删去这一栏"
        raise refused([Objection(field, "number_from_block", message, NUMBER_ARTICLE)])
    return {**gathered, field: taken}


def _no_number(form: Form, code: str, advice: str) -> Problem:
    return Problem(
        code, 409, "没有可用编号", f"{form.title}：{advice}。", article=article_name(NUMBER_ARTICLE)
    )
