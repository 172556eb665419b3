"""What is made from a scan once its verdict is told: searchable copy, small pictures, and the picture of each check."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

from intake.uploads import Kind, pages
from service.access import Action, Who, may
from service.errors import Problem
from service.office import Content, Office
from service.office.lookups import PDF, unknown
from service.receive.arrival import found_scan, noted_scan
from service.receive.later import queue_once, queued
from service.receive.picturing import file_picture, pictured, wanted
from service.receive.sheets import Side, Sides
from storage.archive import Reading, Transaction
from storage.copies import WHOLE
from storage.records import Copy, CopyKind, Scan
from templates.sheetcopy import Sheet, copy

MEDIA_TYPES = {"searchable": PDF, "thumbnail": "image/jpeg"}
RETRY_SECONDS = 5
"""A stack of sixty takes a minute after its verdict; one page a second."""
State = Literal["ready", "waiting", "failed"]


def make(
    office: Office, scan_id: str, checks: Sequence[str] = (), beat: Callable[[], object] = lambda: None
) -> None:
    """Make what is to lie beside a scan, and the pictures of its checks; does nothing when all is there.

    The same scan and check give the same bytes. `beat` is called after each side.
    """
    with office.archive.read() as reading:
        scan = reading.scan(scan_id)
        there = reading.copies(scan_id)
    if scan.state != "done" or (there and not checks):
        return
    bodies = wanted(office, checks)
    wished = {index for body in bodies.values() for index in body["pages"]}
    made: list[Copy] = []
    if there:
        sides = {side.index: side for side in _sides(office, scan, beat, wished)}
    else:
        made, sides = _made(office, scan, wished, beat)
    pictures = {sha256: _pictured(office, scan, (sha256, body), sides) for sha256, body in bodies.items()}
    with office.archive.begin() as transaction:
        if not transaction.copies(scan_id):  # else another worker, whose lease followed ours, was faster
            transaction.add_copies(made)
        for sha256, drawn in pictures.items():
            _file(office, transaction, scan_id, bodies[sha256]["serial"], drawn)


def _made(
    office: Office, scan: Scan, kept: Collection[int], beat: Callable[[], object]
) -> tuple[list[Copy], dict[int, Side]]:
    """Make the copies page after page, of each only packed pictures are held; gives the sides to be kept too."""
    small: list[bytes] = []
    sides: dict[int, Side] = {}

    def sheets() -> Iterator[Sheet]:
        for side in _sides(office, scan, beat):
            small.append(side.thumbnail)
            if side.index in kept:
                sides[side.index] = side
            yield side.sheet

    whole = copy(f"扫描件 {scan.id} 的可检索副本", sheets())
    made = [
        _kept(office, scan, "searchable", WHOLE, whole),
        *(_kept(office, scan, "thumbnail", number, data) for number, data in enumerate(small)),
    ]
    return made, sides


def _pictured(
    office: Office, scan: Scan, check: tuple[str, Mapping[str, Any]], sides: Mapping[int, Side]
) -> str:
    with office.archive.read() as reading:
        document = reading.document(check[1]["serial"])
    return office.archive.objects.put(pictured(office, document, scan, check, sides))


def _file(office: Office, transaction: Transaction, scan_id: str, serial: str, drawn: str) -> None:
    """File a picture, and tell its entry in the scan's result, which may have grown meanwhile."""
    scan = transaction.scan(scan_id)
    entry = file_picture(office, transaction, scan, transaction.document(serial), drawn)
    result: dict[str, Any] = scan.result or {}
    told = [
        {**one, "picture": entry} if one["serial"] == serial else one for one in result.get("documents", ())
    ]
    transaction.set_scan(scan_id, scan.state, result={**result, "documents": told})


def _sides(
    office: Office, scan: Scan, beat: Callable[[], object], only: Collection[int] | None = None
) -> Iterator[Side]:
    """Prepare side after side, of those `only` when given."""
    sides = Sides(office, cast("dict[str, Any]", scan.result))
    for page in pages(office.archive.objects.get(scan.original), cast("Kind", scan.kind)):
        if only is None or page.index in only:
            yield sides.side(page)
        beat()


def _kept(office: Office, scan: Scan, kind: CopyKind, page: int, data: bytes) -> Copy:
    sha256 = office.archive.objects.put(data)
    return Copy(scan.id, kind, page, sha256, len(data), MEDIA_TYPES[kind], office.now())


def state(office: Office, who: Who | None, scan_id: str) -> dict[str, State]:
    """How far the copies of a scan are; they are queued when nobody is making them. Raises Problem 401, 403, 404."""
    may(who, Action.READ)
    with office.archive.read() as reading:
        scan = found_scan(office, reading, who, scan_id)
        told = _state(reading, scan)
        forgotten = told == "waiting" and scan.state == "done" and not queued(reading, scan_id)
    if forgotten:
        with office.archive.begin() as transaction:
            queue_once(transaction, scan_id)
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
            queue_once(transaction, scan.id)
    raise not_there(scan)


def not_there(scan: Scan) -> Problem:
    """Say why there is no copy of a scan, and what to do."""
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
