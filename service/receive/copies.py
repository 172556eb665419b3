"""What is made from a scan once its verdict is told: the searchable copy, and a small picture of each side."""

from collections.abc import Iterator
from typing import Any, Literal, cast

from intake.uploads import Kind, pages
from service.access import Action, Who, may
from service.errors import Problem
from service.office import Content, Office
from service.office.lookups import PDF, unknown
from service.receive.arrival import found_scan, noted_scan
from service.receive.sheets import Side, Sides
from storage.archive import Reading, Transaction
from storage.copies import WHOLE
from storage.records import Copy, CopyKind, Scan
from templates.sheetcopy import Sheet, copy

JOB = "copies"
MEDIA_TYPES = {"searchable": PDF, "thumbnail": "image/jpeg"}
RETRY_SECONDS = 5
"""A stack of sixty takes a minute after its verdict; one page a second."""
State = Literal["ready", "waiting", "failed"]


def queue(transaction: Transaction, scan_id: str) -> None:
    """Have a worker make the copies of a scan, after what people wait for."""
    transaction.add_job(JOB, {"scan": scan_id})


def make(office: Office, scan_id: str) -> None:
    """Make what is to lie beside a scan; does nothing when it is there. The same scan gives the same bytes."""
    with office.archive.read() as reading:
        scan = reading.scan(scan_id)
        there = reading.copies(scan_id)
    if scan.state != "done" or there:
        return
    made = _made(office, scan)
    with office.archive.begin() as transaction:
        if not transaction.copies(scan_id):  # else another worker, whose lease followed ours, was faster
            transaction.add_copies(made)


def _made(office: Office, scan: Scan) -> list[Copy]:
    """Make the copies page after page; of each only the packed pictures are held."""
    small: list[bytes] = []

    def sheets() -> Iterator[Sheet]:
        for side in _sides(office, scan):
            small.append(side.thumbnail)
            yield side.sheet

    whole = copy(f"扫描件 {scan.id} 的可检索副本", sheets())
    return [
        _kept(office, scan, "searchable", WHOLE, whole),
        *(_kept(office, scan, "thumbnail", number, data) for number, data in enumerate(small)),
    ]


def _sides(office: Office, scan: Scan) -> Iterator[Side]:
    sides = Sides(office, cast("dict[str, Any]", scan.result))
    data = office.archive.objects.get(scan.original)
    yield from map(sides.side, pages(data, cast("Kind", scan.kind)))


def _kept(office: Office, scan: Scan, kind: CopyKind, page: int, data: bytes) -> Copy:
    sha256 = office.archive.objects.put(data)
    return Copy(scan.id, kind, page, sha256, len(data), MEDIA_TYPES[kind], office.now())


def state(office: Office, who: Who | None, scan_id: str) -> dict[str, State]:
    """How far the copies of a scan are; they are queued when nobody is making them. Raises Problem 401, 403, 404."""
    may(who, Action.READ)
    with office.archive.read() as reading:
        scan = found_scan(office, reading, who, scan_id)
        told = _state(reading, scan)
        forgotten = told == "waiting" and scan.state == "done" and not _queued(reading, scan_id)
    if forgotten:
        with office.archive.begin() as transaction:
            _queue_once(transaction, scan_id)
    return {"state": told}


def _state(reading: Reading, scan: Scan) -> State:
    if scan.state == "failed":
        return "failed"
    return "ready" if scan.state == "done" and reading.copies(scan.id) else "waiting"


def searchable(office: Office, who: Who | None, scan_id: str) -> Content:
    """The copy of a whole scan; the look is noted first (art. 44). Raises Problem 401, 403, 404, 409."""
    found = _noted(office, who, scan_id, "searchable", WHOLE)
    return Content(office.archive.objects.get(found.sha256), found.media_type, f"scan-{scan_id}-copy.pdf")


def thumbnail(office: Office, who: Who | None, scan_id: str, page: int) -> Content:
    """The small picture of a side, from 0; the look is noted first (art. 44). Raises Problem 401, 403, 404, 409."""
    found = _noted(office, who, scan_id, "thumbnail", page)
    return Content(office.archive.objects.get(found.sha256), found.media_type, f"scan-{scan_id}-{page}.jpg")


def _noted(office: Office, who: Who | None, scan_id: str, kind: CopyKind, page: int) -> Copy:
    with office.archive.begin() as transaction:
        scan = found_scan(office, transaction, who, scan_id)
        there = transaction.copies(scan.id)
        if there:
            found = next((one for one in there if (one.kind, one.page) == (kind, page)), None)
            if found is None:
                raise unknown("page", "页", "请核对页号，从 0 起")
            noted_scan(transaction, may(who, Action.READ), scan, f"{kind} of scan {scan.id}")
            return found
        if scan.state == "done":
            _queue_once(transaction, scan.id)
    raise _not_there(scan)


def _queue_once(transaction: Transaction, scan_id: str) -> None:
    """Queue the copies of a scan of before there were any, or of one that a worker gave up."""
    if not transaction.copies(scan_id) and not _queued(transaction, scan_id):
        queue(transaction, scan_id)


def _queued(reading: Reading, scan_id: str) -> bool:
    return any(job.payload["scan"] == scan_id for job in reading.open_jobs(JOB))


def _not_there(scan: Scan) -> Problem:
    if scan.state == "failed":
        return Problem(
            "no_copy", 409, "没有副本", "这份扫描件没有读成，所以没有副本；请取原件，或重新扫描后上传。"
        )
    return Problem(
        "copy_not_ready",
        409,
        "副本还没有做好",
        "副本在读出结果之后制作；请过几秒再取，或在地址后加 ?wait=60 等它做好。",
        extra={"retry_after": RETRY_SECONDS},
    )
