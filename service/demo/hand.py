"""Write by hand: signatures, opinions and dates as ink masks that wobble, slant and run together."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from service.demo.fonts import KAI, Mask, text_mask
from service.demo.ink import clouds

Point = tuple[float, float]
MARGIN = 0.6  # share of the letter height left free around the writing for slant and flourish
LEAST_INK = 0.055  # of the letter's square: a font's stand-in for a letter it lacks is a dot or nothing
FULL = 1.5  # thin strokes lose ink in each resampling; a pen does not


@dataclass(frozen=True, slots=True)
class Hand:
    """How somebody writes: the font whose strokes are bent, its style, how much they wobble, and the slant added.

    `spare` is the font of letters that the first one lacks: those drawn with a brush in Japan know no 钟.
    """

    family: str = KAI
    style: str = "Light"
    wobble: float = 1.0
    slant: float = 0.0
    spare: str = KAI


PLAIN: Final = Hand()
"""The demo's hand: its font is one the product needs anyway."""


def handwriting(
    text: str,
    height_mm: float,
    px_per_mm: float,
    rng: np.random.Generator,
    *,
    flourish: bool = True,
    hand: Hand = PLAIN,
) -> Mask:
    """Return the text as a hurried hand writes it, letters about `height_mm` high; a flourish joins and ends a signature."""
    size = max(round(height_mm * px_per_mm), 8)
    pad = round(size * MARGIN)
    canvas = np.zeros((size + 2 * pad, round(size * 1.05 * len(text)) + 3 * pad), np.float32)
    pen = round(0.42 * px_per_mm)
    x = float(pad)
    previous: tuple[float, float] | None = None
    for letter in text:
        glyph = _letter(letter, size, hand, rng)
        y = pad + (size - glyph.shape[0]) / 2 + rng.normal(0, 0.05 * size)
        top, left = max(round(y), 0), round(x)
        window = canvas[top : top + glyph.shape[0], left : left + glyph.shape[1]]
        np.maximum(window, glyph[: window.shape[0], : window.shape[1]], out=window)
        start = (x + 0.15 * glyph.shape[1], y + rng.uniform(0.2, 0.5) * glyph.shape[0])
        if flourish and previous is not None and rng.random() < 0.6:
            _stroke(canvas, (previous, start), pen, 0.25 * size, rng)
        previous = (x + 0.85 * glyph.shape[1], y + rng.uniform(0.6, 0.95) * glyph.shape[0])
        x += glyph.shape[1] * rng.uniform(0.82, 1.0) + 0.03 * size
    if flourish and previous is not None:
        end = (previous[0] + rng.uniform(0.3, 0.9) * size, previous[1] - rng.uniform(-0.2, 0.5) * size)
        _stroke(canvas, (previous, end), pen, 0.3 * size, rng)
    slanted = _slanted(canvas, hand.slant, rng)
    return _cut(np.clip(_wobble(slanted, size, hand.wobble, rng) * FULL, 0, 1))


def _letter(letter: str, size: int, hand: Hand, rng: np.random.Generator) -> Mask:
    pixels = round(size * rng.uniform(0.85, 1.12))
    glyph = text_mask(letter, hand.family, pixels, hand.style)
    if hand.family != hand.spare and glyph.size < LEAST_INK * pixels**2:
        glyph = text_mask(letter, hand.spare, pixels)
    angle, stretch = rng.normal(0, 4), rng.uniform(0.85, 1.1)
    height, width = glyph.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    matrix[0] *= stretch
    return np.asarray(cv2.warpAffine(glyph, matrix, (max(round(width * stretch), 1), height)), np.float32)


def _stroke(canvas: Mask, ends: tuple[Point, Point], pen: int, bend: float, rng: np.random.Generator) -> None:
    """Draw one thin, bent stroke, thinner towards its end."""
    start, end = ends
    middle = np.add(start, end) / 2 + rng.normal(0, bend, 2)
    t = np.linspace(0, 1, 24)[:, None]
    points = (1 - t) ** 2 * np.asarray(start) + 2 * t * (1 - t) * middle + t**2 * np.asarray(end)
    for k in range(len(points) - 1):
        thick = max(1, round(pen * (0.9 - 0.6 * k / len(points))))
        first, last = (tuple(int(v) for v in p) for p in points[k : k + 2])
        cv2.line(canvas, first, last, 0.9, thick, cv2.LINE_AA)


def _slanted(canvas: Mask, slant: float, rng: np.random.Generator) -> Mask:
    height, width = canvas.shape
    shear, climb = rng.uniform(-0.28, 0.02) + slant, rng.normal(0, 0.04)
    matrix = np.array([[1, shear, -shear * height / 2], [climb, 1, -climb * width / 2]], np.float32)
    return np.asarray(cv2.warpAffine(canvas, matrix, (width, height)), np.float32)


def _wobble(canvas: Mask, size: int, strength: float, rng: np.random.Generator) -> Mask:
    """Bend the writing by smooth noise, so that no two letters of a hand are alike."""
    shape = (canvas.shape[0], canvas.shape[1])
    reach = size * strength
    dx = (clouds(shape, size * 0.45, rng) - 0.5) * 0.30 * reach + (
        clouds(shape, size * 0.16, rng) - 0.5
    ) * 0.06 * reach
    dy = (clouds(shape, size * 0.45, rng) - 0.5) * 0.30 * reach + (
        clouds(shape, size * 0.16, rng) - 0.5
    ) * 0.06 * reach
    rows, columns = np.indices(shape, np.float32)
    return np.asarray(cv2.remap(canvas, columns + dx, rows + dy, cv2.INTER_LINEAR), np.float32)


def _cut(canvas: Mask) -> Mask:
    """Return the canvas cut to its ink (the canvas itself when there is none)."""
    rows, columns = np.nonzero(canvas > 0.1)
    if rows.size == 0:
        return canvas
    return canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
