"""Reads a PDF for copying: of an object stream only what is asked for, for a page needs few of a paper's objects."""

from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import IndirectObject, PdfObject, StreamObject, read_object


class Reader(PdfReader):
    """pypdf's reader; that one reads all of an object stream for its first object, the tags of every word too."""

    def __init__(self, pdf: bytes) -> None:
        """Open a PDF; raises PyPdfError, and what else pypdf raises, when it cannot be read."""
        self._packs: dict[int, tuple[BytesIO, dict[int, int]]] = {}
        super().__init__(BytesIO(pdf))

    def get_object(self, indirect_reference: int | IndirectObject) -> PdfObject | None:
        """Give an object by its number or a reference to it."""
        if isinstance(indirect_reference, int):
            indirect_reference = IndirectObject(indirect_reference, 0, self)
        number, generation = indirect_reference.idnum, indirect_reference.generation
        if generation or number not in self.xref_objStm or (0, number) in self.resolved_objects:
            return super().get_object(indirect_reference)
        data, places = self._pack(self.xref_objStm[number][0])
        data.seek(places[number])
        return self.cache_indirect_object(0, number, read_object(data, self))

    def _pack(self, number: int) -> tuple[BytesIO, dict[int, int]]:
        """Open an object stream: its bytes and where in them each of its objects begins (ISO 32000-1, 7.5.7)."""
        if number not in self._packs:
            stream = super().get_object(number)
            if not isinstance(stream, StreamObject):
                raise PdfReadError("an object stream that is none")
            data, begin = stream.get_data(), stream["/First"]
            assert isinstance(begin, int)
            first = int(begin)
            numbers = [int(part) for part in data[:first].split()]
            places = {item: first + at for item, at in zip(numbers[::2], numbers[1::2], strict=True)}
            self._packs[number] = BytesIO(data), places
        return self._packs[number]
