"""Draws a small sheet of our own kind, with its layout, and what a scanner makes of it: for tests of intake alone."""

from io import BytesIO

import cv2
import numpy as np
import qrcode
from PIL import Image, ImageDraw, ImageFont

from intake.reading import PageImage

FONT = "/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"
LABEL_FONT = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"
PRINT_DPI = 300
MM = PRINT_DPI / 25.4
VALUES = {
    "student_name": ("姓名", "文勇俊"),
    "sex": ("性别", "男"),
    "birth_date": ("出生日期", "2011年4月12日"),
    "id_number": ("身份证号", "140499201104120011"),
    "student_no": ("学籍号", "G140499201104120011"),
    "number": ("证书编号", "140426202620120001"),
    "issued_on": ("签发日期", "二〇二六年七月一日"),
    "out_school": ("转出学校", "黎城县第三中学校"),
    "in_school": ("转入学校", "长治市潞州区实验中学（东校区）"),
    "phone": ("联系电话", "13803551658"),
    "rare": ("监护人", "欧阳㛃䶮"),
    "reason": ("转学原因", "父母工作调动，随迁至长治市"),
}
CODE_TEXT = "HTTPS://YINZHENG.EXAMPLE/V/" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 5


def drawn(values=None, fiducials=True, code_text=CODE_TEXT, size_mm=(210.0, 297.0)):
    """Return the sheet as a 300 dpi gray PIL picture and its layout page."""
    width, height = size_mm
    sheet = Image.new("L", (round(width * MM), round(height * MM)), 255)
    pen = ImageDraw.Draw(sheet)
    texts = {name: (values or {}).get(name, text) for name, (_, text) in VALUES.items()}
    places = []
    for row, (name, text) in enumerate(texts.items()):
        top = 60 + row * 13
        pen.rectangle((20 * MM, top * MM, (width - 20) * MM, (top + 13) * MM), outline=0, width=4)
        pen.line((60 * MM, top * MM, 60 * MM, (top + 13) * MM), fill=0, width=4)
        _write(pen, (24, top + 4), VALUES[name][0], LABEL_FONT, 12)
        size = 14 if row % 2 else 10.5
        box = _write(pen, (64, top + 4), text, FONT, size)
        place = {"name": name, "text": text, "lines": [{"text": text, "box": box}], "key": True}
        places.append(place | {"font": "LXGW WenKai", "size_pt": size})
    _write(pen, (70, 30), "转学申请表（样张）", LABEL_FONT, 20)
    _write(pen, (24, 250), "本表一式三份，转出学校、转入学校、教育行政部门各存一份。", LABEL_FONT, 9)
    code_box = _code(sheet, code_text, width - 50, 14)
    layout = {"width": width, "height": height, "values": places, "marks": [], "fiducials": []}
    layout["codes"] = [{"box": code_box, "keep_out": code_box}]
    if fiducials:
        layout["fiducials"] = [_fiducial(sheet, k, width, height) for k in range(4)]
    return sheet, layout


def _write(pen, at, text, font, points):
    left, top = at
    face = ImageFont.truetype(font, round(points * PRINT_DPI / 72))
    pen.text((left * MM, top * MM), text, font=face, fill=0)
    return [round(value / MM, 3) for value in pen.textbbox((left * MM, top * MM), text, font=face)]


def _code(sheet, text, left, top, module_mm=0.55):
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0, box_size=1)
    code.add_data(text)
    code.make()
    symbol = Image.fromarray(np.where(np.array(code.get_matrix()), 0, 255).astype("uint8"))
    side = round(symbol.width * module_mm * MM)
    at = (round(left * MM), round(top * MM))
    sheet.paste(symbol.resize((side, side), Image.Resampling.NEAREST), at)
    return [at[0] / MM, at[1] / MM, (at[0] + side) / MM, (at[1] + side) / MM]


def _fiducial(sheet, number, width, height):
    side_mm, inset = 7.0, 8.0
    side = round(side_mm * MM)
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    marker = Image.fromarray(cv2.aruco.generateImageMarker(dictionary, number, 60)).resize((side, side), 0)
    left = inset if number in (0, 3) else width - inset - side_mm
    top = inset if number in (0, 1) else height - inset - side_mm
    at = (round(left * MM), round(top * MM))
    sheet.paste(marker, at)
    return {"id": number, "box": [at[0] / MM, at[1] / MM, (at[0] + side) / MM, (at[1] + side) / MM]}


def as_pdf(sheet):
    """Return the sheet as a PDF: what the archive would hold."""
    file = BytesIO()
    sheet.save(file, "PDF", resolution=PRINT_DPI)
    return file.getvalue()


def scanned(sheet, seed, *, dpi=200, tilt=1.0, turn=0, quality=75, blur=0.5, noise=4.0, gray=False):
    """Return a PageImage: the sheet tilted (degrees), turned (quarters), shaded, blurred, noisy, JPEG pressed."""
    rng = np.random.default_rng(seed)
    paper = np.asarray(sheet.convert("RGB"))[:, :, ::-1].astype(np.float32)
    scale = dpi / PRINT_DPI
    small = cv2.resize(paper, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = small.shape[:2]
    moved = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    moved[:, 2] += rng.uniform(-4, 4, 2)
    small = cv2.warpAffine(small, moved, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255))
    small = cv2.GaussianBlur(small, (0, 0), blur) if blur else small
    small = 28 + small * (218 / 255) + rng.normal(0, noise, small.shape) + np.array([-4, 0, 3])
    pixels = np.rot90(np.clip(small, 0, 255).astype(np.uint8), turn).copy()
    if gray:
        pixels = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return PageImage(0, cv2.imdecode(packed, cv2.IMREAD_COLOR), float(dpi), not gray)
