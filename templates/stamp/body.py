"""Writes the constant beginning of a stamped file: all objects of a converted paper that are not personal."""

from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from templates.stamp import objects
from templates.stamp.typeset import Body

_PAGE_OWN = ("/Contents", "/Resources")
_PARENTS = 8  # page trees are one node deep; more is a loop


def body(reader: PdfReader, personal: Sequence[str], heavy: Sequence[bytes], order: Sequence[int]) -> Body:
    """Write it; `personal` are the resource names of the pictures each paper brings itself.

    `heavy` are static content streams, packed here once; `order` says of each content stream of the page, in order,
    which of them it is (from 0), or -1 for the next that each paper writes itself.
    """
    page: Any = reader.pages[0]
    resources: Any = page["/Resources"].get_object()
    fonts: Any = resources.get("/Font", DictionaryObject()).get_object()
    drawn: Any = resources.get("/XObject", DictionaryObject()).get_object()
    pictures = DictionaryObject(
        {NameObject(key): drawn.raw_get(key) for key in drawn if key.lstrip("/") not in personal}
    )
    sheet: Any = page.indirect_reference.get_object()
    _bare(sheet)
    root: Any = reader.trailer.raw_get("/Root")
    info: Any = reader.trailer.raw_get("/Info")
    found = objects.reachable(ArrayObject([root, info, fonts, pictures]))
    alone = [item for item in found if objects.is_stream(item)]
    packed = [item for item in found if not objects.is_stream(item)]
    numbers = {item.idnum: number for number, item in enumerate([*alone, *packed], 1 + len(heavy))}
    holder = 1 + len(heavy) + len(alone) + len(packed)
    bodies = {numbers[item.idnum]: objects.written(item.get_object(), numbers) for item in packed}
    at = numbers[page.indirect_reference.idnum]
    bodies[at] = bodies[at].removesuffix(b">>") + _page_own(holder, order) + b">>"
    standing = [objects.stream(part, level=objects.ONCE) for part in heavy]
    standing += [objects.written(item.get_object(), numbers) for item in alone]
    data, entries = _standing(standing)
    entries += b"".join(objects.in_stream(holder, index) for index in range(len(packed)))
    entries += objects.at_offset(len(data))
    data += objects.numbered(holder, objects.object_stream(bodies))
    members = [
        objects.written(item, numbers).removeprefix(b"<<").removesuffix(b">>") for item in (fonts, pictures)
    ]
    return Body(data, entries, holder, numbers[root.idnum], numbers[info.idnum], *members)


def _bare(sheet: Any) -> None:
    """Take from a page, and from the nodes it inherits from, what leads to other papers' pictures and contents."""
    for _ in range(_PARENTS):
        for key in _PAGE_OWN:
            sheet.pop(key, None)
        if "/Parent" not in sheet:
            return
        sheet = sheet["/Parent"].get_object()


def _page_own(holder: int, order: Sequence[int]) -> bytes:
    """Say where the page's own objects will be: resources right after the object stream, then its contents."""
    own = iter(range(holder + 2, holder + 2 + len(order)))
    numbers = [heavy + 1 if heavy >= 0 else next(own) for heavy in order]
    return b"/Resources %d 0 R/Contents[%s]" % (
        holder + 1,
        b" ".join(b"%d 0 R" % number for number in numbers),
    )


def _standing(bodies: Sequence[bytes]) -> tuple[bytes, bytes]:
    data, entries = bytearray(objects.HEADER), bytearray(b"\0\0\0\0\xff\xff")
    for number, text in enumerate(bodies, 1):
        entries += objects.at_offset(len(data))
        data += objects.numbered(number, text)
    return bytes(data), bytes(entries)
