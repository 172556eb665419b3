"""Makes an upload safe: says what it is by its first bytes, and has a limited child process decode it."""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from intake import decoder, headers
from intake.errors import UploadRefused
from intake.headers import Kind
from intake.reading import Box, PageImage, Pixels
from intake.spare import child

__all__ = ["Kind", "Upload", "inspect", "pages", "sniff"]

MAX_BYTES = 50 * 1024 * 1024  # sixty pages of 300 dpi colour JPEG stay below it
PAGE_SECONDS = 45.0  # wall clock for one page: the slowest honest one (70 Mpx CMYK) takes 3 s alone
LIMITS = frozenset(
    {
        signal.SIGPROF,
        signal.SIGXCPU,
        signal.SIGKILL,
        signal.SIGXFSZ,
        signal.SIGABRT,
        signal.SIGTRAP,
        signal.SIGILL,
    }
)
"""How a child ends that used up its time, file size or memory; a library that gets no memory aborts or traps."""
SNIFFED = 1024  # browsers and readers look this far for a type
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_WEB_PAGE = (b"<html", b"<!doctype", b"<script", b"<svg", b"<iframe", b"<body", b"<?php")


@dataclass(frozen=True, slots=True)
class Upload:
    """What an accepted upload is, from its bytes: kind and number of pages."""

    kind: Kind
    pages: int


def sniff(data: bytes) -> Kind:
    """Return the kind of a file by its magic bytes at offset 0; raises UploadRefused(empty, unknown_type, polyglot)."""
    if not data:
        raise UploadRefused("empty")
    kind = _by_magic(data)
    head = data[:SNIFFED].lower()
    if any(tag in head or tag in _tail(data, kind) for tag in _WEB_PAGE):
        raise UploadRefused("polyglot" if kind or b"%pdf-" in head else "unknown_type")
    if kind != "pdf" and b"%pdf-" in head:
        raise UploadRefused("polyglot")
    if kind is None:
        raise UploadRefused("unknown_type")
    if _ends_as_zip(data):
        raise UploadRefused("polyglot")
    return kind


def _by_magic(data: bytes) -> Kind | None:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "tiff"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return "heic"
    return None


def _tail(data: bytes, kind: Kind | None) -> bytes:
    """Return what follows the end marker of a PDF: the other place a web page hides in."""
    return data[data.rfind(b"%%EOF") :][:SNIFFED].lower() if kind == "pdf" else b""


def _ends_as_zip(data: bytes) -> bool:
    """Tell whether the file is a zip archive too: an end record whose comment reaches exactly to the end."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 65535))
    return at >= 0 and at + 22 + int.from_bytes(data[at + 20 : at + 22], "little") == len(data)


def inspect(data: bytes, max_bytes: int = MAX_BYTES) -> Upload:
    """Say what an upload is, from its headers; raises UploadRefused before anything is decoded."""
    if len(data) > max_bytes:
        raise UploadRefused("too_large")
    kind = sniff(data)
    headers.check(data, kind)
    with child("inspect", kind, data) as (process, _):
        answer = _answer(process)
    return Upload(kind, int(answer["pages"]))


def pages(data: bytes, kind: Kind, only: int | None = None) -> Iterator[PageImage]:
    """Decode page after page, or `only` one, in a limited child; raises UploadRefused when a page cannot be had."""
    headers.check(data, kind)
    with child("pages" if only is None else f"page-{only}", kind, data) as (process, pixels_file):
        for index in range(decoder.MAX_PAGES + 1):
            answer = _answer(process, ask=True)
            if "end" in answer:
                return
            if index == decoder.MAX_PAGES:
                raise UploadRefused("too_many_pages")
            yield _page(index, answer, pixels_file)


def own_page(pdf: bytes, index: int) -> tuple[PageImage, list[tuple[str, Box]]]:
    """Render one page of our own PDF in a limited child; gives its letters too, boxes as shares of the page.

    Raises UploadRefused when the archived bytes cannot be rendered or have no such page.
    """
    with child(f"own-{index}", "pdf", pdf) as (process, pixels_file):
        answer = _answer(process)
        letters = [(str(letter), tuple(map(float, box))) for letter, *box in answer["glyphs"]]
        return _page(index, answer, pixels_file), cast("list[tuple[str, Box]]", letters)


def _page(index: int, answer: dict[str, Any], pixels_file: int) -> PageImage:
    """Take a page out of the memory file; its size is believed only if the file really holds it."""
    height, width = int(answer["height"]), int(answer["width"])
    size = height * width * 3
    if not 0 < size <= decoder.PIXEL_FILE_LIMIT or os.fstat(pixels_file).st_size != size:
        raise UploadRefused("damaged")
    pixels = np.empty((height, width, 3), np.uint8)
    os.lseek(pixels_file, 0, os.SEEK_SET)
    with os.fdopen(os.dup(pixels_file), "rb", buffering=0) as file:
        file.readinto(pixels.data)
    colour = answer["colour"]
    coloured = has_colour(pixels) if colour is None else bool(colour)
    return PageImage(index, pixels, answer["dpi"], coloured, bool(answer["bilevel"]))


def has_colour(pixels: Pixels) -> bool:
    """Tell whether BGR pixels hold real colour: a tinted sheet or some strongly coloured ink, not JPEG noise."""
    blue, green, red = (pixels[::3, ::3, channel] for channel in range(3))
    chroma = np.maximum(np.maximum(blue, green), red) - np.minimum(np.minimum(blue, green), red)
    return bool((chroma >= 8).mean() > 0.001 or (chroma >= 60).mean() > 0.00002)


def _answer(process: "subprocess.Popen[bytes]", *, ask: bool = False) -> dict[str, Any]:
    """Return the child's next line as a mapping; silence, death and refusals become UploadRefused."""
    assert process.stdin
    assert process.stdout
    if ask:
        try:
            process.stdin.write(b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died or refused already: its last line, or its exit, says why
    line = line_before(process.stdout.fileno(), time.monotonic() + PAGE_SECONDS)
    if line is None:
        raise UploadRefused("decoder_limit")
    if not line:
        raise UploadRefused("decoder_limit" if -process.wait() in LIMITS else "damaged")
    answer = cast("dict[str, Any]", json.loads(line))
    if "refused" in answer:
        raise UploadRefused(answer["refused"] if UploadRefused.is_code(answer["refused"]) else "damaged")
    return answer


def line_before(descriptor: int, deadline: float) -> bytes | None:
    """Read one line before the deadline: None when time is up, empty when the child has gone."""
    waiting = select.poll()  # select() fails on descriptors above 1023, which a busy service has
    waiting.register(descriptor, select.POLLIN)
    line = b""
    while not line.endswith(b"\n"):
        if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
            return None
        part = os.read(descriptor, 4096)
        if not part:
            return b""
        line += part
    return line
