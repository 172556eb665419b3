"""Measures the ink of a line against the archive's: how like it is, what is missing, what was added."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.greys import median, percentile, percentiles
from intake.reading import Pixels

Mask = NDArray[np.bool_]

INK = 60  # grey levels under the paper that count as printed ink in the archived render
CORE = 110  # the archived render is darker than this inside a stroke
PEN = 0.6  # share of the way from paper to print: pens are as dark as print; creases and washed seals are not
PALE = 0.35  # of the way from paper to ink: what is paler is no print
ASTRAY = (
    4  # pixels, 0.5 mm: how far the end of a line strays where its middle stands right, on a curled sheet
)
WINDOW = 0.7  # line heights: one character, or two digits
SOFTEN = 1.2  # pixels of blur on both pictures: scanners differ in sharpness, characters in shape
NOT_RED = 20  # grey levels red may exceed the other channels by in black print and yellowed paper
LEAST_DEPTH = 50.0  # grey levels of red light between a seal and print beneath it


def likeness(crop: Pixels, archived: Pixels, line_height: int) -> float:
    """Return the lowest correlation of ink in a window of about one character sliding along two equal crops.

    1 is the same ink everywhere; a replaced digit pulls its window under 0.8. Blank windows say nothing.
    """
    one, other = (cv2.GaussianBlur(255.0 - picture, (0, 0), SOFTEN) for picture in (crop, archived))
    width = window(line_height, crop.shape[1])
    mass = [windows(values, width) for values in (one, other, one * one, other * other, one * other)]
    area = width * crop.shape[0]
    mean_one, mean_other, square_one, square_other, product = (values / area for values in mass)
    spread_one = np.maximum(square_one - mean_one**2, 0)
    spread_other = np.maximum(square_other - mean_other**2, 0)
    floor_one, floor_other = 0.12 * spread_one.max(), 0.12 * spread_other.max()
    inked = (spread_other > floor_other) | (spread_one > floor_one)
    denominator = np.sqrt(np.maximum(spread_one, floor_one) * np.maximum(spread_other, floor_other))
    scores = (product - mean_one * mean_other) / np.maximum(denominator, 1e-6)
    return float(scores[inked].min()) if inked.any() else 1.0


def added(crop: Pixels, archived: Pixels) -> float:
    """Return the share of a crop that is dark in the scan and blank in the archive."""
    paper = percentile(crop, 90)
    blank = cv2.erode(archived, np.ones((5, 5), np.uint8)) > 255 - INK / 2
    return float(((crop < paper - INK) & blank).mean())


def touched(crop: Pixels, archived: Pixels, line_height: int) -> float:
    """Return how much a pen has added to one character: 0.06 and more, while creases, stains and noise leave 0.00."""
    core = archived < CORE
    if not core.any():
        return 0.0
    paper, ink = percentiles(crop, 90, 3)
    blank = cv2.erode(archived, np.ones((3, 3), np.uint8)) > 255 - INK / 2
    pen = (crop < paper - PEN * (paper - ink)) & blank
    width = window(line_height, crop.shape[1])
    return float(windows(pen, width).max() / max(windows(core, width).max(), 1.0))


def depth(crop: Pixels, archived: Pixels) -> float:
    """Return the grey levels between the paper and the middle of the archived strokes."""
    core = archived < CORE
    return percentile(crop, 90) - median(crop[core]) if core.any() else 255.0


def lost(crop: Pixels, archived: Pixels, line_height: int, astray: int = 1) -> float:
    """Return the largest share of archived ink, in a window of one character, that the scan does not show so near (pixels)."""
    core = archived < CORE
    if not core.any():
        return 0.0
    paper, ink = percentiles(crop, 90, 3)
    near = np.ones((2 * astray + 1, 2 * astray + 1), np.uint8)
    return worst(core, cv2.erode(crop, near) > paper - PALE * (paper - ink), line_height)


def lost_beneath(crop: Pixels, archived: Pixels, line_height: int, colour: Pixels) -> tuple[float, float]:
    """Return `lost` with print beneath a seal found again by its red light, and the share of print that lies there."""
    core = archived < CORE
    blue, green, red = cv2.split(colour)
    redness = cv2.subtract(red, cv2.max(blue, green))
    sealed: Mask = cv2.dilate(redness, np.ones((5, 5), np.uint8)) > NOT_RED
    bare = sealed & (cv2.erode(archived, np.ones((5, 5), np.uint8)) > 255 - INK / 2)
    paper, ink = percentiles(crop, 90, 3)
    pale = cv2.erode(crop, np.ones((3, 3), np.uint8)) > paper - PALE * (paper - ink)
    if bare.any():
        glow = np.asarray(red, np.uint8)
        beneath, darkest = median(glow[bare]), percentile(glow, 3)
        least = beneath - PALE * max(beneath - darkest, LEAST_DEPTH)
        light = cv2.erode(red, np.ones((3, 3), np.uint8)) > least
        pale = np.where(sealed, light, pale)
    return worst(core, pale, line_height), worst(core, sealed, line_height)


def worst(core: Mask, part: Mask, line_height: int) -> float:
    """Return the largest share of archived ink, in a window of one character, that lies in `part`."""
    width = window(line_height, core.shape[1])
    whole, some = windows(core, width), windows(core & part, width)
    judged = whole > 0.3 * whole.max()
    return float((some[judged] / whole[judged]).max())


def window(line_height: int, wide: int) -> int:
    """Return the columns of a window of about one character, in a picture so wide."""
    return min(max(4, round(WINDOW * line_height)), wide)


def windows(values: Any, width: int) -> NDArray[np.float64]:
    """Return the sums of all windows `width` columns wide and as high as the picture."""
    total = np.concatenate(([0.0], np.cumsum(values.sum(axis=0))))
    return cast("NDArray[np.float64]", total[width:] - total[:-width])
