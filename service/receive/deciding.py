"""One person's answer on the review desk, and what follows from it when it decides."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from intake.bundle import bound, shot
from service.access import Action, Who, may
from service.errors import Problem
from service.office import Office
from service.office.lookups import PDF, file, files_of, find_document, open_to, require
from service.receive.answers import WAITING, check_answer, check_person, eyes_for
from service.receive.behind import CLASS
from service.receive.pictures import find_review, page_of, sheet_of
from service.receive.reviewed import judge_again
from service.receive.reviews import review_body
from service.receive.ticks import file_tick, keep
from storage.archive import Transaction
from storage.records import Document, Review
from templates.evidence import EVIDENCE, Evidence


@dataclass(frozen=True, slots=True)
class Filing:
    """Where a page goes: its document, as evidence of which kind (None for a page of the document itself).

    `item` is the page as it was put away: sha256, bytes, media type.
    """

    document: Document
    kind: Evidence | None
    item: tuple[str, int, str]


def decide(
    office: Office,
    who: Who | None,
    review_id: str,
    *,
    answer: str,
    note: str = "",
    paper: bool = False,
    serial: str | None = None,
    evidence: str | None = None,
) -> dict[str, Any]:
    """Keep one person's answer; when it decides, what follows from it happens in the same transaction.

    `serial` says which document a page belongs to, `evidence` as which kind of evidence.
    The same answer again by the same person changes nothing and gives the same body. Raises Problem 403, 404, 409, 422.
    """
    may(who, Action.REVIEW)
    filing = _page_to_file(office, who, review_id, serial, evidence) if answer == "belongs" else None
    with office.archive.begin() as transaction:
        found = find_review(office, transaction, who, review_id)
        allowed = require(transaction, who, Action.REVIEW, found.org)
        given = transaction.decisions(found.id)
        if any((one.by, one.answer) == (allowed.token_digest, answer) for one in given):
            return review_body(office, transaction, allowed, found)
        scan = transaction.scan(found.scan)
        check_person(found, allowed, given, scan, needed=eyes_for(found, answer, office.settings.review_eyes))
        check_answer(found, answer, paper=paper, note=note)
        decided = keep(
            office,
            transaction,
            allowed,
            found,
            answer,
            paper=paper,
            note=note,
            serial=filing.document.serial if filing else None,
            evidence=filing.kind.name if filing and filing.kind else None,
        )
        found = transaction.review(found.id)
        if decided is not None:
            _follow(office, transaction, allowed, found, filing)
        return review_body(office, transaction, allowed, found)


def _follow(office: Office, transaction: Transaction, who: Who, found: Review, filing: Filing | None) -> None:
    """What a decision does: a tick is filed, a page is put into its file, a check is judged again."""
    if found.kind == "tick" and found.serial is not None:
        document = transaction.document(found.serial)
        file_tick(office, transaction, who, document, found.name, seen=found.answer == "present")
    elif found.answer == "belongs" and filing is not None:
        _file(office, transaction, who, filing)
    else:
        judge_again(office, transaction, who, found)


def _file(office: Office, transaction: Transaction, who: Who, filing: Filing) -> None:
    """File a page that a person gave to a document: as evidence of its kind, or as a scan of the document."""
    document, kind = filing.document, filing.kind
    form = office.catalogue.get(document.form)
    file(
        transaction,
        document,
        "scan" if kind is None else "evidence",
        to=files_of(transaction, document),
        archive_class=form.archive_class if kind is None else CLASS,
        title=f"{form.title}（扫描件，人工归入）"
        if kind is None
        else f"{kind.label}（{form.title}附件，人工归入）",
        item=filing.item,
        by=who.token_digest,
        evidence=None if kind is None else kind.name,
    )


def _page_to_file(
    office: Office, who: Who | None, review_id: str, serial: str | None, evidence: str | None
) -> Filing | None:
    """Where a page goes, and that page alone as a PDF put away, before the writer's turn; None when it is no page.

    Raises Problem 422 `serial_needed`, `unknown_evidence`, 403, 404.
    """
    with office.archive.read() as reading:
        found = find_review(office, reading, who, review_id)
        if found.kind != "page" or found.page is None or found.state not in WAITING:
            return None
        if not serial:
            raise Problem(
                "serial_needed",
                422,
                "须写明文书",
                "请在 serial 中写明这一页属于哪份文书（印在二维码下方的编号）。",
            )
        if evidence and evidence not in EVIDENCE:
            raise Problem(
                "unknown_evidence",
                422,
                "没有这种材料",
                "evidence 不是已知的材料种类；请从这一件的 kinds 中选一种，文书本身的一页则不写。",
            )
        document = find_document(reading, serial)
        open_to(office, require(reading, who, Action.REVIEW, document.school), document)
        scan = reading.scan(found.scan)
        _, sheet = sheet_of(reading, found)
    page = page_of(office, scan, found.page)
    turn = 0 if sheet is None else sheet.get("turn", 0)
    data = bound([shot(replace(page, pixels=np.ascontiguousarray(np.rot90(page.pixels, -turn))))])
    item = (office.archive.objects.put(data), len(data), PDF)
    return Filing(document, EVIDENCE[evidence] if evidence else None, item)
