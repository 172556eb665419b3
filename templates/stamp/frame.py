"""Compiles a converted paper, all texts dressed, into a frame: what every paper of its template has in common."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from templates.errors import NotStampable
from templates.pagecodes import streams
from templates.places import PictureSpot, Sheet
from templates.stamp import probe, stream
from templates.stamp.body import body
from templates.stamp.glyphs import PageFont, page_fonts
from templates.stamp.ownership import Ownership
from templates.stamp.probe import Probe
from templates.stamp.stream import Piece, Settings, Show, Text, tint
from templates.stamp.tags import Tags
from templates.stamp.typeset import Frame, Glyph, PicturePlace, Slot

_HEAVY = 2048  # bytes of static operators that are worth a stream of their own, packed once


@dataclass(frozen=True, slots=True)
class Opened:
    """A converted page, read: its probe, fonts, and personal pictures by resource name; `statics` see `Frame`."""

    reader: PdfReader
    probe: Probe
    fonts: Mapping[str, PageFont]
    code: str
    photos: Mapping[str, str]
    statics: str


def opened(pdf: bytes, owned: Ownership, code_pixels: tuple[int, int], photos: Mapping[str, str]) -> Opened:
    """Read a finished paper of one page; `photos` gives the fields of its photos by the SHA-256 of their JPEG.

    Raises NotStampable for whatever LibreOffice has not written so before.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        if len(reader.pages) != 1:
            raise NotStampable("pages")
        page = reader.pages[0]
        resources: Any = page["/Resources"].get_object()
        content = b"\n".join(item.get_data() for item in streams(page))
        parts = probe.apart(stream.read(content), owned)
        fonts = page_fonts(resources)
        names = _pictures(resources, code_pixels, photos)
        digest = probe.statics(parts, fonts, names)
    except (PyPdfError, KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise NotStampable("pdf") from problem
    codes = [name for name, what in names.items() if what == "code"]
    shown = {what: name for name, what in names.items() if what in photos.values()}
    if len(codes) != 1 or shown.keys() != set(photos.values()):
        raise NotStampable("picture")
    return Opened(reader, parts, fonts, codes[0], shown, digest)


def _pictures(
    resources: Mapping[str, Any], code_pixels: tuple[int, int], photos: Mapping[str, str]
) -> dict[str, str]:
    """Say what each picture is: the code, the photo of a field, or itself (its digest)."""
    names: dict[str, str] = {}
    drawn = resources["/XObject"].get_object() if "/XObject" in resources else {}
    for key, item in drawn.items():
        picture = item.get_object()
        digest = hashlib.sha256(picture._data).hexdigest()  # noqa: SLF001 - the bytes as they are packed
        if (picture.get("/Width"), picture.get("/Height")) == code_pixels:
            digest = "code"
        names[key.lstrip("/")] = photos.get(digest, digest)
    return names


def compiled(
    paper: Opened,
    owned: Ownership,
    *,
    texts: Sequence[int | None],
    sheet: Sheet,
    photos: Mapping[str, str],
    personal: Collection[int],
) -> Frame:
    """Build the frame of a paper whose texts are all dressed; `texts` has the paragraph of each of them, None for none.

    `photos` are as in `opened`, `personal` the tints of texts that do not belong to the frame. What it holds of the
    reader is changed on the way.
    """
    words: dict[int, list[Glyph]] = {}
    tags = Tags(paper.reader)
    positions = paper.probe.positions
    slots: dict[str, Slot] = {}
    parts: list[bytes | str] = [paper.probe.prologue + b"\nq\n"]
    before: Settings | None = None
    for item in paper.probe.items:
        if isinstance(item, tuple):
            name, pieces = item
            opening = tags.merged([piece.mcid for piece in pieces])
            slots[name] = Slot(name, owned.containers[probe.paragraph_of(name)], positions[name], opening)
            parts.append(name)
            words.setdefault(probe.paragraph_of(name), []).extend(_words(pieces, paper.fonts, personal))
            before = None
            continue
        opening = b"/%s BMC\n" % item.tag.encode() if item.mcid is None else tags.kept(item.tag, item.mcid)
        blocks: list[bytes] = [opening]
        for settings, block in item.blocks:
            blocks += [b"" if settings == before else settings.written(), stream.painted(block)]
            before = settings
        parts.append(b"".join([*blocks, b"EMC\n"]))
    parts.append(b"Q\n")
    tags.finish()
    heavy, own, order = _streams(_joined(parts))
    places = tuple(None if paragraph is None else owned.containers[paragraph] for paragraph in texts)
    return Frame(
        body=body(paper.reader, [paper.code, *paper.photos.values()], heavy, order),
        streams=tuple(own),
        slots=slots,
        texts=places,
        containers=dict(owned.containers),
        neighbours=_neighbours(
            owned.groups, {*places, *(slot.container for slot in slots.values())} - {None}
        ),
        size_mm=sheet.pages[0],
        pictures=tuple(_place(spot, photos) for spot in sheet.pictures),
        code=paper.code,
        photos=paper.photos,
        glyphs={paragraph: tuple(said) for paragraph, said in words.items()},
        statics=paper.statics,
    )


def _neighbours(groups: Mapping[int, int], shown: Collection[int | None]) -> dict[int, tuple[int, ...]]:
    """Give the others of the same group for each container that shows anything."""
    return {
        container: tuple(
            other for other in groups if groups[other] == group and other in shown and other != container
        )
        for container, group in groups.items()
        if container in shown
    }


def _place(spot: PictureSpot, photos: Mapping[str, str]) -> PicturePlace:
    return PicturePlace(spot.box, spot.pixels, spot.fiducial, photos.get(spot.digest or "", ""))


def _words(
    pieces: Sequence[Piece], fonts: Mapping[str, PageFont], personal: Collection[int]
) -> Iterator[Glyph]:
    """Give the glyphs of what is not personal, in order."""
    for piece in pieces:
        for _, block in piece.blocks:
            if isinstance(block, Text) and tint(block.colour) not in personal:
                for show in block.shows:
                    yield from _glyphs(show, fonts)


def _glyphs(show: Show, fonts: Mapping[str, PageFont]) -> Iterator[Glyph]:
    name = show.font.decode()
    for code in b"".join(item for item in show.items if isinstance(item, bytes)):
        yield Glyph(name, code, fonts[name].texts.get(code, ""), fonts[name].widths.get(code, 0))


def _joined(parts: Sequence[bytes | str]) -> list[bytes | str]:
    """Put operators that follow one another together."""
    made: list[bytes | str] = []
    for part in parts:
        last = made[-1] if made else None
        if isinstance(part, bytes) and isinstance(last, bytes):
            made[-1] = last + part
        else:
            made.append(part)
    return made


def _streams(parts: Sequence[bytes | str]) -> tuple[list[bytes], list[tuple[bytes | str, ...]], list[int]]:
    """Deal the page out to content streams: long static ones, those each paper writes, and their order."""
    heavy: list[bytes] = []
    own: list[list[bytes | str]] = []
    order: list[int] = []
    for part in parts:
        if isinstance(part, bytes) and len(part) > _HEAVY:
            order.append(len(heavy))
            heavy.append(part)
            continue
        if not order or order[-1] >= 0:
            order.append(-1)
            own.append([])
        own[-1].append(part)
    return heavy, [tuple(row) for row in own], order
