"""Opens the pinned TrueType fonts quickly and cuts a paper's few glyphs out of them."""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Self

from templates.errors import FontMissing
from templates.fonts import FAMILIES
from templates.stamp import truetype

_KEPT = (
    b"cvt ",
    b"fpgm",
    b"prep",
)  # the hinting programs: without them glyphs with instructions look different
_NEEDED = (b"head", b"hhea", b"maxp", b"hmtx", b"cmap", b"loca", b"glyf", b"name", b"post", b"OS/2")
_PDF_EM = 1000
_GLYPHS_KEPT = 8192  # glyphs and characters of a face in memory, about 0.6 KB each
_FIRST_STEMS, _STEM_WEIGHT = 50, 65  # see Looks.stem


@dataclass(frozen=True, slots=True)
class Looks:
    """What a PDF's font descriptor says of a face, lengths in 1/1000 em."""

    bbox: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int
    italic_angle: float
    fixed: bool
    weight: int

    @property
    def stem(self) -> int:
        """Thickness of upright strokes; TrueType does not say, so the usual guess from the weight is taken."""
        return _FIRST_STEMS + (self.weight * self.weight) // (_STEM_WEIGHT * _STEM_WEIGHT)


class Cut(NamedTuple):
    """A glyph as a subset holds it: outline with its padding, entry of `hmtx`, width in 1/1000 em as digits."""

    outline: bytes
    metric: bytes
    width: bytes


class Face:
    """One TrueType font file, mapped into memory; nothing changes after opening, so threads may share it."""

    def __init__(self, data: memoryview) -> None:
        """Read what is small; raises ValueError, KeyError or struct.error when the font is not usable."""
        tables = truetype.directory(data)
        missing = [tag for tag in _NEEDED if tag not in tables]
        if missing:
            raise ValueError(f"tables missing: {missing}")
        self.name = truetype.postscript_name(tables[b"name"])
        head = bytearray(tables[b"head"])
        self._em: int = struct.unpack_from(">H", head, 18)[0]
        long = head[51] != 0
        self._places = truetype.numbers("I" if long else "H", tables[b"loca"])
        self._unit = 1 if long else 2
        head[8:12] = bytes(4)
        head[50:52] = b"\0\1"  # a subset has the long form of loca
        self._hhea, self._maxp = bytes(tables[b"hhea"]), bytes(tables[b"maxp"])
        self.glyph_count: int = struct.unpack_from(">H", self._maxp, 4)[0]
        if len(self._places) != self.glyph_count + 1:
            raise ValueError("loca and maxp disagree")
        self._kept = {tag: bytes(tables[tag]) for tag in _KEPT if tag in tables} | {b"head": bytes(head)}
        self._glyf = tables[b"glyf"]
        self._gid = lru_cache(_GLYPHS_KEPT)(truetype.character_map(tables[b"cmap"]).gid)
        self.cut = lru_cache(_GLYPHS_KEPT)(self._cut)
        self._advances, self._bearings = _metrics(tables[b"hmtx"], self._hhea, self.glyph_count)
        self.looks = _looks(tables, self._em)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a font file. Raises FontMissing when it is not there or is no TrueType font we can cut."""
        try:
            with path.open("rb") as file:
                return cls(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
        except (OSError, ValueError, KeyError, IndexError, struct.error) as problem:
            package = next((family.package for family in FAMILIES if path.name in family.files), "?")
            raise FontMissing(path.name, package) from problem

    def gid(self, char: str) -> int:
        """Give the glyph of one character, 0 when the font has none."""
        return self._gid(ord(char))

    def missing(self, text: str) -> str:
        """Give the characters of `text` that the face lacks, each once, in order of appearance."""
        return "".join(char for char in dict.fromkeys(text) if not self.gid(char))

    def advance(self, gid: int) -> int:
        """Give how far the pen moves after a glyph, in font units."""
        return self._advances[min(gid, len(self._advances) - 1)]

    def width(self, gid: int) -> int:
        """Give the same in 1/1000 em, cut to a whole number as LibreOffice 7.4 writes /Widths."""
        return self.advance(gid) * _PDF_EM // self._em

    def outline(self, gid: int) -> bytes:
        """Give a glyph's bytes as they stand in the font's glyf table, empty for a blank."""
        return bytes(self._glyf[self._places[gid] * self._unit : self._places[gid + 1] * self._unit])

    def _cut(self, gid: int) -> Cut:
        outline = self.outline(gid)
        metric = struct.pack(">HH", self.advance(gid), self._bearings[gid])
        return Cut(outline + bytes(-len(outline) % 4), metric, b"%d" % self.width(gid))

    def subset(self, glyphs: Sequence[int]) -> bytes:
        """Write a TrueType program of .notdef and these glyphs, numbered from 1 in the order given.

        A glyph named twice is there twice. What composites are made of follows after. Outlines keep their
        bytes, only the numbers of components change; the same glyphs give the same bytes. Holds what a PDF's
        CIDFontType2 needs (ISO 32000-1, 9.9): no cmap, name, OS/2 or post.
        """
        kept = [0, *glyphs]
        number = {gid: at for at, gid in reversed(list(enumerate(kept)))}
        outlines, metrics = list[bytes](), list[bytes]()
        places = array("I", [0])
        at = 0
        for gid in kept:  # grows while composites are met
            outline, metric, _ = self.cut(gid)
            if outline[:1] >= b"\x80":
                outline = _renumbered(outline, kept, number)
            outlines.append(outline)
            metrics.append(metric)
            places.append(at := at + len(outline))
        count = struct.pack(">H", len(kept))
        return truetype.assembled(
            self._kept
            | {
                b"glyf": b"".join(outlines),
                b"loca": truetype.written(places),
                b"hmtx": b"".join(metrics),
                b"hhea": self._hhea[:34] + count,
                b"maxp": self._maxp[:4] + count + self._maxp[6:],
            }
        )


def _renumbered(outline: bytes, kept: list[int], number: dict[int, int]) -> bytes:
    """Let a composite point to the subset's numbers; what it needs and is not there yet is added to `kept`."""
    changed = bytearray(outline)
    for at, gid in truetype.components(outline):
        if gid not in number:
            number[gid] = len(kept)
            kept.append(gid)
        struct.pack_into(">H", changed, at, number[gid])
    return bytes(changed)


def _metrics(hmtx: memoryview, hhea: bytes, count: int) -> tuple[array[int], array[int]]:
    """Give the advances (the last one holds for all later glyphs) and the left bearing of every glyph.

    Bearings are kept as unsigned 16-bit words: they are only copied.
    """
    (pairs,) = struct.unpack_from(">H", hhea, 34)
    words = truetype.numbers("H", hmtx[: 4 * pairs + 2 * (count - pairs)])
    if not 0 < pairs <= count or len(words) != pairs + count:
        raise ValueError("hmtx and hhea disagree")
    return words[0 : 2 * pairs : 2], words[1 : 2 * pairs : 2] + words[2 * pairs :]


def _looks(tables: dict[bytes, memoryview], em: int) -> Looks:
    box: Iterable[int] = struct.unpack_from(">4h", tables[b"head"], 36)
    ascent, descent = struct.unpack_from(">hh", tables[b"hhea"], 4)
    (weight,) = struct.unpack_from(">H", tables[b"OS/2"], 4)
    (capital,) = struct.unpack_from(
        ">h", tables[b"OS/2"], 88
    )  # version 2 and later; all pinned fonts have it
    angle, _, fixed = struct.unpack_from(">llL", tables[b"post"], 4)
    left, bottom, right, top = (length * _PDF_EM / em for length in box)
    return Looks(
        bbox=(int(left // 1), int(bottom // 1), -int(-right // 1), -int(-top // 1)),
        ascent=ascent * _PDF_EM // em,
        descent=descent * _PDF_EM // em,
        cap_height=capital * _PDF_EM // em,
        italic_angle=round(angle / 65536, 2),
        fixed=bool(fixed),
        weight=weight,
    )
