"""Packs a page's picture as a JPEG of at most so many bytes: first by its quality, then by its resolution, as far as print stays legible."""

from collections.abc import Iterator

import cv2

from intake.errors import UploadRefused
from intake.reading import Pixels

LEGIBLE_DPI = 150.0
"""Print of 8 points can be read at it (evidence of scans at 150 dpi: every field); an A4 page is not brought below."""
QUALITIES = (90, 80, 70, 60)
LAST_QUALITIES = (50, 40, 30, 20, 10)
"""Taken at LEGIBLE_DPI alone: the noise of a page that needs them is worse than what they do to it."""
STEPS = (1.0, 0.87, 0.75)
SHRINK = 0.8


def fitting(pixels: Pixels, dpi: float, most: int) -> bytes:
    """Give the best JPEG of a picture (BGR or gray) of that resolution that has at most `most` bytes.

    Only what is larger than A4, and only when nothing else helps, is brought below LEGIBLE_DPI.
    """
    for scale, quality in _attempts(min(LEGIBLE_DPI / dpi, 1.0)):
        packed = _packed(pixels, scale, quality)
        if len(packed) <= most:
            return packed
    raise UploadRefused("too_large")


def _attempts(floor: float) -> Iterator[tuple[float, int]]:
    """Scales and qualities from the best to the worst."""
    scales = [scale for scale in STEPS if scale > floor] + [floor]
    for scale in dict.fromkeys(scales):
        yield from ((scale, quality) for quality in QUALITIES)
    yield from ((floor, quality) for quality in LAST_QUALITIES)
    scale = floor
    while scale > 0.01:
        scale *= SHRINK
        yield scale, LAST_QUALITIES[-1]


def _packed(pixels: Pixels, scale: float, quality: int) -> bytes:
    height, width = pixels.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return packed.tobytes()
