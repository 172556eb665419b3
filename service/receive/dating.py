"""Handwritten dates of a paper as a scan's result tells them: where somebody wrote, and what a person is asked about them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from intake.reading import DateFinding, MarkFinding
from service.office.judgement import SheetReading

DATE_ORDER = ("absent", "unclear", "present")
"""A date seen on one of two scans of a page is there."""
IN_ORDER = "dates_in_order"
ABSENT = "date_absent"


def told(
    layout: Mapping[str, Any],
    marks: Sequence[MarkFinding],
    sides: Sequence[tuple[int, SheetReading | None]],
) -> list[dict[str, Any]]:
    """Give each place of a handwritten date as JSON, in the order of the paper; `page` is the side of the scan from 0.

    What is written is not read (`read` is null). `person` is true on the last one that somebody wrote: the order of all
    is asked once for each paper; and on one that is missing where a mark the block must carry was made. Neither holds
    the verdict.
    """
    found = _best(sides)
    written = [place for place, (_, one) in found.items() if one.result != "absent"]
    signed = _signed(layout, marks)
    return [
        {
            "block": one.block,
            "result": one.result,
            "read": None,
            "page": side,
            "box": list(one.box),
            **_asked(one, last=place == written[-1] if written else False, signed=one.block in signed),
        }
        for place, (side, one) in found.items()
    ]


def _best(
    sides: Sequence[tuple[int, SheetReading | None]],
) -> dict[tuple[int, str, int], tuple[int, DateFinding]]:
    """The best finding of each place, by page, block, and its number within the block, with the side it was made on."""
    found: dict[tuple[int, str, int], tuple[int, DateFinding]] = {}
    for side, read in sides:
        if read is None:
            continue
        times: Counter[str] = Counter()
        for one in read.reading.dates:
            place = (read.page, one.block, times[one.block])
            times[one.block] += 1
            before = found.get(place)
            if before is None or _rank(one) > _rank(before[1]):
                found[place] = (side, one)
    return {place: found[place] for place in sorted(found, key=lambda place: place[0])}


def _rank(finding: DateFinding) -> int:
    return DATE_ORDER.index(finding.result)


def _signed(layout: Mapping[str, Any], marks: Sequence[MarkFinding]) -> set[str]:
    """The blocks in which a mark they must carry was made."""
    required = {
        (mark["block"], mark["kind"])
        for page in layout["pages"]
        for mark in page["marks"]
        if mark["required"]
    }
    return {mark.block for mark in marks if (mark.block, mark.kind) in required and mark.result == "present"}


def _asked(finding: DateFinding, *, last: bool, signed: bool) -> dict[str, Any]:
    """What the desk asks about a date, if anything: its name there and the reason."""
    if last:
        return {"person": True, "name": IN_ORDER, "reason": IN_ORDER}
    if finding.result == "absent" and signed:
        return {"person": True, "name": finding.block, "reason": f"{ABSENT}:{finding.block}"}
    return {"person": False, "name": None, "reason": None}


def written_since(dates: Sequence[Mapping[str, Any]], block: str) -> bool:
    """Tell whether a newer scan shows every date of a block written that an older one missed."""
    mine = [one["result"] for one in dates if one["block"] == block]
    return bool(mine) and all(result == "present" for result in mine)
