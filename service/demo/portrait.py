"""Draws the portraits of people who do not exist: head and shoulders before a light blue ground, 26 : 32."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (307, 378)  # 26 × 32 mm at 300 dpi
_GROUND = (186, 214, 240)
_SKINS = ((236, 200, 172), (226, 184, 150), (214, 168, 134))
_HAIRS = ((28, 24, 24), (44, 34, 30), (60, 46, 40))
_COATS = ((36, 62, 120), (150, 34, 44), (28, 96, 92), (230, 230, 234), (58, 58, 66))
_FINE = 3  # drawn this much larger, then reduced: smooth edges


def portrait(seed: int, size: tuple[int, int] = SIZE) -> bytes:
    """Give a JPEG of `size` (width, height in pixels); the seed alone decides who it is."""
    rng = np.random.default_rng(seed)
    wide, high = size[0] * _FINE, size[1] * _FINE
    picture = Image.new("RGB", (wide, high), _GROUND)
    _draw(ImageDraw.Draw(picture), wide, high, rng)
    picture = picture.resize(size, Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(0.6))
    grain = rng.normal(0, 2.0, (size[1], size[0], 1))
    noisy = np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noisy).save(buffer, "JPEG", quality=88, dpi=(300, 300))
    return buffer.getvalue()


def _draw(pen: ImageDraw.ImageDraw, wide: int, high: int, rng: np.random.Generator) -> None:
    skin = _SKINS[int(rng.integers(len(_SKINS)))]
    hair = _HAIRS[int(rng.integers(len(_HAIRS)))]
    coat = _COATS[int(rng.integers(len(_COATS)))]
    dark = (round(skin[0] * 0.86), round(skin[1] * 0.84), round(skin[2] * 0.82))
    long_hair = rng.random() < 0.5
    x, y = wide / 2, high * 0.43
    face = (wide * float(rng.uniform(0.175, 0.2)), high * float(rng.uniform(0.185, 0.2)))

    def oval(cx: float, cy: float, rx: float, ry: float, fill: tuple[int, int, int]) -> None:
        pen.ellipse((cx - rx, cy - ry, cx + rx, cy + ry), fill=fill)

    if long_hair:
        pen.rounded_rectangle(
            (x - face[0] * 1.3, y - face[1] * 0.6, x + face[0] * 1.3, high * 0.78), wide * 0.12, hair
        )
    oval(x, high * 1.06, wide * 0.46, high * 0.34, coat)
    pen.rectangle((x - wide * 0.085, y + face[1] * 0.6, x + wide * 0.085, high * 0.76), fill=dark)
    pen.polygon(
        ((x - wide * 0.13, high * 0.735), (x + wide * 0.13, high * 0.735), (x, high * 0.87)), (244, 244, 246)
    )
    oval(x, y - face[1] * 0.22, face[0] * 1.14, face[1] * 1.12, hair)
    oval(x, y, face[0], face[1], skin)
    fringe = float(rng.uniform(0.42, 0.6))
    pen.chord((x - face[0], y - face[1] * 1.08, x + face[0], y + face[1] * fringe), 195, 345, fill=hair)
    for side in (-1, 1):
        eye = x + side * face[0] * 0.42
        oval(eye, y + face[1] * 0.02, face[0] * 0.13, face[1] * 0.065, (250, 250, 250))
        oval(eye, y + face[1] * 0.02, face[0] * 0.07, face[1] * 0.062, (40, 30, 28))
        pen.line(
            (eye - face[0] * 0.2, y - face[1] * 0.13, eye + face[0] * 0.2, y - face[1] * 0.14),
            hair,
            _FINE * 3,
        )
        oval(x + side * face[0] * 1.0, y + face[1] * 0.06, face[0] * 0.09, face[1] * 0.15, dark)
    pen.line(
        (
            x,
            y + face[1] * 0.1,
            x - face[0] * 0.06,
            y + face[1] * 0.34,
            x + face[0] * 0.05,
            y + face[1] * 0.36,
        ),
        dark,
        _FINE * 2,
    )
    pen.arc(
        (x - face[0] * 0.3, y + face[1] * 0.36, x + face[0] * 0.3, y + face[1] * 0.64),
        25,
        155,
        (170, 80, 76),
        _FINE * 2,
    )
