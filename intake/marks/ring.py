"""Says whose round seal it is: unrolls the ring of characters and asks how likely each registered unit's name is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks import neighbours
from intake.marks.ink import Density, Inks, redness
from intake.marks.neighbours import LETTERS
from intake.marks.seals import Stamp, polar
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser, quick_of
from intake.recognise.likelihood import BLANK, FLOOR, Probabilities, columns, fold
from intake.thresholds import (
    AGREEING,
    ALONE,
    CLEAR_MARGIN,
    EXTRA_LETTER,
    LONG_NAME,
    NEIGHBOUR_MARGIN,
    OTHER_LETTERS,
    PLAUSIBLE,
    SURE_LETTER,
    WORST_STEP,
)

STRIP_HEIGHT = 48  # pixels: the recogniser's own height
ANGLES = 720
GAP_LEFT = 60  # angles of the gap that stay at both ends of a strip: 30 degrees, a letter's width of paper
SHORTEST_NAME = 5  # letters of a unit's name
UNIT_ENDINGS = ("局", "校", "学", "园", "院", "会", "府", "厅", "委", "部", "处", "站", "中心")
CUTS = ((0.53, 0.90, 1.0), (0.58, 0.93, 1.3), (0.53, 0.90, 1.3), (0.58, 0.93, 1.0))
"""Inner and outer radius (shares of the seal's) and widening of the lines that are read: seals differ in their letters."""
NEAREST = (
    64  # names aligned letter by letter: a county has hundreds, and only its likest can come near the winner
)
STROKE_MM = 2.5
OTHER_INK = 0.35  # density in red from which pen or print lies under the seal; a seal alone stays below


@dataclass(frozen=True, slots=True)
class Scores:
    """How well each of N names explains a strip, as log P(name) - log P(best reading): 0 at best.

    `total` counts everything, also letters on the seal that are not the name's; `contradicted` the name's letters
    where another letter is read, `smudged` its letters where nothing is read.
    """

    total: NDArray[np.float64]
    contradicted: NDArray[np.float64]
    smudged: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose seal a ring is: a registered name, or None when none wins clearly; the confidence is 0..1.

    Not `whole` means that one letter could not be read: enough to know an expected seal again, not to accuse.
    `read` is what stands on a ring that nobody won, when cuts read it surely and alike; else empty.
    """

    unit: str | None
    confidence: float
    whole: bool = True
    read: str = ""

    def is_stranger_to(self, name: str) -> bool:
        """Return whether the ring surely reads as a unit nobody knows, with other letters in place of this name's."""
        ours, theirs = fold(name), self.read
        shared = sum(
            block.size for block in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
        )
        return self.unit is None and min(len(ours), len(theirs)) - shared >= OTHER_LETTERS


NOBODY = Owner(None, 0.0)


def owner(
    density: Density | Inks, px_per_mm: float, stamp: Stamp, recogniser: Recogniser, names: Sequence[str]
) -> Owner:
    """Say whose round seal a stamp is, by the likelihood of each registered name on its ring.

    A name wins when it explains the ring nearly as well as a free reading does and better than every other name;
    with one name in the registry the first condition alone decides. It must also stand against its neighbours, units one
    letter off that no registry here knows. Nobody wins on an unreadable ring. The quick reader of an engine may agree with
    the engine's own first cut; it never decides without it.
    """
    names = [name for name in names if fold(name)]
    if not names:
        return NOBODY
    cuts: list[_Cut] = []
    found = NOBODY
    quick = quick_of(recogniser)
    for number, line in enumerate(strips(density, px_per_mm, stamp)):
        if quick is not None and number == 1:
            found = _won([*cuts, _Cut.of(quick, line, names)], names)
            if found.unit is not None and found.whole:
                break
        cuts.append(_Cut.of(recogniser, line, names))
        found = _won(cuts, names)
        if found.unit is not None and found.whole:  # further cuts could only agree
            break
    return found if found.unit is not None else replace(found, read=_sure_text([cut.reading for cut in cuts]))


@dataclass(frozen=True, slots=True)
class _Cut:
    """One line of a ring as it was read, with the letters that matter, and how well each name explains it."""

    reading: LineReading
    scores: Scores | None

    @classmethod
    def of(cls, recogniser: Recogniser, line: Pixels, names: Sequence[str]) -> "_Cut":
        (reading,) = recogniser.read_lines([line])
        return cls(reading.about(*names, LETTERS), scores(reading, names))


def _won(cuts: Sequence[_Cut], names: Sequence[str]) -> Owner:
    """Say whose name wins on the cuts read so far, and stands against its own neighbours."""
    found = _winner([cut.scores for cut in cuts if cut.scores is not None], names)
    near = [name for name in neighbours.of(found.unit or "") if name not in names]
    if found.unit is None or not near:
        return found
    told = [scores(cut.reading, [found.unit, *near], nearest=len(near) + 1) for cut in cuts]
    own, *others = np.sort(np.stack([one.total for one in told if one is not None]), axis=0)[-AGREEING]
    return found if own - max(others) >= NEIGHBOUR_MARGIN else NOBODY


def _sure_text(read: Sequence[LineReading]) -> str:
    """Return the text of a ring that AGREEING cuts read surely and alike, a whole unit's name; else an empty one."""
    texts = [fold(line.text) for line in read if line.weakest >= SURE_LETTER]
    text = max(texts, key=texts.count, default="")
    whole = len(text) >= SHORTEST_NAME and text.endswith(UNIT_ENDINGS)
    return text if whole and texts.count(text) >= AGREEING else ""


def _winner(known: Sequence[Scores], names: Sequence[str]) -> Owner:
    """Say whose name wins on the second best of the cuts read so far."""
    if len(known) < AGREEING:
        return NOBODY
    total, contradicted, smudged = (
        np.sort(np.stack(cut), axis=0)[-AGREEING]
        for cut in zip(*((one.total, one.contradicted, one.smudged) for one in known), strict=True)
    )
    best = int(total.argmax())
    margin = float(total[best] - np.delete(total, best).max()) if len(names) > 1 else 2 * CLEAR_MARGIN
    lost = float(contradicted[best] + smudged[best])
    whole = lost >= PLAUSIBLE
    doubt = PLAUSIBLE if margin < ALONE else 2 * PLAUSIBLE
    known_again = (
        contradicted[best] >= doubt and lost >= PLAUSIBLE + WORST_STEP and len(names[best]) >= LONG_NAME
    )
    if margin < CLEAR_MARGIN or not (whole or known_again):
        return NOBODY
    sure = float(np.exp(lost / 6)) * min(1.0, margin / CLEAR_MARGIN / 2)
    return Owner(names[best], round(sure if whole else 0.5, 3), whole)


def strips(density: Density | Inks, px_per_mm: float, stamp: Stamp) -> Iterator[Pixels]:
    """Yield the unrolled ring as gray lines of text, each cut a little differently.

    The line starts in the ring's widest gap without ink, so the seal may stand upside down.
    """
    reach = stamp.radius + 1
    left, top = max(round((stamp.x - reach) * px_per_mm), 0), max(round((stamp.y - reach) * px_per_mm), 0)
    right, bottom = round((stamp.x + reach) * px_per_mm), round((stamp.y + reach) * px_per_mm)
    around = density[top:bottom, left:right]
    around = strokes_alone(around, px_per_mm)
    x, y = stamp.x - left / px_per_mm, stamp.y - top / px_per_mm
    start, gap = _gap(
        polar(redness(around), px_per_mm, (x, y), np.linspace(0.66, 0.88, 12) * stamp.radius, ANGLES)
    )
    bare = max(gap - GAP_LEFT, 0)
    picture = seal_ink(around)
    for inner, outer, stretch in CUTS:
        radii = np.linspace(outer, inner, STRIP_HEIGHT) * stamp.radius
        unrolled = np.roll(polar(picture, px_per_mm, (x, y), radii, 2 * ANGLES), -2 * start, axis=1)
        unrolled = np.hstack([unrolled, unrolled[:, : ANGLES // 12]])[
            :, bare : 2 * ANGLES + ANGLES // 12 - bare
        ]
        length = (
            stretch
            * np.pi
            * (inner + outer)
            / (outer - inner)
            * STRIP_HEIGHT
            * unrolled.shape[1]
            / (2 * ANGLES)
        )
        line = cv2.resize(unrolled, (round(length), STRIP_HEIGHT), interpolation=cv2.INTER_AREA)
        yield _printed(np.asarray(line, np.float32))


def strokes_alone(density: Density, px_per_mm: float) -> Density:
    """Return a density without what is wider than any letter's stroke: shadow, tone, the blur between dots."""
    reach = round(STROKE_MM * px_per_mm) | 1
    soft = cv2.blur(density, (3, 3))
    wide = cv2.morphologyEx(soft, cv2.MORPH_OPEN, np.ones((reach, reach), np.uint8))
    return np.asarray(np.maximum(density - cv2.blur(wide, (reach, reach)), 0), np.float32)


def seal_ink(density: Density) -> Density:
    """Return the seal's ink alone: the green channel, less what pen and print below it take of every channel."""
    green, red = density[..., 1], density[..., 2]
    other = cv2.dilate((red > OTHER_INK).astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(np.where(other > 0, np.maximum(green - red, 0), green), np.float32)


def scores(reading: LineReading, names: Sequence[str], nearest: int = NEAREST) -> Scores | None:
    """Return how well each name (one at least, none empty) explains a strip; None when the reading has no probabilities.

    Only the `nearest` names are aligned. The others are given what they could reach at best (every letter where it stands
    strongest), which is too much: they can make a winner doubtful, never win.
    """
    if reading.probabilities is None or reading.alphabet is None:
        return None
    best = reading.probabilities.argmax(axis=1)
    strongest = np.log(np.maximum(reading.probabilities[np.arange(len(best)), best], FLOOR)).astype(
        np.float64
    )
    texts = [fold(name) for name in names]
    places = {letter: columns(reading.alphabet, letter) for letter in set("".join(texts))}
    letters = {letter: _relative(reading.probabilities, own, strongest) for letter, own in places.items()}
    peaks = {letter: float(own.max()) for letter, own in letters.items()}
    reach = np.array([sum(peaks[letter] for letter in text) for text in texts])
    chosen = np.argsort(-reach, kind="stable")[:nearest]
    near = [texts[k] for k in chosen]
    begins = (best != BLANK) & np.concatenate(([True], best[1:] != best[:-1]))
    blank = _relative(reading.probabilities, [BLANK], strongest)
    emissions = np.full((len(best), len(near), 2 * max(map(len, near)) + 1), -np.inf)
    for k, text in enumerate(near):
        emissions[:, k, 2 : 2 * len(text) : 2] = blank[:, None]
        emissions[:, k, 1 : 2 * len(text) : 2] = np.stack([letters[letter] for letter in text], axis=1)
        emissions[:, k, [0, 2 * len(text)]] = np.where(begins, -EXTRA_LETTER, 0.0)[:, None]
    aligned = _aligned(emissions, np.array([2 * len(text) for text in near]), best != BLANK)
    found = Scores(reach.copy(), np.full(len(texts), -np.inf), np.zeros(len(texts)))
    for whole, part in (
        (found.total, aligned.total),
        (found.contradicted, aligned.contradicted),
        (found.smudged, aligned.smudged),
    ):
        whole[chosen] = part
    return found


def _relative(
    probabilities: Probabilities, places: Sequence[int], strongest: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return log P of the likeliest of some columns at each step, less that of the step's strongest, WORST_STEP at least."""
    if not places:
        return np.full(len(strongest), WORST_STEP)
    own = np.log(np.maximum(probabilities[:, list(places)].max(axis=1), FLOOR)).astype(np.float64)
    return np.asarray(np.maximum(own - strongest, WORST_STEP), np.float64)


def _aligned(emissions: NDArray[np.float64], ends: NDArray[np.int_], lettered: NDArray[np.bool_]) -> Scores:
    """Align all names inside a strip at once (Viterbi); emissions is steps x names x states.

    The states of a name are: free steps before it, c1, blank, c2 … cL, free steps after it (at its `ends`).
    `lettered` says at which steps the strip shows a letter. The costs of the best path are kept apart as it grows.
    """
    _, names, states = emissions.shape
    rows = np.arange(names)
    own = np.ones((names, states), bool)
    own[:, 0] = own[rows, ends] = False
    no_skip = np.full(states, -np.inf)
    no_skip[3::2] = 0.0
    # Two states that nothing comes from stand before the first: staying, coming from one before and skipping a blank
    # are then three views of the same numbers.
    value = np.full((names, states + 2), -np.inf)
    value[:, 2] = 0.0
    costs = np.zeros((2, names, states + 2))
    for step, own_step, shows_letter in zip(emissions, np.where(own, emissions, 0.0), lettered, strict=True):
        stay, come, skip = value[:, 2:], value[:, 1:-1], value[:, :-2] + no_skip
        moved = come > stay
        best = np.where(moved, come, stay)
        skipped = skip > best
        cost = np.where(skipped, costs[..., :-2], np.where(moved, costs[..., 1:-1], costs[..., 2:]))
        cost[0 if shows_letter else 1] += own_step
        value[:, 2:] = np.where(skipped, skip, best) + step
        costs[..., 2:] = cost
    value, costs = value[:, 2:], costs[..., 2:]
    last = np.where(value[rows, ends] >= value[rows, ends - 1], ends, ends - 1)
    return Scores(value[rows, last], costs[0][rows, last], costs[1][rows, last])


def _gap(ring: NDArray[np.float32]) -> tuple[int, int]:
    """Return the angle (index) in the middle of the ring's widest stretch without ink, and how wide it is."""
    ink = np.clip(ring, 0, None).mean(axis=0)
    ink = cv2.blur(np.concatenate([ink, ink])[None, :], (9, 1))[0]
    dark = np.flatnonzero(ink > 0.25 * np.percentile(ink, 90))
    if dark.size < 2:
        return 0, 0
    width, first = max((int(b - a), int(a)) for a, b in pairwise(dark))
    return int(first + width // 2) % int(ring.shape[1]), width


def _printed(ink: NDArray[np.float32]) -> Pixels:
    """Return ink as dark on white, stretched so that the seal's own darkest parts are black."""
    full = max(float(np.percentile(ink, 97)), 0.05)
    return np.asarray(255 - 255 * np.clip(ink / full, 0, 1), np.uint8)
