"""Put ink on paper: colours, uneven inking and the multiplying mixture of ink with what lies below."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from service.demo.fonts import Mask

Picture = NDArray[np.uint8]  # rows x columns x 3, BGR
Colour = tuple[float, float, float]  # BGR, 0-255, what full ink looks like on white paper

RED: Colour = (62, 44, 212)
ORANGE_RED: Colour = (58, 70, 226)
DARK_RED: Colour = (58, 38, 176)
BLACK: Colour = (46, 42, 40)
BLUE: Colour = (142, 62, 36)
BLUE_BLACK: Colour = (92, 50, 36)


@dataclass(frozen=True, slots=True)
class Inking:
    """How ink left the stamp or the pen: strength 0-1, blotchiness 0-1, and a share of tiny gaps 0-1."""

    colour: Colour = RED
    strength: float = 0.85
    uneven: float = 0.35
    gaps: float = 0.05


def clouds(shape: tuple[int, int], cell: float, rng: np.random.Generator) -> Mask:
    """Return smooth noise between 0 and 1 whose blotches are about `cell` pixels wide."""
    rows, columns = (max(2, round(side / cell)) for side in shape)
    coarse = rng.random((rows + 1, columns + 1), dtype=np.float32)
    return np.clip(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1).astype(
        np.float32
    )


def inked(mask: Mask, inking: Inking, px_per_mm: float, rng: np.random.Generator) -> Mask:
    """Return the mask as a real stamp prints it: pressed harder on one side, blotchy, with pin-holes and soft edges."""
    shape = (mask.shape[0], mask.shape[1])
    pressure = 1 - inking.uneven * (
        0.6 * clouds(shape, 14 * px_per_mm, rng) + 0.4 * clouds(shape, 2 * px_per_mm, rng)
    )
    holes = clouds(shape, 0.25 * px_per_mm, rng) < inking.gaps * clouds(shape, 6 * px_per_mm, rng) * 2
    grain = np.where(holes, np.float32(0.25), np.float32(1))
    soft = cv2.GaussianBlur(mask * grain, (0, 0), 0.06 * px_per_mm)
    return np.asarray(np.clip(soft * pressure * inking.strength, 0, 1), np.float32)


def multiply(page: Picture, mask: Mask, at: tuple[int, int], colour: Colour) -> Picture:
    """Return the page with ink laid over it; the mask's top-left pixel lands `at` (x, y) and may hang over the edges."""
    x, y = at
    height, width = mask.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, page.shape[1]), min(y + height, page.shape[0])
    if left >= right or top >= bottom:
        return page
    ink = mask[top - y : bottom - y, left - x : right - x, None]
    kept = 1 - ink * (1 - np.asarray(colour, np.float32) / 255)
    result = page.copy()
    result[top:bottom, left:right] = np.clip(page[top:bottom, left:right] * kept + 0.5, 0, 255).astype(
        np.uint8
    )
    return result


def turned(mask: Mask, degrees: float) -> Mask:
    """Return the mask rotated about its centre on a canvas that holds all of it."""
    height, width = mask.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    size = (int(width * cos + height * sin) + 2, int(width * sin + height * cos) + 2)
    matrix[:, 2] += (size[0] / 2 - width / 2, size[1] / 2 - height / 2)
    return np.asarray(cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR), np.float32)
