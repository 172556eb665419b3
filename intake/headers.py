"""Walks the headers of an upload before any decoder sees it: what is cut off, endless or a bomb is refused for nothing.

Everything here is plain counting over bytes that are already in memory, with a limit on each walk, so it needs no child.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from intake.decoder import MAX_PAGES, MAX_SOURCE_PIXELS
from intake.errors import UploadRefused

Kind = Literal["pdf", "jpeg", "png", "tiff", "heic"]

MAX_SEGMENTS: Final = 5000
"""Segments of a JPEG before its picture, fill bytes too: cameras write a dozen; a long colour profile takes 200."""
USUAL_SCANS: Final = 12
MAX_SCANS: Final = 100
MAX_SCAN_PIXELS: Final = 1_000_000_000
"""Pixels of a progressive JPEG times its scans when it has more than the usual ten: each goes over all of them."""
MAX_CHUNKS: Final = 20_000
"""Chunks of a PNG: 50 MB in pieces of the usual 8 KB are 6,400."""
MAX_SAMPLE_BYTES: Final = 4 * MAX_SOURCE_PIXELS
"""Bytes a PNG inflates to: 70 Mpx in colour are 210 MB; the same in 16 bits has no place in 50 MB but as a bomb."""
MAX_BOXES: Final = 1000
"""Top-level boxes of an ISO media file: a telephone writes three to six."""
MAX_ENTRIES: Final = 1000
"""Entries of a TIFF directory: a scanner writes twenty."""
MAX_PIECES: Final = 20_000
"""Strips or tiles of a TIFF page: 600 dpi A3 row by row are 9,933."""
_PIECES: Final = (273, 324)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers whose segment tells the size of the picture."""
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values of a pixel by PNG colour type."""


def check(data: bytes, kind: Kind) -> None:
    """Raise UploadRefused (truncated, damaged, too_many_pages, too_many_pixels, decoder_limit) for a bad outline.

    A file whose end is missing is refused here, before a decoder fills the gap with grey.
    """
    _CHECKS[kind](data)


def _pdf(data: bytes) -> None:
    if b"%%EOF" not in data[-2048:]:
        raise UploadRefused("truncated")


def _png(data: bytes) -> None:
    """Walk the chunks to the last one."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise UploadRefused("damaged" if len(data) >= 33 else "truncated")
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if (width * data[24] * _CHANNELS.get(data[25], 1) // 8 + 1) * height > MAX_SAMPLE_BYTES:
        raise UploadRefused("too_many_pixels")
    at = 8
    for _ in range(MAX_CHUNKS):
        if at + 12 > len(data):
            raise UploadRefused("truncated")
        if data[at + 4 : at + 8] == b"IEND":
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise UploadRefused("decoder_limit")


def _jpeg(data: bytes) -> None:
    """Walk the segments to the first scan; from there on FF D9 can only be the end, and FF DA another scan."""
    at, pixels = 2, 0
    for _ in range(MAX_SEGMENTS):
        if at + 4 > len(data):
            raise UploadRefused("truncated")
        if data[at] != 0xFF:
            raise UploadRefused("damaged")
        marker = data[at + 1]
        if marker == 0xDA:
            _scans(data, at, pixels)
            return
        if marker == 0xFF:
            at += 1
            continue
        if 0xD0 <= marker <= 0xD8 or marker == 0x01:
            at += 2
            continue
        if marker in _FRAMES:
            pixels = int.from_bytes(data[at + 5 : at + 7], "big") * int.from_bytes(
                data[at + 7 : at + 9], "big"
            )
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    raise UploadRefused("decoder_limit")


def _scans(data: bytes, first: int, pixels: int) -> None:
    if data.find(b"\xff\xd9", first) < 0:
        raise UploadRefused("truncated")
    scans = data.count(b"\xff\xda", first)
    if scans > MAX_SCANS or (scans > USUAL_SCANS and scans * pixels > MAX_SCAN_PIXELS):
        raise UploadRefused("decoder_limit")


def _tiff(data: bytes) -> None:
    """Walk the chain of directories: so many pages, none of them outside the file, none of them twice."""
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
    at, seen = int.from_bytes(data[4:8], order), set[int]()
    while at:
        if at + 2 > len(data):
            raise UploadRefused("truncated")
        if at in seen:
            raise UploadRefused("damaged")
        seen.add(at)
        if len(seen) > MAX_PAGES:
            raise UploadRefused("too_many_pages")
        entries = int.from_bytes(data[at : at + 2], order)
        after = at + 2 + 12 * entries
        if after > len(data):
            raise UploadRefused("truncated")
        if entries > MAX_ENTRIES or _pieces(data[at + 2 : after], order) > MAX_PIECES:
            raise UploadRefused("decoder_limit")
        at = int.from_bytes(data[after : after + 4], order)
    if not seen:
        raise UploadRefused("damaged")


def _pieces(entries: bytes, order: Literal["little", "big"]) -> int:
    """Return in how many strips or tiles a page is cut, by its directory."""
    rows = (entries[at : at + 12] for at in range(0, len(entries), 12))
    counts = (int.from_bytes(row[4:8], order) for row in rows if int.from_bytes(row[:2], order) in _PIECES)
    return max(counts, default=0)


def _heic(data: bytes) -> None:
    """Walk the top-level boxes: none may reach beyond the end."""
    at = 0
    for _ in range(MAX_BOXES):
        if at + 8 > len(data):
            return
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size == 0:
            return
        if size < 8 or at + size > len(data):
            raise UploadRefused("truncated")
        at += size
    raise UploadRefused("decoder_limit")


_CHECKS: Final[Mapping[Kind, Callable[[bytes], None]]] = {
    "pdf": _pdf,
    "png": _png,
    "jpeg": _jpeg,
    "tiff": _tiff,
    "heic": _heic,
}
