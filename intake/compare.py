"""Judges a printed value: what was read and how its ink looks, against the text and ink of the archive."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from intake.lines import Cut
from intake.reading import FieldResult
from intake.recognise import LineReading
from intake.recognise.likelihood import columns, fold

ALTERED_MARGIN = -6.0  # log P(expected) - log P(read) below which one-character changes lie: 2052 of 2052
DOUBT_MARGIN = -3.0  # between the two a person looks, unless archived ink is gone as well
SAME_MARGIN = -1.5  # a reading this near to the expected text, on the same ink, is the expected text
# The next four are shares of the page's usual likeness (see usual_likeness): scanners differ, lines hardly.
SAME_INK = 0.985  # the archive's ink everywhere: the recogniser is at fault; 戌 for 戍 stays at 0.98
OTHER_INK = 0.9  # a replaced character pulls its window below this; untouched lines stay above 0.97
CHECKED_INK = 0.8  # what is asked of numbers whose reading fails its own checksum
ALIEN_INK = 0.75  # the text reads the same but some of the ink does not: 孑 read as 子
ALL_INK = 0.06  # share of a character's archived ink that may be missing from one merely soiled or creased
USUAL = (0.9, 1.0)  # the range of usual likenesses; a page below it is stained or foreign
USUAL_LINES = 3  # with fewer such lines the page says nothing about its scanner
GUESS = 0.5  # a character read with less is a guess, which accuses nobody unless archived ink is gone
GONE_INK = 0.2  # share of a character's archived ink that a replaced character leaves missing
OVERLAY = 0.03  # share of the crop covered by ink the archive does not have: a stamp, a signature, a stain
BEYOND_DOUBT = 0.95  # the least sure character of a reading that holds against a signature's strokes
UNSURE = 0.8  # the least sure character of a reading taken through such an overlay
SECOND_PLANE = 0x10000  # characters from here on are in no recogniser's training texts
TOUCHED = 0.05  # pen ink in a character (see Cut): written-over digits leave 0.062 to 0.6, honest lines 0.000
SURE = 0.85  # confidence from which a recogniser without probabilities is believed against the archive

_NUMERALS = frozenset("0123456789〇○一二三四五六七八九十")
_ID_NUMBER = re.compile(r"[GJ]?(\d{17})([\dX])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for a value or one of its lines: what was read, match, altered or unreadable, and how sure."""

    read: str
    result: FieldResult
    confidence: float


def value(lines: Sequence[Judgement]) -> Judgement:
    """Put the lines of one value together: altered if one is, else unreadable if one is, else match."""
    for result in ("altered", "unreadable"):
        hit = [line for line in lines if line.result == result]
        if hit:
            return Judgement(
                "".join(line.read for line in lines), hit[0].result, min(one.confidence for one in hit)
            )
    return Judgement(
        "".join(line.read for line in lines), "match", min((one.confidence for one in lines), default=0.0)
    )


def usual_likeness(expected: Sequence[str], readings: Sequence[LineReading], cuts: Sequence[Cut]) -> float:
    """Return the median likeness of the lines that read as expected: untouched ink after this print and scan."""
    lines = zip(expected, readings, cuts, strict=True)
    same = [
        cut.likeness
        for text, reading, cut in lines
        if fold(reading.text) == fold(text) and cut.likeness is not None
    ]
    return min(max(median(same), USUAL[0]), USUAL[1]) if len(same) >= USUAL_LINES else USUAL[1]


def line(expected: str, reading: LineReading, cut: Cut, usual: float = 1.0) -> Judgement:
    """Judge one printed line; a wrong match is never worth the risk, so doubt always ends as unreadable."""
    confidence = round(reading.confidence, 3)
    ink = None if cut.likeness is None else cut.likeness / usual
    if reading.disputed:  # two recognisers disagree: whoever is right, a person looks
        return Judgement(reading.text, "unreadable", confidence)
    if fold(reading.text) == fold(expected):
        same = ink is None or ink >= ALIEN_INK or cut.lost <= ALL_INK
        sound = same and not cut.faded and not _written_over(expected, cut)
        return Judgement(expected, "match" if sound else "unreadable", confidence)
    margin = reading.margin(expected)
    whole = (
        ink is not None
        and ink >= SAME_INK
        and cut.lost <= ALL_INK
        and not (cut.faded or cut.touched > TOUCHED)
    )
    if whole and _beyond_alphabet(expected, reading):
        result: FieldResult = "match"
    elif _covered(reading, margin, cut):
        result = "unreadable"
    elif margin is None:
        result = _by_text(reading, ink)
    else:
        result = _by_margin(expected, reading, ink, margin, cut.lost)
    return Judgement(expected if result == "match" else reading.text, result, confidence)


def _beyond_alphabet(expected: str, reading: LineReading) -> bool:
    """Tell whether a reading differs only where no recogniser could agree: rare characters beyond its training.

    Those outside Unicode's first plane (𬱖 is read as 頔) and those its alphabet lacks; there the archive's ink
    must decide: 頔 printed for 𬱖 leaves 0.91 of the usual likeness, the honest name 1.00 at every scan level.
    """
    one, other = fold(expected), fold(reading.text)
    known = reading.alphabet
    return len(one) == len(other) and all(
        mine == theirs or ord(mine) >= SECOND_PLANE or (known is not None and not columns(known, mine))
        for mine, theirs in zip(one, other, strict=True)
    )


def _written_over(expected: str, cut: Cut) -> bool:
    """Tell whether a pen touched a character: recognisers read the 9 under an 8 as happily as the 8.

    Where people sign, strokes cross the print; numbers alone are then worth a look.
    """
    return cut.touched > TOUCHED and (not cut.signed or any(one in _NUMERALS for one in expected))


def _covered(reading: LineReading, margin: float | None, cut: Cut) -> bool:
    """Tell whether foreign ink over the line, not another text in its place, explains an unsure reading.

    Where people sign, all archived ink standing is enough for that, unless the other text is beyond doubt.
    """
    if cut.signed and cut.likeness is not None and cut.lost <= ALL_INK:
        return reading.weakest < BEYOND_DOUBT or margin is None or margin > 2 * ALTERED_MARGIN
    return cut.added > OVERLAY and cut.lost < GONE_INK and reading.weakest < UNSURE


def _by_margin(
    expected: str, reading: LineReading, ink: float | None, margin: float, lost: float
) -> FieldResult:
    """Judge a reading that differs by how much less likely the expected text is, and by the ink."""
    if margin >= SAME_MARGIN and ink is not None and ink >= SAME_INK:
        return "match"
    gone = ink is not None and ink < CHECKED_INK and lost >= GONE_INK
    if margin > (DOUBT_MARGIN if gone and reading.weakest >= UNSURE else ALTERED_MARGIN):
        return "unreadable"
    if reading.weakest < GUESS and not gone:
        return "unreadable"
    limit = CHECKED_INK if fails_checksum(reading.text) and not fails_checksum(expected) else OTHER_INK
    return "altered" if ink is None or ink < limit else "unreadable"


def _by_text(reading: LineReading, ink: float | None) -> FieldResult:
    """Judge a differing text without probabilities: only a sure reading of really different ink is an alteration."""
    sure = bool(reading.text) and reading.confidence >= SURE
    return "altered" if sure and ink is not None and ink < CHECKED_INK else "unreadable"


def fails_checksum(text: str) -> bool:
    """Tell whether a text looks like an 18-digit id number (GB 11643; 学籍号 G, J too) and fails its check."""
    found = _ID_NUMBER.fullmatch(fold(text).upper())
    if not found:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, found[1], strict=True))
    return "10X98765432"[total % 11] != found[2]
