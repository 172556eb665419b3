"""The colour profile every archive copy carries: sRGB, the same bytes for ever, small enough to be in each file."""

import struct
from functools import cache

# IEC 61966-2-1 as an ICC profile of version 4.2 (ICC.1:2004-10, the one PDF 1.7 names) says it: adapted to D50.
_D50 = (0.9642, 1.0, 0.8249)
_RED, _GREEN, _BLUE = (0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)
_FROM_D65 = (1.04788, 0.02292, -0.05020, 0.02959, 0.99048, -0.01706, -0.00923, 0.01508, 0.75168)
_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # (ax + b)^g above d, cx below
_CURVE_KIND = 3
_MADE = (2026, 1, 1, 0, 0, 0)
_HEADER = 128


@cache
def srgb() -> bytes:
    """Give the profile, about 500 bytes: three colours, a white, one curve for all three, and two names."""
    tags = {
        b"desc": _text("sRGB IEC61966-2.1"),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": _numbers(b"XYZ ", _D50),
        b"chad": _numbers(b"sf32", _FROM_D65),
        b"rXYZ": _numbers(b"XYZ ", _RED),
        b"gXYZ": _numbers(b"XYZ ", _GREEN),
        b"bXYZ": _numbers(b"XYZ ", _BLUE),
        b"rTRC": b"para" + bytes(4) + struct.pack(">HH", _CURVE_KIND, 0) + _fixed(_CURVE),
    }
    table, body = [], b""
    start = _HEADER + 4 + 12 * (len(tags) + 2)
    for name, data in tags.items():
        table.append((name, start + len(body), len(data)))
        body += data + bytes(-len(data) % 4)
    table += [(name, *table[-1][1:]) for name in (b"gTRC", b"bTRC")]
    index = struct.pack(">I", len(table)) + b"".join(struct.pack(">4sII", *entry) for entry in table)
    return _header(start + len(body)) + index + body


def _header(size: int) -> bytes:
    """Say: a screen's RGB in XYZ, perceptual, of no maker and no platform."""
    kinds = (b"mntr", b"RGB ", b"XYZ ")
    head = struct.pack(">I4sI4s4s4s6H4s", size, b"", 0x04200000, *kinds, *_MADE, b"acsp")
    return head + bytes(28) + _fixed(_D50) + bytes(48)


def _fixed(numbers: tuple[float, ...]) -> bytes:
    """Write numbers as ICC does: signed, in 1/65536."""
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def _numbers(kind: bytes, numbers: tuple[float, ...]) -> bytes:
    return kind + bytes(4) + _fixed(numbers)


def _text(words: str) -> bytes:
    """Write one English text in the way of version 4."""
    data = words.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(data), 28) + data
