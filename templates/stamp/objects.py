"""Writes PDF objects as bytes: what pypdf read, with other numbers, and the parts of a file around them."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import deflate
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
PACKER = f"deflate {deflate.__version__}"
"""What packs: another version may write other bytes, as no processor does."""
LEVEL, ONCE = 1, 12
"""How hard a paper's own streams are packed, and those that are written once. The font of 60 hanzi, 32.5 KB: 23.6 KB in
0.08 ms at level 1, 23.1 KB in 0.2 ms at level 6, for which zlib takes 0.9 ms: outlines hardly repeat themselves."""
ENTRY_BYTES = 6  # of the cross-reference stream: kind 1, offset or stream number 3, index 2


def reachable(start: PdfObject) -> list[IndirectObject]:
    """Give the references met on the way down from an object, each once, in order."""
    found: dict[int, IndirectObject] = {}
    waiting: list[PdfObject] = [start]
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if item.idnum not in found:
                found[item.idnum] = item
                inner = item.get_object()
                waiting.extend([] if inner is None else [inner])
        elif isinstance(item, DictionaryObject):
            waiting.extend(reversed(list(item.values())))
        elif isinstance(item, ArrayObject):
            waiting.extend(reversed(item))
    return list(found.values())


def is_stream(item: IndirectObject) -> bool:
    """Tell whether an object may not stand in an object stream."""
    return isinstance(item.get_object(), StreamObject)


def written(item: Any, numbers: Mapping[int, int]) -> bytes:
    """Write one object with references renumbered; what has no new number becomes null."""
    if isinstance(item, IndirectObject):
        number = numbers.get(item.idnum)
        return b"null" if number is None else b"%d 0 R" % number
    if isinstance(item, StreamObject):
        data: bytes = item._data  # noqa: SLF001 - the bytes as they are packed; pypdf would unpack them
        head = {key: value for key, value in item.items() if key != "/Length"}
        return b"<<%s/Length %d>>stream\n%s\nendstream" % (_members(head, numbers), len(data), data)
    if isinstance(item, DictionaryObject):
        return b"<<" + _members(item, numbers) + b">>"
    if isinstance(item, ArrayObject):
        return b"[" + b" ".join(written(member, numbers) for member in item) + b"]"
    out = BytesIO()
    item.write_to_stream(out)
    return out.getvalue()


def name(raw: str) -> bytes:
    """Write a name with its slash; a blank in it, as in a style's name, becomes #20."""
    return NameObject(raw).renumber()


def _members(item: Mapping[Any, Any], numbers: Mapping[int, int]) -> bytes:
    def one(key: Any, value: Any) -> bytes:
        body = written(value, numbers)
        return name(key) + (b"" if body[:1] in b"/<[(" else b" ") + body

    return b"".join(one(key, value) for key, value in item.items())


def stream(data: bytes, more: bytes = b"", level: int = LEVEL) -> bytes:
    """Write a packed stream object; `more` are further entries of its dictionary."""
    packed = deflate.zlib_compress(data, level)
    return b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (more, len(packed), packed)


def object_stream(bodies: Mapping[int, bytes]) -> bytes:
    """Write an object stream of these objects, in order (ISO 32000-1, 7.5.7)."""
    places, at = [], 0
    for number, body in bodies.items():
        places.append(b"%d %d" % (number, at))
        at += len(body) + 1
    head = b" ".join(places) + b" "
    data = head + b" ".join(bodies.values())
    return stream(data, b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(head)), ONCE)


def at_offset(offset: int) -> bytes:
    """The cross-reference entry of an object that stands by itself. OverflowError past 16 MB."""
    return b"\x01" + offset.to_bytes(3) + b"\0\0"


def in_stream(number: int, index: int) -> bytes:
    """The cross-reference entry of an object inside an object stream."""
    return b"\x02" + number.to_bytes(3) + index.to_bytes(2)


def numbered(number: int, body: bytes) -> bytes:
    """Write an object that stands by itself."""
    return b"%d 0 obj\n%s\nendobj\n" % (number, body)


def ending(entries: bytes, number: int, at: int, *, root: int, info: int, mark: bytes) -> bytes:
    """Write the cross-reference stream as object `number` at offset `at`, and the end of the file.

    `entries` are those of the objects 0 to `number` - 1, `mark` the file's identity as hexadecimal digits.
    """
    data = deflate.zlib_compress(entries + at_offset(at), LEVEL)
    head = b"/Type/XRef/W[1 3 2]/Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]" % (
        number + 1,
        root,
        info,
        mark,
        mark,
    )
    body = b"<<%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (head, len(data), data)
    return numbered(number, body) + b"startxref\n%d\n%%%%EOF\n" % at
