"""Finds lines of print by Tesseract's layout analysis through pytesseract: the second finder, independent of the first."""

import shutil
from collections.abc import Sequence
from typing import Any

import numpy as np

from intake.errors import RecogniserMissing
from intake.foreign import Quad
from intake.reading import Pixels

LANGUAGES = "chi_sim+eng"
LINE_LEVEL = 4  # of page, block, paragraph, line, word
SECONDS = 60  # a full page takes 5 s
EDGE = 2  # pixels of air around a line


class Layout:
    """Tesseract's layout analysis; it starts a program for each page and keeps nothing."""

    def __init__(self, languages: str = LANGUAGES) -> None:
        if shutil.which("tesseract") is None:
            raise RecogniserMissing("tesseract")
        self._languages = languages

    @property
    def name(self) -> str:
        """Return the word the readings know it by."""
        return "tesseract"

    def find(self, page: Pixels) -> Sequence[Quad]:
        """Give the upright corners of each line on a BGR page; none when the program fails or takes too long."""
        import pytesseract

        try:
            found: dict[str, list[Any]] = pytesseract.image_to_data(
                page,
                lang=self._languages,
                config="--psm 3 --dpi 200",
                output_type=pytesseract.Output.DICT,
                timeout=SECONDS,
            )
        except (RuntimeError, pytesseract.TesseractError):
            return []
        return [
            _quad(int(left), int(top), int(width), int(height))
            for level, left, top, width, height in zip(
                *(found[name] for name in ("level", "left", "top", "width", "height")), strict=True
            )
            if int(level) == LINE_LEVEL
        ]


def _quad(left: int, top: int, width: int, height: int) -> Quad:
    x1, y1, x2, y2 = left - EDGE, top - EDGE, left + width + EDGE, top + height + EDGE
    return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], np.float32)
