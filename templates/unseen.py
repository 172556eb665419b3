"""The font of the words nobody sees: a plain box under every code, never painted, so that any character can be found and copied."""

import hashlib
import struct
import unicodedata
from functools import cache

from templates.stamp.embedding import to_unicode
from templates.stamp.objects import ONCE, stream
from templates.stamp.truetype import assembled

WIDE, NARROW = 1000, 500
"""Widths in 1/1000 em: a hanzi's square, and half of it for letters and digits, near enough to point at a word."""
MOST = 0xFFFE
"""Codes have two bytes, 0 is .notdef: more than all characters one copy can hold."""
_EM = 1000
_ASCENT, _DESCENT = 880, -120
_MAGIC = 0x5F0F3CF5  # OpenType specification, head table
_WIDE_GLYPH, _NARROW_GLYPH = b"\0\1", b"\0\2"
_NAME = "YinzhengUnseen"


class Unseen:
    """Codes given out as characters come, page after page; the font is written when all are known."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def hex(self, text: str) -> bytes:
        """Give the codes of a text as they stand between < and >; past MOST different characters ValueError."""
        for char in text:
            if char not in self._codes:
                if len(self._codes) >= MOST:
                    raise ValueError("too many characters")
                self._codes[char] = len(self._codes) + 1
        return b"".join([b"%04X" % self._codes[char] for char in text])

    def objects(self, first: int) -> list[bytes]:
        """Give the bodies of the objects numbered `first` (the Type0 font) and the next five."""
        chars = list(self._codes)
        seal = hashlib.sha256("".join(chars).encode("utf-8", "replace")).digest()
        label = ("".join(chr(ord("A") + byte % 26) for byte in seal[:6]) + "+" + _NAME).encode()
        widths = b" ".join(b"%d" % width(char) for char in chars)
        program = _program()
        glyphs = b"".join(
            [b"\0\0", *(_WIDE_GLYPH if width(char) == WIDE else _NARROW_GLYPH for char in chars)]
        )
        return [
            b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
            % (label, first + 1, first + 4),
            b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDToGIDMap %d 0 R"
            b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW %d/W[1[%s]]/FontDescriptor %d 0 R>>"
            % (label, first + 5, WIDE, widths, first + 2),
            b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[0 %d %d %d]/ItalicAngle 0/Ascent %d/Descent %d"
            b"/CapHeight %d/StemV 80/FontFile2 %d 0 R>>"
            % (label, _DESCENT, _EM, _ASCENT, _ASCENT, _DESCENT, _ASCENT, first + 3),
            stream(program, b"/Length1 %d" % len(program), ONCE),
            stream(to_unicode([_spelt(char) for char in chars])),
            stream(glyphs),
        ]


OBJECTS = 6


def width(char: str) -> int:
    """Give how far the pen moves after a character, in 1/1000 em."""
    return WIDE if unicodedata.east_asian_width(char) in "WFA" else NARROW


def _spelt(char: str) -> bytes:
    return char.encode("utf-16-be", "surrogatepass").hex().upper().encode()


@cache
def _program() -> bytes:
    """Write a TrueType program of .notdef and two boxes, wide and narrow: readers point at a word by its outline."""
    blank, wide, narrow = b"", _box(WIDE), _box(NARROW)
    ends = (0, len(blank), len(blank) + len(wide), len(blank) + len(wide) + len(narrow))
    head = struct.pack(">LLLLHH", 0x00010000, 0x00010000, 0, _MAGIC, 0, _EM)
    return assembled(
        {
            b"head": head + bytes(16) + struct.pack(">4hHHhhh", 0, _DESCENT, _EM, _ASCENT, 0, 8, 2, 1, 0),
            b"hhea": struct.pack(">LhhhH", 0x00010000, _ASCENT, _DESCENT, 0, _EM) + bytes(22) + b"\0\3",
            b"maxp": struct.pack(">LH13H", 0x00010000, 3, 4, 1, 0, 0, 1, *[0] * 8),
            b"hmtx": struct.pack(">HhHhHh", WIDE, 0, WIDE, 0, NARROW, 0),
            b"loca": struct.pack(">4L", *ends),
            b"glyf": blank + wide + narrow,
            b"cvt ": bytes(4),
        }
    )


def _box(across: int) -> bytes:
    """Write the outline of a box: four points on its corners (OpenType specification, glyf table)."""
    head = struct.pack(">5h", 1, 0, _DESCENT, across, _ASCENT)
    points = struct.pack(">HH4B", 3, 0, *[1] * 4)
    steps = struct.pack(">4h", 0, 0, across, 0) + struct.pack(
        ">4h", _DESCENT, _ASCENT - _DESCENT, 0, _DESCENT - _ASCENT
    )
    outline = head + points + steps
    return outline + bytes(-len(outline) % 4)
