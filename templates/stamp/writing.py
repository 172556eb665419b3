"""Writes a stamped paper: the frame's constant bytes, then codes in its slots, a font, the code and the photos."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from templates.stamp import objects
from templates.stamp.embedding import OBJECTS, Embedded, embed
from templates.stamp.faces import Face
from templates.stamp.typeset import FIXED, Frame, Variant

_JPEG = b"/Type/XObject/Subtype/Image/BitsPerComponent 8/Filter/DCTDecode/Width %d/Height %d/ColorSpace/%s"
_CODE = b"/Type/XObject/Subtype/Image/BitsPerComponent 1/ColorSpace/DeviceGray/Width %d/Height %d"


class Jpeg:
    """A photo as the file holds it: its bytes, its size, whether it has colours."""

    __slots__ = ("data", "gray", "size")

    def __init__(self, data: bytes, size: tuple[int, int], *, gray: bool) -> None:
        self.data, self.size, self.gray = data, size, gray

    def body(self) -> bytes:
        """The picture's object."""
        head = _JPEG % (*self.size, b"DeviceGray" if self.gray else b"DeviceRGB")
        return b"<<%s/Length %d>>stream\n%s\nendstream" % (head, len(self.data), self.data)


def write(
    frame: Frame,
    variants: Mapping[int, Variant],
    texts: Sequence[str],
    faces: Sequence[Face],
    *,
    code: tuple[bytes, tuple[int, int]],
    photos: Mapping[str, Jpeg],
) -> bytes:
    """Give the whole file.

    `variants` by container, `texts` as printed, `code` the bits of the picture (rows of one bit a pixel, white is
    1) and its size, `photos` by field. The same input gives the same bytes. GlyphMissing when a face lacks one.
    """
    chunks = {name: chunk for variant in variants.values() for name, chunk in variant.chunks.items()}
    fonts = _fonts(chunks.values(), texts, faces)
    codes = {
        face: {char: b"%04X" % code for char, code in font.codes.items()} for face, font in fonts.items()
    }
    contents = []
    for row in frame.streams:
        parts: list[bytes] = []
        for part in row:
            if isinstance(part, bytes):
                parts.append(part)
                continue
            chunk = chunks.get(part)
            parts.append(frame.slots[part].opening)
            if chunk is not None:
                fills = [
                    b"".join([codes[fill.face][char] for char in texts[fill.text][fill.start : fill.stop]])
                    if fill.text != FIXED
                    else codes[fill.face][fill.fixed]
                    for fill in chunk.fills
                ]
                parts.append(chunk.pattern % tuple(fills))
            parts.append(b"EMC\n")
        contents.append(objects.stream(b"".join(parts)))
    return _file(frame, contents, fonts, code, photos)


def _fonts(chunks: Any, texts: Sequence[str], faces: Sequence[Face]) -> dict[int, Embedded]:
    """Embed for each face in use the characters it shows, in the order of the page."""
    used: dict[int, list[str]] = {}
    for chunk in chunks:
        for fill in chunk.fills:
            shown = fill.fixed if fill.text == FIXED else texts[fill.text][fill.start : fill.stop]
            used.setdefault(fill.face, []).append(shown)
    return {face: embed(faces[face], "".join(shown)) for face, shown in sorted(used.items())}


def _file(
    frame: Frame,
    contents: Sequence[bytes],
    fonts: Mapping[int, Embedded],
    code: tuple[bytes, tuple[int, int]],
    photos: Mapping[str, Jpeg],
) -> bytes:
    bits, pixels = code
    first_picture = frame.body.objects + 2 + len(contents)
    pictures = {frame.code: objects.stream(bits, _CODE % pixels)}
    pictures |= {frame.photos[name]: photo.body() for name, photo in photos.items()}
    first_font = first_picture + len(pictures)
    own = b"".join(b"/Y%d %d 0 R" % (face, first_font + OBJECTS * at) for at, face in enumerate(fonts))
    drawn = b"".join(b"/%s %d 0 R" % (name.encode(), first_picture + at) for at, name in enumerate(pictures))
    resources = b"<</Font<<%s%s>>/XObject<<%s%s>>>>" % (frame.body.fonts, own, frame.body.pictures, drawn)
    bodies = [resources, *contents, *pictures.values()]
    for at, font in enumerate(fonts.values()):
        bodies += font.objects(first_font + OBJECTS * at)
    data, entries, at = [frame.body.data], [frame.body.entries], len(frame.body.data)
    seal = hashlib.sha256(frame.statics.encode())
    for number, body in enumerate(bodies, frame.body.objects + 1):
        text = objects.numbered(number, body)
        seal.update(text)
        data.append(text)
        entries.append(objects.at_offset(at))
        at += len(text)
    last = frame.body.objects + 1 + len(bodies)
    mark = seal.hexdigest()[:32].encode()
    data.append(
        objects.ending(b"".join(entries), last, at, root=frame.body.root, info=frame.body.info, mark=mark)
    )
    return b"".join(data)
