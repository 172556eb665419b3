"""Reads lines that should say a known text: quickly first, and with the whole network where that does not surely say so."""

from collections.abc import Sequence

from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser, quick_of
from intake.recognise.likelihood import fold
from intake.thresholds import QUICK

AT_ONCE = 8  # lines: a line's table of probabilities has 2 to 9 MB until all but its own letters is dropped


def expected_lines(
    recogniser: Recogniser,
    crops: Sequence[Pixels],
    texts: Sequence[str],
    proven: Sequence[bool] | None = None,
) -> list[LineReading]:
    """Read each crop; the answers keep the order, and with them the probabilities of the letters that matter.

    The quick reader of an engine is believed only where it reads the very text that is expected, and each letter of it
    surely. All else, so everything that could accuse, is what the engine itself reads. Lines whose ink alone is `proven`
    to say their text are not read at all, but by engines without a quick reader, which are there to be a second opinion.
    """
    quick = quick_of(recogniser)
    if quick is None:
        return recogniser.read_lines(crops)
    asked = [k for k in range(len(crops)) if not (proven and proven[k])]
    read = iter(_read(recogniser, quick, [crops[k] for k in asked], [texts[k] for k in asked]))
    wanted = set(asked)
    return [next(read) if k in wanted else _by_ink(text) for k, text in enumerate(texts)]


def _by_ink(text: str) -> LineReading:
    return LineReading(text, 1.0, weakest=1.0, by_ink=True)


def _read(
    recogniser: Recogniser, quick: Recogniser, crops: Sequence[Pixels], texts: Sequence[str]
) -> list[LineReading]:
    """Read quickly, and wholly what is not surely the expected text then."""
    found: list[LineReading] = []
    for start in range(0, len(crops), AT_ONCE):
        part, expected = crops[start : start + AT_ONCE], texts[start : start + AT_ONCE]
        readings = quick.read_lines(part)
        again = [k for k, text in enumerate(expected) if not _surely(readings[k], text)]
        for k, reading in zip(again, recogniser.read_lines([part[k] for k in again]), strict=True):
            readings[k] = reading
        found += [one.about(text) for one, text in zip(readings, expected, strict=True)]
    return found


def _surely(reading: LineReading, text: str) -> bool:
    return reading.weakest >= QUICK and fold(reading.text) == fold(text)
