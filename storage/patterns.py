"""How an authority's numbers are written: a pattern with one place that counts, and which numbers two blocks share."""

import re
from dataclasses import dataclass
from typing import Self

from storage.errors import BadPattern
from storage.records import NumberBlock

SLOT = re.compile(r"\{:(?:0([1-9]))?d\}")
"""The one place of a pattern that counts, with zeros in front or (`{:d}`) without; anything else in braces would be
Python's format language."""
MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text before and after the running number, and its digits; `width` 0 writes as many as it has."""

    before: str
    after: str
    width: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Take a pattern apart; BadPattern unless it has exactly one slot and no other brace."""
        slots = list(SLOT.finditer(text))
        if len(slots) != 1:
            raise BadPattern
        before, after = text[: slots[0].start()], text[slots[0].end() :]
        if any(brace in before + after for brace in "{}"):
            raise BadPattern
        return cls(before, after, int(slots[0].group(1) or 0))

    def number(self, seq: int) -> str:
        """Write a running number; BadPattern when it does not fit."""
        if seq < 1 or len(str(seq)) > (self.width or MAX_DIGITS):
            raise BadPattern
        return f"{self.before}{seq:0{self.width}d}{self.after}"

    def seq(self, number: str) -> int | None:
        """Read a running number back out of a printed one; None when the pattern does not write it."""
        digits = number.removeprefix(self.before).removesuffix(self.after)
        if len(digits) > MAX_DIGITS or not (digits.isascii() and digits.isdecimal()):
            return None
        found = int(digits)
        fits = found >= 1 and len(str(found)) <= (self.width or MAX_DIGITS)
        return found if fits and self.number(found) == number else None

    def meets(self, other: Self) -> bool:
        """Tell whether the texts around the number leave it possible that both write the same."""
        if self.width and other.width and self._length() != other._length():
            return False
        before, after = min(len(self.before), len(other.before)), min(len(self.after), len(other.after))
        tails = self.after[len(self.after) - after :], other.after[len(other.after) - after :]
        return self.before[:before] == other.before[:before] and tails[0] == tails[1]

    def _length(self) -> int:
        return len(self.before) + self.width + len(self.after)


def written(pattern: str, seq: int) -> str:
    """Write a running number into its pattern; BadPattern unless there is exactly one slot and the number fits it."""
    return Pattern.read(pattern).number(seq)


def within(block: NumberBlock, number: str) -> bool:
    """Tell whether a printed number is one of a block's."""
    try:
        seq = Pattern.read(block.pattern).seq(number)
    except BadPattern:
        return False
    return seq is not None and block.first <= seq <= block.last


def collide(one: NumberBlock, two: NumberBlock) -> bool:
    """Tell whether two blocks have a number in common, however their patterns split it into text and digits."""
    mine, theirs = Pattern.read(one.pattern), Pattern.read(two.pattern)
    if mine == theirs:
        return one.first <= two.last and two.first <= one.last
    if not mine.meets(theirs):
        return False
    few, pattern, many = (
        (one, mine, two) if one.last - one.first <= two.last - two.first else (two, theirs, one)
    )
    return any(within(many, pattern.number(seq)) for seq in range(few.first, few.last + 1))
