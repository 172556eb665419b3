"""Holds each printed letter against pictures of the letters that look like it: what fools a recogniser on a soft scan, 笫 for 第."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from intake.lines import SCALE
from intake.reading import STANDARD_DPI, LayoutPage, Pixels
from intake.reference import Glyph, Printed
from intake.thresholds import CLEAR_SHAPE, VARIANT

Stack = NDArray[np.float32]
Faces = Mapping[str, Path]
"""The file of each family that values are set in."""

TABLE: Final = "lookalikes.txt"
FINER: Final = 3  # letters are drawn so many times finer and averaged down
AIR: Final = 2  # pixels around a letter: what a stroke too many would take
REACH: Final = 2  # pixels a letter may stand off its line
SOFT: Final = 0.7  # pixels of blur on the scan: noise and aliasing are no strokes
BLURS: Final = (1.0, 2.0)  # pixels: every scanner's sharpness lies between, or a little beyond
STIFF: Final = 1e-3  # keeps a fit from explaining strokes by a bend of the paper
KEPT: Final = 192  # letters whose pictures are kept, 0.1 MB each with those that look like them
POINTS_PER_INCH: Final = 72
NO_RIVAL: Final = 99.0
NUMERALS: Final = ("0123456789", "〇一二三四五六七八九十")  # what a pen makes of each other
HANZI: Final = ("一", "龥")  # the font of the values has a picture of each


@dataclass(frozen=True, slots=True)
class Shape:
    """How a line's letters look beside their rivals.

    `rival` is what the nearest rival of any letter leaves unexplained of the picture, as a multiple of what the letter
    itself does: over 1, the letter is the better explanation. `read` is the same of the letters that were read in
    their place; 0 when the two texts cannot be laid over each other. `instead` is the largest such share among the
    letters that were read otherwise: under 1, each of them is the better explanation. `penned` tells whether pen strokes on a letter may
    make another one of it, `overwritten` whether they keep to numerals (see intake/penned.py); None where nobody asked.
    """

    rival: float = NO_RIVAL
    read: float = 0.0
    instead: float = NO_RIVAL
    penned: bool | None = None
    overwritten: bool = False


UNSEEN: Final = Shape()


@lru_cache(maxsize=1)
def lookalikes() -> Mapping[str, str]:
    """Return the letters that look like each letter, most alike first."""
    rows = resources.files("intake").joinpath(TABLE).read_text("utf-8").splitlines()
    return {row[0]: row[1:] for row in rows if row}


def seen(
    page: Pixels,
    archived: Printed,
    printed: tuple[LayoutPage, LayoutPage],
    found: tuple[str, Path],
    *,
    penned: bool = False,
) -> Shape:
    """Compare every letter of a printed line with its rivals, and with what was read there.

    `page` is gray at STANDARD_DPI, without seals; `printed` are the value and its line of the layout, `found` the text
    that was read there and the font file the value is set in. Where a pen touched the line (`penned`) a numeral is held
    against every other one.
    """
    (value, line), (read, face) = printed, found
    text = "".join(str(line["text"]).split())
    mine = archived.standing_in(line["box"])
    if [glyph.letter for glyph in mine] != list(text):
        return UNSEEN
    read = "".join(read.split())
    other = read if len(read) == len(text) else text
    pixels = pixels_of(value)
    rival, told, better = NO_RIVAL, NO_RIVAL, 0.0
    for glyph, instead in zip(mine, other, strict=True):
        against = lookalikes().get(glyph.letter, "")
        if penned:
            against += _numerals_beside(glyph.letter, against)
        if instead != glyph.letter:
            against = instead + against.replace(instead, "")
        if not against:
            continue
        ratios = _ratios(page, archived.pixels, glyph, against, (face, pixels))
        if ratios is None:
            return UNSEEN
        if instead != glyph.letter:
            tried = HANZI[0] <= instead <= HANZI[1] and ratios[0] < NO_RIVAL
            told = (
                min(told, ratios[0]) if tried else 0.0
            )  # a stroke beside the letter's own ink was not looked at
            better = max(better, ratios[0])
        rival = min(rival, *(ratio * _allowed(one) for one, ratio in zip(against, ratios, strict=True)))
    if len(read) != len(text):
        return Shape(rival, 0.0)
    return Shape(rival, told, better or NO_RIVAL)


@lru_cache(maxsize=8192)
def _allowed(letter: str) -> float:
    """Return by what a rival's share is multiplied: variants beyond GB 2312 (囯) are all but the letter itself on a fax."""
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return VARIANT
    return 1.0


def _numerals_beside(letter: str, known: str) -> str:
    """Return the other numerals of a numeral's kind that are not among those known already."""
    kind = next((kind for kind in NUMERALS if letter in kind), "")
    return "".join(other for other in kind if other != letter and other not in known)


def pixels_of(value: LayoutPage) -> float:
    """Return the size of a value's letters in pixels, to a quarter."""
    return round(4 * float(value["size_pt"]) / POINTS_PER_INCH * STANDARD_DPI) / 4


def _ratios(
    page: Pixels, archived: Pixels, glyph: Glyph, against: str, face: tuple[Path, float]
) -> list[float] | None:
    """Return what each rival leaves unexplained as a multiple of what the letter leaves; None off the page.

    Where the archived picture itself explains nearly all, no rival is tried: the nearest ones differ by more.
    """
    left, top, right, bottom = (round(edge * SCALE) for edge in glyph.box)
    left, top = max(left - AIR, 0), max(top - AIR, 0)
    ink = 255.0 - archived[top : bottom + AIR, left : right + AIR].astype(np.float32)
    if not ink.any():
        return None
    own = _unexplained(page, explaining(ink)[np.newaxis], (left, top))
    if own is None:
        return None
    if own[0] <= CLEAR_SHAPE:
        return [NO_RIVAL] * len(against)
    pictures, centre = _pictures(*face, glyph.letter + against)
    corner = np.array([left, top]) + _middle(ink) - centre
    left_over = _unexplained(page, pictures, (round(float(corner[0])), round(float(corner[1]))))
    return None if left_over is None else [float(one) for one in left_over[1:] / max(left_over[0], 1e-6)]


def _unexplained(page: Pixels, pictures: Stack, corner: tuple[int, int]) -> NDArray[np.float64] | None:
    """Return, for each stack of pictures, the share of the scan's contrast that no mixture of it explains; None off the page.

    `pictures` is letters x parts x height x width; the place is the one around `corner` that is likest the first letter.
    """
    _, parts, height, width = pictures.shape
    x, y = corner
    if min(x, y) < REACH or x + width + REACH > page.shape[1] or y + height + REACH > page.shape[0]:
        return None
    place = page[y - REACH : y + height + REACH, x - REACH : x + width + REACH]
    around: Any = cv2.GaussianBlur(255.0 - place.astype(np.float32), (0, 0), SOFT)
    scores = cv2.matchTemplate(around, pictures[0, 1] + pictures[0, 2], cv2.TM_CCOEFF_NORMED)
    _, _, _, (right, down) = cv2.minMaxLoc(scores)
    flat = pictures.reshape(len(pictures), parts, -1).astype(np.float64)
    scan = around[down : down + height, right : right + width].ravel().astype(np.float64)
    if len(pictures) > 1:  # rivals are told by less than half a pixel
        first = mixture(flat[:1], scan)[0]
        by = np.clip(first[3:5] / max(first[1] + first[2], 1e-6), -1, 1)
        middle = (right + (width - 1) / 2 - float(by[0]), down + (height - 1) / 2 - float(by[1]))
        scan = cv2.getRectSubPix(around, (width, height), middle).ravel().astype(np.float64)
    rest = scan - (mixture(flat, scan)[:, np.newaxis] @ flat)[:, 0]
    return cast("NDArray[np.float64]", (rest**2).mean(axis=1) / max(float(scan.var()), 1e-6))


def mixture(flat: NDArray[np.float64], scan: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the amounts (letters x parts) of each letter's pictures that explain a scan best, by least squares."""
    products = flat @ flat.transpose(0, 2, 1)
    stiff = STIFF * np.einsum("kii->ki", products) + STIFF
    stiff[:, 0] = 0.0
    stiffened = products + stiff[:, :, np.newaxis] * np.eye(flat.shape[1])
    return cast("NDArray[np.float64]", np.linalg.solve(stiffened, (flat @ scan)[:, :, np.newaxis])[:, :, 0])


@lru_cache(maxsize=KEPT)
def _pictures(face: Path, pixels: float, letters: str) -> tuple[Stack, NDArray[np.float64]]:
    """Draw letters of a font side by side in cells of the first one's size; also where the middle of its ink lies."""
    font = ImageFont.truetype(str(face), round(pixels * FINER))
    left, top, right, bottom = (int(edge) // FINER for edge in font.getbbox(letters[0], anchor="ls"))
    width, height = right - left + 1 + 2 * AIR, bottom - top + 1 + 2 * AIR
    drawn = []
    for letter in letters:
        canvas = Image.new("L", (width * FINER, height * FINER))
        at = ((AIR - left) * FINER, (AIR - top) * FINER)
        ImageDraw.Draw(canvas).text(at, letter, fill=255, font=font, anchor="ls")
        fine = np.asarray(canvas, np.float32)
        drawn.append(cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA))
    return np.stack([explaining(ink) for ink in drawn]), _middle(drawn[0])


def explaining(ink: Any) -> Stack:
    """Return what a scan of this ink may be mixed of: paper, two sharpnesses, shifts and stretches both ways."""
    return stretched(filtered(ink))


def filtered(ink: Any) -> Stack:
    """Return the first five of these, which are the same wherever a letter stands in the ink."""
    sharp, soft = (cv2.GaussianBlur(ink, (0, 0), blur) for blur in BLURS)
    middle = cv2.GaussianBlur(ink, (0, 0), sum(BLURS) / 2)
    across, down = cv2.Sobel(middle, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(middle, cv2.CV_32F, 0, 1) / 8
    return np.stack([np.ones_like(ink), sharp, soft, across, down])


def stretched(parts: Stack) -> Stack:
    """Add stretches around the middle of a letter to the first five."""
    _, _, _, across, down = parts
    height, width = across.shape
    x = (np.arange(width, dtype=np.float32) - width / 2)[np.newaxis] / 10
    y = (np.arange(height, dtype=np.float32) - height / 2)[:, np.newaxis] / 10
    return np.concatenate([parts, (x * across)[np.newaxis], (y * down)[np.newaxis]])


def _middle(ink: Any) -> NDArray[np.float64]:
    """Return the centre of gravity (x, y) of ink."""
    total = float(ink.sum())
    return np.array(
        [
            float(ink.sum(axis=0) @ np.arange(ink.shape[1])) / total,
            float(ink.sum(axis=1) @ np.arange(ink.shape[0])) / total,
        ]
    )
