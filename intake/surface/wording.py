"""Holds the printed wording of a page against the archive: what was erased, and what reads differently now."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, cast

import cv2
import numpy as np

from intake import ink, lines
from intake.greys import percentile
from intake.reading import Pixels, SurfaceKind, SurfaceResult
from intake.recognise import LineReading, Recogniser
from intake.recognise.likelihood import fold
from intake.surface.ground import PAPER, Ground
from intake.surface.words import LEAST_MM, Word
from intake.thresholds import (
    ALTERED_MARGIN,
    BITTEN,
    COVERED,
    DOUBT_MARGIN,
    FOREIGN_LEAST,
    FOREIGN_SHARE,
    FULL,
    GONE,
    HEAVIER,
    LETTER_LOST,
    LOOKED_AGAIN,
    LOST,
    OTHER_WORDS,
    READABLE,
    STRIPPED,
    SURE_WORD,
    SUSPECT,
    UNLIKE,
)

CORNER_MM = 40.0  # a stapled or dog-eared corner covers the sheet where x + y from the corner is less
FAR_CORNER_MM = 55.0  # a larger fold hides what stands nearer too, or shows its edge
FOLD_SLANT_MM = 8.0  # a fold that is not cut square: by how much one end may lie nearer than the other
STAPLE, EDGE = 0.14, 0.06  # squares of a letter's height under new ink; another letter covers 0.15 and more
HALF_GONE = 0.5  # of a letter's ink: what the edge of a fold leaves of it is read as another
STREAK = 0.8  # share of the blank part of a row or column that is dark: a fold, a rule, a stroke lies across
STREAKED_BLANK = 0.4  # of a row must be blank in the archive for that
STREAK_GREY = 25  # under the paper from which a fold shows
MOST_READ = 10  # suspects read on one page; a page with more shows other wording altogether
OTHER_PAPER = 0.9  # confidence of that
CORE = 170  # grey of the archive under which a pixel lies inside a stroke of small print
PRINTED = 128  # grey of the archive that is ink rather than paper
LEAST_CORE = 12  # pixels of darkest print from which a word is judged by them alone


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How a word looks in the scan.

    `likeness` is the worst correlation of a window of one letter, `lost` the largest share of ink missing in such a
    window, `gone` the share missing in all, `added` the share of the place under ink that was not printed, `weight`
    the ink there as a multiple of the archive's.
    """

    word: Word
    crop: Pixels
    archived: Pixels
    likeness: float
    lost: float
    gone: float
    added: float
    weight: float

    def streaked(self) -> bool:
        """Tell whether a fold or a stroke lies across the word."""
        return _streaked(self.crop < PAPER - STREAK_GREY, _blank(self.archived))


@dataclass(frozen=True, slots=True)
class Change:
    """A word that is not as it was printed."""

    kind: SurfaceKind
    result: SurfaceResult
    word: Word
    amount: float
    confidence: float


def changes(
    ground: Ground, words: Sequence[Word], recogniser: Recogniser, *, bilevel: bool = False
) -> list[Change]:
    """Give the words of a page that were erased or replaced, and those that a person must look at."""
    looks = [_looked_at(ground, word) for word in words]
    if not looks:
        return []
    usual = median(look.likeness for look in looks)
    heavy = HEAVIER * median(look.weight for look in looks)
    suspects = [
        look
        for look in looks
        if (look.likeness < SUSPECT * usual or look.gone >= GONE)
        and not (look.added >= COVERED and look.weight > heavy and look.lost < LOST)
    ]
    if len(words) >= FOREIGN_LEAST and len(suspects) >= FOREIGN_SHARE * len(words):
        around = _around([look.word for look in suspects])
        return [Change("other_paper", "altered", around, len(suspects) / len(words), OTHER_PAPER)]
    folded = _under_a_corner(suspects, looks, ground)
    hidden = [_change("erased", "not_checked", look, look.gone) for look in folded]
    suspects = [look for look in suspects if look not in folded]
    suspects = sorted(suspects, key=lambda look: look.likeness - look.lost)[:MOST_READ]
    if not suspects:
        return hidden
    readings = recogniser.read_lines(
        [_framed(crop) for look in suspects for crop in (look.crop, look.archived)]
    )
    judge = _judged_bilevel if bilevel else _judged
    judged = [judge(*seen) for seen in zip(suspects, readings[::2], readings[1::2], strict=True)]
    return [*hidden, *(change for change in judged if change is not None)]


def is_foreign(ground: Ground, words: Sequence[Word]) -> bool:
    """Tell whether a page full of print shows hardly any of its words: a code of ours on somebody else's paper."""
    looks = [_looked_at(ground, word) for word in words]
    unlike = [look for look in looks if look.likeness < UNLIKE]
    full = float((ground.page < ground.dark).mean()) >= FULL * float((ground.archived < PRINTED).mean())
    return len(looks) >= FOREIGN_LEAST and len(unlike) >= FOREIGN_SHARE * len(looks) and full


def _under_a_corner(suspects: Sequence[Look], looks: Sequence[Look], ground: Ground) -> list[Look]:
    """Return the words that a folded corner may hide, wholly or some letters of them: nobody is accused of that.

    The fold's edge and its staple are little ink; other letters in the place of hidden ones are more. A fold that reaches
    far in hides what stands nearer to the same corner too, or its edge shows where it crosses the word; where a word
    much nearer stands whole there is no fold.
    """
    gone = {look: _from_corner(look, ground) for look in suspects if _hidden(look)}
    whole = [_from_corner(look, ground) for look in looks if look not in suspects]
    found = []
    for look, (away, corner) in gone.items():
        nearer = [other for other, its in whole if its == corner and other < away - FOLD_SLANT_MM]
        deep = any(its == corner and other < CORNER_MM for other, its in gone.values())
        far = away < FAR_CORNER_MM and (deep or look.streaked())
        if not nearer and (away < CORNER_MM or far):
            found.append(look)
    return found


def _hidden(look: Look) -> bool:
    """Tell whether a letter is gone, or half of one, and hardly any ink has come: a staple, or the edge of the fold."""
    left, top, right, bottom = look.word.box
    came = look.added * max((right - left) / max(bottom - top, LEAST_MM), 1.0)
    return (look.lost >= LETTER_LOST and came < STAPLE) or (look.lost >= HALF_GONE and came < EDGE)


def _from_corner(look: Look, ground: Ground) -> tuple[float, tuple[bool, bool]]:
    """Return x + y (mm) of a word from the nearest corner of the page, and which corner (left, top) that is."""
    height, width = (side / lines.SCALE for side in ground.page.shape)
    left, top, right, bottom = look.word.box
    corner = (left <= width - right, top <= height - bottom)
    return float(min(left, width - right) + min(top, height - bottom)), corner


def _judged(look: Look, now: LineReading, then: LineReading) -> Change | None:
    """Judge a suspect by what is read in its place now and was read on the archived page.

    Ink laid over the print takes nothing away: only where archived ink is missing, or where other words are read
    beyond doubt, was it changed.
    """
    if _same(look.word.text, now) or _letters(now.text) == _letters(then.text):
        return None
    if look.gone >= GONE:
        return _change("erased", "altered", look, look.gone)
    if look.lost < LOST and look.streaked():
        return None
    readable = _same(look.word.text, then)
    margin = now.margin(look.word.text)
    surely = now.weakest >= SURE_WORD and (margin is None or margin < ALTERED_MARGIN)
    if readable and bool(now.text) and (surely or _another_text(look, now, margin)):
        return _change("changed", "altered" if look.lost >= LOST else "unclear", look, now.weakest)
    if look.lost >= LETTER_LOST:
        return _change("erased", "altered" if look.added < COVERED else "unclear", look, look.lost)
    return _change("changed", "unclear", look, look.lost) if look.lost >= 2 * LOST and readable else None


def _another_text(look: Look, now: LineReading, margin: float | None) -> bool:
    """Tell whether other words stand there though their end is read unsurely, as where a strip's edge cuts a letter."""
    likely = margin is not None and margin <= OTHER_WORDS and now.confidence >= READABLE
    return likely and look.lost >= STRIPPED and look.likeness < UNLIKE / 2


def _judged_bilevel(look: Look, now: LineReading, then: LineReading) -> Change | None:
    """Judge a suspect of a 1-bit copy, which eats small print: only what is gone altogether is certain."""
    change = _judged(look, now, then)
    if change is None or look.gone >= GONE:
        return change
    return replace(change, result="unclear") if look.lost >= BITTEN else None


def _change(kind: SurfaceKind, result: SurfaceResult, look: Look, confidence: float) -> Change:
    return Change(kind, result, look.word, round(look.lost, 3), round(float(confidence), 3))


def _same(expected: str, reading: LineReading) -> bool:
    """Tell whether a reading may be the printed word; a doubtful one may."""
    if _letters(reading.text) == _letters(expected):
        return True
    margin = reading.margin(expected)
    return margin is not None and bool(reading.text) and margin >= DOUBT_MARGIN


def _letters(text: str) -> str:
    """Keep what carries meaning: a stain makes a comma of a semicolon. What holds no letter stays as it is."""
    folded = fold(text)
    return "".join(letter for letter in folded if letter.isalnum()) or folded


def _looked_at(ground: Ground, word: Word) -> Look:
    box = ground.pixels_of(word.box)
    look = _look(ground, word, box, (0, 0))
    if look.likeness < LOOKED_AGAIN:
        shift = ground.shift(box)
        if shift != (0, 0):
            look = max(look, _look(ground, word, box, shift), key=lambda one: one.likeness)
    return look


def _look(ground: Ground, word: Word, box: list[int], shift: tuple[int, int]) -> Look:
    crop, archived = ground.both(box, shift)
    height = max(box[3] - box[1], 8)
    core: Any = archived < ink.CORE
    if core.sum() < LEAST_CORE:
        core = archived < CORE
    missing = core & (cv2.erode(crop, np.ones((3, 3), np.uint8)) > ground.pale)
    lost = _worst_share(core, missing, height)
    gone = float(missing.sum() / max(core.sum(), 1))
    inked: Any = crop < ground.dark
    added = float((inked & _blank(archived)).mean())
    weight = float(inked.sum() / max((archived < PRINTED).sum(), 1))
    like = ink.likeness(crop, archived, height)
    return Look(word, crop, archived, like, lost, gone, added, weight)


def _blank(archived: Pixels) -> Any:
    """Return where the archive has no ink, nor any near."""
    return cv2.erode(archived, np.ones((5, 5), np.uint8)) > 255 - ink.INK / 2


def _framed(crop: Pixels) -> Pixels:
    """Put paper around a crop: recognisers lose letters that touch the edge."""
    air = max(4, crop.shape[0] // 6)
    paper = (percentile(crop, 90),) * 3
    return cast(
        "Pixels", cv2.copyMakeBorder(crop, air, air, 2 * air, 2 * air, cv2.BORDER_CONSTANT, value=paper)
    )


def _worst_share(core: Any, part: Any, height: int) -> float:
    """Return the largest share that `part` is of the archived ink in a window of one letter; 0 without ink."""
    width = ink.window(height, core.shape[1])
    whole, some = (np.convolve(mask.sum(axis=0), np.ones(width), "valid") for mask in (core, part))
    judged = whole > 0.3 * whole.max()
    return float((some[judged] / whole[judged]).max()) if judged.any() else 0.0


def _streaked(dark: Any, blank: Any) -> bool:
    """Tell whether a row or a column is dark from end to end wherever the archive is blank."""
    for axis in (0, 1):
        bare, marked = blank.mean(axis=axis), (dark & blank).mean(axis=axis)
        across = bare >= STREAKED_BLANK
        if across.any() and bool((marked[across] >= STREAK * bare[across]).any()):
            return True
    return False


def _around(words: Sequence[Word]) -> Word:
    left, top, right, bottom = zip(*(word.box for word in words), strict=True)
    return Word("", (min(left), min(top), max(right), max(bottom)))
