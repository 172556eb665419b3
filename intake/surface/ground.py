"""The straightened page laid on its archived picture, evenly lit and without seals, with what counts as ink there."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from intake import ink, lines
from intake.reading import Box, Pixels, Registered

AIR = 3  # pixels around a word
SEARCH = 7  # pixels, 0.9 mm: how far paper swells and creases between registered points
BELIEVED = 0.45  # correlation from which a word is believed to stand where it was found
PAPER = 250.0  # grey of the paper once it is evenly lit
PALE = 0.35  # of the way from paper to the page's ink: what is paler is no print
DARK = 0.5  # of that way: what is darker is ink for certain


@dataclass(frozen=True, slots=True)
class Ground:
    """Two equal pictures in gray at STANDARD_DPI; `pale` and `dark` are the greys between paper and ink."""

    page: Pixels
    archived: Pixels
    pale: float
    dark: float

    @classmethod
    def of(cls, flat: Registered, archived: Pixels) -> Self:
        """Prepare a page; its ink is what the scan shows where the archive is darkest."""
        page = lines.evenly_lit(lines.without_red(flat.pixels))
        core = archived[::2, ::2] < ink.CORE
        dark = cv2.erode(page, np.ones((3, 3), np.uint8))[::2, ::2][core]
        depth = PAPER - (float(np.median(dark)) if dark.size else 0.0)
        return cls(page, archived, PAPER - PALE * depth, PAPER - DARK * depth)

    def pixels_of(self, box_mm: Box) -> list[int]:
        """Give a box in page mm as pixels, clipped to the page."""
        return inside([round(edge * lines.SCALE) for edge in box_mm], self.page.shape)

    def both(self, box: list[int], shift: tuple[int, int]) -> tuple[Pixels, Pixels]:
        """Cut a place, a little grown, out of the scan (moved by `shift`) and out of the archive, equally large."""
        wide = inside([box[0] - AIR, box[1] - AIR, box[2] + AIR, box[3] + AIR], self.page.shape)
        right, down = shift
        moved = [wide[0] + right, wide[1] + down, wide[2] + right, wide[3] + down]
        if inside(moved, self.page.shape) != moved:
            moved = wide
        return self.page[span(moved)], self.archived[span(wide)]

    def shift(self, box: list[int]) -> tuple[int, int]:
        """Find how many pixels right and down of its registered place the archived print of a box stands; else 0, 0."""
        wide = inside([box[0] - SEARCH, box[1] - SEARCH, box[2] + SEARCH, box[3] + SEARCH], self.page.shape)
        patch, around = self.archived[span(box)], self.page[span(wide)]
        if around.shape != (patch.shape[0] + 2 * SEARCH, patch.shape[1] + 2 * SEARCH) or patch.std() < 1:
            return (0, 0)
        _, score, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED))
        return (x - SEARCH, y - SEARCH) if score >= BELIEVED else (0, 0)


def inside(box: list[int], shape: tuple[int, ...]) -> list[int]:
    """Clip a pixel box to a picture; it stays at least one pixel wide and high."""
    left, top = min(max(box[0], 0), shape[1] - 1), min(max(box[1], 0), shape[0] - 1)
    return [left, top, min(max(box[2], left + 1), shape[1]), min(max(box[3], top + 1), shape[0])]


def span(box: list[int]) -> tuple[slice, slice]:
    """Give the rows and columns of a pixel box."""
    return slice(box[1], box[3]), slice(box[0], box[2])
