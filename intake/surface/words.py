"""The words a paper's form prints around the values: labels, clauses, headings, each with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from intake.reading import Box, LayoutPage
from intake.reference import Glyph

LONGEST = 8  # letters of a piece: longer ones would not follow the waves of a curled sheet
GAP = 1.0  # letter heights between two letters of one word
SAME_LINE = 0.5  # letter heights their middles may lie apart
GLUED = "贴照片处"  # what the frame of a photo prints when none is at hand
LEAST_MM = 0.8  # ink lower than this is a full stop or a dash, which any speck can be


@dataclass(frozen=True, slots=True)
class Word:
    """A run of printed letters on one line, and the box of its ink in page mm."""

    text: str
    box: Box


def own_words(glyphs: Sequence[Glyph], layout_page: LayoutPage) -> list[Word]:
    """Give the words of a page that are no part of a value, in the order of the text."""
    taken = [line["box"] for value in layout_page["values"] for line in value["lines"]]
    held = _held(taken, [glyph.box for glyph in glyphs])
    free = [glyph for glyph, inside in zip(glyphs, held, strict=True) if not inside]
    found = [_word(group) for group in _grouped(free)]
    return [
        word
        for word in found
        if word.box[3] - word.box[1] >= LEAST_MM and any(letter.isalnum() for letter in word.text)
    ]


def nearest(words: Sequence[Word], box: Box) -> str:
    """Name a place by the word that stands nearest to it; empty on a page without words."""

    def apart(word: Word) -> float:
        across = max(word.box[0] - box[2], box[0] - word.box[2], 0.0)
        return across + max(word.box[1] - box[3], box[1] - word.box[3], 0.0)

    return min(words, key=apart).text if words else ""


def _grouped(glyphs: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    run: list[Glyph] = []
    for glyph in glyphs:
        if run and (len(run) == LONGEST or not _follows(run[-1].box, glyph.box)):
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def _follows(before: Box, after: Box) -> bool:
    """Tell whether a letter stands right behind another on the same line; punctuation is lower than letters."""
    high = max(before[3] - before[1], after[3] - after[1])
    apart = max(before[1], after[1]) - min(before[3], after[3])  # negative when they share rows
    return (
        -high <= after[0] - before[2] <= GAP * high
        and apart < SAME_LINE * high - min(before[3] - before[1], after[3] - after[1]) / 2
    )


def _word(run: Sequence[Glyph]) -> Word:
    left, top, right, bottom = zip(*(glyph.box for glyph in run), strict=True)
    return Word("".join(glyph.letter for glyph in run), (min(left), min(top), max(right), max(bottom)))


def _held(boxes: Sequence[Box], inner: Sequence[Box]) -> list[bool]:
    """Tell of each inner box whether one of the boxes holds its middle."""
    if not boxes or not inner:
        return [False] * len(inner)
    left, top, right, bottom = np.array(boxes, float).T[:, :, np.newaxis]
    near = np.array(inner, float)
    x, y = (near[:, 0] + near[:, 2]) / 2, (near[:, 1] + near[:, 3]) / 2
    held = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
    return [bool(one) for one in held.any(axis=0)]
