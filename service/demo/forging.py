"""Tamper with a printed value: reprint it in its own font over the old one, or glue a slip of paper on it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from service.demo.fonts import Mask, font
from service.demo.ink import BLACK, Picture, multiply

POINTS_PER_INCH = 72
MM_PER_INCH = 25.4
SLIP_MM = 0.8  # what a cut-out leaves around its text
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
    family = _family(str(value["font"]))
    pixels = round(float(value["size_pt"]) / POINTS_PER_INCH * MM_PER_INCH * px_per_mm)
    for line, text in zip(
        value["lines"], _broken(new_text, [str(line["text"]) for line in value["lines"]]), strict=True
    ):
        if line["text"] == text:
            continue
        before = str(line["text"])
        at = _found(sheet, _line(before, family, pixels), line["box"], px_per_mm)
        if paste:
            new = _line(text, family, pixels)
            sheet = multiply(_slip(sheet, at, new.shape, px_per_mm, rng), new, at, BLACK)
        else:
            old, new = (_line(one, family, pixels, other) for one, other in ((before, text), (text, before)))
            sheet = multiply(_painted(sheet, old, at), new, at, (0, 0, 0))
    return sheet


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


def _family(font_name: str) -> str:
    """Return the installed family a PDF's font name (ABCDEF+LXGWWenKai-Regular) or a family name stands for."""
    plain = font_name.replace(" ", "").lower()
    return next(
        (name for name in PRINT_FAMILIES if name.replace(" ", "").lower() in plain), PRINT_FAMILIES[0]
    )


def _line(text: str, family: str, pixels: int, unlike: str = "") -> Mask:
    """Draw a line on a canvas that starts at the pen's start and has its baseline at one height for every text.

    Of two equally long lines only the letters in which `text` differs from `unlike` are drawn.
    """
    face = font(family, pixels)
    width = max(round(face.getlength(text)), 1)
    canvas = Image.new("L", (width + pixels // 4, round(pixels * 1.4)))
    pen = ImageDraw.Draw(canvas)
    for k, letter in enumerate(text):
        if len(unlike) != len(text) or letter != unlike[k]:
            pen.text(
                (face.getlength(text[:k]), round(pixels * 1.1)), letter, fill=255, font=face, anchor="ls"
            )
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
