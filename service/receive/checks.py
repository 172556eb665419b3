"""One paper of an upload: everything found on its sides judged together, and told as its check."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from intake.reading import FieldFinding, MarkFinding
from service.office import Office, advice
from service.office.imprints import Imprints
from service.office.judgement import Judgement, SheetReading, judge_paper
from service.office.lookups import canonical
from service.office.papers import Paper
from service.receive import dating, differing, stubs
from service.receive.earlier import NOWHERE, OtherPart
from service.receive.leafing import Sheet
from storage.records import Document, Scan


@dataclass(frozen=True, slots=True)
class Checked:
    """A document of an upload with its judgement and the check as it was put away."""

    document: Document
    judgement: Judgement
    body: dict[str, Any]
    sha256: str
    size: int


def check(
    office: Office, scan: Scan, seen: tuple[Paper, Sequence[Sheet], OtherPart | None], stampings: Imprints
) -> Checked:
    """Judge one document and put its check away as JSON.

    `seen` is its paper, the sheets of the upload, and its other part from an earlier one if there is such.
    """
    paper, sheets, other = seen
    document = paper.document
    mine = [sheet for sheet in sheets if sheet.serial == document.serial and sheet.evidence is None]
    reads = [sheet.read for sheet in mine if sheet.read is not None]
    whole = stubs.joined(office, paper, reads if other is None else [*reads, other.sheet])
    reads = stampings.doubted(document.serial, whole)
    judgement = judge_paper(paper.layout, document.status, reads)
    sides = [(sheet.index, sheet.read) for sheet in mine]
    body = {
        "serial": document.serial,
        "form": document.form,
        "verdict": judgement.verdict,
        "reasons": list(judgement.reasons),
        "fields": [_field(item, _page_of(item, mine)) for item in judgement.fields],
        "marks": [_mark(item, _page_of(item, mine)) for item in judgement.marks],
        "differences": differing.told(judgement.differences, sides),
        "dates": dating.told(paper.layout, judgement.marks, sides),
        "advice": advice.on(judgement.reasons),
        "pages": [sheet.index for sheet in mine],
        "doubled": _doubled(reads),
        "other_part": None if other is None else other.told(),
    }
    kept = canonical(
        {
            **body,
            "scan": scan.id,
            "original": scan.original,
            "recogniser": office.recogniser().name,
            "checked_at": office.now().isoformat(),
        }
    )
    return Checked(document, judgement, body, office.archive.objects.put(kept), len(kept))


def _field(item: FieldFinding, page: int | None) -> dict[str, Any]:
    return {
        "name": item.name,
        "expected": item.expected,
        "read": item.read,
        "result": item.result,
        "confidence": round(item.confidence, 4),
        "box": item.box,
        "page": page,
        "signed_over": item.signed_over,
    }


def _mark(item: MarkFinding, page: int | None) -> dict[str, Any]:
    return {
        "block": item.block,
        "kind": item.kind,
        "result": item.result,
        "unit": item.unit,
        "also": list(item.also),
        "why": item.why,
        "same_as": item.same_as,
        "confidence": round(item.confidence, 4),
        "box": item.box,
        "page": page,
    }


def _doubled(reads: Iterable[SheetReading]) -> list[int]:
    """The pages of the paper that came twice; the two parts of a page are two sheets."""
    times = Counter((read.page, read.reading.part) for read in reads)
    return sorted(number for (number, _part), count in times.items() if count > 1)


def _page_of(finding: FieldFinding | MarkFinding, sheets: Sequence[Sheet]) -> int | None:
    """Tell on which side of the scan a finding was made, from 0: a doubt changes its result, never its place."""
    for sheet in sheets:
        if sheet.read is None or finding.box == NOWHERE:
            continue
        found: list[FieldFinding | MarkFinding] = [*sheet.read.reading.fields, *sheet.read.reading.marks]
        if any((type(one), one.box) == (type(finding), finding.box) for one in found):
            return sheet.index
    return None
