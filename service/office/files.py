"""The door to a permanent file: whose it is, who may look, the register row before anything is shown, what is withheld."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.access import SECRECY_ARTICLE, Action, Who, may, reads_restricted, sees
from service.errors import Problem, article_name
from service.office.desk import Office
from service.office.lookups import hides_evidence, reach, readable, unknown
from storage.archive import Reading, Transaction
from storage.errors import NotFound, OutOfScope
from storage.records import Entry


@dataclass(frozen=True, slots=True)
class Look:
    """A look that is allowed and noted: who looks, at whose file (owner, its kind and name), in which school's scope."""

    who: Who
    owner: str
    kind: str
    name: str
    school: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A permanent file as one may see it: its owner's kind, name and school, its entries, how many are withheld."""

    kind: str
    name: str
    school: str
    entries: list[Entry]
    withheld: int


def open_file(office: Office, who: Who | None, owner: str, approval: str | None, what: str) -> Look:
    """Let somebody look at the file of a student or an organization, and write the register row (art. 44).

    Raises Problem 401, 403, 404; storage's errors when the row cannot be written.
    """
    may(who, Action.READ)
    with office.archive.begin() as transaction:
        kind, name, school = owner_of(transaction, owner)
        allowed = _allowed(transaction, who, school)
        note(transaction, allowed, owner, what, approval)
    return Look(allowed, owner, kind, name, school)


def note(transaction: Transaction, who: Who, archive: str, what: str, approval: str | None) -> None:
    """Write the register row of a look (art. 44)."""
    transaction.note_access(
        who=who.token_digest, role=who.role, org=who.org, archive=archive, what=what, approval=approval
    )


def owner_of(reading: Reading, owner: str) -> tuple[str, str, str]:
    """Kind and name of a file's owner, and the organization in whose scope it lies; Problem 404 `unknown_archive`."""
    try:
        student = reading.student(owner)
        return "student", student.name, student.school
    except OutOfScope:
        raise _approval_needed() from None
    except NotFound:
        pass
    try:
        unit = reading.organization(owner)
    except NotFound:
        raise unknown("archive", "档案", "请核对学籍号或单位代码") from None
    return unit.kind, unit.name, owner


def _allowed(reading: Reading, who: Who | None, school: str) -> Who:
    """Scope decides; outside it nothing is shown without a written approval on file (art. 44)."""
    allowed = may(who, Action.READ)
    if not sees(allowed, reach(reading, school)):
        raise _approval_needed()
    return allowed


def _approval_needed() -> Problem:
    return Problem(
        "approval_needed",
        403,
        "须经书面批准",
        "该档案不在管辖范围内，非经学籍主管部门书面批准不得查阅；请先申请批准。",
        article=article_name(SECRECY_ARTICLE),
    )


def shown(
    office: Office, reading: Reading, look: Look, entries: Sequence[Entry], hidden: set[str] | None = None
) -> Shown:
    """Entries of a file without those that are restricted from whoever looks; `hidden` when that is known already."""
    hidden = hidden_papers(office, reading, look.who) if hidden is None else hidden
    secret = _secret(reading, look.who, entries)
    left = [entry for entry in entries if entry.serial not in hidden and entry.id not in secret]
    return Shown(look.kind, look.name, look.school, left, len(entries) - len(left))


def hidden_papers(office: Office, reading: Reading, who: Who) -> set[str]:
    """Serials of the papers that are restricted from somebody; there are few such papers."""
    forms = [form.name for form in office.catalogue.forms.values() if form.access]
    papers = (found for form in forms for found in reading.documents(form=form))
    return {found.serial for found in papers if not readable(office, who, found)}


def _secret(reading: Reading, who: Who, entries: Sequence[Entry]) -> set[str]:
    """The entries of restricted evidence, such as a court's papers, that somebody may not see, and what few saw where it came from."""
    alone = [] if reads_restricted(who, "") else [entry.id for entry in entries if entry.serial is None]
    return {name for name, one in reading.arrived(alone).items() if one.restricted} | {
        entry.id
        for entry in entries
        if entry.evidence is not None
        and entry.serial is not None
        and hides_evidence(who, reading.document(entry.serial), entry.evidence)
    }


def none_coming(reading: Reading, owner: str, kind: str, article: int) -> None:
    """Let a file go only when nothing is on its way into it, nor into those of a school's students: what is filed half would stay behind.

    Raises Problem 409 `archive_coming`.
    """
    coming = reading.files_coming()
    students = reading.students(owner) if coming and kind == "school" else []
    if coming.intersection([owner, *(student.student_no for student in students)]):
        raise Problem(
            "archive_coming",
            409,
            "还有材料正在归入",
            "有到来的档案包正在归入这份档案，还没有归完；请等它归完再办，它停下等人处理的，请先处理它。",
            article=article_name(article),
        )


def told_custody(office: Office, school: str) -> list[dict[str, Any]]:
    """Who holds the files of a school that is gone: one step for each time they passed on, the present holder last (art. 8)."""
    with office.archive.read() as reading:
        return [
            {
                "from": closure.org,
                "kind": closure.kind,
                "code": closure.holder,
                "name": reading.organization(closure.holder).name,
                "since": closure.closed_on.isoformat(),
                "document": closure.document,
            }
            for closure in reading.custody(school)
        ]


def told_transfers(office: Office, owner: str) -> list[dict[str, Any]]:
    """To whom a file was handed over: once it was received there, what is here is the sender's copy (art. 18)."""
    with office.archive.read() as reading:
        found = reading.transfers(owner)
        steps = reading.transfer_steps([one.id for one in found])
    answers = {name: some[-1] for name, some in steps.items()}
    return [
        {
            "transfer": one.id,
            "code": one.receiver,
            "name": one.receiver_name,
            "state": answers[one.id].answer if one.id in answers else "open",
            "copy_since": answers[one.id].at.isoformat()
            if one.id in answers and answers[one.id].answer == "received"
            else None,
        }
        for one in found
    ]
