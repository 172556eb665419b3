"""What a worker does with a scan: page after page to its document, then all documents judged and filed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from intake.errors import UploadRefused
from service import tallies
from service.errors import Problem
from service.office import Office, advice
from service.office.imprints import Imprints
from service.office.lookups import JSON, file, files_of
from service.office.uploads import MEDIA_TYPES, upload_problem
from service.receive import later
from service.receive.behind import Filed, file_evidence, put_away, restricted_kind
from service.receive.checks import Checked, check
from service.receive.doubts import put_on_desk
from service.receive.earlier import OtherPart, other_part
from service.receive.foreign import case_of
from service.receive.leafing import Leafing, Sheet
from storage.archive import Transaction
from storage.records import Scan


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found in an upload: its sheets, its documents judged, the evidence behind its slips, its stampings."""

    sheets: list[Sheet]
    checks: list[Checked]
    evidence: list[Filed]
    stampings: Imprints


def process(office: Office, scan_id: str, beat: Callable[[], None] = lambda: None) -> None:
    """Read a scan and file what was found; does nothing when that was done before. `beat` is called before each page.

    A refused upload ends as `failed` with its problem; any other error leaves the scan as it was, so that
    the job can be tried again.
    """
    scan = _start(office, scan_id)
    if scan is None:
        return
    leafing = Leafing(office, scan)
    try:
        leafing.through(beat)
    except UploadRefused as refusal:
        with office.archive.begin() as transaction:
            if (
                transaction.scan(scan.id).state != "done"
            ):  # by another worker, for whom there was more time or room
                transaction.set_scan(scan.id, "failed", problem=upload_problem(refusal).to_json())
        return
    with office.archive.read() as reading:
        cases = {one.document.serial: case_of(reading, one.document) for one in leafing.bundles}
    filed = put_away(office, leafing.bundles, cases)
    others = _other_parts(office, scan, leafing)
    with office.archive.read() as reading:
        stampings = Imprints(reading)
        checks = _checks(office, scan, leafing, stampings, others)
    with office.archive.begin() as transaction:
        if transaction.newest_imprint() != stampings.newest:  # another worker's paper may carry the same seal
            stampings = Imprints(transaction)
            checks = _checks(office, scan, leafing, stampings, others)
        _file(office, transaction, scan, Found(leafing.sheets, checks, filed, stampings))
    for checked in checks:
        tallies.add(office.settings.data, "reads", checked.judgement.verdict)


def fail(office: Office, scan_id: str, job_id: int, why: str) -> bool:
    """Set a scan aside for a person, with its job, after that failed for a reason that is not the scan's.

    False, and nothing is changed, when another worker has taken the job meanwhile: it may well read it.
    """
    problem = Problem(
        "internal", 500, "读取失败", "读取扫描件时发生意外错误，原件已保留；请联系系统管理员，或重新上传。"
    )
    with office.archive.begin() as transaction:
        if not transaction.bury_job(job_id, why):
            return False
        if transaction.scan(scan_id).state != "done":
            transaction.set_scan(scan_id, "failed", problem=problem.to_json())
    return True


def _start(office: Office, scan_id: str) -> Scan | None:
    with office.archive.begin() as transaction:
        scan = transaction.scan(scan_id)
        if scan.state in {"done", "failed"}:
            return None
        transaction.set_scan(scan_id, "running")
    return scan


def _other_parts(office: Office, scan: Scan, leafing: Leafing) -> dict[str, OtherPart]:
    """The parts of cut papers that came in earlier uploads, by serial."""
    found = {}
    for serial, paper in leafing.papers.items():
        reads = [one.read for one in leafing.sheets if one.serial == serial and one.read is not None]
        other = other_part(office, scan, paper, reads)
        if other is not None:
            found[serial] = other
    return found


def _checks(
    office: Office, scan: Scan, leafing: Leafing, stampings: Imprints, others: Mapping[str, OtherPart]
) -> list[Checked]:
    return [
        check(office, scan, (paper, leafing.sheets, others.get(serial)), stampings)
        for serial, paper in leafing.papers.items()
    ]


def _file(office: Office, transaction: Transaction, scan: Scan, found: Found) -> None:
    """Everything of one scan in one transaction: entries, statuses, and the result."""
    if transaction.scan(scan.id).state == "done":
        return  # another worker, whose lease followed ours, was faster
    original = (scan.original, office.archive.objects.size(scan.original), MEDIA_TYPES[scan.kind])
    secret = restricted_kind(found.evidence)
    told = [_file_check(office, transaction, scan, one, (original, secret)) for one in found.checks]
    found.stampings.keep(transaction)
    attached = [file_evidence(office, transaction, scan, one) for one in found.evidence]
    later.queue(transaction, scan.id, [one.sha256 for one in found.checks])
    result = _result(told, attached, found.sheets)
    put_on_desk(office, transaction, scan, result)
    transaction.set_scan(scan.id, "done", result=result, pages=len(found.sheets))


def _file_check(
    office: Office,
    transaction: Transaction,
    scan: Scan,
    checked: Checked,
    upload: tuple[tuple[str, int, str], str | None],
) -> dict[str, Any]:
    """File the scan and the check of one document, move its status; gives what is told of it."""
    document = checked.document
    original, secret = upload
    form = office.catalogue.get(document.form)
    files = files_of(transaction, document)
    entry = file(
        transaction,
        document,
        "scan",
        to=files,
        archive_class=form.archive_class,
        title=f"{form.title}（扫描件）",
        item=original,
        by=scan.by,
        evidence=secret,
    )
    file(
        transaction,
        document,
        "check",
        to=files,
        archive_class=form.archive_class,
        title=f"{form.title}（核对记录）",
        item=(checked.sha256, checked.size, JSON),
        by=scan.by,
    )
    if checked.judgement.verdict == "genuine" and transaction.document(document.serial).status == "pending":
        transaction.set_status(document.serial, "effective")
    return {**checked.body, "entry": entry.id, "picture": None}


def _result(
    told: list[dict[str, Any]], attached: list[dict[str, Any]], sheets: list[Sheet]
) -> dict[str, Any]:
    return {
        "documents": told,
        "evidence": attached,
        "unmatched": [_unmatched(sheet) for sheet in sheets if sheet.reason is not None],
        "sheets": [_sheet_body(sheet) for sheet in sheets],
    }


def _unmatched(sheet: Sheet) -> dict[str, Any]:
    assert sheet.reason is not None
    told: dict[str, Any] = {
        "page": sheet.index,
        "reason": sheet.reason,
        "advice": advice.on([sheet.reason]),
    }
    return told if sheet.suggestion is None else {**told, "suggestion": sheet.suggestion}


def _sheet_body(sheet: Sheet) -> dict[str, Any]:
    quality = sheet.read.reading.quality if sheet.read else None
    return {
        "index": sheet.index,
        "width": sheet.size[0],
        "height": sheet.size[1],
        "turn": sheet.turn,
        "colour": sheet.colour,
        "serial": sheet.serial,
        "evidence": sheet.evidence,
        "blank": sheet.blank,
        "page": sheet.read.page if sheet.read else None,
        "part": sheet.read.reading.part if sheet.read else None,
        "quality": {"ok": quality.ok, "reasons": list(quality.reasons)} if quality else None,
        "how": sheet.read.reading.how if sheet.read else None,
    }
