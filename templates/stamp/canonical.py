"""Brings texts that take the same room under one key: each hanzi and each digit stands for all of its kind."""

import re
from collections.abc import Iterable
from typing import Final

from templates.sandbox import Shown

HAN: Final = "永"
DIGIT: Final = "0"
# 〇 breaks lines and is as wide as any hanzi; rarer planes are kept, they may stand in another font
_HANZI = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff]")
_DIGITS = re.compile("[0-9]")
_LETTERS = re.compile(r"[^\W\d_\u3007\u3400-\u9fffA-Z]|[A-Z]{2}")
_SERIAL = re.compile("[0-9A-Z]")  # all of one width in the serial's font
_FIXED = frozenset({"title", "attachment", "authority", "copies_note"})
"""Texts of the furniture that belong to a form and its authority; all others differ from paper to paper."""


def constant(text: Shown) -> bool:
    """Tell whether a text belongs to the frame: labels, titles, the authority's name; set in whatever font."""
    return text.kind in {"seal", "sign"} or (text.kind == "furniture" and text.name in _FIXED)


def constants(shown: Iterable[Shown]) -> tuple[str, ...]:
    """Give the texts that tell one frame from another."""
    return tuple(str(text) for text in shown if constant(text))


def canonical(text: Shown) -> str:
    """Give the key of one printed text: what is equal takes the same room and breaks at the same places."""
    if constant(text):
        return str(text)
    if text.name == "serial" and text.kind == "furniture":
        return _SERIAL.sub(DIGIT, text)
    return _DIGITS.sub(DIGIT, _HANZI.sub(HAN, text))


def spells(shown: Iterable[Shown]) -> bool:
    """Tell whether a key would spell letters of a name: more than those of a 学籍号 or an id number."""
    return any(_LETTERS.search(text) for text in shown if not constant(text) and text.name != "serial")


def least(text: Shown) -> str:
    """Give what stands for a text while a template is compiled: one hanzi, with which no row grows.

    Whatever grows on a paper then moves something of the frame, so that no two growths are taken for one another.
    """
    own = text.name == "serial" and text.kind == "furniture"
    return canonical(text) if own or constant(text) else HAN


def dressed(text: Shown) -> str:
    """Give what stands for a text while a frame is compiled for papers of one class alone: its key, or one hanzi."""
    return canonical(text) or ("" if constant(text) else HAN)
