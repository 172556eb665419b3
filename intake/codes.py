"""Finds the QR codes on a page: their text, their corners and how many pixels a module has."""

import math
from collections.abc import Iterator
from typing import Any, cast

import cv2
import numpy as np
import zxingcpp

from intake.reading import Code, PageImage, Pixels, Point

SMALL_SIDE = 1400  # pages with a shorter side below this are tried enlarged too: modules of 2 px need it
TINY_SIDE = 1000  # and these three times as large: of 8 faxes at 100 dpi 1 was read before, 2 are now
MAX_CODES = 8  # a sheet of ours carries one or two; a page full of codes is not ours
_QR = zxingcpp.barcode_formats_from_str("QRCode")


def find(page: PageImage) -> list[Code]:
    """Return the QR codes of a page, upright or turned, the largest first; empty when there is none.

    The red channel is read, so that a red seal over a code is as good as not there. zxing looks at full scale,
    then at half, then enlarged; OpenCV's detector is asked only when zxing has found nothing.
    """
    red = page.pixels[:, :, 2] if page.pixels.ndim == 3 else page.pixels
    for view, scale in _views(np.ascontiguousarray(red)):
        codes = _by_zxing(view, scale)
        if codes:
            return sorted(codes, key=lambda code: -code.module_px)[:MAX_CODES]
    return _by_opencv(red)[:MAX_CODES]


def _views(red: Pixels) -> Iterator[tuple[Pixels, float]]:
    """Yield the page at the scales worth a try, with the factor from page to view."""
    yield red, 1.0
    yield cast("Pixels", cv2.resize(red, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)), 0.5
    if min(red.shape) < SMALL_SIDE:
        yield cast("Pixels", cv2.resize(red, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)), 2.0
    if min(red.shape) < TINY_SIDE:
        yield cast("Pixels", cv2.resize(red, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)), 3.0
    yield cast("Pixels", cv2.GaussianBlur(red, (0, 0), 1.2)), 1.0


def _by_zxing(view: Pixels, scale: float) -> list[Code]:
    found = zxingcpp.read_barcodes(view, formats=_QR, try_invert=False)
    return [_code(item, scale) for item in found if item.valid and item.text]


def _code(item: Any, scale: float) -> Code:
    """Turn zxing's result, whose corners are pixel edges, into ours, whose whole numbers are pixel centres."""
    place = item.position
    corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
    points = [(corner.x / scale - 0.5, corner.y / scale - 0.5) for corner in corners]
    modules = 17 + 4 * int(item.extra.get("Version", 0) or 0)
    return _made(item.text, points, modules)


def _by_opencv(red: Pixels) -> list[Code]:
    """Ask OpenCV's detector; an error inside it means no code, never a failed page."""
    try:
        ok, texts, quads, symbols = cv2.QRCodeDetector().detectAndDecodeMulti(red)
    except cv2.error:
        return []
    if not ok:
        return []
    whole = zip(texts, quads, symbols, strict=True)
    return [
        _made(text, [(float(x), float(y)) for x, y in quad], len(symbol))
        for text, quad, symbol in whole
        if text
    ]


def _made(text: str, points: list[Point], modules: int) -> Code:
    side = sum(math.dist(points[k], points[(k + 1) % 4]) for k in range(4)) / 4
    return Code(text, (points[0], points[1], points[2], points[3]), round(side / max(modules, 21), 2))
