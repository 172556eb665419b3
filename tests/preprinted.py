"""A pre-printed diploma blank as a picture, and papers printed over it: what an overprinted diploma really looks like."""

import cv2
import numpy as np
from PIL import Image, ImageDraw

from service.demo.fonts import KAI, SONG, font
from service.demo.paper import SCALE
from templates.blank import default

GOLD = (168, 134, 60)
INK = (20, 20, 20)
_BORDERS = (8.0, 9.5, 15.0)


def blank_sheet(form, words):
    """Draw a blank at 300 dpi, BGR: border, heading, and `words` as (x, base line, text, size in pt)."""
    width, height = default(form).size_mm
    image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)), "white")
    pen = ImageDraw.Draw(image)
    for inset in _BORDERS:
        edge = (inset * SCALE, inset * SCALE, (width - inset) * SCALE, (height - inset) * SCALE)
        pen.rectangle(edge, outline=GOLD, width=5)
    for x in np.arange(18, width - 16, 3.2):  # a band of small lozenges along the long sides
        for y in (12.2, height - 12.2):
            pen.polygon(
                [
                    ((x + dx) * SCALE, (y + dy) * SCALE)
                    for dx, dy in ((-1.4, 0), (0, -1.6), (1.4, 0), (0, 1.6))
                ],
                outline=GOLD,
            )
    face = font(SONG, round(34 / 72 * 300))
    pen.text((width / 2 * SCALE, 38 * SCALE), "毕　业　证　书", fill=INK, font=face, anchor="ms")
    for x, y, text, size in words:
        pen.text((x * SCALE, y * SCALE), text, fill=INK, font=font(KAI, round(size / 72 * 300)), anchor="ls")
    photo = default(form).photo_box
    pen.rectangle([edge * SCALE for edge in photo], outline=(150, 150, 150), width=3)
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


JUNIOR = (
    (86.0, 67.0, "学生", 16),
    (153.5, 67.0, "，性别", 16),
    (191.0, 67.0, "，", 16),
    (160.0, 82.0, "生，", 16),
    (86.0, 97.0, "于", 16),
    (143.0, 97.0, "至", 16),
    (199.0, 97.0, "在本校", 16),
    (86.0, 104.5, "初中学习期满，完成九年义务教育，准予毕业。", 14),
    (121.0, 118.5, "校长：", 14),
    (221.0, 132.0, "（章）", 12),
    (92.0, 134.0, "（验印）", 11),
    (43.0, 163.0, "证书编号：", 11),
    (141.0, 163.0, "学籍号：", 11),
)
"""What the sample blank of the 初中毕业证书 says around the gaps of the shipped measures."""


def fed(sheet, dx, dy, turn=0.0):
    """The blank as a printer feeds it: off by millimetres, turned by degrees."""
    height, width = sheet.shape[:2]
    move = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
    move[:, 2] += (dx * SCALE, dy * SCALE)
    return cv2.warpAffine(sheet, move, (width, height), borderValue=(255, 255, 255))


def over(paper, sheet):
    """A printed paper with the pre-printed blank showing through wherever nothing was printed."""
    printed = paper.sheets[0]
    under = cv2.resize(sheet, printed.shape[1::-1]) if sheet.shape != printed.shape else sheet
    both = np.asarray(printed.astype(np.uint16) * under // 255, np.uint8)
    return paper.with_sheet(0, both)
