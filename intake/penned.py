"""Tells whether pen strokes over a printed letter may make another letter of it, or only belong to a signature."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from intake.ink import CORE
from intake.lines import SCALE, local_shift
from intake.reading import Box, Pixels
from intake.reference import Glyph
from intake.thresholds import ANOTHER, CROWDED, CROWDED_INK

Mask = NDArray[np.bool_]
Bits = NDArray[np.uint64]

AROUND: Final = 60  # pixels around a line: a letter's neighbours on every side
PEN: Final = 0.45  # share of the way from paper to print: a signature's pen is paler than an overwriter's
PRINT: Final = 200  # the archive is ink below this, the soft edges of its strokes too
AIR: Final = 2  # pixels around the square a letter is drawn in
BASELINE: Final = 0.86  # of that square, from its top
STROKE: Final = 140  # of 255: a drawn letter is a stroke from here on
FEW: Final = 0.04  # of the printed letter's ink: less pen ink makes nothing of it
NEW: Final = 0.06  # of the printed letter's ink, beyond it, that makes it another; the dot of 太 is 0.1
DRAWN: Final = 0.35  # of the pen's ink that another letter must account for
SPOILT: Final = 0.3  # of the printed letter's ink that a forger may leave over
SEEN: Final = 0.2  # of a place beside a letter that must be free of print to say how much pen ink is there
ASTRAY: Final = 3  # pixels a letter's picture may lie off its box
NUMERALS: Final = frozenset("0123456789〇一二三四五六七八九十")
OVER_EDGE: Final = 0.3  # heights of a numeral by which a pen that makes another of it leaves its place
BESIDE: Final = 0.15  # of the pen ink on numerals that may lie beside them: crumbs, a neighbour's soft edge
SIZES: Final = 4  # sizes whose letters are kept: 2 MB each
ROWS, CELLS = range(0xB0, 0xF8), range(0xA1, 0xFF)  # the Chinese letters of GB 2312


@dataclass(frozen=True, slots=True)
class Ground:
    """A line's surroundings, the scan laid over the archive: the archived print, where the scan is dark, where no print is."""

    archived: Pixels
    dark: Mask
    free: Mask
    corner: tuple[int, int]

    def box(self, box_mm: Box) -> list[int]:
        """Return a box of the page in pixels of this ground."""
        return [round(edge * SCALE) - self.corner[k % 2] for k, edge in enumerate(box_mm)]


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The common letters of a face at one size: their squares in packed bits (letters x words), bare and a pixel thicker."""

    side: int
    strokes: Bits
    thick: Bits


def doubtful(
    page: Pixels, archived: Pixels, box_mm: Box, glyphs: Sequence[Glyph], face: tuple[Path, float]
) -> bool:
    """Tell whether the pen ink on any letter of a line may be another letter's strokes.

    `page` and `archived` are gray at STANDARD_DPI, `face` is the letters' font file and size in pixels. A signature's
    strokes run on beside the letter and follow no letter; where that cannot be told, True.
    """
    ground = ground_of(page, archived, box_mm)
    if ground is None:
        return True
    return any(
        crowding(ground, ground.box(glyph.box)) >= CROWDED or another(ground, glyph, face) >= ANOTHER
        for glyph in glyphs
    )


def on_numerals(page: Pixels, archived: Pixels, box_mm: Box, glyphs: Sequence[Glyph]) -> bool:
    """Tell whether all pen ink in and around a line lies on its printed numerals, as a digit's does that was written over.

    Notes, seals without colour and stains run on beside them. Both pictures are gray at STANDARD_DPI.
    """
    ground = ground_of(page, archived, box_mm)
    numerals = [ground.box(glyph.box) for glyph in glyphs if glyph.letter in NUMERALS] if ground else []
    if ground is None or not numerals:
        return False
    place = ground.box(box_mm)
    reach = place[3] - place[1]
    near = (
        slice(max(place[1] - reach, 0), place[3] + reach),
        slice(max(place[0] - 2 * reach, 0), place[2] + 2 * reach),
    )
    theirs = np.zeros(ground.dark.shape, bool)
    for left, top, right, bottom in numerals:
        grown = round(OVER_EDGE * (bottom - top))
        theirs[max(top - grown, 0) : bottom + grown, max(left - grown, 0) : right + grown] = True
    pen = (ground.dark & ground.free)[near]
    mine = int((pen & theirs[near]).sum())
    return mine > 0 and int(pen.sum()) - mine <= BESIDE * mine


def ground_of(page: Pixels, archived: Pixels, box_mm: Box) -> Ground | None:
    """Lay the scan over the archive around a line; None where nothing is printed."""
    box = [round(edge * SCALE) for edge in box_mm]
    right, down = local_shift(page, archived, box)
    left, top = max(box[0] - AROUND, 0), max(box[1] - AROUND, 0)
    print_ = archived[top : box[3] + AROUND, left : box[2] + AROUND]
    move = np.array([[1, 0, left + right], [0, 1, top + down]], np.float32)
    scan: Any = cv2.warpAffine(
        page,
        move,
        print_.shape[::-1],
        flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=255,
    )
    line = (slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left))
    core = print_[line] < CORE
    if not core.any():
        return None
    paper, ink = float(np.percentile(scan, 90)), float(np.median(scan[line][core]))
    free = ~_thicker(print_ < PRINT)
    return Ground(print_, scan < paper - PEN * (paper - ink), free, (left, top))


def _thicker(mask: Any) -> Mask:
    return cv2.dilate(np.asarray(mask, np.uint8), np.ones((3, 3), np.uint8)).astype(bool)


def crowding(ground: Ground, box: list[int]) -> float:
    """Return how many times as much pen ink stands on a letter as beside it: a signature does not gather there.

    0 where too little stands on it to say; infinite where nothing is known of what is beside it.
    """
    half = max(box[2] - box[0], box[3] - box[1]) // 2 + 1
    middle = ((box[0] + box[2]) // 2, (box[1] + box[3]) // 2)
    inside = _inked(ground, middle, half)
    if inside is None or inside < CROWDED_INK:
        return 0.0
    places = [(middle[0] + 2 * half * x, middle[1] + 2 * half * y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    beside = [_inked(ground, place, half) for place in places if place != middle]
    known = [share for share in beside if share is not None]
    return inside / max(float(np.mean(known)), 1e-6) if known else float("inf")


def _inked(ground: Ground, middle: tuple[int, int], half: int) -> float | None:
    """Return the share of a place without print that shows pen ink; None where print leaves too little of it."""
    x, y = middle
    place = (slice(max(y - half, 0), max(y + half, 0)), slice(max(x - half, 0), max(x + half, 0)))
    free = int(ground.free[place].sum())
    return float((ground.dark & ground.free)[place].sum()) / free if free > SEEN * (2 * half) ** 2 else None


def another(ground: Ground, glyph: Glyph, face: tuple[Path, float]) -> float:
    """Return how wholly the likeliest other letter's own strokes are there in ink, 0 to 1; 1 where nothing can be told.

    Only letters count that account for much of the pen's ink and are more than the printed one.
    """
    alphabet = _alphabet(*face)
    place = _place(ground, glyph, face, alphabet.side)
    if place is None:
        return 1.0
    core = ground.archived[place] < CORE
    pen = (ground.dark & ground.free)[place]
    least = int(core.sum())
    if pen.sum() < FEW * least:
        return 0.0
    beyond = alphabet.strokes & ~_packed(_thicker(core))
    new = _count(beyond)
    there = _count(beyond & _packed(ground.dark[place])) / np.maximum(new, 1)
    drawn = _count(alphabet.thick & _packed(pen)) / int(pen.sum())
    kept = _count(alphabet.thick & _packed(core)) / max(least, 1)
    able = (new >= NEW * least) & (drawn >= DRAWN)
    return float((there * np.minimum(1.0, kept + SPOILT))[able].max(initial=0.0))


def _place(ground: Ground, glyph: Glyph, face: tuple[Path, float], side: int) -> tuple[slice, slice] | None:
    """Find the square in which a face's letters stand where this one is printed; None beyond the ground."""
    own = _drawn(*face, glyph.letter, side)
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if not rows.size:
        return None
    box = ground.box(glyph.box)
    x, y = box[0] - int(columns[0]) - ASTRAY, box[1] - int(rows[0]) - ASTRAY
    reach = side + 2 * ASTRAY
    around = 255 - ground.archived[max(y, 0) : y + reach, max(x, 0) : x + reach]
    if around.shape != (reach, reach):
        return None
    _, _, _, (right, down) = cv2.minMaxLoc(cv2.matchTemplate(around, own, cv2.TM_CCOEFF_NORMED))
    return slice(y + down, y + down + side), slice(x + right, x + right + side)


@lru_cache(maxsize=SIZES)
def _alphabet(face: Path, pixels: float) -> Alphabet:
    """Draw every common letter of a face."""
    side = int(pixels) + 2 * AIR
    bare, thick = [], []
    for row in ROWS:
        for cell in CELLS:
            letter = bytes((row, cell)).decode("gb2312", "ignore")
            if letter:
                strokes = _drawn(face, pixels, letter, side) >= STROKE
                bare.append(_packed(strokes))
                thick.append(_packed(_thicker(strokes)))
    return Alphabet(side, np.stack(bare), np.stack(thick))


def _drawn(face: Path, pixels: float, letter: str, side: int) -> Pixels:
    """Draw a letter into a square of `side` pixels, white on black."""
    canvas = Image.new("L", (side, side))
    pen = ImageDraw.Draw(canvas)
    pen.text((AIR, AIR + round(BASELINE * pixels)), letter, fill=255, font=_font(face, pixels), anchor="ls")
    return np.asarray(canvas, np.uint8)


@lru_cache(maxsize=SIZES)
def _font(face: Path, pixels: float) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(face), pixels)


def _packed(mask: Mask) -> Bits:
    """Pack a mask into 64-bit words, the last one filled up with nothing."""
    octets = np.packbits(mask, axis=None)
    return np.pad(octets, (0, -octets.size % 8)).view(np.uint64)


def _count(bits: Bits) -> NDArray[np.int64]:
    """Count the set bits of each row."""
    return cast("NDArray[np.int64]", np.bitwise_count(bits).sum(axis=1, dtype=np.int64))
