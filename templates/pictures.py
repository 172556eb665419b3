"""The photos a paper shows: checked JPEGs, and the XML that places one in a Word file."""

import hashlib
from io import BytesIO
from typing import Final

from PIL import Image

from templates.errors import ValueRefused
from templates.sandbox import Picture

SIZE_MM: Final = (26, 32)
ROW_MM: Final = (13, 16)  # in a table's row
_ROW_DPI = 300  # a roster of a thousand pupils would be 40 MB with whole photos
_EMU = 36000  # English metric units in a millimetre
_MM_PER_INCH = 25.4
_MODES = {"RGB", "L"}  # what PDF/A with an sRGB output intent takes as it is
_DRAWING = (
    '</w:t></w:r><w:r><w:drawing><wp:inline xmlns:wp="{dml}/wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0">'
    '<wp:extent cx="{width}" cy="{height}"/><wp:docPr id="1" name="photo" descr="照片"/>'
    '<a:graphic xmlns:a="{dml}/main"><a:graphicData uri="{dml}/picture"><pic:pic xmlns:pic="{dml}/picture">'
    '<pic:nvPicPr><pic:cNvPr id="0" name="photo"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
    '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="{relation}"/>'
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>'
    '</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r><w:r><w:t xml:space="preserve">'
)


class Photo(Picture):
    """One photo as a template prints it: the flat name of its field, the JPEG's bytes and their digest.

    LibreOffice hands a JPEG through to the PDF untouched, so its digest finds it again there.
    """

    def __init__(self, name: str, jpeg: bytes, size_mm: tuple[int, int]) -> None:
        self.name = name
        self.jpeg = jpeg
        self.digest = hashlib.sha256(jpeg).hexdigest()
        self.relation = f"rIdPhoto{self.digest[:16]}"
        self.file = f"media/photo-{self.digest[:16]}.jpeg"
        self.shown = False
        super().__init__(
            _DRAWING.format(
                dml="http://schemas.openxmlformats.org/drawingml/2006",
                width=size_mm[0] * _EMU,
                height=size_mm[1] * _EMU,
                relation=self.relation,
            )
        )

    def __html__(self) -> str:
        self.shown = True
        return super().__html__()


def photo(name: str, raw: str, jpeg: bytes | None, size_mm: tuple[int, int]) -> Photo:
    """Make the picture of a photo field whose value is `raw`, the SHA-256 of its JPEG.

    Raises ValueRefused when the JPEG is missing, another one, or none that PDF/A takes.
    """
    if jpeg is None:
        raise ValueRefused(name, "照片文件不在，请重新上传照片")
    if hashlib.sha256(jpeg).hexdigest() != raw:
        raise ValueRefused(name, "照片文件与登记的不是同一张，请重新上传照片")
    try:
        with Image.open(BytesIO(jpeg), formats=("JPEG",)) as picture:
            picture.load()
            if picture.mode not in _MODES:
                raise ValueRefused(name, "照片的颜色不是 RGB，请另存为普通 JPEG 后重新上传")
            return Photo(name, _smaller(picture) if size_mm == ROW_MM else jpeg, size_mm)
    except (OSError, Image.DecompressionBombError) as problem:
        raise ValueRefused(name, "照片不是完整的 JPEG 图片，请重新上传照片") from problem


def stand_in(photo: Photo, number: int) -> Photo:
    """Make a gray picture that takes a photo's place while a template is compiled; each `number` another one."""
    buffer = BytesIO()
    Image.new("RGB", (SIZE_MM[0], SIZE_MM[1]), (128, 128, 128 + number)).save(buffer, "JPEG", quality=95)
    return Photo(photo.name, buffer.getvalue(), SIZE_MM)


def _smaller(picture: Image.Image) -> bytes:
    wanted = (round(ROW_MM[0] / _MM_PER_INCH * _ROW_DPI), round(ROW_MM[1] / _MM_PER_INCH * _ROW_DPI))
    buffer = BytesIO()
    picture.resize(wanted, Image.Resampling.LANCZOS).save(
        buffer, "JPEG", quality=88, dpi=(_ROW_DPI, _ROW_DPI)
    )
    return buffer.getvalue()
