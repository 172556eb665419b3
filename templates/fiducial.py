"""Draws and recognises the four ArUco corner marks by which a scanned form is laid straight.

The marks are the first four of OpenCV's DICT_4X4_50, written out here so that printing does not have to
load OpenCV; a test holds them against OpenCV's own. A template carries them as four pictures in its
header, anchored to the page: id 0 top-left, 1 top-right, 2 bottom-right, 3 bottom-left, never rotated.
"""

from io import BytesIO

from PIL import Image

SIZE_MM = 7.0  # evidence.md §2: registers to half a pixel at 200 dpi
MARGIN_MM = 5.0  # white around a mark and from the page's edge: office printers leave 4.2 mm unprinted
_CELLS = 6  # four by four bits in a one-cell black border
_PIXELS_PER_CELL = 8
PIXELS = _CELLS * _PIXELS_PER_CELL  # side of the drawn picture; others are not looked at
_BITS = (
    ("1011", "0101", "0011", "0010"),
    ("0000", "1111", "1001", "1010"),
    ("0011", "0011", "0010", "1101"),
    ("1001", "1001", "0100", "0110"),
)


def _cells(number: int) -> list[int]:
    rows = ["000000", *(f"0{row}0" for row in _BITS[number]), "000000"]
    return [int(cell) for row in rows for cell in row]


def draw(number: int) -> bytes:
    """Draw mark 0…3 as a 48 × 48 pixel 1-bit PNG without a white border; print it 7 mm wide."""
    small = Image.new("1", (_CELLS, _CELLS))
    small.putdata(_cells(number))
    buffer = BytesIO()
    small.resize((PIXELS, PIXELS), Image.Resampling.NEAREST).save(buffer, "PNG")
    return buffer.getvalue()


def recognise(picture: Image.Image) -> int | None:
    """Tell which mark an upright picture shows, or None when it is some other picture."""
    if picture.width != picture.height or picture.width < _CELLS:
        return None
    gray = picture.convert("L")
    step = gray.width / _CELLS
    centres = [int((cell + 0.5) * step) for cell in range(_CELLS)]
    cells = [1 if gray.getpixel((x, y)) > 127 else 0 for y in centres for x in centres]  # type: ignore[operator]
    return next((number for number in range(len(_BITS)) if _cells(number) == cells), None)
