"""Knows one stamping of a seal again: how ink lay on its rim and on its solid parts, whatever its turn, size and scan.

Pressure, blots and pin-holes fall anew each time a stamp is put down; a picture of a seal keeps them. Only where
the stamp itself is plain is looked at, so that two stampings of one die share nothing but its shape.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks.ink import Density, Inks
from intake.marks.seals import Stamp, polar
from intake.marks.unrolled import OTHER_INK
from intake.reading import Imprint
from intake.thresholds import LEAST_FACE, LEAST_RIM, MANY, SAME, SAME_OWN, SAME_RIM, SURE_RIM

Texture = NDArray[np.float32]
Values = NDArray[np.float32]

TURNS = 512  # steps of the rim: 0.26 mm of a 42 mm seal
SIDE = 96  # cells of the face each way: 0.37 mm of a 42 mm seal
WITHIN = 0.86  # of the radius: where the rim begins
RIM_FROM, RIM_TO = (
    -1.5,
    0.7,
)  # mm from the outer edge: all of the rim is summed, so that its blur does not count
SMOOTH_MM, EVEN_MM = 0.3, 4.0  # finer is the scanner's noise, coarser the lamp's light
FACE_PX = 8.0  # px/mm while the face is looked at
ODD, ODD_NEAR_MM = (
    0.3,
    0.5,
)  # share of its surroundings that ink alone hardly leaves, and how far such a place is felt
SOLID_MM = 0.3  # this far inside an ink's edge a scan's blur is not seen
FACE_EVEN_MM = 2.0
STEP = 254.0  # steps of a stored value: ±0.5 of the ink around
NOTHING = -128  # a stored cell of which nothing is known
ENOUGH = 60  # more would only take time
SWINGS = (-1.4, -0.7, 0.0, 0.7, 1.4)  # degrees the rim's turn may be off for the face
CELLS_OFF = (-1, 0, 1)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An imprint seen before: on which paper, and whether it was itself doubted."""

    rim: bytes
    face: bytes
    paper: str
    doubted: bool = False


def imprint(density: Density | Inks, px_per_mm: float, stamp: Stamp, unit: str) -> Imprint:
    """Return the imprint of a unit's round seal on a straightened page; its bytes hold no text and no picture."""
    reach = stamp.radius + RIM_TO + 1
    left, top = (max(round((edge - reach) * px_per_mm), 0) for edge in (stamp.x, stamp.y))
    right, bottom = (round((edge + reach) * px_per_mm) for edge in (stamp.x, stamp.y))
    density = density[top:bottom, left:right]
    place = (round(stamp.x, 1), round(stamp.y, 1))
    stamp = replace(stamp, x=stamp.x - left / px_per_mm, y=stamp.y - top / px_per_mm)
    return Imprint(
        unit,
        _packed(_rim(density, px_per_mm, stamp)),
        zlib.compress(_packed(_face(density, px_per_mm, stamp))),
        place,
    )


def twin(rim: bytes, face: bytes, earlier: Sequence[Earlier]) -> Earlier | None:
    """Return which of the earlier imprints of a unit is of the same stamping as a rim and face; None when none is.

    What many stampings of the unit share is its die's (a worn one, evenly inked) and proves nothing: it is taken out
    of both before they are compared.
    """
    likeness, turns = _turned_to_fit(rim, [known.rim for known in earlier])
    apart = _without_the_die(rim, earlier, likeness, turns)
    mine = _unpacked(zlib.decompress(face), SIDE)
    best, found = SAME, None
    for k in np.flatnonzero((likeness >= SAME_RIM) & (apart >= SAME_OWN)).tolist():
        other = _unpacked(zlib.decompress(earlier[k].face), SIDE)
        both = float(likeness[k]) + _face_likeness(mine, other, float(turns[k]))
        if both >= best or (found is None and likeness[k] >= SURE_RIM):
            best, found = max(both, SAME), earlier[k]
    return found


def _without_the_die(rim: bytes, earlier: Sequence[Earlier], likeness: Values, turns: Values) -> Values:
    """Return how alike a rim is to each earlier one beside what the die's other stampings have too (partial correlation).

    Those are the stampings on other papers that resemble this one: undoubted ones, or else, at a unit's first
    papers, the most of all there are. With fewer than MANY nothing is known of the die: 1, which leaves all as it is.
    """
    same_die = likeness >= SAME_RIM
    trusted = same_die & np.array([not known.doubted for known in earlier], bool)
    papers = np.array([known.paper for known in earlier])
    found = np.ones(len(earlier), np.float32)
    mine, known = (part[0] for part in _unpacked(rim, TURNS))
    laid = [_laid(earlier[k].rim, float(turns[k])) if same_die[k] else None for k in range(len(earlier))]
    for k in np.flatnonzero(same_die).tolist():
        others = papers != papers[k]
        others &= trusted if (trusted & others).sum() >= MANY else same_die
        if others.sum() < MANY or (
            not trusted[others].all() and 2 * others.sum() < (papers != papers[k]).sum()
        ):
            continue
        rims = [part for j in np.flatnonzero(others)[-ENOUGH:] if (part := laid[j]) is not None]
        seen = sum(part[1] for part in rims)
        die = sum(part[0] for part in rims) / np.maximum(seen, 1)
        theirs, shown = laid[k] or (mine, known)
        where = known * shown * (seen >= 2)
        direct, by_one, by_other = (
            _correlation(a, b, where) for a, b in ((mine, theirs), (mine, die), (theirs, die))
        )
        found[k] = (direct - by_one * by_other) / np.sqrt((1 - by_one**2) * (1 - by_other**2) + 1e-6)
    return found


def _laid(rim: bytes, turn: float) -> tuple[Texture, Texture]:
    """Return a stored rim turned to lie like the one it was fitted to, and where it is known."""
    values, known = _unpacked(rim, TURNS)
    back = -round(turn / 360 * TURNS)
    return np.roll(values[0], back), np.roll(known[0], back)


def _correlation(one: Texture, other: Texture, where: Texture) -> float:
    return float(
        (one * other * where).sum() / np.sqrt((one**2 * where).sum() * (other**2 * where).sum() + 1e-9)
    )


def _rim(density: Density, px_per_mm: float, stamp: Stamp) -> Texture:
    """Return the rim's ink against its surroundings at each turn, NaN where print or nothing lies."""
    radii = stamp.radius + np.arange(RIM_FROM, RIM_TO, 0.1)
    where = (px_per_mm, (stamp.x, stamp.y), radii, TURNS)
    ink = polar(density[..., 1], *where)
    other = polar(_other_ink(density), *where)
    total = np.maximum(ink, 0).mean(axis=0)
    known = (ink.min(axis=0) > -0.5) & (np.abs(other).max(axis=0) < 0.5)
    known &= total > 0.1 * np.median(total)
    step = 2 * np.pi * stamp.radius / TURNS
    texture = _against_around(total, known, step)
    # A hole or a line is where print lay below the seal, or below the one a copy was taken of.
    near = np.abs(texture) > ODD
    for _ in range(round(ODD_NEAR_MM / step)):
        near |= np.roll(near, 1) | np.roll(near, -1)
    known &= ~near
    texture = _against_around(total, known, step)
    weight = np.maximum(_rolled(known.astype(np.float64), SMOOTH_MM / step), 0.2)
    return np.where(known, _rolled(texture, SMOOTH_MM / step) / weight, np.nan).astype(np.float32)


def _against_around(total: NDArray[np.float32], known: NDArray[np.bool_], step: float) -> NDArray[np.float64]:
    """Return a rim's ink against the mean of its known surroundings, 0 where nothing is known."""
    weight = known.astype(np.float64)
    around = _rolled(total * weight, EVEN_MM / step) / np.maximum(_rolled(weight, EVEN_MM / step), 0.05)
    return np.where(known, total / np.maximum(around, 1e-3) - 1, 0.0)


def _face(density: Density, px_per_mm: float, stamp: Stamp) -> Texture:
    """Return the ink on the solid parts inside the rim (the star, mostly) against its surroundings, NaN elsewhere."""
    side = round(2 * WITHIN * stamp.radius * FACE_PX)
    ratio = px_per_mm / FACE_PX
    first = [(edge - side / 2 / FACE_PX) * px_per_mm - 0.5 + 0.5 * ratio for edge in (stamp.x, stamp.y)]
    cut = np.array([[ratio, 0, first[0]], [0, ratio, first[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    ink, other = (
        cv2.warpAffine(channel, cut, (side, side), flags=flags)
        for channel in (np.ascontiguousarray(density[..., 1]), _other_ink(density))
    )
    calm = cv2.GaussianBlur(ink, (0, 0), SMOOTH_MM * FACE_PX)
    strong = calm[calm > 0.1]
    if not strong.size:
        return np.full((SIDE, SIDE), np.nan, np.float32)
    reach = 2 * int(SOLID_MM * FACE_PX) + 1
    inked = (calm > 0.5 * np.percentile(strong, 85)) & (other < 0.5)
    solid = cv2.erode(inked.astype(np.uint8), np.ones((reach, reach), np.uint8)).astype(np.float32)
    fine, even = (_evened(ink, solid, size * FACE_PX) for size in (SMOOTH_MM, FACE_EVEN_MM))
    texture = (fine / np.maximum(even, 1e-3) - 1) * solid
    cells, weight = (
        cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for part in (texture, solid)
    )
    return np.where(weight > 0.3, cells / np.maximum(weight, 0.3), np.nan).astype(np.float32)


def _other_ink(density: Density) -> Density:
    """Return 1 where pen or print lies, whose place says nothing of the stamp."""
    dark = (density[..., 2] > 2 * OTHER_INK).astype(np.float32)
    return np.asarray(cv2.dilate(dark, np.ones((5, 5), np.uint8)), np.float32)


def _evened(ink: Any, solid: Density, sigma: float) -> Density:
    inside = cv2.GaussianBlur(ink * solid, (0, 0), sigma)
    return np.asarray(inside / np.maximum(cv2.GaussianBlur(solid, (0, 0), sigma), 1e-3), np.float32)


def _rolled(values: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Return values around a circle smoothed by a Gaussian of `sigma` steps."""
    gain = np.exp(-2 * (np.pi * np.fft.rfftfreq(values.shape[-1]) * sigma) ** 2)
    return np.asarray(np.fft.irfft(np.fft.rfft(values) * gain, values.shape[-1]), np.float64)


def _packed(texture: Texture) -> bytes:
    kept = np.round(np.clip(texture, -0.5, 0.5) * STEP)
    return np.where(np.isnan(kept), NOTHING, kept).astype(np.int8).tobytes()


def _unpacked(stored: bytes, side: int) -> tuple[Texture, Texture]:
    """Return values (0 where nothing is known) and which are known, as `side` columns."""
    cells = np.frombuffer(stored, np.int8).reshape(-1, side)
    known = (cells != NOTHING).astype(np.float32)
    return cells.astype(np.float32) / np.float32(STEP) * known, known


def _turned_to_fit(rim: bytes, rims: Sequence[bytes]) -> tuple[Values, Values]:
    """Return the best correlation of a rim with each of N others over all turns, and that turn in degrees.

    Most of many others are no match; they are told by one product before what is unknown is weighed at each turn.
    """
    likeness, turns = (np.zeros(len(rims), np.float32) for _ in range(2))
    if not rims:
        return likeness, turns
    (mine, known), (theirs, seen) = _unpacked(rim, TURNS), _unpacked(b"".join(rims), TURNS)
    rough = _over_turns(mine, theirs).max(axis=1)
    rough /= np.sqrt(np.maximum((mine**2).sum() * (theirs**2).sum(axis=1), 1e-6))
    near = np.flatnonzero(rough >= LEAST_RIM * SAME_RIM)
    if not near.size:
        return likeness, turns
    theirs, seen = theirs[near], seen[near]
    power = np.maximum(_over_turns(mine**2, seen), 0) * np.maximum(_over_turns(known, theirs**2), 0)
    enough = (_over_turns(known, seen) >= LEAST_RIM * TURNS) & (power > 1e-6)
    fit = np.where(enough, _over_turns(mine, theirs) / np.sqrt(np.maximum(power, 1e-6)), 0.0)
    best = fit.argmax(axis=1)
    likeness[near] = np.take_along_axis(fit, best[:, None], axis=1)[:, 0]
    turns[near] = best * 360 / TURNS
    return likeness, turns


def _over_turns(mine: Texture, theirs: Texture) -> NDArray[np.float64]:
    """Return the sum of products of one rim with each of N others at each turn (N x TURNS)."""
    spectrum = np.fft.rfft(theirs) * np.conj(np.fft.rfft(mine))
    return np.asarray(np.fft.irfft(spectrum, TURNS), np.float64)


def _face_likeness(one: tuple[Texture, Texture], other: tuple[Texture, Texture], turn: float) -> float:
    """Return the best correlation of two faces, the first turned (clockwise degrees) to lie like the second."""
    best = 0.0
    for swing in SWINGS:
        matrix = cv2.getRotationMatrix2D((SIDE / 2 - 0.5, SIDE / 2 - 0.5), -(turn + swing), 1)
        mine, known = (cv2.warpAffine(part, matrix, (SIDE, SIDE)) for part in one)
        for down in CELLS_OFF:
            for right in CELLS_OFF:
                both = (np.roll(known, (down, right), (0, 1)) > 0.7) & (other[1] > 0)
                if both.sum() >= LEAST_FACE:
                    a, b = np.roll(mine, (down, right), (0, 1))[both], other[0][both]
                    best = max(best, float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-9)))
    return best
