"""Cuts lines out of a page by their corners."""

from typing import cast

import cv2
import numpy as np

from intake.foreign import Quad
from intake.reading import Pixels


def sides(quad: Quad) -> tuple[float, float]:
    """Return a line's width and height in pixels."""
    return float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))


def cut(page: Pixels, quad: Quad) -> Pixels:
    """Return one line pulled straight out of a page, BGR; a tall one is laid down as the eye would read it."""
    width, height = (max(round(side), 1) for side in sides(quad))
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad, target)
    line = cv2.warpPerspective(
        page, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cast("Pixels", np.rot90(line).copy() if height > 1.5 * width else line)
