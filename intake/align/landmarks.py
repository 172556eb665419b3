"""Finds what was printed to say where a page lies: its ArUco marks, and its code where marks are lost."""

from typing import Any

import cv2
import numpy as np

from intake.align.fit import Fit, Points, corners_of
from intake.reading import Code, LayoutPage, Pixels

MIN_MARKERS = 3  # two markers stand on one line and let the far side of the page swing
MARKER_REACH = (
    1.2  # diagonals of a mark around its place: 12 mm, what a code may be wrong by at the page's far end
)
NEAR_PERIMETER = 0.2  # of the side of such a window: a mark takes up 0.7 of it, print far less


def landmarks(red: Pixels, layout: LayoutPage, code: Code | None) -> tuple[Points, Points, int]:
    """Return the corners of the ArUco marks that are seen, in page mm and scan pixels, and how many marks those are.

    Where some of them are lost the code's corners stand in.
    """
    places = {int(mark["id"]): mark["box"] for mark in layout.get("fiducials", ())}
    found = _markers_near(red, layout, code, places) or _markers(red) if places else {}
    seen = sorted(places.keys() & found.keys())
    page = [corners_of(places[k]) for k in seen]
    pixel = [found[k].astype(float) for k in seen]
    if (len(seen) < len(places) or not places) and code is not None and layout.get("codes"):
        page.append(corners_of(layout["codes"][0]["box"]))
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
    rough = rough_fit(corners_of(layout["codes"][0]["box"]), np.array(code.corners, float), 0)
    if rough is None:
        return {}
    found = {}
    for number, box in places.items():
        seen = rough.place(corners_of(box))
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


def rough_fit(page: Points, pixel: Points, seen: int) -> Fit | None:
    """Lay a first plane by a code and at most two marks: a homography if there are three, else no more than a turn."""
    matrix: Any
    if seen + 1 >= MIN_MARKERS:
        matrix = cv2.findHomography(page, pixel, 0)[0]
    else:
        matrix = cv2.estimateAffinePartial2D(page, pixel, method=cv2.LMEDS)[0]
    if matrix is None or not np.isfinite(matrix).all():
        return None
    whole = np.vstack([matrix, (0, 0, 1)]) if len(matrix) == 2 else matrix
    return Fit(np.asarray(whole, float), 0.0, "features") if np.linalg.det(whole) > 0 else None
