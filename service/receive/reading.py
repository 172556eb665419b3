"""What a worker does with a scan: page after page to its document, then all documents judged and filed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

from intake.errors import UploadRefused
from intake.pictures import quarters
from intake.reading import FieldFinding, MarkFinding, PageImage
from intake.uploads import Kind, pages
from service import tallies
from service.errors import Problem
from service.office import Office, advice
from service.office.imprints import Imprints
from service.office.judgement import Judgement, SheetReading, judge_paper
from service.office.lookups import JSON, canonical, file, files_of
from service.office.papers import Named, Paper, Slip, Unnamed, name_page, open_paper, read_paper
from service.receive import dating, differing, later, stubs
from service.receive.arrival import MEDIA_TYPES, upload_problem
from service.receive.behind import FOREIGN, Bundle, Filed, Stack, file_evidence, put_away, restricted_kind
from service.receive.doubts import put_on_desk
from service.receive.foreign import ForeignReader, case_of, suggestion
from storage.archive import Reading, Transaction
from storage.records import Document, Scan


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of paper of an upload: index from 0, its size in pixels, and the reading or why there is none.

    `evidence` names the kind of a slip, and of what lies behind it; a `blank` side shows nothing. `suggestion` says what
    a page that lies behind no slip looks like. `turn` is by how many quarters clockwise the picture must be turned to
    stand upright; `colour` whether it has any.
    """

    index: int
    size: tuple[int, int]
    serial: str | None
    reason: str | None
    read: SheetReading | None
    evidence: str | None = None
    blank: bool = False
    suggestion: dict[str, Any] | None = None
    turn: int = 0
    colour: bool = True


@dataclass(frozen=True, slots=True)
class Checked:
    """A document of an upload with its judgement and the check as it was put away."""

    document: Document
    judgement: Judgement
    body: dict[str, Any]
    sha256: str
    size: int


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
    try:
        sheets, papers, bundles = _read_all(office, scan, beat)
    except UploadRefused as refusal:
        with office.archive.begin() as transaction:
            transaction.set_scan(scan.id, "failed", problem=upload_problem(refusal).to_json())
        return
    with office.archive.read() as reading:
        cases = {bundle.document.serial: case_of(reading, bundle.document) for bundle in bundles}
    filed = put_away(office, bundles, cases)
    with office.archive.read() as reading:
        stampings = Imprints(reading)
        checks = _checks(office, scan, papers, sheets, stampings)
    with office.archive.begin() as transaction:
        if transaction.newest_imprint() != stampings.newest:  # another worker's paper may carry the same seal
            stampings = Imprints(transaction)
            checks = _checks(office, scan, papers, sheets, stampings)
        _file(office, transaction, scan, Found(sheets, checks, filed, stampings))
    for checked in checks:
        tallies.add(office.settings.data, "reads", checked.judgement.verdict)


def fail(office: Office, scan_id: str) -> None:
    """Set a scan aside for a person after its reading failed for a reason that is not the scan's."""
    problem = Problem(
        "internal", 500, "读取失败", "读取扫描件时发生意外错误，原件已保留；请联系系统管理员，或重新上传。"
    )
    with office.archive.begin() as transaction:
        if transaction.scan(scan_id).state != "done":
            transaction.set_scan(scan_id, "failed", problem=problem.to_json())


def _start(office: Office, scan_id: str) -> Scan | None:
    with office.archive.begin() as transaction:
        scan = transaction.scan(scan_id)
        if scan.state in {"done", "failed"}:
            return None
        transaction.set_scan(scan_id, "running")
    return scan


def _read_all(
    office: Office, scan: Scan, beat: Callable[[], None]
) -> tuple[list[Sheet], dict[str, Paper], list[Bundle]]:
    """Read page after page, holding one page's pixels at a time."""
    papers: dict[str, Paper] = {}
    stack = Stack()
    with office.archive.read() as reading:
        reader = ForeignReader(office, tuple(sorted({unit.name for unit in reading.organizations()})))
    data = office.archive.objects.get(scan.original)
    sheets: list[Sheet] = []
    slim: list[PageImage] = []
    for page in pages(data, cast("Kind", scan.kind)):
        beat()
        sheet = _sheet(office, scan, page, papers, (stack, reader))
        sheets.append(sheet)
        if stubs.may_be_one(page, sheet.reason, blank=sheet.blank) and len(slim) < stubs.MOST:
            slim.append(page)
    mains = [(sheet.index, sheet.serial, sheet.read) for sheet in sheets if sheet.serial and sheet.read]
    for index, serial, read in stubs.placed(office, papers, mains, slim):
        sheets[index] = replace(sheets[index], serial=serial, reason=None, read=read, suggestion=None)
    return sheets, papers, stack.bundles


def _sheet(
    office: Office,
    scan: Scan,
    page: PageImage,
    papers: dict[str, Paper],
    stack_and_reader: tuple[Stack, ForeignReader],
) -> Sheet:
    stack, reader = stack_and_reader
    size = (page.pixels.shape[1], page.pixels.shape[0])
    with office.archive.read() as reading:
        named = _named(office, reading, scan, page)
        place = stack.take(named, page)
        if isinstance(named, Named):
            serial = named.document.serial
            if serial not in papers:
                papers[serial] = open_paper(office, reading, named.document)
    if isinstance(place, Bundle):
        if not isinstance(named, Slip):
            place.texts.append((page.index, reader.read(page)))
        return Sheet(page.index, size, place.document.serial, None, None, place.evidence.name)
    if isinstance(place, Unnamed):
        strange = place.reason in FOREIGN and not place.blank
        looks = suggestion(reader.read(page)) if strange else None
        return Sheet(page.index, size, None, place.reason, None, blank=place.blank, suggestion=looks)
    assert isinstance(named, Named)
    serial = named.document.serial
    found = read_paper(office, papers[serial], page, named)
    read = SheetReading(named.token.page, found)
    return Sheet(page.index, size, serial, None, read, turn=quarters(named.code), colour=page.colour)


def _named(office: Office, reading: Reading, scan: Scan, page: PageImage) -> Named | Slip | Unnamed:
    """The page's document, if the one who brought the scan may see it (art. 44)."""
    named = name_page(office, reading, page)
    if not isinstance(named, Unnamed) and scan.org not in reading.chain(named.document.school):
        return Unnamed("out_of_scope")
    return named


def _checks(
    office: Office, scan: Scan, papers: dict[str, Paper], sheets: list[Sheet], stampings: Imprints
) -> list[Checked]:
    return [_check(office, scan, paper, sheets, stampings) for paper in papers.values()]


def _check(office: Office, scan: Scan, paper: Paper, sheets: list[Sheet], stampings: Imprints) -> Checked:
    """Judge one document and put its check away as JSON."""
    document = paper.document
    mine = [sheet for sheet in sheets if sheet.serial == document.serial and sheet.evidence is None]
    whole = stubs.joined(office, paper, [sheet.read for sheet in mine if sheet.read is not None])
    reads = stampings.doubted(document.serial, whole)
    judgement = judge_paper(paper.layout, document.status, reads)
    body = {
        "serial": document.serial,
        "form": document.form,
        "verdict": judgement.verdict,
        "reasons": list(judgement.reasons),
        "fields": [
            {
                "name": item.name,
                "expected": item.expected,
                "read": item.read,
                "result": item.result,
                "confidence": round(item.confidence, 4),
                "box": item.box,
                "page": _page_of(item, mine),
            }
            for item in judgement.fields
        ],
        "marks": [
            {
                "block": item.block,
                "kind": item.kind,
                "result": item.result,
                "unit": item.unit,
                "also": list(item.also),
                "why": item.why,
                "same_as": item.same_as,
                "confidence": round(item.confidence, 4),
                "box": item.box,
                "page": _page_of(item, mine),
            }
            for item in judgement.marks
        ],
        "differences": differing.told(judgement.differences, [(sheet.index, sheet.read) for sheet in mine]),
        "dates": dating.told(paper.layout, judgement.marks, [(sheet.index, sheet.read) for sheet in mine]),
        "advice": advice.on(judgement.reasons),
        "pages": [sheet.index for sheet in mine],
        "doubled": sorted(
            number
            for (number, _part), times in Counter((read.page, read.reading.part) for read in reads).items()
            if times > 1
        ),
    }
    kept = canonical(
        {
            **body,
            "scan": scan.id,
            "original": scan.original,
            "recogniser": office.recogniser().name,
            "checked_at": office.now().isoformat(),
        }
    )
    return Checked(document, judgement, body, office.archive.objects.put(kept), len(kept))


def _page_of(finding: FieldFinding | MarkFinding, sheets: list[Sheet]) -> int | None:
    """Tell on which side of the scan a finding was made, from 0: a doubt changes its result, never its place."""
    for sheet in sheets:
        if sheet.read is None:
            continue
        found: list[FieldFinding | MarkFinding] = [*sheet.read.reading.fields, *sheet.read.reading.marks]
        if any((type(one), one.box) == (type(finding), finding.box) for one in found):
            return sheet.index
    return None


def _file(office: Office, transaction: Transaction, scan: Scan, found: Found) -> None:
    """Everything of one scan in one transaction: entries, statuses, and the result."""
    if transaction.scan(scan.id).state == "done":
        return  # another worker, whose lease followed ours, was faster
    original = (scan.original, office.archive.objects.size(scan.original), MEDIA_TYPES[scan.kind])
    told = []
    secret = restricted_kind(found.evidence)
    for check in found.checks:
        form = office.catalogue.get(check.document.form)
        kept_as, title = form.archive_class, form.title
        files = files_of(transaction, check.document)
        entry = file(
            transaction,
            check.document,
            "scan",
            to=files,
            archive_class=kept_as,
            title=f"{title}（扫描件）",
            item=original,
            by=scan.by,
            evidence=secret,
        )
        file(
            transaction,
            check.document,
            "check",
            to=files,
            archive_class=kept_as,
            title=f"{title}（核对记录）",
            item=(check.sha256, check.size, JSON),
            by=scan.by,
        )
        if (
            check.judgement.verdict == "genuine"
            and transaction.document(check.document.serial).status == "pending"
        ):
            transaction.set_status(check.document.serial, "effective")
        told.append({**check.body, "entry": entry.id, "picture": None})
    found.stampings.keep(transaction)
    attached = [file_evidence(office, transaction, scan, one) for one in found.evidence]
    later.queue(transaction, scan.id, [check.sha256 for check in found.checks])
    result = _result(told, attached, found.sheets)
    put_on_desk(office, transaction, scan, result)
    transaction.set_scan(scan.id, "done", result=result, pages=len(found.sheets))


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
        "quality": {"ok": quality.ok, "reasons": list(quality.reasons)} if quality else None,
        "how": sheet.read.reading.how if sheet.read else None,
    }
