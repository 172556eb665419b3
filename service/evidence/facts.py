"""The nouns of what stands on a paper: a fact with its result, and where it was found."""

from dataclasses import dataclass
from typing import Any, Literal

from intake.reading import Box

FactResult = Literal["match", "differs", "unreadable", "not_found", "not_checked"]
"""`differs`, not `altered`: what stands on somebody else's paper was never printed by us.

`unreadable`: something stands there and is not surely read; `not_checked`: read, and nothing to hold it against.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A text on a paper: how sure its least sure letter is, the page's number in the upload, the line's box on that page."""

    text: str
    sure: float
    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a paper against the records. `note` says more of a result: checksum, future, unclear, month_only."""

    name: str
    expected: str
    read: str
    result: FactResult
    confidence: float = 0.0
    note: str = ""
    page: int | None = None
    box: Box | None = None

    @staticmethod
    def of(name: str, expected: str, result: FactResult, found: Found, note: str = "") -> "Fact":
        """Make a fact of what was found."""
        return Fact(name, expected, found.text, result, round(found.sure, 4), note, found.page, found.box)

    def told(self) -> dict[str, Any]:
        """Give the fact as JSON."""
        return {
            "name": self.name,
            "expected": self.expected or None,
            "read": self.read or None,
            "result": self.result,
            "confidence": self.confidence,
            "note": self.note,
            "page": self.page,
            "box": self.box,
        }
