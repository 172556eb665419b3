"""Turns what a paragraph put into its slot into a chunk: operators with holes for the codes of other texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from templates.errors import NotStampable
from templates.stamp.faces import Face
from templates.stamp.glyphs import PageFont
from templates.stamp.stream import Drawing, Piece, Settings, Show, Text, shown, tint
from templates.stamp.typeset import FIXED, Chunk, Fill, Glyph

_COLOURS = (b"RG", b"rg")


@dataclass(slots=True)
class Weaver:
    """Makes the chunks of one probe.

    `texts` are the printed texts by tint: their place in the outline, and what they say; `constants` the places of
    those that belong to the frame and may stand in its fonts. `fonts` are the probe's, `glyphs` the frame's by
    paragraph, `faces` our own, `colour` gives a marker colour's true colour.
    """

    texts: Mapping[int, tuple[int, str]]
    constants: frozenset[int]
    fonts: Mapping[str, PageFont]
    glyphs: Mapping[int, Sequence[Glyph]]
    faces: Sequence[Face]
    colour: Callable[[bytes], bytes]
    at: dict[int, int] = field(default_factory=dict)
    said: dict[int, int] = field(default_factory=dict)

    def chunk(self, paragraph: int, pieces: Sequence[Piece]) -> Chunk:
        """Weave one slot of a paragraph; raises NotStampable when a glyph is not what it must be."""
        parts: list[bytes] = []
        fills: list[Fill] = []
        before: Settings | None = None
        for piece in pieces:
            for settings, block in piece.blocks:
                if settings != before:
                    parts.append(_literal(self._settled(settings)))
                    before = settings
                if isinstance(block, Drawing):
                    parts.append(_literal(self._drawn(block)))
                else:
                    parts.append(self._text(paragraph, block, fills))
        return Chunk(b"".join(parts), tuple(fills))

    def finish(self) -> None:
        """NotStampable(text) unless every text was shown to its last character."""
        for number, text in self.texts.values():
            if text[self.at.get(number, 0) :].strip():
                raise NotStampable("text")

    def _settled(self, settings: Settings) -> bytes:
        values = tuple(
            (name, self.colour(line.rpartition(b" ")[0]) + b" " + name if name in _COLOURS else line)
            for name, line in settings.values
        )
        return Settings(settings.clip, values).written()

    def _drawn(self, block: Drawing) -> bytes:
        body = block.body
        for old in dict.fromkeys(block.tints):
            for name in _COLOURS:
                body = body.replace(old + b" " + name, self.colour(old) + b" " + name)
        return body + b"\n"

    def _text(self, paragraph: int, block: Text, fills: list[Fill]) -> bytes:
        owner = self.texts.get(tint(block.colour))
        lines = [b"q %s rg\nBT\n" % self.colour(block.colour)]
        for show in block.shows:
            face = self._face(show)
            if owner is None:
                lines.append(self._static(paragraph, show))
            elif owner[0] in self.constants:
                lines.append(self._constant(paragraph, show, *owner))
            elif face is not None:
                lines.append(self._filled(show, face, *owner, fills))
            else:
                raise NotStampable("face")
        return b"".join([*lines, b"ET\nQ\n"])

    def _face(self, show: Show) -> int | None:
        name = self.fonts[show.font.decode()].name
        return next((at for at, face in enumerate(self.faces) if face.name == name), None)

    def _static(self, paragraph: int, show: Show) -> bytes:
        """Show the template's own words with the frame's fonts."""
        font = self.fonts[show.font.decode()]
        resource, parts = "", list[bytes]()
        for item in show.items:
            if isinstance(item, str):
                parts.append(item.encode())
                continue
            found = [self._own(paragraph, font, code) for code in item]
            resource = resource or found[0].resource
            if any(glyph.resource != resource for glyph in found):
                raise NotStampable("font")
            parts.append(b"<%s>" % bytes(glyph.code for glyph in found).hex().upper().encode())
        return _literal(shown(show, resource.encode(), parts))

    def _own(self, paragraph: int, font: PageFont, code: int) -> Glyph:
        """Give the frame's glyph: the paragraph says the same words in the same order, blanks at line ends aside."""
        glyphs, at = self.glyphs.get(paragraph, ()), self.said.get(paragraph, 0)
        text = font.text(code)
        while at < len(glyphs) and glyphs[at].text != text and glyphs[at].text.isspace():
            at += 1
        if at >= len(glyphs) or (glyphs[at].text, glyphs[at].width) != (text, font.widths.get(code)):
            raise NotStampable("glyph")
        self.said[paragraph] = at + 1
        return glyphs[at]

    def _constant(self, paragraph: int, show: Show, number: int, text: str) -> bytes:
        """Show a text of the frame's with the frame's fonts."""
        font = self.fonts[show.font.decode()]
        for code in b"".join(item for item in show.items if isinstance(item, bytes)):
            self._passed(font.text(code), number, text)
        return self._static(paragraph, show)

    def _filled(self, show: Show, face: int, number: int, text: str, fills: list[Fill]) -> bytes:
        """Show a printed text with a face of our own; a blank that is none of its characters stays a blank."""
        font = self.fonts[show.font.decode()]
        parts: list[bytes] = []
        for item in show.items:
            if isinstance(item, str):
                parts.append(item.encode())
                continue
            made: list[Fill] = []
            for code in item:
                self._one(font, code, face, (number, text), made)
            parts.append(b"<" + b"%b" * len(made) + b">")
            fills += made
        return shown(show, b"Y%d" % face, parts)

    def _one(self, font: PageFont, code: int, face: int, owner: tuple[int, str], made: list[Fill]) -> None:
        number, text = owner
        char = font.text(code)
        if self.faces[face].width(self.faces[face].gid(char)) != font.widths.get(code):
            raise NotStampable("width")
        at = self._passed(char, number, text)
        if at is None:
            made.append(Fill(face, FIXED, 0, 0, char))
        elif made and made[-1].text == number and made[-1].stop == at:
            made[-1] = Fill(face, number, made[-1].start, at + 1)
        else:
            made.append(Fill(face, number, at, at + 1))

    def _passed(self, char: str, number: int, text: str) -> int | None:
        """Go one character on in a text and give its place; None for a blank that is none of its characters."""
        at = self.at.get(number, 0)
        if char.isspace() and not text[at : at + 1].isspace():
            return None
        while not char.isspace() and text[at : at + 1].isspace():
            at += 1
        if text[at : at + 1] != char:
            raise NotStampable("text")
        self.at[number] = at + 1
        return at


def _literal(data: bytes) -> bytes:
    return data.replace(b"%", b"%%")
