"""Draws the QR code that every paper carries, as a black and white picture of known size."""

from dataclasses import dataclass
from io import BytesIO

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.util import MODE_ALPHA_NUM, QRData

from templates.errors import CodeUnreadable

MODULE_MM = 0.55  # a phone at arm's length and a 200 dpi scan (4.3 px a module) both read it
QUIET_MODULES = 4  # the white border the QR standard asks for; it is part of the picture
MAX_VERSION = 8  # design.md §4.4: larger symbols were read less often from bad photos
_PIXELS_PER_MODULE = 8  # sharp edges when a viewer enlarges the picture, 3 KB of PNG


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


def picture_mm(modules: int) -> float:
    """Give the width in mm of a picture whose symbol has this many modules per side."""
    return round((modules + 2 * QUIET_MODULES) * MODULE_MM, 2)


def draw(text: str) -> Drawn:
    """Draw one QR symbol (alphanumeric mode, level M, at most version 8) holding `text`.

    `text` may hold only the QR alphanumeric set: 0-9 A-Z blank $ % * + - . / :
    Raises CodeUnreadable for other characters, for nothing, and for more than 221 of them.
    """
    if not text:
        raise CodeUnreadable("内容为空")
    symbol = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES, box_size=1)
    try:
        symbol.add_data(QRData(text, mode=MODE_ALPHA_NUM))
        symbol.make(fit=True)
    except (ValueError, DataOverflowError) as problem:
        raise CodeUnreadable("内容含有字母数字模式以外的字符，或过长") from problem
    if symbol.version > MAX_VERSION:
        raise CodeUnreadable(f"内容过长，需要第 {symbol.version} 版符号（上限 {MAX_VERSION}）")
    return Drawn(_png(symbol.get_matrix()), symbol.modules_count)


def _png(matrix: list[list[bool]]) -> bytes:
    side = len(matrix)
    small = Image.new("1", (side, side), 1)
    small.putdata([0 if dark else 1 for row in matrix for dark in row])
    large = small.resize((side * _PIXELS_PER_MODULE,) * 2, Image.Resampling.NEAREST)
    buffer = BytesIO()
    large.save(buffer, "PNG")
    return buffer.getvalue()
