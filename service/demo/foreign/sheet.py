"""Lays the text of a foreign paper out on a sheet, stamps it, and gives it to the scanner."""

import random
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw

from service.demo.fonts import KAI, SONG, font
from service.demo.foreign import Purpose, Specimen
from service.demo.ink import Picture
from service.demo.seals import SealStyle, round_seal

PX_PER_MM: Final = 300 / 25.4
SEAL_BGR: Final = (48, 38, 205)
RED: Final = (200, 20, 20)


@dataclass(frozen=True, slots=True)
class Look:
    """How a hand at an office sets a paper: family and weight, points of text and title, margins in mm, line spacing."""

    family: str
    weight: str
    points: float
    title: float
    margin: float
    leading: float
    ruled: bool


LOOKS: Final[dict[Purpose, tuple[Look, ...]]] = {
    "tuning": (
        Look(SONG, "Regular", 12, 18, 28, 1.9, ruled=True),
        Look("Noto Sans CJK SC", "Regular", 11, 16, 22, 1.7, ruled=False),
        Look(SONG, "Bold", 12, 20, 25, 2.0, ruled=True),
    ),
    "judging": (
        Look(KAI, "Regular", 13, 20, 24, 1.8, ruled=True),
        Look("Noto Sans CJK SC", "Bold", 10.5, 15, 30, 1.6, ruled=True),
        Look("LXGW WenKai Mono", "Regular", 12, 17, 20, 2.1, ruled=False),
        Look(SONG, "Regular", 10.5, 22, 32, 1.75, ruled=False),
    ),
}


def drawn(specimen: Specimen, purpose: Purpose, look: int = 0) -> Picture:
    """Return an A4 sheet at PX_PER_MM (BGR) that shows a specimen in one of its purpose's looks, with its seal."""
    style = LOOKS[purpose][look % len(LOOKS[purpose])]
    sheet = Image.new("RGB", (round(210 * PX_PER_MM), round(297 * PX_PER_MM)), "white")
    pen = _Pen(sheet, style, random.Random(specimen.number))
    if specimen.lined:
        pen.lines()
    for line in specimen.text.split("\n"):
        pen.put(line)
    pixels = np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1])
    return _stamped(pixels, specimen, pen.y) if specimen.seal else pixels


class _Pen:
    """Writes paragraph under paragraph."""

    def __init__(self, sheet: Image.Image, look: Look, dice: random.Random) -> None:
        self._draw = ImageDraw.Draw(sheet)
        self._look, self._dice = look, dice
        self._left = round(look.margin * PX_PER_MM)
        self._right = sheet.width - self._left
        self.y = round(self._dice.uniform(20, 32) * PX_PER_MM)

    def put(self, line: str) -> None:
        """Write one paragraph, by the mark in front of it."""
        look, em = self._look, _pixels(self._look.points)
        if line.startswith(("# ", "^ ", "## ")):
            size = _pixels(look.title if line[1] != "#" else look.title - 3)
            self._centred(line.lstrip("#^ "), size, RED if line[0] == "^" else (0, 0, 0))
        elif line.startswith("| "):
            self._row([cell.strip() for cell in line.strip("| ").split("|")], em)
        elif line == "---":
            self._draw.line([(self._left, self.y), (self._right, self.y)], fill="black", width=2)
            self.y += round(0.6 * em)
        elif line.startswith("> "):
            text = line[2:]
            face = font(look.family, em, look.weight)
            self._draw.text((self._right - 2 * em, self.y), text, "black", face, anchor="ra")
            self.y += round(look.leading * em)
        else:
            self._paragraph(line, em)

    def lines(self) -> None:
        """Rule the whole sheet, as an exercise book is."""
        for row in range(30, 280, 9):
            y = round(row * PX_PER_MM)
            self._draw.line([(self._left, y), (self._right, y)], fill=(150, 170, 200), width=3)

    def _centred(self, text: str, size: int, colour: tuple[int, int, int]) -> None:
        face = font(self._look.family, size, "Bold" if self._look.family != KAI else self._look.weight)
        self._draw.text(((self._left + self._right) / 2, self.y), text, colour, face, anchor="ma")
        self.y += round(1.9 * size)

    def _paragraph(self, text: str, em: int) -> None:
        face = font(self._look.family, em, self._look.weight)
        rest = text
        while True:
            count = len(rest)
            while count and face.getlength(rest[:count]) > self._right - self._left:
                count -= 1
            self._draw.text((self._left, self.y), rest[:count], "black", face)
            self.y += round(self._look.leading * em)
            rest = rest[count:]
            if not rest:
                return

    def _row(self, cells: list[str], em: int) -> None:
        face = font(self._look.family, em, self._look.weight)
        height = round((self._look.leading + 0.4) * em)
        wanted = [face.getlength(cell) + 1.4 * em for cell in cells]
        scale = (self._right - self._left) / sum(wanted)
        x = float(self._left)
        for cell, width in zip(cells, wanted, strict=True):
            across = width * scale
            if self._look.ruled:
                self._draw.rectangle([x, self.y, x + across, self.y + height], outline="black", width=3)
            small = face
            if face.getlength(cell) > across - 0.4 * em:
                small = font(self._look.family, max(round(em * 0.8 * scale), 20), self._look.weight)
            self._draw.text((x + 0.5 * em, self.y + height / 2), cell, "black", small, anchor="lm")
            x += across
        self.y += height


def _pixels(points: float) -> int:
    return round(points / 72 * 25.4 * PX_PER_MM)


def _stamped(sheet: Picture, specimen: Specimen, y: int) -> Picture:
    """Press the round seal over the last lines, at the right, a little askew."""
    dice = random.Random(f"seal-{specimen.number}")
    style = SealStyle(diameter=dice.choice((38.0, 40.0, 42.0)), bottom=specimen.bottom)
    mask = round_seal(specimen.seal, style, PX_PER_MM)
    side = mask.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), dice.uniform(-14, 14), 1)
    mask = np.asarray(cv2.warpAffine(mask, turn, (side, side)), np.float32) * dice.uniform(0.75, 0.95)
    left = round(dice.uniform(118, 150) * PX_PER_MM)
    top = min(max(round(y - dice.uniform(24, 34) * PX_PER_MM), 0), sheet.shape[0] - side)
    part = sheet[top : top + side, left : left + side]
    share = mask[: part.shape[0], : part.shape[1], None]
    part[:] = np.minimum(part, part * (1 - share) + np.asarray(SEAL_BGR, np.float32) * share).astype(np.uint8)
    return sheet
