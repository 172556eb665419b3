"""Lays a scan over its printed page: finds where each millimetre of the page stands in the scan.

Pixel coordinates count pixel centres (OpenCV's convention), millimetres count from the page's corner.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake import patches, warp
from intake.reading import MM_PER_INCH, STANDARD_DPI, Code, How, LayoutPage, Matrix, Pixels, Registered
from intake.warp import Warp

Points = NDArray[np.float64]

MARKER_REACH = (
    1.2  # diagonals of a mark around its place: 12 mm, what a code may be wrong by at the page's far end
)
NEAR_PERIMETER = 0.2  # of the side of such a window: a mark takes up 0.7 of it, print far less
MIN_MARKERS = 3  # two markers stand on one line and let the far side of the page swing
MARKER_RESIDUAL_MM = 0.6  # four good markers leave 0.05; a crumpled sheet 0.3; more is another geometry
FEATURE_DPI = 100.0  # coarse search; the patches below then sharpen it at reading resolution
MIN_FEATURES = 25  # agreeing features below which a page is not taken for the archived one
RATIO = 0.8  # Lowe's ratio test
FINER = 1.15  # a scan finer than this times STANDARD_DPI is averaged down first, so that nothing aliases
MIN_PATCHES = 12
PATCH_RESIDUAL_MM = 0.35
TOLERANCE_MM = 0.4  # how far a point may be off and still speak for a fit
LOOSE_MM = 2.0  # the same for the plane that is laid through a curled page
LEAST_AGREEING = 0.2  # share of the points; with fewer, chance can make a geometry
CODE_OFF_MM = 3.0  # a printed code stands within 0.2 mm; another page's fit is off by centimetres
EVEN_MM, EVEN_SHARE = (
    0.12,
    0.85,
)  # a flat sheet: so many patches within so much; what is left is print and noise
PROVEN = 0.5  # share of all patches that must be found, and agree, before a code alone says where a page lies
HELD_MM, HELD_SHARE = (
    0.9,
    0.6,
)  # lines are looked for so far around their place; off that they cannot be judged
BENT_ROUNDS = 3  # each follows the field further out, to patches that were out of reach before
BETTER = (
    0.6  # a field must bring patches it was not fitted to this much nearer, or the sheet is taken for flat
)
MAP_STEP = 8  # pixels between the places whose position is worked out; between them it is as good as straight


@dataclass(frozen=True, slots=True)
class _Fit:
    """Where page mm stand in scan pixels, how good that is, and how it was found."""

    to_scan: Matrix
    residual_mm: float
    how: How
    bend: Warp | None = None

    def place(self, at_mm: Points) -> Points:
        """Return the scan pixels (N x 2) of page millimetres."""
        flat = at_mm if self.bend is None else at_mm + self.bend.displacement(at_mm)
        return cast("Points", cv2.perspectiveTransform(flat[np.newaxis], self.to_scan)[0])


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
    return _straightened(page, fit, size, shrink)


def by_fiducials(red: Pixels, layout: LayoutPage, code: Code | None, dpi: float) -> _Fit | None:
    """Fit the page to its ArUco marks (and the code's corners); None with fewer than MIN_MARKERS."""
    page, pixel, seen = _landmarks(red, layout, code)
    if seen < MIN_MARKERS:
        return None
    return _fitted(page, pixel, TOLERANCE_MM * dpi / MM_PER_INCH, "fiducials", MARKER_RESIDUAL_MM)


def by_code(red: Pixels, layout: LayoutPage, code: Code | None, reference: Pixels) -> _Fit | None:
    """Fit the page to its code and whatever marks are left, if patches of the archived page prove it; else None.

    A tenth of the time features take, and it serves certificates that lay flat. A code is small and says little of
    the page's far end, so the patches are first looked for afar.
    """
    page, pixel, seen = _landmarks(red, layout, code)
    if code is None or not layout.get("codes"):
        return None
    rough = _rough(page, pixel, seen)
    if rough is None:
        return None
    centres = patches.centres(reference, patches.GRID)
    again = patches.found_again(red, rough.place, reference, centres)
    if len(again[0]) < max(PROVEN * len(centres), MIN_PATCHES):
        return None
    fit = _fitted(
        *again, LOOSE_MM * _pixels_per_mm(rough.to_scan, again[0].mean(axis=0)), "features", LOOSE_MM
    )
    return fit if fit is not None and (_off_mm(fit, *again) < LOOSE_MM).mean() >= PROVEN else None


def _landmarks(red: Pixels, layout: LayoutPage, code: Code | None) -> tuple[Points, Points, int]:
    """Return the corners of the ArUco marks that are seen, in page mm and scan pixels, and how many marks those are.

    Where some of them are lost the code's corners stand in.
    """
    places = {int(mark["id"]): mark["box"] for mark in layout.get("fiducials", ())}
    found = _markers_near(red, layout, code, places) or _markers(red) if places else {}
    seen = sorted(places.keys() & found.keys())
    page = [_corners(places[k]) for k in seen]
    pixel = [found[k].astype(float) for k in seen]
    if (len(seen) < len(places) or not places) and code is not None and layout.get("codes"):
        page.append(_corners(layout["codes"][0]["box"]))
        pixel.append(np.array(code.corners, float))
    if not page:
        return np.empty((0, 2)), np.empty((0, 2)), 0
    return np.concatenate(page), np.concatenate(pixel), len(seen)


def _markers_near(
    red: Pixels, layout: LayoutPage, code: Code | None, places: dict[int, Any]
) -> dict[int, Any]:
    """Look for the marks only around where the code says they stand, an eighth of the work; empty unless all are there."""
    if code is None or not layout.get("codes"):
        return {}
    rough = _rough(_corners(layout["codes"][0]["box"]), np.array(code.corners, float), 0)
    if rough is None:
        return {}
    found = {}
    for number, box in places.items():
        seen = rough.place(_corners(box))
        reach = MARKER_REACH * float(np.linalg.norm(seen[0] - seen[2]))
        left, top = (int(edge) for edge in np.maximum(seen.min(axis=0) - reach, 0))
        right, bottom = (int(edge) for edge in np.maximum(seen.max(axis=0) + reach, 0))
        around = np.ascontiguousarray(red[top:bottom, left:right])
        corners = _markers(around, NEAR_PERIMETER).get(number) if around.size else None
        if corners is None:
            return {}
        found[number] = corners + np.array([left, top], np.float32)
    return found


def _markers(red: Pixels, least_perimeter: float | None = None) -> dict[int, Any]:
    """Find marks: their corners by their numbers. Perimeters are shares of the picture's longer side."""
    settings = cv2.aruco.DetectorParameters()
    settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    if least_perimeter is not None:
        settings.minMarkerPerimeterRate = least_perimeter
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50), settings)
    corners, ids, _ = detector.detectMarkers(red)
    if not corners:
        return {}
    return {int(k): quad.reshape(4, 2) for k, quad in zip(ids.ravel(), corners, strict=True)}


def _rough(page: Points, pixel: Points, seen: int) -> _Fit | None:
    """Lay a first plane by a code and at most two marks: a homography if there are three, else no more than a turn."""
    matrix: Any
    if seen + 1 >= MIN_MARKERS:
        matrix = cv2.findHomography(page, pixel, 0)[0]
    else:
        matrix = cv2.estimateAffinePartial2D(page, pixel, method=cv2.LMEDS)[0]
    if matrix is None or not np.isfinite(matrix).all():
        return None
    whole = np.vstack([matrix, (0, 0, 1)]) if len(matrix) == 2 else matrix
    return _Fit(np.asarray(whole, float), 0.0, "features") if np.linalg.det(whole) > 0 else None


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
    """Sharpen a fit: find patches of the archived page again near where the fit puts them, and follow its bends.

    With too few patches (a nearly empty page, another one of the same frame) the fit stays as it was. None when
    what was found lies where no fit of ours would look for it: then every crop would show something else.
    """
    centres = patches.centres(reference, patches.GRID)
    page, seen = patches.found_again(red, fit.place, reference, centres)
    if len(page) < MIN_PATCHES:
        return fit
    per_mm = _pixels_per_mm(fit.to_scan, np.array(size_mm) / 2)
    sharp = _fitted(page, seen, TOLERANCE_MM * per_mm, fit.how, PATCH_RESIDUAL_MM)
    if sharp is not None and (_off_mm(sharp, page, seen) < EVEN_MM).mean() >= EVEN_SHARE:
        return sharp
    best = _bent(red, fit, reference, (page, seen), size_mm) or sharp or fit
    return best if (_off_mm(best, page, seen) < HELD_MM).mean() >= HELD_SHARE else None


def _bent(
    red: Pixels, fit: _Fit, reference: Pixels, first: tuple[Points, Points], size_mm: tuple[float, float]
) -> _Fit | None:
    """Lay a plane and a smooth field through the patches; None unless patches left out of it prove it."""
    per_mm = _pixels_per_mm(fit.to_scan, np.array(size_mm) / 2)
    plane = _fitted(*first, LOOSE_MM * per_mm, fit.how, LOOSE_MM) or fit
    bent, (page, seen) = plane, first
    centres = patches.centres(reference, patches.DENSE_GRID)
    for _ in range(BENT_ROUNDS):
        field = warp.fitted(page, _on_plane(plane, seen) - page, size_mm)
        if field is None:
            return None
        bent = replace(plane, bend=field)
        page, seen = patches.found_again(red, bent.place, reference, centres)
        if len(page) < MIN_PATCHES:
            return None
    off = _on_plane(plane, seen) - page
    even, odd = (warp.fitted(page[k::2], off[k::2], size_mm) for k in (0, 1))
    field = warp.fitted(page, off, size_mm)
    if field is None or even is None or odd is None:
        return None
    left = np.concatenate(
        [
            np.linalg.norm(off[1 - k :: 2] - half.displacement(page[1 - k :: 2]), axis=1)
            for k, half in ((0, even), (1, odd))
        ]
    )
    sharp = _fitted(page, seen, TOLERANCE_MM * per_mm, fit.how, LOOSE_MM) or plane
    if float(np.median(left)) > BETTER * float(np.median(_off_mm(sharp, page, seen))):
        return None
    return replace(plane, bend=field, residual_mm=float(np.median(left)))


def _on_plane(fit: _Fit, seen: Points) -> Points:
    """Return the page millimetres that a fit's plane, without its bend, has at scan pixels."""
    return cast("Points", cv2.perspectiveTransform(seen[np.newaxis], np.linalg.inv(fit.to_scan))[0])


def _off_mm(fit: _Fit, page: Points, seen: Points) -> NDArray[np.float64]:
    """Return how many millimetres each point lies off its place."""
    off = np.linalg.norm(fit.place(page) - seen, axis=1)
    return cast("NDArray[np.float64]", off / _pixels_per_mm(fit.to_scan, page.mean(axis=0)))


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
    seen = np.array(code.corners, float)
    return any(_off_mm(fit, _corners(place["box"]), seen).max() < CODE_OFF_MM for place in layout["codes"])


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


def _straightened(page: Pixels, fit: _Fit, size_mm: tuple[float, float], shrink: float) -> Registered:
    """Pull the page straight at STANDARD_DPI; what is told is in pixels of the scan, `shrink` times finer."""
    unit = MM_PER_INCH / STANDARD_DPI
    size = (round(size_mm[0] / unit), round(size_mm[1] / unit))
    flat = _flat(page, fit, size) if fit.bend is None else _unbent(page, fit, size)
    grown = np.array(
        [[1 / shrink, 0, (1 / shrink - 1) / 2], [0, 1 / shrink, (1 / shrink - 1) / 2], [0, 0, 1]]
    )
    to_scan = grown @ fit.to_scan
    scan_dpi = _pixels_per_mm(to_scan, np.array(size_mm) / 2) * MM_PER_INCH
    return Registered(
        cast("Pixels", flat), STANDARD_DPI, to_scan, fit.residual_mm, scan_dpi, fit.how, fit.bend
    )


def _flat(page: Pixels, fit: _Fit, size: tuple[int, int]) -> Any:
    """Pull a plane straight: half the time that a map of every pixel takes."""
    unit = MM_PER_INCH / STANDARD_DPI
    middles = np.array([[unit, 0, unit / 2], [0, unit, unit / 2], [0, 0, 1]])
    way = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpPerspective(page, fit.to_scan @ middles, size, flags=way, borderMode=cv2.BORDER_REPLICATE)


def _unbent(page: Pixels, fit: _Fit, size: tuple[int, int]) -> Any:
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
