"""Scan, copy or photograph a sheet of paper as office machines and phones do, and save the pictures as a file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.demo.ink import Picture, clouds

MM_PER_INCH = 25.4
Colouring = Literal["colour", "gray", "bilevel"]
FileKind = Literal["pdf", "jpeg", "png", "tiff", "heic"]
BILEVEL_THRESHOLD = 0.62  # of the paper's brightness: where a copier set to "text" cuts


@dataclass(frozen=True, slots=True)
class Scanner:
    """The machine and the hand that laid the paper down; the defaults are a good flatbed.

    dpi; tilt in degrees; turn in quarter turns clockwise times 90; shift in mm; perspective as share of the side a
    corner may wander; margin of bed around the paper in mm and its colour; paper tone BGR 0-255; noise and blur as
    sigma (grey levels, output pixels); jpeg quality; lighting 0-1 as strength of a photo's shadow and warm cast;
    stains and creases as counts; the seed of everything random.
    """

    dpi: float = 200
    tilt: float = 0.0
    turn: Literal[0, 90, 180, 270] = 0
    shift: tuple[float, float] = (0.0, 0.0)
    perspective: float = 0.0
    margin: float = 0.0
    bed: tuple[int, int, int] = (250, 252, 252)
    tone: tuple[int, int, int] = (244, 248, 250)
    noise: float = 2.0
    blur: float = 0.5
    jpeg: int = 80
    colour: Colouring = "colour"
    lighting: float = 0.0
    stains: int = 0
    creases: int = 0
    file: FileKind = "pdf"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """One scanned side: the picture (BGR, or one channel when gray or bilevel) and the true 3x3 map from page mm to its pixels."""

    pixels: Picture
    matrix: NDArray[np.float64]


def capture(sheet: Picture, px_per_mm: float, scanner: Scanner, number: int = 0) -> Capture:
    """Return one side as the scanner sees it; `number` tells the sides of a stack apart for the dice."""
    rng = np.random.default_rng([scanner.seed, number])
    paper = _stained(sheet, px_per_mm, scanner, rng)
    matrix, size = _placement(sheet, px_per_mm, scanner, rng)
    shrink = scanner.dpi / MM_PER_INCH / px_per_mm
    if shrink < 1:  # what the optics do before the sensor samples
        paper = np.asarray(cv2.GaussianBlur(paper, (0, 0), max(0.42 / shrink, 0.3)), np.uint8)
    around = [min(255.0, bed * 255 / tone) for bed, tone in zip(scanner.bed, scanner.tone, strict=True)]
    view = cv2.warpPerspective(paper, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=around)
    seen = _sensed(np.asarray(view * (np.asarray(scanner.tone) / 255), np.float32), scanner, rng)
    pixels = np.rot90(seen, -(scanner.turn // 90)).copy()
    return Capture(pixels, _turned(scanner.turn, size) @ matrix @ np.diag([px_per_mm, px_per_mm, 1.0]))


def scan(sheets: Sequence[Picture], px_per_mm: float, scanner: Scanner) -> bytes:
    """Return the file a scanner sends for a stack of sheets."""
    return encode([capture(sheet, px_per_mm, scanner, k).pixels for k, sheet in enumerate(sheets)], scanner)


def encode(pictures: Sequence[Picture], scanner: Scanner) -> bytes:
    """Return the pictures as one file; JPEG, PNG and HEIC hold one side only (ValueError for more)."""
    images = [_image(picture, scanner) for picture in pictures]
    if scanner.file in {"jpeg", "png", "heic"} and len(images) != 1:
        raise ValueError(f"{scanner.file} 只能存一页，给了 {len(images)} 页。")
    out = io.BytesIO()
    density = (scanner.dpi, scanner.dpi)
    if scanner.file == "pdf":
        # One bit per pixel goes into a PDF as fax, which has no quality to choose.
        grade = {} if scanner.colour == "bilevel" else {"quality": scanner.jpeg}
        images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=scanner.dpi, **grade)
    elif scanner.file == "tiff":
        packing = "group4" if scanner.colour == "bilevel" else "tiff_adobe_deflate"
        images[0].save(out, "TIFF", save_all=True, append_images=images[1:], dpi=density, compression=packing)
    elif scanner.file == "png":
        images[0].save(out, "PNG", dpi=density)
    elif scanner.file == "jpeg":
        images[0].convert("L" if scanner.colour == "bilevel" else images[0].mode).save(
            out, "JPEG", quality=scanner.jpeg, dpi=density
        )
    else:
        from pillow_heif import from_pillow

        from_pillow(images[0].convert("RGB")).save(out, quality=scanner.jpeg)
    return out.getvalue()


def _image(picture: Picture, scanner: Scanner) -> Image.Image:
    if picture.ndim == 3:
        return Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))
    image = Image.fromarray(picture)
    return image.convert("1", dither=Image.Dither.NONE) if scanner.colour == "bilevel" else image


def _placement(
    sheet: Picture, px_per_mm: float, scanner: Scanner, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the map from sheet pixels to sensor pixels and the sensor's size (width, height)."""
    height, width = sheet.shape[:2]
    dots = scanner.dpi / MM_PER_INCH
    scale, margin = dots / px_per_mm, scanner.margin * dots
    size = (round(width * scale + 2 * margin), round(height * scale + 2 * margin))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    wander = rng.uniform(-1, 1, (4, 2)) * scanner.perspective * min(width, height)
    bent = cv2.getPerspectiveTransform(corners, (corners + wander).astype(np.float32))
    turn = np.eye(3)
    turn[:2] = cv2.getRotationMatrix2D((width / 2, height / 2), -scanner.tilt, 1)
    move = np.array(
        [
            [scale, 0, margin + scanner.shift[0] * dots],
            [0, scale, margin + scanner.shift[1] * dots],
            [0, 0, 1],
        ]
    )
    return np.asarray(move @ turn @ bent, np.float64), size


def _turned(turn: int, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the map of pixel coordinates under clockwise quarter turns of a picture of this size."""
    width, height = size
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
            90: [[0, -1, height - 1], [1, 0, 0], [0, 0, 1]],
            180: [[-1, 0, width - 1], [0, -1, height - 1], [0, 0, 1]],
            270: [[0, 1, 0], [-1, 0, width - 1], [0, 0, 1]],
        }[turn],
        np.float64,
    )


def _stained(sheet: Picture, px_per_mm: float, scanner: Scanner, rng: np.random.Generator) -> Picture:
    """Return the sheet with tea rings, thumb marks and folds, in the paper's own coordinates."""
    if not scanner.stains and not scanner.creases:
        return sheet
    height, width = sheet.shape[:2]
    keep = np.ones((height, width, 3), np.float32)
    for _ in range(scanner.stains):
        spot = np.zeros((height, width), np.float32)
        where = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        axes = (int(rng.uniform(6, 22) * px_per_mm), int(rng.uniform(6, 22) * px_per_mm))
        cv2.ellipse(spot, where, axes, rng.uniform(0, 180), 0, 360, 1, -1)
        cv2.ellipse(spot, where, axes, 0, 0, 360, 1.5, max(2, round(0.8 * px_per_mm)))
        spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), 0.7 * px_per_mm), np.float32)
        keep *= 1 - spot[..., None] * np.asarray([0.26, 0.16, 0.10], np.float32) * rng.uniform(0.5, 1)
    for _ in range(scanner.creases):
        fold = np.zeros((height, width), np.float32)
        if rng.random() < 0.5:
            y = rng.uniform(0.2, 0.8) * height
            ends = ((0, int(y)), (width, int(y + rng.normal(0, 0.01) * height)))
        else:
            x = rng.uniform(0.2, 0.8) * width
            ends = ((int(x), 0), (int(x + rng.normal(0, 0.01) * width), height))
        cv2.line(fold, *ends, 1.0, max(1, round(0.35 * px_per_mm)), cv2.LINE_AA)
        fold = np.asarray(cv2.GaussianBlur(fold, (0, 0), 0.25 * px_per_mm), np.float32)
        keep *= 1 - 0.4 * fold[..., None]
    return np.asarray(sheet * keep, np.uint8)


def _sensed(view: NDArray[np.float32], scanner: Scanner, rng: np.random.Generator) -> Picture:
    """Return what the sensor delivers: light, blur, noise, and colour taken away on gray and bilevel machines."""
    shape = (view.shape[0], view.shape[1])
    if scanner.lighting > 0:
        rows, columns = np.indices(shape, np.float32)
        angle = rng.uniform(0, 2 * np.pi)
        slope = (np.cos(angle) * (columns / shape[1] - 0.5) + np.sin(angle) * (rows / shape[0] - 0.5)) * 0.7
        shadow = clouds(shape, max(shape) / 3, rng) * 0.35
        warm = np.asarray([1 - 0.16 * rng.random(), 1 - 0.04 * rng.random(), 1.0], np.float32)
        view = view * np.clip(1 - scanner.lighting * (0.25 + slope + shadow), 0.2, 1.0)[..., None] * warm
    if scanner.blur > 0:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), scanner.blur), np.float32)
    if scanner.colour != "colour":
        view = np.asarray(view @ np.asarray([0.114, 0.587, 0.299], np.float32), np.float32)
    view = view + scanner.noise * rng.standard_normal(view.shape, np.float32)
    if scanner.colour == "bilevel":
        return np.where(view > BILEVEL_THRESHOLD * float(np.percentile(view, 90)), 255, 0).astype(np.uint8)
    return np.asarray(np.clip(view + 0.5, 0, 255), np.uint8)
