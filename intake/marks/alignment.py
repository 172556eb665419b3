"""Tells how well names explain a strip of a ring, letter by letter, by what a recogniser found likely at each step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intake.recognise import LineReading
from intake.recognise.likelihood import BLANK, FLOOR, Probabilities, columns, fold
from intake.thresholds import EXTRA_LETTER, HOLE, WORST_STEP

FEW_STEPS = 5  # letters under which their steps have no middle worth the name
NEAREST = (
    64  # names aligned letter by letter: a county has hundreds, and only its likest can come near the winner
)


@dataclass(frozen=True, slots=True)
class Scores:
    """How well each of N names explains a strip, as log P(name) - log P(best reading): 0 at best.

    `total` counts everything, also letters on the seal that are not the name's; `contradicted` the name's letters
    where another letter is read, `smudged` its letters where nothing is read.
    """

    total: NDArray[np.float64]
    contradicted: NDArray[np.float64]
    smudged: NDArray[np.float64]


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


def has_hole(reading: LineReading, name: str) -> bool:
    """Return whether two letters of a name stand so far apart on its strip that one between them is hidden.

    Seals are cut with even steps: 沁县 with a signature over its middle may be 沁源县.
    """
    places = [columns(reading.alphabet, letter) for letter in fold(name)] if reading.alphabet else []
    if reading.probabilities is None or len(places) < FEW_STEPS or not all(places):
        return False
    likely = np.stack(
        [np.log(np.maximum(reading.probabilities[:, own].max(axis=1), FLOOR)) for own in places]
    )
    steps = np.diff(_in_order(likely.astype(np.float64)))
    return bool(steps.max() >= HOLE * np.median(steps))


def _in_order(likely: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return the steps at which letters (letters x steps, log P) stand likeliest, each after the one before."""
    letters, length = likely.shape
    came = np.zeros(likely.shape, int)
    value = likely[0]
    for k in range(1, letters):
        best = np.maximum.accumulate(value)
        at = np.maximum.accumulate(np.where(value == best, np.arange(length), 0))
        came[k, 1:] = at[:-1]
        value = np.concatenate(([-np.inf], best[:-1])) + likely[k]
    places = [int(value.argmax())]
    for k in range(letters - 1, 0, -1):
        places.append(int(came[k, places[-1]]))
    return np.array(places[::-1])


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
