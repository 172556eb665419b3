"""Headings as offices write them, reduced to the name that is meant."""

import re
import unicodedata

_MARKS = re.compile(r"[\s\u200b\ufeff★☆*※●◆#]|\([^()]*\)|\[[^\[\]]*\]|【[^】]*】")
_NUMBERING = re.compile(r"^\d+[.、)]")


def plain(text: str) -> str:
    """A heading without marks, blanks, notes in brackets and numbering, in half-width lower case."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", text))
    return _NUMBERING.sub("", text).strip(":：;,.、").lower()
