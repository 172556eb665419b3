"""Retrieve: who asks, on whose approval → note it → entries and bytes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.access import SECRECY_ARTICLE, Action, Who, may, sees
from service.errors import Problem, article_name
from service.office import Content, Office
from service.office.lookups import (
    DOCX,
    PDF,
    document_body,
    find_document,
    form_title,
    hides_evidence,
    open_to,
    readable,
    require,
    unknown,
)
from service.office.reprint import RECIPE, order_of
from storage.archive import Reading, Transaction
from storage.errors import NotFound, OutOfScope
from storage.package import SUFFIXES, bagit
from storage.records import Document, Entry


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
                scopes[found.school] = sees(allowed, reading.chain(found.school))
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
        _note(transaction, allowed, found.student_no or found.school, f"{what} {found.serial}", None)
    return found


def _note(transaction: Transaction, who: Who, archive: str, what: str, approval: str | None) -> None:
    transaction.note_access(
        who=who.token_digest, role=who.role, org=who.org, archive=archive, what=what, approval=approval
    )


def archive(office: Office, who: Who | None, owner: str, approval: str | None = None) -> dict[str, Any]:
    """The entries of a student's (学籍号) or an organization's (code) permanent file.

    The register row is written before anything is shown (art. 44); `withheld` counts what is restricted from
    whoever asks. Raises Problem 401, 403, 404.
    """
    found = _open(office, who, owner, approval, "list")
    return {
        "archive": owner,
        "kind": found.kind,
        "name": found.name,
        "entries": [_entry_body(owner, entry) for entry in found.entries],
        "withheld": found.withheld,
    }


@dataclass(frozen=True, slots=True)
class _File:
    """A permanent file as one may see it: its owner's kind and name, its entries, how many are withheld."""

    kind: str
    name: str
    entries: list[Entry]
    withheld: int


def _open(office: Office, who: Who | None, owner: str, approval: str | None, what: str) -> _File:
    """A file, once the look is allowed and noted."""
    may(who, Action.READ)
    with office.archive.begin() as transaction:
        kind, name, school = _owner(transaction, owner)
        allowed = _allowed(transaction, who, school)
        _note(transaction, allowed, owner, what, approval)
    with office.archive.read() as reading:
        entries = reading.entries(owner)
        hidden = _hidden(office, reading, allowed)
        secret = _secret(reading, allowed, entries)
    shown = [entry for entry in entries if entry.serial not in hidden and entry.id not in secret]
    return _File(kind, name, shown, len(entries) - len(shown))


def _hidden(office: Office, reading: Reading, who: Who) -> set[str]:
    """Serials of the papers that are restricted from somebody; there are few such papers."""
    forms = [form.name for form in office.catalogue.forms.values() if form.access]
    papers = (found for form in forms for found in reading.documents(form=form))
    return {found.serial for found in papers if not readable(office, who, found)}


def _secret(reading: Reading, who: Who, entries: Sequence[Entry]) -> set[str]:
    """The entries of restricted evidence, such as a court's papers, that somebody may not see."""
    return {
        entry.id
        for entry in entries
        if entry.evidence is not None
        and entry.serial is not None
        and hides_evidence(who, reading.document(entry.serial), entry.evidence)
    }


def _owner(reading: Reading, owner: str) -> tuple[str, str, str]:
    """Kind and name of a file's owner, and the organization in whose scope it lies."""
    try:
        student = reading.student(owner)
        return "student", student.name, student.school
    except OutOfScope:
        raise _approval_needed() from None
    except NotFound:
        pass
    try:
        unit = reading.organization(owner)
    except NotFound:
        raise unknown("archive", "档案", "请核对学籍号或单位代码") from None
    return unit.kind, unit.name, owner


def _allowed(reading: Reading, who: Who | None, school: str) -> Who:
    """Scope decides; outside it nothing is shown without a written approval on file (art. 44)."""
    allowed = may(who, Action.READ)
    if not sees(allowed, reading.chain(school)):
        raise _approval_needed()
    return allowed


def _approval_needed() -> Problem:
    return Problem(
        "approval_needed",
        403,
        "须经书面批准",
        "该档案不在管辖范围内，非经学籍主管部门书面批准不得查阅；请先申请批准。",
        article=article_name(SECRECY_ARTICLE),
    )


def _entry_body(owner: str, entry: Entry) -> dict[str, Any]:
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
        "links": {"content": f"/v1/archives/{owner}/entries/{entry.id}/content"},
    }


def entry(office: Office, who: Who | None, owner: str, entry_id: str, approval: str | None = None) -> Content:
    """The bytes of one entry, its sha256 checked; the look is noted first (art. 44)."""
    opened = _open(office, who, owner, approval, f"entry {entry_id}")
    found = next((item for item in opened.entries if item.id == entry_id), None)
    if found is None:
        raise unknown("entry", "档案件", "请核对件号")
    suffix = SUFFIXES.get(found.media_type, "bin")
    return Content(
        office.archive.objects.get(found.sha256),
        found.media_type,
        f"{found.id}-{found.kind}.{suffix}",
        foreign=found.kind == "scan",
    )


def package(office: Office, who: Who | None, owner: str, approval: str | None = None) -> Content:
    """The whole file as a BagIt zip; the look is noted first (art. 44)."""
    opened = _open(office, who, owner, approval, "package")
    return Content(bagit(opened.entries, office.archive.objects.get), "application/zip", "archive.zip")
