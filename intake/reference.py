"""Renders the archived PDF of a document: the picture of what every value and line should look like."""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, STANDARD_DPI, Box, Pixels
from intake.uploads import own_page

KEPT = 8  # pages: a stack of scans often holds the pages of a few documents, 4 MB each


@dataclass(frozen=True, slots=True)
class Glyph:
    """One printed letter and the box of its ink in page mm."""

    letter: str
    box: Box


@dataclass(frozen=True, slots=True)
class Printed:
    """An archived page: gray pixels at STANDARD_DPI (read-only, shared), and its letters in the order of the text."""

    pixels: Pixels
    glyphs: tuple[Glyph, ...]
    _middles: NDArray[np.float64] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work out where the middle of each letter is: every line asks, and a page has a thousand letters."""
        boxes = np.array([glyph.box for glyph in self.glyphs], float).reshape(-1, 2, 2)
        object.__setattr__(self, "_middles", boxes.mean(axis=1))

    def standing_in(self, box: Box) -> list[Glyph]:
        """Return the letters whose middle stands in a box (mm)."""
        low, high = np.array(box[:2]), np.array(box[2:])
        inside = ((self._middles >= low) & (self._middles <= high)).all(axis=1)
        return [self.glyphs[at] for at in np.flatnonzero(inside)]

    def between(self, columns: slice) -> "Printed":
        """Keep the letters that stand wholly in these columns (pixels) of a page that is cut in two."""
        left, right, _ = (edge * MM_PER_INCH / STANDARD_DPI for edge in columns.indices(self.pixels.shape[1]))
        kept = tuple(glyph for glyph in self.glyphs if left <= glyph.box[0] and glyph.box[2] <= right)
        return Printed(self.pixels, kept)


@lru_cache(maxsize=KEPT)
def printed_page(pdf: bytes, page: int, width_mm: float, height_mm: float) -> Printed:
    """Return page `page` (from 0) of our own archived PDF as it should look.

    It is rendered in the decoder's child: pdfium must not run in two threads of one process. Raises
    UploadRefused when the archived bytes cannot be rendered or have no such page.
    """
    picture, letters = own_page(pdf, page)
    size = (round(width_mm * STANDARD_DPI / MM_PER_INCH), round(height_mm * STANDARD_DPI / MM_PER_INCH))
    gray = cv2.cvtColor(picture.pixels, cv2.COLOR_BGR2GRAY)
    exact = cv2.resize(gray, size, interpolation=cv2.INTER_AREA) if gray.shape[::-1] != size else gray
    kept: Pixels = np.ascontiguousarray(exact, dtype=np.uint8)
    kept.flags.writeable = False
    glyphs = tuple(
        Glyph(letter, (box[0] * width_mm, box[1] * height_mm, box[2] * width_mm, box[3] * height_mm))
        for letter, box in letters
    )
    return Printed(kept, glyphs)


def rendered(pdf: bytes, page: int, width_mm: float, height_mm: float) -> Pixels:
    """Return only the pixels of `printed_page`."""
    return printed_page(pdf, page, width_mm, height_mm).pixels
