"""Reads printed lines: what a recogniser answers, and how likely it finds an expected text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from intake.reading import Pixels
from intake.recognise.likelihood import BLANK, Alphabet, Probabilities, fold, forms, log_likelihood


@dataclass(frozen=True, slots=True)
class LineReading:
    """One line as read: text, confidence 0..1 (mean and of the weakest character), probabilities per time step.

    `probabilities` is T x A (column 0 is CTC's blank) and `alphabet` names its columns; both are None from a
    recogniser that keeps only its answer. `disputed`: a second recogniser read another text. `by_ink`: no recogniser
    was asked, since each letter's ink is the archive's (intake/proven.py).
    """

    text: str
    confidence: float
    probabilities: Probabilities | None = None
    alphabet: Alphabet | None = None
    weakest: float = 0.0
    disputed: bool = False
    by_ink: bool = False

    def margin(self, expected: str) -> float | None:
        """Return log P(expected) - log P(what was read): about 0 when equal, under -6 for another text.

        None when the recogniser keeps no probabilities or does not know a character of `expected`.
        """
        if self.probabilities is None or self.alphabet is None:
            return None
        wanted = log_likelihood(self.probabilities, self.alphabet, expected)
        best = log_likelihood(self.probabilities, self.alphabet, self.text)
        return None if wanted is None or best is None else wanted - best

    def about(self, *texts: str) -> "LineReading":
        """Return the reading with the probabilities of these texts' characters only, and of its own: a thousandth of all."""
        if self.probabilities is None or self.alphabet is None:
            return self
        letters = sorted(set(fold("".join((self.text, *texts)))) | {" "})
        known = {
            form: self.alphabet[form] for letter in letters for form in forms(letter) if form in self.alphabet
        }
        table = self.probabilities[:, [BLANK, *known.values()]]
        return replace(
            self, probabilities=table, alphabet={form: at for at, form in enumerate(known, start=1)}
        )


class Recogniser(Protocol):
    """Reads crops of single printed lines: PP-OCR, Tesseract, both of them, or one in a child process."""

    @property
    def name(self) -> str:
        """Return the word the settings and findings know it by."""

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop (BGR or gray, one line of text, any size); the answers keep the order."""


def quick_of(recogniser: Recogniser) -> Recogniser | None:
    """Return the quick reader of an engine that has one (its `quick`): as a rule right, but never to be asked alone."""
    return getattr(recogniser, "quick", None)
