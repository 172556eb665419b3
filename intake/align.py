"""Lays a scan over its printed page: finds where each millimetre of the page stands in the scan.

Pixel coordinates count pixel centres (OpenCV's convention), millimetres count from the page's corner.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, STANDARD_DPI, Code, How, LayoutPage, Matrix, Pixels, Registered

Points = NDArray[np.float64]

MIN_MARKERS = 3  # two markers stand on one line and let the far side of the page swing
MARKER_RESIDUAL_MM = 0.6  # four good markers leave 0.05; a crumpled sheet 0.3; more is another geometry
FEATURE_DPI = 100.0  # coarse search; the patches below then sharpen it at reading resolution
MIN_FEATURES = 25  # agreeing features below which a page is not taken for the archived one
RATIO = 0.8  # Lowe's ratio test
PATCH = 32  # half a patch is 2 mm: a character or a crossing of rules
PATCH_SEARCH = 14  # pixels, 1.8 mm: what is left after the coarse search
PATCH_SCORE = 0.6  # correlation from which a patch is believed
PATCH_GRID = (9, 12)
MIN_PATCHES = 12
PATCH_RESIDUAL_MM = 0.35
TOLERANCE_MM = 0.4  # how far a point may be off and still speak for a fit
LEAST_AGREEING = 0.2  # share of the points; with fewer, chance can make a geometry
CODE_OFF_MM = 3.0  # a printed code stands within 0.2 mm; another page's fit is off by centimetres


@dataclass(frozen=True, slots=True)
class _Fit:
    """A homography from page mm to scan pixels, how good it is, and how it was found."""

    to_scan: Matrix
    residual_mm: float
    how: How


def register(
    scan: Pixels, layout: LayoutPage, code: Code | None, reference: Pixels | None
) -> Registered | None:
    """Lay a BGR scan over its layout page; None when nothing on it can be trusted to say where it lies.

    Forms by their ArUco marks, anything else (and forms that lost marks) by the features it shares with
    `reference`, the archived page in gray at STANDARD_DPI. The code's corners must agree in either case.
    """
    red = np.ascontiguousarray(scan[:, :, 2])
    size = (float(layout["width"]), float(layout["height"]))
    dpi = _guessed_dpi(red, layout, code)
    fit = by_fiducials(red, layout, code, dpi)
    if fit is None and reference is not None:
        fit = by_features(red, reference, dpi)
    if fit is None or not _code_agrees(fit, layout, code):
        return None
    if reference is not None:
        fit = by_patches(red, fit, reference, size) or fit
    return _straightened(scan, fit, size)


def by_fiducials(red: Pixels, layout: LayoutPage, code: Code | None, dpi: float) -> _Fit | None:
    """Fit the page to its ArUco marks (and the code's corners); None with fewer than MIN_MARKERS."""
    places = {int(mark["id"]): mark["box"] for mark in layout.get("fiducials", ())}
    if len(places) < MIN_MARKERS:
        return None
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), settings)
    corners, ids, _ = detector.detectMarkers(red)
    found = (
        {}
        if not corners
        else {int(k): quad.reshape(4, 2) for k, quad in zip(ids.ravel(), corners, strict=True)}
    )
    seen = sorted(places.keys() & found.keys())
    if len(seen) < MIN_MARKERS:
        return None
    page = np.concatenate([_corners(places[k]) for k in seen])
    pixel = np.concatenate([found[k] for k in seen]).astype(float)
    if len(seen) < len(places) and code is not None and layout.get("codes"):
        page = np.concatenate([page, _corners(layout["codes"][0]["box"])])
        pixel = np.concatenate([pixel, np.array(code.corners)])
    return _fitted(page, pixel, TOLERANCE_MM * dpi / MM_PER_INCH, "fiducials", MARKER_RESIDUAL_MM)


def by_features(red: Pixels, reference: Pixels, dpi: float) -> _Fit | None:
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
    return _fitted(page, pixel, 2 * TOLERANCE_MM * dpi / MM_PER_INCH, "features", MARKER_RESIDUAL_MM)


def by_patches(red: Pixels, fit: _Fit, reference: Pixels, size_mm: tuple[float, float]) -> _Fit | None:
    """Sharpen a fit: find patches of the archived page again near where the fit puts them."""
    flat = _warped(red, fit.to_scan, size_mm)
    page, moved = [], []
    reach = PATCH // 2 + PATCH_SEARCH
    for x, y in _patch_centres(reference):
        patch = reference[y - PATCH // 2 : y + PATCH // 2, x - PATCH // 2 : x + PATCH // 2]
        around = flat[y - reach : y + reach, x - reach : x + reach]
        scores = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
        _, score, _, best = cv2.minMaxLoc(scores)
        if score >= PATCH_SCORE:
            shift = _peak(scores, best) - PATCH_SEARCH
            page.append((x, y))
            moved.append((x + shift[0], y + shift[1]))
    if len(page) < MIN_PATCHES:
        return None
    to_mm = MM_PER_INCH / STANDARD_DPI
    seen = cv2.perspectiveTransform((np.array([moved]) + 0.5) * to_mm, fit.to_scan)[0]
    tolerance = TOLERANCE_MM * _pixels_per_mm(fit.to_scan, np.array(size_mm) / 2)
    return _fitted((np.array(page, float) + 0.5) * to_mm, seen, tolerance, fit.how, PATCH_RESIDUAL_MM)


def _peak(scores: Any, best: Any) -> Points:
    """Return the top of a correlation surface to a fraction of a pixel (a parabola through its neighbours)."""
    x, y = best
    place = np.array([x, y], float)
    if 0 < x < scores.shape[1] - 1 and 0 < y < scores.shape[0] - 1:
        for axis, (low, high) in enumerate(
            ((scores[y, x - 1], scores[y, x + 1]), (scores[y - 1, x], scores[y + 1, x]))
        ):
            bend = low - 2 * scores[y, x] + high
            place[axis] += 0.5 * (low - high) / bend if bend < 0 else 0.0
    return place


def _patch_centres(reference: Pixels) -> list[tuple[int, int]]:
    """Choose, in each cell of a grid, the place with the strongest corner: it fixes a patch in both directions."""
    strength = cv2.cornerMinEigenVal(cv2.GaussianBlur(reference, (0, 0), 2), 9)
    height, width = reference.shape
    edge = PATCH // 2 + PATCH_SEARCH
    columns, rows = PATCH_GRID if width < height else PATCH_GRID[::-1]
    xs, ys = (
        np.linspace(edge, width - edge, columns + 1).astype(int),
        np.linspace(edge, height - edge, rows + 1).astype(int),
    )
    centres = []
    for left, right in pairwise(xs):
        for top, bottom in pairwise(ys):
            _, value, _, (x, y) = cv2.minMaxLoc(strength[top:bottom, left:right])
            if value > 1e-3:
                centres.append((int(left) + x, int(top) + y))
    return centres


def _fitted(page_mm: Points, pixel: Points, tolerance: float, how: How, limit_mm: float) -> _Fit | None:
    """Fit a homography robustly (tolerance in pixels); None when the points that agree leave more than the limit."""
    if len(page_mm) < 8:
        return None
    settings: dict[str, Any] = {"maxIters": 4000, "confidence": 0.999}
    answer: tuple[Any, Any] = cv2.findHomography(
        page_mm, pixel, cv2.USAC_MAGSAC, max(tolerance, 1.0), **settings
    )
    matrix, inside = answer
    if matrix is None or not np.isfinite(matrix).all() or np.linalg.det(matrix) <= 0:
        return None  # nothing found, or a mirror image, which no scanner makes
    kept = inside.ravel().astype(bool)
    if kept.sum() < max(8, len(page_mm) * LEAST_AGREEING):
        return None
    placed = cv2.perspectiveTransform(page_mm[np.newaxis, kept], matrix)[0]
    off = float(np.median(np.linalg.norm(placed - pixel[kept], axis=1)))
    residual = off / max(_pixels_per_mm(matrix, np.asarray(page_mm.mean(axis=0), float)), 1e-6)
    return _Fit(matrix.astype(float), residual, how) if residual <= limit_mm else None


def _pixels_per_mm(to_scan: Matrix, at_mm: Points) -> float:
    """Return how many scan pixels one page millimetre spans around a point."""
    near = cv2.perspectiveTransform((np.array([[0.0, 0], [1, 0], [0, 1]]) + at_mm)[np.newaxis], to_scan)[0]
    across, down = near[1] - near[0], near[2] - near[0]
    return float(np.sqrt(abs(across[0] * down[1] - across[1] * down[0])))


def _corners(box: Any) -> Points:
    left, top, right, bottom = (float(edge) for edge in box)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _code_agrees(fit: _Fit, layout: LayoutPage, code: Code | None) -> bool:
    """Tell whether the code stands where the layout printed it, within CODE_OFF_MM: else it is another page's fit."""
    if code is None or not layout.get("codes"):
        return True
    from_scan = np.linalg.inv(fit.to_scan)
    seen = cv2.perspectiveTransform(np.array([code.corners], float), from_scan)[0]
    off = [np.abs(seen - _corners(place["box"])).max() for place in layout["codes"]]
    return bool(min(off) < CODE_OFF_MM)


def _guessed_dpi(red: Pixels, layout: LayoutPage, code: Code | None) -> float:
    """Return the scan's resolution by the size of its code; without one, as if the page filled the picture."""
    if code is not None and layout.get("codes"):
        left, _, right, _ = layout["codes"][0]["box"]
        side = sum(math.dist(code.corners[k], code.corners[k - 1]) for k in range(4)) / 4
        return float(side / (right - left) * MM_PER_INCH)
    return math.sqrt(red.size / (layout["width"] * layout["height"])) * MM_PER_INCH


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


def _warped(pixels: Pixels, to_scan: Matrix, size_mm: tuple[float, float]) -> Pixels:
    """Pull the page straight at STANDARD_DPI; finer scans are averaged down first so that nothing aliases."""
    ratio = _pixels_per_mm(to_scan, np.array(size_mm) / 2) * MM_PER_INCH / STANDARD_DPI
    shrink = 1 / ratio if ratio > 1.15 else 1.0
    if shrink < 1:
        pixels = cast("Pixels", cv2.resize(pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA))
    scan_from_pixel = np.array([[shrink, 0, (shrink - 1) / 2], [0, shrink, (shrink - 1) / 2], [0, 0, 1]])
    unit = MM_PER_INCH / STANDARD_DPI
    mm_from_page = np.array([[unit, 0, unit / 2], [0, unit, unit / 2], [0, 0, 1]])
    matrix = scan_from_pixel @ to_scan @ mm_from_page
    size = (round(size_mm[0] / unit), round(size_mm[1] / unit))
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    flat = cv2.warpPerspective(pixels, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cast("Pixels", flat)


def _straightened(scan: Pixels, fit: _Fit, size_mm: tuple[float, float]) -> Registered:
    scan_dpi = _pixels_per_mm(fit.to_scan, np.array(size_mm) / 2) * MM_PER_INCH
    flat = _warped(scan, fit.to_scan, size_mm)
    return Registered(flat, STANDARD_DPI, fit.to_scan, fit.residual_mm, scan_dpi, fit.how)
