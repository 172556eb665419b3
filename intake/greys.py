"""Percentiles of 8-bit pictures: counted, not sorted, since every line of a page asks for a dozen."""

import math

import cv2
import numpy as np

from intake.reading import Pixels

LEVELS = 256


def percentile(picture: Pixels, share: float) -> float:
    """Return the grey that `share` percent of a picture's pixels stay below, between two greys as numpy does; 0 of none."""
    return percentiles(picture, share)[0]


def percentiles(picture: Pixels, *shares: float) -> tuple[float, ...]:
    """Return several of one picture; it must not be empty, else all are 0."""
    if not picture.size:
        return (0.0,) * len(shares)
    below = cv2.calcHist([picture], [0], None, [LEVELS], [0, LEVELS]).cumsum(dtype=np.float64)
    found = []
    for share in shares:
        rank = share / 100 * (picture.size - 1)
        low, high = below.searchsorted((math.floor(rank), math.ceil(rank)), "right")
        found.append(float(low + (high - low) * (rank - math.floor(rank))))
    return tuple(found)


def median(picture: Pixels) -> float:
    """Return the middle grey of a picture, or of some of its pixels."""
    return percentile(picture, 50)
