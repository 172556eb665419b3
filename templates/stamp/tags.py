"""Deals the marked-content numbers of a page out anew: a paragraph that will be filled becomes one piece."""

from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, IndirectObject, NameObject, NumberObject, PdfObject

from templates.errors import NotStampable
from templates.stamp.objects import name

_SPAN = "/Span"


class Tags:
    """The structure tree of a converted page while it is rewritten; the numbers go up in reading order.

    LibreOffice gives each line and each script of a paragraph a number and often an element (Span) of its own, so
    their count would change from paper to paper.
    """

    def __init__(self, reader: PdfReader) -> None:
        root: Any = reader.root_object["/StructTreeRoot"].get_object()
        self._root = root
        self._owners: list[IndirectObject] = list(
            root["/ParentTree"].get_object()["/Nums"].get_object()[1].get_object()
        )
        self._fresh: list[IndirectObject] = []
        self._moved: dict[int, int] = {}

    def kept(self, tag: str, mcid: int) -> bytes:
        """Give the operator that opens a static piece: its element keeps it under its new number."""
        return self._opened(b"/" + tag.encode(), mcid, self._owners[mcid])

    def merged(self, mcids: Sequence[int | None]) -> bytes:
        """Give the operator that opens a slot: all of a paragraph's pieces become one, which is the paragraph's own.

        NotStampable(tags) when they are not of one paragraph.
        """
        known = [mcid for mcid in mcids if mcid is not None]
        if not known:
            return b"/Artifact BMC\n"  # headers and footers are no part of what is read out
        if len(known) != len(mcids):
            raise NotStampable("tags")
        above = {
            paragraph.idnum: paragraph
            for paragraph in map(_paragraph, (self._owners[mcid] for mcid in known))
        }
        if len(above) != 1:
            raise NotStampable("tags")
        paragraph = next(iter(above.values()))
        element: Any = paragraph.get_object()
        return self._opened(name(element["/S"]), known[0], paragraph)

    def finish(self) -> None:
        """Write the new numbers into every element, and the way back into the parent tree."""
        self._renumber(self._root)
        tree: Any = self._root["/ParentTree"].get_object()
        tree[NameObject("/Nums")] = ArrayObject([NumberObject(0), ArrayObject(self._fresh)])

    def _opened(self, tag: bytes, mcid: int, owner: IndirectObject) -> bytes:
        self._moved[mcid] = len(self._fresh)
        self._fresh.append(owner)
        return b"%s<</MCID %d>>BDC\n" % (tag, self._moved[mcid])

    def _renumber(self, element: Any) -> None:
        kept = [new for kid in _kids(element) for new in self._kid(kid)]
        if kept:
            element[NameObject("/K")] = ArrayObject(kept)
        else:
            element.pop("/K", None)

    def _kid(self, kid: Any) -> list[PdfObject]:
        inner = kid.get_object()
        if isinstance(inner, NumberObject):
            return [NumberObject(self._moved[inner])] if inner in self._moved else []
        numbers = [
            number for number in map(PdfObject.get_object, _kids(inner)) if isinstance(number, NumberObject)
        ]
        lifted = [self._moved[number] for number in numbers if number in self._moved]
        if (
            inner["/S"] == _SPAN
            and numbers
            and not any(self._fresh[new].idnum == kid.idnum for new in lifted)
        ):
            return [NumberObject(new) for new in lifted]
        self._renumber(inner)
        return [kid]


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K")
    inner = None if kids is None else kids.get_object()
    if isinstance(inner, ArrayObject):
        return list(inner)
    return [] if inner is None else [element.raw_get("/K")]


def _paragraph(element: IndirectObject) -> IndirectObject:
    inner: Any = element.get_object()
    while inner["/S"] == _SPAN:
        element = inner.raw_get("/P")
        inner = element.get_object()
    return element
