"""Finds a page again by the features it shares with the archived one: any turn, moderate tilt, no marks needed."""

from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np

from intake.align.fit import MARKER_RESIDUAL_MM, TOLERANCE_MM, Fit, Points, fitted
from intake.reading import MM_PER_INCH, STANDARD_DPI, Pixels

FEATURE_DPI = 100.0  # coarse search; the patches below then sharpen it at reading resolution
MIN_FEATURES = 25  # agreeing features below which a page is not taken for the archived one
RATIO = 0.8  # Lowe's ratio test


def by_features(red: Pixels, reference: Pixels, dpi: float) -> Fit | None:
    """Fit the page to the SIFT features it shares with the archived page; any rotation, moderate tilt."""
    scale = FEATURE_DPI / dpi
    small = cv2.resize(red, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else red
    scale = small.shape[1] / red.shape[1]
    page_points, page_words = _reference_features(reference.tobytes(), reference.shape)
    scan_points, scan_words = _features(cast("Pixels", small))
    if page_words is None or scan_words is None or len(scan_words) < MIN_FEATURES:
        return None
    pairs = cv2.BFMatcher().knnMatch(scan_words, page_words, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < RATIO * pair[1].distance]
    if len(good) < MIN_FEATURES:
        return None
    pixel = (scan_points[[match.queryIdx for match in good]] + 0.5) / scale - 0.5
    page = page_points[[match.trainIdx for match in good]]
    return fitted(page, pixel, 2 * TOLERANCE_MM * dpi / MM_PER_INCH, "features", MARKER_RESIDUAL_MM)


def _features(gray: Pixels) -> tuple[Points, Any]:
    answer: tuple[Any, Any] = cv2.SIFT.create(nfeatures=3000).detectAndCompute(gray, None)
    points, words = answer
    if words is None:
        return np.empty((0, 2)), None
    root = np.sqrt(words / np.maximum(words.sum(axis=1, keepdims=True), 1e-6))
    return np.array([point.pt for point in points]), root


@lru_cache(maxsize=4)
def _reference_features(pixels: bytes, shape: tuple[int, int]) -> tuple[Points, Any]:
    """Return features of an archived page, their places in page mm; kept, since scans of a batch share it."""
    reference = np.frombuffer(pixels, np.uint8).reshape(shape)
    scale = FEATURE_DPI / STANDARD_DPI
    small = cv2.resize(reference, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    points, words = _features(cast("Pixels", small))
    return (points + 0.5) / FEATURE_DPI * MM_PER_INCH, words
