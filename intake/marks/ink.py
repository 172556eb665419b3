"""Separates inks by what they swallow: red seal ink takes green and leaves red, pens and print take red too."""

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import Pixels

Density = NDArray[np.float32]

PAPER_CELL_MM = (
    4.0  # the paper's own tone is taken from cells this large: larger than strokes, smaller than shadows
)
PAPER_REACH = 5  # cells: a seal or a heavy heading must not be taken for paper
RED_LEFT = 1.5  # red ink swallows at most two thirds as much red as green; tea and brown paper swallow more
SEAL_DARKENS = 0.45  # a dark red pad darkens red by up to this share of what green loses more
ROWS_AT_ONCE = 128
SHADE_CELL_MM = 0.5
SHADE_CELLS = 11  # on a side: strokes cover less than half of so wide a square, a hand's shadow all of it
SHADE_STEP = 0.01  # of density: the median is taken of whole numbers up to 255

LOGS = np.log(np.arange(256, dtype=np.float32) + 1)


class Inks:
    """What each pixel of a page (BGR) swallows, worked out where somebody looks: the whole would be 46 MB of an A4 page.

    Cut out as of an array, `inks[rows, columns]`: the optical density (natural log, 0 on bare paper) of each channel,
    h x w x 3 in B, G, R order.
    """

    def __init__(self, page: Pixels, px_per_mm: float) -> None:
        height, width = page.shape[:2]
        cell = max(PAPER_CELL_MM * px_per_mm, 1.0)
        cells = (max(round(width / cell), 1), max(round(height / cell), 1))
        paper = cv2.dilate(
            cv2.resize(page, cells, interpolation=cv2.INTER_AREA),
            np.ones((PAPER_REACH, PAPER_REACH), np.uint8),
        )
        self._page = page
        self._bare = cv2.LUT(cv2.blur(paper, (3, 3)), LOGS)
        self._share = np.array([cells[0] / width, cells[1] / height])

    def __getitem__(self, place: tuple[slice, slice]) -> Density:
        """Return the density of some rows and columns."""
        seen = self._page[place]
        if not seen.size:
            return np.zeros(seen.shape, np.float32)
        rows, columns = place
        first = np.array([columns.indices(self._page.shape[1])[0], rows.indices(self._page.shape[0])[0]])
        across, down = self._share
        x, y = (first + 0.5) * self._share - 0.5
        bare = cv2.warpAffine(
            self._bare,
            np.array([[across, 0, x], [0, down, y]]),
            seen.shape[1::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        np.subtract(bare, cv2.LUT(seen, LOGS).reshape(bare.shape), out=bare)
        return np.asarray(np.maximum(bare, 0, out=bare), np.float32)

    def redness(self) -> Density:
        """Return how much red seal ink lies on each pixel of the page, as `redness` tells it."""
        height, width = self._page.shape[:2]
        red = np.empty((height, width), np.float32)
        for top in range(0, height, ROWS_AT_ONCE):
            band = slice(top, min(top + ROWS_AT_ONCE, height))
            red[band] = redness(self[band, :])
        return red


def densities(page: Pixels, px_per_mm: float) -> Density:
    """Return the optical densities of a picture; the paper's tone is taken from what is handed over."""
    return Inks(page, px_per_mm)[:, :]


def shade(density: Density, px_per_mm: float) -> Density:
    """Return what of a density (H x W or H x W x C) is the shade of something, whose edges the paper's tone did not follow.

    The median of a square wider than strokes; at most 2.55, and nothing below 0.
    """
    height, width = density.shape[:2]
    cell = max(SHADE_CELL_MM * px_per_mm, 1.0)
    size = (max(round(width / cell), 1), max(round(height / cell), 1))
    small = cv2.resize(density, size, interpolation=cv2.INTER_AREA)
    steps = np.clip(small / SHADE_STEP, 0, 255).astype(np.uint8)
    wide = cv2.medianBlur(steps, SHADE_CELLS).astype(np.float32) * SHADE_STEP
    return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def redness(density: Density) -> Density:
    """Return how much red seal ink lies on each pixel (about 0.1 when pale, 1 when strong; 0 or less elsewhere)."""
    return np.asarray(density[..., 1] - RED_LEFT * density[..., 2], np.float32)


def blueness(density: Density) -> Density:
    """Return how much more red than blue light each pixel swallows: blue pens do, black print does not."""
    return np.asarray(density[..., 2] - density[..., 0], np.float32)


def darkness(density: Density, colour: bool) -> Density:
    """Return how much pen or print lies on each pixel; on a colour page the seals' share of it is taken out."""
    if not colour:
        return np.asarray(density.mean(axis=2), np.float32)
    green, red = density[..., 1], density[..., 2]
    return np.asarray(red - SEAL_DARKENS * np.maximum(green - red, 0), np.float32)
