"""What the printer is asked for and what it answers: an order and a printed paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from templates.form import Form
from templates.layout import Box, Layout


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A Word template other than the form's own: an accepted version, or the one of a pre-printed blank."""

    docx: bytes
    hash: str


@dataclass(frozen=True, slots=True)
class MarkAt:
    """Where a block's seal or signature goes on a blank whose labels are pre-printed: `box` in mm, page from 1."""

    block: str
    kind: Literal["seal", "sign"]
    box: Box
    page: int = 1


@dataclass(frozen=True, slots=True)
class Room:
    """The gap a pre-printed blank leaves for a value: `box` in mm on page 1, and how many lines go into it."""

    box: Box
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Order:
    """What to print: raw `data` (codes, ISO dates) by flat field name, the serial, the codes.

    `codes` is asked for the QR text of each page once their number is known; all texts are equally long.
    `furniture` gives further names a template may print: `authority`, `title`, `attachment`, `school`.
    `texts` and `footnotes` replace the form's own. `photos` gives the JPEG of each photo field by flat name.
    With `mark_places` the paper prints no labels of blocks, and their places are these. `rooms` are the gaps that
    a pre-printed blank leaves for its values; what is too long for its room is set smaller.
    """

    form: Form
    data: Mapping[str, str]
    serial: str
    codes: Callable[[int], Sequence[str]]
    furniture: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    footnotes: Sequence[str] | None = None
    photos: Mapping[str, bytes] = field(default_factory=dict)
    template: TemplateSource | None = None
    mark_places: Sequence[MarkAt] | None = None
    rooms: Mapping[str, Room] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished paper: PDF/A-2b and .docx bytes, where everything stands, and what was used to make it.

    `facts` are the printed texts by flat name, `codes` the QR text of each page. `tier` 1 was stamped, 2 converted
    by LibreOffice. A stamped paper has no `docx` (see `Printer.word`); `stamp` names the artefact it was stamped
    from, by a hash of all that this depends on; its `layout_classes`, one for each container, tell how the texts fall
    there, and papers with the same ones differ only in their glyphs; `compared` says that this very paper was held
    against LibreOffice's, being the first with one of them.
    """

    pdf: bytes
    docx: bytes | None
    layout: Layout
    facts: dict[str, str]
    template_hash: str
    font_hashes: dict[str, str]
    pages: int
    codes: tuple[str, ...]
    tier: Literal[1, 2] = 2
    stamp: str = ""
    layout_classes: tuple[str, ...] = ()
    compared: bool = False
