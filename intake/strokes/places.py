"""Cuts what stands around a line out of a page and out of the archive, as dark as ink is."""

from typing import Any, Final

import cv2
import numpy as np

from intake.reading import Pixels

SOFT: Final = 0.7  # pixels of blur on the scan: noise and aliasing are no strokes
EDGE: Final = 4  # pixels around that the blurs reach
AROUND: Final = (2.4, 1.3)  # line heights to the sides and up and down, where a crease goes on
REDDISH: Final = 10  # grey levels of red over the other channels where a seal's ink lies, in a dark photo too
FRINGE: Final = 17  # pixels: thin strokes of a seal lose their colour in a picture

Pictures = tuple[Pixels, Pixels, Pixels | None]
"""The page and the archived one, gray at STANDARD_DPI, and the page (BGR) before its red was taken away."""


def place_of(
    page: Pixels, reference: Pixels, box: list[int], shift: tuple[int, int], by: tuple[float, float]
) -> list[int] | None:
    """Grow a line's box to both sides, up and down `by` so many of its heights, and by EDGE; None where little is on both pages."""
    height = box[3] - box[1]
    side, air = (round(one * height) + EDGE for one in by)
    left, top = max(box[0] - side, -shift[0], 0), max(box[1] - air, -shift[1], 0)
    right = min(box[2] + side, reference.shape[1], page.shape[1] - shift[0])
    bottom = min(box[3] + air, reference.shape[0], page.shape[0] - shift[1])
    return [left, top, right, bottom] if min(right - left, bottom - top) > height else None


def inks(page: Pixels, reference: Pixels, place: list[int], shift: tuple[int, int]) -> tuple[Any, Any]:
    """Cut a place out of scan and archive, dark as ink, the scan a little softened."""
    left, top, right, bottom = place
    seen = page[top + shift[1] : bottom + shift[1], left + shift[0] : right + shift[0]]
    scan = cv2.GaussianBlur(255 - seen.astype(np.float32), (5, 5), SOFT)
    return scan, 255 - reference[top:bottom, left:right].astype(np.float32)


def inner(rest: Any) -> Any:
    """Leave out the edge that blurs spoil."""
    return rest[EDGE:-EDGE, EDGE:-EDGE]


def red_of(colour: Pixels, place: list[int], shift: tuple[int, int]) -> Any:
    """Tell where a seal's ink lies, or its fringe; a camera's coloured specks are none."""
    left, top, right, bottom = place
    blue, green, red = cv2.split(
        colour[top + shift[1] : bottom + shift[1], left + shift[0] : right + shift[0]]
    )
    redness = cv2.medianBlur(cv2.subtract(red, cv2.max(blue, green)), 3)
    return cv2.dilate(redness, np.ones((FRINGE, FRINGE), np.uint8)) > REDDISH
