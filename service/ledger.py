"""The ledger of a number block (存根登记): what became of every number, and what was written off unused (arts. 34, 36, 37)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.access import Action, Who
from service.errors import Objection, Problem, article_name, refused
from service.numbers import ARTICLE, Pattern
from service.office import Content, Office
from service.office.lookups import PDF, effective_once, form_title, require, unknown
from service.signing import new_serial
from storage.archive import Reading
from storage.errors import AlreadyThere, NotFound
from storage.records import Document, NumberBlock, NumberRow, NumberState, Organization
from templates.catalogue import SHEETS, load_form
from templates.characters import clean
from templates.errors import ValueRefused
from templates.form import Form, flat
from templates.order import Order

VOIDED_AT_ONCE = 2000
"""Numbers written off in one call: each has its row in one transaction, and everybody else waits for that writer."""
STATES: Mapping[NumberState, str] = {"used": "已用", "void": "作废", "held": "占用", "free": "未用"}
MAX_REASON = 500
"""Characters of a reason: a paragraph, as a revocation's."""
SHEET = "number_ledger"
CODE = "LEDGER-{block:08d}-{day:%Y%m%d}-{page:03d}-{pages:03d}"
"""What a page of the printed ledger is known by; no paper of ours says this, so nobody takes one for the other."""
MOST_PRINTED = 1000
"""Numbers of one print: some thirty pages."""
REASON_SHOWN = 60
ELSEWHERE = "见电子存根"
"""Stands for a reason that no paper of ours can carry: the ledger of a whole block is not refused for one."""
MOST = 10_000
"""Numbers of one answer; the next answer begins where it ended."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One number: what became of it, on whose document, since when, and why it is void.

    A number on a paper that was revoked before it was ever found complete is a spoilt blank, so it is void too.
    """

    seq: int
    number: str
    state: NumberState
    serial: str | None = None
    status: str | None = None
    issued_on: date | None = None
    reason: str | None = None
    holder: str = ""

    def to_json(self) -> dict[str, Any]:
        """The line as it is told, without the holder's name."""
        return {
            "seq": self.seq,
            "number": self.number,
            "state": self.state,
            "label": STATES[self.state],
            "document": self.serial,
            "status": self.status,
            "issued_on": None if self.issued_on is None else self.issued_on.isoformat(),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """A whole block: used, void, held and free numbers add up to its size."""

    block: NumberBlock
    unit: Organization
    lines: Sequence[LedgerLine]

    @property
    def size(self) -> int:
        """How many numbers the block has."""
        return self.block.last - self.block.first + 1

    @property
    def counts(self) -> dict[str, int]:
        """How many are in each state; they add up to the size."""
        found = Counter(line.state for line in self.lines)
        return {state: found[state] for state in STATES}


def ledger_of(office: Office, who: Who | None, block_id: int) -> Ledger:
    """The ledger of a block in scope. Raises Problem 401, 403, 404 `unknown_block`."""
    with office.archive.read() as reading:
        block = _block(reading, block_id)
        require(reading, who, Action.READ, block.org)
        return Ledger(block, reading.organization(block.org), _lines(office, reading, block))


def ledger(office: Office, who: Who | None, block_id: int, start: int | None = None) -> dict[str, Any]:
    """The ledger as it is told: its block, its sums, and its lines from the running number `start` on.

    `next` is where the next answer begins, None when this one has the last line. Raises Problem 401, 403, 404.
    """
    found = ledger_of(office, who, block_id)
    begin = max(found.block.first, start or 0)
    end = begin + MOST
    more = end if end <= found.block.last else None
    return {
        "id": found.block.id,
        "form": found.block.form,
        "title": form_title(office, found.block.form),
        "year": found.block.year,
        "org": found.block.org,
        "unit": found.unit.name,
        "pattern": found.block.pattern,
        "first": found.block.first,
        "last": found.block.last,
        "size": found.size,
        "counts": found.counts,
        "numbers": [line.to_json() for line in found.lines if begin <= line.seq < end],
        "next": more,
    }


def printed(office: Office, who: Who | None, block_id: int, start: int | None = None) -> Content:
    """The ledger on paper (存根登记), from the running number `start` on; whose names it shows is noted (art. 44).

    Raises Problem 401, 403, 404, and the errors of templates.
    """
    found = ledger_of(office, who, block_id)
    with office.archive.begin() as transaction:
        allowed = require(transaction, who, Action.READ, found.block.org)
        transaction.note_access(
            who=allowed.token_digest,
            role=allowed.role,
            org=allowed.org,
            archive=found.block.org,
            what="number ledger",
            approval=None,
        )
    begin = max(found.block.first, start or 0)
    if begin > found.block.last:
        message = f"号段到 {found.block.last} 为止；请改正 start"
        raise refused([Objection("start", "bad_range", message, ARTICLE)])
    lines = [line for line in found.lines if line.seq >= begin][:MOST_PRINTED]
    form = load_form(SHEETS / SHEET)
    day = office.today()
    paper = office.printer.print(
        Order(
            form=form,
            data=flat(_sheet(office, form, found, lines)),
            serial=new_serial(office.randbytes),
            codes=lambda pages: [
                CODE.format(block=block_id, day=day, page=page, pages=pages) for page in range(1, pages + 1)
            ],
            furniture={"authority": "", "school": found.unit.name, "title": form.title, "attachment": ""},
            texts=form.texts,
        )
    )
    return Content(paper.pdf, PDF, f"存根登记-{block_id}.pdf")


def _sheet(office: Office, form: Form, found: Ledger, lines: Sequence[LedgerLine]) -> dict[str, Any]:
    """What the working sheet says: every line, and sums of the whole block that add up."""
    counts = found.counts
    ends = f"{lines[0].number}—{lines[-1].number}" if lines else ""
    part = "" if len(lines) == found.size else f"本表{len(lines)}个，"
    return {
        "certificate": form_title(office, found.block.form),
        "year": str(found.block.year),
        "unit": found.unit.name,
        "range": f"{ends}（{part}共{found.size}个）",
        "rows": [
            {
                "number": line.number,
                "state": STATES[line.state],
                "student": line.holder,
                "issued_on": "" if line.issued_on is None else line.issued_on.isoformat(),
                "serial": line.serial or "",
                "reason": _shown(office, form, line.reason or ""),
            }
            for line in lines
        ],
        "totals": [
            {
                "all": str(found.size),
                "used": str(counts["used"]),
                "voided": str(counts["void"]),
                "free": str(counts["free"] + counts["held"]),
            }
        ],
    }


def _shown(office: Office, form: Form, reason: str) -> str:
    """A reason on one line, cut visibly when it is long."""
    line = " ".join(reason.split())
    line = line if len(line) <= REASON_SHOWN else line[: REASON_SHOWN - 1] + "…"
    try:
        line = clean(form, "rows.1.reason", line)
    except ValueRefused:
        return ELSEWHERE
    return ELSEWHERE if office.printer.fonts.missing(line) else line


def void(
    office: Office, who: Who | None, block_id: int, *, first: int, last: int, reason: str
) -> dict[str, Any]:
    """Write off numbers whose blanks were spoilt before anything was printed on them (art. 34); they stay in the ledger.

    Raises Problem 401, 403, 404, 409 `number_in_use`, 422.
    """
    reason = reason.strip()
    with office.archive.begin() as transaction:
        block = _block(transaction, block_id)
        require(transaction, who, Action.WRITE_BLOCK, block.org)
        found = []
        if not reason or len(reason) > MAX_REASON or not reason.isprintable():
            found.append(
                Objection("reason", "missing_field", f"请写明作废理由（1至{MAX_REASON}字，不换行）", ARTICLE)
            )
        if not block.first <= first <= last <= block.last:
            message = f"起止号须在号段 {block.first} 至 {block.last} 之内；请改正 first 与 last"
            found.append(Objection("first", "bad_range", message, ARTICLE))
        elif last - first >= VOIDED_AT_ONCE:
            message = f"一次最多作废 {VOIDED_AT_ONCE} 个编号；请分段登记"
            found.append(Objection("last", "bad_range", message, ARTICLE))
        if found:
            raise refused(found)
        try:
            transaction.void_unused(block_id, first, last, reason)
        except AlreadyThere:
            raise Problem(
                "number_in_use",
                409,
                "编号已使用或已作废",
                "其中有编号已印在文书上、正在使用或已作废；已印的请作废该文书，其余请分段登记。",
                article=article_name(ARTICLE),
            ) from None
    return ledger(office, who, block_id, first)


def _block(reading: Reading, block_id: int) -> NumberBlock:
    try:
        return reading.block(block_id)
    except NotFound:
        raise unknown("block", "号段", "请核对号段编号") from None


def _lines(office: Office, reading: Reading, block: NumberBlock) -> list[LedgerLine]:
    pattern = Pattern.parse(block.pattern)
    assert pattern is not None  # a block is only made with a pattern that can be read
    rows = {row.seq: row for row in reading.numbers(block.id)}
    papers = {document.serial: document for document in reading.documents(form=block.form)} if rows else {}
    return [
        _line(office, reading, rows[seq], papers.get(rows[seq].serial or ""))
        if seq in rows
        else LedgerLine(seq, pattern.number(seq), "free")
        for seq in range(block.first, block.last + 1)
    ]


def _line(office: Office, reading: Reading, row: NumberRow, paper: Document | None) -> LedgerLine:
    if paper is None:
        return LedgerLine(row.seq, row.number, row.state, reason=row.reason)
    spoilt = paper.status == "revoked" and not effective_once(office, reading, paper)
    return LedgerLine(
        row.seq,
        row.number,
        "void" if spoilt else row.state,
        paper.serial,
        paper.status,
        paper.issued_on,
        paper.reason,
        paper.facts.get("student_name", ""),
    )
