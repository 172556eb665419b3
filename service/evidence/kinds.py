"""Says which kind of evidence a paper looks like, by the words that such papers bear, and how surely."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from intake.foreign import Line
from intake.recognise.likelihood import fold

NONE = "none"
TITLE, WORD, HINT, AGAINST = 4.5, 1.3, 0.4, -2.0
"""What a title, a word, a hint and a word of another kind add to the log-odds of a kind."""
MOST_HINTS = 4
"""Hints that count: a long letter about an illness has them all and is no diagnosis."""
NO_KIND = 4.0
"""The log-odds of a paper of no kind before a word is read: a title, or three words, must speak for one."""
SURE = 0.9
"""The confidence from which a kind is suggested; see docs/evidence.md for the counts behind it."""
FAINT = 0.2
"""The confidence under which a kind is contradicted, not only doubtful, when another one is sure."""
TITLE_REST = 16
"""Letters a title may have before it: the unit that writes the paper."""
LONG_WORD = 5
"""Letters from which a word is known again with one letter misread."""

Agreement = Literal["agrees", "doubtful", "contradicts"]
Subject = Literal["student", "guardian", "relative", "any", "other", "none"]


@dataclass(frozen=True, slots=True)
class Marks:
    """What marks papers of one kind, which facts matter on them, and for which other kinds they serve."""

    titles: tuple[str, ...]
    words: tuple[str, ...]
    hints: tuple[str, ...]
    against: tuple[str, ...]
    also: tuple[str, ...]
    facts: tuple[str, ...]
    need: tuple[str, ...]
    subject: Subject
    seal: bool
    looks: bool


@dataclass(frozen=True, slots=True)
class Likeness:
    """The kind a paper looks like most (None for none of them) and the confidence 0..1; `all` of them by name."""

    kind: str | None
    confidence: float
    all: Mapping[str, float]

    @property
    def suggested(self) -> str | None:
        """The kind, when it is sure enough to be told."""
        return self.kind if self.confidence >= SURE else None


def _load(file: Path) -> Mapping[str, Marks]:
    raw = tomllib.loads(file.read_text("utf-8"))
    return MappingProxyType({name: _marks(item) for name, item in raw.items()})


def _marks(item: Mapping[str, object]) -> Marks:
    def words(name: str) -> tuple[str, ...]:
        given = item.get(name, [])
        assert isinstance(given, list)
        return tuple(str(word) if name in {"also", "facts", "need"} else fold(str(word)) for word in given)

    return Marks(
        titles=words("titles"),
        words=words("words"),
        hints=words("hints"),
        against=words("against"),
        also=words("also"),
        facts=words("facts"),
        need=words("need"),
        subject=item.get("subject", "student"),  # type: ignore[arg-type] # the file is ours; a test reads it
        seal=bool(item.get("seal", True)),
        looks=bool(item.get("looks", True)),
    )


MARKS: Mapping[str, Marks] = _load(Path(__file__).with_name("words.toml"))


def likeness(lines: Sequence[Line]) -> Likeness:
    """Say which kind the lines of a paper look like."""
    texts = [fold(line.text) for line in lines]
    whole = "".join(texts)
    scores = {name: _score(marks, texts, whole) for name, marks in MARKS.items() if name != NONE}
    scores = {name: score for name, score in scores.items() if MARKS[name].titles}
    scores[NONE] = NO_KIND + _score(MARKS[NONE], texts, whole)
    top = max(scores.values())
    odds = {name: math.exp(score - top) for name, score in scores.items()}
    total = sum(odds.values())
    shares = {name: one / total for name, one in odds.items()}
    best = max(shares, key=shares.__getitem__)
    told = {name: round(share, 4) for name, share in shares.items()}
    return Likeness(None if best == NONE else best, told[best], MappingProxyType(told))


def agreement(found: Likeness, expected: str) -> Agreement:
    """Say whether a paper is of the kind that its slip names: surely, surely not, or not surely."""
    if expected in serves(found.suggested):
        return "agrees"
    if found.suggested is not None and _share(found, expected) < FAINT and MARKS[expected].looks:
        return "contradicts"
    return "doubtful"


def _share(found: Likeness, expected: str) -> float:
    """The confidence of all kinds that serve for the expected one."""
    return sum(share for kind, share in found.all.items() if kind != NONE and expected in serves(kind))


def serves(kind: str | None) -> tuple[str, ...]:
    """The kinds a paper of this kind serves for, itself first."""
    return () if kind is None else (kind, *MARKS[kind].also)


def _score(marks: Marks, texts: Sequence[str], whole: str) -> float:
    titled = any(_is_title(text, title) for text in texts for title in marks.titles)
    words = sum(_has(whole, word) for word in _apart(marks.words, whole))
    hints = min(sum(hint in whole for hint in marks.hints), MOST_HINTS)
    against = sum(word in whole for word in marks.against)
    return TITLE * titled + WORD * words + HINT * hints + AGAINST * against


def _is_title(text: str, title: str) -> bool:
    """Tell whether a line is a title: alone, or behind the unit that writes the paper."""
    place = text.find(title)
    if place < 0 or len(text) > len(title) + TITLE_REST:
        return False
    rest = text[place + len(title) :]
    return place <= TITLE_REST and (not rest or rest[0] in "(〈书证") and not set(text[:place]) & set(":,。;")


def _apart(words: Sequence[str], whole: str) -> list[str]:
    """Leave out words that stand inside a longer one that is there: one find counts once."""
    found = [word for word in words if word in whole]
    inner = {word for word in found for other in found if word != other and word in other}
    return [word for word in words if word not in inner]


def _has(whole: str, word: str) -> bool:
    """Tell whether a word stands in a text, a long one with one letter misread."""
    if word in whole:
        return True
    if len(word) < LONG_WORD:
        return False
    return any(
        sum(one != other for one, other in zip(whole[place : place + len(word)], word, strict=True)) <= 1
        for place in range(len(whole) - len(word) + 1)
    )
