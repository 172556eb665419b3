"""What a scan leaves for a person: doubtful fields and marks, ticks, pages to scan again, pages that are nobody's."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.office import Office
from service.office.judgement import keys_of
from service.office.papers import units_of
from service.receive.answers import AGAINST
from service.receive.dating import written_since
from service.receive.ticks import ticks
from storage.archive import Transaction
from storage.records import Document, Doubt, Review, Scan

ENDED = frozenset({"revoked", "superseded"})
"""Verdicts on papers that no answer brings back: nothing about them waits."""
TOLD = {"dates": "date"}
"""Members of a document's body whose items may ask for a person: member → kind of review."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A document of a scan as it was told: its row, its layout, its body, the sides that show it, whose seals it needs."""

    document: Document
    layout: Mapping[str, Any]
    body: Mapping[str, Any]
    sheets: list[Mapping[str, Any]]
    units: Mapping[str, str]

    def good_pages(self) -> set[int]:
        """Tell which pages of the paper (from 1) could be judged."""
        return {sheet["page"] for sheet in self.sheets if sheet["quality"]["ok"]}

    def bad_sides(self) -> set[int]:
        """Tell which sides of the scan could not be judged, and no other shows the same page better."""
        good = self.good_pages()
        return {sheet["index"] for sheet in self.sheets if sheet["page"] not in good}


def put_on_desk(office: Office, transaction: Transaction, scan: Scan, result: Mapping[str, Any]) -> None:
    """Open what a scan's result leaves to persons, and close what it settles of older scans of the same papers."""
    doubts: list[Doubt] = []
    for body in result["documents"]:
        seen = _seen(office, transaction, body, result["sheets"])
        new = [] if body["verdict"] in ENDED else list(doubts_of(seen))
        ticked = {block for block, there in ticks(office, transaction, seen.document).items() if there}
        waiting = transaction.waiting_of(seen.document.serial)
        ticked |= {review.name for review in waiting if review.kind == "tick"}
        new = [doubt for doubt in new if doubt.kind != "tick" or doubt.name not in ticked]
        for review in waiting:
            if settled(review, seen, new):
                transaction.supersede_review(review.id, scan.id)
        doubts += new
    for body in result["evidence"]:
        doubts += of_evidence(body, transaction.document(body["serial"]))
    transaction.open_reviews(scan.id, [*doubts, *unmatched(scan, result)])


def _seen(
    office: Office, transaction: Transaction, body: Mapping[str, Any], sheets: list[Mapping[str, Any]]
) -> Seen:
    document = transaction.document(body["serial"])
    layout = json.loads(office.archive.objects.get(document.layout))
    mine = [one for one in sheets if one["serial"] == document.serial and one["evidence"] is None]
    return Seen(document, layout, body, mine, units_of(office, transaction, document))


def doubts_of(seen: Seen) -> Iterator[Doubt]:
    """What a document's check leaves to persons, in the order of the paper."""
    yield from _pages(seen)
    yield from _fields(seen)
    yield from _marks(seen)
    yield from _differences(seen)
    yield from told_doubts(seen)


def unmatched(scan: Scan, result: Mapping[str, Any]) -> Iterator[Doubt]:
    """The sides that are nobody's: a person says whose they are. Blank backs are left alone."""
    blank = {sheet["index"] for sheet in result["sheets"] if sheet["blank"]}
    for side in result["unmatched"]:
        if side["page"] not in blank:
            yield Doubt(
                kind="page",
                org=scan.org,
                serial=None,
                evidence=None,
                page=side["page"],
                name=str(side["page"] + 1),
                mark=None,
                box=None,
                expected=None,
                read=None,
                result="unmatched",
                reason=side["reason"],
                holds=False,
            )


def _doubt(seen: Seen, kind: str, **said: Any) -> Doubt:
    plain = {
        "evidence": None,
        "page": None,
        "mark": None,
        "box": None,
        "expected": None,
        "read": None,
        "holds": True,
    }
    return Doubt(kind=kind, org=seen.document.school, serial=seen.document.serial, **{**plain, **said})


def _pages(seen: Seen) -> Iterator[Doubt]:
    """Pages that could not be judged or are not there: they are to be scanned (again)."""
    bad = seen.bad_sides()
    for sheet in seen.sheets:
        if sheet["index"] in bad:
            reason = "rescan:" + (sheet["quality"]["reasons"] or ["unknown"])[0]
            yield _doubt(
                seen,
                "rescan",
                page=sheet["index"],
                name=str(sheet["page"]),
                result="rescan",
                reason=reason,
            )
    there = {sheet["page"] for sheet in seen.sheets}
    for number in range(1, len(seen.layout["pages"]) + 1):
        if number not in there:
            yield _doubt(seen, "rescan", name=str(number), result="missing", reason=f"page_missing:{number}")


def _fields(seen: Seen) -> Iterator[Doubt]:
    """Values nobody could read, and values that differ; those of a page to be scanned again wait for that."""
    bad, keys = seen.bad_sides(), keys_of(seen.layout)
    for field in seen.body["fields"]:
        if field["result"] in {"altered", "unreadable"} and field["page"] not in bad:
            yield _doubt(
                seen,
                "field",
                page=field["page"],
                name=field["name"],
                box=list(field["box"]),
                expected=field["expected"],
                read=field["read"],
                result=field["result"],
                reason=f"field_{field['result']}:{field['name']}",
                holds=field["name"] in keys or not field["signed_over"],
            )


def _marks(seen: Seen) -> Iterator[Doubt]:
    """Marks that are unclear or another unit's, and those no flat scan can prove."""
    places = {
        (place["block"], place["kind"]): place for page in seen.layout["pages"] for place in page["marks"]
    }
    colourless = {sheet["index"] for sheet in seen.sheets if not sheet["colour"]}
    bad = seen.bad_sides()
    for mark in seen.body["marks"]:
        place = places.get((mark["block"], mark["kind"]))
        if place is None or mark["page"] in bad:
            continue
        told = {
            "page": mark["page"],
            "name": mark["block"],
            "mark": mark["kind"],
            "box": list(mark["box"]),
            "expected": seen.units.get(mark["block"]) if mark["kind"] == "seal" else None,
            "read": mark["unit"],
            "result": mark["result"],
        }
        if mark["result"] == "wrong_unit":
            yield _doubt(seen, "mark", **told, reason=f"mark_wrong_unit:{mark['block']}")
        elif mark["result"] == "unclear" and place["machine"]:
            gray = mark["kind"] == "seal" and mark["page"] in colourless
            code = mark["why"] or ("mark_colourless" if gray else "mark_unclear")
            holds = bool(place["required"] or mark["why"])
            yield _doubt(seen, "mark", **told, reason=f"{code}:{mark['block']}", holds=holds)
        elif mark["result"] == "not_checked" and place["required"] and not place["machine"]:
            yield _doubt(seen, "tick", **told, reason=f"mark_not_checked:{mark['block']}", holds=False)


SURFACE = {"erased": "surface", "changed": "surface", "photo": "photo"}
"""Kind of difference outside the values → the first word of its reason."""


def _differences(seen: Seen) -> Iterator[Doubt]:
    """Print that was erased, changed or added, another photo, another paper altogether: against it, or unclear."""
    side_of = {sheet["page"]: sheet["index"] for sheet in reversed(seen.sheets) if sheet["quality"]["ok"]}
    for item in seen.body.get("differences", ()):
        if item["result"] in {"altered", "unclear"}:
            word = SURFACE.get(item["kind"])
            code = (
                f"{word}_{item['result']}"
                if word
                else {"added": "surface_added"}.get(item["kind"], item["kind"])
            )
            yield _doubt(
                seen,
                "surface",
                page=side_of.get(item["page"]),
                name=f"{item['page']}:{item['kind']}:{item['where']}",
                box=list(item["box"]),
                result=item["result"],
                reason=f"{code}:{item['where'] or item['page']}",
            )


def told_doubts(seen: Seen) -> Iterator[Doubt]:
    """What other readings of a paper leave to persons: the items of their lists that say `person`."""
    for member, kind in TOLD.items():
        for item in seen.body.get(member) or ():
            if item.get("person") is True:
                yield _doubt(
                    seen,
                    kind,
                    page=item.get("page"),
                    name=str(item.get("name") or member),
                    box=None if item.get("box") is None else list(item["box"]),
                    expected=item.get("expected"),
                    read=item.get("read"),
                    result=str(item.get("result", "unreadable")),
                    reason=str(item.get("reason", member)),
                    holds=bool(item.get("holds", False)),
                )


def of_evidence(body: Mapping[str, Any], document: Document) -> Iterator[Doubt]:
    """What the reading of evidence leaves to persons: each of its reasons, a fact with its place on the page."""
    reading = body.get("reading") or {"reasons": (), "facts": ()}
    for reason in reading["reasons"]:
        fact = next((one for one in reading["facts"] if reason.startswith(one["name"] + "_")), None)
        yield Doubt(
            kind="evidence",
            org=document.school,
            serial=document.serial,
            evidence=body["evidence"],
            page=next((page for page in (fact and fact["page"], *body["pages"]) if page is not None), None),
            name=fact["name"] if fact else reason.partition("_")[0],
            mark=None,
            box=list(fact["box"]) if fact and fact["box"] else None,
            expected=fact["expected"] if fact else None,
            read=fact["read"] if fact else None,
            result=fact["result"] if fact else "doubtful",
            reason=f"evidence:{reason}",
            holds=False,
        )


def settled(review: Review, seen: Seen, new: list[Doubt]) -> bool:
    """Tell whether a newer scan of the paper leaves nothing to answer in an older review, or asks the same anew.

    What spoke against the paper stays until a person has looked, unless the newer scan says the same again.
    """
    if any(_same(review, doubt) for doubt in new):
        return review.result not in AGAINST or any(
            _same(review, one) and one.result == review.result for one in new
        )
    if review.result in AGAINST:
        return False
    if review.kind in {"rescan", "surface"}:
        return int(review.name.partition(":")[0]) in seen.good_pages()
    bad = seen.bad_sides()
    if review.kind == "field":
        return any(
            one["name"] == review.name and one["page"] not in bad and one["result"] in {"match", "altered"}
            for one in seen.body["fields"]
        )
    if review.kind == "mark":
        return any(
            (one["block"], one["kind"]) == (review.name, review.mark)
            and one["page"] not in bad
            and one["result"] in {"present", "absent", "wrong_unit"}
            for one in seen.body["marks"]
        )
    return review.kind == "date" and written_since(seen.body.get("dates") or (), review.name)


def _same(review: Review, doubt: Doubt) -> bool:
    asked = (review.kind, review.name, review.mark, review.evidence)
    return asked == (doubt.kind, doubt.name, doubt.mark, doubt.evidence)
