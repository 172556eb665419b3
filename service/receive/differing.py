"""Differences outside the values as a scan's result tells them, and as they stand once persons have answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from intake.reading import SurfaceFinding
from service.office.judgement import Difference, SheetReading


def told(
    differences: Iterable[Difference], sides: Sequence[tuple[int, SheetReading | None]]
) -> list[dict[str, Any]]:
    """Give each difference as JSON: `page` is the page of the paper from 1, `side` that of the scan from 0."""
    return [
        {
            "kind": one.finding.kind,
            "result": one.finding.result,
            "page": one.page,
            "side": _side(one.finding, sides),
            "where": one.finding.where,
            "amount": round(one.finding.amount, 4),
            "confidence": round(one.finding.confidence, 4),
            "box": list(one.finding.box),
        }
        for one in differences
    ]


def key(body: Mapping[str, Any]) -> str:
    """Give the name under which the desk asks about a told difference."""
    return f"{body['page']}:{body['kind']}:{body['where']}"


def _side(found: SurfaceFinding, sides: Sequence[tuple[int, SheetReading | None]]) -> int | None:
    return next((index for index, read in sides if read is not None and found in read.reading.surface), None)


def answered(bodies: Iterable[Mapping[str, Any]], answers: Mapping[str, str | None]) -> list[Difference]:
    """Rebuild the differences of a told check with persons' answers, by key, in the place of the machine's results.

    What a person found unaltered is no difference; to scan again says nothing about it.
    """
    found = []
    for body in bodies:
        finding = SurfaceFinding(
            body["kind"],
            body["result"],
            body["where"],
            tuple(body["box"]),
            body["amount"],
            body["confidence"],
        )
        answer = answers.get(key(body))
        if answer == "altered":
            finding = replace(finding, result="altered")
        if answer != "match":
            found.append(Difference(body["page"], finding))
    return found
