"""Says how a foreign page lies, from the shape of its lines and from how a few of them read either way."""

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np

from intake.foreign import Quad
from intake.foreign.cutting import cut
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser

TALL = 1.5
"""A line this much higher than wide runs down the page: a single letter is square."""
LOOKED_AT = 4
"""Lines that are read both ways: the longest, which differ most."""
SURE = 0.9
"""Mean confidence at which a line is plainly upright: turned lines give 0.4 to 0.8."""


def quarter_turned(quads: Sequence[Quad]) -> bool:
    """Tell whether most print (by length of line) runs down the page."""
    wide = tall = 0.0
    for quad in quads:
        across, down = float(np.ptp(quad[:, 0])), float(np.ptp(quad[:, 1]))
        if down > TALL * across:
            tall += down
        elif across > TALL * down:
            wide += across
    return tall > wide


def half_turned(page: Pixels, quads: Sequence[Quad], recogniser: Recogniser) -> bool:
    """Tell whether a page whose lines run across stands on its head, by reading its longest lines either way."""
    longest = sorted(quads, key=lambda quad: -float(np.ptp(quad[:, 0])))[:LOOKED_AT]
    crops = [cut(page, quad) for quad in longest]
    upright = recogniser.read_lines(crops)
    if not upright or _worth(upright) >= SURE:
        return False
    turned = recogniser.read_lines([cast("Pixels", cv2.rotate(crop, cv2.ROTATE_180)) for crop in crops])
    return _worth(turned) > _worth(upright)


def _worth(lines: Sequence[LineReading]) -> float:
    """Return the mean confidence, each line by its letters: a turned line reads as few and doubtful ones."""
    count = sum(len(line.text) for line in lines)
    return sum(line.confidence * len(line.text) for line in lines) / count if count else 0.0
