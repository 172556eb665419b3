"""Goes through the four checks in an order in which the later ones may rely on the earlier: safe, whole, true, usable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from service.custody.checks.authenticity import authenticity
from service.custody.checks.completeness import completeness
from service.custody.checks.nouns import Bag, Difference
from service.custody.checks.usability import usability
from service.custody.knowing import Known

TITLES = {
    "security": "安全性",
    "completeness": "完整性",
    "authenticity": "真实性",
    "usability": "可用性",
}
MOST_TOLD = 1000
"""Differences of one check that are told one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What each check found: nothing, when it passed."""

    differences: dict[str, list[Difference]]

    @property
    def passed(self) -> bool:
        """Tell whether all four did."""
        return not any(self.differences.values())

    def counts(self) -> dict[str, int]:
        """How many differences each found."""
        return {name: len(found) for name, found in self.differences.items()}

    def told(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return {
            name: {
                "title": TITLES[name],
                "passed": not found,
                "differences": [one.told() for one in found],
            }
            for name, found in self.differences.items()
        }


def checked(bag: Bag, known: Sequence[Known], org: str) -> Found:
    """Check a package that was taken apart, for the unit that takes it over."""
    if bag.files.faults:
        return unsafe([Difference(code, path) for code, path in bag.files.faults[:MOST_TOLD]])
    return Found(
        {
            "security": [],
            "completeness": _some(completeness(bag)),
            "authenticity": _some(authenticity(bag, known, org)),
            "usability": _some(usability(bag)),
        }
    )


def passed() -> Found:
    """What is told of a package in which nothing was found."""
    return Found({name: [] for name in TITLES})


def unsafe(security: list[Difference]) -> Found:
    """What is told of a package that nobody could look into."""
    return Found({"security": security, **{name: [Difference("not_checked")] for name in list(TITLES)[1:]}})


def _some(found: Iterable[Difference]) -> list[Difference]:
    """Each once; what would find more than can be told is not asked any further."""
    told: dict[Difference, None] = {}
    for one in found:
        told[one] = None
        if len(told) == MOST_TOLD:
            break
    return list(told)
