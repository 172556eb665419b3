"""What happens between paper and file: light, a hand's shadow, the beat of a screen's lattice, and a fax line's noise."""

import cv2
import numpy as np
from numpy.typing import NDArray

from service.demo.fonts import Mask
from service.demo.ink import Picture, clouds

View = NDArray[np.float32]

LATTICE_MM = (
    0.134,
    0.158,
)  # pixels of a laptop's screen: about as fine as the sensor's, so the beat is broad
BEAM = 0.55  # share of a screen's pixel that stays dark between its stripes
PENUMBRA_MM = (3.0, 8.0)  # a hand a few centimetres over the paper, under a ceiling lamp
SPECKS = 0.0012  # of a fax's pixels, at full noise
BAND_ROWS = 24  # rows a fax line sends between two slips


def lit(view: View, strength: float, rng: np.random.Generator) -> View:
    """Return the picture under a lamp from one side, uneven and warm."""
    shape = (view.shape[0], view.shape[1])
    rows, columns = np.indices(shape, np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * (columns / shape[1] - 0.5) + np.sin(angle) * (rows / shape[0] - 0.5)) * 0.7
    shadow = clouds(shape, max(shape) / 3, rng) * 0.35
    warm = np.asarray([1 - 0.16 * rng.random(), 1 - 0.04 * rng.random(), 1.0], np.float32)
    return np.asarray(view * np.clip(1 - strength * (0.25 + slope + shadow), 0.2, 1.0)[..., None] * warm)


def shadowed(view: View, px_per_mm: float, strength: float, rng: np.random.Generator) -> View:
    """Return the picture with the shadow of an arm, a hand and the phone it holds; `strength` is the light it takes."""
    height, width = view.shape[:2]
    mask = np.zeros((height, width), np.float32)
    palm = np.array([width * rng.uniform(0.3, 0.7), height * rng.uniform(0.3, 0.7)])
    angle = rng.uniform(0, 2 * np.pi)
    toward = np.array([np.cos(angle), np.sin(angle)])
    _limb(mask, palm, palm + toward * max(height, width), 38 * px_per_mm)
    cv2.circle(mask, _pixel(palm), round(42 * px_per_mm), 1, -1)
    for spread in (-0.55, -0.2, 0.15, 0.5):
        tip = angle + np.pi + spread + rng.normal(0, 0.08)
        length = rng.uniform(62, 95) * px_per_mm
        _limb(mask, palm, palm + length * np.array([np.cos(tip), np.sin(tip)]), 9 * px_per_mm)
    if rng.random() < 0.5:
        phone = cv2.boxPoints(
            (palm.tolist(), (78 * px_per_mm, 160 * px_per_mm), float(np.degrees(angle) + rng.normal(0, 20)))
        )
        cv2.fillPoly(mask, [np.round(phone).astype(np.int32)], 1)
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(*PENUMBRA_MM) * px_per_mm)
    taken = strength * np.asarray([0.88, 0.96, 1.0], np.float32)  # what light is left comes from the blue sky
    return np.asarray(view * (1 - soft[..., None] * taken), np.float32)


def gleaming(view: View, px_per_mm: float, strength: float, rng: np.random.Generator) -> View:
    """Return the picture with a lamp's light shining off glossy paper; at strength 1 it drowns print in its middle."""
    height, width = view.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    x, y = width * rng.uniform(0.25, 0.75), height * rng.uniform(0.25, 0.75)
    wide = rng.uniform(13.0, 26.0) * px_per_mm
    away = ((columns - x) / wide) ** 2 + ((rows - y) / (wide * rng.uniform(0.5, 1.0))) ** 2
    return np.asarray(view + strength * 260 * np.exp(-away)[..., None], np.float32)


def screened(
    view: View, from_picture: NDArray[np.float64], strength: float, rng: np.random.Generator
) -> View:
    """Return the picture as if the page stood on a screen: its stripes of three colours beat with the sensor's pixels.

    `from_picture` is the 3x3 map from the picture's pixels to millimetres of the screen.
    """
    height, width = view.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    deep = from_picture[2, 0] * columns + from_picture[2, 1] * rows + from_picture[2, 2]
    x = (from_picture[0, 0] * columns + from_picture[0, 1] * rows + from_picture[0, 2]) / deep
    y = (from_picture[1, 0] * columns + from_picture[1, 1] * rows + from_picture[1, 2]) / deep
    pitch = rng.uniform(*LATTICE_MM)
    across = np.stack([_beam(x / pitch + third / 3) for third in range(3)], axis=2)
    down = _beam(y / pitch + rng.random())[..., None]
    lattice = 1 - BEAM * strength * (0.65 * across + 0.35 * down)
    roll = 1 + 0.05 * strength * np.cos(2 * np.pi * (rows / height * rng.uniform(3, 7) + rng.random()))
    return np.asarray(view * lattice * roll[..., None] / (1 - BEAM * strength / 2), np.float32)


def faxed(picture: Picture, noise: float, rng: np.random.Generator) -> Picture:
    """Return a black-and-white picture after a bad line: specks, slipped rows, and rows that came twice or not at all."""
    result = picture.copy()
    dice = rng.random(result.shape)
    result[dice < SPECKS * noise] = 0
    result[dice > 1 - SPECKS * noise] = 255
    height, width = result.shape
    for top in range(0, height, BAND_ROWS):
        if rng.random() < 0.35 * noise:
            slip = int(rng.choice([-1, 1]))
            result[top : top + BAND_ROWS] = np.roll(result[top : top + BAND_ROWS], slip, axis=1)
    for _ in range(rng.poisson(10 * noise)):
        row = int(rng.integers(1, height))
        result[row] = result[row - 1]
    for _ in range(rng.poisson(5 * noise)):
        row, start = int(rng.integers(0, height)), int(rng.integers(0, width))
        result[row, start : start + int(rng.integers(width // 8, width))] = int(rng.choice([0, 255, 255]))
    return result


def _beam(phase: View) -> View:
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * phase), np.float32)


def _limb(mask: Mask, start: NDArray[np.float64], end: NDArray[np.float64], half_width: float) -> None:
    cv2.line(mask, _pixel(start), _pixel(end), 1, max(1, round(2 * half_width)))


def _pixel(point: NDArray[np.float64]) -> tuple[int, int]:
    return (round(float(point[0])), round(float(point[1])))
