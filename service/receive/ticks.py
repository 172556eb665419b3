"""What a flat scan cannot prove and a person has seen: the tick for a 钢印."""

import json
from typing import Any

from service.access import Action, Who, may
from service.errors import Problem
from service.office import Office
from service.office.lookups import (
    JSON,
    canonical,
    document_body,
    file,
    files_of,
    find_document,
    open_to,
    require,
)
from service.receive.answers import outcome
from storage.archive import Reading, Transaction
from storage.records import Document, Review


def tick_mark(office: Office, who: Who | None, serial: str, block: str, seen: bool) -> dict[str, Any]:
    """File that a person has seen (or not seen) a mark no machine can check, and tell the document.

    Raises Problem 401, 403, 404 `unknown_mark`, 409 `machine_checked`.
    """
    may(who, Action.TICK)
    with office.archive.begin() as transaction:
        document = find_document(transaction, serial)
        allowed = require(transaction, who, Action.TICK, document.school)
        open_to(office, allowed, document)
        _may_tick(office, document, block)
        file_tick(office, transaction, allowed, document, block, seen=seen)
        _answer_reviews(office, transaction, allowed, document, block, seen=seen)
        return {**document_body(office, document), "ticks": ticks(office, transaction, document)}


def file_tick(
    office: Office, transaction: Transaction, who: Who, document: Document, block: str, *, seen: bool
) -> None:
    """File that a person has seen (or not seen) a mark, on the paper itself."""
    tick = canonical(
        {"serial": document.serial, "block": block, "seen": seen, "at": office.now().isoformat()}
    )
    form = office.catalogue.get(document.form)
    file(
        transaction,
        document,
        "tick",
        to=files_of(transaction, document),
        archive_class=form.archive_class,
        title=f"{form.title}（人工确认签章）",
        item=(office.archive.objects.put(tick), len(tick), JSON),
        by=who.token_digest,
    )


def _answer_reviews(
    office: Office, transaction: Transaction, who: Who, document: Document, block: str, *, seen: bool
) -> None:
    """Count the tick as this person's answer to what waits on the desk for it: whoever ticks has seen the paper."""
    answer = "present" if seen else "absent"
    for review in transaction.waiting_of(document.serial):
        given = transaction.decisions(review.id)
        if (review.kind, review.name) == ("tick", block) and who.token_digest not in {g.by for g in given}:
            keep(office, transaction, who, review, answer, paper=True, note="")


def keep(
    office: Office,
    transaction: Transaction,
    who: Who,
    review: Review,
    answer: str,
    *,
    paper: bool,
    note: str,
    serial: str | None = None,
    evidence: str | None = None,
) -> str | None:
    """Keep a person's answer to a review and move it on; gives the answer that this decides, None when it waits.

    `serial` is the paper that a page belongs to, and `evidence` as which kind: who names another gives another answer.
    """
    transaction.add_decision(
        review.id,
        answer=answer,
        paper=paper,
        note=note,
        serial=serial,
        by=who.token_digest,
        role=who.role,
        org=who.org,
        evidence=evidence,
    )
    state, decided = outcome(review, transaction.decisions(review.id), office.settings.review_eyes)
    if decided is not None:
        transaction.decide_review(review.id, decided)
    elif state == "disputed" and review.state == "open":
        transaction.dispute_review(review.id)
    return decided


def _may_tick(office: Office, document: Document, block: str) -> None:
    layout = json.loads(office.archive.objects.get(document.layout))
    places = [mark for page in layout["pages"] for mark in page["marks"] if mark["block"] == block]
    if not places:
        raise Problem("unknown_mark", 404, "没有这处签章", "该文书没有这个签章栏；请对照扫描结果中的 marks。")
    if all(place["machine"] for place in places):
        raise Problem(
            "machine_checked", 409, "由系统核对", "这处签章由系统从扫描件核对，不能人工确认；请重新扫描上传。"
        )


def ticks(office: Office, reading: Reading, document: Document) -> dict[str, bool]:
    """Block → whether it was seen, by the latest tick of each."""
    get = office.archive.objects.get
    found = {}
    for entry in reading.entries_of(document.serial):
        if entry.kind == "tick":
            tick = json.loads(get(entry.sha256))
            found[str(tick["block"])] = bool(tick["seen"])
    return found
