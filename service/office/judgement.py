"""From the readings of a document's pages to its verdict: no blended score, each reason named."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.reading import FieldFinding, MarkFinding, PageReading, SurfaceFinding

FIELD_ORDER = ("match", "not_checked", "unreadable", "altered")
"""The worst finding speaks for a value that is printed twice or scanned twice."""
MARK_ORDER = ("absent", "not_checked", "unclear", "present", "wrong_unit")
"""A mark seen on one of two scans of a page is there; a wrong seal on either is wrong."""
CANNOT = "cannot_check"
UNSEEN = "part_missing"
"""Why a mark on the other part of a cut paper is unclear: see intake.marks.halves."""
SURFACE_REASONS = {
    ("erased", "altered"): "surface_altered",
    ("changed", "altered"): "surface_altered",
    ("photo", "altered"): "photo_altered",
    ("other_paper", "altered"): "other_paper",
    ("other_paper", "unclear"): "other_paper",
    ("added", "altered"): "surface_added",
    ("erased", "unclear"): "surface_unclear",
    ("changed", "unclear"): "surface_unclear",
    ("added", "unclear"): "surface_added",
    ("photo", "unclear"): "photo_unclear",
}
"""What a difference outside the values does to a verdict; one that is not named here does nothing."""


@dataclass(frozen=True, slots=True)
class SheetReading:
    """What was read on page `page` (from 1) of a document."""

    page: int
    reading: PageReading


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference outside the values, on page `page` (from 1) of a document."""

    page: int
    finding: SurfaceFinding


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, its reason codes, one finding for each field and each mark, and what differs beside them."""

    verdict: str
    reasons: tuple[str, ...]
    fields: tuple[FieldFinding, ...]
    marks: tuple[MarkFinding, ...]
    differences: tuple[Difference, ...] = ()


def judge_paper(layout: Mapping[str, Any], status: str, sheets: Sequence[SheetReading]) -> Judgement:
    """Judge a document of that status by the pages that came back, against its archived layout.

    In this order: revoked and superseded stay so; altered text, wording or photo or a wrong unit's seal is `altered`;
    pages that are missing or cannot be read, and differences a person must look at, are `cannot_check`; marks that are
    missing or doubted leave it `pending`; else `genuine`.
    """
    good = {sheet.page for sheet in sheets if sheet.reading.quality.ok}
    used = [sheet for sheet in sheets if sheet.reading.quality.ok or sheet.page not in good]
    fields = _worst_fields(finding for sheet in used for finding in sheet.reading.fields)
    marks = _told_marks(finding for sheet in used for finding in sheet.reading.marks)
    differences = tuple(Difference(sheet.page, one) for sheet in used for one in sheet.reading.surface)
    grounds = (
        ("altered", [*_altered(fields, marks), *_differing(differences, "altered")]),
        (CANNOT, [*_unreadable(layout, used, fields), *_differing(differences, "unclear")]),
        ("pending", [*_doubted(marks), *_unmarked(layout, marks)]),
    )
    verdict, reasons = next(((name, found) for name, found in grounds if found), ("genuine", ()))
    if status in {"revoked", "superseded"}:
        verdict = status
    return Judgement(verdict, tuple(reasons), fields, marks, differences)


def _worst_fields(findings: Iterable[FieldFinding]) -> tuple[FieldFinding, ...]:
    worst: dict[str, FieldFinding] = {}
    for finding in findings:
        before = worst.get(finding.name)
        if before is None or _weight(finding) > _weight(before):
            worst[finding.name] = finding
    return tuple(worst.values())


def _told_marks(findings: Iterable[MarkFinding]) -> tuple[MarkFinding, ...]:
    told: dict[tuple[str, str], MarkFinding] = {}
    for finding in findings:
        before = told.get((finding.block, finding.kind))
        if before is None or _rank(MARK_ORDER, finding) > _rank(MARK_ORDER, before):
            told[finding.block, finding.kind] = finding
    return tuple(told.values())


def _weight(finding: FieldFinding) -> tuple[int, bool]:
    return _rank(FIELD_ORDER, finding), not finding.signed_over


def _rank(order: Sequence[str], finding: FieldFinding | MarkFinding) -> int:
    if isinstance(finding, MarkFinding) and finding.why == UNSEEN:
        return -1  # whatever the scan of the other part says
    return order.index(finding.result)


def _altered(fields: Iterable[FieldFinding], marks: Iterable[MarkFinding]) -> list[str]:
    wrong = [f"field_altered:{finding.name}" for finding in fields if finding.result == "altered"]
    seals = [f"mark_wrong_unit:{mark.block}" for mark in marks if mark.result == "wrong_unit"]
    return [*wrong, *dict.fromkeys(seals)]


def reason_of(difference: Difference) -> str | None:
    """Name a difference by where it is: words of the form, a photo's field, or the page; None when it does nothing."""
    code = SURFACE_REASONS.get((difference.finding.kind, difference.finding.result))
    return None if code is None else f"{code}:{difference.finding.where or difference.page}"


def _differing(differences: Iterable[Difference], result: str) -> list[str]:
    found = [reason_of(one) for one in differences if one.finding.result == result]
    return list(dict.fromkeys(reason for reason in found if reason is not None))


def _unreadable(
    layout: Mapping[str, Any], sheets: Sequence[SheetReading], fields: Iterable[FieldFinding]
) -> list[str]:
    """Missing pages, pages to be scanned again, and fields nobody can read: what was altered there nobody knows.

    But for values beneath a signature whose print all stands: forms print names where people sign. Never key values.
    """
    there = {sheet.page for sheet in sheets}
    missing = [
        f"page_missing:{number}" for number in range(1, len(layout["pages"]) + 1) if number not in there
    ]
    rescan = [f"rescan:{reason}" for sheet in sheets for reason in sheet.reading.quality.reasons]
    if missing or rescan:
        return [*missing, *dict.fromkeys(rescan)]
    keys = keys_of(layout)
    return [
        f"field_unreadable:{finding.name}"
        for finding in fields
        if finding.result == "unreadable" and (finding.name in keys or not finding.signed_over)
    ]


def keys_of(layout: Mapping[str, Any]) -> set[str]:
    """Name the values of a paper that say whose it is and what it certifies."""
    return {value["name"] for page in layout["pages"] for value in page["values"] if value["key"]}


def _doubted(marks: Iterable[MarkFinding]) -> list[str]:
    """Seals that are there and of their unit, required or not, but not to be believed unseen."""
    return list(dict.fromkeys(f"{mark.why}:{mark.block}" for mark in marks if mark.why))


def _unmarked(layout: Mapping[str, Any], marks: Iterable[MarkFinding]) -> list[str]:
    """Required marks that a scan can prove and this one does not."""
    found = {(mark.block, mark.kind): mark.result for mark in marks}
    doubted = {(mark.block, mark.kind) for mark in marks if mark.why}
    reasons = []
    for page in layout["pages"]:
        for place in page["marks"]:
            result = found.get((place["block"], place["kind"]), "absent")
            if (place["block"], place["kind"]) in doubted:
                continue
            if place["required"] and place["machine"] and result != "present":
                word = "mark_absent" if result == "absent" else "mark_unclear"
                reasons.append(f"{word}:{place['block']}")
    return list(dict.fromkeys(reasons))
