"""Reads a stamped file back from its bytes: every object where the table says, every printed text in its content."""

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

from templates.errors import PdfRefused
from templates.stamp.objects import ENTRY_BYTES
from templates.stamp.typeset import Frame

_START = re.compile(rb"startxref\n(\d+)\n%%EOF\n\Z")
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf\[([^\]]*)\]TJ")
_CODES = re.compile(rb"<([0-9A-F]*)>")
_FONT = re.compile(rb"/(Y\d+) (\d+) 0 R")
_LINE = re.compile(rb"<([0-9A-F]{4})><([0-9A-F]+)>\n")
_TEXTS_KEPT = 16_384
_TO_UNICODE = 4  # objects after a font's first


class _File:
    """A file's own objects by number, found through its cross-reference stream."""

    def __init__(self, pdf: bytes) -> None:
        start = _START.search(pdf)
        if not start:
            raise PdfRefused("文件没有结尾")
        self._pdf = pdf
        self._entries = _unpacked(pdf, int(start[1]))

    def stream(self, number: int) -> bytes:
        """Give a stream's unpacked data."""
        return _unpacked(self._pdf, self._offset(number))

    def text(self, number: int) -> bytes:
        """Give an object as it stands, up to its end."""
        at = self._offset(number)
        return self._pdf[at : self._pdf.index(b"\nendobj\n", at)]

    def _offset(self, number: int) -> int:
        entry = self._entries[number * ENTRY_BYTES : (number + 1) * ENTRY_BYTES]
        at = int.from_bytes(entry[1:4])
        if entry[:1] != b"\x01" or not self._pdf.startswith(b"%d 0 obj\n" % number, at):
            raise PdfRefused("对象表有误")
        return at


def _unpacked(pdf: bytes, at: int) -> bytes:
    begin = pdf.index(b">>stream\n", at) + len(b">>stream\n")
    return zlib.decompressobj().decompress(pdf[begin:])


def prove(pdf: bytes, frame: Frame, texts: Iterable[str]) -> None:
    """Raise PdfRefused unless all these texts can be read in the finished file, by its own fonts' tables."""
    try:
        file = _File(pdf)
        number = frame.body.objects + 1
        tables = dict(_tables(file, file.text(number)))
        contents = b"".join(file.stream(number + 1 + at) for at in range(len(frame.streams)))
    except (ValueError, IndexError, zlib.error) as problem:
        raise PdfRefused("结构损坏") from problem
    said = _bare("".join(_said(contents, tables)))
    if any(_bare(text) not in said for text in texts):
        raise PdfRefused("内容不全")


def _tables(file: _File, resources: bytes) -> Iterator[tuple[bytes, dict[bytes, str]]]:
    for name, number in _FONT.findall(resources):
        table = file.stream(int(number) + _TO_UNICODE)
        yield (
            name,
            {code: _read(text) for code, text in _LINE.findall(table)},
        )


@lru_cache(_TEXTS_KEPT)
def _read(text: bytes) -> str:
    return bytes.fromhex(text.decode()).decode("utf-16-be")


def _said(contents: bytes, tables: dict[bytes, dict[bytes, str]]) -> Iterator[str]:
    for name, items in _SHOWN.findall(contents):
        table = tables.get(name)
        if table is not None:
            codes = b"".join(_CODES.findall(items))
            yield "".join([table.get(codes[at : at + 4], "\0") for at in range(0, len(codes), 4)])


def _bare(text: str) -> str:
    return "".join(text.split())
