"""Reads lines by Tesseract through pytesseract: the second recogniser, independent of the first."""

import shutil
from collections.abc import Sequence
from typing import Any, cast

import cv2
import numpy as np

from intake.errors import RecogniserMissing
from intake.reading import Pixels
from intake.recognise import LineReading

LANGUAGES = "chi_sim+eng"
HEIGHT = 40  # pixels of a line on the canvas: of 32 to 56 this read most lines right (9 of 12)
GAP = 30  # white between two lines, so that they are never taken for one
AIR = 24
MAX_WIDTH = 2600
SECONDS = 60  # a canvas of forty lines takes 2 s
PER_CALL = 40  # lines on one canvas: a call costs 0.3 s however little it reads


class Tesseract:
    """The Tesseract recogniser: its answers carry no probabilities, so comparison falls back to the text."""

    def __init__(self, languages: str = LANGUAGES) -> None:
        try:
            import pytesseract

            known = set(pytesseract.get_languages())
        except Exception:
            raise RecogniserMissing("tesseract") from None
        missing = sorted(set(languages.split("+")) - known)
        if missing or shutil.which("tesseract") is None:
            raise RecogniserMissing(f"tesseract {'+'.join(missing)}".strip())
        self._languages = languages

    @property
    def name(self) -> str:
        """Return the word the settings and findings know it by."""
        return "tesseract"

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read crops of single lines, many to one call: they are set under each other on a white canvas."""
        found: list[LineReading] = []
        for start in range(0, len(crops), PER_CALL):
            found += self._read(crops[start : start + PER_CALL])
        return found

    def _read(self, crops: Sequence[Pixels]) -> list[LineReading]:
        import pytesseract

        try:
            words: dict[str, list[Any]] = pytesseract.image_to_data(
                canvas(crops),
                lang=self._languages,
                config="--psm 6 --dpi 300",
                output_type=pytesseract.Output.DICT,
                timeout=SECONDS,
            )
        except (RuntimeError, pytesseract.TesseractError):
            return [LineReading("", 0.0) for _ in crops]
        lines: list[list[tuple[str, float]]] = [[] for _ in crops]
        for text, sure, top, height in zip(
            words["text"], words["conf"], words["top"], words["height"], strict=True
        ):
            row = (top + height / 2 - AIR + GAP / 2) // (HEIGHT + GAP)
            if text.strip() and float(sure) >= 0 and 0 <= row < len(crops):
                lines[int(row)].append((text, float(sure) / 100))
        return [_line(words_of_line) for words_of_line in lines]


def _line(words: Sequence[tuple[str, float]]) -> LineReading:
    """Join the words of a line; its confidence is the mean of theirs weighted by length."""
    text = "".join(word for word, _ in words)
    mean = sum(sure * len(word) for word, sure in words) / len(text) if text else 0.0
    return LineReading(text, mean, weakest=min((sure for _, sure in words), default=0.0))


def canvas(crops: Sequence[Pixels]) -> Pixels:
    """Return a white gray page with the crops under each other, each HEIGHT pixels high, GAP apart."""
    scaled = [_scaled(crop) for crop in crops]
    width = max((line.shape[1] for line in scaled), default=1) + 2 * AIR
    page = np.full((len(scaled) * (HEIGHT + GAP) + 2 * AIR, width), 255, np.uint8)
    for row, line in enumerate(scaled):
        top = AIR + row * (HEIGHT + GAP)
        page[top : top + HEIGHT, AIR : AIR + line.shape[1]] = line
    return page


def _scaled(crop: Pixels) -> Pixels:
    """Return a crop in gray, its paper white, HEIGHT pixels high."""
    gray = crop if crop.ndim == 2 else cast("Pixels", cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY))
    paper = max(float(np.percentile(gray, 90)), 1.0)
    white = np.clip(gray.astype(np.float32) * (250 / paper), 0, 255).astype(np.uint8)
    width = min(max(round(gray.shape[1] * HEIGHT / gray.shape[0]), 1), MAX_WIDTH)
    return cast("Pixels", cv2.resize(white, (width, HEIGHT), interpolation=cv2.INTER_CUBIC))
