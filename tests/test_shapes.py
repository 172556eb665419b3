"""Letters held against those that look like them: a forged one is the better explanation of its own picture, however soft."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from intake import shapes
from intake.lines import SCALE
from intake.reference import Glyph, Printed
from intake.thresholds import CLEARLY, RIVAL
from tests.specimens.sheet import FONT

POINTS, FINE, LEFT, BASE = 10.5, 8, 60, 60
PAIRS = ("第笫", "己已", "未末", "日曰", "人入", "失夫", "料科", "字宇", "住往", "县具", "术木", "晋詈")


def drawn(text):
    """A gray page at 200 dpi with one line, and its letters as the archive tells them."""
    font = ImageFont.truetype(FONT, round(POINTS / 72 * 200 * FINE))
    picture = Image.new("L", (400 * FINE, 120 * FINE), 255)
    pen = ImageDraw.Draw(picture)
    glyphs, at = [], float(LEFT * FINE)
    for letter in text:
        pen.text((at, BASE * FINE), letter, fill=0, font=font, anchor="ls")
        box = font.getbbox(letter, anchor="ls")
        edges = (at + box[0], BASE * FINE + box[1], at + box[2], BASE * FINE + box[3])
        glyphs.append(Glyph(letter, tuple(edge / FINE / SCALE for edge in edges)))
        at += font.getlength(letter)
    pixels = cv2.resize(np.asarray(picture), (400, 120), interpolation=cv2.INTER_AREA)
    box = (LEFT / SCALE, 25 / SCALE, at / FINE / SCALE, 75 / SCALE)
    return Printed(pixels, tuple(glyphs)), box


def scanned(pixels, blur, noise, seed=1):
    """What a soft, noisy, slightly moved picture makes of it."""
    moved = cv2.warpAffine(
        pixels, np.float32([[1.004, 0, 0.4], [0, 1.003, -0.3]]), pixels.shape[::-1], borderValue=255
    )
    soft = cv2.GaussianBlur(moved.astype(np.float32), (0, 0), blur) if blur else moved.astype(np.float32)
    seen = 250 - 0.6 * (255 - soft) + np.random.default_rng(seed).normal(0, noise, soft.shape)
    return np.clip(seen, 0, 255).astype(np.uint8)


def looked_at(archived, page, box, text, read):
    line = {"text": text, "box": box}
    return shapes.seen(page, archived, ({"size_pt": POINTS}, line), (read, Path(FONT)))


@pytest.mark.parametrize(("blur", "noise"), [(0.5, 3), (1.0, 8), (1.6, 6)])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_letter_is_told_from_its_lookalike(pair, blur, noise):
    """Whichever of the two was printed: the archive's letter wins on its own paper and loses on the forger's."""
    for mine, other in (pair, pair[::-1]):
        text = f"山{mine}国"
        archived, box = drawn(text)
        honest = looked_at(archived, scanned(archived.pixels, blur, noise), box, text, text)
        assert honest.rival >= RIVAL
        if other not in shapes.lookalikes().get(mine, ""):
            continue
        forged, _ = drawn(f"山{other}国")
        told = looked_at(archived, scanned(forged.pixels, blur, noise), box, text, text)
        assert told.rival < 1


def test_most_pairs_are_in_the_table():
    """The table is derived from pictures; these pairs are what forgers and recognisers take for each other."""
    both = [pair for pair in PAIRS if pair[1] in shapes.lookalikes().get(pair[0], "")]
    assert len(both) >= len(PAIRS) - 1


def test_what_was_read_instead_is_held_against_the_letter():
    """入 read as 人 in a soft photo: the picture says which of the two stands there."""
    archived, box = drawn("正常入学")
    page = scanned(archived.pixels, 1.6, 6)
    assert looked_at(archived, page, box, "正常入学", "正常人学").read >= CLEARLY
    forged, _ = drawn("正常人学")
    assert looked_at(archived, scanned(forged.pixels, 1.6, 6), box, "正常入学", "正常人学").read < 1
    assert looked_at(archived, page, box, "正常入学", "正常学").read == 0


def test_what_cannot_be_laid_over_the_archive_says_nothing():
    """Other letters than the layout's, or a place at the page's edge: no evidence either way."""
    archived, box = drawn("正常入学")
    assert looked_at(archived, archived.pixels, box, "正常人学", "正常人学") == shapes.UNSEEN
    cut = Printed(archived.pixels[:62], archived.glyphs)
    assert looked_at(cut, cut.pixels, box, "正常入学", "正常入学") == shapes.UNSEEN
