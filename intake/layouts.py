"""Checks an archived layout before a reading relies on it: every number a number, every box on its page.

The archive is ours and its digests are checked, so a bad layout means a damaged archive or an old mistake; either way the
reading must stop with a word, not with whatever the first wrong value happens to break.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from intake.errors import BadLayout

LARGEST_MM: Final = 2000.0
"""Longer side of a page: A0 is 1189 mm."""
SMALLEST_MM: Final = 20.0
OUTSIDE_MM: Final = 60.0
"""How far a box may reach over its page: a seal's place at the margin does."""
MOST: Final = 5000
"""Values, marks, lines of one page: a roster of forty students with ten columns has 400."""
LONGEST: Final = 4000
"""Characters of one text."""
MOST_PAGES: Final = 255
"""Pages of one paper: the page number in the code is one byte."""
KINDS: Final = ("signature", "seal")
SHAPES: Final = ("round", "square", "half")


def check_layout(layout: object) -> dict[str, Any]:
    """Return a layout that can be relied on; raises BadLayout that names the first part that is wrong, never a value."""
    if not isinstance(layout, dict):
        raise BadLayout("layout")
    pages = _rows(layout, "pages")
    if not 0 < len(pages) <= MOST_PAGES:
        raise BadLayout("pages")
    for page in pages:
        check_page(page)
    return layout


def check_page(page: object) -> None:
    """Raise BadLayout unless this is one page of a layout."""
    if not isinstance(page, Mapping):
        raise BadLayout("page")
    size = (_length(page, "width"), _length(page, "height"))
    for value in _rows(page, "values"):
        _text(value, "name")
        _text(value, "text")
        for line in _rows(value, "lines"):
            _text(line, "text")
            _box(line, size)
    for mark in _rows(page, "marks"):
        _text(mark, "block")
        _one_of(mark, "kind", KINDS)
        _one_of(mark, "shape", SHAPES)
        _one_of(mark, "machine", (True, False))
        _one_of(mark, "required", (True, False))
        _box(mark, size)
    for code in _rows(page, "codes"):
        _box(code, size)
    for fiducial in _rows(page, "fiducials"):
        _one_of(fiducial, "id", (0, 1, 2, 3))
        _box(fiducial, size)
    for name in ("rooms", "photos"):
        for room in _rows(page, name) if name in page else ():
            _text(room, "name")
            _box(room, size)


def _rows(owner: Mapping[str, Any], name: str) -> list[Any]:
    rows = owner.get(name)
    if not isinstance(rows, list | tuple) or len(rows) > MOST:
        raise BadLayout(name)
    if not all(isinstance(row, Mapping) for row in rows):
        raise BadLayout(name)
    return list(rows)


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadLayout(name)
    if isinstance(value, int) and abs(value) > LARGEST_MM:  # an integer may be too large for any float
        raise BadLayout(name)
    if not math.isfinite(value):
        raise BadLayout(name)
    return float(value)


def _length(page: Mapping[str, Any], name: str) -> float:
    length = _number(page.get(name), name)
    if not SMALLEST_MM <= length <= LARGEST_MM:
        raise BadLayout(name)
    return length


def _text(owner: Mapping[str, Any], name: str) -> None:
    text = owner.get(name)
    if not isinstance(text, str) or len(text) > LONGEST:
        raise BadLayout(name)


def _one_of(owner: Mapping[str, Any], name: str, allowed: tuple[object, ...]) -> None:
    value = owner.get(name)
    if not any(type(value) is type(one) and value == one for one in allowed):
        raise BadLayout(name)


def _box(owner: Mapping[str, Any], size: tuple[float, float]) -> None:
    """Check left, top, right, bottom: in order, and not far outside the page."""
    box = owner.get("box")
    if not isinstance(box, list | tuple) or len(box) != 4:
        raise BadLayout("box")
    left, top, right, bottom = (_number(edge, "box") for edge in box)
    if not (-OUTSIDE_MM <= left <= right <= size[0] + OUTSIDE_MM):
        raise BadLayout("box")
    if not (-OUTSIDE_MM <= top <= bottom <= size[1] + OUTSIDE_MM):
        raise BadLayout("box")
