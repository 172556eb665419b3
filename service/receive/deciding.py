"""One person's answer on the review desk, and what follows from it when it decides."""

from typing import Any

from intake.bundle import bound, shot
from service.access import Action, Who, may
from service.errors import Problem
from service.office import Office
from service.office.lookups import PDF, file, files_of, find_document, open_to, require
from service.receive.answers import WAITING, check_answer, check_person, eyes_for
from service.receive.pictures import find_review, page_of
from service.receive.reviewed import judge_again
from service.receive.reviews import review_body
from service.receive.ticks import file_tick, keep
from storage.archive import Transaction
from storage.records import Document, Review

Filing = tuple[Document, tuple[str, int, str]]
"""The document a page belongs to, and the page as it was put away: sha256, bytes, media type."""


def decide(
    office: Office,
    who: Who | None,
    review_id: str,
    *,
    answer: str,
    note: str = "",
    paper: bool = False,
    serial: str | None = None,
) -> dict[str, Any]:
    """Keep one person's answer; when it decides, what follows from it happens in the same transaction.

    The same answer again by the same person changes nothing and gives the same body. Raises Problem 403, 404, 409, 422.
    """
    may(who, Action.REVIEW)
    filing = _page_to_file(office, who, review_id, answer, serial)
    with office.archive.begin() as transaction:
        found = find_review(office, transaction, who, review_id)
        allowed = require(transaction, who, Action.REVIEW, found.org)
        given = transaction.decisions(found.id)
        if any((one.by, one.answer) == (allowed.token_digest, answer) for one in given):
            return review_body(office, transaction, allowed, found)
        scan = transaction.scan(found.scan)
        check_person(found, allowed, given, scan, needed=eyes_for(found, answer, office.settings.review_eyes))
        check_answer(found, answer, paper=paper, note=note)
        belongs_to = filing[0].serial if filing else None
        decided = keep(office, transaction, allowed, found, answer, paper=paper, note=note, serial=belongs_to)
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
        document, item = filing
        form = office.catalogue.get(document.form)
        file(
            transaction,
            document,
            "scan",
            to=files_of(transaction, document),
            archive_class=form.archive_class,
            title=f"{form.title}（扫描件，人工归入）",
            item=item,
            by=who.token_digest,
        )
    else:
        judge_again(office, transaction, who, found)


def _page_to_file(
    office: Office, who: Who | None, review_id: str, answer: str, serial: str | None
) -> Filing | None:
    """The document a page belongs to, and that page alone as a PDF put away, before the writer's turn.

    Raises Problem 422 `serial_needed`, 403, 404.
    """
    if answer != "belongs":
        return None
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
        document = find_document(reading, serial)
        open_to(office, require(reading, who, Action.REVIEW, document.school), document)
        scan = reading.scan(found.scan)
    data = bound([shot(page_of(office, scan, found.page))])
    return document, (office.archive.objects.put(data), len(data), PDF)
