"""What the one who brings a scan sees: it is taken in, and later there is a result."""

from dataclasses import replace
from typing import Any

from intake.errors import UploadRefused
from intake.uploads import inspect
from service import bell
from service.access import Action, Role, Who, may, restricted
from service.logs import carried
from service.office import Content, Office
from service.office.lookups import find_document, hides_evidence, open_to, require, unknown
from service.office.uploads import MEDIA_TYPES, keep_refused
from service.receive.reviewed import tell_reviewed
from service.receive.spooling import original_of, spooled
from storage.archive import Reading, Transaction
from storage.errors import NotFound, StoreAway
from storage.records import Scan, ScanState

JOB = "scan"
LONGEST_WAIT = 60.0
"""Seconds one request may wait for a result: below the time-outs of the proxies in front of us."""
POLL = 0.2
"""Seconds between two looks: unnoticeable to a person, five look-ups a second to the database."""


def accept(office: Office, who: Who | None, data: bytes, filename: str | None = None) -> str:
    """Take an upload in and queue it for a worker; gives the scan's id.

    The original bytes are kept as they came, a refused upload too: it then stands in the list of scans, and
    Problem 413, 415 or 422 carries its id as `scan`. The file name is not kept: it may hold a name.
    """
    del filename
    allowed = may(who, Action.SCAN)
    with office.archive.read() as reading:
        require(reading, who, Action.SCAN, allowed.org)
    try:
        sha256 = office.archive.objects.put(data)
    except StoreAway as away:
        return spooled(office, allowed, data, away)
    try:
        kind = inspect(data, office.settings.max_upload_mb << 20).kind
    except UploadRefused as refusal:
        raise keep_refused(office, allowed, sha256, refusal) from None
    with office.archive.begin() as transaction:
        scan = transaction.add_scan(kind=kind, original=sha256, org=allowed.org, by=allowed.token_digest)
        transaction.add_job(JOB, {"scan": scan.id, **carried()}, scan.org)
    bell.ring(office.settings.data, "work")
    return scan.id


def result(office: Office, who: Who | None, scan_id: str, wait: float = 0.0) -> dict[str, Any]:
    """The state of a scan and, when done, what was found; waits up to `wait` seconds for it.

    Raises Problem 401, 403, 404.
    """
    waited = 0.0
    while True:
        with office.archive.read() as reading:
            scan = found_scan(office, reading, who, scan_id)
            scan = replace(scan, result=tell_reviewed(office, reading, scan))
        if scan.state in {"done", "failed"} or waited >= min(wait, LONGEST_WAIT):
            return scan_body(scan)
        office.sleep(POLL)
        waited += POLL


def found_scan(office: Office, reading: Reading, who: Who | None, scan_id: str) -> Scan:
    """The scan, for those who may see it and every paper on it. Raises Problem 401, 403, 404."""
    allowed = may(who, Action.READ)
    try:
        scan = reading.scan(scan_id)
    except NotFound:
        raise unknown("scan", "扫描件", "请核对编号") from None
    require(reading, allowed, Action.READ, scan.org)
    if scan.by != allowed.token_digest:
        given = [(str(one.serial), one.evidence) for _, one in reading.pages_given(scan.id)]
        for serial, evidence in (*_found(scan), *given):
            with reading.beyond_scope():  # a stack may hold papers of other schools
                document = find_document(reading, serial)
            open_to(office, allowed, document)
            if hides_evidence(allowed, document, evidence):
                raise restricted()
    return scan


def _found(scan: Scan) -> list[tuple[str, str | None]]:
    """The documents on a scan, and the evidence: who may not read one of them is not told the scan either."""
    result: Any = scan.result or {}
    return [
        (str(one["serial"]), one.get("evidence"))
        for one in (*result.get("documents", []), *result.get("evidence", []))
    ]


def scan_body(scan: Scan) -> dict[str, Any]:
    """A scan as told: its state, then documents and unmatched pages, or the problem it failed with."""
    body: dict[str, Any] = {
        "id": scan.id,
        "state": scan.state,
        "uploaded_at": scan.uploaded_at.isoformat(),
        "pages": scan.pages,
        "documents": [],
        "evidence": [],
        "unmatched": [],
    }
    if scan.result is not None:
        body |= scan.result
    if scan.problem is not None:
        body["problem"] = scan.problem
    return body


def scans(office: Office, who: Who | None, state: ScanState | None = None) -> dict[str, Any]:
    """The scans in scope, newest first, of one state when given; without their findings."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        codes = codes_below(reading, allowed)
        return {"scans": [_line(scan) for scan in reading.scans(codes, state)]}


def codes_below(reading: Reading, who: Who) -> list[str]:
    """The organizations within somebody's scope: his own, and for an authority those that lie under it."""
    if who.role in {Role.REGISTRAR, Role.HEAD}:
        return [who.org]
    return [unit.code for unit in reading.organizations() if who.org in reading.chain(unit.code)]


def _line(scan: Scan) -> dict[str, Any]:
    body = scan_body(scan)
    counts = {name: len(body.pop(name)) for name in ("documents", "evidence", "unmatched")}
    return {name: body.get(name) for name in ("id", "state", "uploaded_at", "pages")} | counts


def original(office: Office, who: Who | None, scan_id: str) -> Content:
    """The bytes of an upload as they came; the look is noted first (art. 44)."""
    with office.archive.begin() as transaction:
        scan = found_scan(office, transaction, who, scan_id)
        noted_scan(transaction, may(who, Action.READ), scan, f"scan {scan.id}")
    media_type = MEDIA_TYPES.get(scan.kind, "application/octet-stream")
    with office.archive.read() as reading:
        data = original_of(office, reading, scan)
    return Content(data, media_type, f"scan-{scan.id}.{scan.kind}", foreign=True)


def noted_scan(transaction: Transaction, who: Who, scan: Scan, what: str) -> None:
    """Write the register row of a look at a scan (art. 44)."""
    transaction.note_access(
        who=who.token_digest, role=who.role, org=who.org, archive=scan.org, what=what, approval=None
    )
