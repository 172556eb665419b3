"""Writes a PDF again with some objects replaced: in the order of their use, the small ones packed together."""

import hashlib
import re
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import DictionaryObject, NameObject, NumberObject, PdfObject, StreamObject

_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_OBJECT = re.compile(rb"\s*\d+ 0 obj\s*(.*?)\s*endobj\s*", re.DOTALL)
_STREAM = re.compile(rb">>\s*stream\r?\n")
_LENGTH = re.compile(rb"/Length (\d+)( 0 R)?")
# A reference to another object; what only looks like one inside a string in brackets is passed over.
_REFERENCE = re.compile(rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|\b(\d+) 0 R\b", re.DOTALL)
_TAGS = re.compile(rb"/StructTreeRoot (\d+) 0 R")
PACKED = 200
"""Objects packed together at most: who wants one has to read them all, and their place has to fit into a byte."""
_LEVEL = 9  # of zlib: written once, kept for ever


@dataclass(frozen=True, slots=True)
class _Piece:
    """One object: all it says, or what stands before its stream of `data`."""

    head: bytes
    data: bytes | None = None

    def references(self) -> Iterator[int]:
        """Give the numbers of the objects it names, in their order."""
        for found in _REFERENCE.finditer(self.head):
            if found[1]:
                yield int(found[1])

    def renumbered(self, numbers: Mapping[int, int]) -> bytes:
        """Give its head with every number replaced."""
        return _REFERENCE.sub(
            lambda found: b"%d 0 R" % numbers[int(found[1])] if found[1] else found[0], self.head
        )


def packed(pdf: bytes, reader: PdfReader, changed: Iterable[PdfObject]) -> bytes:
    """Write what LibreOffice 7 wrote (`pdf`, opened in `reader`) with the objects in `changed` in place of its own.

    LibreOffice orders its fonts by their places in memory; here every object stands where it is first used, and
    what is not used is left out, so that the same content gives the same bytes. pypdf's own writer reads and writes
    every object: thirty times slower on a form with its 600 tags. Raises ValueError and KeyError for other PDFs.
    """
    pieces = _pieces(pdf, reader)
    pieces |= {_number(item): _fresh(item) for item in changed}
    root, info = _number(reader.root_object), _number(reader.trailer["/Info"].get_object())
    order = _order(pieces, root, info)
    numbers = {old: new for new, old in enumerate(order, 1)}
    out, entries = bytearray(_HEADER), {}
    small: list[tuple[int, bytes]] = []
    for old, new in numbers.items():
        head, data = pieces[old].renumbered(numbers), pieces[old].data
        if data is None:
            small.append((new, head))
        else:
            entries[new] = b"\1" + len(out).to_bytes(4) + b"\0"
            out += _written(new, head, data)
    last = len(order)
    for begin in range(0, len(small), PACKED):
        last += 1
        some = small[begin : begin + PACKED]
        entries |= {new: b"\2" + last.to_bytes(4) + bytes([at]) for at, (new, _) in enumerate(some)}
        entries[last] = b"\1" + len(out).to_bytes(4) + b"\0"
        out += _written(last, *_together(some))
    return bytes(out) + _end(bytes(out), entries, numbers[root], numbers[info])


def _pieces(pdf: bytes, reader: PdfReader) -> dict[int, _Piece]:
    """Cut the file at the places its table names."""
    if reader.xref_objStm:
        raise ValueError("object streams are not what LibreOffice 7 writes")
    starts = sorted((start, number) for number, start in reader.xref[0].items() if number)
    ends = [start for start, _ in starts[1:]] + [pdf.rindex(b"xref\n0 ")]
    bodies = {number: pdf[start:end] for (start, number), end in zip(starts, ends, strict=True)}
    return {number: _cut(number, bodies) for number in bodies}


def _cut(number: int, bodies: Mapping[int, bytes]) -> _Piece:
    """Take an object out of its frame, and a stream's data from behind what says how long it is."""
    whole = bodies[number]
    begin = _STREAM.search(whole)
    if begin is None:
        return _Piece(_inside(whole))
    head = _inside(whole[: begin.start() + 2] + b"endobj")
    told = _LENGTH.search(head)
    if told is None:
        raise ValueError("a stream of no length")
    length = int(_inside(bodies[int(told[1])]) if told[2] else told[1])
    return _Piece(_LENGTH.sub(b"/Length %d" % length, head), whole[begin.end() : begin.end() + length])


def _inside(framed: bytes) -> bytes:
    found = _OBJECT.fullmatch(framed)
    if found is None:
        raise ValueError("an object of another make")
    return found[1]


def _fresh(item: PdfObject) -> _Piece:
    """Write a replaced object; its stream is deflated, but for the XMP, which stays readable without any tool."""
    out = BytesIO()
    if not isinstance(item, StreamObject):
        item.write_to_stream(out)
        return _Piece(out.getvalue())
    data = item.get_data()
    if item.get("/Type") != "/Metadata":
        item[NameObject("/Filter")] = NameObject("/FlateDecode")
        data = zlib.compress(data, _LEVEL)
    item[NameObject("/Length")] = NumberObject(len(data))
    DictionaryObject.write_to_stream(item, out)
    return _Piece(out.getvalue(), data)


def _order(pieces: Mapping[int, _Piece], *roots: int) -> list[int]:
    """Give what is used, each once, as it is first named; the tags last, for only a reader of tags wants them."""
    tags = [int(found[1]) for found in _TAGS.finditer(pieces[roots[0]].head)]
    order: dict[int, None] = {}
    for start in (roots, tags):
        waiting = deque(start)
        while waiting:
            number = waiting.popleft()
            if number not in order:
                order[number] = None
                waiting += [
                    named for named in pieces[number].references() if start is tags or named not in tags
                ]
    return list(order)


def _written(number: int, head: bytes, data: bytes) -> bytes:
    return b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, head, data)


def _together(some: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
    """Pack objects into one stream: head and data."""
    index, body = bytearray(), bytearray()
    for number, said in some:
        index += b"%d %d " % (number, len(body))
        body += said + b"\n"
    data = zlib.compress(index + body, _LEVEL)
    head = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>" % (len(some), len(index), len(data))
    return head, data


def _end(out: bytes, entries: Mapping[int, bytes], root: int, info: int) -> bytes:
    """Write the table of all objects, itself the last of them, and the file's mark, which is what the file says."""
    own, mark = len(entries) + 1, hashlib.sha256(out).hexdigest()[:32].encode()
    rows = {0: b"\0" + bytes(4) + b"\0", **entries, own: b"\1" + len(out).to_bytes(4) + b"\0"}
    data = zlib.compress(b"".join(rows[number] for number in range(own + 1)), _LEVEL)
    head = b"<</Type/XRef/Size %d/W[1 4 1]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]/Filter/FlateDecode/Length %d>>" % (
        own + 1, root, info, mark, mark, len(data)
    )  # fmt: skip
    return _written(own, head, data) + b"startxref\n%d\n%%%%EOF\n" % len(out)


def _number(item: PdfObject | None) -> int:
    assert item is not None
    reference = item.indirect_reference
    assert reference is not None
    return reference.idnum
