"""Finds a thin stroke that the archive lacks on or beside a printed line: what a pencil makes 玉 of 王 with, and a letter joined to a value."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.ink import CORE
from intake.strokes.places import AROUND, EDGE, Pictures, inks, inner, place_of, red_of
from intake.strokes.rest import fitted, unexplained

SIDE: Final = 1.0  # line heights before and behind a line where a letter may have been joined to it
AIR: Final = 0.35  # line heights above and below, where 王 gets the dot of 主
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
WIPED: Final = 9  # pixels of a crease that are no stroke's
UNDER_SEAL: Final = 0.2  # of what is left over where a seal's ink was taken away
BESIDE_SEAL: Final = (
    0.75  # of the rest of a line that a seal crosses: print is as dark beneath it only nearly …
)
SEALED: Final = 0.03  # … where so much of the line lies under its ink


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
    place = place_of(page, reference, box, shift, (sides, AIR))
    if place is None:
        return 0.0
    windows = max(round((place[2] - place[0]) / (WINDOW * height)), 1)
    return darkest(inner(unexplained(*inks(page, reference, place, shift), windows)), height).dark


def closely(
    pictures: Pictures, box: list[int], shift: tuple[int, int] = (0, 0), sides: float = SIDE
) -> float:
    """Return the same after a closer look: without creases that run across the line, fringes of seals, and lines that stray."""
    page, reference, colour = pictures
    height = box[3] - box[1]
    place = place_of(page, reference, box, shift, (sides, AIR))
    if place is None:
        return 0.0
    scan, ink = inks(page, reference, place, shift)
    rest = fitted(scan, ink, height)
    if colour is not None:
        red = red_of(colour, place, shift)
        rest *= np.where(red, np.float32(UNDER_SEAL), np.float32(BESIDE_SEAL if red.mean() > SEALED else 1))
    others = cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 255 - CORE
    others[box[1] - place[1] : box[3] - place[1]] = False
    rest[others] = 0.0
    tall = place_of(page, reference, box, shift, AROUND) or place
    calm = cv2.blur(fitted(*inks(page, reference, tall, shift), height), (3, 3))
    right, down = place[0] - tall[0], place[1] - tall[1]
    for _ in range(CREASES):
        found = darkest(inner(rest), height)
        stroke = replace(found, x=found.x + EDGE, y=found.y + EDGE)
        ends = _crease(calm, replace(stroke, x=stroke.x + right, y=stroke.y + down), height)
        if ends is None:
            return found.dark
        first, last = (np.array(end) - (right, down) for end in ends)
        onward = 4 * (last - first)
        cv2.line(rest, (first - onward).tolist(), (last + onward).tolist(), 0.0, WIPED)
    return darkest(inner(rest), height).dark


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
