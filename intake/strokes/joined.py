"""Tells a letter that was put beside a name where people sign from the strokes of their signatures."""

from typing import Final

import cv2
import numpy as np

from intake.ink import CORE, window, windows
from intake.reading import Pixels
from intake.strokes.places import AROUND, inks, place_of
from intake.strokes.rest import fitted

BESIDE: Final = 1.4  # line heights: a letter as wide as it is high, and a gap
DARK: Final = 0.3  # of print's darkness: what is joined to a line where people sign
OFF: Final = 3  # pixels a letter may stand off a line's others
BY: Final = 4  # pixels from a signature's strokes that are still its own


def joined(page: Pixels, reference: Pixels, box: list[int], shift: tuple[int, int] = (0, 0)) -> float:
    """Return how much ink stands right before or behind a line, as high as its letters and no higher: shares of a letter's.

    Where people sign, their strokes stand there too; but those leave the line. What touches such strokes does not count.
    """
    height = box[3] - box[1]
    place = place_of(page, reference, box, shift, AROUND)
    if place is None:
        return 0.0
    scan, ink = inks(page, reference, place, shift)
    core = ink > 255 - CORE
    own = np.zeros_like(core)
    own[box[1] - place[1] : box[3] - place[1], box[0] - place[0] : box[2] - place[0]] = True
    rows, columns = (np.flatnonzero((core & own).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return 0.0
    dark = fitted(scan, ink, height) > DARK
    _, labels, told, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=8)
    top, bottom = told[:, 1], told[:, 1] + told[:, 3]
    within = (top >= rows[0] - OFF) & (bottom <= rows[-1] + 1 + OFF)
    within[0] = True
    leaving = cv2.dilate((~within)[labels].astype(np.uint8), np.ones((2 * BY + 1,) * 2, np.uint8))
    within[np.unique(labels[leaving > 0])] = False
    within[0] = False
    left, right = told[:, 0], told[:, 0] + told[:, 2]
    reach = BESIDE * height
    before = within & (right <= columns[0] + OFF) & (left >= columns[0] - reach)
    behind = within & (left >= columns[-1] - OFF) & (right <= columns[-1] + reach)
    most = max(int(told[side, 4].sum()) for side in (before, behind))
    return float(most / max(windows(core & own, window(height, core.shape[1])).max(), 1.0))
