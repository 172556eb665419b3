"""Judges a printed value: what was read and how its ink looks, against the text and ink of the archive."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from intake.lines import Cut
from intake.reading import FieldResult
from intake.recognise import LineReading
from intake.recognise.likelihood import columns, fold
from intake.shapes import NO_RIVAL, UNSEEN, Shape
from intake.thresholds import (
    ADDED_LETTER,
    ADDED_PEN,
    ALIEN_INK,
    ALL_INK,
    ALTERED_MARGIN,
    ANOTHER_SHAPE,
    BEYOND_DOUBT,
    CHECKED_INK,
    CLEARLY,
    DOUBT_MARGIN,
    DRAWN_OVER,
    GONE_INK,
    GUESS,
    JOINED,
    KEPT_WITHIN,
    LOOKALIKE,
    NOT_ANOTHER,
    OTHER_INK,
    OVERLAY,
    PEN_STROKE,
    RIVAL,
    SAME_INK,
    SAME_MARGIN,
    SURE,
    TOUCHED,
    UNSURE,
    USUAL,
    USUAL_LINES,
    VACANT,
)

SECOND_PLANE = 0x10000  # characters from here on are in no recogniser's training texts

_NUMERALS = frozenset("0123456789〇○一二三四五六七八九十")
_ID_NUMBER = re.compile(r"[GJ]?(\d{17})([\dX])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result for a value or one of its lines: what was read, match, altered or unreadable, and how sure.

    `signed_over` tells that an unreadable one is so by a signature across it alone (see FieldFinding).
    """

    read: str
    result: FieldResult
    confidence: float
    signed_over: bool = False


def value(lines: Sequence[Judgement]) -> Judgement:
    """Put the lines of one value together: altered if one is, else unreadable if one is, else match."""
    for result in ("altered", "unreadable"):
        hit = [line for line in lines if line.result == result]
        if hit:
            return Judgement(
                "".join(line.read for line in lines),
                hit[0].result,
                min(one.confidence for one in hit),
                all(one.signed_over for one in hit),
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


def line(
    expected: str, reading: LineReading, cut: Cut, usual: float = 1.0, shape: Shape = UNSEEN
) -> Judgement:
    """Judge one printed line; a wrong match is never worth the risk, so doubt always ends as unreadable."""
    judged = _judged(expected, reading, cut, usual, shape)
    if judged.result == "match" and (cut.stroke > 1 or _joined(cut)):  # a pencil's 玉 of 王, and 王 is read
        signed_over = _ends_of_signature(expected, cut, shape)
        return replace(judged, result="unreadable", signed_over=signed_over)
    over = judged.result == "unreadable" and _signed_over(expected, reading, cut, shape)
    return replace(judged, signed_over=over)


def _judged(expected: str, reading: LineReading, cut: Cut, usual: float, shape: Shape) -> Judgement:
    confidence = round(reading.confidence, 3)
    ink = None if cut.likeness is None else cut.likeness / usual
    if _wiped_out(cut) or _written_on(expected, reading, cut, shape):
        return Judgement(_instead(expected, reading), "altered", confidence)
    if reading.disputed:  # two recognisers disagree: whoever is right, a person looks
        return Judgement(reading.text, "unreadable", confidence)
    if fold(reading.text) == fold(expected):
        return _reads_the_same(expected, confidence, ink, cut, shape)
    margin = reading.margin(expected)
    if _by_shape(margin, ink, cut, shape):
        return Judgement(expected, "match", confidence)
    whole = (
        ink is not None
        and ink >= SAME_INK
        and cut.lost <= ALL_INK
        and not (cut.faded or cut.touched > TOUCHED)
    )
    if whole and _beyond_alphabet(expected, reading):
        result: FieldResult = "match"
    elif _speaks_for_itself(reading, margin, ink, cut, shape):
        result = "altered"
    elif _covered(reading, margin, cut):
        result = "unreadable"
    else:
        result = (
            _by_text(reading, ink) if margin is None else _by_margin(expected, reading, ink, margin, cut.lost)
        )
        if result == "altered" and _unproven(expected, reading, cut, shape):
            result = "unreadable"
    if result == "match" and shape.rival < RIVAL:
        result = "unreadable"
    return Judgement(expected if result == "match" else reading.text, result, confidence)


def _reads_the_same(expected: str, confidence: float, ink: float | None, cut: Cut, shape: Shape) -> Judgement:
    """Judge a line that reads as the archive says: its ink and the shape of its letters must say so too."""
    same = ink is None or ink >= ALIEN_INK or cut.lost <= ALL_INK
    if same and not cut.faded and not _written_over(expected, cut, shape) and shape.rival >= RIVAL:
        return Judgement(expected, "match", confidence)
    if _another_shape(ink, cut, shape):
        return Judgement("", "altered", confidence)
    return Judgement(expected, "unreadable", confidence)


def _instead(expected: str, reading: LineReading) -> str:
    """Return what is read where something else stands; nothing where what is left of the old print is read."""
    return "" if fold(reading.text) == fold(expected) else reading.text


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


def _signed_over(expected: str, reading: LineReading, cut: Cut, shape: Shape) -> bool:
    """Tell whether a signature alone keeps a name from being read: its print stands whole, and no stroke makes another letter.

    A reprinted, scraped or pasted value loses archived ink; a lookalike's picture is nearer than its own; another name that
    is read beyond doubt may have been written there.
    """
    whole = cut.likeness is not None and cut.lost <= ALL_INK and not cut.faded
    crossed = cut.signed and cut.touched > TOUCHED and whole
    name = _is_name(expected)
    unsure = fold(reading.text) == fold(expected) or reading.weakest < BEYOND_DOUBT
    return crossed and name and unsure and not _joined(cut) and shape.penned is False and shape.rival >= RIVAL


def _ends_of_signature(expected: str, cut: Cut, shape: Shape) -> bool:
    """Tell whether the stroke on a name where people sign is their pen's, and makes no other letter: a pencil's is paler."""
    pen = cut.signed and cut.stroke >= PEN_STROKE
    return pen and _is_name(expected) and not _joined(cut) and shape.penned is False


def _is_name(expected: str) -> bool:
    return not any(one in _NUMERALS for one in expected)


def _wiped_out(cut: Cut) -> bool:
    """Tell whether print is gone whatever is still read: the whole line scraped or painted out, or a letter of it."""
    return cut.likeness is not None and (cut.vacant >= VACANT or (cut.erased and cut.sealed < GONE_INK))


def _written_on(expected: str, reading: LineReading, cut: Cut, shape: Shape) -> bool:
    """Tell whether a pen wrote on numerals and nowhere else while their print stands: a digit made into another.

    A blot that no numeral explains much better accuses nobody while the digits are still read as they were printed.
    """
    same = fold(reading.text) == fold(expected)
    drawn = shape.overwritten and shape.rival < (DRAWN_OVER if same else RIVAL)
    return drawn and cut.touched >= ADDED_PEN and cut.lost <= ALL_INK and not cut.signed


def _another_shape(ink: float | None, cut: Cut, shape: Shape) -> bool:
    """Tell whether another letter stands there though the text reads as it should: 曰 for 日."""
    if ink is None or ink >= SAME_INK or cut.signed or cut.sealed >= GONE_INK:
        return False
    return shape.rival <= LOOKALIKE


def _speaks_for_itself(
    reading: LineReading, margin: float | None, ink: float | None, cut: Cut, shape: Shape
) -> bool:
    """Tell whether each letter that is read otherwise is also the better picture: that needs neither bare ink nor a sure reading."""
    if margin is None or ink is None or cut.signed or cut.sealed >= GONE_INK:
        return False
    return (
        shape.instead <= ANOTHER_SHAPE
        and margin <= SAME_MARGIN
        and reading.weakest >= GUESS
        and ink < SAME_INK
    )


def _unproven(expected: str, reading: LineReading, cut: Cut, shape: Shape) -> bool:
    """Tell whether neither missing ink nor the letters' shapes bear a reading out: creases, seals and notes across a line."""
    if cut.likeness is None or cut.lost >= GONE_INK:
        return False
    more = len(fold(reading.text)) - len(fold(expected))
    if more == 0:
        return NO_RIVAL > shape.rival >= NOT_ANOTHER
    return more < 0 or cut.sealed >= GONE_INK or reading.weakest < ADDED_LETTER or cut.touched < ADDED_PEN


def _by_shape(margin: float | None, ink: float | None, cut: Cut, shape: Shape) -> bool:
    """Tell whether the letters themselves speak for the archive against a doubtful reading: 入 read as 人 in a soft photo."""
    clean = cut.lost <= ALL_INK and cut.added <= OVERLAY and cut.touched <= TOUCHED and not cut.faded
    near = margin is not None and margin >= DOUBT_MARGIN and ink is not None and ink >= OTHER_INK
    return clean and near and shape.read >= CLEARLY and shape.rival >= RIVAL


def _written_over(expected: str, cut: Cut, shape: Shape) -> bool:
    """Tell whether a pen touched a character: recognisers read the 9 under an 8 as happily as the 8.

    Where people sign, strokes cross the print; only a pen that keeps to the line, touches a number, or may have made
    another letter, is worth a look.
    """
    return _joined(cut) or (
        cut.touched > TOUCHED
        and (
            not cut.signed
            or shape.penned
            or cut.within > max(TOUCHED, KEPT_WITHIN * cut.touched)
            or any(one in _NUMERALS for one in expected)
        )
    )


def _joined(cut: Cut) -> bool:
    """Tell whether something as high as its letters was put right before or behind a line: 王小明 becomes 王小明明."""
    return cut.beside >= (JOINED if cut.signed else ADDED_PEN)


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
