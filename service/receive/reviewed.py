"""A check judged again with persons' answers in the place of the doubtful findings; the machine's own check stays."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from intake.reading import FieldFinding, MarkFinding, PageReading, Quality
from service.access import Who
from service.office import Office
from service.office.judgement import Difference, Judgement, SheetReading, judge_paper
from service.office.lookups import JSON, canonical, file, files_of
from service.receive import differing, later
from storage.archive import Reading, Transaction
from storage.records import Decision, Document, Review, Scan
from templates.evidence import EVIDENCE

log = logging.getLogger("yinzheng.receive")
JUDGED = frozenset({"field", "mark", "surface"})
"""Kinds of review whose answers take the place of a finding."""


def judge_again(office: Office, transaction: Transaction, who: Who, review: Review) -> None:
    """File a check with all answers so far, once nothing that holds the verdict back waits any more.

    It says who decided (token digest, role, organization, when) and, when genuine, makes a pending paper effective,
    exactly as a scan would.
    """
    if review.kind not in JUDGED or review.serial is None:
        return
    siblings = transaction.reviews_of(review.scan, review.serial)
    if any(one.holds and one.state in {"open", "disputed"} for one in siblings):
        return
    scan, document = transaction.scan(review.scan), transaction.document(review.serial)
    told = _told(scan, review.serial)
    answered = [one for one in siblings if one.state == "decided" and one.kind in JUDGED]
    if not _comes_out_as_told(office, document, scan, told):
        log.error("a check cannot be judged again: %s", document.serial)
        return
    judgement = _judged(office, document, scan, told, answered)
    body = {
        **told,
        **_body(told, judgement, answered),
        "machine": {"verdict": told["verdict"], "reasons": told["reasons"]},
        "reviewed": [_answer(one, given) for one in answered for given in transaction.decisions(one.id)],
        "scan": scan.id,
        "original": scan.original,
        "checked_at": office.now().isoformat(),
    }
    later.queue(transaction, scan.id, [_file(office, transaction, document, body, who)])
    if judgement.verdict == "genuine" and document.status == "pending":
        transaction.set_status(document.serial, "effective")


def _comes_out_as_told(office: Office, document: Document, scan: Scan, told: Mapping[str, Any]) -> bool:
    """Tell whether a check without answers is judged as it was the first time.

    If not, it stands on findings that its record does not tell, and no answer may make it any better.
    """
    before = _judged(office, replace(document, status="pending"), scan, told, ())
    return (before.verdict, list(before.reasons)) == (told["verdict"], told["reasons"])


def _told(scan: Scan, serial: str) -> dict[str, Any]:
    """What the machine told of a document of a scan, without the numbers of its entries."""
    documents: list[dict[str, Any]] = (scan.result or {})["documents"]
    (body,) = [one for one in documents if one["serial"] == serial]
    return {name: value for name, value in body.items() if name not in {"entry", "picture"}}


def _judged(
    office: Office, document: Document, scan: Scan, told: Mapping[str, Any], answered: Sequence[Review]
) -> Judgement:
    """Judge by the same rules as the first time: the same pages, the findings with the answers put in."""
    answers = {(one.kind, one.name, one.mark): one.answer for one in answered}
    fields = tuple(
        FieldFinding(
            one["name"],
            one["expected"],
            one["read"],
            _put_in(one["result"], answers.get(("field", one["name"], None))),
            one["confidence"],
            tuple(one["box"]),
            one.get("signed_over", False),  # checks filed before it was told have none
        )
        for one in told["fields"]
    )
    marks = tuple(
        MarkFinding(
            one["block"],
            one["kind"],
            _put_in(one["result"], answers.get(("mark", one["block"], one["kind"]))),
            one["unit"],
            one["confidence"],
            tuple(one["box"]),
            why=one["why"] if answers.get(("mark", one["block"], one["kind"])) in {None, "rescan"} else "",
            same_as=one["same_as"],
        )
        for one in told["marks"]
    )
    layout = json.loads(office.archive.objects.get(document.layout))
    said = {name: answer for (kind, name, _), answer in answers.items() if kind == "surface"}
    surface = differing.answered(told.get("differences") or (), said)
    return judge_paper(layout, document.status, _sheets(scan, document.serial, fields, marks, surface))


def _put_in(machine: str, answer: str | None) -> Any:
    """The result a finding has now: to scan again says nothing about it."""
    return machine if answer in {None, "rescan"} else answer


def _sheets(
    scan: Scan,
    serial: str,
    fields: tuple[FieldFinding, ...],
    marks: tuple[MarkFinding, ...],
    surface: Sequence[Difference],
) -> list[SheetReading]:
    """The pages as they were judged; all findings ride on the first that counts, since they were merged already."""
    sheets: list[dict[str, Any]] = (scan.result or {})["sheets"]
    mine = [one for one in sheets if one["serial"] == serial and one["evidence"] is None]
    mine.sort(key=lambda one: not one["quality"]["ok"])
    first = {one["page"]: place for place, one in reversed(list(enumerate(mine)))}
    return [
        SheetReading(
            one["page"],
            PageReading(
                Quality(one["quality"]["ok"], tuple(one["quality"]["reasons"])),
                fields if place == 0 else (),
                marks if place == 0 else (),
                one["how"],
                {},
                surface=tuple(
                    two.finding for two in surface if two.page == one["page"] and first[one["page"]] == place
                ),
            ),
        )
        for place, one in enumerate(mine)
    ]


def _body(told: Mapping[str, Any], judgement: Judgement, answered: Sequence[Review]) -> dict[str, Any]:
    """The verdict and the findings as they are now; where a person spoke, `person` says so."""
    spoken = {(one.kind, one.name, one.mark) for one in answered}
    fields = {one.name: one.result for one in judgement.fields}
    marks = {(one.block, one.kind): one.result for one in judgement.marks}
    return {
        "verdict": judgement.verdict,
        "reasons": list(judgement.reasons),
        "fields": [
            {**one, "result": fields[one["name"]], "person": ("field", one["name"], None) in spoken}
            for one in told["fields"]
        ],
        "marks": [
            {
                **one,
                "result": marks[one["block"], one["kind"]],
                "person": ("mark", one["block"], one["kind"]) in spoken,
            }
            for one in told["marks"]
        ],
        "differences": [
            {**one, "person": ("surface", differing.key(one), None) in spoken}
            for one in told.get("differences") or ()
        ],
    }


def _answer(review: Review, given: Decision) -> dict[str, Any]:
    """One person's answer as the check keeps it; the note stays with the decision, since it may name somebody."""
    return {
        "review": review.id,
        "kind": review.kind,
        "name": review.name,
        "mark": review.mark,
        "machine": review.result,
        "decided": review.answer,
        "answer": given.answer,
        "paper": given.paper,
        "by": given.by,
        "role": given.role,
        "org": given.org,
        "at": given.at.isoformat(),
    }


def _file(
    office: Office, transaction: Transaction, document: Document, body: Mapping[str, Any], who: Who
) -> str:
    kept = canonical(body)
    form = office.catalogue.get(document.form)
    return file(
        transaction,
        document,
        "check",
        to=files_of(transaction, document),
        archive_class=form.archive_class,
        title=f"{form.title}（核对记录，人工复核）",
        item=(office.archive.objects.put(kept), len(kept), JSON),
        by=who.token_digest,
    ).sha256


def tell_reviewed(office: Office, reading: Reading, scan: Scan) -> dict[str, Any] | None:
    """A scan's result with what persons made of it.

    Each document's `waiting` and, if judged again, `reviewed`; of a loose page the document it was `given` to.
    """
    if scan.result is None:
        return None
    reviews = reading.reviews_of(scan.id)
    told = []
    for body in scan.result["documents"]:
        mine = [one for one in reviews if one.serial == body["serial"]]
        latest = None
        if any(one.state == "decided" and one.kind in JUDGED for one in mine):
            latest = _latest(office, reading, scan, body["serial"])
        waiting = sum(one.state in {"open", "disputed"} for one in mine)
        told.append({**body, "waiting": waiting, "reviewed": latest})
    given = dict(reading.pages_given(scan.id))
    loose = [
        {**one, "given": _given(given[one["page"]])} if one["page"] in given else one
        for one in scan.result["unmatched"]
    ]
    return {**scan.result, "documents": told, "unmatched": loose}


def _given(said: Decision) -> dict[str, Any]:
    """Where a person filed a loose page: with which document, as which evidence (None for a page of the document itself)."""
    kind = None if said.evidence is None else EVIDENCE.get(said.evidence)
    return {"serial": said.serial, "evidence": said.evidence, "label": None if kind is None else kind.label}


def _latest(office: Office, reading: Reading, scan: Scan, serial: str) -> dict[str, Any] | None:
    """The newest check of this scan's document that stands on persons' answers."""
    checks = [entry for entry in reading.entries_of(serial) if entry.kind == "check"]
    for sha256 in dict.fromkeys(entry.sha256 for entry in reversed(checks)):
        said = json.loads(office.archive.objects.get(sha256))
        if said.get("scan") == scan.id and said.get("reviewed"):
            return {
                "verdict": said["verdict"],
                "reasons": said["reasons"],
                "entry": next(entry.id for entry in checks if entry.sha256 == sha256),
                "checked_at": said["checked_at"],
            }
    return None
