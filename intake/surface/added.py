"""Looks for print set down where the archive is blank: a typed sentence or value beside the form's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import cv2
import numpy as np

from intake import ink, lines
from intake.reading import Box, LayoutPage, Pixels
from intake.recognise import LineReading, Recogniser
from intake.recognise.likelihood import fold
from intake.reference import Glyph
from intake.surface.ground import PAPER, Ground, inside, span
from intake.thresholds import ADDED_HIGH, ADDED_INK, ADDED_LEAST, ADDED_SURE, ADDED_UNEVEN

HALF = 2  # pixels made one: letters are looked for at 100 dpi, where they are 5 pixels high and more
STANDOFF_MM = 0.9  # around archived ink: as far as print strays from its registered place
MARGIN_MM = 6.0  # scanner borders, corner marks of feeders
PEN_MM = 12.0  # around marks: opinions, dates and names are written there, seals stray there
VALUE_MM = (4.0, 1.0)  # beside and above a value: what stands so near is read with the value
PHOTO_MM = 3.0
LETTER_MM = (1.2, 6.0)  # height of a line of letters
WIDEST_MM = 8.0  # of one piece of ink: two letters that touch; rules, folds and borders are longer
BRIDGE_MM = 2.4  # between the letters of a line
FLAT = 0.6  # row heights: 一 and a hyphen are lower, and say nothing of how even the others are
LEAST_WIDE = 1.8  # line heights: three digits
STRAY_MM = 6.0  # print that strays so far is still the form's own
MOST_READ = 6  # places read on one page, the longest first


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of print the archive does not have: its box in page mm, and the weakest letter of its reading."""

    box: Box
    text: str
    weakest: float


@dataclass(frozen=True, slots=True)
class Row:
    """Ink that lies in a row: its pixel box, how far its letters' heads and feet vary, how high they are."""

    place: list[int]
    uneven: float
    high: float


def additions(
    ground: Ground,
    glyphs: Sequence[Glyph],
    layout_page: LayoutPage,
    recogniser: Recogniser,
    glued: Sequence[Box] = (),
) -> list[Addition]:
    """Give the added lines of a page that are read beyond doubt, from the top.

    Only blank paper is looked at, away from where people write, stamp and glue photos (`glued`, boxes in mm). Where the
    form itself was printed before us (`rooms`), the archive does not know what is blank, and nothing is said.
    """
    if layout_page.get("rooms"):
        return []
    blank = _blank(ground, layout_page, glued)
    rows = _rows_of_letters(ground, blank)
    if not rows:
        return []
    readings = recogniser.read_lines([_crop(ground, blank, row.place) for row in rows])
    found = []
    for row, reading in zip(rows, readings, strict=True):
        box = cast("Box", tuple(edge / lines.SCALE for edge in row.place))
        if _is_print(row, reading) and not _strayed(reading.text, box, glyphs):
            found.append(Addition(box, reading.text, reading.weakest))
    return sorted(found, key=lambda one: one.box[1])


def _blank(ground: Ground, layout_page: LayoutPage, glued: Sequence[Box] = ()) -> Any:
    """Return where (at half size, 255) neither the archive nor a person puts ink."""
    side = 2 * round(STANDOFF_MM * lines.SCALE / HALF) + 1
    inked = _halved(ground.archived)
    _, blank = cv2.threshold(
        cv2.erode(inked, np.ones((side, side), np.uint8)), 255 - ink.INK / 2, 255, cv2.THRESH_BINARY
    )
    taken = [(mark["box"], PEN_MM, PEN_MM) for mark in layout_page["marks"]]
    taken += [(line["box"], *VALUE_MM) for value in layout_page["values"] for line in value["lines"]]
    taken += [(place["box"], PHOTO_MM, PHOTO_MM) for place in layout_page.get("photos", ())]
    taken += [(box, PHOTO_MM, PHOTO_MM) for box in glued]
    taken += [(place["keep_out"], 0.0, 0.0) for place in layout_page["codes"]]
    for box, wide, high in taken:
        grown = (box[0] - wide, box[1] - high, box[2] + wide, box[3] + high)
        blank[span([edge // HALF for edge in ground.pixels_of(grown)])] = 0
    edge = round(MARGIN_MM * lines.SCALE / HALF)
    blank[:edge] = blank[-edge:] = 0
    blank[:, :edge] = blank[:, -edge:] = 0
    return blank


def _halved(gray: Pixels) -> Pixels:
    """Halve a picture; the darkest of four pixels is kept, so that thin strokes stay."""
    return cast("Pixels", cv2.erode(gray, np.ones((HALF, HALF), np.uint8), anchor=(0, 0))[::HALF, ::HALF])


def _rows_of_letters(ground: Ground, blank: Any) -> list[Row]:
    """Return the rows of ink on blank paper that may be lines of letters, the longest first."""
    scale = lines.SCALE / HALF
    low, high = (round(height * scale) for height in LETTER_MM)
    dark = cv2.bitwise_and(
        cv2.threshold(_halved(ground.page), ground.dark, 255, cv2.THRESH_BINARY_INV)[1], blank
    )
    if cv2.countNonZero(dark) < ADDED_LEAST * low:
        return []
    _, parts, figures, _ = cv2.connectedComponentsWithStats(dark)
    letters = (
        (figures[:, cv2.CC_STAT_HEIGHT] <= high)
        & (figures[:, cv2.CC_STAT_WIDTH] <= WIDEST_MM * scale)
        & (figures[:, cv2.CC_STAT_AREA] >= 3)
    )
    letters[0] = False
    if not letters.any() or figures[letters, cv2.CC_STAT_HEIGHT].max() < low:
        return []
    small = (letters.astype(np.uint8) * 255)[parts]
    bridge = round(BRIDGE_MM * scale)
    joined = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((3, bridge), np.uint8))
    _, _, runs, _ = cv2.connectedComponentsWithStats(joined)
    found = []
    for x, y, wide, tall, _ in runs[1:].tolist():
        if low <= tall <= high and wide >= LEAST_WIDE * tall:
            seen = small[y : y + tall, x : x + wide] > 0
            if ADDED_INK[0] <= seen.mean() <= ADDED_INK[1]:
                place = [HALF * x, HALF * y, HALF * (x + wide), HALF * (y + tall)]
                found.append(Row(place, *_evenness(seen)))
    return sorted(found, key=lambda row: row.place[0] - row.place[2])[:MOST_READ]


def _evenness(seen: Any) -> tuple[float, float]:
    """Return how far head and foot of a row's letters vary, and how high the letters are, in heights of the row."""
    tall, wide = seen.shape
    rows = np.arange(tall)[:, None]
    head, foot = np.where(seen, rows, tall).min(axis=0), np.where(seen, rows + 1, 0).max(axis=0)
    starts = range(0, max(wide - tall, 0) + 1, max(tall // 2, 1))
    inked = [slice(at, at + tall) for at in starts if foot[at : at + tall].any()]
    ends = [(head[one].min() / tall, foot[one].max() / tall) for one in inked]
    ends = [one for one in ends if one[1] - one[0] >= FLAT] or ends
    heads, feet = (np.array(one) for one in zip(*ends, strict=True))
    return float(heads.std() + feet.std()), float((feet - heads).mean())


def _crop(ground: Ground, blank: Any, place: list[int]) -> Pixels:
    """Cut a place out with paper around it and over whatever the archive prints there."""
    air = max((place[3] - place[1]) // 6, 3)
    wide = inside([place[0] - 2 * air, place[1] - air, place[2] + 2 * air, place[3] + air], ground.page.shape)
    crop = ground.page[span(wide)].copy()
    free = np.repeat(np.repeat(blank, HALF, axis=0), HALF, axis=1)[span(wide)]
    crop[: free.shape[0], : free.shape[1]][free == 0] = PAPER
    return crop


def _is_print(row: Row, reading: LineReading) -> bool:
    """Tell print by its reading and by its even letters; small Latin letters are uneven in print too."""
    letters = _letters(reading.text)
    small = sum("a" <= letter <= "z" for letter in reading.text)
    even = row.uneven <= ADDED_UNEVEN and row.high >= ADDED_HIGH
    return len(letters) >= ADDED_LEAST and reading.weakest >= ADDED_SURE and (even or small >= ADDED_LEAST)


def _strayed(text: str, box: Box, glyphs: Sequence[Glyph]) -> bool:
    """Tell whether the archive prints the same right beside: a page so curled that its print left its place."""
    near = "".join(
        glyph.letter
        for glyph in glyphs
        if glyph.box[0] < box[2] + STRAY_MM
        and box[0] - STRAY_MM < glyph.box[2]
        and glyph.box[1] < box[3] + STRAY_MM
        and box[1] - STRAY_MM < glyph.box[3]
    )
    pairs = list(pairwise(_letters(text)))
    return 2 * sum("".join(pair) in _letters(near) for pair in pairs) >= len(pairs)


def _letters(text: str) -> str:
    return "".join(letter for letter in fold(text) if letter.isalnum())
