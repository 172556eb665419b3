"""What a person looks at: a side of a scan upright, a doubtful place cut out of it, the same place as it was printed."""

import json
from typing import Any, cast

from intake.pictures import cut_jpeg, page_jpeg
from intake.reading import Box, PageImage
from intake.uploads import Kind, pages
from service.access import Action, Who, may, restricted
from service.errors import Problem
from service.office import Content, Office
from service.office.lookups import find_document, hides_evidence, open_to, require, unknown
from service.receive.arrival import found_scan
from storage.archive import Reading, Transaction
from storage.errors import NotFound
from storage.records import Document, Review, Scan

JPEG = "image/jpeg"


def find_review(office: Office, reading: Reading, who: Who | None, review_id: str) -> Review:
    """The review, if the asker may see the paper or the page it is about; raises Problem 401, 403, 404."""
    allowed = may(who, Action.READ)
    try:
        review = reading.review(review_id)
    except NotFound:
        raise unknown("review", "待核事项", "请刷新列表") from None
    require(reading, allowed, Action.READ, review.org)
    if review.serial is None:
        found_scan(office, reading, allowed, review.scan)
    else:
        _open(office, allowed, reading.document(review.serial), review.evidence)
    return review


def _open(office: Office, who: Who, document: Document, evidence: str | None) -> None:
    open_to(office, who, document)
    if hides_evidence(who, document, evidence):
        raise restricted()


def side(office: Office, who: Who | None, scan_id: str, index: int, width: int) -> Content:
    """One side of a scan (from 0), upright, at most `width` pixels wide; the look is noted first (art. 44).

    Who may see the paper on it may see the side; one that is nobody's only who may see the whole scan.
    """
    with office.archive.begin() as transaction:
        scan, sheet, archive = _find_side(office, transaction, who, scan_id, index)
        _note(transaction, may(who, Action.READ), archive, f"scan {scan.id} page {index}")
    page = page_of(office, scan, index)
    return Content(page_jpeg(page, sheet.get("turn", 0), width), JPEG, f"scan-{scan.id}-{index}.jpg")


def _find_side(
    office: Office, reading: Reading, who: Who | None, scan_id: str, index: int
) -> tuple[Scan, dict[str, Any], str]:
    """The scan, the side as it was told, and in whose file the look is noted."""
    allowed = may(who, Action.READ)
    try:
        scan = reading.scan(scan_id)
    except NotFound:
        raise unknown("scan", "扫描件", "请核对编号") from None
    sheet = next((one for one in (scan.result or {}).get("sheets", ()) if one["index"] == index), None)
    if sheet is None or sheet["serial"] is None:
        found_scan(office, reading, allowed, scan_id)
    if sheet is None:
        raise unknown("page", "页", "请先确认扫描件已读完，再核对页码")
    if sheet["serial"] is None:
        return scan, sheet, scan.org
    document = find_document(reading, sheet["serial"])
    require(reading, allowed, Action.READ, document.school)
    _open(office, allowed, document, sheet["evidence"])
    return scan, sheet, document.student_no or document.school


def crop(office: Office, who: Who | None, review_id: str) -> Content:
    """The doubtful place cut out of the scan, or the whole side when it is about that; the look is noted first (art. 44).

    Raises Problem 404 `no_picture` for a page that was never scanned.
    """
    with office.archive.begin() as transaction:
        review = find_review(office, transaction, who, review_id)
        scan, sheet = sheet_of(transaction, review)
        if sheet is None:
            raise _no_picture()
        _note_review(transaction, may(who, Action.READ), review, "crop")
    page = page_of(office, scan, sheet["index"])
    turn = sheet.get("turn", 0)
    box = box_of(review)
    data = page_jpeg(page, turn, STANDARD_WIDTH) if box is None else cut_jpeg(page.pixels, box, turn)
    return Content(data, JPEG, f"review-{review.id}.jpg")


STANDARD_WIDTH = 1000
"""Pixels of a whole side: a person reads a page on half a screen."""


def record_crop(office: Office, who: Who | None, review_id: str) -> Content:
    """The same place as it was printed, cut out of the archived PDF; the look is noted first (art. 44).

    Raises Problem 404 `no_picture` when the review is about no place of a paper of ours.
    """
    with office.archive.begin() as transaction:
        review = find_review(office, transaction, who, review_id)
        if review.serial is None:
            raise _no_picture()
        document = transaction.document(review.serial)
        layout = json.loads(office.archive.objects.get(document.layout))
        place = _printed_place(layout, review)
        if place is None:
            raise _no_picture()
        _note_review(transaction, may(who, Action.READ), review, "record")
    number, width_mm, box_mm = place
    pdf = office.archive.objects.get(document.pdf)
    page = _only(pdf, "pdf", number)
    scale = page.pixels.shape[1] / width_mm
    box = cast("Box", tuple(edge * scale for edge in box_mm))
    return Content(cut_jpeg(page.pixels, box), JPEG, f"review-{review.id}-record.jpg")


def _printed_place(layout: dict[str, Any], review: Review) -> tuple[int, float, list[float]] | None:
    """On which page of the paper (from 0), how wide that is, and where on it, in mm, the reviewed value was printed."""
    for number, page in enumerate(layout["pages"] if review.kind == "field" else ()):
        boxes = [
            line["box"] for value in page["values"] if value["name"] == review.name for line in value["lines"]
        ]
        if boxes:
            low = [min(box[edge] for box in boxes) for edge in (0, 1)]
            high = [max(box[edge] for box in boxes) for edge in (2, 3)]
            return number, float(page["width"]), [float(edge) for edge in (*low, *high)]
    return None


def sheet_of(reading: Reading, review: Review) -> tuple[Scan, dict[str, Any] | None]:
    """The scan of a review and the side of it that shows what is doubtful, as it was told."""
    scan = reading.scan(review.scan)
    sheets = (scan.result or {}).get("sheets", ())
    return scan, next((one for one in sheets if one["index"] == review.page), None)


def box_of(review: Review) -> Box | None:
    """The doubtful place in pixels of the scan; None when there is none: a page, or a place nobody could find."""
    if review.box is None or not (review.box[2] > review.box[0] and review.box[3] > review.box[1]):
        return None
    left, top, right, bottom = review.box
    return (left, top, right, bottom)


def page_of(office: Office, scan: Scan, index: int) -> PageImage:
    """Decode one side of a scan in a limited child; raises UploadRefused when it cannot be had any more."""
    return _only(office.archive.objects.get(scan.original), cast("Kind", scan.kind), index)


def _only(data: bytes, kind: Kind, index: int) -> PageImage:
    found = list(pages(data, kind, only=index))
    if not found:
        raise _no_picture()
    return found[0]


def _note(transaction: Transaction, who: Who, archive: str, what: str) -> None:
    transaction.note_access(
        who=who.token_digest, role=who.role, org=who.org, archive=archive, what=what, approval=None
    )


def _note_review(transaction: Transaction, who: Who, review: Review, what: str) -> None:
    archive = review.org
    if review.serial is not None:
        archive = transaction.document(review.serial).student_no or review.org
    _note(transaction, who, archive, f"review {review.id} {what}")


def _no_picture() -> Problem:
    return Problem(
        "no_picture", 404, "没有图像", "这一项在扫描件或存档上没有对应的位置；请查看整页，或补扫缺少的页。"
    )
