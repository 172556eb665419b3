"""Asks two recognisers for every line: where they disagree a person must look."""

from collections.abc import Sequence
from dataclasses import replace

from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser
from intake.recognise.likelihood import fold


class Both:
    """Two independent engines as one; the answers are the first one's, `disputed` where the second read another text."""

    def __init__(self, first: Recogniser, second: Recogniser) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        """Return the word the findings know it by."""
        return f"{self._first.name}+{self._second.name}"

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop twice."""
        readings, others = self._first.read_lines(crops), self._second.read_lines(crops)
        return [
            one if fold(one.text) == fold(other.text) else replace(one, disputed=True)
            for one, other in zip(readings, others, strict=True)
        ]
