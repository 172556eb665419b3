"""Draws the QR code that every paper carries, as a black and white picture of known size."""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

import numpy as np
import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_ALPHA_NUM, QRData

from templates import masks
from templates.errors import CodeUnreadable

MODULE_MM = 0.55  # a phone at arm's length and a 200 dpi scan (4.3 px a module) both read it
QUIET_MODULES = 4  # the white border the QR standard asks for; it is part of the picture
MAX_VERSION = 8  # design.md §4.4: larger symbols were read less often from bad photos
_PIXELS_PER_MODULE = 8  # sharp edges when a viewer enlarges the picture, 3 KB of PNG
_QR = zxingcpp.BarcodeFormat.QRCode
_QR_ONLY = zxingcpp.barcode_formats_from_str("QRCode")
_ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")
# The fast encoder packs longer runs of digits, and digits alone, in numeric mode.
_OTHER_MODE = re.compile(r"[0-9]+\Z|.*?[0-9]{7}")
# Most characters a symbol of version 1, 2, … holds in this mode at level M (ISO/IEC 18004, table 7).
_HOLDS = (20, 38, 61, 90, 122, 154, 178, 221)
_WRONG_TEXT = "内容含有字母数字模式以外的字符，或过长"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A QR picture: 1-bit PNG, `modules` per side without the quiet zone."""

    png: bytes
    modules: int

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the picture in pixels, by which it is found again in the PDF."""
        side = (self.modules + 2 * QUIET_MODULES) * _PIXELS_PER_MODULE
        return (side, side)

    @property
    def bits(self) -> bytes:
        """The picture as a PDF holds it: rows of one bit per pixel from the top, white is 1."""
        return Image.open(BytesIO(self.png)).tobytes()

    @property
    def width_mm(self) -> float:
        """Width of the whole picture, quiet zone included: 31.35 mm for a version 8 symbol."""
        return picture_mm(self.modules)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR picture for a PDF: one pixel a module, quiet zone included; `modules` per side without it.

    `bits`: rows from the top, each begun on a whole byte, one bit per pixel, white is 1 (DeviceGray).
    """

    bits: bytes
    modules: int

    @property
    def side(self) -> int:
        """Width and height of the picture in pixels."""
        return self.modules + 2 * QUIET_MODULES

    @property
    def width_mm(self) -> float:
        """Width of the whole picture on paper, the same as a `Drawn` of this text has."""
        return picture_mm(self.modules)


@lru_cache(8)
def blank(modules: int) -> Drawn:
    """Give an empty picture for a symbol with so many modules per side: what a template is compiled for."""
    side = (modules + 2 * QUIET_MODULES) * _PIXELS_PER_MODULE
    buffer = BytesIO()
    Image.new("1", (side, side), 1).save(buffer, "PNG")
    return Drawn(buffer.getvalue(), modules)


def picture_mm(modules: int) -> float:
    """Give the width in mm of a picture whose symbol has this many modules per side."""
    return round((modules + 2 * QUIET_MODULES) * MODULE_MM, 2)


def draw(text: str) -> Drawn:
    """Draw one QR symbol (alphanumeric mode, level M, at most version 8) holding `text`.

    `text` may hold only the QR alphanumeric set: 0-9 A-Z blank $ % * + - . / :
    Raises CodeUnreadable for other characters, for nothing, and for more than 221 of them.
    """
    symbol = _slow(text)
    return Drawn(_png(symbol.get_matrix()), symbol.modules_count)


def quick(text: str) -> Symbol:
    """Draw a symbol as `draw` does (same mode, level, version and size), seventy times faster; the same is refused.

    The mask is the standard's best one; `draw` leaves the format bits out of its count and may take another.
    Runs of seven digits are encoded by `qrcode` (2 ms): the fast encoder would leave alphanumeric mode for
    them. In random base32 that happens once in a thousand.
    """
    if not text:
        raise CodeUnreadable("内容为空")
    if not _ALPHANUMERIC.fullmatch(text) or len(text) > _HOLDS[-1]:
        raise CodeUnreadable(_WRONG_TEXT)
    version = bisect_left(_HOLDS, len(text)) + 1
    side = 4 * version + 17
    first = _number(_slow(text, 0).modules) if _OTHER_MODE.match(text) else _encoded(text, version, 0)
    best = masks.grid(side).best(first, _changes(version))
    packed = np.frombuffer((best << -(side * side) % 8).to_bytes((side * side + 7) // 8), np.uint8)
    picture = np.ones((side + 2 * QUIET_MODULES,) * 2, np.uint8)
    inside = slice(QUIET_MODULES, -QUIET_MODULES)
    picture[inside, inside] -= np.unpackbits(packed, count=side * side).reshape(side, side)
    return Symbol(np.packbits(picture, axis=1).tobytes(), side)


def proved(symbol: Symbol, text: str) -> None:
    """Read the drawn symbol again from its own bits; raises CodeUnreadable when it does not say `text`."""
    rows = np.frombuffer(symbol.bits, np.uint8).reshape(symbol.side, -1)
    picture = np.unpackbits(rows, axis=1, count=symbol.side) * np.uint8(255)
    found = zxingcpp.read_barcodes(picture, formats=_QR_ONLY, try_invert=False, try_downscale=False)
    if [(code.text, code.ec_level) for code in found] != [(text, "M")]:
        raise CodeUnreadable("画出的二维码读回的内容不符")


def _slow(text: str, mask: int | None = None) -> qrcode.QRCode:
    if not text:
        raise CodeUnreadable("内容为空")
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES, mask_pattern=mask)
    try:
        symbol.add_data(QRData(text, mode=MODE_ALPHA_NUM))
        symbol.make(fit=True)
    except (ValueError, DataOverflowError) as problem:
        raise CodeUnreadable(_WRONG_TEXT) from problem
    if symbol.version > MAX_VERSION:
        raise CodeUnreadable(f"内容过长，需要第 {symbol.version} 版符号（上限 {MAX_VERSION}）")
    return symbol


def _encoded(text: str, version: int, mask: int) -> int:
    """Encode with a given mask, as `masks` holds a symbol."""
    try:
        code = zxingcpp.create_barcode(text, _QR, ec_level="M", version=version, data_mask=mask)
    except ValueError as problem:
        raise CodeUnreadable(_WRONG_TEXT) from problem
    return _number(np.asarray(zxingcpp.write_barcode_to_image(code, add_quiet_zones=False)) == 0)


def _number(dark: Any) -> int:
    """Hold a square of modules (dark is true) as `masks` does."""
    bits = np.packbits(dark).tobytes()
    return int.from_bytes(bits) >> 8 * len(bits) - np.size(dark)


@cache
def _changes(version: int) -> tuple[int, ...]:
    return masks.changes(lambda mask: _encoded("A", version, mask))


def _png(matrix: list[list[bool]]) -> bytes:
    side = len(matrix)
    small = Image.new("1", (side, side), 1)
    small.putdata([0 if dark else 1 for row in matrix for dark in row])
    large = small.resize((side * _PIXELS_PER_MODULE,) * 2, Image.Resampling.NEAREST)
    buffer = BytesIO()
    large.save(buffer, "PNG")
    return buffer.getvalue()
