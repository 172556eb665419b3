"""Finds where a lamp shines off the paper: print washed out by it was not taken away, and nobody is accused of that."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, Box, Registered
from intake.thresholds import GLARE, GLARE_FADES

PX_PER_MM = 1.0  # of the map of light: a gleam is centimetres wide
STROKES_MM = 5  # what is narrower than this is print, not light
PIECE_MM = 6.0  # of a line that is looked at: a gleam seldom covers a long one
NEAR_MM = (2.0, 4.0)  # from the piece: beyond any fluid or strip that covers it, well within a gleam
FAR_MM = (
    28.0,
    36.0,
)  # where a gleam has ended; light that falls from one side is evened out around the piece

WHITE = 255.0
LEAST = 12.0  # grey levels that a gleam is brighter: on paper as white as can be none can be told
LIT = 90  # percentile of a page's paper that is well lit: what a shadow leaves between its fingers is no brighter


@dataclass(frozen=True, slots=True)
class Glare:
    """How bright the paper of a straightened page is, place by place."""

    light: NDArray[np.float32]
    lit: float

    @classmethod
    def of(cls, flat: Registered) -> Self:
        """Measure a straightened page (BGR) by its red light, which seals do not swallow."""
        height, width = flat.pixels.shape[:2]
        scale = flat.dpi / MM_PER_INCH / PX_PER_MM
        size = (max(round(width / scale), 1), max(round(height / scale), 1))
        small = cv2.resize(np.ascontiguousarray(flat.pixels[..., 2]), size, interpolation=cv2.INTER_AREA)
        paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((STROKES_MM, STROKES_MM), np.uint8))
        light = np.asarray(cv2.GaussianBlur(paper, (0, 0), 1.0), np.float32)
        return cls(light, float(np.percentile(light, LIT)))

    def over(self, box: Box) -> bool:
        """Tell whether a gleam lies on some piece of a box (page mm).

        It is brighter than the paper around it and fades out slowly; correction fluid and a pasted strip end at once.
        """
        left, top, right, bottom = box
        pieces = max(round((right - left) / PIECE_MM), 1)
        edges = np.linspace(left, right, pieces + 1)
        return any(self._gleams((a, top, b, bottom)) for a, b in pairwise(edges))

    def _gleams(self, piece: Box) -> bool:
        here, far = (float(np.median(self._ring(piece, *reach))) for reach in ((-np.inf, 0.0), FAR_MM))
        near = float(np.percentile(self._ring(piece, *NEAR_MM), 25))
        bright = here - far >= max(GLARE * (WHITE - far), LEAST) and here - self.lit >= LEAST / 2
        return bool(bright and near - far >= GLARE_FADES * (here - far))

    def _ring(self, piece: Box, nearest: float, farthest: float) -> NDArray[np.float32]:
        """Return the light on what lies so far (mm) from a piece; 0 inside it."""
        left, top, right, bottom = piece
        low, high = np.array([top, left]) - farthest, np.array([bottom, right]) + farthest
        y0, x0 = np.maximum(np.floor(low * PX_PER_MM), 0).astype(int)
        y1, x1 = np.maximum(np.ceil(high * PX_PER_MM), (y0 + 1, x0 + 1)).astype(int)
        view = self.light[y0:y1, x0:x1]
        rows, columns = (np.indices(view.shape, np.float32) + 0.5) / PX_PER_MM
        rows, columns = rows + y0 / PX_PER_MM, columns + x0 / PX_PER_MM
        away = np.maximum(np.maximum(top - rows, rows - bottom), np.maximum(left - columns, columns - right))
        found = view[(away > nearest) & (away <= farthest)]
        return found if found.size else np.zeros(1, np.float32)
