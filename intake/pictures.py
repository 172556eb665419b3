"""Pictures for a person's eyes: a scanned page upright and not too large, and a place on it cut out."""

import math

import cv2
import numpy as np

from intake.reading import Box, Code, PageImage, Pixels

QUALITY = 88
"""JPEG: seals and pen strokes keep their edges, a page of 1,200 pixels takes 300 kB."""
LARGEST_SIDE = 1600
"""Pixels of a cut-out: more than any screen gives it."""
LEAST_HEIGHT = 160
"""Pixels of a cut-out's height it is brought up to, since a line of print at 100 dpi is 15 high."""
MARGIN = 0.7
"""Of a box's shorter side, left around it: the rules and the neighbours by which a person finds the place."""
LEAST_MARGIN, MOST_MARGIN = 14, 45


def quarters(code: Code) -> int:
    """Tell by how many quarter turns clockwise a page stands upright, from the corners of its code."""
    (left, top), (right, level), _, _ = code.corners
    return round(math.degrees(math.atan2(top - level, right - left)) / 90) % 4


def page_jpeg(page: PageImage, turn: int, width: int) -> bytes:
    """Pack a page, turned upright and at most `width` pixels wide."""
    return _packed(_at_most(_turned(page.pixels, turn), width, math.inf))


def cut_jpeg(pixels: Pixels, box: Box, turn: int = 0) -> bytes:
    """Pack what stands in a box (left, top, right, bottom in pixels) and a margin around it, turned upright."""
    height, width = pixels.shape[:2]
    margin = min(max(MARGIN * min(box[2] - box[0], box[3] - box[1]), LEAST_MARGIN), MOST_MARGIN)
    left, top = _inside(box[0] - margin, width - 1), _inside(box[1] - margin, height - 1)
    right, bottom = _inside(box[2] + margin, width), _inside(box[3] + margin, height)
    cut = _turned(pixels[top : max(bottom, top + 1), left : max(right, left + 1)], turn)
    if cut.shape[0] < LEAST_HEIGHT:
        grow = min(LEAST_HEIGHT / cut.shape[0], LARGEST_SIDE / max(cut.shape[:2]), 4.0)
        if grow > 1:
            cut = _sized(cut, grow, cv2.INTER_CUBIC)
    return _packed(_at_most(cut, LARGEST_SIDE, LARGEST_SIDE))


def turned_share(box: Box, size: tuple[int, int], turn: int) -> Box:
    """Give a box of scan pixels as shares (0..1) of the upright page, whose scan is `size` wide and high."""
    left, right = (min(max(edge / size[0], 0.0), 1.0) for edge in (box[0], box[2]))
    top, bottom = (min(max(edge / size[1], 0.0), 1.0) for edge in (box[1], box[3]))
    for _ in range(turn):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return (round(left, 5), round(top, 5), round(right, 5), round(bottom, 5))


def _inside(edge: float, most: int) -> int:
    return min(max(round(edge), 0), most)


def _turned(pixels: Pixels, turn: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, -turn))


def _at_most(pixels: Pixels, width: float, height: float) -> Pixels:
    shrink = min(width / pixels.shape[1], height / pixels.shape[0])
    return _sized(pixels, shrink, cv2.INTER_AREA) if shrink < 1 else pixels


def _sized(pixels: Pixels, factor: float, how: int) -> Pixels:
    size = (max(round(pixels.shape[1] * factor), 1), max(round(pixels.shape[0] * factor), 1))
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def _packed(pixels: Pixels) -> bytes:
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return packed.tobytes()
