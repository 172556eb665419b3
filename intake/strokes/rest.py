"""Tells what the archive's ink, blurred and a little moved, does not explain of a scan."""

from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np

BLURS: Final = (
    (1.0, 7),
    (2.0, 11),
)  # pixels, and those of the kernel: every scanner's sharpness lies between
STIFF: Final = 1e-3  # keeps a fit from explaining strokes by a bend of the paper
BENDING: Final = 10  # pixels from a window's middle at which it may stray once more
CLOSE: Final = 1.2  # line heights of a window then
REACH: Final = 2  # pixels it may stand off its line
PRINTED: Final = 0.2  # of the archive's darkness: windows with less print do not say how dark print is


def unexplained(scan: Any, ink: Any, windows: int) -> Any:
    """Return what is darker in `scan` than the archive's `ink`, blurred and a little moved, explains; as a share of print."""
    tall, wide = ink.shape
    each = -(-wide // windows)
    parts = _parts(ink)
    pictures = np.zeros((len(parts) + 1, tall, windows * each), np.float32)
    pictures[:-1, :, :wide], pictures[-1, :, :wide] = parts, scan
    cut = pictures.reshape(-1, tall, windows, each).transpose(2, 0, 1, 3)
    rest, amounts = _left_over(np.ascontiguousarray(cut).reshape(windows, len(pictures), -1))
    whole = rest.reshape(windows, tall, each).transpose(1, 0, 2).reshape(tall, -1)[:, :wide]
    return np.ascontiguousarray(whole) / np.float32(255 * _darkness(amounts))


def fitted(scan: Any, ink: Any, height: int) -> Any:
    """Return the same of smaller windows, each laid where it is likest, and stretched: what strays on a curled sheet is no stroke."""
    parts = _parts(ink)
    tall, wide = ink.shape
    count = max(round(wide / (CLOSE * height)), 1)
    edges = np.linspace(0, wide, count + 1).round().astype(int)
    framed = cv2.copyMakeBorder(scan, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE)
    rest, found = np.empty_like(ink), []
    for start, end in pairwise(edges):
        own = parts[:, :, start:end]
        around = framed[:, start : end + 2 * REACH]
        right, down = REACH, REACH
        if float(ink[:, start:end].max()) > 100:
            _, _, _, (right, down) = cv2.minMaxLoc(
                cv2.matchTemplate(around, own[1] + own[2], cv2.TM_CCOEFF_NORMED)
            )
        x = (np.arange(end - start, dtype=np.float32) - (end - start) / 2) / BENDING
        y = ((np.arange(tall, dtype=np.float32) - tall / 2) / BENDING)[:, np.newaxis]
        seen = around[np.newaxis, down : down + tall, right : right + end - start]
        flat = np.concatenate([own, own[3:] * x, own[3:] * y, seen])
        left_over, amounts = _left_over(flat.reshape(1, len(flat), -1))
        rest[:, start:end] = left_over.reshape(tall, -1)
        found.append(amounts[0])
    return rest / np.float32(255 * _darkness(np.array(found)))


def _parts(ink: Any) -> Any:
    """Return what a scan of this ink may be mixed of: paper, two sharpnesses, shifts both ways."""
    sharp, soft = (cv2.GaussianBlur(ink, (size, size), blur) for blur, size in BLURS)
    middle = sharp + soft
    across, down = cv2.Sobel(middle, cv2.CV_32F, 1, 0), cv2.Sobel(middle, cv2.CV_32F, 0, 1)
    return np.stack([np.full_like(ink, 100), sharp, soft, across / 16, down / 16])


def _left_over(flat: Any) -> tuple[Any, Any]:
    """Return what no mixture of all but the last of the pictures explains of the last (windows x pixels), and the amounts.

    `flat` is windows x pictures x pixels.
    """
    products = (flat @ flat.transpose(0, 2, 1)).astype(np.float64)
    among = products[:, :-1, :-1]
    stiff = STIFF * np.einsum("kii->ki", among) + STIFF
    stiff[:, 0] = STIFF
    stiffened = among + stiff[:, :, np.newaxis] * np.eye(among.shape[1])
    amounts = np.linalg.solve(stiffened, products[:, :-1, -1:])
    weights = np.concatenate([-amounts, np.ones((len(flat), 1, 1))], axis=1).astype(np.float32)
    return (weights.transpose(0, 2, 1) @ flat)[:, 0], amounts[:, :, 0]


def _darkness(amounts: Any) -> float:
    """Return how dark the archive's ink is in the scan, as a share of its own, where there is any."""
    dark = amounts[:, 1] + amounts[:, 2]
    known = dark[dark > PRINTED]
    return float(np.median(known)) if known.size else PRINTED
