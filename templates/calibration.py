"""Draws the calibration sheet of a blank: rulers, crosshairs and every frame with its coordinates, in true size.

Printed on a blank (or on plain paper of its size) it shows with a ruler by how much the printer is off, and
whether each frame lies where the pre-printed words leave room. A working sheet: pixels, not an archive copy.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from templates.blank import Blank
from templates.fonts import KAI
from templates.layout import Box

DPI = 300
_SCALE = DPI / 25.4
_BLACK = 0
_CROSS_MM = 20.0  # crosshairs stand so far from both edges
_ARM = 6.0
_SMALL, _NORMAL = 2.3, 3.0  # letter heights in mm
_BAR = 100.0
_PIECE_WORDS = {"year": "年", "month": "月", "day": "日"}
_HELP = (
    "校准页　1．按 100% 打印（不要“适合页面”），纸张与证书纸相同。",
    "2．量下面的横线：应为 100 毫米，否则打印机有缩放，先改打印设置。",
    "3．量四个十字的中心到纸左边、上边的距离，与所标数字比较：偏右 a、偏下 b 毫米时，",
    "　　shift_mm 两数分别减 a、减 b（偏左、偏上则加）；四处不一致说明纸放斜了。",
    "4．各框落在预印文字留空之内即可；个别不合的改该栏的 x、y、width。",
    "5．虚线是签章处；签名（校长）的虚线框里不要有预印文字。",
)


def draw(blank: Blank, title: str, fonts: Mapping[str, Path], labels: Mapping[str, str]) -> bytes:
    """Give a one-page PDF in the blank's size; `labels` are the Chinese names of fields, and of blocks under `marks.`."""
    sheet = _Sheet(blank, fonts[KAI.files[0]])
    sheet.rulers()
    for x in (_CROSS_MM, blank.size_mm[0] - _CROSS_MM):
        for y in (_CROSS_MM, blank.size_mm[1] - _CROSS_MM):
            sheet.cross(x, y)
    for name, box in blank.marks.items():
        sheet.frame(box, f"{labels.get(f'marks.{name}', name)} 签章处", dashed=True)
    for name, spot in blank.fields.items():
        sheet.frame(
            spot.box(),
            f"{_label(labels, name)} x={spot.x:g} y={spot.y:g} 宽{spot.width:g} {spot.size_pt:g}pt",
        )
        sheet.line((spot.x, spot.y), (spot.x + spot.width, spot.y))
    sheet.frame(blank.code_box, f"二维码 x={blank.code[0]:g} y={blank.code[1]:g}")
    if blank.photo and blank.photo_box:
        sheet.frame(blank.photo_box, f"照片 x={blank.photo[0]:g} y={blank.photo[1]:g}")
    x, y = blank.serial_place
    sheet.frame((x, y - 2.9, x + 34, y + 0.8), "编号")
    sheet.help(f"{title}　shift_mm = [{blank.shift_mm[0]:g}, {blank.shift_mm[1]:g}]")
    return sheet.pdf()


class _Sheet:
    """A page in pixels that is drawn on in millimetres, moved by the blank's shift."""

    def __init__(self, blank: Blank, font: Path) -> None:
        self._size = blank.size_mm
        self._shift = blank.shift_mm
        self._font = font
        self._image = Image.new("L", (round(self._size[0] * _SCALE), round(self._size[1] * _SCALE)), 255)
        self._pen = ImageDraw.Draw(self._image)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round((x + self._shift[0]) * _SCALE), round((y + self._shift[1]) * _SCALE)

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a hair line."""
        self._pen.line((*self._at(*start), *self._at(*end)), fill=_BLACK, width=2)

    def text(self, x: float, y: float, words: str, height: float = _SMALL) -> None:
        """Write words whose top left corner is at (x, y)."""
        font = ImageFont.truetype(str(self._font), round(height * _SCALE))
        self._pen.text(self._at(x, y), words, fill=_BLACK, font=font)

    def rulers(self) -> None:
        """Mark millimetres along all four edges, numbers every 10 mm."""
        wide, high = self._size
        for mm in range(1, int(wide)):
            long = 3.5 if mm % 10 == 0 else 2.4 if mm % 5 == 0 else 1.4
            self.line((mm, 0), (mm, long))
            self.line((mm, high), (mm, high - long))
            if mm % 10 == 0:
                self.text(mm - 1.6, 3.7, str(mm))
        for mm in range(1, int(high)):
            long = 3.5 if mm % 10 == 0 else 2.4 if mm % 5 == 0 else 1.4
            self.line((0, mm), (long, mm))
            self.line((wide, mm), (wide - long, mm))
            if mm % 10 == 0:
                self.text(4.0, mm - 1.3, str(mm))

    def cross(self, x: float, y: float) -> None:
        """Draw a crosshair with a circle and say where it should be."""
        self.line((x - _ARM, y), (x + _ARM, y))
        self.line((x, y - _ARM), (x, y + _ARM))
        left, top = self._at(x - 2, y - 2)
        right, bottom = self._at(x + 2, y + 2)
        self._pen.ellipse((left, top, right, bottom), outline=_BLACK, width=2)
        self.text(x + 2.4, y + 1.2, f"({x:g}, {y:g})")

    def frame(self, box: Box, words: str, *, dashed: bool = False) -> None:
        """Draw a frame, dashed for marks, and name it in its upper left corner."""
        left, top, right, bottom = box
        for start, end in (
            ((left, top), (right, top)),
            ((right, top), (right, bottom)),
            ((right, bottom), (left, bottom)),
            ((left, bottom), (left, top)),
        ):
            if dashed:
                self._dashes(start, end)
            else:
                self.line(start, end)
        self.text(left + 0.5, top + 0.4, words)

    def _dashes(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        length = abs(end[0] - start[0]) + abs(end[1] - start[1])
        steps = max(1, round(length / 2))
        for step in range(0, steps, 2):
            near, far = step / steps, min(1.0, (step + 1) / steps)
            self.line(_between(start, end, near), _between(start, end, far))

    def help(self, title: str) -> None:
        """Write what to do, and the bar of 100 mm."""
        left, top = (self._size[0] - _BAR) / 2 + 20, 9.0
        for number, words in enumerate((title, *_HELP)):
            self.text(left - 30, top + number * 4.4, words, _NORMAL)
        y = top + 7.6 * 4.4
        self.line((left, y), (left + _BAR, y))
        for x in (left, left + _BAR):
            self.line((x, y - 1.5), (x, y + 1.5))
        self.text(left + _BAR / 2 - 6, y + 0.6, "100 毫米")

    def pdf(self) -> bytes:
        """Give the page as a PDF in true size."""
        buffer = BytesIO()
        self._image.convert("1", dither=Image.Dither.NONE).save(buffer, "PDF", resolution=DPI)
        return buffer.getvalue()


def _between(start: tuple[float, float], end: tuple[float, float], part: float) -> tuple[float, float]:
    return (start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part)


def _label(labels: Mapping[str, str], name: str) -> str:
    field, _, piece = name.partition(".")
    return labels.get(field, field) + _PIECE_WORDS.get(piece, "")
