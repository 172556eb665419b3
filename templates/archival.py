"""Writes PDF/A-2b files of our own from nothing: pages as they come, then catalogue, metadata and colour profile."""

import hashlib
from collections.abc import Sequence

from templates.pdfa import xmp
from templates.profile import srgb
from templates.stamp.objects import HEADER, ONCE, name, numbered, stream

PRODUCER = "Yinzheng"
SHORTEST, LONGEST = 3.0, 14_400.0
"""Points a page may measure each way (ISO 19005-2, 6.1.13)."""
_CATALOGUE, _PAGES, _INFO, _METADATA, _PROFILE = range(1, 6)
_FIRST_FREE = 6


class Archival:
    """A file being written: objects are numbered in the order they are asked for; the same calls give the same bytes."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._pages: list[int] = []
        self._next = _FIRST_FREE
        self._parts: list[bytes] = [HEADER]
        self._at = len(HEADER)
        self._offsets: dict[int, int] = {}
        self._seal = hashlib.sha256(title.encode())

    def reserve(self, count: int = 1) -> int:
        """Give the number of an object whose body comes later, by `put`: the first of `count`."""
        self._next += count
        return self._next - count

    def put(self, number: int, body: bytes) -> None:
        """Write the body of a reserved object."""
        text = numbered(number, body)
        self._seal.update(text)
        self._offsets[number] = self._at
        self._parts.append(text)
        self._at += len(text)

    def add(self, body: bytes) -> int:
        """Write an object and give its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def jpeg(self, data: bytes, size: tuple[int, int], *, gray: bool) -> int:
        """Add a picture, pixels across and down, as the JPEG bytes it already is."""
        space = b"DeviceGray" if gray else b"DeviceRGB"
        head = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/%s" % (
            *size,
            space,
        )
        return self.add(b"<<%s/Filter/DCTDecode/Length %d>>stream\n%s\nendstream" % (head, len(data), data))

    def page(self, size: tuple[float, float], content: bytes, resources: bytes) -> None:
        """Add a page, `size` in points; `resources` is the inside of its dictionary."""
        drawn = self.add(stream(content))
        wide, high = (min(max(side, SHORTEST), LONGEST) for side in size)
        body = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %.3f %.3f]/Contents %d 0 R/Resources<<%s>>>>"
        self._pages.append(self.add(body % (_PAGES, wide, high, drawn, resources)))

    def finish(self) -> bytes:
        """End the file and give it whole."""
        kids = b" ".join(b"%d 0 R" % number for number in self._pages)
        metadata = xmp(self._title, PRODUCER)
        intent = (
            b"<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)"
            b"/DestOutputProfile %d 0 R>>" % _PROFILE
        )
        self.put(_PROFILE, stream(srgb(), b"/N 3", ONCE))
        self.put(
            _METADATA,
            b"<</Type/Metadata/Subtype/XML/Length %d>>stream\n%s\nendstream" % (len(metadata), metadata),
        )
        self.put(_INFO, b"<</Title %s/Producer %s>>" % (text_string(self._title), text_string(PRODUCER)))
        self.put(_PAGES, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(self._pages), kids))
        self.put(
            _CATALOGUE,
            b"<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/OutputIntents[%s]/Lang(zh-CN)"
            b"/ViewerPreferences<</DisplayDocTitle true>>>>" % (_PAGES, _METADATA, intent),
        )
        return b"".join([*self._parts, self._ending()])

    def _ending(self) -> bytes:
        mark = self._seal.hexdigest()[:32].encode()
        lines = [b"%010d 00000 n \n" % self._offsets[number] for number in range(1, self._next)]
        return (
            b"xref\n0 %d\n0000000000 65535 f \n%s" % (self._next, b"".join(lines))
            + b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\n"
            % (self._next, _CATALOGUE, _INFO, mark, mark)
            + b"startxref\n%d\n%%%%EOF\n" % self._at
        )


def text_string(text: str) -> bytes:
    """Write a text as a PDF string of any script (ISO 32000-1, 7.9.2.2)."""
    return b"<FEFF" + text.encode("utf-16-be").hex().upper().encode() + b">"


def named(members: Sequence[tuple[str, int]]) -> bytes:
    """Write the inside of a dictionary of names and references."""
    return b"".join(name("/" + key) + b" %d 0 R" % number for key, number in members)
