"""Writes a print file's objects as they come, those that many papers share only once, in memory that does not grow."""

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Collection
from functools import lru_cache
from io import BytesIO
from itertools import chain
from typing import Any, BinaryIO

from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from templates.printfile_reader import Reader

TITLE = "印刷文件（印刷用，不是存档件）"
SUBJECT = "印刷用，不是存档件。存档件逐份保存在档案中，以存档件为准。"
PRODUCER = "Yinzheng"
REMEMBERED = 16_384
"""Objects that are known again when they come again: what all papers of one template share is asked for by each of
them and so never forgotten; what one paper has alone is forgotten after a few hundred papers. About 4 MB."""
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_DIGEST = 16  # bytes: two different objects in a file of millions never share one by chance
_KIDS = (
    64  # pages under one node of the page tree; a viewer finds page 9,000 without reading 9,000 references
)
# What belongs to the archive copy alone: tags, XMP and private data hang on pictures and drawings too.
_DROPPED = frozenset(
    {"/Length", "/StructParent", "/StructParents", "/Metadata", "/PieceInfo", "/LastModified"}
)
_NOTHING: frozenset[str] = frozenset()


class Objects:
    """A PDF being written: numbers its objects, remembers where each starts, and closes the file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._at = 0
        self._seal = hashlib.sha256()
        self._starts = array("Q", [0])
        self._known: OrderedDict[bytes, int] = OrderedDict()
        self._pages = 0
        self._node = 0
        self._kids: list[int] = []
        self._nodes: list[tuple[int, int]] = []
        self._root = self.reserve()
        self._write(_HEADER)

    def reserve(self) -> int:
        """Give a number to an object that is written later."""
        self._starts.append(0)
        return len(self._starts) - 1

    def put(self, body: bytes, number: int = 0) -> int:
        """Write one object, under a number reserved for it or the next, and give its number."""
        number = number or self.reserve()
        self._starts[number] = self._at
        self._write(b"%d 0 obj\n%b\nendobj\n" % (number, body))
        return number

    def share(self, body: bytes) -> int:
        """Give the number of the object with this body; it is written unless that was done not long ago."""
        digest = hashlib.blake2b(body, digest_size=_DIGEST).digest()
        if digest in self._known:
            self._known.move_to_end(digest)
            return self._known[digest]
        if len(self._known) >= REMEMBERED:
            self._known.popitem(last=False)
        number = self._known[digest] = self.put(body)
        return number

    def page(self, entries: bytes) -> None:
        """Write the next page, given its dictionary's entries without /Type and /Parent."""
        if not self._kids:
            self._node = self.reserve()
        self._kids.append(self.put(b"<</Type/Page/Parent %d 0 R%b>>" % (self._node, entries)))
        self._pages += 1
        if len(self._kids) == _KIDS:
            self._close_node()

    def close(self, *, duplex: bool) -> None:
        """Write the page tree, the catalogue and the cross-reference table; the file is then whole.

        The catalogue asks a print dialogue for what was planned: full size, one side or both over the long edge.
        """
        if self._kids:
            self._close_node()
        self._put_node(self._root, self._nodes, b"")
        sides = b"DuplexFlipLongEdge" if duplex else b"Simplex"
        wishes = b"/DisplayDocTitle true/PrintScaling/None/PickTrayByPDFSize true/Duplex/" + sides
        catalogue = b"<</Type/Catalog/Pages %d 0 R/Lang(zh-CN)/ViewerPreferences<<%b>>>>" % (
            self._root,
            wishes,
        )
        root = self.put(catalogue)
        texts = (_text(text) for text in (TITLE, SUBJECT, PRODUCER))
        info = self.put(b"<</Title%b/Subject%b/Producer%b>>" % tuple(texts))
        mark, at, size = self._seal.hexdigest()[:32].encode(), self._at, len(self._starts)
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        for start in self._starts[1:]:
            self._write(b"%010d 00000 n \n" % start)
        trailer = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R" % (size, root, info)
        self._write(trailer + b"/ID[<%b><%b>]>>\nstartxref\n%d\n%%%%EOF\n" % (mark, mark, at))

    def _close_node(self) -> None:
        self._put_node(self._node, [(kid, 1) for kid in self._kids], b"/Parent %d 0 R" % self._root)
        self._nodes.append((self._node, len(self._kids)))
        self._kids.clear()

    def _put_node(self, number: int, kids: Collection[tuple[int, int]], parent: bytes) -> None:
        references = b" ".join(b"%d 0 R" % kid for kid, _ in kids)
        count = sum(pages for _, pages in kids)
        self.put(b"<</Type/Pages%b/Count %d/Kids[%b]>>" % (parent, count, references), number)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._seal.update(data)
        self._at += len(data)


class Copier:
    """Copies parts of one PDF into a print file: what they refer to comes before them, under new numbers."""

    def __init__(self, reader: Reader, objects: Objects) -> None:
        self._reader = reader
        self._objects = objects
        self._copied: dict[int, bytes] = {}
        self._open: dict[int, int] = {}

    def entries(self, source: DictionaryObject, keys: Collection[str]) -> bytes:
        """Give those of these entries that a dictionary has, as they are written in the print file."""
        return b"".join(
            _name(key) + b" " + self.written(source.raw_get(key)) for key in keys if key in source
        )

    def written(self, item: Any) -> bytes:
        """Give any value as it is written in the print file; what it refers to is written first."""
        if isinstance(item, IndirectObject):
            return self._reference(item)
        if isinstance(item, DictionaryObject):
            return self._dictionary(item, _NOTHING)
        if isinstance(item, ArrayObject):
            return b"[%b]" % b" ".join(self.written(part) for part in list.__iter__(item))
        return _plain(item)

    def _dictionary(self, item: DictionaryObject, dropped: Collection[str]) -> bytes:
        pairs = ((_name(key), self.written(item.raw_get(key))) for key in item if key not in dropped)
        return b"<<%b>>" % b" ".join(chain.from_iterable(pairs))

    def _reference(self, reference: IndirectObject) -> bytes:
        """Copy what is referred to and give the new reference; numbers and names are put in its place.

        An object that leads back to itself gets its number first; it cannot be shared, for no other is like it.
        """
        old = reference.idnum
        if old in self._copied:
            return self._copied[old]
        if old in self._open:
            self._open[old] = self._open[old] or self._objects.reserve()
            return b"%d 0 R" % self._open[old]
        item = self._reader.get_object(reference)
        if not isinstance(item, (DictionaryObject, ArrayObject)):
            return b"null" if item is None else self.written(item)
        self._open[old] = 0
        body = self._stream(item) if isinstance(item, StreamObject) else self.written(item)
        reserved = self._open.pop(old)
        number = self._objects.put(body, reserved) if reserved else self._objects.share(body)
        self._copied[old] = b"%d 0 R" % number
        return self._copied[old]

    def _stream(self, item: StreamObject) -> bytes:
        return stream(self._dictionary(item, _DROPPED)[2:-2], raw(item))


def _plain(item: Any) -> bytes:
    """Give a name, number, string, truth value or null as it is written."""
    if isinstance(item, NameObject):
        return _name(item)
    if isinstance(item, int):
        return b"%d" % item
    if isinstance(item, float):
        return (
            f"{float(item):.12f}".rstrip("0").rstrip(".").encode()
        )  # as LibreOffice wrote it; pypdf would round
    if isinstance(item, (TextStringObject, ByteStringObject)):
        return b"<%b>" % item.original_bytes.hex().encode()  # a palette is a string too: bytes, never text
    written = BytesIO()
    item.write_to_stream(written)
    return written.getvalue()


def raw(item: StreamObject) -> bytes:
    """Give a stream's bytes as they stand in its file, still compressed."""
    data = item._data  # noqa: SLF001 -- pypdf has no public way to the bytes before decoding
    assert isinstance(data, bytes)
    return data


def stream(entries: bytes, data: bytes) -> bytes:
    """Give a stream object's body from its dictionary's other entries and its bytes."""
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(data), data)


@lru_cache(maxsize=1024)  # a few names make up nearly all of every paper
def _name(key: str) -> bytes:
    return NameObject(key).renumber()


def _text(text: str) -> bytes:
    return b"<%b>" % text.encode("utf-16").hex().encode()
