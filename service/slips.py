"""Cover sheets of evidence (材料封面页): which kinds a paper asks for → one signed sheet for each → what is filed and missing (art. 7)."""

import io
import json
from collections.abc import Sequence
from typing import Any

from service.access import Action, Who
from service.errors import Objection, refused
from service.office import Content, Office
from service.office.lookups import PDF, find_document, form_title, hides_evidence, open_to, require
from service.signing import address, slip_token
from storage.archive import Reading
from storage.records import Document
from templates import printfile
from templates.catalogue import SHEETS, load_form
from templates.evidence import EVIDENCE, Evidence, wanted
from templates.form import Form
from templates.order import Order

SHEET = "evidence_slip"
ARTICLE = 7
TOLD = ("kind", "facts", "seal", "level", "person", "reasons", "pages")
"""What is told of a reading; its whole print lies in the archive alone."""


def printed(office: Office, who: Who | None, serial: str, kinds: Sequence[str] | None = None) -> Content:
    """One cover sheet for each kind of evidence (names of `EVIDENCE`), or for each the paper must have, as one PDF.

    It shows whose case it is, so the look is noted (art. 44). Raises Problem 401, 403, 404, 422, and the errors of templates.
    """
    with office.archive.begin() as transaction:
        document = find_document(transaction, serial)
        allowed = require(transaction, who, Action.SCAN, document.school)
        open_to(office, allowed, document)
        chosen = _chosen(office, document, kinds)
        school = transaction.organization(document.school).name
        transaction.note_access(
            who=allowed.token_digest,
            role=allowed.role,
            org=allowed.org,
            archive=document.student_no or document.school,
            what=f"evidence slip {document.serial}",
            approval=None,
        )
    form = load_form(SHEETS / SHEET)
    sheets = [_printed(office, form, document, school, kind) for kind in chosen]
    out = io.BytesIO()
    printfile.write(sheets, out)
    return Content(out.getvalue(), PDF, f"材料封面页-{document.serial}.pdf")


def overview(office: Office, who: Who | None, serial: str) -> dict[str, Any]:
    """The evidence a paper asks for and what was filed for it, kind by kind; `missing` names what must be there and is not.

    Raises Problem 401, 403, 404.
    """
    with office.archive.read() as reading:
        document = find_document(reading, serial)
        allowed = require(reading, who, Action.READ, document.school)
        open_to(office, allowed, document)
        filed = _filed(reading, document)
        readings = _readings(office, reading, document)
    asked = _wanted(office, document)
    others = [(EVIDENCE[name], False) for name in filed if name not in {kind.name for kind, _ in asked}]
    told = [
        {
            "evidence": kind.name,
            "label": kind.label,
            "required": required,
            "min_level": kind.min_level,
            "entries": [] if hides_evidence(allowed, document, kind.name) else filed.get(kind.name, []),
            "readings": [] if hides_evidence(allowed, document, kind.name) else readings.get(kind.name, []),
        }
        for kind, required in [*asked, *others]
    ]
    missing = [kind.name for kind, required in asked if required and kind.name not in filed]
    return {"serial": document.serial, "evidence": told, "missing": missing}


def _filed(reading: Reading, document: Document) -> dict[str, list[str]]:
    """The entries of each kind; of those in two files the first, which both have."""
    found: dict[str, list[str]] = {}
    seen: set[tuple[str, str]] = set()
    for entry in reading.entries_of(document.serial):
        if (
            entry.kind == "evidence"
            and entry.evidence is not None
            and (entry.evidence, entry.sha256) not in seen
        ):
            seen.add((entry.evidence, entry.sha256))
            found.setdefault(entry.evidence, []).append(entry.id)
    return found


def _readings(office: Office, reading: Reading, document: Document) -> dict[str, list[dict[str, Any]]]:
    """What was read on the evidence of each kind, without its whole print, beside the entry it was read on."""
    entries = reading.entries_of(document.serial)
    papers = {entry.sha256: entry.id for entry in reversed(entries) if entry.kind == "evidence"}
    found: dict[str, list[dict[str, Any]]] = {}
    for sha256, kind in {
        entry.sha256: entry.evidence for entry in entries if entry.kind == "reading"
    }.items():
        kept = json.loads(office.archive.objects.get(sha256))
        told = {name: kept[name] for name in TOLD}
        found.setdefault(str(kind), []).append({"entry": papers.get(kept["pdf"]), **told})
    return found


def _wanted(office: Office, document: Document) -> tuple[tuple[Evidence, bool], ...]:
    form = office.catalogue.forms.get(document.form)
    return () if form is None else wanted(form, document.data)


def _chosen(office: Office, document: Document, kinds: Sequence[str] | None) -> list[Evidence]:
    if kinds is None:
        found = [kind for kind, required in _wanted(office, document) if required]
        if not found:
            message = "这份文书没有必须附的证明材料；需要封面页时请在 evidence 里写明材料种类"
            raise refused([Objection("evidence", "no_evidence", message, ARTICLE)])
        return found
    unknown = [number for number, name in enumerate(kinds, 1) if name not in EVIDENCE]
    if unknown or not kinds:
        where = "、".join(f"第{number}项" for number in unknown)
        wrong = f"{where}不是已知的材料种类" if unknown else "evidence 里一种材料也没有写"
        message = f"{wrong}；请对照 GET /v1/forms/{document.form} 列出的种类改正"
        raise refused([Objection("evidence", "unknown_evidence", message, ARTICLE)])
    return [EVIDENCE[name] for name in dict.fromkeys(kinds)]


def _printed(office: Office, form: Form, document: Document, school: str, kind: Evidence) -> bytes:
    token = slip_token(
        key=office.keys.kid,
        evidence=kind.code,
        serial=document.serial,
        school=document.school,
        issued_on=document.issued_on,
    )
    code = address(office.settings.host, office.keys.sign(token))
    facts = document.facts
    data = {
        "evidence": kind.label,
        "level": f"须由{kind.min_level}以上单位出具" if kind.min_level else "",
        "paper": form_title(office, document.form),
        "student_name": facts.get("student_name", ""),
        "student_no": facts.get("student_no", ""),
        "school_name": facts.get("school_name") or school,
        "number": document.number or "",
    }
    order = Order(
        form=form,
        data={name: text for name, text in data.items() if text},
        serial=document.serial,
        codes=lambda pages: [code] * pages,
        furniture={"authority": "", "school": school, "attachment": ""},
    )
    return office.printer.print(order).pdf
