"""Sets short Chinese texts in the pinned fonts for pages we draw ourselves: what each line takes, and its codes."""

from collections.abc import Iterator, Sequence

from templates.archival import Archival
from templates.fonts import KAI, RARE, Fonts
from templates.stamp.embedding import OBJECTS, Pair, embed_pairs
from templates.stamp.faces import Face

STAND_IN = "〓"
"""Shown for what no pinned font has, as printers do; copied out it is still the character itself."""
_EM = 1000


class Lettering:
    """Gives codes to characters as they come; the fonts are written when all are known."""

    def __init__(self, fonts: Fonts) -> None:
        self._faces = [Face.open(fonts.files[family.files[0]]) for family in (KAI, RARE)]
        self._pairs: list[dict[Pair, int]] = [{} for _ in self._faces]

    def width(self, text: str, size: float) -> float:
        """Give how many points a text takes at a size."""
        return sum(self._faces[face].width(gid) for face, (_, gid) in map(self._found, text)) * size / _EM

    def wrapped(self, text: str, size: float, room: float) -> list[str]:
        """Break a text into lines of at most so many points, between any two characters; at least one line."""
        lines, line, taken = list[str](), "", 0.0
        for char in " ".join(text.split()):
            wide = self.width(char, size)
            if line and taken + wide > room:
                lines.append(line)
                line, taken = "", 0.0
            line, taken = line + char, taken + wide
        return [*lines, line]

    def shown(self, text: str, at: tuple[float, float], size: float) -> bytes:
        """Write a line whose base begins at (x, y) points."""
        parts = [b"BT %.2f %.2f Td" % at]
        for face, codes in self._runs(text):
            parts.append(b"/F%d %.2f Tf <%s> Tj" % (face, size, codes))
        return b" ".join([*parts, b"ET"])

    def _runs(self, text: str) -> Iterator[tuple[int, bytes]]:
        run: tuple[int, bytes] | None = None
        for char in text:
            face, pair = self._found(char)
            code = b"%04X" % self._pairs[face].setdefault(pair, len(self._pairs[face]) + 1)
            if run is not None and run[0] == face:
                run = (face, run[1] + code)
            else:
                if run is not None:
                    yield run
                run = (face, code)
        if run is not None:
            yield run

    def _found(self, char: str) -> tuple[int, Pair]:
        """Give the face that has a character, and its glyph there."""
        for number, face in enumerate(self._faces):
            if gid := face.gid(char):
                return number, (char, gid)
        return 0, (char, self._faces[0].gid(STAND_IN))

    def embedded(self, file: Archival, reserved: int) -> None:
        """Write the fonts as the objects that were reserved: OBJECTS for each face, in order."""
        for number, (face, pairs) in enumerate(zip(self._faces, self._pairs, strict=True)):
            first = reserved + number * OBJECTS
            # A font nobody used is still named by the pages.
            asked: Sequence[Pair] = list(pairs) or [(STAND_IN, face.gid(STAND_IN) or 1)]
            for at, body in enumerate(embed_pairs(face, asked).objects(first)):
                file.put(first + at, body)

    def reserve(self, file: Archival) -> int:
        """Reserve the objects of the fonts."""
        return file.reserve(OBJECTS * len(self._faces))

    def resources(self, reserved: int) -> bytes:
        """Write what a page that shows such text needs in its resources."""
        names = b"".join(b"/F%d %d 0 R" % (at, reserved + at * OBJECTS) for at in range(len(self._faces)))
        return b"/Font<<%s>>" % names
