"""Tamper with a printed value: reprint it in its own font, glue a slip on it, write over it with a pen, or paint it out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from service.demo.fonts import Mask, font, text_mask
from service.demo.hand import LEAST_INK, PLAIN, Hand
from service.demo.ink import BLACK, BLUE_BLACK, Inking, Picture, clouds, inked, multiply

POINTS_PER_INCH = 72
MM_PER_INCH = 25.4
SLIP_MM = 0.8  # what a cut-out leaves around its text
OVER: Final = {
    "0": "689",
    "1": "47",
    "3": "8",
    "5": "6",
    "6": "8",
    "7": "2",
    "9": "8",
    "一": "二三七",
    "二": "三",
    "七": "九",
}
"""What a pen can make of a printed numeral without taking anything away."""
PEN_OVER = Inking(BLACK, strength=0.97, uneven=0.1, gaps=0.0)  # who writes over print presses hard
BASELINE_LINE = 1.1  # ems from the top of a line's canvas to its baseline
SLIP_OF_PEN_MM = 0.12
PEN_MM = 0.25  # what a ball pen adds to the strokes of the font that is traced
PEN_PAD = 6
GHOST = 0.12  # of the old ink: what a scraping knife leaves
PRINT_FAMILIES = ("LXGW WenKai", "Noto Serif CJK SC", "Liberation Serif")


def replaced(
    sheet: Picture,
    px_per_mm: float,
    value: Mapping[str, Any],
    new_text: str,
    *,
    paste: bool,
    rng: np.random.Generator,
) -> Picture:
    """Return the sheet with one occurrence of a value (an entry of the layout's values) showing `new_text` instead.

    Only characters that differ are touched when old and new lines are equally long, as a careful forger would.
    """
    family, pixels = _type(value, px_per_mm)
    lines = value["lines"]
    for line, text in zip(lines, _broken(new_text, [str(line["text"]) for line in lines]), strict=True):
        if line["text"] == text:
            continue
        before = str(line["text"])
        starts = letter_starts(value, line, px_per_mm)
        at = _found(sheet, _line(before, family, pixels, starts), line["box"], px_per_mm)
        if paste:
            new = _line(text, family, pixels, starts)
            sheet = multiply(_slip(sheet, at, new.shape, px_per_mm, rng), new, at, BLACK)
        else:
            pairs = ((before, text), (text, before))
            old, new = (_line(one, family, pixels, starts, other) for one, other in pairs)
            sheet = multiply(_painted(sheet, old, at), new, at, (0, 0, 0))
    return sheet


def overwritten(
    sheet: Picture,
    px_per_mm: float,
    value: Mapping[str, Any],
    new_text: str,
    *,
    rng: np.random.Generator,
    hand: Hand = PLAIN,
) -> Picture:
    """Return the sheet with the letters in which `new_text` (as long as the value) differs written over by pen.

    Whoever does that takes care: the new letter stands where the old one did, as large as print would be.
    """
    family, pixels = _type(value, px_per_mm)
    face = font(family, pixels)
    lines = value["lines"]
    for line, text in zip(lines, _broken(new_text, [str(line["text"]) for line in lines]), strict=True):
        before = str(line["text"])
        starts = letter_starts(value, line, px_per_mm)
        left, top = _found(sheet, _line(before, family, pixels, starts), line["box"], px_per_mm)
        for k, letter in enumerate(text):
            if letter == before[k]:
                continue
            ink = PEN_OVER if rng.random() < 0.5 else replace(PEN_OVER, colour=BLUE_BLACK)
            box = face.getbbox(letter, anchor="ls")
            traced = _traced(letter, (box[2] - box[0], box[3] - box[1]), hand, px_per_mm, rng)
            slip = rng.normal(0, SLIP_OF_PEN_MM * px_per_mm, 2)
            at = (
                round(left + starts[k] + box[0] - PEN_PAD + slip[0]),
                round(top + BASELINE_LINE * pixels + box[1] - PEN_PAD + slip[1]),
            )
            sheet = multiply(sheet, inked(traced, ink, px_per_mm, rng), at, ink.colour)
    return sheet


def stroked(
    sheet: Picture,
    px_per_mm: float,
    value: Mapping[str, Any],
    place: int,
    strokes: Sequence[Sequence[tuple[float, float]]],
    *,
    ink: Inking,
    width_mm: float,
    rng: np.random.Generator,
) -> Picture:
    """Return the sheet with strokes of a pen or pencil on the letter at `place` of a value's text.

    A stroke is a run of points, each a share of the letter's ink box from its left and top: 王 becomes 玉 by one of them.
    """
    family, pixels = _type(value, px_per_mm)
    for line in value["lines"]:
        text = str(line["text"])
        if place >= len(text):
            place -= len(text)
            continue
        starts = letter_starts(value, line, px_per_mm)
        left, top = _found(sheet, _line(text, family, pixels, starts), line["box"], px_per_mm)
        drawn = _line(text[place], family, pixels) > 0.5
        rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
        slip = rng.normal(0, SLIP_OF_PEN_MM / 2 * px_per_mm, 2)
        x, y = left + starts[place] + columns[0] + slip[0], top + rows[0] + slip[1]
        shape = (round(2 * pixels), round(2 * pixels))
        canvas = np.zeros(shape, np.float32)
        middle = pixels / 2
        for stroke in strokes:
            ends = np.array(stroke) * (columns[-1] - columns[0], rows[-1] - rows[0]) + middle
            points = [np.round(ends * 16).astype(np.int32)]
            thick = max(round(width_mm * px_per_mm), 1)
            cv2.polylines(
                canvas, points, isClosed=False, color=1.0, thickness=thick, lineType=cv2.LINE_AA, shift=4
            )
        at = (round(float(x) - middle), round(float(y) - middle))
        return multiply(sheet, inked(canvas, ink, px_per_mm, rng), at, ink.colour)
    raise IndexError(place)


def joined(
    sheet: Picture, px_per_mm: float, value: Mapping[str, Any], letter: str, *, before: bool, gap_mm: float
) -> Picture:
    """Return the sheet with one more letter printed in a value's own font, right before or behind it."""
    family, pixels = _type(value, px_per_mm)
    face = font(family, pixels)
    line = value["lines"][0 if before else -1]
    text = str(line["text"])
    starts = letter_starts(value, line, px_per_mm)
    left, top = _found(sheet, _line(text, family, pixels, starts), line["box"], px_per_mm)
    gap = gap_mm * px_per_mm
    step = -face.getlength(letter) - gap if before else starts[-1] + face.getlength(text[-1]) + gap
    return multiply(sheet, _line(letter, family, pixels), (round(left + step), top), (0, 0, 0))


def _traced(
    letter: str, size: tuple[float, float], hand: Hand, px_per_mm: float, rng: np.random.Generator
) -> Mask:
    """Draw a letter of this size (width, height in pixels) with a pen; PEN_PAD pixels are free around it."""
    width, height = max(round(size[0]), 2), max(round(size[1]), 2)
    glyph = text_mask(letter, hand.family, 4 * height, hand.style)
    if glyph.size < LEAST_INK * (4 * height) ** 2:
        glyph = text_mask(letter, hand.spare, 4 * height)
    small = np.asarray(cv2.resize(glyph, (width, height), interpolation=cv2.INTER_AREA), np.float32)
    canvas = cv2.copyMakeBorder(small, PEN_PAD, PEN_PAD, PEN_PAD, PEN_PAD, cv2.BORDER_CONSTANT)
    shape = (canvas.shape[0], canvas.shape[1])
    rows, columns = np.indices(shape, np.float32)
    reach = 0.12 * height
    dx, dy = ((clouds(shape, 0.5 * height, rng) - 0.5) * reach for _ in range(2))
    bent = cv2.remap(np.asarray(canvas, np.float32), columns + dx, rows + dy, cv2.INTER_LINEAR)
    pen = np.ones((max(round(PEN_MM * px_per_mm), 1),) * 2, np.uint8)
    return np.asarray(np.clip(cv2.dilate(bent, pen) * 2, 0, 1), np.float32)


def erased(
    sheet: Picture, px_per_mm: float, value: Mapping[str, Any], *, fluid: bool, rng: np.random.Generator
) -> Picture:
    """Return the sheet without a value: under correction fluid, whiter than paper, or scraped off with a trace left."""
    result = sheet.copy()
    for line in value["lines"]:
        pad = np.array([-1, -1, 1, 1]) * 0.5
        left, top, right, bottom = (round(edge) for edge in (np.asarray(line["box"]) + pad) * px_per_mm)
        left, top = max(left, 0), max(top, 0)
        window = result[top:bottom, left:right].astype(np.float32)
        shape = (window.shape[0], window.shape[1])
        rough = clouds(shape, 0.5 * px_per_mm, rng)[..., None]
        bare = 255 - 3 * rough if fluid else window + (250 - window) * (1 - GHOST * (0.5 + rough)) - 4 * rough
        cover = np.zeros(shape, np.float32)
        edge = round(0.25 * px_per_mm)
        cover[edge:-edge, edge:-edge] = 1
        soft = np.asarray(cv2.GaussianBlur(cover, (0, 0), 0.08 * px_per_mm), np.float32)[..., None]
        result[top:bottom, left:right] = np.clip(window * (1 - soft) + bare * soft, 0, 255).astype(np.uint8)
    return result


def glued(sheet: Picture, patch: Picture, at: tuple[int, int], px_per_mm: float) -> Picture:
    """Return the sheet with a paper patch lying on it, its edge throwing a faint shadow."""
    result = sheet.copy()
    x, y = at
    target = result[y : y + patch.shape[0], x : x + patch.shape[1]]
    target[:] = patch[: target.shape[0], : target.shape[1]]
    edge = np.zeros(sheet.shape[:2], np.float32)
    cv2.rectangle(
        edge, (x, y), (x + patch.shape[1], y + patch.shape[0]), 0.16, max(1, round(0.15 * px_per_mm))
    )
    return multiply(
        result, np.asarray(cv2.GaussianBlur(edge, (0, 0), 0.1 * px_per_mm), np.float32), (0, 0), (90, 90, 90)
    )


def _broken(text: str, old: Sequence[str]) -> Iterator[str]:
    """Yield the new text cut into as many lines as the old one had, each as long; the last takes the rest."""
    rest = text
    for k, line in enumerate(old):
        cut = len(rest) if k == len(old) - 1 else min(len(line), len(rest))
        yield rest[:cut]
        rest = rest[cut:]


def _type(value: Mapping[str, Any], px_per_mm: float) -> tuple[str, int]:
    """Return the installed family a value is set in, and the pixels of its em."""
    size = float(value["size_pt"]) / POINTS_PER_INCH * MM_PER_INCH
    return _family(str(value["font"])), round(size * px_per_mm)


def _family(font_name: str) -> str:
    """Return the installed family a PDF's font name (ABCDEF+LXGWWenKai-Regular) or a family name stands for."""
    plain = font_name.replace(" ", "").lower()
    return next(
        (name for name in PRINT_FAMILIES if name.replace(" ", "").lower() in plain), PRINT_FAMILIES[0]
    )


def letter_starts(value: Mapping[str, Any], line: Mapping[str, Any], px_per_mm: float) -> list[float]:
    """Return where each letter of a printed line starts, in pixels from the first.

    Printers put air between Chinese and Latin letters, and some forms between all: what the line is wider than its
    letters is shared out there.
    """
    text = str(line["text"])
    family, pixels = _type(value, px_per_mm)
    face = font(family, pixels)
    true = float(value["size_pt"]) / POINTS_PER_INCH * MM_PER_INCH * px_per_mm / pixels
    air = (line["box"][2] - line["box"][0]) * px_per_mm - true * face.getlength(text)
    changes = {k for k in range(1, len(text)) if _latin(text[k - 1]) != _latin(text[k])}
    places = changes if changes and air > 0 else set(range(1, len(text)))
    step = air / max(len(places), 1)
    return [true * face.getlength(text[:k]) + step * sum(p <= k for p in places) for k in range(len(text))]


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _line(text: str, family: str, pixels: int, starts: Sequence[float] = (), unlike: str = "") -> Mask:
    """Draw a line on a canvas that starts at the pen's start and has its baseline at one height for every text.

    Letters stand at `starts`, where as many are given. Of two equally long lines only the letters in which `text`
    differs from `unlike` are drawn.
    """
    face = font(family, pixels)
    if len(starts) != len(text):
        starts = [face.getlength(text[:k]) for k in range(len(text))]
    width = max(round(starts[-1] + face.getlength(text[-1])), 1) if text else 1
    canvas = Image.new("L", (width + pixels // 4, round(pixels * 1.4)))
    pen = ImageDraw.Draw(canvas)
    for k, letter in enumerate(text):
        if len(unlike) != len(text) or letter != unlike[k]:
            pen.text((starts[k], round(pixels * BASELINE_LINE)), letter, fill=255, font=face, anchor="ls")
    return np.asarray(canvas, np.float32) / np.float32(255)


def _found(sheet: Picture, old: Mask, box: Sequence[float], px_per_mm: float) -> tuple[int, int]:
    """Return where the old line's canvas lies on the sheet, by sliding it over the printed value."""
    slack = round(1.5 * px_per_mm)
    left, top = (
        round(box[0] * px_per_mm) - slack,
        round((box[1] + box[3]) / 2 * px_per_mm) - old.shape[0] // 2 - slack * 2,
    )
    top, left = max(top, 0), max(left, 0)
    window = sheet[top : top + old.shape[0] + 4 * slack, left : left + old.shape[1] + 2 * slack]
    dark = 1 - window.max(axis=2).astype(np.float32) / 255
    score = cv2.matchTemplate(np.ascontiguousarray(dark), old, cv2.TM_CCORR)
    _, _, _, where = cv2.minMaxLoc(score)
    return left + where[0], top + where[1]


def _painted(sheet: Picture, mask: Mask, at: tuple[int, int]) -> Picture:
    """Return the sheet with white paint where the mask has ink, and a pixel or two beyond."""
    mask = np.asarray(cv2.dilate(mask, np.ones((5, 5), np.uint8)), np.float32)
    x, y = at
    result = sheet.copy()
    target = result[y : y + mask.shape[0], x : x + mask.shape[1]]
    cover = np.clip(mask[: target.shape[0], : target.shape[1], None] * 4, 0, 1)
    target[:] = (target * (1 - cover) + 255 * cover).astype(np.uint8)
    return result


def _slip(
    sheet: Picture, at: tuple[int, int], shape: tuple[int, ...], px_per_mm: float, rng: np.random.Generator
) -> Picture:
    """Return the sheet with an empty slip of slightly different paper over the old value."""
    pad = round(SLIP_MM * px_per_mm)
    patch = np.full((shape[0] + pad // 2, shape[1] + 2 * pad, 3), 255 - int(rng.integers(4, 12)), np.uint8)
    return glued(sheet, patch, (max(at[0] - pad, 0), at[1]), px_per_mm)
