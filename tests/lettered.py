"""A line of letters as the archive has it, and what a scanner makes of it."""

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from intake.lines import SCALE
from intake.reference import Glyph, Printed
from tests.specimens.sheet import FONT

POINTS, FINE, LEFT, BASE = 10.5, 8, 60, 60


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


def close_to(box):
    """The same line in a box as close to its letters as a layout's is."""
    return (box[0], 36 / SCALE, box[2], 66 / SCALE)


def scanned(pixels, blur, noise, seed=1):
    """What a soft, noisy, slightly moved picture makes of it."""
    moved = cv2.warpAffine(
        pixels, np.float32([[1.004, 0, 0.4], [0, 1.003, -0.3]]), pixels.shape[::-1], borderValue=255
    )
    soft = cv2.GaussianBlur(moved.astype(np.float32), (0, 0), blur) if blur else moved.astype(np.float32)
    seen = 250 - 0.6 * (255 - soft) + np.random.default_rng(seed).normal(0, noise, soft.shape)
    return np.clip(seen, 0, 255).astype(np.uint8)
