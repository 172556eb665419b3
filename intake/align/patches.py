"""Finds small pieces of the archived page again on a scan: what a registration is sharpened and proved by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, STANDARD_DPI, Pixels

Points = NDArray[np.float64]
Place = Callable[[Points], Points]
"""Takes N x 2 page millimetres to scan pixels."""

PATCH = 32  # half a patch is 2 mm: a character or a crossing of rules
NEAR, FAR = 14, 24  # pixels searched around the expected place: 1.8 mm; from afar twice as coarse, 6 mm
SCORE = 0.6  # correlation from which a patch is believed
GRID, DENSE_GRID = (9, 12), (15, 21)  # columns and rows on upright paper
CORNER = 1e-3  # strength of a corner that fixes a patch in both directions


def centres(reference: Pixels, grid: tuple[int, int]) -> list[tuple[int, int]]:
    """Choose, in each cell of a grid, the place with the strongest corner: it fixes a patch in both directions."""
    half = _halved(reference)
    strength = cv2.cornerMinEigenVal(cv2.GaussianBlur(half, (0, 0), 1), 5)
    height, width = half.shape
    edge = PATCH // 2
    columns, rows = grid if width < height else grid[::-1]
    xs = np.linspace(edge, width - edge, columns + 1).astype(int)
    ys = np.linspace(edge, height - edge, rows + 1).astype(int)
    chosen = []
    for left, right in pairwise(xs):
        for top, bottom in pairwise(ys):
            _, value, _, (x, y) = cv2.minMaxLoc(strength[top:bottom, left:right])
            if value > CORNER:
                chosen.append((2 * (int(left) + x), 2 * (int(top) + y)))
    return chosen


def found_again(
    red: Pixels, place: Place, reference: Pixels, at: Sequence[tuple[int, int]]
) -> tuple[Points, Points]:
    """Look for patches of the archived page around where `place` puts them; those not near are looked for further off.

    `at` are their centres in pixels of `reference`. Returns, for those that were found, their page millimetres and
    the scan pixels where they stand (both N x 2).
    """
    near = _found(red, place, reference, at, 1)
    missing = [centre for centre, seen in zip(at, near.seen, strict=True) if not seen]
    if not missing:
        return near.page, near.scan
    far = _found(_halved(red), place, _halved(reference), missing, 2)
    return np.concatenate([near.page, far.page]), np.concatenate([near.scan, far.scan])


@dataclass(frozen=True, slots=True)
class _Found:
    """Which patches were seen, and of those: where they stand on the page (mm) and on the scan (pixels)."""

    seen: NDArray[np.bool_]
    page: Points
    scan: Points


def _found(
    red: Pixels, place: Place, reference: Pixels, at: Sequence[tuple[int, int]], coarse: int
) -> _Found:
    """Look on pictures made `coarse` times smaller."""
    unit, half = coarse * MM_PER_INCH / STANDARD_DPI, PATCH // 2
    reach = NEAR if coarse == 1 else FAR
    middles = [
        (
            min(max(x // coarse, half), reference.shape[1] - half),
            min(max(y // coarse, half), reference.shape[0] - half),
        )
        for x, y in at
    ]

    def on_seen(at_mm: Points) -> Points:
        return (place(at_mm) + 0.5) / coarse - 0.5

    moved = np.full((len(middles), 2), np.nan)
    for k, window in enumerate(_windows(red, on_seen, middles, unit, reach)):
        x, y = middles[k]
        patch = reference[y - half : y + half, x - half : x + half]
        scores = cv2.matchTemplate(window, patch, cv2.TM_CCOEFF_NORMED)
        _, score, _, best = cv2.minMaxLoc(scores)
        if score >= SCORE:
            moved[k] = middles[k] + _peak(scores, best) - reach
    seen = np.isfinite(moved[:, 0])
    if not seen.any():
        return _Found(seen, np.empty((0, 2)), np.empty((0, 2)))
    page = _millimetres(np.array(middles)[seen], unit)
    return _Found(seen, page, place(_millimetres(moved[seen], unit)))


def _halved(pixels: Pixels) -> Pixels:
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _millimetres(pixels: Any, unit: float) -> Points:
    return np.asarray((np.array(pixels, float) + 0.5) * unit, float)


def _windows(red: Pixels, place: Place, at: list[tuple[int, int]], unit: float, reach: int) -> list[Pixels]:
    """Pull the surroundings of each place straight, all in one go; the map bends little inside one of them."""
    side = PATCH + 2 * reach
    ends = np.array([-side / 2, side / 2 - 1])
    corners = np.array([(x + dx, y + dy) for x, y in at for dy in ends for dx in ends])
    seen = place(_millimetres(corners, unit)).reshape(len(at), 2, 2, 2)
    share = np.linspace(0, 1, side)
    weights = np.stack([1 - share, share], axis=1)
    grid = np.einsum("nabk,ra,cb->nrck", seen, weights, weights, optimize=True)
    maps = grid.reshape(len(at) * side, side, 2).astype(np.float32)
    views = cv2.remap(red, maps[:, :, 0], maps[:, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return [np.asarray(views[k * side : (k + 1) * side], np.uint8) for k in range(len(at))]


def _peak(scores: Any, best: Any) -> Points:
    """Return the top of a correlation surface to a fraction of a pixel (a parabola through its neighbours)."""
    x, y = best
    place = np.array([x, y], float)
    if 0 < x < scores.shape[1] - 1 and 0 < y < scores.shape[0] - 1:
        for axis, (low, high) in enumerate(
            ((scores[y, x - 1], scores[y, x + 1]), (scores[y - 1, x], scores[y + 1, x]))
        ):
            bend = low - 2 * scores[y, x] + high
            place[axis] += 0.5 * (low - high) / bend if bend < 0 else 0.0
    return place
