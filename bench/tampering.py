"""Every kind of tamper handed in: found, sent to a person, or missed."""

import functools
import os
from dataclasses import dataclass
from typing import Any, Final

import counting
import desk
from cast import cast
from measuring import Row, line
from reading import LONG, PEOPLE
from swindled import KINDS, Swindle, forged

from service.demo.apart import JUDGING
from service.demo.levels import level

EACH: Final = int(os.environ.get("BENCH_TAMPERS", "40" if LONG else "4"))
"""Papers of each kind."""
ON: Final = ("A", "B", "C", "D", "F")
"""The levels they are scanned on, one after the other."""
FIRST_SEED: Final = 20_000
"""Of the judging side: the levels part takes the lower ones."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A swindle at the desk: its kind and seed, the serials whose records may speak of it, and its scan."""

    kind: str
    seed: int
    level: str
    form: str
    serials: tuple[str, str]
    swindle: Swindle
    scan: bytes


def tampers(rows: list[Row]) -> None:
    """A few papers of every kind of tamper, after the honest scans that a forger needs."""
    tally = counting.Tally("tampers")
    kinds = [one for one in os.environ.get("BENCH_KINDS", "").split(",") if one] or list(KINDS)
    with desk.opened() as service:
        issued = cast(service, JUDGING, PEOPLE)
        pile: desk.Desk[Handed] = desk.Desk(service.client, functools.partial(judged, tally))
        for place, kind in enumerate(kinds):
            for number in range(EACH):
                seed = JUDGING.seeds[FIRST_SEED + 2 * (place * 1000 + number)]
                mine, other, swindle = forged(kind, issued, number, seed)
                on = ON[number % len(ON)]
                for honest in swindle.before:
                    service.client.scan("honest.pdf", honest.scan(level("B", seed)))
                scan = swindle.paper.scan(level(on, seed))
                serials = (mine.serial, other.serial)
                pile.hand(Handed(kind, seed, on, mine.form, serials, swindle, scan), scan)
        pile.finish()
    for kind in kinds:
        found, person, missed = (tally.get(what, [kind]) for what in ("found", "person", "missed"))
        rows.append(
            line(f"tamper: {kind}", f"{found} found, {person} to a person, {missed} missed", "0 missed")
        )
    total = sum(tally.get(what) for what in ("found", "person", "missed"))
    rows.append(
        counting.none(
            "tampered papers judged genuine, or an altered value judged match", tally.get("missed"), total
        )
    )
    place = tally.write()
    rows.append(line("… tampers not found", f"{len(tally.failures)}, in {place.relative_to(counting.ROOT)}"))


def judged(tally: counting.Tally, handed: Handed, result: dict[str, Any]) -> None:
    """Count one swindle: found when its record says `altered` (or the page that is not there), missed when `genuine`."""
    documents = result.get("documents", ())
    results = {
        item["name"]: item["result"]
        for one in documents
        if one["serial"] == handed.serials[0]
        for item in one["fields"]
    }
    matched = [name for name in handed.swindle.altered if results.get(name) == "match"]
    verdicts = [one["verdict"] for one in documents]
    reasons = [reason for one in documents for reason in one["reasons"]]
    if "genuine" in verdicts or matched:
        outcome = "missed"
    elif "altered" in verdicts or (handed.kind == "swapped page" and _named(reasons)):
        outcome = "found"
    else:
        outcome = "person"
    tally.add(handed.kind, outcome)
    if outcome != "found":
        facts = {"kind": handed.kind, "level": handed.level, "seed": handed.seed, "form": handed.form}
        told = {"verdicts": verdicts, "reasons": reasons, "unmatched": result.get("unmatched")}
        tally.fail(outcome, handed.scan, **facts, altered=handed.swindle.altered, matched=matched, **told)


def _named(reasons: list[str]) -> bool:
    return any(reason.startswith("page_missing") for reason in reasons)
