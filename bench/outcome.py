"""Holds the result of one scan against what is known of its paper, and counts it."""

from dataclasses import dataclass
from typing import Any

import counting
from cast import Issued, values_of


@dataclass(frozen=True, slots=True)
class Known:
    """What is true of a scan: the paper, where and how it was scanned, what was altered, which mark was left out."""

    issued: Issued
    level: str
    seed: int
    altered: dict[str, str]
    left_out: frozenset[tuple[str, str]]
    scan: bytes


def counted(tally: counting.Tally, known: Known, result: dict[str, Any]) -> None:
    """Count one scan's result, and keep what went wrong."""
    group = known.level
    facts = {"level": group, "form": known.issued.form, "seed": known.seed}
    fields = len({value["name"] for value in values_of(known.issued.paper)})
    tally.add(group, "pages", len(known.issued.paper.layout["pages"]))
    document = next(
        (one for one in result.get("documents", ()) if one["serial"] == known.issued.serial), None
    )
    if document is None:
        tally.add(group, "untouched", fields - len(known.altered))
        tally.add(group, "altered", len(known.altered))
        tally.fail("not_filed", known.scan, **facts, told=result.get("unmatched"))
        return
    for item in document["fields"]:
        _field(tally, known, item, facts)
    _marks(tally, known, document, facts)
    verdict = document["verdict"]
    tally.add(group, f"verdict {verdict}")
    tally.add(group, "documents")
    rescan = [reason for reason in document["reasons"] if reason.startswith("rescan")]
    if rescan:
        tally.add(group, "rescan")
    if verdict == "genuine" and (known.altered or known.left_out):
        tally.add(group, "wrong genuine")
        tally.fail(
            "wrong_genuine", known.scan, **facts, altered=known.altered, left_out=sorted(known.left_out)
        )
    if verdict != "genuine" and not known.altered and not known.left_out:
        tally.fail("not_genuine", known.scan, **facts, verdict=verdict, reasons=document["reasons"])


def _field(tally: counting.Tally, known: Known, item: dict[str, Any], facts: dict[str, Any]) -> None:
    """Count a field of a paper: found or missed when altered, right, doubtful or a false alarm when not."""
    shown = known.altered.get(item["name"])
    what = "untouched" if shown is None else "altered"
    tally.add(known.level, what)
    tally.add(known.level, f"{what} {item['result']}")
    if item["result"] != ("match" if shown is None else "altered"):
        wrong = "wrong_match" if item["result"] == "match" else f"{what}_{item['result']}"
        told = {name: item[name] for name in ("name", "expected", "read", "confidence")}
        tally.fail(
            wrong,
            known.scan if "_match" in wrong or wrong == "untouched_altered" else None,
            **facts,
            **told,
            shown=shown,
        )


def _marks(tally: counting.Tally, known: Known, document: dict[str, Any], facts: dict[str, Any]) -> None:
    """Count marks: a seal there or not and whose, a signature there or not; required ones only."""
    required = {
        (m["block"], m["kind"]): m for _, m in known.issued.paper.marks() if m["machine"] and m["required"]
    }
    for mark in document["marks"]:
        place = (mark["block"], mark["kind"])
        if place not in required:
            continue
        truth = "absent" if place in known.left_out else "present"
        seen = (
            "absent"
            if mark["result"] == "absent"
            else "unclear"
            if mark["result"] == "unclear"
            else "present"
        )
        tally.add(known.level, mark["kind"])
        tally.add(known.level, f"{mark['kind']} {'right' if seen == truth else seen}")
        unit = known.issued.units.get(mark["block"]) if mark["kind"] == "seal" else None
        if truth == "present" and seen == "present" and unit and required[place]["shape"] == "round":
            tally.add(known.level, "named")
            tally.add(known.level, "named right", int(mark["unit"] == unit and mark["result"] == "present"))
        if seen != truth or mark["result"] == "wrong_unit":
            tally.fail(
                f"{mark['kind']}_{mark['result']}",
                None,
                **facts,
                block=mark["block"],
                truth=truth,
                unit=mark["unit"],
            )
