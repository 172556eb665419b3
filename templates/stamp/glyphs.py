"""Knows what the one-byte codes of the fonts that LibreOffice embeds stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.errors import NotStampable

_LINE = re.compile(rb"<([0-9A-Fa-f]{2})>\s*<([0-9A-Fa-f]+)>")
_BLOCK = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_TAG = re.compile(r"^/?(?:[A-Z]{6}\+)?")


@dataclass(frozen=True, slots=True)
class PageFont:
    """One font of a page: its name without tag, and for each code the characters and the width (1/1000 em)."""

    name: str
    texts: Mapping[int, str]
    widths: Mapping[int, int]

    def text(self, code: int) -> str:
        """What a code stands for; NotStampable(glyph) for one that stands for nothing or for several characters."""
        text = self.texts.get(code, "")
        if len(text) != 1:
            raise NotStampable("glyph")
        return text


def page_fonts(resources: Mapping[str, Any]) -> dict[str, PageFont]:
    """Give a page's fonts by resource name; `resources` is the page's dictionary as pypdf gives it.

    NotStampable(font) for a kind of font that LibreOffice 7 does not embed.
    """
    fonts = resources["/Font"].get_object() if "/Font" in resources else {}
    return {name.lstrip("/"): _font(item.get_object()) for name, item in fonts.items()}


def _font(font: Mapping[str, Any]) -> PageFont:
    if font.get("/Subtype") not in {"/TrueType", "/Type1"} or "/ToUnicode" not in font:
        raise NotStampable("font")
    table = font["/ToUnicode"].get_object().get_data()
    texts = {
        int(line[1], 16): bytes.fromhex(line[2].decode()).decode("utf-16-be", "replace")
        for block in _BLOCK.finditer(table)
        for line in _LINE.finditer(block[1])
    }
    first = int(font["/FirstChar"])
    widths = {first + at: int(width) for at, width in enumerate(font["/Widths"].get_object())}
    return PageFont(_TAG.sub("", str(font["/BaseFont"])), texts, widths)
