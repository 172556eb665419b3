"""The print of a paper as it is searched: letter by letter with blanks kept, and where one paragraph runs on into the next line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.foreign import Line, PageText
from intake.reading import Box
from intake.recognise.likelihood import fold

LONG_LINE = 15
"""Letters from which a line may be one of a paragraph that runs on; cells of tables are shorter."""
AT_THE_EDGE = 0.95
"""Share of the page's printed width a line reaches when its paragraph runs on."""


HANZI = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Row:
    """A printed line: folded letters with single blanks where the print has gaps, how sure each is (a blank 1.0).

    `page` is the page's number in the upload; `runs_on` and `run_on` say that its paragraph may go on in the next
    line, or come from the one before: a word at that edge may then be half of one.
    """

    text: str
    sure: tuple[float, ...]
    page: int
    box: Box
    runs_on: bool = False
    run_on: bool = False

    def least(self, start: int, end: int) -> float:
        """Return how sure the least sure letter between two places is."""
        return min(self.sure[start:end], default=0.0)


def rows(pages: Sequence[tuple[int, PageText]]) -> list[Row]:
    """Give the lines of a paper's pages in reading order."""
    return [row for number, page in pages for row in _rows(number, page)]


def _rows(number: int, page: PageText) -> Iterator[Row]:
    left = min((line.box[0] for line in page.lines), default=0.0)
    right = max((line.box[2] for line in page.lines), default=0.0)
    edge = left + AT_THE_EDGE * (right - left)
    folded = [_folded(line) for line in page.lines]
    before = False
    for number_of_line, line in enumerate(page.lines):
        text, sure = folded[number_of_line]
        following = folded[number_of_line + 1][0] if number_of_line + 1 < len(folded) else ""
        full = len(text) >= LONG_LINE and line.box[2] >= edge
        runs_on = full and HANZI.match(following) is not None
        yield Row(text, sure, number, page.on_scan(line.box), runs_on, before)
        before = full and HANZI.match(text[-1:]) is not None


def _folded(line: Line) -> tuple[str, tuple[float, ...]]:
    text, sure = "", []
    for letter, one in zip(line.text, line.sure, strict=True):
        plain = fold(letter) or " "
        if plain == " " and (not text or text.endswith(" ")):
            continue
        text += plain
        sure += [1.0 if plain == " " else one] * len(plain)
    return text, tuple(sure)


def spaced(word: str) -> str:
    """Return the pattern of a word that may be set with blanks between its letters, as short names and labels are."""
    return " ?".join(re.escape(letter) for letter in fold(word))
