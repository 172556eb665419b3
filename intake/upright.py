"""Turns a scanned page upright and evens out its light; nothing is cut off, bent or repainted."""

import math
from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from intake.bundle import USUAL_INCHES
from intake.reading import MM_PER_INCH, Box, Matrix, PageImage, Pixels, Point

MAX_DPI = 200.0  # what a reader of the copy needs; the original is kept beside it, whatever its resolution
LEAST_DPI, MOST_DPI = 30.0, 2400.0  # what a file may claim of itself and be believed
STRAIGHT = 0.15  # degrees: less cannot be seen, and a picture that is not turned keeps its pixels
MOST_SKEW, SKEW_STEP = 5.0, 0.25  # degrees: a page that lies worse in the feeder is jammed
SKEW_SIDE = 700  # pixels of the longer side: a line of print is then six high
SKEW_GAIN = 1.3  # the right angle against the usual one: rules and print give 2 to 20, photographs 1.0 to 1.2
PAPER_DPI = 20.0  # light changes slowly over a page: its map needs no more
REACH = 25  # pixels of that map, 3 cm: no letter is so large, so paper is found beside every one
NOT_PAPER = (
    0.35  # of the page's paper: what is darker over 3 cm is a desk or a cover; deep shadows leave 0.45
)
SAME_HUE = 0.8  # weakest against strongest channel, both as shares of the paper's: a shadow takes all alike, a cover not
WHITE = 245.0  # where paper goes: shades of light ink above it stay apart
PAPER_SHARE = 90.0  # percentile of the map that is surely paper


@dataclass(frozen=True, slots=True)
class Upright:
    """A page as its copy shows it: pixels (BGR), pixels per inch, and where a pixel of the scan went (3 x 3)."""

    pixels: Pixels
    dpi: float
    from_scan: Matrix

    def placed(self, corners: tuple[Point, Point, Point, Point]) -> tuple[Point, Point, Point, Point]:
        """Give where four points of the scan went, in pixels of the copy."""
        moved = np.array([(*point, 1.0) for point in corners]) @ self.from_scan.T
        first, second, third, fourth = ((float(x), float(y)) for x, y in moved[:, :2])
        return first, second, third, fourth


def corners(box: Box) -> tuple[Point, Point, Point, Point]:
    """Give a box's corners in the order of reading: top left, top right, bottom right, bottom left."""
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def angle_of(to_scan: Matrix, at_mm: Point) -> tuple[float, float]:
    """Give how a registered page lies in its scan: degrees it is turned clockwise, and pixels per inch."""
    near = np.array([[at_mm], [(at_mm[0] + 10, at_mm[1])], [(at_mm[0], at_mm[1] + 10)]], float)
    here, right, down = cv2.perspectiveTransform(near, to_scan)[:, 0]
    across, along = right - here, down - here
    area = abs(across[0] * along[1] - across[1] * along[0])
    # The page's two axes may disagree a little in a photograph; neither is the truer one.
    turned = math.atan2(across[1] - along[0], across[0] + along[1])
    return math.degrees(turned), math.sqrt(area) / 10 * MM_PER_INCH


def skew(pixels: Pixels) -> float:
    """Give by how many degrees clockwise the lines of a page slope, 0 when that cannot be told.

    At the right angle the rows of a page of print are either full or empty.
    """
    scale = SKEW_SIDE / max(pixels.shape[:2])
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(gray, None, fx=min(scale, 1.0), fy=min(scale, 1.0), interpolation=cv2.INTER_AREA)
    ink: Any = cv2.morphologyEx(small, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8))
    height, width = ink.shape
    border_rows, border_columns = height // 12, width // 12  # the scanner's own edges are straight lines too
    ink[:border_rows] = ink[-border_rows - 1 :] = 0
    ink[:, :border_columns] = ink[:, -border_columns - 1 :] = 0
    angles = np.arange(-MOST_SKEW, MOST_SKEW + 0.01, SKEW_STEP)
    scores = np.array([_sharpness_of_rows(ink, float(angle)) for angle in angles])
    best = int(scores.argmax())
    plain = best in {0, len(angles) - 1} or scores[best] < SKEW_GAIN * max(float(np.median(scores)), 1e-6)
    return 0.0 if plain else float(angles[best])


def _sharpness_of_rows(ink: Pixels, degrees: float) -> float:
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    rows = cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR).mean(axis=1)
    return float((np.diff(rows) ** 2).sum())


def upright(page: PageImage, degrees: float = 0.0, dpi: float | None = None) -> Upright:
    """Turn a page back that lies turned clockwise by so many degrees, at most MAX_DPI, its light evened out.

    `dpi` is the scan's true resolution when it is known; else what the file says, else as if it were A4.
    """
    true = dpi or page.dpi or max(page.pixels.shape[:2]) / USUAL_INCHES
    true = min(max(true, LEAST_DPI), MOST_DPI)
    scale = min(1.0, MAX_DPI / true)
    turned, matrix = _turned(_scaled(page.pixels, scale), degrees)
    height, width = page.pixels.shape[:2]
    real = (max(round(width * scale), 1) / width, max(round(height * scale), 1) / height)
    shrink = np.array([[real[0], 0, (real[0] - 1) / 2], [0, real[1], (real[1] - 1) / 2], [0, 0, 1]])
    return Upright(evenly_lit(turned), true * scale, matrix @ shrink)


def upright_by_print(page: PageImage, turned: int) -> Upright:
    """Turn a page upright by so many degrees clockwise (0, 90, 180, 270), as its print says, and straighten its lines."""
    return upright(page, skew(np.rot90(page.pixels, -(turned // 90))) - turned)


def evenly_lit(pixels: Pixels) -> Pixels:
    """Take shadows off the paper: each place is brightened as a whole, all colours alike, so that no hue changes."""
    factor = WHITE / np.maximum(_paper(pixels), 1.0)
    height, width = pixels.shape[:2]
    gain = cv2.resize(factor.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return cast("Pixels", cv2.multiply(pixels, cv2.merge([gain] * 3), dtype=cv2.CV_8U))


def _paper(pixels: Pixels) -> Pixels:
    """Give a small map of how bright the paper is at each place; where there is none, as bright as the paper of the page."""
    height, width = pixels.shape[:2]
    scale = min(1.0, PAPER_DPI * USUAL_INCHES / max(height, width))
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((REACH, REACH), np.uint8)).astype(np.float32)
    bright = paper.max(axis=2)
    usual = float(np.percentile(bright, PAPER_SHARE))
    white = np.maximum(np.median(paper[bright >= usual], axis=0), 1.0)
    shares = paper / white
    hue = shares.min(axis=2) / np.maximum(shares.max(axis=2), 1e-6)
    bright[(bright < NOT_PAPER * usual) | (hue < SAME_HUE)] = usual
    return cast("Pixels", cv2.GaussianBlur(bright, (0, 0), REACH / 4))


def _scaled(pixels: Pixels, scale: float) -> Pixels:
    if scale >= 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    return cast("Pixels", cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _turned(pixels: Pixels, degrees: float) -> tuple[Pixels, Matrix]:
    """Turn counter-clockwise onto a canvas that holds every pixel; quarter turns move pixels and mix none."""
    quarters = round(degrees / 90)
    left = degrees - 90 * quarters
    pixels = cast("Pixels", np.ascontiguousarray(np.rot90(pixels, quarters)))
    matrix = _quarter_turned(quarters, pixels.shape[1], pixels.shape[0])
    if abs(left) < STRAIGHT:
        return pixels, matrix
    height, width = pixels.shape[:2]
    fine = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), left, 1.0)
    cosine, sine = abs(fine[0, 0]), abs(fine[0, 1])
    size = (math.ceil(width * cosine + height * sine), math.ceil(width * sine + height * cosine))
    fine[0, 2] += (size[0] - width) / 2
    fine[1, 2] += (size[1] - height) / 2
    turned = cv2.warpAffine(pixels, fine, size, flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    return cast("Pixels", turned), np.vstack([fine, [0, 0, 1]]) @ matrix


def _quarter_turned(quarters: int, width: int, height: int) -> Matrix:
    """Give where pixels go in so many quarter turns counter-clockwise; width and height are those afterwards."""
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            1: [[0, 1, 0], [-1, 0, height - 1], [0, 0, 1]],
            2: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
            3: [[0, -1, width - 1], [1, 0, 0], [0, 0, 1]],
        }[quarters % 4],
        float,
    )
