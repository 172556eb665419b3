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
from storage.archive import Reading
from storage.records import Document


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
            by=allowed.token_digest,
        )
        return {**document_body(office, document), "ticks": ticks(office, transaction, document)}


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
