"""Writes what stands in the cells of a form: labels, values, upright headings."""

from math import ceil
from typing import Any

from templates.draft.paper import CENTRE, KAI, LEFT, SONG, shape, write

LABEL_PT, SMALL_PT, VALUE_PT = 9.5, 8.0, 10.0
_PT_MM = 25.4 / 72
_PAD_MM = 0.8  # both sides of a label
UPRIGHT_LINES = 2  # an upright heading of more lines would not fit into its 10 mm


def label(cell: Any, text: str, width: float) -> None:
    """Write a label into a cell so many mm wide: on one line, else smaller on lines of like length."""
    lines = broken(text, width)
    small = len(lines) > 1
    for paragraph, line in zip(_paragraphs(cell, len(lines)), lines, strict=True):
        shape(paragraph, CENTRE, line=9.5 if small else 11.5, exact=True)
        write(paragraph, line, SONG, SMALL_PT if small else LABEL_PT)


def broken(text: str, width: float) -> list[str]:
    """Break a label for a cell so many mm wide, where it says so itself or into lines of like length."""
    if "\n" in text:
        return text.split("\n")
    room = width - _PAD_MM
    if _wide(text, LABEL_PT) <= room:
        return [text]
    return _even(text, max(2, ceil(_wide(text, SMALL_PT) / room)))


def value(cell: Any, mark: str) -> None:
    """Write the mark of a value, such as `student_name` or `row.item`, into a cell."""
    write(shape(cell.paragraphs[0], LEFT, line=11, exact=True), f"{{{{ {mark} }}}}", KAI, VALUE_PT)


def upright(cell: Any, text: str, height: float) -> None:
    """Write an upright heading into a cell so many mm high, on two lines when one is too short."""
    lines = text.split("\n")
    if len(lines) == 1 and _wide(text, LABEL_PT) > height - _PAD_MM:
        lines = _even(text, UPRIGHT_LINES)
    for paragraph, line in zip(_paragraphs(cell, len(lines)), lines, strict=True):
        write(shape(paragraph, CENTRE, line=12, exact=True), line, SONG, LABEL_PT)


def _even(text: str, lines: int) -> list[str]:
    length = ceil(len(text) / lines)
    return [text[start : start + length] for start in range(0, len(text), length)]


def _wide(text: str, points: float) -> float:
    """Estimate a label's width in mm: Chinese characters are square, others half as wide."""
    return sum(1.0 if ord(char) > 0x2000 else 0.5 for char in text) * points * _PT_MM


def _paragraphs(cell: Any, count: int) -> list[Any]:
    return [cell.paragraphs[0], *(cell.add_paragraph() for _ in range(count - 1))]
