"""Finds red stamps on a straightened page: round seals by their rim, square name seals by their outline."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import Density
from intake.thresholds import (
    ABOVE_OUTSIDE,
    COVERAGE,
    INSIDE_INK,
    ON_PAGE,
    SEARCH_SCORE,
    SQUARE_FILL,
    SQUARE_SIDES,
)

COARSE = 2.0  # px/mm for the search: a rim of 1 mm is two pixels wide
FINE = 5.0  # px/mm for the fit: 127 dpi, under every scan worth reading
RADII_MM = np.arange(14.5, 25.75, 0.5)  # official seals are 38-45 mm wide; copies shrink, some offices differ
RIM_MM = 1.2
PALE, FULL = (
    0.03,
    0.12,
)  # redness at which ink begins to count and counts fully: pale pads and thin rims count too
HALF_ON_PAGE = 0.2  # of a seal on one side of a cut line
HALVES_TRIED = (
    12  # circles whose rim may be the one a part of a seal belongs to: more of them than letters make
)
APART_MM = 6.0  # two seals nearer than this are one
INNER = 0.8  # rings this much smaller than a seal they lie in are made of its letters
MOST_ROUNDS = 40
SQUARE_MM = (9.0, 27.0)  # name seals are 15-20 mm wide
ANGLES = 240
IN_RIM = np.array([0.3, 0.6, 0.9])  # mm inside the outer edge
MOVES = np.array([(x, y, r) for x in (-1, 0, 1) for y in (-1, 0, 1) for r in (-1, 0, 1)], np.float64)
OUTSIDE_RIM = np.array([1.2, 1.6, 2.0])  # mm outside it


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp that was found: centre and half its width in page mm, and the share of its rim that shows ink."""

    x: float
    y: float
    radius: float
    coverage: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Return the upright box around it in page mm."""
        return (self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


def at(red: Density, px_per_mm: float, wanted: float) -> Density:
    """Return a redness at another resolution (`wanted` px/mm)."""
    size = (
        max(round(red.shape[1] * wanted / px_per_mm), 1),
        max(round(red.shape[0] * wanted / px_per_mm), 1),
    )
    return np.asarray(cv2.resize(red, size, interpolation=cv2.INTER_AREA), np.float32)


def inked(red: Density, px_per_mm: float, wanted: float) -> Density:
    """Return where red ink lies, 0-1, at another resolution (`wanted` px/mm)."""
    ink = (at(red, px_per_mm, wanted) - PALE) / (FULL - PALE)
    return np.asarray(np.clip(ink, 0, 1, out=ink), np.float32)


def round_seals(red: Density, px_per_mm: float) -> list[Stamp]:
    """Return every round red seal on a page, strongest first; `red` is its redness at px_per_mm."""
    coarse = inked(red, px_per_mm, COARSE)
    if float(coarse.sum()) < COARSE**2 * 2 * np.pi * RADII_MM[0] * 0.3:  # not ink enough for one thin rim
        return []
    fine = inked(red, px_per_mm, FINE)
    scores = _rim_scores(coarse)
    found: list[Stamp] = []
    for _ in range(MOST_ROUNDS):
        k, y, x = np.unravel_index(int(scores.argmax()), scores.shape)
        if scores[k, y, x] < SEARCH_SCORE:
            break
        stamp = _fitted(fine, (x + 0.5) / COARSE, (y + 0.5) / COARSE, float(RADII_MM[k]))
        real = _is_seal(fine, stamp) and not any(_answers_to(stamp, seal) for seal in found)
        if real:
            found.append(stamp)
        _forget(scores, int(y), int(x), APART_MM if real else 2.0)
    return found


def square_seals(red: Density, px_per_mm: float, rounds: list[Stamp]) -> list[Stamp]:
    """Return every red name seal on a page once the round seals are taken away."""
    fine = inked(red, px_per_mm, FINE)
    for stamp in rounds:
        cv2.circle(
            fine, (round(stamp.x * FINE), round(stamp.y * FINE)), round((stamp.radius + 1) * FINE), 0, -1
        )
    mask = (fine > 0.5).astype(np.uint8)
    joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((round(1.6 * FINE),) * 2, np.uint8))
    found = []
    for outline in cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        (x, y), (width, height), angle = cv2.minAreaRect(outline)
        short, long = sorted((width / FINE, height / FINE))
        if SQUARE_MM[0] <= short and long <= SQUARE_MM[1] and short > 0.6 * long:
            coverage = _square_coverage(mask, (x, y), (width, height), angle)
            if coverage >= SQUARE_SIDES:
                found.append(Stamp(x / FINE, y / FINE, (short + long) / 4, coverage))
    return found


def _rim_scores(coarse: Density) -> NDArray[np.float32]:
    """Return, for each radius and centre, the rim's mean ink minus the mean just outside (len(RADII_MM) x H x W)."""
    height, width = coarse.shape
    pad = int(RADII_MM[-1] * COARSE) + 6
    shape = (cv2.getOptimalDFTSize(height + pad), cv2.getOptimalDFTSize(width + pad))
    padded = np.zeros(shape, np.float32)
    padded[:height, :width] = coarse
    page = cv2.dft(padded)
    down, across = (np.arange(-min(pad, (side - 1) // 2), min(pad, side // 2) + 1) for side in shape)
    distance = np.sqrt(down[:, None] ** 2 + across[None, :] ** 2, dtype=np.float32) / COARSE
    kernel = np.zeros(shape, np.float32)
    places = np.ix_(down, across)  # around the kernel's origin, which lies in the corners
    scores = np.empty((len(RADII_MM), height, width), np.float32)
    for k, radius in enumerate(RADII_MM):
        rim = np.abs(distance - (radius - RIM_MM / 2)) < RIM_MM / 2
        outside = np.abs(distance - (radius + 1.5)) < 0.6
        kernel[places] = rim / rim.sum() - 0.7 * outside / outside.sum()
        product = cv2.mulSpectrums(page, cv2.dft(kernel), 0)
        scores[k] = cv2.idft(product, flags=cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT)[:height, :width]
    return scores


def _forget(scores: NDArray[np.float32], y: int, x: int, reach_mm: float) -> None:
    reach = round(reach_mm * COARSE)
    scores[:, max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1] = -1


def polar(
    picture: NDArray[np.float32],
    px_per_mm: float,
    centre: tuple[float, float],
    radii: NDArray[np.float64],
    angles: int,
) -> NDArray[np.float32]:
    """Return the picture around (x, y) mm as radii (mm) x angles, clockwise from six o'clock; outside it is -1."""
    return _unrolled(picture, px_per_mm, centre, radii[:, None], angles)


def _unrolled(
    picture: NDArray[np.float32], px_per_mm: float, centre: tuple[Any, Any], radii: Any, angles: int
) -> NDArray[np.float32]:
    """Do so for centres and radii of any shape that ends in one column; what comes before is laid out as rows."""
    x, y = centre
    turn = np.linspace(0, 2 * np.pi, angles, endpoint=False)
    columns = ((x - radii * np.sin(turn)) * px_per_mm - 0.5).reshape(-1, angles)
    rows = ((y + radii * np.cos(turn)) * px_per_mm - 0.5).reshape(-1, angles)
    return np.asarray(
        cv2.remap(
            picture,
            columns.astype(np.float32),
            rows.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=-1.0,
        ),
        np.float32,
    )


def fitted_half(red: Density, px_per_mm: float, stamp: Stamp, *, right: bool, line: float) -> Stamp | None:
    """Return a seal as the half of it right (or left) of a line (mm) alone would have it; None with too little of it."""
    fine = inked(red, px_per_mm, FINE)
    column = round(line * FINE)
    fine[:, slice(0, column) if right else slice(column, None)] = -1.0
    found = _fitted(fine, stamp.x, stamp.y, stamp.radius, HALF_ON_PAGE)
    return found if found.coverage >= COVERAGE else None


def half_seal(
    red: Density, px_per_mm: float, *, right: bool, line: float, middle: tuple[float, float], least_mm: float
) -> Stamp | None:
    """Return the seal of which a part of a paper shows the half right (or left) of a line (mm); None without one.

    Its ring crosses the line by `least_mm`, and its centre lies between two heights (`middle`, mm).
    """
    fine = inked(red, px_per_mm, FINE)
    column = round(line * FINE)
    gone = slice(0, column) if right else slice(column, None)
    fine[:, gone] = 0.0
    scores = _rim_scores(at(fine, FINE, COARSE))
    fine[:, gone] = -1.0
    found = []
    for _ in range(HALVES_TRIED):
        k, y, x = np.unravel_index(int(scores.argmax()), scores.shape)
        one = _fitted(fine, (x + 0.5) / COARSE, (y + 0.5) / COARSE, float(RADII_MM[k]), HALF_ON_PAGE)
        crosses = abs(one.x - line) < one.radius - least_mm and middle[0] <= one.y <= middle[1]
        if crosses and _is_seal(fine, one, seen_only=True):
            found.append(one)
        _forget(scores, int(y), int(x), 2.0)
    return max(found, key=lambda one: one.coverage, default=None)


def _fitted(fine: Density, x: float, y: float, radius: float, least: float = ON_PAGE) -> Stamp:
    """Return the stamp near a guess whose rim holds most ink: steps halve from 0.6 to 0.15 mm.

    `least` is the share of the rim that must lie on the page.
    """
    best = (float(_rim_inks(fine, np.array([[x, y, radius]]), least)[0]), x, y, radius)
    for step in (0.6, 0.3, 0.15):
        for _ in range(4):
            tried = np.array(best[1:]) + step * MOVES
            inks = _rim_inks(fine, tried, least)
            ink, *place = max((ink, *place) for ink, place in zip(inks, tried.tolist(), strict=True))
            trial = (ink, place[0], place[1], place[2])
            if trial[0] <= best[0]:
                break
            best = trial
    _, x, y, radius = best
    around = polar(fine, FINE, (x, y), radius + np.arange(-1.4, 0.5, 0.2), ANGLES)
    seen = around.min(axis=0) >= 0
    share = float((around.max(axis=0)[seen] > 0.5).mean()) if seen.mean() >= least else 0.0
    return Stamp(float(x), float(y), float(radius), share)


def _rim_inks(fine: Density, tried: NDArray[np.float64], least: float = ON_PAGE) -> list[float]:
    """Return the mean ink on the rim of each of N circles (x, y, radius in mm); 0 where too little of one is on the page."""
    x, y, radius = (tried[:, k, None, None] for k in range(3))
    around = _unrolled(fine, FINE, (x, y), radius - IN_RIM[:, None], ANGLES // 2)
    rims = around.reshape(len(tried), len(IN_RIM), -1)
    seen = rims.min(axis=1) >= 0
    return [
        float(rim[:, there].mean()) if there.mean() >= least else 0.0
        for rim, there in zip(rims, seen, strict=True)
    ]


def _is_seal(fine: Density, stamp: Stamp, *, seen_only: bool = False) -> bool:
    """Return whether the fitted ring has a rim, a paler surrounding and something inside.

    What lies beside the page counts as bare, or with `seen_only` not at all.
    """
    if stamp.coverage < COVERAGE or not RADII_MM[0] - 0.5 <= stamp.radius <= RADII_MM[-1] + 1:
        return False
    rim, outside, inside = (
        _mean_ink(fine, stamp, radii, seen_only=seen_only)
        for radii in (
            stamp.radius - IN_RIM,
            stamp.radius + OUTSIDE_RIM,
            np.linspace(0.05, 0.85, 16) * stamp.radius,
        )
    )
    return bool(rim - outside >= ABOVE_OUTSIDE and INSIDE_INK[0] <= inside <= INSIDE_INK[1])


def _mean_ink(fine: Density, stamp: Stamp, radii: NDArray[np.float64], *, seen_only: bool) -> float:
    around = polar(fine, FINE, (stamp.x, stamp.y), radii, ANGLES)
    return float(np.maximum(around[around >= 0] if seen_only else around, 0).mean())


def _answers_to(stamp: Stamp, seal: Stamp) -> bool:
    """Return whether a ring is only an echo of a seal already found: its own rim again, or its letters."""
    apart = float(np.hypot(stamp.x - seal.x, stamp.y - seal.y))
    return apart < APART_MM or (stamp.radius < INNER * seal.radius and apart < seal.radius)


def _square_coverage(
    mask: NDArray[np.uint8], centre: tuple[float, float], sides: tuple[float, float], angle: float
) -> float:
    """Return the share of a rectangle's outline that shows ink; 0 when its inside is empty or solid."""
    size = 64
    corners = cv2.boxPoints((centre, (max(sides[0], 1.0), max(sides[1], 1.0)), angle))
    target = np.array([[0, size], [0, 0], [size, 0], [size, size]], np.float32)
    flat = cv2.warpPerspective(mask, cv2.getPerspectiveTransform(corners, target), (size, size))
    fill = float(flat.mean())
    if not SQUARE_FILL[0] <= fill <= SQUARE_FILL[1]:
        return 0.0
    edge = size // 8
    lines = [
        flat[:edge].max(axis=0),
        flat[-edge:].max(axis=0),
        flat[:, :edge].max(axis=1),
        flat[:, -edge:].max(axis=1),
    ]
    return float(np.mean([line.mean() for line in lines]))
