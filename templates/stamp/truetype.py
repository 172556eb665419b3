"""Reads and writes the binary tables of a TrueType font that a subset needs; no other part of the font is read."""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

# Flags of one component in a composite outline (OpenType specification, glyf table).
_WORDS, _SCALE, _MORE, _TWO_SCALES, _TWO_BY_TWO = 0x0001, 0x0008, 0x0020, 0x0040, 0x0080
_MAGIC = 0xB1B0AFBA  # the whole file's checksum must come to this (OpenType specification, head table)
_ADJUSTMENT = slice(8, 12)  # where in head the number stands that makes it so
_POSTSCRIPT_NAME = 6
_WINDOWS = 3
_HEAD = b"head"


@dataclass(frozen=True, slots=True)
class Runs:
    """A character map as runs of consecutive characters whose glyphs are consecutive too."""

    starts: array[int]
    ends: array[int]
    glyphs: array[int]

    def gid(self, point: int) -> int:
        """Give the glyph of a code point, 0 when there is none."""
        at = bisect_right(self.starts, point) - 1
        if at < 0 or point > self.ends[at]:
            return 0
        return self.glyphs[at] + point - self.starts[at]


def directory(data: memoryview) -> dict[bytes, memoryview]:
    """Give each table by its tag. Raises ValueError when the bytes are not a font with TrueType outlines."""
    if bytes(data[:4]) not in (b"\0\1\0\0", b"true"):
        raise ValueError("not TrueType outlines")
    (count,) = struct.unpack_from(">H", data, 4)
    tables = {}
    for tag, _, start, length in struct.iter_unpack(">4sLLL", data[12 : 12 + 16 * count]):
        if start + length > len(data):
            raise ValueError("table outside the file")
        tables[tag] = data[start : start + length]
    return tables


def numbers(kind: str, data: memoryview) -> array[int]:
    """Read big-endian numbers of one kind (an `array` type code)."""
    read = array(kind)
    read.frombytes(data)
    if sys.byteorder == "little":
        read.byteswap()
    return read


def written(values: array[int]) -> bytes:
    """Write numbers big-endian, the inverse of `numbers`."""
    if sys.byteorder == "little":
        values = values[:]
        values.byteswap()
    return values.tobytes()


def character_map(cmap: memoryview) -> Runs:
    """Read the Windows character map: format 12 (all of Unicode) or else format 4 (the first plane)."""
    found: dict[int, memoryview] = {}
    (count,) = struct.unpack_from(">H", cmap, 2)
    for platform, _, start in struct.iter_unpack(">HHL", cmap[4 : 4 + 8 * count]):
        if platform == _WINDOWS:
            found[struct.unpack_from(">H", cmap, start)[0]] = cmap[start:]
    if 12 in found:
        (groups,) = struct.unpack_from(">L", found[12], 12)
        read = numbers("I", found[12][16 : 16 + 12 * groups])
        return Runs(read[0::3], read[1::3], read[2::3])
    if 4 in found:
        return _runs(_segments(found[4]))
    raise ValueError("no Unicode character map")


def _segments(table: memoryview) -> Iterator[tuple[int, int]]:
    """Give (code point, glyph) of a format 4 map in order."""
    (twice,) = struct.unpack_from(">H", table, 6)
    place = 16 + 3 * twice
    ends, starts, deltas, offsets = (
        numbers("H", table[at : at + twice]) for at in (14, 16 + twice, 16 + 2 * twice, place)
    )
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        for point in range(start, end + 1):
            glyph = point
            if offsets[number]:
                at = place + 2 * number + offsets[number] + 2 * (point - start)
                (glyph,) = struct.unpack_from(">H", table, at) if at + 2 <= len(table) else (0,)
                if not glyph:
                    continue
            if glyph := (glyph + deltas[number]) & 0xFFFF:
                yield point, glyph


def _runs(pairs: Iterator[tuple[int, int]]) -> Runs:
    starts, ends, glyphs = array("I"), array("I"), array("I")
    for point, glyph in pairs:
        if starts and point == ends[-1] + 1 and glyph == glyphs[-1] + point - starts[-1]:
            ends[-1] = point
            continue
        starts.append(point)
        ends.append(point)
        glyphs.append(glyph)
    return Runs(starts, ends, glyphs)


def postscript_name(name: memoryview) -> str:
    """Read the font's PostScript name, the one a PDF calls it by."""
    count, strings = struct.unpack_from(">HH", name, 2)
    for platform, _, _, kind, length, start in struct.iter_unpack(">6H", name[6 : 6 + 12 * count]):
        if (platform, kind) == (_WINDOWS, _POSTSCRIPT_NAME):
            return bytes(name[strings + start : strings + start + length]).decode("utf-16-be")
    raise ValueError("no PostScript name")


def components(outline: bytes) -> Iterator[tuple[int, int]]:
    """Give the glyphs a composite outline is made of, each with its place in the bytes; none for a simple one."""
    if len(outline) < 2 or outline[0] < 0x80:  # the sign bit of the number of contours
        return
    at, more = 10, True
    while more:
        flags, glyph = struct.unpack_from(">HH", outline, at)
        yield at + 2, glyph
        at += 8 if flags & _WORDS else 6
        at += 2 if flags & _SCALE else 4 if flags & _TWO_SCALES else 8 if flags & _TWO_BY_TWO else 0
        more = bool(flags & _MORE)


def checksum(data: bytes) -> int:
    """Sum a table's big-endian 32-bit words (its length must be a multiple of four), modulo 2³²."""
    return int(np.frombuffer(data, ">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF


def assembled(tables: Mapping[bytes, bytes]) -> bytes:
    """Write a font file of these tables; `head` must hold zero where its checksum adjustment goes."""
    power = len(tables).bit_length() - 1
    wide = 16 << power
    record = [struct.pack(">4sHHHH", b"\0\1\0\0", len(tables), wide, power, 16 * len(tables) - wide)]
    bodies = []
    at, total = 12 + 16 * len(tables), 0
    for tag in sorted(tables):
        table = tables[tag]
        body = table + bytes(-len(table) % 4)
        total += (summed := checksum(body))
        if tag == _HEAD:
            head = at
        record.append(struct.pack(">4sLLL", tag, summed, at, len(table)))
        bodies.append(body)
        at += len(body)
    start = b"".join(record)
    font = bytearray(b"".join((start, *bodies)))
    adjusted = (_MAGIC - total - checksum(start)) & 0xFFFFFFFF
    struct.pack_into(">L", font, head + _ADJUSTMENT.start, adjusted)
    return bytes(font)
