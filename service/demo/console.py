"""Prints the demo: steps with a count, and tables whose columns stand straight under Chinese text."""

import sys
import time
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

MARKS: Final = {
    "match": "✓",
    "present": "✓",
    "altered": "✗",
    "wrong_unit": "✗",
    "absent": "○",
    "unclear": "?",
    "unreadable": "?",
    "not_checked": "–",
}


def width(text: str) -> int:
    """Return the columns a terminal gives to `text`: two for wide characters."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def clip(text: str, columns: int) -> str:
    """Return `text` padded with blanks, or cut with an ellipsis, to exactly `columns`."""
    if width(text) <= columns:
        return text + " " * (columns - width(text))
    kept = ""
    for character in text:
        if width(kept + character) > columns - 1:
            break
        kept += character
    return clip(kept + "…", columns)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], columns: Sequence[int]) -> None:
    """Print rows under a head, each column cut or padded to its width."""
    for row in (head, ["─" * c for c in columns], *rows):
        print("    " + "  ".join(clip(cell, c) for cell, c in zip(row, columns, strict=True)).rstrip())


class Steps:
    """Counts the steps of the story and says how long each took."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._since = time.monotonic()

    def next(self, what: str) -> None:
        """Announce the next step."""
        self._done += 1
        now = time.monotonic()
        print(f"\n[{self._done}/{self._total}] {what}  （{now - self._since:.1f} 秒）")
        self._since = now
        sys.stdout.flush()


def show_check(document: Mapping[str, Any]) -> None:
    """Print one document of a scan result: fields, then marks."""
    table(
        ("字段", "存档", "读到", "结果"),
        [
            (f["name"], f["expected"], f["read"] or "", f"{MARKS[f['result']]} {f['result']}")
            for f in document["fields"]
        ],
        (18, 34, 34, 14),
    )
    table(
        ("签章处", "种类", "结果", "印文单位"),
        [
            (m["block"], m["kind"], f"{MARKS[m['result']]} {m['result']}", m.get("unit") or "")
            for m in document["marks"]
        ],
        (18, 12, 20, 34),
    )
