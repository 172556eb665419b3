"""Decides whether a page can be judged at all: blank, too coarse, too pale or too blurred pages go back."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from intake.greys import median
from intake.reading import FieldResult, PageImage, Pixels, Quality, Registered
from intake.thresholds import (
    BLANK_SHARE,
    COARSE_DPI,
    DARKER,
    LEAST_DOUBTFUL,
    MIN_CONTRAST,
    MIN_DPI,
    MIN_SHARPNESS,
    MOST,
    PART,
)

MID_GRAY = (40, 215)
BAND = 64  # rows, 8 mm: a line or two
BILEVEL_SHARE = (
    0.004  # of the pixels between black and white: gray scans have 2 % and more, 1-bit copies none
)


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
        contrast, sharp = contrast_and_sharpness(page.pixels[:, :, 2], reference)
        if contrast < MIN_CONTRAST:
            reasons.append("no_contrast")
        elif sharp < MIN_SHARPNESS:
            reasons.append("blurred")
    return Quality(not reasons, tuple(reasons))


def after_reading(page: PageImage, flat: Registered, results: Sequence[FieldResult]) -> Quality:
    """Judge a page again by how many of its values could be read: the reason says what a better scan must change.

    Black and white alone, and few dots, explain a part that is unreadable; anything else takes most of the page.
    """
    doubtful = sum(result == "unreadable" for result in results)
    coarse = flat.scan_dpi < COARSE_DPI
    bilevel = is_bilevel(page)
    if doubtful < LEAST_DOUBTFUL or doubtful < (PART if coarse or bilevel else MOST) * len(results):
        return Quality(True)
    return Quality(False, ("bilevel" if bilevel else "low_resolution" if coarse else "poor_reading",))


def is_bilevel(page: PageImage) -> bool:
    """Tell whether a scan knows black and white only: its file says so, or its pixels do."""
    sample = page.pixels[::5, ::5, 1]
    return page.bilevel or bool(((sample > MID_GRAY[0]) & (sample < MID_GRAY[1])).mean() < BILEVEL_SHARE)


def contrast_and_sharpness(page: Pixels, reference: Pixels) -> tuple[float, float]:
    """Return grey levels between paper and print, and edge steepness as a share of the archived render's.

    Both are taken at places where the archive has edges, so that handwriting, seals and an empty margin do not
    count; the steepest of nine neighbours is taken, so that a pixel of misplacement does not either. Every other band of
    the page is looked at, and all of it where those show nothing.
    """
    return _measured(_banded(page), _banded(reference)) or _measured(page, reference) or (255.0, 1.0)


def _measured(page: Pixels, reference: Pixels) -> tuple[float, float] | None:
    """Measure both on equal pictures; None where the archive has no edges."""
    page = np.ascontiguousarray(page)
    steps = _steepness(reference)
    edges = steps > (0.6 * float(np.percentile(np.sqrt(steps[::3, ::3]), 99.5))) ** 2
    if not edges.any():
        return None
    paper = median(np.ascontiguousarray(page[::7, ::7]))
    ink = median(cv2.erode(page, np.ones((5, 5), np.uint8))[edges])
    contrast = max(paper - ink, 1.0)
    ours, theirs = (
        float(np.median(np.sqrt(cv2.dilate(steep, np.ones((3, 3), np.uint8))[edges])))
        for steep in (_steepness(page), steps)
    )
    ink_there = median(cv2.erode(reference, np.ones((5, 5), np.uint8))[edges])
    return contrast, (ours / contrast) / max(theirs / max(255.0 - ink_there, 1.0), 1e-6)


def _banded(gray: Pixels) -> Pixels:
    """Keep every other band of a page: half the work, and its edges tell the same within a twentieth."""
    height = gray.shape[0]
    kept = [gray[top : top + BAND] for top in range(0, height, 2 * BAND)]
    return np.ascontiguousarray(np.concatenate(kept), np.uint8)


def _steepness(gray: Pixels) -> Any:
    """Return the square of the steepness of each pixel: roots are only taken where somebody looks."""
    across, down = (cv2.multiply(step, step, dtype=cv2.CV_32F) for step in cv2.spatialGradient(gray))
    return cv2.add(across, down, dst=across)
