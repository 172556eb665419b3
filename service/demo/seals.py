"""Cut the rubber stamps of invented units: round official seals and square name seals, as ink masks."""

from dataclasses import dataclass

import cv2
import numpy as np

from service.demo.fonts import KAI, SONG, Mask, cell_mask

FINE = 24.0  # pixels per millimetre while cutting: 610 dpi, so that hairs of small characters survive

CELL, CELL_EDGE = 200, 8  # pixels of a letter's square, and of the white edge cutters do not waste space on


@dataclass(frozen=True, slots=True)
class SealStyle:
    """The cut of a round seal: outer diameter, rim, characters (mm), the arc the name may take (degrees), the line below."""

    diameter: float = 42.0
    rim: float = 1.1
    letter: float = 6.2
    arc: float = 270.0
    star: float = 13.0
    bottom: str = ""
    bold: bool = False


def round_seal(unit: str, style: SealStyle, px_per_mm: float) -> Mask:
    """Return the mask of a round seal: rim, the unit's name along the upper arc, star, and a line of text below the star."""
    side = int(style.diameter * FINE) + 8
    mask = np.zeros((side, side), np.float32)
    centre = (side // 2, side // 2)
    outer = style.diameter / 2 * FINE
    cv2.circle(mask, centre, round(outer - style.rim * FINE / 2), 1, round(style.rim * FINE), cv2.LINE_AA)
    _star(mask, centre, style.star / 2 * FINE)
    _ring_text(mask, unit, style)
    if style.bottom:
        _bottom_line(mask, style)
    size = round(side * px_per_mm / FINE)
    return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def square_seal(name: str, side_mm: float, px_per_mm: float) -> Mask:
    """Return the mask of a square name seal: a rim and the name (padded with 印) set in two columns, right one first."""
    side = int(side_mm * FINE)
    mask = np.zeros((side, side), np.float32)
    rim = round(0.06 * side)
    cv2.rectangle(mask, (rim // 2, rim // 2), (side - rim // 2 - 1, side - rim // 2 - 1), 1, rim)
    letters = (name + "印之印")[: 4 if len(name) <= 4 else 6]
    rows = len(letters) // 2
    inner = side - 2.6 * rim
    for k, letter in enumerate(letters):
        column, row = k // rows, k % rows
        tile = _tile(letter, inner / 2 * 0.92, inner / rows * 0.92, KAI, "Regular")
        left = 1.3 * rim + inner / 2 * (1 - column) + inner * 0.02
        top = 1.3 * rim + inner / rows * row + inner * 0.02
        _lay(mask, tile, round(left), round(top))
    size = round(side * px_per_mm / FINE)
    return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA), np.float32)


def _tile(letter: str, width: float, height: float, family: str, style: str) -> Mask:
    """Return one letter stretched to a width and height in fine pixels, as seal cutters do with long names."""
    glyph = cell_mask(letter, family, CELL, style)[CELL_EDGE:-CELL_EDGE, CELL_EDGE:-CELL_EDGE]
    return np.asarray(
        cv2.resize(glyph, (max(round(width), 1), max(round(height), 1)), interpolation=cv2.INTER_AREA),
        np.float32,
    )


def _lay(mask: Mask, tile: Mask, left: int, top: int) -> None:
    height, width = tile.shape
    target = mask[top : top + height, left : left + width]
    np.maximum(target, tile[: target.shape[0], : target.shape[1]], out=target)


def _star(mask: Mask, centre: tuple[int, int], radius: float) -> None:
    angles = np.pi / 2 + np.arange(10) * np.pi / 5
    radii = np.where(np.arange(10) % 2 == 0, radius, radius * 0.382)
    points = np.stack([centre[0] - radii * np.cos(angles), centre[1] - radii * np.sin(angles)], axis=1)
    cv2.fillPoly(mask, [np.round(points * 16).astype(np.int32)], 1, cv2.LINE_AA, 4)


def _ring_text(mask: Mask, unit: str, style: SealStyle) -> None:
    """Set the name clockwise along the rim; long names get narrower characters, short ones keep their width and spread."""
    side = mask.shape[0]
    height = style.letter * FINE
    radius = (style.diameter / 2 - style.rim - 0.9) * FINE - height / 2
    widest = np.degrees(style.letter * FINE * 1.25 / radius)
    step = min(widest, style.arc / max(len(unit), 1))
    width = min(0.86 * height, np.radians(step) * (radius - height / 3) * 0.92)
    for k, letter in enumerate(unit):
        angle = (k - (len(unit) - 1) / 2) * step
        tile = _tile(letter, width, height, SONG, "Bold" if style.bold else "Regular")
        matrix = cv2.getRotationMatrix2D((tile.shape[1] / 2, tile.shape[0] / 2), -angle, 1)
        x = side / 2 + radius * np.sin(np.radians(angle)) - tile.shape[1] / 2
        y = side / 2 - radius * np.cos(np.radians(angle)) - tile.shape[0] / 2
        matrix[:, 2] += (x, y)
        np.maximum(mask, cv2.warpAffine(tile, matrix, (side, side)), out=mask)


def _bottom_line(mask: Mask, style: SealStyle) -> None:
    side = mask.shape[0]
    height = 3.6 * FINE
    top = side / 2 + (style.star / 2 + 1.6) * FINE
    depth = (top + height - side / 2) / FINE
    inner = style.diameter / 2 - style.rim - 1.2
    chord = 2 * float(np.sqrt(max(inner**2 - depth**2, 1.0))) * FINE
    step = min(height * 1.05, chord / len(style.bottom))
    for k, letter in enumerate(style.bottom):
        left = side / 2 + (k - len(style.bottom) / 2) * step
        _lay(mask, _tile(letter, step * 0.9, height, SONG, "Regular"), round(left), round(top))
