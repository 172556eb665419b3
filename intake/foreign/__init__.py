"""Reads papers that are not ours, whole: what is printed on them line by line, and what their round seals say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from intake.reading import Box, Pixels
from intake.recognise import LineReading

Quad = NDArray[np.float32]
"""4 x 2 corners (TL, TR, BR, BL along the line) in pixels of the page it was found on."""
Turn = Literal[0, 90, 180, 270]
SealResult = Literal["present", "absent", "unclear"]


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: text, how sure each letter is (0..1, as many as letters), and its box on the upright page in pixels."""

    text: str
    sure: tuple[float, ...]
    box: Box

    @property
    def confidence(self) -> float:
        """Return the mean over its letters; 0 for an empty line."""
        return sum(self.sure) / len(self.sure) if self.sure else 0.0


@dataclass(frozen=True, slots=True)
class Seal:
    """One round seal: the unit its ring names ('' when it cannot be read surely), and its box on the upright page in pixels."""

    unit: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class PageText:
    """Everything legible on a foreign page, in reading order.

    `turned` is by how many degrees clockwise the page was turned upright; `scale` takes upright pixels to those of the
    turned scan; `size` is the scan's own width and height. `seal` says whether a round seal was found: a page without
    colour cannot show one. Not `whole` means there was more print than is read.
    """

    lines: tuple[Line, ...]
    seals: tuple[Seal, ...]
    seal: SealResult
    turned: Turn
    scale: float
    size: tuple[int, int]
    whole: bool = True

    def on_scan(self, box: Box) -> Box:
        """Return a box of the upright page as the upright box around it in the scan's own pixels."""
        left, top, right, bottom = (round(side * self.scale, 1) for side in box)
        width, height = self.size
        if self.turned == 180:
            return (width - right, height - bottom, width - left, height - top)
        if self.turned == 90:
            return (top, height - right, bottom, height - left)
        if self.turned == 270:
            return (width - bottom, left, width - top, right)
        return (left, top, right, bottom)


class Finder(Protocol):
    """Finds the lines of print on a page; two exist, PP-OCR's detector and Tesseract's layout analysis."""

    @property
    def name(self) -> str:
        """Return the word the readings know it by."""

    def find(self, page: Pixels) -> Sequence[Quad]:
        """Give the corners of each line on a BGR page, in any order; none on an empty page."""


def letters(reading: LineReading) -> tuple[float, ...]:
    """Return how sure each letter of a reading is, by its best path; the weakest for all where no path is kept."""
    if reading.probabilities is None or reading.alphabet is None:
        return (min(reading.confidence, reading.weakest),) * len(reading.text)
    best = reading.probabilities.argmax(axis=1)
    kept = (best != 0) & np.concatenate(([True], best[1:] != best[:-1]))
    sure = reading.probabilities[np.arange(len(best)), best][kept]
    if len(sure) != len(reading.text):
        return (reading.weakest,) * len(reading.text)
    return tuple(float(one) for one in sure)
