"""What a compiled template is made of: a frame with slots, and for each container the chunks that fill its slots."""

from collections.abc import Mapping
from dataclasses import dataclass

from templates.layout import Box

FIXED = -1


@dataclass(frozen=True, slots=True)
class Fill:
    """Characters start..stop of the printed text `text` (counted from 0), shown in face `face`.

    For text FIXED it is `fixed`, a blank that belongs to no text.
    """

    face: int
    text: int
    start: int
    stop: int
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is painted in one slot: operators with a `%b` for the codes of each fill."""

    pattern: bytes
    fills: tuple[Fill, ...]


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where a printed text stands: the length and box (mm) of each line, and how it is set."""

    text: int
    lines: tuple[tuple[int, Box], ...]
    font: str | None
    size_pt: float
    clipped: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """One way a container's texts fall: a chunk for each slot that is not empty, and where its texts stand."""

    chunks: Mapping[str, Chunk]
    places: tuple[TextPlace, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A paragraph's place in the content stream: after so many static pieces; `opening` begins its marked content."""

    name: str
    container: int
    position: int
    opening: bytes


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of the frame's own fonts: resource name, code, what it says, width in 1/1000 em."""

    resource: str
    code: int
    text: str
    width: int


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """A picture of the page: its box in mm and its size in pixels; the code, a corner mark, or the photo of `name`."""

    box: Box
    pixels: tuple[int, int]
    fiducial: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Body:
    """The file's constant beginning: header and static objects.

    `entries` is the cross-reference data of the objects numbered 0 to `objects`; every paper's own objects follow:
    its resources, its content streams, its code, its photos, its fonts. `root` and `info` are object numbers,
    `resources` what the page's resources say of the static fonts and pictures.
    """

    data: bytes
    entries: bytes
    objects: int
    root: int
    info: int
    fonts: bytes
    pictures: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """A compiled template: everything but what is personal.

    `streams` are the content streams that each paper writes itself, each a row of operators (bytes) and slots
    (names); the others are in the body. `slots` by name, `texts` the container of each printed text, None for a
    constant that is empty, `containers` that of each paragraph with a slot or near one, `neighbours` of each
    container those that may move it unseen (see `ownership`). `code` and
    `photos` are the resource names of the personal pictures, `photos` by field. `glyphs` are the template's own
    words in each paragraph, as the frame's fonts show them; `statics` is the digest of what all its papers share.
    """

    body: Body
    streams: tuple[tuple[bytes | str, ...], ...]
    slots: Mapping[str, Slot]
    texts: tuple[int | None, ...]
    containers: Mapping[int, int]
    neighbours: Mapping[int, tuple[int, ...]]
    size_mm: tuple[float, float]
    pictures: tuple[PicturePlace, ...]
    code: str
    photos: Mapping[str, str]
    glyphs: Mapping[int, tuple[Glyph, ...]]
    statics: str
