"""Brings any picture Pillow opened to eight bits of red, green and blue on white paper; loaded by the decoder's child alone."""

from typing import Any

ROWS_AT_ONCE = 256
BAND_ROWS = 32  # of the smaller picture: three megabytes of a page of 600 dpi, which the processor keeps near


def smaller(picture: Any, shrink: int) -> Any:
    """Return the picture as RGB, each `shrink` x `shrink` pixels as their mean on white paper.

    A band at a time: fresh memory for whole copies of 70 Mpx took as long as their arithmetic.
    """
    from PIL import Image

    small = Image.new("RGB", (-(-picture.width // shrink), -(-picture.height // shrink)))
    step = shrink * BAND_ROWS
    for top in range(0, picture.height, step):
        band = picture.crop((0, top, picture.width, min(top + step, picture.height)))
        small.paste(on_white(_averageable(band).reduce(shrink)), (0, top // shrink))
    small.info = {name: told for name, told in picture.info.items() if name != "transparency"}
    return small


def _averageable(picture: Any) -> Any:
    """Return a picture whose pixels have a mean: bits and palette numbers have none, and opaque ones need no weights."""
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode == "P":
        return picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    opaque = picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255)
    return picture.convert("RGB") if opaque else picture


def eight_bits(image: Any) -> Any:
    """Bring 16 and 32 bit grays down to 8 bits by their range: Pillow's own conversion clips them to white."""
    if not image.mode.startswith(("I", "F")):
        return image
    import numpy as np
    from PIL import Image

    values = np.asarray(image)
    full = 65535.0 if image.mode.startswith("I;16") else _full_scale(float(values.max(initial=0)))
    eight = np.empty(values.shape, np.uint8)
    for top in range(0, len(values), ROWS_AT_ONCE):  # a band at a time: the floats of 80 Mpx are a gigabyte
        band = values[top : top + ROWS_AT_ONCE].astype("float32") * (255 / full)
        eight[top : top + ROWS_AT_ONCE] = np.clip(band, 0, 255)
    gray = Image.fromarray(eight)
    gray.info = dict(image.info)
    gray.getexif().update(image.getexif())
    return gray


def _full_scale(top: float) -> float:
    """Return the value that means white, by the greatest one of a picture that does not say."""
    return next((full for full in (1.0, 255.0, 65535.0) if top <= full), top)


def on_white(picture: Any) -> Any:
    """Return the picture as RGB; what is transparent shows white paper."""
    from PIL import Image

    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")
    return picture.convert("RGB")
