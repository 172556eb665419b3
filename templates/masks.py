"""Chooses the mask of a QR symbol as ISO/IEC 18004, 7.8.3 asks: the one of eight that scores fewest penalty points.

A symbol is held as one whole number: row after row from the top, the first module is the highest bit, dark is 1.
All modules are then looked at together, which takes a tenth of the time of looking at them one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

MASKS = 8
_RUN, _BLOCK, _FINDER, _BALANCE = 3, 3, 40, 10  # the standard's weights N1 to N4
_FINDER_LENGTH = 11  # dark, light, three dark, light, dark and four light modules beside them
_BALANCE_STEP = 5  # percent


@dataclass(frozen=True)
class Grid:
    """What is the same for all symbols of one size; `side` in modules."""

    side: int

    @cached_property
    def _all(self) -> int:
        return (1 << self.side * self.side) - 1

    def _columns(self, first: int) -> int:
        """Give a number with ones in all columns from `first` on (counted from 0 at the left)."""
        row = (1 << self.side - first) - 1
        return sum(row << self.side * at for at in range(self.side))

    @cached_property
    def _lines(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Give for rows and for columns: distance to the module before, where one exists, where ten exist."""
        beyond = _FINDER_LENGTH - 1
        return (
            (1, self._columns(1), self._columns(beyond)),
            (self.side, self._all >> self.side, self._all >> self.side * beyond),
        )

    def penalty(self, dark: int) -> int:
        """Score a symbol: long runs, blocks, what looks like a finder, too much of one colour."""
        light = dark ^ self._all
        points = 0
        same = []
        for step, second, eleventh in self._lines:
            equal = ~(dark ^ dark >> step) & second
            same.append(equal)
            pairs = equal & equal >> step
            runs = pairs & pairs >> 2 * step  # five alike end here
            begun = runs & ~(runs >> step)
            points += runs.bit_count() + (_RUN - 1) * begun.bit_count()
            points += _FINDER * _finders(dark, light, step, eleventh)
        across, down = same
        points += _BLOCK * (across & across >> self.side & down).bit_count()
        count = self.side * self.side
        return points + _BALANCE * (abs(100 * dark.bit_count() - 50 * count) // (_BALANCE_STEP * count))

    def best(self, symbol: int, changes: tuple[int, ...]) -> int:
        """Give the best of the symbols that the changes (one for each mask) make of one symbol."""
        return min((symbol ^ change for change in changes), key=self.penalty)


@cache
def grid(side: int) -> Grid:
    """Give the grid of a size; there are few sizes, so each is made once."""
    return Grid(side)


def changes(symbols: Callable[[int], int]) -> tuple[int, ...]:
    """Give what turns the symbol of mask 0 into that of each mask, format bits included.

    `symbols` gives the symbol of one and the same text for each mask; the changes hold for every text.
    """
    first = symbols(0)
    return tuple(first ^ symbols(mask) for mask in range(MASKS))


def _finders(dark: int, light: int, step: int, where: int) -> int:
    """Count 1:1:3:1:1 with four light modules after it or before it."""
    core = dark & light >> step
    core &= dark >> 2 * step & dark >> 3 * step
    core &= dark >> 4 * step & light >> 5 * step & dark >> 6 * step
    pair = light & light >> step
    four = pair & pair >> 2 * step
    return ((four & core >> 4 * step) & where).bit_count() + ((core & four >> 7 * step) & where).bit_count()
