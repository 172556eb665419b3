"""Handing a file over: the list is printed, the package made and kept, and the month begins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service import issue
from service.access import Action, Role, Who, may
from service.archives.leaving import Ordered, ordered_students, written
from service.custody.following import told_transfer
from service.custody.keeping import keep, scratch
from service.errors import Objection, Problem, refused
from service.office import Office
from service.office.files import Look, hidden_papers, none_coming, note, owner_of, shown
from service.office.lookups import require
from service.regulation.days import add_months, day
from service.regulation.handover import ARTICLES, CLOCK
from service.regulation.issuing import HANDOVER
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Transfer

OF_STUDENT, OF_SCHOOL = frozenset({"1", "4"}), frozenset({"2", "3"})
"""Codes of handover_cause: a student changes or goes up, a school is merged or revoked."""
MAX_TEXT = 100
KEPT = "电子档案备份；必要的纸质档案复印件"
"""Art. 18: what the sender keeps, unless it says otherwise."""
ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Handover:
    """What is asked for: whose file, to which unit (code and full name), why, by which paper of which day (YYYY-MM-DD)."""

    owner: str
    receiver: str
    receiver_name: str
    cause: str
    document: str
    approved_on: str
    kept: str = KEPT


def open_transfer(office: Office, who: Who | None, asked: Handover) -> dict[str, Any]:
    """Print the 移交清单, pack everything, keep the package: nothing of the sender's is changed or removed (art. 18).

    The looks are noted first (art. 44). Raises Problem 401, 403, 404, 409 `transfer_open`, `archive_coming`, 422, and what printing raises.
    """
    may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        kind, name, sender = owner_of(transaction, asked.owner)
        allowed = require(transaction, who, Action.HAND_OVER, sender)
        if objections := _objections(office, transaction, asked, kind, sender):
            raise refused(objections)
        _not_under_way(transaction, asked.owner)
        none_coming(transaction, asked.owner, kind, ARTICLES.get(asked.cause, CLOCK))
        note(transaction, allowed, asked.owner, f"transfer to {asked.receiver}", None)
    look = Look(allowed, asked.owner, kind, name, sender)
    students = ordered_students(office, look, None)
    lists = _listed(office, look, asked, students)
    return _packed(office, look, asked, students, lists)


def _objections(office: Office, reading: Reading, asked: Handover, kind: str, sender: str) -> list[Objection]:
    found = []
    if asked.cause not in (OF_STUDENT if kind == "student" else OF_SCHOOL):
        message = "学生档案的移交原因（cause）填 1 转学、4 升学随转，学校档案填 2 合并、3 撤销；请改正"
        found.append(Objection("cause", "wrong_cause", message, 8))
    article = ARTICLES.get(asked.cause, CLOCK)
    if asked.receiver == sender:
        message = "接收单位（receiver）就是移出单位；请填接收档案的单位"
        found.append(Objection("receiver", "handed_to_itself", message, article))
    named = _registered_name(reading, asked.receiver)
    if named is not None and named != asked.receiver_name.strip():
        message = "接收单位的代码与全称（receiver_name）和本系统登记的不一致；请核对后改正"
        found.append(Objection("receiver_name", "receiver_differs", message, article))
    for field, text in (
        ("document", asked.document),
        ("receiver_name", asked.receiver_name),
        ("kept", asked.kept),
    ):
        if not 0 < len(text.strip()) <= MAX_TEXT or not text.isprintable():
            found.append(Objection(field, "bad_text", f"{field} 须有1至{MAX_TEXT}字，不含换行；请改正"))
    approved = day(asked.approved_on)
    if approved is None or approved > office.today():
        message = "审核同意之日（approved_on）须是不晚于今天的日期；请按 YYYY-MM-DD 填写"
        found.append(Objection("approved_on", "bad_date", message, article))
    return found


def _registered_name(reading: Reading, code: str) -> str | None:
    try:
        return reading.organization(code).name
    except NotFound:
        return None


def _not_under_way(reading: Reading, owner: str) -> None:
    """One transfer of a file at a time: until the receiver has answered, nobody else can get it."""
    found = reading.transfers(owner)
    answered = reading.transfer_steps([one.id for one in found])
    if any(one.id not in answered for one in found):
        raise Problem(
            "transfer_open",
            409,
            "该档案正在移交",
            "这份档案已经开出移交，接收单位还没有回执；请先把回执办完，或请接收单位出具退回的回执。",
        )


def _listed(office: Office, look: Look, asked: Handover, students: Sequence[str]) -> list[str]:
    """Print the lists that name the file: one of a student's, as many as a school needs."""
    data = {"cause": asked.cause, "to_unit": asked.receiver_name.strip(), "kept": asked.kept.strip()}
    student = look.owner if look.kind == "student" else None
    request = issue.IssueRequest(HANDOVER, student, data, school=look.school)
    wanted = {"", *students} if student is None else set()
    made = _lists_so_far(office, look, asked) if student is None else {}
    lists = [*dict.fromkeys(made.values())]
    while not lists or wanted - made.keys():
        serial = str(issue.issue(office, look.who, request).body["serial"])
        lists.append(serial)
        if student is not None:
            break
        named = _lists_so_far(office, look, asked)
        if named.keys() <= made.keys():
            break
        made = named
    return lists


def _lists_so_far(office: Office, look: Look, asked: Handover) -> dict[str, str]:
    """Which file of a school (学籍号, "" for its own) stands on which list of this cause that is out or came back."""
    with office.archive.read() as reading:
        papers = reading.documents(form=HANDOVER, school=look.school)
    named: dict[str, str] = {}
    for paper in papers:
        data = paper.data
        if paper.status in {"pending", "effective"} and data.get("cause") == asked.cause:
            rows = {name.split(".")[1] for name in data if name.startswith("rows.")}
            named |= {data.get(f"rows.{row}.student_no", ""): paper.serial for row in rows}
    return named


def _packed(
    office: Office, look: Look, asked: Handover, students: Sequence[str], lists: list[str]
) -> dict[str, Any]:
    approved = day(asked.approved_on)
    assert approved is not None
    edition = office.editions.on(approved)
    due = add_months(approved, edition.limit("handover_months"))
    with office.archive.read() as reading:
        sender = reading.organization(look.school)
        papers = [office.archive.objects.get(reading.document(serial).pdf) for serial in lists]
    identity = office.randbytes(ID_BYTES).hex()
    said = {
        "id": identity,
        "sender": {"code": sender.code, "name": sender.name},
        "receiver": {"code": asked.receiver, "name": asked.receiver_name.strip()},
        "cause": asked.cause,
        "document": asked.document.strip(),
        "approved_on": approved.isoformat(),
        "due": due.isoformat(),
        "lists": lists,
    }
    extra = [(f"transfer/list-{place}.pdf", pdf) for place, pdf in enumerate(papers, 1)]
    order = Ordered(look, "bagit", students, everything=True, extra=extra, said={"transfer": said})
    with scratch(office) as file:
        told = written(office, order, file)  # type: ignore[arg-type]
        package, size = keep(office, file)
    with office.archive.read() as reading:  # after it was packed: what was filed meanwhile counts too
        few = _restricted(office, reading, look, students)
    with office.archive.begin() as transaction:
        _not_under_way(transaction, look.owner)
        none_coming(transaction, look.owner, look.kind, ARTICLES.get(asked.cause, CLOCK))
        kept = transaction.add_transfer(
            Transfer(
                identity,
                look.owner,
                look.kind,
                look.school,
                asked.receiver,
                asked.receiver_name.strip(),
                asked.cause,
                asked.document.strip(),
                approved,
                due,
                lists,
                package,
                size,
                told,
                few,
                look.who.token_digest,
                look.who.role,
                look.who.org,
                office.now(),
            )
        )
    return told_transfer(kept, (), office.today())


def _restricted(office: Office, reading: Reading, look: Look, students: Sequence[str]) -> bool:
    """Tell whether something of the file is restricted from a registrar who did not write it: then few may open the package."""
    anybody = Who(Role.REGISTRAR, look.school, "nobody")
    hidden = hidden_papers(office, reading, anybody)
    return any(
        shown(
            office, reading, Look(anybody, owner, "", "", look.school), reading.entries(owner), hidden
        ).withheld
        for owner in (look.owner, *students)
    )
