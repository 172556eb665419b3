"""Pulls a fitted page straight, at the resolution everything else is read at."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.align.fit import Fit, pixels_per_mm
from intake.reading import MM_PER_INCH, STANDARD_DPI, Pixels, Registered

MAP_STEP = 8  # pixels between the places whose position is worked out; between them it is as good as straight


def straightened(page: Pixels, fit: Fit, size_mm: tuple[float, float], shrink: float) -> Registered:
    """Pull the page straight at STANDARD_DPI; what is told is in pixels of the scan, `shrink` times finer."""
    unit = MM_PER_INCH / STANDARD_DPI
    size = (round(size_mm[0] / unit), round(size_mm[1] / unit))
    flat = _flat(page, fit, size) if fit.bend is None else _unbent(page, fit, size)
    grown = np.array(
        [[1 / shrink, 0, (1 / shrink - 1) / 2], [0, 1 / shrink, (1 / shrink - 1) / 2], [0, 0, 1]]
    )
    to_scan = grown @ fit.to_scan
    scan_dpi = pixels_per_mm(to_scan, np.array(size_mm) / 2) * MM_PER_INCH
    return Registered(
        cast("Pixels", flat), STANDARD_DPI, to_scan, fit.residual_mm, scan_dpi, fit.how, fit.bend
    )


def _flat(page: Pixels, fit: Fit, size: tuple[int, int]) -> Any:
    """Pull a plane straight: half the time that a map of every pixel takes."""
    unit = MM_PER_INCH / STANDARD_DPI
    middles = np.array([[unit, 0, unit / 2], [0, unit, unit / 2], [0, 0, 1]])
    way = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(page, fit.to_scan @ middles, size, flags=way, borderMode=cv2.BORDER_REPLICATE)


def _unbent(page: Pixels, fit: Fit, size: tuple[int, int]) -> Any:
    """Pull a bent page straight."""
    unit = MM_PER_INCH / STANDARD_DPI
    xs, ys = (np.arange(0, side + MAP_STEP, MAP_STEP) for side in size)
    at_mm = np.asarray((np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2) + 0.5) * unit, np.float64)
    coarse = fit.place(at_mm).reshape(len(ys), len(xs), 2).astype(np.float32)
    maps = _between(coarse, size)
    return cv2.remap(page, maps[0], maps[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _between(coarse: NDArray[np.float32], size: tuple[int, int]) -> tuple[Any, Any]:
    """Return the whole map (x and y of every pixel) from its places every MAP_STEP pixels, straight in between."""
    grow = np.array([[MAP_STEP, 0, 0], [0, MAP_STEP, 0]], float)
    across, down = (
        cv2.warpAffine(np.ascontiguousarray(coarse[:, :, axis]), grow, size, flags=cv2.INTER_LINEAR)
        for axis in (0, 1)
    )
    return across, down
