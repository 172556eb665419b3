"""Counts what was found, what a person must look at, and what was wrong; keeps every failure for the engineers."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from measuring import ROOT, Row, line

OUT = ROOT / "bench" / "out"
FALSE_PER = 2000  # fields: false alarms are told per so many


@dataclass(slots=True)
class Tally:
    """Counts by (level or kind, what), and a list of failures; the people are invented, so texts may stand in it."""

    name: str
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, group: str, what: str, count: int = 1) -> None:
        """Count something of a group."""
        self.counts[group, what] += count

    def get(self, what: str, groups: Iterable[str] | None = None) -> int:
        """Return how often something was counted, in these groups (all)."""
        wanted = None if groups is None else set(groups)
        return sum(
            n
            for (group, kind), n in self.counts.items()
            if kind == what and (wanted is None or group in wanted)
        )

    def fail(self, why: str, scan: bytes | None = None, **facts: Any) -> None:
        """Keep a failure, and the scan that showed it."""
        place = None
        if scan is not None:
            OUT.mkdir(exist_ok=True)
            place = OUT / f"{self.name}-{why}-{len(self.failures)}.pdf"
            place.write_bytes(scan)
        self.failures.append({"why": why, **facts, "scan": str(place) if place else None})

    def write(self) -> Path:
        """Write the failures to bench/out (which git ignores) and return the file."""
        OUT.mkdir(exist_ok=True)
        place = OUT / f"{self.name}.json"
        body = {
            "counts": [
                {"group": group, "what": what, "count": n} for (group, what), n in sorted(self.counts.items())
            ],
            "failures": self.failures,
        }
        place.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return place


def share(what: str, found: int, total: int, aim: str = "", note: str = "") -> Row:
    """Tell found/total, and as a share."""
    rate = f" = {100 * found / total:.2f} %" if total else ""
    return line(what, f"{found}/{total}{rate}{', ' + note if note else ''}", aim)


def alarms(what: str, false: int, total: int, aim: str = "") -> Row:
    """Tell false alarms among fields that nobody touched, and how many that makes in FALSE_PER."""
    rate = f" = {FALSE_PER * false / total:.2f} per {FALSE_PER:,}" if total else ""
    return line(what, f"{false}/{total}{rate}", aim)


def none(what: str, count: int, total: int) -> Row:
    """Tell a count that must be 0."""
    return line(what, f"{count} of {total}", "0")
