"""Following a transfer: where it stands and until when, its package for those who may have it, and the receiver's answer."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from service.access import Action, Who, may, sees
from service.custody.keeping import pour
from service.custody.knowing import known_keys, opened
from service.custody.receipts import bad_receipt, not_theirs, read_receipt
from service.errors import Problem, article_name
from service.office import Handing, Office
from service.office.files import note
from service.office.lookups import looked_after, reach, require, unknown
from service.regulation.handover import ARTICLES, CLOCK
from service.signing import BadNote
from storage.archive import Reading, Transaction
from storage.errors import NotFound, OutOfScope
from storage.records import Transfer, TransferAnswer, TransferStep

MOST = 200
"""Transfers of one page."""


def told_transfer(found: Transfer, steps: Sequence[TransferStep], today: date) -> dict[str, Any]:
    """A transfer as it is told: where it stands, until when, what was answered; `copy` once the file is another's to keep."""
    state = steps[-1].answer if steps else "open"
    return {
        "id": found.id,
        "archive": found.archive,
        "kind": found.kind,
        "sender": found.sender,
        "receiver": {"code": found.receiver, "name": found.receiver_name},
        "cause": found.cause,
        "article": article_name(ARTICLES[found.cause]),
        "document": found.document,
        "approved_on": found.approved_on.isoformat(),
        "due": found.due.isoformat(),
        "overdue": state != "received" and found.due < today,
        "clock_article": article_name(CLOCK),
        "state": state,
        "copy": state == "received",
        "lists": found.lists,
        "package": {"sha256": found.package, "size": found.size, "restricted": found.restricted},
        "counts": found.told,
        "by": {"role": found.role, "org": found.org},
        "at": found.at.isoformat(),
        "steps": [
            {
                "answer": step.answer,
                "receipt": step.receipt,
                "by": {"role": step.role, "org": step.org},
                "at": step.at.isoformat(),
            }
            for step in steps
        ],
        "links": {"package": f"/v1/transfers/{found.id}/package"},
    }


def transfers(
    office: Office,
    who: Who | None,
    *,
    overdue: bool = False,
    after: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """The transfers that a unit, or one below it, sends or is to receive, oldest first; the overdue ones alone when asked.

    From behind the one `after`, at most MOST. Raises Problem 401, 404 when `after` is none of them.
    """
    allowed = may(who, Action.READ)
    most = MOST if limit is None else limit
    with office.archive.read() as reading:
        behind = None if after is None else find_transfer(reading, allowed, after)
        units = looked_after(reading, allowed)
        late = office.today() if overdue else None
        page = reading.transfers_between(units, after=behind, due_before=late, limit=most + 1)
        steps = reading.transfer_steps([one.id for one in page])
    told = [told_transfer(one, steps.get(one.id, ()), office.today()) for one in page[:most]]
    return {"transfers": told, "next": page[most - 1].id if len(page) > most else None}


def _concerns(reading: Reading, who: Who, found: Transfer) -> bool:
    return sees(who, reach(reading, found.sender)) or sees(who, _reached(reading, found.receiver))


def _reached(reading: Reading, code: str) -> list[str]:
    """Who may act for the receiver: nobody here when it is not registered here."""
    try:
        return reach(reading, code)
    except NotFound:
        return []


def find_transfer(reading: Reading, who: Who, transfer_id: str) -> Transfer:
    """The transfer of an id that concerns somebody. Raises Problem 404."""
    try:
        found = reading.transfer(transfer_id)
    except (NotFound, OutOfScope):
        found = None
    if found is None or not _concerns(reading, who, found):
        raise unknown("transfer", "移交", "请核对移交的编号")
    return found


def transfer(office: Office, who: Who | None, transfer_id: str) -> dict[str, Any]:
    """One transfer. Raises Problem 401, 404."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        found = find_transfer(reading, allowed, transfer_id)
        steps = reading.transfer_steps([found.id]).get(found.id, ())
    return told_transfer(found, steps, office.today())


def transfer_package(office: Office, who: Who | None, transfer_id: str) -> Handing:
    """The package as it was made: the receiver's to take over, and the sender's copy afterwards; the look is noted first.

    Raises Problem 401, 403 `restricted`, 404.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = find_transfer(transaction, allowed, transfer_id)
        if found.restricted and allowed.role == allowed.role.REGISTRAR:
            raise Problem(
                "restricted",
                403,
                "限制查阅",
                "档案包里有限制查阅的材料；请由校长或主管教育行政部门领取。",
                article=article_name(44),
            )
        note(transaction, allowed, found.archive, f"package of transfer {found.id}", None)
    return Handing(
        "application/zip", f"transfer-{found.id}.zip", lambda out: pour(office, found.package, out)
    )


def bring_receipt(office: Office, who: Who | None, transfer_id: str, text: str) -> dict[str, Any]:
    """Take a receipt in that came by file: its signature must be of a known installation, and it must be of this package.

    Raises Problem 401, 403, 404, 409 `transfer_ended`, 422 `bad_receipt`, `not_their_unit`.
    """
    allowed = may(who, Action.HAND_OVER)
    with office.archive.begin() as transaction:
        found = find_transfer(transaction, allowed, transfer_id)
        require(transaction, who, Action.HAND_OVER, found.sender)
        try:
            signer, note_of = opened(known_keys(office, transaction, found.sender), text)
            said = read_receipt(note_of)
        except BadNote as bad:
            raise bad_receipt(bad.reason) from None
        if (said.transfer, said.package, said.size) != (found.id, found.package, found.size):
            raise bad_receipt("other_transfer")
        if said.receiver.partition(" ")[0] != found.receiver:
            raise bad_receipt("other_transfer")
        if found.receiver not in signer.units:
            raise not_theirs(found.cause)
        answered(office, transaction, allowed, (found, said.verdict, text))
        steps = transaction.transfer_steps([found.id])[found.id]
    return told_transfer(found, steps, office.today())


def answered(
    office: Office, transaction: Transaction, who: Who, answer: tuple[Transfer, TransferAnswer, str]
) -> None:
    """Keep the receiver's answer to a transfer, and its receipt; Problem 409 when the file was received before. The same receipt twice is one."""
    found, verdict, receipt = answer
    steps = transaction.transfer_steps([found.id]).get(found.id, [])
    if any(step.receipt == receipt for step in steps):
        return
    if steps and steps[-1].answer == "received":
        raise ended()
    transaction.add_transfer_step(
        TransferStep(0, found.id, verdict, receipt, who.token_digest, who.role, who.org, office.now())
    )


def ended() -> Problem:
    """The 409 for an answer to a transfer that was received before."""
    return Problem("transfer_ended", 409, "已经接收", "这次移交已有接收回执，不能更改；请看移交的记录。")
