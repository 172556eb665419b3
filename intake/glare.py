"""Finds where a lamp shines off the paper: print washed out by it was not taken away, and nobody is accused of that."""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, Box, Registered
from intake.thresholds import GLARE, GLARE_STEP

STROKES_MM = 5  # what is narrower than this is print, not light; the map of light has a pixel a millimetre
PIECE_MM = 6.0  # of a line that is looked at: a gleam seldom covers a long one
FAR_MM = (32, 64)  # where a small gleam has ended, and a large one
WITHIN_MM = 3  # what ends within so little is no light
EACH_WAY = 0.5  # of how much brighter it is than all around, towards each side: at a page's edge the light of one side is not
NO_SIDE = 4
WHITE = 255.0
DROWNED = 250.0  # light beyond which print is lost
LEAST = 12.0  # grey levels that a gleam is brighter: on paper as white as can be none can be told
LIT = 90  # percentile of a page's paper that is well lit: what a shadow leaves between its fingers is no brighter


@dataclass(frozen=True)
class Glare:
    """How bright the paper of a straightened page (BGR) is, measured when first asked for: few pages are accused."""

    flat: Registered

    @cached_property
    def light(self) -> NDArray[np.float32]:
        """The paper's red light, which seals do not swallow, millimetre by millimetre."""
        pixels = self.flat.pixels
        height, width = (max(round(side * MM_PER_INCH / self.flat.dpi), 1) for side in pixels.shape[:2])
        red = np.ascontiguousarray(pixels[..., 2])
        small = cv2.resize(red, (width, height), interpolation=cv2.INTER_AREA)
        paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((STROKES_MM, STROKES_MM), np.uint8))
        return np.asarray(cv2.GaussianBlur(paper, (0, 0), 1.0), np.float32)

    @cached_property
    def lit(self) -> float:
        """How bright it is where it is well lit, gleams left out."""
        plain = self.light[self.light < DROWNED]
        return float(np.percentile(plain, LIT)) if plain.size else WHITE

    def over(self, box: Box) -> bool:
        """Tell whether a gleam lies on some piece of a box (page mm).

        It is brighter than the paper around it and fades out slowly; correction fluid and a pasted strip end at once.
        """
        return self.brightest(box) >= GLARE

    def brightest(self, box: Box) -> float:
        """Return the largest share of the way from the paper around to white that light brightens a piece of a box; else 0."""
        left, top, right, bottom = box
        x, y = max(int(left), 0), max(int(top), 0)
        seen = self.light[y : int(bottom) + 1, x : int(right) + 1]
        if not seen.size or seen.max() - self.lit < LEAST / 2:
            return 0.0
        edges = np.linspace(left, right, max(round((right - left) / PIECE_MM), 1) + 1)
        return max(self._brighter((start, top, end, bottom)) for start, end in pairwise(edges))

    def _brighter(self, piece: Box) -> float:
        away, side = self._from(piece)
        here = self._median(away <= 0)
        if here - self.lit < LEAST / 2:
            return 0.0
        ring = np.ceil(away)
        outwards = [here] + [self._median(ring == number) for number in range(1, FAR_MM[-1])]
        shares = [0.0]
        for far_mm in FAR_MM:
            places = [(ring == far_mm) & (side == towards) for towards in range(4)]
            around = [self._median(place) for place in places if place.any()]
            more = here - float(np.mean(around)) if around else 0.0
            sudden = max(
                one - other for one, other in zip(outwards, outwards[WITHIN_MM:far_mm], strict=False)
            )
            fades = sudden <= GLARE_STEP * more
            if more >= LEAST and fades and here - max(around) >= EACH_WAY * more:
                shares.append(more / (WHITE - here + more))
        return max(shares)

    def _from(self, piece: Box) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
        """Return how far (mm) each place of the page lies from a piece, 0 on it, and in which of four directions.

        Left, above, right and below are 0 to 3; between two of them is NO_SIDE.
        """
        left, top, right, bottom = piece
        rows, columns = np.indices(self.light.shape, np.float32) + 0.5
        down, across = (
            np.maximum(low - place, place - high)
            for low, place, high in ((top, rows, bottom), (left, columns, right))
        )
        side = np.full(rows.shape, NO_SIDE, np.int8)
        side[across > 2 * down] = 0
        side[down > 2 * across] = 1
        side[((columns > right) & (side == 0)) | ((rows > bottom) & (side == 1))] += 2
        return np.asarray(np.maximum(np.maximum(down, across), 0), np.float32), side

    def _median(self, there: NDArray[np.bool_]) -> float:
        """Return the light there; none where the page shows nothing of it."""
        lights = self.light[there]
        return float(np.median(lights)) if lights.size else 0.0
