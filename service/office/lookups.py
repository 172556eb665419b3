"""Look-ups that every flow makes: within whose scope something lies, and what a document is told as."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from service.access import CUSTODIAN, Action, Who, reads_restricted, restricted, within
from service.errors import Problem
from service.office.desk import Office
from service.signing import parse_serial
from storage.archive import Reading, Transaction
from storage.errors import NotFound
from storage.records import Document, Entry, EntryKind, NewEntry, Organization, TemplateVersion
from templates.catalogue import hash_of
from templates.evidence import EVIDENCE
from templates.form import Form

PDF, DOCX, JSON = (
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/json",
)


def require(reading: Reading, who: Who | None, action: Action, org: str) -> Who:
    """Let pass who may do this for an organization; raises Problem 401, 403 or 404 `unknown_organization`."""
    try:
        chain = reach(reading, org) if action in CUSTODIAN else reading.chain(org)
    except NotFound:
        raise unknown("organization", "单位", "请先登记该单位") from None
    return within(who, action, chain)


def reach(reading: Reading, org: str) -> list[str]:
    """Who may look after an organization's papers: itself, those above, and once it is gone whoever holds its files (art. 8).

    Raises NotFound when it is not registered.
    """
    heirs = [code for closure in reading.custody(org) for code in reading.chain(closure.holder)]
    return [*reading.chain(org), *heirs]


def looked_after(reading: Reading, who: Who) -> list[str]:
    """The organizations whose papers somebody may look after: those for which `reach` names his own, by code."""
    under: dict[str, list[str]] = {}
    for unit in reading.organizations():
        under.setdefault(unit.parent or "", []).append(unit.code)
    for closure in reading.closures():
        under.setdefault(closure.holder, []).append(closure.org)
    found: dict[str, None] = {}
    new = [who.org]
    while new:
        found |= dict.fromkeys(new)
        new = [code for above in new for code in under.get(above, ()) if code not in found]
    return sorted(found)


def find_document(reading: Reading, serial: str) -> Document:
    """The document of a serial in any spelling. Raises Problem 404 `bad_serial` or `unknown_serial`."""
    try:
        return reading.document(parse_serial(serial))
    except NotFound:
        raise unknown("serial", "文书", "请核对编号") from None


def open_to(office: Office, who: Who, document: Document) -> None:
    """Let pass who may read a document in scope; raises Problem 403 `restricted` (arts. 41 and 44)."""
    if not readable(office, who, document):
        raise restricted()


def readable(office: Office, who: Who, document: Document) -> bool:
    """Tell whether somebody in scope may also read this document, which may be a restricted one."""
    form = office.catalogue.forms.get(document.form)
    return form is None or not form.access or reads_restricted(who, document.created_by)


def hides_evidence(who: Who, document: Document, evidence: str | None) -> bool:
    """Tell whether evidence of this kind is restricted from somebody who may read the paper itself (art. 44)."""
    kind = None if evidence is None else EVIDENCE.get(evidence)
    return kind is not None and kind.restricted and not reads_restricted(who, document.created_by)


def effective_once(office: Office, reading: Reading, document: Document) -> bool:
    """Tell whether a document was ever found complete: its filed checks say so, also after it was revoked."""
    if document.status != "revoked":
        return document.status == "effective"
    checks = (entry for entry in reading.entries_of(document.serial) if entry.kind == "check")
    return any(
        json.loads(office.archive.objects.get(check.sha256))["verdict"] == "genuine" for check in checks
    )


def units_above(reading: Reading, code: str) -> list[Organization]:
    """An organization and those above it, nearest first; empty when it is not registered."""
    try:
        return [reading.organization(link) for link in reading.chain(code)]
    except NotFound:
        return []


def named_unit(reading: Reading, name: str) -> list[Organization]:
    """A registered organization by code or full name, and those above it; empty for none, or two of one name."""
    if not name:
        return []
    codes = [unit.code for unit in reading.organizations() if name in {unit.code, unit.name}]
    return units_above(reading, codes[0]) if len(codes) == 1 else []


def unknown(what: str, chinese: str, advice: str) -> Problem:
    """The 404 for something that is not on file; the key asked for is not repeated."""
    return Problem(f"unknown_{what}", 404, f"查无此{chinese}", f"档案库中没有这个{chinese}；{advice}后重试。")


def document_body(office: Office, document: Document) -> dict[str, Any]:
    """What a document is told as to those in whose scope it lies."""
    path = f"/v1/documents/{document.serial}"
    links = {"self": path, **{name: f"{path}/{name}" for name in ("content", "docx", "layout")}}
    form = office.catalogue.forms.get(document.form)
    return {
        "serial": document.serial,
        "form": document.form,
        "title": form_title(office, document.form),
        "kind": form.kind if form else None,
        "number": document.number,
        "status": document.status,
        "student": document.student_no,
        "school": document.school,
        "issued_on": document.issued_on.isoformat(),
        "pages": document.pages,
        "verify_url": document.code_text,
        "created_at": document.created_at.isoformat(),
        "reason": document.reason,
        "superseded_by": document.superseded_by,
        "links": links,
    }


def form_title(office: Office, name: str) -> str:
    """The Chinese title of a form; its name when the form has since been given up."""
    form = office.catalogue.forms.get(name)
    return form.title if form else name


def _owners(document: Document) -> list[tuple[str, str | None]]:
    return [("student_file", document.student_no), ("school_file", document.school)]


def files_of(reading: Reading, document: Document) -> list[str]:
    """The files a document was put into when it was issued: its scans, checks and ticks go there, nowhere else."""
    archives = {entry.archive for entry in reading.entries_of(document.serial) if entry.kind == "document"}
    return [name for name, owner in _owners(document) if owner in archives]


def accepted_template(office: Office, reading: Reading, form: Form) -> TemplateVersion | None:
    """The version new papers of a form are printed from; None stands for the template of the form's own folder.

    A version's hash is over the definition it was examined with: once the form is defined anew, the version may lack
    marks for its fields, and the form's own template is printed again.
    """
    versions = reading.template_versions(form=form.name)
    if not versions:
        return None
    newest = versions[-1]
    return newest if hash_of(form, office.archive.objects.get(newest.docx)) == newest.hash else None


def file(
    transaction: Transaction,
    document: Document,
    kind: EntryKind,
    *,
    to: Sequence[str],
    archive_class: str,
    title: str,
    item: tuple[str, int, str],
    by: str,
    evidence: str | None = None,
) -> Entry:
    """File one object (sha256, bytes, media type) into the student's and the school's archive, as `to` says.

    Two references, one object (arts. 6, 7); the first entry is given back. What has no student goes to the file of
    the organization that issued it.
    """
    entries = [
        transaction.add_entry(
            archive=archive,
            kind=kind,
            archive_class=archive_class,
            title=title,
            sha256=item[0],
            size=item[1],
            media_type=item[2],
            serial=document.serial,
            by=by,
            evidence=evidence,
        )
        for archive in _archives(document, to)
    ]
    return entries[0]


def filed(
    document: Document,
    kind: EntryKind,
    *,
    to: Sequence[str],
    archive_class: str,
    title: str,
    item: tuple[str, int, str],
    by: str,
) -> list[NewEntry]:
    """What `file` would write, to be filed together with that of other papers."""
    sha256, size, media_type = item
    return [
        NewEntry(archive, kind, archive_class, title, sha256, size, media_type, document.serial, by)
        for archive in _archives(document, to)
    ]


def _archives(document: Document, to: Sequence[str]) -> list[str]:
    return [owner for name, owner in _owners(document) if name in to and owner] or [document.school]


def canonical(value: Mapping[str, object]) -> bytes:
    """The one spelling of a JSON object that is hashed, signed and logged: sorted, compact, UTF-8.

    Half a character, which JSON can write, is hashed too: the rules refuse it later, by the name of its field.
    """
    told = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told.encode("utf-8", "surrogatepass")


def facts_digest(facts: Mapping[str, str]) -> bytes:
    """SHA-256 of the printed facts, 32 bytes; its first 12 stand in the QR code."""
    return hashlib.sha256(canonical(facts)).digest()
