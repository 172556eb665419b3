"""Takes a screen's lattice out of a picture of a page: bands of colour that tint print and break the letters of seals."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import LOGS, Density
from intake.reading import Box, Pixels
from intake.thresholds import BANDS, LONE_WAVE

TILE = 384  # pixels: 49 mm at 200 dpi, over which perspective hardly changes the beat's wavelength
AROUND_MM = 12.0  # seals stand this much beside their places
LEAST_WAVES = 4  # a tile: what is slower is light and paper
ALONG = 15  # steps of the spectrum, along rows and columns, above whose mean a wave stands alone
NOTCH = 5  # steps taken out with a wave: a beat is no perfect one
LOOKED_AT = 3  # tiles that tell whether a page shows a lattice at all
EVERY = 3  # tile in which the bands of such a page are looked for before

_WINDOW = np.sqrt(np.outer(np.hanning(TILE + 1)[:-1], np.hanning(TILE + 1)[:-1])).astype(np.float32)
_UNIT = np.float32(2 / _WINDOW.sum())  # from a spectrum's size to a wave's, crest to middle
_FAST = np.hypot(*np.indices((TILE, TILE)) - TILE // 2) >= LEAST_WAVES


def without_screen(page: Pixels, px_per_mm: float, places: Sequence[Box]) -> Pixels:
    """Return a page (BGR) without a lattice's beat at and around some places (mm); the page itself where it has none.

    A beat is a few lone waves whose colours differ: print has no colour, and a seal no wave of one length.
    """
    tiles = _tiles(page.shape, px_per_mm, places)
    if not any(_bands(page[tile]).any() for tile in tiles[:: max(len(tiles) // LOOKED_AT, 1)]):
        return page
    bands = np.any([_bands(page[tile]) for tile in tiles[::EVERY]], axis=0)  # print hides them in some tiles
    total = np.zeros(page.shape, np.float32)
    weight = np.zeros(page.shape[:2], np.float32)
    for tile in tiles:
        total[tile] += _notched(page[tile], bands) * _WINDOW[..., None]
        weight[tile] += _WINDOW**2
    done = weight > 0.05
    cleaned = page.copy()
    cleaned[done] = np.clip(np.exp(total[done] / weight[done][:, None]) - 1, 0, 255).astype(np.uint8)
    return cleaned


def _tiles(shape: tuple[int, ...], px_per_mm: float, places: Sequence[Box]) -> list[tuple[slice, slice]]:
    """Return the tiles (rows, columns) that cover the places, half a tile apart; none on a page smaller than one."""
    if min(shape[:2]) < TILE:
        return []
    near = np.zeros(shape[:2], np.uint8)
    for left, top, right, bottom in places:
        first = round((left - AROUND_MM) * px_per_mm), round((top - AROUND_MM) * px_per_mm)
        last = round((right + AROUND_MM) * px_per_mm), round((bottom + AROUND_MM) * px_per_mm)
        cv2.rectangle(near, first, last, 1, -1)
    rows, columns = (
        [slice(at, at + TILE) for at in sorted({min(at, side - TILE) for at in range(0, side, TILE // 2)})]
        for side in shape[:2]
    )
    return [(row, column) for row in rows for column in columns if near[row, column].any()]


def _bands(tile: Pixels) -> NDArray[np.bool_]:
    """Return where in its spectrum a tile has lone waves of colour."""
    logs = cv2.LUT(tile, LOGS)
    return _waves(_spectrum(logs[..., 2] - logs[..., 0]))


def _spectrum(plane: Any) -> Density:
    """Return the complex spectrum (H x W x 2) of a plane under the window."""
    return np.asarray(cv2.dft(_WINDOW * plane, flags=cv2.DFT_COMPLEX_OUTPUT), np.float32)


def _waves(spectrum: Density) -> NDArray[np.bool_]:
    """Return where in a spectrum (zero in the corner) lone waves stand, with what is taken out around them."""
    size = np.fft.fftshift(cv2.magnitude(spectrum[..., 0], spectrum[..., 1])) * _UNIT
    around = np.maximum(cv2.blur(size, (ALONG, 1)), cv2.blur(size, (1, ALONG)))
    lone = (size > BANDS) & (size > LONE_WAVE * around) & _FAST
    grown = cv2.dilate(lone.astype(np.uint8), np.ones((NOTCH, NOTCH), np.uint8)) > 0
    return np.asarray(np.fft.ifftshift(grown & _FAST), np.bool_)


def _notched(tile: Pixels, bands: NDArray[np.bool_]) -> Density:
    """Return the logarithm of a tile, windowed, without the page's bands, its own, and the lone waves of light that go with them."""
    logs = cv2.LUT(tile, LOGS)
    spectra = [_spectrum(logs[..., channel]) for channel in range(3)]
    waves = bands | _waves(spectra[2] - spectra[0]) | _waves(spectra[1])
    for spectrum in spectra:
        spectrum[waves] = 0
    back = cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT
    return np.asarray(cv2.merge([cv2.dft(spectrum, flags=back) for spectrum in spectra]), np.float32)
