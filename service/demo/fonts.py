"""Find and load the system fonts that draw seals, handwriting and forged values."""

from functools import cache
from pathlib import Path
from shutil import which
from subprocess import run

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.float32]  # ink between 0 (none) and 1 (full), rows x columns

KAI = "LXGW WenKai"
SONG = "Noto Serif CJK SC"
BASELINE = 0.87  # of the square: where Chinese fonts put their baseline
FIND_SECONDS = 20  # fontconfig may build its cache on the first call of a fresh machine


class FontMissingError(LookupError):
    """A font family the simulator draws with is not installed."""


@cache
def font_file(family: str, style: str = "Regular") -> tuple[Path, int]:
    """Return the file of a family and the face's index in it; raise FontMissingError when another family would be taken."""
    program = which("fc-match")
    if program is None:
        raise FontMissingError("fontconfig 未安装，无法查找字体；请安装 fontconfig。")
    wanted = f"{family}:style={style}"
    answer = run(
        [program, "-f", "%{file}\n%{index}\n%{family}", wanted],
        capture_output=True,
        text=True,
        timeout=FIND_SECONDS,
        check=True,
    )
    file, index, families = answer.stdout.split("\n", 2)
    if family not in families.split(","):
        raise FontMissingError(f"未安装字体 {family}；请安装后重试。")
    return Path(file), int(index) & 0xFFFF


@cache
def font(family: str, pixels: int, style: str = "Regular") -> ImageFont.FreeTypeFont:
    """Return a face whose em is `pixels` high."""
    file, index = font_file(family, style)
    return ImageFont.truetype(str(file), pixels, index=index)


def text_mask(text: str, family: str, pixels: int, style: str = "Regular") -> Mask:
    """Draw one line of text and return it cut to its ink (a text without ink gives a 1x1 mask without ink)."""
    face = font(family, pixels, style)
    canvas = Image.new("L", (round(face.getlength(text)) + 2 * pixels, 2 * pixels))
    ImageDraw.Draw(canvas).text((pixels, round(1.4 * pixels)), text, fill=255, font=face, anchor="ls")
    return _scaled(canvas.crop(canvas.getbbox() or (0, 0, 1, 1)))


def cell_mask(letter: str, family: str, pixels: int, style: str = "Regular") -> Mask:
    """Draw one letter where it stands in its square: 一 stays a stroke in the middle."""
    canvas = Image.new("L", (pixels, pixels))
    baseline = round(BASELINE * pixels)
    pen = ImageDraw.Draw(canvas)
    pen.text((pixels / 2, baseline), letter, fill=255, font=font(family, pixels, style), anchor="ms")
    return _scaled(canvas)


def _scaled(canvas: Image.Image) -> Mask:
    return np.asarray(canvas, np.float32) / np.float32(255)
