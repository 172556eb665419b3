"""Scan, copy or photograph a sheet of paper as office machines and phones do, and save the pictures as a file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from service.demo import light, wear
from service.demo.curl import Curl
from service.demo.ink import Picture

MM_PER_INCH = 25.4
Colouring = Literal["colour", "gray", "bilevel"]
FileKind = Literal["pdf", "jpeg", "png", "tiff", "heic"]
COARSE = 16  # pixels between the points at which a bent page's way back is found
BILEVEL_THRESHOLD = 0.62  # of the paper's brightness: where a copier set to "text" cuts


@dataclass(frozen=True, slots=True)
class Scanner:
    """The machine and the hand that laid the paper down; the defaults are a good flatbed.

    dpi; tilt in degrees; turn in quarter turns clockwise times 90; shift in mm; perspective as share of the side a
    corner may wander; margin of bed around the paper in mm and its colour; paper tone BGR 0-255; noise and blur as
    sigma (grey levels, output pixels); jpeg quality; lighting 0-1 as strength of a photo's shadow and warm cast;
    stains and creases as counts; the seed of everything random.

    What bad paper and bad pictures have on top: curl is how many mm the page rises from the desk; stapled, whether
    it lost a corner or two; shadow 0-1 the light a hand takes away; glare 0-1 how bright a lamp shines off
    it; moire 0-1 how strongly a screen's lattice shows; fax 0-1 the noise of the line (1-bit only); longest, when not
    0, the pixels of the longer side, whatever dpi says.
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
    curl: float = 0.0
    stapled: bool = False
    shadow: float = 0.0
    glare: float = 0.0
    moire: float = 0.0
    fax: float = 0.0
    longest: int = 0
    file: FileKind = "pdf"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """One scanned side: the picture (BGR, or one channel when gray or bilevel) and where the page truly lies in it.

    `matrix` is the 3x3 map from page mm to pixels. A page that curls has no such map: there `matrix` takes what
    `curl` makes of page mm. `at` is right for both.
    """

    pixels: Picture
    matrix: NDArray[np.float64]
    curl: Curl | None = None

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel (x, y) where a point of the page (mm) is seen."""
        point = np.array([[x, y]], np.float64)
        seen = self.curl.seen(point) if self.curl else point
        across, down, deep = self.matrix @ (*seen[0], 1.0)
        return float(across / deep), float(down / deep)


def capture(sheet: Picture, px_per_mm: float, scanner: Scanner, number: int = 0) -> Capture:
    """Return one side as the scanner sees it; `number` tells the sides of a stack apart for the dice."""
    rng = np.random.default_rng([scanner.seed, number])
    around = [min(255.0, bed * 255 / tone) for bed, tone in zip(scanner.bed, scanner.tone, strict=True)]
    paper = wear.stained(sheet, px_per_mm, scanner.stains, scanner.creases, rng)
    if scanner.stapled:
        paper = wear.stapled(paper, px_per_mm, around, rng)
    dots = _dots_per_mm(sheet, px_per_mm, scanner)
    matrix, size = _placement(sheet, px_per_mm, dots, scanner, rng)
    shrink = dots / px_per_mm
    if shrink < 1:  # what the optics do before the sensor samples
        paper = np.asarray(cv2.GaussianBlur(paper, (0, 0), max(0.42 / shrink, 0.3)), np.uint8)
    to_picture = matrix @ np.diag([px_per_mm, px_per_mm, 1.0])
    curl = None
    if scanner.curl:
        height, width = sheet.shape[:2]
        curl = Curl.thrown(width / px_per_mm, height / px_per_mm, scanner.curl, rng)
        view = _bent(paper, px_per_mm, curl, (to_picture, size, around), rng)
    else:
        flat = cv2.warpPerspective(paper, matrix, size, borderMode=cv2.BORDER_CONSTANT, borderValue=around)
        view = np.asarray(flat, np.uint8)
    toned = np.asarray(view * (np.asarray(scanner.tone) / 255), np.float32)
    seen = _sensed(toned, to_picture, dots, scanner, rng)
    pixels = np.rot90(seen, -(scanner.turn // 90)).copy()
    return Capture(pixels, _turned(scanner.turn, size) @ to_picture, curl)


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


def _dots_per_mm(sheet: Picture, px_per_mm: float, scanner: Scanner) -> float:
    """Return the sensor's pixels per mm: by its resolution, or by the pixels a phone leaves of the longer side."""
    if scanner.longest:
        return scanner.longest / (int(max(sheet.shape[:2])) / px_per_mm + 2 * scanner.margin)
    return scanner.dpi / MM_PER_INCH


def _placement(
    sheet: Picture, px_per_mm: float, dots: float, scanner: Scanner, rng: np.random.Generator
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Return the map from sheet pixels to sensor pixels and the sensor's size (width, height)."""
    height, width = sheet.shape[:2]
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


def _bent(
    paper: Picture,
    px_per_mm: float,
    curl: Curl,
    canvas: tuple[NDArray[np.float64], tuple[int, int], Sequence[float]],
    rng: np.random.Generator,
) -> Picture:
    """Return the picture of a bent sheet; `canvas` is the map from desk mm, its size (width, height), and the bed around.

    The way back from the picture to the paper is found on a coarse lattice and smooth between its points.
    """
    to_picture, (width, height), bed = canvas
    columns, rows = (
        np.arange(-1, side // COARSE + 3) * COARSE + (COARSE - 1) / 2 for side in (width, height)
    )
    lattice = np.stack(np.meshgrid(columns, rows), axis=2).reshape(1, -1, 2)
    page = curl.page(cv2.perspectiveTransform(lattice, np.linalg.inv(to_picture))[0].astype(np.float64))
    shape = (rows.size, columns.size)
    maps = [(page[:, axis] * px_per_mm).reshape(shape) for axis in (0, 1)]
    maps.append(curl.light(page, rng).reshape(shape))
    fine = []
    for plane in maps:
        whole = cv2.resize(
            plane.astype(np.float32), None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_CUBIC
        )
        fine.append(whole[COARSE : COARSE + height, COARSE : COARSE + width])
    seen = cv2.remap(
        paper, fine[0], fine[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=list(bed)
    )
    return np.asarray(np.clip(seen * fine[2][..., None], 0, 255), np.uint8)


def _sensed(
    view: NDArray[np.float32],
    to_picture: NDArray[np.float64],
    dots: float,
    scanner: Scanner,
    rng: np.random.Generator,
) -> Picture:
    """Return what the sensor delivers: light, blur, noise, and colour taken away on gray and bilevel machines."""
    if scanner.lighting > 0:
        view = light.lit(view, scanner.lighting, rng)
    if scanner.shadow > 0:
        view = light.shadowed(view, dots, scanner.shadow, rng)
    if scanner.glare > 0:
        view = light.gleaming(view, dots, scanner.glare, rng)
    if scanner.moire > 0:
        view = light.screened(view, np.asarray(np.linalg.inv(to_picture), np.float64), scanner.moire, rng)
    if scanner.blur > 0:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), scanner.blur), np.float32)
    if scanner.colour != "colour":
        view = np.asarray(view @ np.asarray([0.114, 0.587, 0.299], np.float32), np.float32)
    view = view + scanner.noise * rng.standard_normal(view.shape, np.float32)
    if scanner.colour == "bilevel":
        cut = BILEVEL_THRESHOLD * float(np.percentile(view, 90))
        black_and_white = np.where(view > cut, 255, 0).astype(np.uint8)
        return light.faxed(black_and_white, scanner.fax, rng) if scanner.fax > 0 else black_and_white
    return np.asarray(np.clip(view + 0.5, 0, 255), np.uint8)
