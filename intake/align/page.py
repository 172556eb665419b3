"""Registers a page: by its marks, else by its code and what is printed, else by its features; then by patches."""

import math
from typing import cast

import cv2
import numpy as np

from intake.align import patches
from intake.align.features import by_features
from intake.align.fit import (
    LOOSE_MM,
    MARKER_RESIDUAL_MM,
    TOLERANCE_MM,
    Fit,
    corners_of,
    fitted,
    off_mm,
    pixels_per_mm,
)
from intake.align.landmarks import MIN_MARKERS, landmarks, rough_fit
from intake.align.sheet import MIN_PATCHES, by_patches
from intake.align.straight import straightened
from intake.reading import MM_PER_INCH, STANDARD_DPI, Code, LayoutPage, Pixels, Registered

FINER = 1.15  # a scan finer than this times STANDARD_DPI is averaged down first, so that nothing aliases
CODE_OFF_MM = 3.0  # a printed code stands within 0.2 mm; another page's fit is off by centimetres
PROVEN = 0.5  # share of all patches that must be found, and agree, before a code alone says where a page lies


def register(
    scan: Pixels, layout: LayoutPage, code: Code | None, reference: Pixels | None
) -> Registered | None:
    """Lay a BGR scan over its layout page; None when nothing on it can be trusted to say where it lies.

    Forms by their ArUco marks, anything else (and forms that lost marks) by the features it shares with
    `reference`, the archived page in gray at STANDARD_DPI; then curls and crumples are followed by patches of it.
    The code's corners must agree in either case.
    """
    size = (float(layout["width"]), float(layout["height"]))
    dpi = _guessed_dpi(scan, layout, code)
    shrink = STANDARD_DPI / dpi if dpi > FINER * STANDARD_DPI else 1.0
    page = scan
    if shrink < 1:
        page = cast("Pixels", cv2.resize(scan, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
        shrink = page.shape[1] / scan.shape[1]
        code = None if code is None else _shrunk(code, shrink)
    red = np.ascontiguousarray(page[:, :, 2])
    fit = by_fiducials(red, layout, code, dpi * shrink)
    if fit is None and reference is not None:
        fit = by_code(red, layout, code, reference) or by_features(red, reference, dpi * shrink)
    if fit is None:
        return None
    if reference is not None:
        fit = by_patches(red, fit, reference, size)
    if fit is None or not _code_agrees(fit, layout, code):
        return None
    return straightened(page, fit, size, shrink)


def by_fiducials(red: Pixels, layout: LayoutPage, code: Code | None, dpi: float) -> Fit | None:
    """Fit the page to its ArUco marks (and the code's corners); None with fewer than MIN_MARKERS."""
    page, pixel, seen = landmarks(red, layout, code)
    if seen < MIN_MARKERS:
        return None
    return fitted(page, pixel, TOLERANCE_MM * dpi / MM_PER_INCH, "fiducials", MARKER_RESIDUAL_MM)


def by_code(red: Pixels, layout: LayoutPage, code: Code | None, reference: Pixels) -> Fit | None:
    """Fit the page to its code and whatever marks are left, if patches of the archived page prove it; else None.

    A tenth of the time features take, and it serves certificates that lay flat. A code is small and says little of
    the page's far end, so the patches are first looked for afar.
    """
    page, pixel, seen = landmarks(red, layout, code)
    if code is None or not layout.get("codes"):
        return None
    rough = rough_fit(page, pixel, seen)
    if rough is None:
        return None
    centres = patches.centres(reference, patches.GRID)
    again = patches.found_again(red, rough.place, reference, centres)
    if len(again[0]) < max(PROVEN * len(centres), MIN_PATCHES):
        return None
    fit = fitted(*again, LOOSE_MM * pixels_per_mm(rough.to_scan, again[0].mean(axis=0)), "features", LOOSE_MM)
    return fit if fit is not None and (off_mm(fit, *again) < LOOSE_MM).mean() >= PROVEN else None


def _code_agrees(fit: Fit, layout: LayoutPage, code: Code | None) -> bool:
    """Tell whether the code stands where the layout printed it, within CODE_OFF_MM: else it is another page's fit."""
    if code is None or not layout.get("codes"):
        return True
    seen = np.array(code.corners, float)
    return any(off_mm(fit, corners_of(place["box"]), seen).max() < CODE_OFF_MM for place in layout["codes"])


def _guessed_dpi(scan: Pixels, layout: LayoutPage, code: Code | None) -> float:
    """Return the scan's resolution by the size of its code; without one, as if the page filled the picture."""
    if code is not None and layout.get("codes"):
        left, _, right, _ = layout["codes"][0]["box"]
        side = sum(math.dist(code.corners[k], code.corners[k - 1]) for k in range(4)) / 4
        return float(side / (right - left) * MM_PER_INCH)
    pixels = scan.shape[0] * scan.shape[1]
    return math.sqrt(pixels / (layout["width"] * layout["height"])) * MM_PER_INCH


def _shrunk(code: Code, by: float) -> Code:
    """Return a code as it stands in a picture made smaller."""
    a, b, c, d = (((x + 0.5) * by - 0.5, (y + 0.5) * by - 0.5) for x, y in code.corners)
    return Code(code.text, (a, b, c, d), code.module_px * by)
