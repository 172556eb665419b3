"""The review desk: what waits for a person, oldest first, and one thing with all that is known of it."""

from collections.abc import Mapping
from typing import Any

from intake.pictures import turned_share
from service.access import AUTHORITIES, Action, Who, may, reads_restricted
from service.office import Office
from service.office.lookups import find_document, form_title
from service.receive.answers import ANSWERS, WAITING, eyes_for, needs_paper, overrules
from service.receive.arrival import codes_below
from service.receive.dating import IN_ORDER
from service.receive.pictures import box_of, find_review, sheet_of
from storage.archive import Reading
from storage.records import Decision, Document, Review, ReviewState
from storage.reviews import Hidden
from templates.evidence import EVIDENCE
from templates.form import Form

STATES: Mapping[str, tuple[ReviewState, ...]] = {
    "waiting": ("open", "disputed"),
    "open": ("open",),
    "disputed": ("disputed",),
    "decided": ("decided",),
    "superseded": ("superseded",),
}
ABOUT = {
    "name": "姓名",
    "id_number": "身份证号",
    "birth_date": "出生日期",
    "issued_on": "出具日期",
    "school_name": "学校",
    "unit": "出具单位",
    "kind": "种类",
    "seal": "印章",
    "level": "出具单位级别",
}
"""What a doubt about evidence is about."""
MOST = 200
"""Reviews of one answer: a morning's work, and a few hundred kilobytes."""


def waiting(
    office: Office,
    who: Who | None,
    *,
    state: str = "waiting",
    kind: str | None = None,
    serial: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> dict[str, Any]:
    """What lies on the desk within somebody's scope, oldest first, with counts by state; `next` asks for the rest."""
    allowed = may(who, Action.READ)
    limit = min(limit, MOST)
    hidden = _hidden(office, allowed)
    with office.archive.read() as reading:
        orgs = codes_below(reading, allowed)
        found = reading.reviews(
            orgs,
            hidden,
            states=STATES[state],
            kind=kind,
            serial=None if serial is None else find_document(reading, serial).serial,
            after=after,
            limit=limit + 1,
        )
        counts = reading.review_counts(orgs, hidden)
        lines = [_line(office, reading, review) for review in found[:limit]]
    return {
        "reviews": lines,
        "counts": {name: counts.get(name, 0) for name in ("open", "disputed", "decided", "superseded")},
        "next": found[limit - 1].id if len(found) > limit else None,
    }


def _hidden(office: Office, who: Who) -> Hidden:
    """The papers and evidence that are withheld from somebody in scope (arts. 41 and 44)."""
    if reads_restricted(who, ""):
        return Hidden((), (), who.token_digest)
    forms = [name for name, form in office.catalogue.forms.items() if form.access]
    kinds = [name for name, kind in EVIDENCE.items() if kind.restricted]
    return Hidden(forms, kinds, who.token_digest)


def _line(office: Office, reading: Reading, review: Review) -> dict[str, Any]:
    """A review as it stands in the list."""
    document = None if review.serial is None else reading.document(review.serial)
    return {
        "id": review.id,
        "kind": review.kind,
        "scan": review.scan,
        "serial": review.serial,
        "form": document.form if document else None,
        "title": form_title(office, document.form) if document else None,
        "number": document.number if document else None,
        "org": review.org,
        "org_name": reading.organization(review.org).name,
        "page": review.page,
        "name": review.name,
        "label": _label(office, document, review),
        "mark": review.mark,
        "evidence": review.evidence,
        "expected": review.expected,
        "read": review.read,
        "result": review.result,
        "reason": review.reason,
        "holds": review.holds,
        "opened_at": review.opened_at.isoformat(),
        "state": review.state,
        "answer": review.answer,
        "closed_at": review.closed_at.isoformat() if review.closed_at else None,
        "settled_by": review.settled_by,
    }


def _label(office: Office, document: Document | None, review: Review) -> str:
    """The Chinese name of what is doubtful: a field or block as its form calls it, a page by its number."""
    if review.kind in {"page", "rescan"}:
        return f"第{review.name}页"
    if review.kind == "surface":
        number, _, where = review.name.split(":", 2)
        return f"纸面：{where}" if where else f"第{number}页纸面"
    if review.kind == "evidence" and review.evidence is not None and review.evidence in EVIDENCE:
        return f"{EVIDENCE[review.evidence].label}：{ABOUT.get(review.name, '整份材料')}"
    form = None if document is None else office.catalogue.forms.get(document.form)
    if review.kind == "date":
        blocks = {} if form is None else {block.id: block.label for block in form.blocks}
        return (
            "各处日期的先后" if review.name == IN_ORDER else f"日期：{blocks.get(review.name, review.name)}"
        )
    if review.mark is not None and form is not None:
        return next((block.label for block in form.blocks if block.id == review.name), review.name)
    return _field_label(form, review.name)


def review(office: Office, who: Who | None, review_id: str) -> dict[str, Any]:
    """One review with what decides it: the record's values, the place on the scan, the same paper's other reviews."""
    with office.archive.read() as reading:
        found = find_review(office, reading, who, review_id)
        return review_body(office, reading, may(who, Action.READ), found)


def review_body(office: Office, reading: Reading, who: Who, found: Review) -> dict[str, Any]:
    """What a review is told as to somebody who may see it."""
    path = f"/v1/reviews/{found.id}"
    _, sheet = sheet_of(reading, found)
    box = box_of(found)
    place = None
    if sheet is not None and box is not None:
        place = turned_share(box, (sheet["width"], sheet["height"]), sheet.get("turn", 0))
    given = reading.decisions(found.id)
    siblings = [] if found.serial is None else reading.reviews_of(found.scan, found.serial)
    return {
        **_line(office, reading, found),
        "box": found.box,
        "place": place,
        "answers": _answers(found),
        "eyes": {"needed": office.settings.review_eyes, "given": len(given)},
        "answered": any(one.by == who.token_digest for one in given),
        "decisions": _told(found, who, given),
        "kinds": _kinds(reading, found),
        "record": _record(office, reading, found),
        "siblings": [
            {"id": one.id, "kind": one.kind, "name": one.name, "state": one.state, "answer": one.answer}
            | {"label": _label(office, reading.document(found.serial), one)}
            for one in siblings
            if found.serial is not None
        ],
        "links": {
            "self": path,
            "decisions": f"{path}/decisions",
            "crop": None if sheet is None else f"{path}/crop",
            "record": f"{path}/crop?of=record" if found.kind == "field" else None,
            "picture": None if sheet is None else f"/v1/scans/{found.scan}/pages/{found.page}/picture",
            "scan": f"/v1/scans/{found.scan}",
            "document": None if found.serial is None else f"/v1/documents/{found.serial}",
        },
    }


def _answers(found: Review) -> list[dict[str, Any]]:
    """The answers this review takes, in the order of their keys, and what each of them asks for."""
    return [
        {
            "answer": answer,
            "paper": needs_paper(found, answer),
            "note": overrules(found, answer),
            "eyes": eyes_for(found, answer, 1),
        }
        for answer in ANSWERS.get(found.kind, ())
    ]


def _kinds(reading: Reading, found: Review) -> list[dict[str, Any]]:
    """The kinds of evidence a loose page may be filed as; first the one it looks like, when the machine is sure of that."""
    if found.kind != "page":
        return []
    loose = (reading.scan(found.scan).result or {}).get("unmatched", ())
    looks = next((one.get("suggestion") or {} for one in loose if one["page"] == found.page), {}).get(
        "evidence"
    )
    kinds = sorted(EVIDENCE.values(), key=lambda kind: kind.name != looks)
    return [{"evidence": one.name, "label": one.label, "suggested": one.name == looks} for one in kinds]


def _told(found: Review, who: Who, given: list[Decision]) -> list[dict[str, Any]]:
    """Who answered, and what once it is decided or somebody must choose: a second person looks for himself first."""
    open_book = found.state not in WAITING or (found.state == "disputed" and who.role in AUTHORITIES)
    return [
        {
            "by": one.by[:12],
            "role": one.role,
            "org": one.org,
            "at": one.at.isoformat(),
            "answer": one.answer if open_book or one.by == who.token_digest else None,
            "note": one.note if open_book or one.by == who.token_digest else None,
            "serial": one.serial if open_book or one.by == who.token_digest else None,
            "evidence": one.evidence if open_book or one.by == who.token_digest else None,
            "paper": one.paper,
        }
        for one in given
    ]


def _record(office: Office, reading: Reading, found: Review) -> list[dict[str, Any]]:
    """Every value of the paper as the record has it, and what the machine made of it on this scan."""
    if found.serial is None:
        return []
    form = office.catalogue.forms.get(reading.document(found.serial).form)
    documents: list[dict[str, Any]] = (reading.scan(found.scan).result or {}).get("documents", [])
    fields = [one for body in documents if body["serial"] == found.serial for one in body["fields"]]
    return [
        {
            "name": one["name"],
            "label": _field_label(form, one["name"]),
            "expected": one["expected"],
            "read": one["read"],
            "result": one["result"],
        }
        for one in fields
    ]


def _field_label(form: Form | None, name: str) -> str:
    try:
        return form.label(name) if form is not None else name
    except KeyError:
        return name
