"""Turns a paper's few glyphs into the PDF objects of one embedded font whose text can be copied out verbatim."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from templates.errors import GlyphMissing
from templates.stamp import objects
from templates.stamp.faces import Face

Pair = tuple[str, int]  # what a glyph says when it is copied out, and the glyph
OBJECTS = 5  # how many objects an embedded font takes
_MOST_GLYPHS = 0xFFFE  # codes have two bytes, 0 is .notdef
_TEXTS_KEPT = 16_384
_BLOCK = 100  # most lines in one block of a character map (Adobe Technical Note 5014)
_ITALIC, _SYMBOLIC, _FIXED = 1 << 6, 1 << 2, 1 << 0  # ISO 32000-1, table 123
_CMAP_START = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry(Adobe)/Ordering(UCS)/Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000><FFFF>
endcodespacerange
"""
_CMAP_END = b"""endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One font for one paper: Type0, Identity-H, two bytes a code, TrueType outlines.

    `codes`: character → code; `pair_codes`: the same for characters shown by a named glyph.
    `font`, `descendant` and `descriptor` are dictionaries without the references between the objects;
    `program` and `to_unicode` are whole streams. `objects` puts all five together.
    """

    name: str
    codes: Mapping[str, int]
    pair_codes: Mapping[Pair, int]
    font: bytes
    descendant: bytes
    descriptor: bytes
    program: bytes
    to_unicode: bytes

    def hex(self, text: str) -> bytes:
        """Give the codes of `text` as they stand between < and > in a content stream; KeyError for others."""
        codes = self.codes
        return b"".join([b"%04X" % codes[char] for char in text])

    def objects(self, first: int) -> list[bytes]:
        """Give the bodies of the objects numbered `first` (the Type0 font), `first` + 1, … in order.

        The last two are streams and may not stand in an object stream.
        """
        return [
            b"<<%s/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>" % (self.font, first + 1, first + 4),
            b"<<%s/FontDescriptor %d 0 R>>" % (self.descendant, first + 2),
            b"<<%s/FontFile2 %d 0 R>>" % (self.descriptor, first + 3),
            self.program,
            self.to_unicode,
        ]


def embed(face: Face, chars: Iterable[str], field: str = "文字") -> Embedded:
    """Embed the glyphs of single characters, each once, in order of first appearance.

    Raises GlyphMissing (which names `field`) when the face lacks some: those papers go to LibreOffice.
    """
    pairs = [(char, face.gid(char)) for char in dict.fromkeys(chars)]
    lacking = "".join(char for char, gid in pairs if not gid)
    if lacking:
        raise GlyphMissing(field, lacking)
    return embed_pairs(face, pairs)


def embed_pairs(face: Face, pairs: Sequence[Pair]) -> Embedded:
    """Embed named glyphs, each pair once; glyph n + 1 and code n + 1 belong to the n-th different pair.

    A glyph that stands for two texts gets two codes (and is there twice), so that text comes out verbatim;
    a character shown by two glyphs has the first one's code in `codes`. Raises ValueError for more than
    65,534 pairs, for an empty text and for a glyph the face has not.
    """
    asked = list(dict.fromkeys(pairs))
    glyphs = [gid for _, gid in asked]
    if len(asked) > _MOST_GLYPHS or not all(text and 0 < gid < face.glyph_count for text, gid in asked):
        raise ValueError("not glyphs of this face")
    texts = [_spelt(text) for text, _ in asked]
    program = face.subset(glyphs)
    name = f"{_tag(glyphs, texts)}+{face.name}"
    return Embedded(
        name=name,
        codes={text: code for code, (text, _) in reversed(list(enumerate(asked, 1)))},
        pair_codes={pair: code for code, pair in enumerate(asked, 1)},
        font=b"/Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H" % name.encode(),
        descendant=_descendant(face, name, glyphs),
        descriptor=_descriptor(face, name),
        program=objects.stream(program, b"/Length1 %d" % len(program)),
        to_unicode=objects.stream(to_unicode(texts)),
    )


@lru_cache(_TEXTS_KEPT)
def _spelt(text: str) -> bytes:
    return text.encode("utf-16-be").hex().upper().encode()


def _tag(glyphs: Sequence[int], texts: Sequence[bytes]) -> str:
    """Six capital letters told from the content, as a subset's name must begin (ISO 32000-1, 9.6.4)."""
    digest = hashlib.sha256(repr((glyphs, texts)).encode()).digest()
    return "".join([chr(ord("A") + byte % 26) for byte in digest[:6]])


def _descendant(face: Face, name: str, glyphs: Sequence[int]) -> bytes:
    widths = b" ".join([face.cut(gid).width for gid in glyphs])
    return (
        b"/Type/Font/Subtype/CIDFontType2/CIDToGIDMap/Identity"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/BaseFont/%s/W[1[%s]]" % (name.encode(), widths)
    )


def _descriptor(face: Face, name: str) -> bytes:
    looks = face.looks
    flags = _SYMBOLIC | (_FIXED if looks.fixed else 0) | (_ITALIC if looks.italic_angle else 0)
    box = " ".join(map(str, looks.bbox))
    return (
        f"/Type/FontDescriptor/FontName/{name}/Flags {flags}/FontBBox[{box}]/ItalicAngle {looks.italic_angle:g}"
        f"/Ascent {looks.ascent}/Descent {looks.descent}/CapHeight {looks.cap_height}/StemV {looks.stem}"
    ).encode()


def to_unicode(texts: Sequence[bytes]) -> bytes:
    """Write the character map that says what code n + 1 is copied out as: UTF-16 in hexadecimal digits."""
    lines = [b"<%04X><%s>\n" % line for line in enumerate(texts, 1)]
    parts = [_CMAP_START]
    for at in range(0, len(lines), _BLOCK):
        block = lines[at : at + _BLOCK]
        parts += [b"%d beginbfchar\n" % len(block), *block, b"endbfchar\n"]
    parts.append(_CMAP_END)
    return b"".join(parts)
