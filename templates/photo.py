"""Judges whether a decoded picture is a certificate photo, and makes the copy that is kept and printed."""

from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from templates.errors import PhotoRefused

Pixels = NDArray[np.uint8]
"""H × W × 3 BGR bytes."""

SIZE_MM = (26.0, 32.0)
MAX_BYTES = 60 * 1024  # what the national system accepts
MIN_DPI = 150.0
MAX_DPI = 600.0  # finer than any certificate printer shows; larger pictures are reduced to it
_MM_PER_INCH = 25.4
_LEAST = (int(SIZE_MM[0] / _MM_PER_INCH * MIN_DPI), int(SIZE_MM[1] / _MM_PER_INCH * MIN_DPI))  # 153 × 188 px
_RATIO_SLACK = 0.04  # part by which width : height may miss 26 : 32; it is then cropped to it
_QUALITIES = (92, 85, 75, 60)
# The judgement looks at the picture in this size, width × height: head and shoulders, no hair and no noise.
_SMALL = (130, 160)
_COLOURED = 24  # distance between the strongest and the weakest channel of a pixel that has colour
_COLOURED_SHARE = 0.04  # skin alone is more; the noise of a gray JPEG is none
_CORNER = (26, 20)  # px of the small picture: upper left and right corners show the background
_PLAIN = 22.0  # spread of a plain background, shadows included
_CORNERS_APART = 70.0
_STANDS_OUT = 34  # channel distance from the background of what belongs to the person
_OPENING = 5  # px: letters and lines of a page vanish, a head does not
_PERSON = (0.14, 0.9)  # share of the picture taken by head and shoulders
_HEAD_ROWS = (32, 80)  # px: where the head is
_HEAD = (0.12, 0.8)  # share it takes there: background stays on both sides


def judge(pixels: Pixels, size: int) -> None:
    """Let a photo pass: colour, 26 : 32, 150 dpi at 26 × 32 mm, one person before a plain background.

    `pixels` is the decoded picture, `size` the bytes of its JPEG. Raises PhotoRefused with the first reason.
    """
    if size > MAX_BYTES:
        raise PhotoRefused("photo_too_large")
    height, width = pixels.shape[:2]
    if width < _LEAST[0] or height < _LEAST[1]:
        raise PhotoRefused("photo_too_small")
    if abs(width / height / (SIZE_MM[0] / SIZE_MM[1]) - 1) > _RATIO_SLACK:
        raise PhotoRefused("photo_ratio")
    small = cv2.resize(pixels, _SMALL, interpolation=cv2.INTER_AREA).astype(np.int16)
    for wrong, reason in _CHECKS:
        if wrong(small):
            raise PhotoRefused(reason)


def normalise(pixels: Pixels) -> bytes:
    """Give the JPEG that is kept: RGB, cropped to 26 : 32, at most 600 dpi and 60 KB, nothing but the picture."""
    height, width = pixels.shape[:2]
    wide = min(width, round(height * SIZE_MM[0] / SIZE_MM[1]))
    high = min(height, round(width * SIZE_MM[1] / SIZE_MM[0]))
    left, top = (width - wide) // 2, (height - high) // 2
    picture = Image.fromarray(np.ascontiguousarray(pixels[top : top + high, left : left + wide, ::-1]))
    most = (round(SIZE_MM[0] / _MM_PER_INCH * MAX_DPI), round(SIZE_MM[1] / _MM_PER_INCH * MAX_DPI))
    if picture.width > most[0]:
        picture = picture.resize(most, Image.Resampling.LANCZOS)
    for quality in _QUALITIES:
        buffer = BytesIO()
        dpi = picture.width / SIZE_MM[0] * _MM_PER_INCH
        picture.save(buffer, "JPEG", quality=quality, optimize=True, dpi=(round(dpi), round(dpi)))
        if buffer.tell() <= MAX_BYTES:
            return buffer.getvalue()
    raise PhotoRefused("photo_too_large")


def _colourless(small: NDArray[np.int16]) -> bool:
    spread = small.max(axis=2) - small.min(axis=2)
    return float((spread >= _COLOURED).mean()) < _COLOURED_SHARE


def _corners(small: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    wide, high = _CORNER
    return small[:high, :wide].reshape(-1, 3), small[:high, -wide:].reshape(-1, 3)


def _unsettled(small: NDArray[np.int16]) -> bool:
    """Tell whether what stands behind the head is more than one colour."""
    left, right = _corners(small)
    apart = np.abs(np.median(left, axis=0) - np.median(right, axis=0)).max()
    return bool(apart > _CORNERS_APART or max(left.std(axis=0).max(), right.std(axis=0).max()) > _PLAIN)


def _nobody(small: NDArray[np.int16]) -> bool:
    """Tell whether nothing the size of a head stands out from the background: an empty picture, a page of text."""
    left, right = _corners(small)
    across = np.linspace(0, 1, _SMALL[0])[None, :, None]
    background = np.median(left, axis=0) * (1 - across) + np.median(right, axis=0) * across
    stands = (np.abs(small - background).max(axis=2) > _STANDS_OUT).astype(np.uint8)
    solid = cv2.morphologyEx(stands, cv2.MORPH_OPEN, np.ones((_OPENING, _OPENING), np.uint8))
    count, parts, figures, _ = cv2.connectedComponentsWithStats(solid)
    if count < 2:
        return True
    largest = 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA]))
    person = parts == largest
    head = person[_HEAD_ROWS[0] : _HEAD_ROWS[1]].mean()
    return not (_PERSON[0] <= person.mean() <= _PERSON[1] and _HEAD[0] <= head <= _HEAD[1])


_CHECKS: tuple[tuple[Callable[[NDArray[np.int16]], bool], str], ...] = (
    (_colourless, "photo_colourless"),
    (_unsettled, "photo_background"),
    (_nobody, "photo_nobody"),
)
