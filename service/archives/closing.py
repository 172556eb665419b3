"""The end of a school (art. 8): merged or revoked by its authority, once every file was handed over on an accepted 移交清单."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from service.access import Action, Who, may, within
from service.archives.numbering import arrange_many
from service.errors import Objection, Problem, article_name, refused
from service.office import Office
from service.office.files import none_coming, note, told_custody
from service.office.lookups import require, unknown
from service.regulation.days import day
from service.regulation.issuing import HANDOVER
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Closure, ClosureKind, Document, Organization

ARTICLE = 8
CAUSES: dict[str, ClosureKind] = {"2": "merged", "3": "revoked"}
"""Codes of handover_cause on a 移交清单: a list of another cause does not end a school."""
MAX_TEXT = 100


@dataclass(frozen=True, slots=True)
class Ending:
    """What an authority decides: into which school, or whose the files are, from which day (YYYY-MM-DD), by which paper."""

    on: str
    document: str
    merged_into: str | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """What no accepted list names yet: students' files by 学籍号, and the school's own file."""

    students: list[str]
    own_file: bool

    def any(self) -> bool:
        """Tell whether anything is not handed over."""
        return bool(self.students) or self.own_file


def close_school(office: Office, who: Who | None, code: str, ending: Ending) -> dict[str, Any]:
    """End a school: from then on it issues nothing, and its files are its holder's to keep and read (A08-1).

    Raises Problem 401, 403, 404; 409 `already_closed`, `archive_coming`, `archives_not_handed_over`; 422.
    """
    may(who, Action.CLOSE)
    with office.archive.begin() as transaction:
        unit = _school(transaction, code)
        allowed = within(who, Action.CLOSE, transaction.chain(code)[1:])
        if transaction.closure(code) is not None:
            raise _already(unit)
        if objections := _objections(office, transaction, unit, ending):
            raise refused(objections)
        holder = transaction.organization(str(ending.merged_into or ending.held_by))
        kind: ClosureKind = "merged" if ending.merged_into else "revoked"
        none_coming(transaction, code, unit.kind, ARTICLE)
        lists = _lists(transaction, code, kind, holder)
        lacking = _lacking(transaction, code, lists)
        if lacking.any():
            raise _not_handed_over(holder, lacking)
        on = day(ending.on)
        assert on is not None
        kept = transaction.add_closure(
            Closure(
                org=code,
                kind=kind,
                holder=holder.code,
                closed_on=on,
                document=ending.document.strip(),
                lists=[paper.serial for paper in lists],
                by=allowed.token_digest,
                role=allowed.role,
                by_org=allowed.org,
                at=office.now(),
            )
        )
        transaction.put_organization(replace(unit, data={**unit.data, **said_of(kept)}))
    return _told(kept, holder)


def said_of(closure: Closure) -> dict[str, str]:
    """What the record of a school says of its end, for the rules that look at it."""
    if closure.kind == "merged":
        return {"merged_into": closure.holder, "merged_on": closure.closed_on.isoformat()}
    return {"revoked_on": closure.closed_on.isoformat(), "held_by": closure.holder}


def closing_state(office: Office, who: Who | None, code: str) -> dict[str, Any]:
    """How far the end of a school is: told, or what is still on no accepted list; every file has its 档号 afterwards.

    The look is noted first, since it names students (art. 44). Raises Problem 401, 403, 404, 422.
    """
    may(who, Action.READ)
    with office.archive.begin() as transaction:
        _school(transaction, code)
        note(transaction, require(transaction, who, Action.READ, code), code, "closure", None)
        files = [(student.student_no, code) for student in transaction.students(code)]
    arrange_many(office, code, files)
    with office.archive.read() as reading:
        closure = reading.closure(code)
        papers = _every_list(reading, code)
        lacking = (
            None if closure is not None else _lacking(reading, code, [p for p in papers if _accepted(p)])
        )
        told = None if closure is None else _told(closure, reading.organization(closure.holder))
    return {
        "organization": code,
        "closure": told,
        "held_by": told_custody(office, code),
        "lists": [
            {
                "serial": paper.serial,
                "status": paper.status,
                "cause": CAUSES[paper.data["cause"]],
                "to_unit": paper.data.get("to_unit", ""),
            }
            for paper in papers
        ],
        "lacking": None if lacking is None else asdict(lacking),
    }


def _school(reading: Reading, code: str) -> Organization:
    try:
        unit = reading.organization(code)
    except NotFound:
        raise unknown("organization", "单位", "请先登记该单位") from None
    if unit.kind != "school":
        message = "只有学校可以合并或撤销；请核对学校标识码"
        raise refused([Objection("code", "not_a_school", message, ARTICLE)])
    return unit


def _objections(office: Office, reading: Reading, unit: Organization, ending: Ending) -> list[Objection]:
    """Everything that is wrong with what was decided, but for the files."""
    found = []
    if bool(ending.merged_into) == bool(ending.held_by):
        message = "合并写并入的学校（merged_into），撤销写接收档案的单位（held_by）；请只填一项"
        found.append(Objection(None, "merged_and_revoked", message, ARTICLE))
    else:
        found += _holder_objections(reading, unit, ending)
    on = day(ending.on)
    if on is None or on > office.today():
        message = "合并、撤销之日（on）须是不晚于今天的日期；请按 YYYY-MM-DD 填写"
        found.append(Objection("on", "bad_date", message, ARTICLE))
    text = ending.document.strip()
    if not 0 < len(text) <= MAX_TEXT or not text.isprintable():
        message = "须写明批准合并、撤销的文件（document）；请填文号"
        found.append(Objection("document", "closure_without_document", message, ARTICLE))
    return found


def _holder_objections(reading: Reading, unit: Organization, ending: Ending) -> list[Objection]:
    """Art. 8: the files of a merged school go to the school it was merged into, of a revoked one to a unit that is there."""
    field = "merged_into" if ending.merged_into else "held_by"
    code = str(ending.merged_into or ending.held_by)
    if code == unit.code:
        return [Objection(field, "merged_into_itself", "接收档案的不能是该校自己；请改填接收的单位", ARTICLE)]
    try:
        holder = reading.organization(code)
    except NotFound:
        holder = None
    if holder is None or (ending.merged_into and holder.kind != "school"):
        message = "并入的学校、接收档案的单位未登记；请先登记，合并须填学校标识码"
        return [Objection(field, "heir_unknown", message, ARTICLE)]
    if reading.closure(code) is not None:
        message = f"{holder.name}自己已合并或撤销；请改填现在管理其档案的单位"
        return [Objection(field, "holder_gone", message, ARTICLE)]
    return []


def _every_list(reading: Reading, code: str) -> list[Document]:
    papers = reading.documents(form=HANDOVER, school=code)
    return [paper for paper in papers if paper.data.get("cause") in CAUSES]


def _accepted(paper: Document) -> bool:
    """Tell whether a list came back with the marks of both sides, and the authority's where it must witness (A08-1)."""
    return paper.status == "effective"


def _lists(reading: Reading, code: str, kind: ClosureKind, holder: Organization) -> list[Document]:
    """The accepted lists of this cause to this holder."""
    return [
        paper
        for paper in _every_list(reading, code)
        if _accepted(paper)
        and CAUSES[paper.data["cause"]] == kind
        and paper.data.get("to_unit") in {holder.name, holder.code}
    ]


def _lacking(reading: Reading, code: str, lists: list[Document]) -> Lacking:
    """Which files of a school no list names: those of its students, and its own when anything else is in it."""
    named: set[str] = set()
    own = False
    for paper in lists:
        rows = {name.split(".")[1] for name in paper.data if name.startswith("rows.")}
        numbers = {row: paper.data.get(f"rows.{row}.student_no", "") for row in rows}
        named |= set(numbers.values())
        own = own or "" in numbers.values()
    students = [student.student_no for student in reading.students(code)]
    return Lacking([number for number in students if number not in named], not own and _holds(reading, code))


def _holds(reading: Reading, code: str) -> bool:
    """Tell whether a school's own file holds anything but its 移交清单."""
    lists = {paper.serial for paper in reading.documents(form=HANDOVER, school=code)}
    return any(entry.serial not in lists for entry in reading.entries(code))


def _already(unit: Organization) -> Problem:
    return Problem(
        "already_closed",
        409,
        "已登记合并或撤销",
        f"{unit.name}的合并、撤销只登记一次，不能更改；请看 GET /v1/organizations/{unit.code}/closure。",
        article=article_name(ARTICLE),
    )


def _not_handed_over(holder: Organization, lacking: Lacking) -> Problem:
    own = "和学校学籍档案" if lacking.own_file and lacking.students else ""
    what = f"{len(lacking.students)} 份学生档案{own}" if lacking.students else "学校学籍档案"
    return Problem(
        "archives_not_handed_over",
        409,
        "档案没有移交完",
        f"还有{what}没有列入经双方签章收回、移交给{holder.name}的学籍档案移交清单；"
        f"请打印移交清单（archive_transfer_list），签章后扫描上传，再登记合并或撤销。",
        article=article_name(ARTICLE),
        extra={"lacking": {"students": len(lacking.students), "own_file": lacking.own_file}},
    )


def _told(closure: Closure, holder: Organization) -> dict[str, Any]:
    return {
        "organization": closure.org,
        "kind": closure.kind,
        "holder": {"code": holder.code, "name": holder.name},
        "on": closure.closed_on.isoformat(),
        "document": closure.document,
        "lists": closure.lists,
        "by": {"role": closure.role, "org": closure.by_org},
        "at": closure.at.isoformat(),
    }
