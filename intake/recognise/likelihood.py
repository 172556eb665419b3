"""Computes how likely a text is under a recogniser's character probabilities (CTC's forward algorithm)."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float32]
Alphabet = Mapping[str, int]

BLANK = 0
FLOOR = 1e-9  # below it a network's probability is rounding; it also bounds what one character can cost
_VARIANTS = {
    "(": "〈",
    ")": "〉",
    "—": "-–―－",
    "·": "・•．.",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "〇": "○◯",
}
_AS_ONE = {
    ord(other): one for one, others in reversed(_VARIANTS.items()) for other in others
}  # a straight quote is the opening one


def fold(text: str) -> str:
    """Return a text as it is compared: no blanks, full width as half width, one kind of dash and dot."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(_AS_ONE)


def columns(alphabet: Alphabet, character: str) -> list[int]:
    """Return the columns that mean a folded character: itself and its wide, narrow and look-equal forms."""
    return [alphabet[form] for form in forms(character) if form in alphabet]


@lru_cache(maxsize=4096)
def forms(character: str) -> tuple[str, ...]:
    """Return the characters that mean a folded character."""
    found = {character, *_VARIANTS.get(character, "")}
    found |= {chr(ord(form) + 0xFEE0) for form in found if 0x21 <= ord(form) <= 0x7E}
    found |= {form for form in "。「」、￠￡￢￣￤￥￦" if fold(form) == character}
    return tuple(sorted(found))


def log_likelihood(probabilities: Probabilities, alphabet: Alphabet, text: str) -> float | None:
    """Return log P(text) over all alignments, blanks in the text ignored; None when a character is unknown.

    Reference: Graves et al. 2006, "Connectionist temporal classification", section 4.1 (forward variables).
    """
    wanted = fold(text)
    places = [columns(alphabet, character) for character in wanted]
    if not all(places):
        return None
    emissions = np.empty((len(probabilities), len(places) + 1))
    emissions[:, 0] = probabilities[:, [BLANK, *columns(alphabet, " ")]].sum(axis=1)
    for at, place in enumerate(places, start=1):
        emissions[:, at] = probabilities[:, place].sum(axis=1)
    return _forward(np.log(np.maximum(emissions, FLOOR)), wanted)


def _forward(log_emissions: NDArray[np.float64], text: str) -> float:
    """Run the forward recursion over blank, c1, blank, c2 … blank; column 0 is the blank, k the k-th character."""
    states = 2 * len(text) + 1
    symbol = np.zeros(states, int)
    symbol[1::2] = np.arange(1, len(text) + 1)
    may_skip = np.zeros(states, bool)
    may_skip[3::2] = [one != other for one, other in zip(text[1:], text, strict=False)]
    alpha = np.full(states, -np.inf)
    alpha[:2] = log_emissions[0, symbol[:2]]
    for step in log_emissions[1:]:
        before = np.concatenate(([-np.inf], alpha[:-1]))
        skipped = np.where(may_skip, np.concatenate(([-np.inf, -np.inf], alpha[:-2]))[:states], -np.inf)
        alpha = np.logaddexp(np.logaddexp(alpha, before), skipped) + step[symbol]
    return float(np.logaddexp.reduce(alpha[-2:]))
