"""Pen strokes on a printed letter: a signature that crosses it is told from strokes that make another letter of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from intake import penned
from intake.lines import SCALE
from intake.reference import Glyph
from tests.specimens.sheet import FONT

PIXELS, LEFT, BASE = 36.0, 120, 130
NAME = "秦志远"


def printed(text=NAME):
    """A gray archived page with one line of large letters, their glyphs, and the box of the line in mm."""
    font = ImageFont.truetype(FONT, PIXELS)
    picture = Image.new("L", (420, 260), 255)
    pen = ImageDraw.Draw(picture)
    glyphs = []
    for number, letter in enumerate(text):
        at = LEFT + number * PIXELS
        pen.text((at, BASE), letter, fill=0, font=font, anchor="ls")
        left, top, right, bottom = font.getbbox(letter, anchor="ls")
        edges = (at + left, BASE + top, at + right, BASE + bottom)
        glyphs.append(Glyph(letter, tuple(edge / SCALE for edge in edges)))
    box = (LEFT, BASE - 34, LEFT + len(text) * PIXELS, BASE + 6)
    return np.asarray(picture), glyphs, tuple(edge / SCALE for edge in box)


def signed(page, strokes, thick=3):
    """The page with a pen's strokes (lists of pixels), as dark as print."""
    page = page.copy()
    for stroke in strokes:
        cv2.polylines(page, [np.int32(stroke)], isClosed=False, color=20, thickness=thick)
    return page


def over(page, letter, number):
    """The page with a letter traced by pen over the one that is printed at a place."""
    traced, _, _ = printed(" " * number + letter)
    thick = cv2.erode(traced, np.ones((3, 3), np.uint8))  # a ball pen adds 0.25 mm to what it traces
    return np.minimum(page, np.maximum(thick, 20))


def scanned(page, by=(2, -1)):
    move = np.float32([[1, 0, by[0]], [0, 1, by[1]]])
    soft = cv2.GaussianBlur(cv2.warpAffine(page, move, page.shape[::-1], borderValue=255), (0, 0), 0.7)
    noise = np.random.default_rng(1).normal(0, 3, page.shape)
    return np.clip(245 - 0.8 * (255.0 - soft) + noise, 0, 255).astype(np.uint8)


CROSSING = [[(90, 60), (150, 165), (165, 60)], [(60, 160), (260, 80), (300, 170)]]


def looked_at(page, archived, glyphs, box):
    return penned.doubtful(page, archived, box, glyphs, (Path(FONT), PIXELS))


@pytest.mark.parametrize("strokes", [[], CROSSING[:1], CROSSING[1:]])
def test_a_signature_across_a_name_makes_nothing_of_it(strokes):
    archived, glyphs, box = printed()
    assert not looked_at(scanned(signed(archived, strokes)), archived, glyphs, box)


@pytest.mark.parametrize("strokes", [[], CROSSING, CROSSING[:1], CROSSING[1:]])
@pytest.mark.parametrize(("letter", "number"), [("泰", 0), ("忘", 1), ("达", 2), ("迈", 2)])
def test_a_letter_written_over_is_seen_below_a_signature(letter, number, strokes):
    archived, glyphs, box = printed()
    page = scanned(signed(over(archived, letter, number), strokes))
    assert looked_at(page, archived, glyphs, box)


def test_one_stroke_is_enough_to_make_another_letter():
    """大 becomes 太, 李 becomes 季, 王 becomes 玉: the signature's stroke runs into it and does not hide it."""
    for mine, other in (("大", "太"), ("李", "季"), ("王", "玉")):
        archived, glyphs, box = printed(f"山{mine}国")
        assert not looked_at(scanned(archived), archived, glyphs, box)
        assert looked_at(scanned(over(archived, other, 1)), archived, glyphs, box), other


def test_where_nothing_is_printed_nothing_can_be_told():
    archived, glyphs, box = printed()
    blank = np.full_like(archived, 255)
    assert looked_at(scanned(archived), blank, glyphs, box)
    edge = [Glyph(one.letter, (0.0, 0.0, 0.5, 0.5)) for one in glyphs]
    assert looked_at(scanned(archived), archived, edge, box)


@pytest.mark.parametrize(
    ("text", "strokes", "told"),
    [
        ("秦3志8", [[(160, 104), (158, 112), (164, 118)]], True),
        ("秦3志8", CROSSING, False),
        ("秦3志8", [[(160, 104), (158, 112), (164, 118)], [(196, 104), (205, 120)]], False),
        ("秦志远", [[(160, 104), (158, 112), (164, 118)]], False),
        ("秦3志8", [], False),
    ],
    ids=["on-a-digit", "across", "on-a-name-too", "no-digit", "nowhere"],
)
def test_a_pen_that_keeps_to_numerals_is_told(text, strokes, told):
    """Who makes a digit into another writes on it and nowhere else; notes and seals run on beside it."""
    archived, glyphs, box = printed(text)
    assert penned.on_numerals(scanned(signed(archived, strokes)), archived, box, glyphs) == told
