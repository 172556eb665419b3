"""Where page millimetres stand in scan pixels: a plane through points that agree, and how well they do.

Pixel coordinates count pixel centres (OpenCV's convention), millimetres count from the page's corner.
"""

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import How, Matrix
from intake.warp import Warp

Points = NDArray[np.float64]

TOLERANCE_MM = 0.4  # how far a point may be off and still speak for a fit
LEAST_AGREEING = 0.2  # share of the points; with fewer, chance can make a geometry
MARKER_RESIDUAL_MM = 0.6  # four good markers leave 0.05; a crumpled sheet 0.3; more is another geometry
LOOSE_MM = 2.0  # the same for the plane that is laid through a curled page


@dataclass(frozen=True, slots=True)
class Fit:
    """Where page mm stand in scan pixels, how good that is, and how it was found."""

    to_scan: Matrix
    residual_mm: float
    how: How
    bend: Warp | None = None

    def place(self, at_mm: Points) -> Points:
        """Return the scan pixels (N x 2) of page millimetres."""
        flat = at_mm if self.bend is None else at_mm + self.bend.displacement(at_mm)
        return cast("Points", cv2.perspectiveTransform(flat[np.newaxis], self.to_scan)[0])


def fitted(page_mm: Points, pixel: Points, tolerance: float, how: How, limit_mm: float) -> Fit | None:
    """Fit a homography robustly (tolerance in pixels); None when the points that agree leave more than the limit."""
    if len(page_mm) < 8:
        return None
    settings: dict[str, Any] = {"maxIters": 4000, "confidence": 0.999}
    answer: tuple[Any, Any] = cv2.findHomography(
        page_mm, pixel, cv2.USAC_MAGSAC, max(tolerance, 1.0), **settings
    )
    matrix, inside = answer
    if matrix is None or not np.isfinite(matrix).all() or np.linalg.det(matrix) <= 0:
        return None  # nothing found, or a mirror image, which no scanner makes
    kept = inside.ravel().astype(bool)
    if kept.sum() < max(8, len(page_mm) * LEAST_AGREEING):
        return None
    placed = cv2.perspectiveTransform(page_mm[np.newaxis, kept], matrix)[0]
    off = float(np.median(np.linalg.norm(placed - pixel[kept], axis=1)))
    residual = off / max(pixels_per_mm(matrix, np.asarray(page_mm.mean(axis=0), float)), 1e-6)
    return Fit(matrix.astype(float), residual, how) if residual <= limit_mm else None


def on_plane(fit: Fit, seen: Points) -> Points:
    """Return the page millimetres that a fit's plane, without its bend, has at scan pixels."""
    return cast("Points", cv2.perspectiveTransform(seen[np.newaxis], np.linalg.inv(fit.to_scan))[0])


def off_mm(fit: Fit, page: Points, seen: Points) -> NDArray[np.float64]:
    """Return how many millimetres each point lies off its place."""
    off = np.linalg.norm(fit.place(page) - seen, axis=1)
    return cast("NDArray[np.float64]", off / pixels_per_mm(fit.to_scan, page.mean(axis=0)))


def pixels_per_mm(to_scan: Matrix, at_mm: Points) -> float:
    """Return how many scan pixels one page millimetre spans around a point."""
    near = cv2.perspectiveTransform((np.array([[0.0, 0], [1, 0], [0, 1]]) + at_mm)[np.newaxis], to_scan)[0]
    across, down = near[1] - near[0], near[2] - near[0]
    return float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])))


def corners_of(box: Any) -> Points:
    """Return the corners of a box in page mm, clockwise from the upper left."""
    left, top, right, bottom = (float(edge) for edge in box)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
