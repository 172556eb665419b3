"""Where a printed paper leaves room for a date, and what a hand writes there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium
from pypdfium2 import raw

from intake.dates import DatePlace, places
from intake.reading import MM_PER_INCH
from intake.reference import Glyph

DIGITS_MM: Final = (3.2, 4.6)  # height of what people write between 年, 月 and 日
YEAR_MM: Final = 7.0  # from the middle of a year to 年: people write up to the printed word
ONE_SIDED: Final = 0.3  # mm by which a hand misses the middle of its room
POINTS: Final = 72.0
SURROGATES: Final = (0xD800, 0xDFFF)  # the halves of a rare letter: in values, never in our own wording


@dataclass(frozen=True, slots=True)
class Written:
    """One of the three numbers of a date: its text, its middle on the page, and its height, mm."""

    text: str
    centre: tuple[float, float]
    height: float


def rooms(pdf: bytes, layout: Mapping[str, Any]) -> Iterator[tuple[int, DatePlace]]:
    """Yield the page (from 0) and place of every date a paper asks for, in the order of the print."""
    for number, page in enumerate(layout["pages"]):
        for place in places(_letters(pdf, number, float(page["height"])), page):
            yield number, place


def written(place: DatePlace, day: date, rng: np.random.Generator) -> Iterator[Written]:
    """Yield what somebody writes into a place: the year, where it is not printed, the month, and the day."""
    height = float(rng.uniform(*DIGITS_MM))
    numbers = (day.year, day.month, day.day)[-len(place.gaps) :]
    for at, (gap, number) in enumerate(zip(place.gaps, numbers, strict=True)):
        year = len(place.gaps) > len(("month", "day")) and at == 0
        x = gap[2] - YEAR_MM if year else (gap[0] + gap[2]) / 2
        middle = (gap[1] + gap[3]) / 2
        off = rng.normal(0, ONE_SIDED, 2)
        yield Written(str(number), (x + float(off[0]), middle + float(off[1])), height)


@lru_cache(maxsize=16)
def _letters(pdf: bytes, number: int, height_mm: float) -> tuple[Glyph, ...]:
    """Read the printed letters of a page with the boxes of their ink in mm from its top left corner."""
    with pdfium.PdfDocument(pdf) as document:
        text = document[number].get_textpage()
        units = [raw.FPDFText_GetUnicode(text, place) for place in range(text.count_chars())]
        boxes = [text.get_charbox(place) for place in range(len(units))]
    scale = MM_PER_INCH / POINTS
    return tuple(
        Glyph(chr(unit), (left * scale, height_mm - top * scale, right * scale, height_mm - bottom * scale))
        for unit, (left, bottom, right, top) in zip(units, boxes, strict=True)
        if not SURROGATES[0] <= unit <= SURROGATES[1] and not chr(unit).isspace()
    )
