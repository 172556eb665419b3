"""Binds scanned pages that belong together into one PDF, each as large as the sheet it shows."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

from intake.reading import PageImage

JPEG_QUALITY = 85
"""Print of 8 points stays as readable as in the scan, at a tenth of its size; the upload itself is kept beside."""
USUAL_INCHES = 297 / 25.4
"""The longer side of A4: what a picture without a resolution is taken for."""
_POINTS = 72.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A page as it goes into the bundle: JPEG bytes, pixels across and down, pixels per inch, whether in gray."""

    jpeg: bytes
    width: int
    height: int
    dpi: float
    gray: bool


def shot(page: PageImage) -> Shot:
    """Pack a page's pixels, so that those of a stack need not be held."""
    height, width = page.pixels.shape[:2]
    pixels = page.pixels if page.colour else cv2.cvtColor(page.pixels, cv2.COLOR_BGR2GRAY)
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    dpi = page.dpi or max(height, width) / USUAL_INCHES
    return Shot(packed.tobytes(), width, height, dpi, not page.colour)


def bound(shots: Sequence[Shot]) -> bytes:
    """Write the PDF of these pages, in order; the same pages give the same bytes."""
    writer = PdfWriter()
    for one in shots:
        across, down = one.width / one.dpi * _POINTS, one.height / one.dpi * _POINTS
        page = writer.add_blank_page(across, down)
        picture = StreamObject()
        picture._data = one.jpeg  # noqa: SLF001 - the bytes as they are packed
        picture.update(
            {
                NameObject("/Type"): NameObject("/XObject"),
                NameObject("/Subtype"): NameObject("/Image"),
                NameObject("/Width"): NumberObject(one.width),
                NameObject("/Height"): NumberObject(one.height),
                NameObject("/BitsPerComponent"): NumberObject(8),
                NameObject("/ColorSpace"): NameObject("/DeviceGray" if one.gray else "/DeviceRGB"),
                NameObject("/Filter"): NameObject("/DCTDecode"),
            }
        )
        drawn = StreamObject()
        drawn.set_data(b"q %.3f 0 0 %.3f 0 0 cm /P Do Q" % (across, down))
        inside = DictionaryObject({NameObject("/P"): writer._add_object(picture)})  # noqa: SLF001 - no public door
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): inside})
        page[NameObject("/Contents")] = writer._add_object(drawn)  # noqa: SLF001
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
