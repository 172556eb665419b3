"""Reads the content stream that LibreOffice writes into tagged pieces: texts as shows of glyph codes, all else as it is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from templates.errors import NotStampable

_BEGIN = re.compile(rb"/([\w#]+)(?:<</MCID (\d+)>>BDC| BMC)")
_N = rb"-?(?:\d+(?:\.\d*)?|\.\d+)"
_CLIP = re.compile(rb"(?:Q )?q (" + _N + rb" " + _N + rb" " + _N + rb" " + _N + rb") re")
_CLIP_USED = b"W* n"
_SETTING = re.compile(rb"(?:" + _N + rb" )+(RG|rg|w|J|j|M|d)|\[[\d. ]*\] \d+ d")
_COLOUR = re.compile(rb"(" + _N + rb") (" + _N + rb") (" + _N + rb") (?:rg|RG)")
_PAINT = re.compile(rb"q (" + _N + rb" " + _N + rb" " + _N + rb") rg")
_SHOW = re.compile(
    rb"(?P<place>(?:" + _N + rb" ){6}Tm|(?:" + _N + rb" ){2}Td)?\s*"
    rb"(?:/(?P<font>\w+) (?P<size>" + _N + rb") Tf)?\s*"
    rb"(?:(?P<one><[0-9A-F]*>)Tj|\[(?P<many>[^\]]*)\]TJ)"
)
_ITEM = re.compile(rb"<([0-9A-F]*)>|(" + _N + rb")")
_PLACE_ALONE = re.compile(rb"(?:" + _N + rb" ){6}Tm")
_FILLED = re.compile(rb"(?:" + _N + rb" ){4}re f\*?")
_DRAWN = re.compile(rb"/(\w+) Do\b")
ARTIFACT = "Artifact"


@dataclass(frozen=True, slots=True)
class Show:
    """One operator that shows glyphs: `place` is the Td or Tm before it (b'' for none), `items` codes and kerns.

    Codes are one byte each in `font`, the resource name in force; kerns are numbers as LibreOffice wrote them.
    """

    place: bytes
    font: bytes
    size: bytes
    items: tuple[bytes | str, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """One text object in one colour (`r g b`), its shows in order."""

    colour: bytes
    shows: tuple[Show, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Anything else: lines, curves, a picture between q and Q, or one filled rectangle.

    `tints` are the colours it sets itself.
    """

    body: bytes
    tints: tuple[bytes, ...]

    @property
    def picture(self) -> bytes | None:
        """The resource name of the picture it draws."""
        found = _DRAWN.search(self.body)
        return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force outside of q and Q: the clip rectangle, b'' for none, and the settings by operator."""

    clip: bytes = b""
    values: tuple[tuple[bytes, bytes], ...] = ()

    def having(self, operator: bytes, line: bytes) -> "Settings":
        """The same with one more setting; a later one of the same operator replaces the earlier."""
        kept = tuple(pair for pair in self.values if pair[0] != operator)
        return Settings(self.clip, (*kept, (operator, line)))

    def written(self) -> bytes:
        """The operators that bring everything into force, from whatever was before."""
        clip = [b"Q q " + self.clip + b" re", _CLIP_USED] if self.clip else [b"Q q"]
        lines = [*clip, *(line for _, line in self.values)]
        return b"\n".join(lines) + b"\n"


@dataclass(frozen=True, slots=True)
class Piece:
    """One marked-content sequence: its tag, its MCID (None for an artifact), and what it paints under which settings."""

    tag: str
    mcid: int | None
    blocks: tuple[tuple[Settings, Text | Drawing], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A content stream: what it sets before the first q, and its pieces in order."""

    prologue: bytes
    pieces: tuple[Piece, ...]


@dataclass(slots=True)
class _Reader:
    lines: Sequence[bytes]
    at: int = 0
    settings: Settings = field(default_factory=Settings)

    def page(self) -> Page:
        prologue: list[bytes] = []
        pieces: list[Piece] = []
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            begin = _BEGIN.fullmatch(line)
            self.at += 1
            if begin:
                pieces.append(self._piece(begin))
            elif not pieces and _SETTING.fullmatch(line):
                prologue.append(line)
            elif line not in {b"", b"Q"}:
                raise NotStampable("content")
        return Page(b"\n".join(prologue), tuple(pieces))

    def _piece(self, begin: re.Match[bytes]) -> Piece:
        blocks: list[tuple[Settings, Text | Drawing]] = []
        while (line := self._line()) != b"EMC":
            clip = _CLIP.fullmatch(line)
            setting = _SETTING.fullmatch(line)
            if not clip and line.startswith(
                b"Q q "
            ):  # the clip ends where something is painted, as in a text box
                self.settings, line = Settings(), line[2:]
            if clip and self.lines[self.at].strip() == _CLIP_USED:
                self.at += 1
                self.settings = Settings(clip[1])
            elif setting:
                operator = line.rpartition(b" ")[2]
                self.settings = self.settings.having(operator, line)
            elif paint := _PAINT.fullmatch(line):
                blocks.append((self.settings, self._text(paint[1])))
            elif _FILLED.fullmatch(line):
                blocks.append((self.settings, Drawing(line, ())))  # a shaded cell
            elif line.startswith(b"q "):
                blocks.append((self.settings, self._drawing(line)))
            elif line:
                raise NotStampable("content")
        return Piece(begin[1].decode(), None if begin[2] is None else int(begin[2]), tuple(blocks))

    def _line(self) -> bytes:
        if self.at >= len(self.lines):
            raise NotStampable("content")
        self.at += 1
        return self.lines[self.at - 1].strip()

    def _text(self, colour: bytes) -> Text:
        if self._line() != b"BT":
            raise NotStampable("content")
        shows: list[Show] = []
        font, size, place = b"", b"", b""
        while (line := self._line()) != b"ET":
            if _PLACE_ALONE.fullmatch(line):
                place = line
                continue
            found = _SHOW.fullmatch(line)
            if not found or (place and found["place"]):
                raise NotStampable("content")
            font, size = found["font"] or font, found["size"] or size
            items = tuple(_items(found["one"] or found["many"]))
            shows.append(Show(found["place"] or place, font, size, items))
            place = b""
        if self._line() != b"Q":
            raise NotStampable("content")
        return Text(colour, tuple(shows))

    def _drawing(self, first: bytes) -> Drawing:
        lines, depth = [first], 1
        while depth:
            line = self._line()
            lines.append(line)
            depth += line.startswith(b"q ") or line == b"q"
            depth -= line == b"Q" or line.endswith(b" Q")
        body = b"\n".join(lines)
        return Drawing(body, tuple(b" ".join(found.groups()) for found in _COLOUR.finditer(body)))


def _items(raw: bytes) -> Iterator[bytes | str]:
    """Give codes as bytes and kerns as text, in order."""
    for found in _ITEM.finditer(raw):
        yield found[2].decode() if found[1] is None else bytes.fromhex(found[1].decode())


def read(content: bytes) -> Page:
    """Take a content stream apart; NotStampable(content) when there is anything LibreOffice 7 does not write.

    That is a guard: what is not understood is printed by LibreOffice as a whole.
    """
    return _Reader(content.split(b"\n")).page()


def painted(block: Text | Drawing) -> bytes:
    """Write a block as LibreOffice does."""
    if isinstance(block, Drawing):
        return block.body + b"\n"
    shows = [shown(show, show.font, [_coded(item) for item in show.items]) for show in block.shows]
    return b"q %s rg\nBT\n%sET\nQ\n" % (block.colour, b"".join(shows))


def shown(show: Show, font: bytes, parts: Sequence[bytes]) -> bytes:
    """Write a show with other codes (`<…>` and kerns) of another font."""
    place = show.place + b" " if show.place else b""
    return b"%s/%s %s Tf[%s]TJ\n" % (place, font, show.size, b"".join(parts))


def _coded(item: bytes | str) -> bytes:
    return item.encode() if isinstance(item, str) else b"<%s>" % item.hex().upper().encode()


def heights(block: Text) -> Iterator[float]:
    """Give the height on the page of each show's baseline, in points; of upright ones that of the first glyph.

    Units are those before the operators `q` and `BT`, in which LibreOffice writes points.
    """
    line, down = 0.0, 1.0
    for show in block.shows:
        numbers = show.place.split()
        if numbers[-1:] == [b"Tm"]:
            line, down = float(numbers[5]), float(numbers[3])
        elif numbers:
            line += float(numbers[1]) * down
        yield round(line, 1)


def tint(colour: bytes) -> int:
    """Give the marker colour (see `word.Mark.tint`) of `r g b`; 0 for black and for all that is no marker."""
    red, green, blue = (float(part) for part in colour.split())
    return 0 if red else round(green * 255) << 8 | round(blue * 255)
