"""Gives every page of a PDF its own code, where LibreOffice has put the same picture on all of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
)

from templates.code import Drawn

_DRAWN = re.compile(rb"(/\S+)\s+Do\b")


def recoded(reader: PdfReader, codes: Sequence[Drawn]) -> Iterator[PdfObject]:
    """Give every page its own code: the first takes the picture's place, the others come in beside it.

    All pages share one dictionary of pictures, so a later page's is renamed in the page's content.
    """
    fresh = max(reader.xref[0]) + 1
    for number, (page, drawn) in enumerate(zip(reader.pages, codes, strict=True)):
        for name, picture in _code_pictures(page, drawn):
            place = picture.indirect_reference if not number else IndirectObject(fresh, 0, reader)
            image = _image(drawn)
            image.indirect_reference = place
            yield image
            if not number:
                continue
            fresh += 1
            own = f"{name}p{number + 1}"
            holder: Any = page
            while "/Resources" not in holder:
                holder = holder["/Parent"].get_object()
            resources = holder["/Resources"].get_object()
            pictures = resources["/XObject"].get_object()
            pictures[NameObject(own)] = place
            yield next(item for item in (pictures, resources, holder) if _is_object(item))
            shown = re.compile(re.escape(name.encode()) + rb"(?=\s+Do\b)")
            for content in streams(page):
                content.set_data(shown.sub(own.encode(), content.get_data()))
                yield content


def _code_pictures(page: PageObject, drawn: Drawn) -> list[tuple[str, StreamObject]]:
    """Find the code among a page's pictures by its size in pixels and its being drawn there."""
    used = set(_DRAWN.findall(b"".join(content.get_data() for content in streams(page))))
    resources: Any = page["/Resources"].get_object()
    pictures = resources.get("/XObject", DictionaryObject()).get_object()
    return [
        (name, item.get_object())
        for name, item in pictures.items()
        if name.encode() in used
        and (item.get_object().get("/Width"), item.get_object().get("/Height")) == drawn.pixels
    ]


def _image(drawn: Drawn) -> StreamObject:
    """Make the PDF's picture of a code: one gray bit per pixel, as PDF/A allows beside an output intent."""
    image = DecodedStreamObject()
    image.set_data(drawn.bits)
    packed = image.flate_encode()
    packed.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Image"),
            NameObject("/Width"): NumberObject(drawn.pixels[0]),
            NameObject("/Height"): NumberObject(drawn.pixels[1]),
            NameObject("/BitsPerComponent"): NumberObject(1),
            NameObject("/ColorSpace"): NameObject("/DeviceGray"),
        }
    )
    return packed


def streams(page: DictionaryObject) -> Iterator[StreamObject]:
    """Give the content streams of a page."""
    contents: Any = page["/Contents"].get_object()
    for stream in contents if isinstance(contents, ArrayObject) else [contents]:
        content = stream.get_object()
        assert isinstance(content, StreamObject)
        yield content


def _is_object(item: PdfObject) -> bool:
    """Tell whether it stands in the file by itself; pypdf gives parts of others no reference at all."""
    return getattr(item, "indirect_reference", None) is not None
