"""Finds a thin stroke that the archive lacks on or beside a printed line: what a pencil makes 玉 of 王 with, and a letter joined to a value."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.ink import CORE, window, windows
from intake.reading import Pixels

SOFT: Final = 0.7  # pixels of blur on the scan: noise and aliasing are no strokes
BLURS: Final = (
    (1.0, 7),
    (2.0, 11),
)  # pixels, and those of the kernel: every scanner's sharpness lies between
STIFF: Final = 1e-3  # keeps a fit from explaining strokes by a bend of the paper
SIDE: Final = 1.0  # line heights before and behind a line where a letter may have been joined to it
GAP_SIDE: Final = 0.0  # the same in a gap of a pre-printed blank, whose own words stand beside it
AIR: Final = 0.35  # line heights above and below, where 王 gets the dot of 主
EDGE: Final = 4  # pixels around that the blurs reach
WINDOW: Final = 1.2  # line heights: paper and light are even in so much of a line
LENGTH: Final = 0.33  # line heights: the dot of 玉 is as long
LEAST_LENGTH: Final = 5.0  # pixels
WIDTH: Final = 0.8  # pixels, the sigma of a stroke's profile
TURNS: Final = 8  # directions of strokes
TRIED: Final = 3  # darkest places of a line that are looked at more closely
NEAR: Final = 4  # pixels around them
CREASES: Final = 6  # on one line; what else stands there is a stroke
DARKEST_CREASE: Final = 0.35  # of print: pens are darker
ONWARD: Final = 1.2  # line heights a crease must go on, on both sides …
LEAST_RUN: Final = 0.7  # … of which so much must lie on the page
GOES_ON: Final = 0.4  # of its darkness
BENT: Final = 4  # steps by which its direction is sought to either side
AROUND: Final = (2.4, 1.3)  # line heights to the sides and up and down, where a crease goes on
WIPED: Final = 9  # pixels of a crease that are no stroke's
BENDING: Final = 10  # pixels from a window's middle at which it may stray once more
CLOSE: Final = 1.2  # line heights of a window then
REACH: Final = 2  # pixels it may stand off its line
UNDER_SEAL: Final = 0.2  # of what is left over where a seal's ink was taken away
BESIDE_SEAL: Final = (
    0.75  # of the rest of a line that a seal crosses: print is as dark beneath it only nearly …
)
SEALED: Final = 0.03  # … where so much of the line lies under its ink
BESIDE: Final = 1.4  # line heights: a letter as wide as it is high, and a gap
DARK: Final = 0.3  # of print's darkness: what is joined to a line where people sign
OFF: Final = 3  # pixels a letter may stand off a line's others
BY: Final = 4  # pixels from a signature's strokes that are still its own
REDDISH: Final = 10  # grey levels of red over the other channels where a seal's ink lies, in a dark photo too
FRINGE: Final = 17  # pixels: thin strokes of a seal lose their colour in a picture
PRINTED: Final = 0.2  # of the archive's darkness: windows with less print do not say how dark print is


Pictures = tuple[Pixels, Pixels, Pixels | None]
"""The page and the archived one, gray at STANDARD_DPI, and the page (BGR) before its red was taken away."""


def strongest(
    pictures: Pictures, box: list[int], shift: tuple[int, int] = (0, 0), sides: float = SIDE
) -> float:
    """Return how dark the darkest thin stroke is that no mixture of the archive's ink explains, as a share of print's darkness.

    `box` is the line in pixels of the archived page, `shift` where it was found on the other, `sides` how far before and
    behind it strokes are sought. 0 where the line lies at the page's edge. A first look: creases, fringes of seals and
    curled paper leave something too.
    """
    page, reference, _ = pictures
    height = box[3] - box[1]
    place = _place(page, reference, box, shift, (sides, AIR))
    if place is None:
        return 0.0
    windows = max(round((place[2] - place[0]) / (WINDOW * height)), 1)
    return darkest(_inner(unexplained(*_inks(page, reference, place, shift), windows)), height).dark


def closely(
    pictures: Pictures, box: list[int], shift: tuple[int, int] = (0, 0), sides: float = SIDE
) -> float:
    """Return the same after a closer look: without creases that run across the line, fringes of seals, and lines that stray."""
    page, reference, colour = pictures
    height = box[3] - box[1]
    place = _place(page, reference, box, shift, (sides, AIR))
    if place is None:
        return 0.0
    scan, ink = _inks(page, reference, place, shift)
    rest = fitted(scan, ink, height)
    if colour is not None:
        red = _red(colour, place, shift)
        rest *= np.where(red, np.float32(UNDER_SEAL), np.float32(BESIDE_SEAL if red.mean() > SEALED else 1))
    others = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 255 - CORE
    others[box[1] - place[1] : box[3] - place[1]] = False
    rest[others] = 0.0
    tall = _place(page, reference, box, shift, AROUND) or place
    calm = cv2.blur(fitted(*_inks(page, reference, tall, shift), height), (3, 3))
    right, down = place[0] - tall[0], place[1] - tall[1]
    for _ in range(CREASES):
        found = darkest(_inner(rest), height)
        stroke = replace(found, x=found.x + EDGE, y=found.y + EDGE)
        ends = _crease(calm, replace(stroke, x=stroke.x + right, y=stroke.y + down), height)
        if ends is None:
            return found.dark
        first, last = (np.array(end) - (right, down) for end in ends)
        onward = 4 * (last - first)
        cv2.line(rest, (first - onward).tolist(), (last + onward).tolist(), 0.0, WIPED)
    return darkest(_inner(rest), height).dark


def joined(pictures: Pictures, box: list[int], shift: tuple[int, int] = (0, 0)) -> float:
    """Return how much ink stands right before or behind a line, as high as its letters and no higher: shares of a letter's.

    Where people sign, their strokes stand there too; but those leave the line. What touches such strokes does not count.
    """
    page, reference, _ = pictures
    height = box[3] - box[1]
    place = _place(page, reference, box, shift, AROUND)
    if place is None:
        return 0.0
    scan, ink = _inks(page, reference, place, shift)
    core = ink > 255 - CORE
    own = np.zeros_like(core)
    own[box[1] - place[1] : box[3] - place[1], box[0] - place[0] : box[2] - place[0]] = True
    rows, columns = (np.flatnonzero((core & own).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return 0.0
    dark = fitted(scan, ink, height) > DARK
    _, labels, told, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=8)
    top, bottom = told[:, 1], told[:, 1] + told[:, 3]
    within = (top >= rows[0] - OFF) & (bottom <= rows[-1] + 1 + OFF)
    within[0] = True
    leaving = cv2.dilate((~within)[labels].astype(np.uint8), np.ones((2 * BY + 1,) * 2, np.uint8))
    within[np.unique(labels[leaving > 0])] = False
    within[0] = False
    left, right = told[:, 0], told[:, 0] + told[:, 2]
    reach = BESIDE * height
    before = within & (right <= columns[0] + OFF) & (left >= columns[0] - reach)
    behind = within & (left >= columns[-1] - OFF) & (right <= columns[-1] + reach)
    most = max(int(told[side, 4].sum()) for side in (before, behind))
    return float(most / max(windows(core & own, window(height, core.shape[1])).max(), 1.0))


def _crease(calm: Any, stroke: "Stroke", height: int) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return the ends of a crease or fold that a stroke is part of: it goes on straight, as dark, far beyond the letters."""
    if stroke.dark > DARKEST_CREASE:
        return None
    run = np.arange(LENGTH * height / 2 + 2, LENGTH * height / 2 + ONWARD * height)
    best, ends = 0.0, None
    for step in range(-BENT, BENT + 1):
        turn = stroke.turn + step * math.pi / TURNS / BENT / 2
        means, tips = [], []
        for sign in (-1, 1):
            x = np.round(stroke.x + sign * run * math.cos(turn)).astype(int)
            y = np.round(stroke.y + sign * run * math.sin(turn)).astype(int)
            on = (x >= 0) & (y >= 0) & (x < calm.shape[1]) & (y < calm.shape[0])
            if on.sum() < LEAST_RUN * height:
                return None
            means.append(float(calm[y[on], x[on]].mean()))
            tips.append((int(x[on][-1]), int(y[on][-1])))
        if min(means) > best:
            best, ends = min(means), (tips[0], tips[1])
    return ends if best >= GOES_ON * stroke.dark else None


def _place(
    page: Pixels, reference: Pixels, box: list[int], shift: tuple[int, int], by: tuple[float, float]
) -> list[int] | None:
    """Grow a line's box to both sides, up and down `by` so many of its heights, and by EDGE; None where little is on both pages."""
    height = box[3] - box[1]
    side, air = (round(one * height) + EDGE for one in by)
    left, top = max(box[0] - side, -shift[0], 0), max(box[1] - air, -shift[1], 0)
    right = min(box[2] + side, reference.shape[1], page.shape[1] - shift[0])
    bottom = min(box[3] + air, reference.shape[0], page.shape[0] - shift[1])
    return [left, top, right, bottom] if min(right - left, bottom - top) > height else None


def _inks(page: Pixels, reference: Pixels, place: list[int], shift: tuple[int, int]) -> tuple[Any, Any]:
    """Cut a place out of scan and archive, dark as ink, the scan a little softened."""
    left, top, right, bottom = place
    seen = page[top + shift[1] : bottom + shift[1], left + shift[0] : right + shift[0]]
    scan = cv2.GaussianBlur(255 - seen.astype(np.float32), (5, 5), SOFT)
    return scan, 255 - reference[top:bottom, left:right].astype(np.float32)


def _inner(rest: Any) -> Any:
    return rest[EDGE:-EDGE, EDGE:-EDGE]


def _red(colour: Pixels, place: list[int], shift: tuple[int, int]) -> Any:
    """Tell where a seal's ink lies, or its fringe."""
    left, top, right, bottom = place
    blue, green, red = cv2.split(
        colour[top + shift[1] : bottom + shift[1], left + shift[0] : right + shift[0]]
    )
    redness = cv2.subtract(red, cv2.max(blue, green))
    return cv2.dilate(redness, np.ones((FRINGE, FRINGE), np.uint8)) > REDDISH


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


def _darkness(amounts: Any) -> float:
    """Return how dark the archive's ink is in the scan, as a share of its own, where there is any."""
    dark = amounts[:, 1] + amounts[:, 2]
    known = dark[dark > PRINTED]
    return float(np.median(known)) if known.size else PRINTED


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


@dataclass(frozen=True, slots=True)
class Stroke:
    """The mean darkness along a short straight stroke, where its middle is, and its direction (radians)."""

    dark: float = 0.0
    x: int = 0
    y: int = 0
    turn: float = 0.0


def darkest(rest: Any, height: int) -> Stroke:
    """Find the darkest short straight stroke."""
    strokes = _strokes(max(round(LENGTH * height), round(LEAST_LENGTH)))
    side = strokes.shape[1]
    reach = side // 2 + NEAR
    calm = cv2.blur(rest, (5, 5))
    framed = cv2.copyMakeBorder(rest, reach, reach, reach, reach, cv2.BORDER_CONSTANT)
    found = Stroke()
    for _ in range(TRIED):
        _, most, _, (x, y) = cv2.minMaxLoc(calm)
        if most <= found.dark / 2:
            break
        around = framed[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
        views = np.lib.stride_tricks.sliding_window_view(around, (side, side))
        means = views.reshape(-1, side * side) @ strokes.reshape(len(strokes), -1).T
        at, turn = np.unravel_index(int(means.argmax()), means.shape)
        dark = float(means[at, turn])
        if dark > found.dark:
            down, right = divmod(int(at), 2 * NEAR + 1)
            found = Stroke(dark, x - NEAR + right, y - NEAR + down, math.pi * float(turn) / TURNS)
        cv2.rectangle(calm, (x - NEAR, y - NEAR), (x + NEAR, y + NEAR), 0.0, cv2.FILLED)
    return found


@lru_cache(maxsize=32)
def _strokes(length: int) -> NDArray[np.float32]:
    """Draw a stroke of this length in each direction; each picture's sum is 1."""
    reach = math.ceil(length / 2) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    drawn = []
    for turn in range(TURNS):
        cos, sin = math.cos(math.pi * turn / TURNS), math.sin(math.pi * turn / TURNS)
        along, beside = x * cos + y * sin, y * cos - x * sin
        stroke = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.exp(-((beside / WIDTH) ** 2) / 2)
        drawn.append(stroke / stroke.sum())
    return np.stack(drawn).astype(np.float32)
