"""What paper goes through before it is scanned: tea rings, thumb marks, folds, and corners lost to a staple."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from service.demo.ink import Picture

FOLD_MM = (
    27.0,
    33.0,
)  # legs of a folded corner: a corner mark ends 24 mm from the corner, counted along both edges
TORN_MM = (25.0, 30.0)
STAPLE_MM = (12.0, 0.6)
SECOND_CORNER = 0.5  # share of stapled papers that lost a lower corner as well
BACK = 246  # grey level of a turned-down corner: the blank back of the sheet, a little shaded


def stained(sheet: Picture, px_per_mm: float, stains: int, creases: int, rng: np.random.Generator) -> Picture:
    """Return the sheet with this many tea rings or thumb marks and folds."""
    if not stains and not creases:
        return sheet
    height, width = sheet.shape[:2]
    keep = np.ones((height, width, 3), np.float32)
    for _ in range(stains):
        spot = np.zeros((height, width), np.float32)
        where = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (int(rng.uniform(6, 22) * px_per_mm), int(rng.uniform(6, 22) * px_per_mm))
        cv2.ellipse(spot, where, axes, rng.uniform(0, 180), 0, 360, 1, -1)
        cv2.ellipse(spot, where, axes, 0, 0, 360, 1.5, max(2, round(0.8 * px_per_mm)))
        spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), 0.7 * px_per_mm), np.float32)
        keep *= 1 - spot[..., None] * np.asarray([0.26, 0.16, 0.10], np.float32) * rng.uniform(0.5, 1)
    for _ in range(creases):
        fold = np.zeros((height, width), np.float32)
        if rng.random() < 0.5:
            y = rng.uniform(0.2, 0.8) * height
            ends = ((0, int(y)), (width, int(y + rng.normal(0, 0.01) * height)))
        else:
            x = rng.uniform(0.2, 0.8) * width
            ends = ((int(x), 0), (int(x + rng.normal(0, 0.01) * width), height))
        cv2.line(fold, *ends, 1.0, max(1, round(0.35 * px_per_mm)), cv2.LINE_AA)
        fold = np.asarray(cv2.GaussianBlur(fold, (0, 0), 0.25 * px_per_mm), np.float32)
        keep *= 1 - 0.4 * fold[..., None]
    return np.asarray(sheet * keep, np.uint8)


def stapled(sheet: Picture, px_per_mm: float, bed: Sequence[float], rng: np.random.Generator) -> Picture:
    """Return the sheet with its upper left corner turned down under a staple; every other one lost a lower corner too.

    Where paper is gone, the bed (BGR) shows.
    """
    legs = rng.uniform(*FOLD_MM, 2) * px_per_mm
    result = _turned_down(sheet, px_per_mm, legs, bed)
    result = _staple(result, px_per_mm, legs * rng.uniform(0.62, 0.8), rng.normal(-45, 8))
    if rng.random() < SECOND_CORNER:
        result = _torn_off(result, rng.uniform(*TORN_MM, 2) * px_per_mm, bed, rng, left=rng.random() < 0.5)
    return result


def _turned_down(
    sheet: Picture, px_per_mm: float, legs: NDArray[np.float64], bed: Sequence[float]
) -> Picture:
    """Fold the upper left corner along the line between its legs' ends (pixels): bed beyond it, the flap before it."""
    result = sheet.copy()
    right, down = np.array([legs[0], 0.0]), np.array([0.0, legs[1]])
    along = (down - right) / np.linalg.norm(down - right)
    foot = right + along * float(np.dot(-right, along))  # of the corner (0, 0) on the fold
    flap = np.array([right, down, 2 * foot])
    shade = np.zeros(sheet.shape[:2], np.float32)
    cv2.fillPoly(shade, [np.round(flap + 0.8 * px_per_mm).astype(np.int32)], 0.28)
    shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), 0.7 * px_per_mm), np.float32)
    result = np.asarray(result * (1 - shade[..., None]), np.uint8)
    cv2.fillPoly(result, [np.round(flap).astype(np.int32)], (BACK, BACK, BACK), cv2.LINE_AA)
    cv2.fillPoly(result, [np.round([[0, 0], right, down]).astype(np.int32)], tuple(bed), cv2.LINE_AA)
    return result


def _staple(sheet: Picture, px_per_mm: float, at: NDArray[np.float64], degrees: float) -> Picture:
    """Press a bright wire with a dark edge into the paper around a point (pixels)."""
    half = STAPLE_MM[0] / 2 * px_per_mm * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    first, last = (np.round(at + end).astype(int).tolist() for end in (-half, half))
    wire = max(2, round(STAPLE_MM[1] * px_per_mm))
    result = sheet.copy()
    for colour, thick, off in (
        ((120, 120, 122), wire + 3, 3),
        ((150, 148, 146), wire, 0),
        ((214, 214, 216), wire // 3, 0),
    ):
        cv2.line(
            result,
            (first[0] + off, first[1] + off),
            (last[0] + off, last[1] + off),
            colour,
            max(thick, 1),
            cv2.LINE_AA,
        )
    return result


def _torn_off(
    sheet: Picture, legs: NDArray[np.float64], bed: Sequence[float], rng: np.random.Generator, *, left: bool
) -> Picture:
    """Tear a lower corner off along a ragged line; legs in pixels."""
    height, width = sheet.shape[:2]
    steps = np.linspace(0, 1, 40)
    ragged = np.cumsum(rng.normal(0, 0.012, steps.size)) * legs.min()
    line = np.stack([legs[0] * steps + ragged, height - legs[1] * (1 - steps) + ragged[::-1]], axis=1)
    corner = np.concatenate([line, [[legs[0], height + 2.0], [-2.0, height + 2.0]]])
    if not left:
        corner[:, 0] = width - corner[:, 0]
    result = sheet.copy()
    cv2.fillPoly(result, [np.round(corner).astype(np.int32)], tuple(bed), cv2.LINE_AA)
    return result
