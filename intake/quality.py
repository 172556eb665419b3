"""Decides whether a page can be judged at all: blank, too coarse, too pale or too blurred pages go back."""

from typing import Any

import cv2
import numpy as np

from intake.reading import Pixels, Quality, Registered
from intake.thresholds import BLANK_SHARE, DARKER, MIN_CONTRAST, MIN_DPI, MIN_SHARPNESS


def is_blank(pixels: Pixels) -> bool:
    """Tell whether a scan (BGR, as it came) shows nothing but paper; the outer 3 % are scanner shadow."""
    red = pixels[:, :, 2]
    height, width = red.shape
    inner = red[height * 3 // 100 : height * 97 // 100 + 1, width * 3 // 100 : width * 97 // 100 + 1]
    small = (
        cv2.resize(inner, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        if inner.size > 4_000_000
        else inner
    )
    calm = cv2.medianBlur(np.ascontiguousarray(small, dtype=np.uint8), 3)
    paper = cv2.blur(calm, (101, 101)).astype(np.int16)
    return bool((calm < paper - DARKER).mean() < BLANK_SHARE)


def judged(page: Registered, reference: Pixels | None) -> Quality:
    """Judge a registered page: resolution, and against the archived page contrast and sharpness."""
    reasons = []
    if page.scan_dpi < MIN_DPI:
        reasons.append("low_resolution")
    if reference is not None:
        red = np.ascontiguousarray(page.pixels[:, :, 2])
        contrast, sharp = contrast_and_sharpness(red, reference)
        if contrast < MIN_CONTRAST:
            reasons.append("no_contrast")
        elif sharp < MIN_SHARPNESS:
            reasons.append("blurred")
    return Quality(not reasons, tuple(reasons))


def contrast_and_sharpness(page: Pixels, reference: Pixels) -> tuple[float, float]:
    """Return grey levels between paper and print, and edge steepness as a share of the archived render's.

    Both are taken at places where the archive has edges, so that handwriting, seals and an empty margin do not
    count; the steepest of nine neighbours is taken, so that a pixel of misplacement does not either.
    """
    steps = _steepness(reference)
    edges = steps > (0.6 * float(np.percentile(np.sqrt(steps[::3, ::3]), 99.5))) ** 2
    if not edges.any():
        return 255.0, 1.0
    paper = float(np.median(page[::7, ::7]))
    ink = float(np.median(cv2.erode(page, np.ones((5, 5), np.uint8))[edges]))
    contrast = max(paper - ink, 1.0)
    ours, theirs = (
        float(np.median(np.sqrt(cv2.dilate(steep, np.ones((3, 3), np.uint8))[edges])))
        for steep in (_steepness(page), steps)
    )
    ink_there = float(np.median(cv2.erode(reference, np.ones((5, 5), np.uint8))[edges]))
    return contrast, (ours / contrast) / max(theirs / max(255.0 - ink_there, 1.0), 1e-6)


def _steepness(gray: Pixels) -> Any:
    """Return the square of the steepness of each pixel: roots are only taken where somebody looks."""
    across, down = (cv2.multiply(step, step, dtype=cv2.CV_32F) for step in cv2.spatialGradient(gray))
    return cv2.add(across, down, dst=across)
