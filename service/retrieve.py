"""Retrieve: who asks, on whose approval → note it → entries and bytes."""

import json
from typing import Any

from service.access import Action, Who, may, sees
from service.office import Content, Office
from service.office.files import Shown, note, open_file, shown, told_custody, told_transfers
from service.office.lookups import (
    DOCX,
    PDF,
    document_body,
    find_document,
    form_title,
    open_to,
    reach,
    readable,
    require,
    unknown,
)
from service.office.reprint import RECIPE, order_of
from storage.packing.suffixes import SUFFIXES
from storage.records import Arrived, Document, Entry


def document(office: Office, who: Who | None, serial: str) -> dict[str, Any]:
    """One document as told to those in whose scope it lies. Raises Problem 401, 403, 404."""
    may(who, Action.READ)
    with office.archive.read() as reading:
        found = find_document(reading, serial)
        allowed = require(reading, who, Action.READ, found.school)
    open_to(office, allowed, found)
    return document_body(office, found)


def documents(
    office: Office,
    who: Who | None,
    student: str | None = None,
    form: str | None = None,
    school: str | None = None,
) -> dict[str, Any]:
    """The documents in scope, in the order of issue, narrowed to a student, a form, a school."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        scopes: dict[str, bool] = {}
        told = []
        for found in reading.documents(student_no=student, form=form, school=school):
            if found.school not in scopes:
                scopes[found.school] = sees(allowed, reach(reading, found.school))
            if scopes[found.school] and readable(office, allowed, found):
                told.append(document_body(office, found))
    return {"documents": told}


def overrides(office: Office, who: Who | None) -> dict[str, Any]:
    """The exceptions that authorities in scope allowed, for the level above to look at (art. 45)."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        told = [
            {
                "id": row.id,
                "serial": row.serial,
                "form": row.form,
                "title": form_title(office, row.form),
                "org": row.org,
                "rule": row.rule,
                "document": row.document,
                "reason": row.reason,
                "at": row.at.isoformat(),
            }
            for row in reading.overrides()
            if sees(allowed, reading.chain(row.org))
        ]
    return {"overrides": told}


def content(office: Office, who: Who | None, serial: str) -> Content:
    """The PDF as it was issued; the look is noted first (art. 44)."""
    found = _noted(office, who, serial, "pdf")
    return Content(office.archive.objects.get(found.pdf), PDF, f"{found.serial}.pdf")


def docx(office: Office, who: Who | None, serial: str) -> Content:
    """The Word file as it was issued; the look is noted first (art. 44).

    That of a stamped paper is made now, from its frozen data and the template it was printed from. Raises Problem 409
    when that is no longer possible, and the errors of templates.
    """
    found = _noted(office, who, serial, "docx")
    if found.docx is not None:
        return Content(office.archive.objects.get(found.docx), DOCX, f"{found.serial}.docx")
    with office.archive.read() as reading:
        order = order_of(office, reading, found)
    return Content(office.printer.word(order), DOCX, f"{found.serial}.docx")


def layout(office: Office, who: Who | None, serial: str) -> dict[str, Any]:
    """Where everything stands on the paper, its values included; the look is noted first (art. 44)."""
    found = _noted(office, who, serial, "layout")
    places: dict[str, Any] = json.loads(office.archive.objects.get(found.layout))
    for told in (RECIPE, "record"):
        places.pop(told, None)
    return places


def _noted(office: Office, who: Who | None, serial: str, what: str) -> Document:
    """The document, after the register row is on disk."""
    may(who, Action.READ)
    with office.archive.begin() as transaction:
        found = find_document(transaction, serial)
        allowed = require(transaction, who, Action.READ, found.school)
        open_to(office, allowed, found)
        note(transaction, allowed, found.student_no or found.school, f"{what} {found.serial}", None)
    return found


def archive(office: Office, who: Who | None, owner: str, approval: str | None = None) -> dict[str, Any]:
    """The entries of a student's (学籍号) or an organization's (code) permanent file.

    The register row is written before anything is shown (art. 44); `withheld` counts what is restricted from
    whoever asks. Raises Problem 401, 403, 404.
    """
    found = _shown(office, who, owner, approval, "list")
    with office.archive.read() as reading:
        came = reading.arrived([entry.id for entry in found.entries if entry.serial is None])
    return {
        "archive": owner,
        "kind": found.kind,
        "name": found.name,
        "held_by": told_custody(office, found.school),
        "handed_over": told_transfers(office, owner),
        "entries": [_entry_body(owner, entry, came.get(entry.id)) for entry in found.entries],
        "withheld": found.withheld,
    }


def _shown(office: Office, who: Who | None, owner: str, approval: str | None, what: str) -> Shown:
    """A file, once the look is allowed and noted."""
    look = open_file(office, who, owner, approval, what)
    with office.archive.read() as reading:
        return shown(office, reading, look, reading.entries(owner))


def _entry_body(owner: str, entry: Entry, came: Arrived | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "archive_class": entry.archive_class,
        "title": entry.title,
        "sha256": entry.sha256,
        "size": entry.size,
        "media_type": entry.media_type,
        "serial": entry.serial,
        "evidence": entry.evidence,
        "created_at": entry.created_at.isoformat(),
        "came_from": None
        if came is None
        else {
            "origin": came.origin,
            "entry": came.original,
            "archive_no": came.archive_no,
            "serial": came.serial,
            "form": came.form,
            "arrival": came.arrival,
        },
        "links": {"content": f"/v1/archives/{owner}/entries/{entry.id}/content"},
    }


def entry(office: Office, who: Who | None, owner: str, entry_id: str, approval: str | None = None) -> Content:
    """The bytes of one entry, its sha256 checked; the look is noted first (art. 44)."""
    opened = _shown(office, who, owner, approval, f"entry {entry_id}")
    found = next((item for item in opened.entries if item.id == entry_id), None)
    if found is None:
        raise unknown("entry", "档案件", "请核对件号")
    suffix = SUFFIXES.get(found.media_type, "bin")
    return Content(
        office.archive.objects.get(found.sha256),
        found.media_type,
        f"{found.id}-{found.kind}.{suffix}",
        foreign=found.kind == "scan" or found.serial is None,
    )
