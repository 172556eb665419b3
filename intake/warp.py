"""Says how far each place of a page lies off a flat sheet: a smooth field of displacements for curled and crumpled paper."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""N x 2: x and y in page millimetres."""

SPACING_MM = 15.0  # between the control points: a curl is wider, a crumple twice as wide
STIFFNESS = (
    1e-4  # weight of bending against misfit: left-out patches then lie 0.05 mm off; ten times as stiff, 0.1
)
WRONG_MM = 0.25  # misfit at which a patch counts half: what a digit mistaken for another shows
ROUNDS = 6  # of reweighting; more change nothing
LARGEST_MM = 15.0  # a page that lies further off its plane has its print hidden
STEEPEST = 0.30  # displacement per millimetre: beyond it lines shrink or stretch past reading


@dataclass(frozen=True, slots=True)
class Warp:
    """A uniform cubic B-spline over a page: `control` is rows x columns x 2 millimetres, SPACING_MM apart.

    A point p of the printed page stands where a flat sheet would have p + displacement(p).
    """

    control: NDArray[np.float64]

    def displacement(self, at_mm: Points) -> Points:
        """Return the displacement in mm at each point (N x 2)."""
        rows, columns, _ = self.control.shape
        down, across = _basis(at_mm[:, 1], rows), _basis(at_mm[:, 0], columns)
        return cast("Points", np.einsum("nr,nc,rcd->nd", down, across, self.control, optimize=True))

    def over(self, xs_mm: NDArray[np.float64], ys_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the displacements of a whole grid of places, len(ys) x len(xs) x 2."""
        rows, columns, _ = self.control.shape
        down, across = _basis(ys_mm, rows), _basis(xs_mm, columns)
        return np.stack([down @ self.control[:, :, axis] @ across.T for axis in (0, 1)], axis=-1)


def fitted(at_mm: Points, off_mm: Points, size_mm: tuple[float, float]) -> Warp | None:
    """Fit a field to displacements seen at some places (both N x 2 mm); None when no sheet of paper could lie so.

    Wrong ones among them lose their weight (iteratively reweighted least squares with Cauchy's weights).
    """
    columns, rows = (int(np.ceil(side / SPACING_MM)) + 3 for side in size_mm)
    down, across = _basis(at_mm[:, 1], rows), _basis(at_mm[:, 0], columns)
    design = np.einsum("nr,nc->nrc", down, across).reshape(len(at_mm), rows * columns)
    bending = _bending(rows, columns) * STIFFNESS * len(at_mm)
    weights = np.ones(len(at_mm))
    control = np.zeros((rows * columns, 2))
    for _ in range(ROUNDS):
        weighted = design * weights[:, np.newaxis]
        control = np.linalg.solve(weighted.T @ design + bending, weighted.T @ off_mm)
        misfit = np.linalg.norm(design @ control - off_mm, axis=1)
        weights = 1 / (1 + (misfit / WRONG_MM) ** 2)
    warp = Warp(control.reshape(rows, columns, 2))
    return warp if _is_paper(warp, size_mm) else None


def _basis(along_mm: NDArray[np.float64], controls: int) -> NDArray[np.float64]:
    """Return the weight of each control point of one direction at each place (len(along) x controls)."""
    place = np.clip(along_mm / SPACING_MM, 0.0, controls - 3 - 1e-9)
    first = place.astype(int)
    t = place - first
    four = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1)
    weights = np.zeros((len(place), controls))
    for k in range(4):
        weights[np.arange(len(place)), first + k] = four[:, k] / 6
    return weights


def _bending(rows: int, columns: int) -> NDArray[np.float64]:
    """Return the quadratic form of the control points' second differences: zero for any flat or tilted field."""

    def second(count: int) -> NDArray[np.float64]:
        return np.diff(np.eye(count), 2, axis=0)

    def first(count: int) -> NDArray[np.float64]:
        return np.diff(np.eye(count), 1, axis=0)

    across = np.kron(np.eye(rows), second(columns))
    down = np.kron(second(rows), np.eye(columns))
    twist = np.kron(first(rows), first(columns))
    flat = 1e-9 * np.eye(rows * columns)  # keeps control points no patch reaches defined
    return cast("NDArray[np.float64]", across.T @ across + down.T @ down + 2 * twist.T @ twist + flat)


def _is_paper(warp: Warp, size_mm: tuple[float, float]) -> bool:
    """Tell whether a field is one a sheet of paper can make: bounded, and nowhere folded over or torn."""
    step = SPACING_MM / 3
    field = warp.over(np.arange(0, size_mm[0], step), np.arange(0, size_mm[1], step))
    steep = max(float(np.abs(np.diff(field, axis=axis)).max()) for axis in (0, 1)) / step
    return bool(np.abs(field).max() <= LARGEST_MM and steep <= STEEPEST)
