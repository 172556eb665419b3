"""Writes the searchable copy of scanned sheets: each a picture of its true size under words that can be found, not seen."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from templates.archival import Archival
from templates.unseen import OBJECTS, WIDE, Unseen, width

Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Top left, top right, bottom right, bottom left of a line of text, in pixels of the picture."""
POINTS = 72.0
_BASE = 0.12
"""Part of a line's height that lies below its base."""
_TALLEST = 1.3
"""Height of a letter against its width: the box around a line askew is higher, and lines that overlap are taken for one."""
_LEAST = 0.1  # points: a line lower or shorter than this is a slip of whoever found it


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text and where it stands on the picture."""

    text: str
    corners: Corners


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of paper: JPEG bytes, pixels across and down, pixels per inch, whether in gray, and its words."""

    jpeg: bytes
    width: int
    height: int
    dpi: float
    gray: bool
    words: Sequence[Words] = ()


def copy(title: str, sheets: Iterable[Sheet]) -> bytes:
    """Write the PDF/A-2b of these sheets, in order; the same sheets give the same bytes.

    `sheets` may come one by one: of each only the JPEG is held.
    """
    file, font = Archival(title), Unseen()
    number = file.reserve(OBJECTS)
    for sheet in sheets:
        picture = file.jpeg(sheet.jpeg, (sheet.width, sheet.height), gray=sheet.gray)
        scale = POINTS / sheet.dpi
        across, down = sheet.width * scale, sheet.height * scale
        drawn = [b"q %.3f 0 0 %.3f 0 0 cm /P Do Q" % (across, down)]
        drawn += [_shown(words, sheet.height, scale, font) for words in sheet.words]
        file.page(
            (across, down), b"\n".join(drawn), b"/XObject<</P %d 0 R>>/Font<</U %d 0 R>>" % (picture, number)
        )
    for at, body in enumerate(font.objects(number)):
        file.put(number + at, body)
    return file.finish()


def _shown(words: Words, height: int, scale: float, font: Unseen) -> bytes:
    """Set a line without ink (render mode 3): stretched to be as wide as its box, and as high as its letters can be."""
    text = "".join(char for char in words.text if char.isprintable()).strip()
    (left, top), _, (right, right_bottom), (base_left, bottom) = words.corners
    along = (right - base_left, right_bottom - bottom)
    length, height_pt = math.hypot(*along) * scale, math.hypot(left - base_left, top - bottom) * scale
    if not text or length < _LEAST or height_pt < _LEAST:
        return b""
    ems = sum(width(char) for char in text) / WIDE
    size = min(height_pt, _TALLEST * length / ems)
    cosine, sine = along[0] * scale / length, -along[1] * scale / length
    up = size * _BASE + (height_pt - size) / 2
    x, y = base_left * scale - sine * up, (height - bottom) * scale + cosine * up
    return b"BT 3 Tr /U %.2f Tf %.2f Tz %.4f %.4f %.4f %.4f %.2f %.2f Tm <%s> Tj ET" % (
        size,
        100 * length / (ems * size),
        cosine,
        sine,
        -sine,
        cosine,
        x,
        y,
        font.hex(text),
    )
