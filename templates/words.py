"""Counts the letters of a Word part and of a finished PDF: LibreOffice 7 now and then leaves an upright heading out."""

import unicodedata
from collections import Counter
from collections.abc import Iterable

import pypdfium2 as pdfium
from lxml import etree

from templates.runs import W

_TEXT, _RUN, _HIDDEN = f"{{{W}}}t", f"{{{W}}}r", f"{{{W}}}rPr/{{{W}}}vanish"


def wanted(trees: Iterable[etree._Element]) -> Counter[str]:
    """Count the letters that these Word parts print, hidden text left out."""
    found: Counter[str] = Counter()
    for tree in trees:
        for run in tree.iter(_RUN):
            if run.find(_HIDDEN) is None:
                found.update(_letters("".join(text.text or "" for text in run.findall(_TEXT))))
    return found


def drawn(page: pdfium.PdfTextPage) -> Counter[str]:
    """Count the letters on a page of a PDF."""
    return Counter(_letters(page.get_text_range()))


def _letters(text: str) -> list[str]:
    """Letters and hanzi only: digits may be page numbers, and upright brackets have signs of their own."""
    return [char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalpha()]
