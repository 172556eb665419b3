"""Holds a recogniser to its word: an answer for every line, numbers that are numbers, and all of it in time."""

import math
import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Final

from intake.errors import RecogniserFailed
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser, quick_of

SECONDS: Final = 120.0
"""Wall clock for the lines of one page: forty of them take 2 s, and ten times that on a crowded machine."""
LONGEST: Final = 2000
"""Characters of one line; the widest crop has room for a hundred."""


def checked(readings: object, count: int) -> list[LineReading]:
    """Return the answers to `count` lines if they can be answers; raises RecogniserFailed(nonsense) else.

    A wrong number of them would compare one value with another's line; NaN answers every comparison with no.
    """
    if not isinstance(readings, list) or len(readings) != count or not all(map(_sane, readings)):
        raise RecogniserFailed("nonsense")
    return readings


def _sane(reading: Any) -> bool:
    return (
        isinstance(reading, LineReading)
        and _words(reading.text)
        and _share(reading.confidence)
        and _share(reading.weakest)
        and _table(reading)
    )


def _words(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST


def _share(value: object) -> bool:
    return isinstance(value, float | int) and math.isfinite(value) and -1e-3 <= value <= 1 + 1e-3


def _table(reading: LineReading) -> bool:
    """Tell whether probabilities are a table of probabilities, with a column for each character, or are not there.

    The least of numbers of which one is NaN is NaN, which is no more than anything.
    """
    table, alphabet = reading.probabilities, reading.alphabet
    if table is None or alphabet is None:
        return table is None and alphabet is None
    return bool(
        table.ndim == 2
        and len(table)
        and table.shape[1] > max(alphabet.values(), default=0)
        and table.min() >= -1e-3
        and table.max() <= 1 + 1e-3
    )


class Guarded:
    """A recogniser in this very process: its answers are checked, and `late` is called when it hangs.

    Nothing can end a thread that hangs in a library, so `late` must end the process, or warn whoever can.
    """

    def __init__(self, inner: Recogniser, late: Callable[[], None], seconds: float = SECONDS) -> None:
        self._inner = inner
        self._late = late
        self._seconds = seconds

    @property
    def name(self) -> str:
        """Return the word the settings and findings know it by."""
        return self._inner.name

    @cached_property
    def quick(self) -> Recogniser | None:
        """Return the engine's quick reader, held to its word like itself; None when it has none."""
        inner = quick_of(self._inner)
        return None if inner is None else Guarded(inner, self._late, self._seconds)

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop; raises RecogniserFailed for an error of the engine or an answer that cannot be one."""
        clock = threading.Timer(self._seconds, self._late)
        clock.daemon = True
        clock.start()
        try:
            readings = self._inner.read_lines(crops)
        except RecogniserFailed:
            raise
        except Exception as error:
            raise RecogniserFailed(type(error).__name__) from None
        finally:
            clock.cancel()
        return checked(readings, len(crops))
