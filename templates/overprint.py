"""Builds the Word template that prints on a pre-printed blank: each value in a frame at its millimetres."""

from functools import lru_cache
from io import BytesIO
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from templates.blank import ABOVE, CODE_MM, LEADING, MM_PER_PT, PHOTO_MM, SERIAL_MM, SERIAL_PT, Blank
from templates.draft.grid import TWIPS_PER_MM
from templates.draft.paper import CENTRE, KAI, LEFT, RIGHT, SONG, new, shape, write, xml

_AIR = 1.0  # mm by which a picture's frame is wider than the picture: one that just fits is moved
_ALIGN = {"left": LEFT, "center": CENTRE, "right": RIGHT}


@lru_cache(maxsize=32)
def template(blank: Blank) -> bytes:
    """Give the Word template that prints on this blank: values, code, serial, photo, and nothing else.

    Kept for a batch of hundreds on the same blank.
    """
    document = new(*blank.size_mm, (10.0, 10.0, 10.0, 10.0), "套打")
    for name, spot in blank.fields.items():
        step = spot.size_pt * LEADING
        left, top, *_ = spot.box()
        paragraph = _framed(document, blank, (left, top), spot.width)
        write(
            shape(paragraph, _ALIGN[spot.align], line=step, exact=True),
            _mark(name),
            KAI,
            spot.size_pt,
        )
    shape(_framed(document, blank, blank.code, CODE_MM + _AIR), LEFT).add_run("{{ code }}")
    x, y = blank.serial_place
    step = SERIAL_PT * LEADING
    serial = _framed(document, blank, (x, y - ABOVE * step * MM_PER_PT), SERIAL_MM)
    write(shape(serial, CENTRE, line=step, exact=True), "{{ serial }}", SONG, SERIAL_PT)
    if blank.photo:
        shape(_framed(document, blank, blank.photo, PHOTO_MM[0] + _AIR), LEFT).add_run("{{ photo }}")
    shape(document.add_paragraph(), line=1, exact=True)
    packed = BytesIO()
    document.save(packed)
    return packed.getvalue()


def _mark(name: str) -> str:
    """Write a value's mark: the whole value, or the piece of a date that a blank has a gap for."""
    return f"{{{{ piece['{name}'] }}}}" if "." in name else f"{{{{ {name} }}}}"


def _framed(document: Any, blank: Blank, corner: tuple[float, float], width: float) -> Any:
    """Add a paragraph that stands at a place of the page, whatever else there is."""
    paragraph = document.add_paragraph()
    frame = OxmlElement("w:framePr")
    x, y = (place + off for place, off in zip(corner, blank.shift_mm, strict=True))
    for name, value in (
        ("w", round(width * TWIPS_PER_MM)),
        ("hSpace", 0),
        ("wrap", "through"),
        ("vAnchor", "page"),
        ("hAnchor", "page"),
        ("x", max(1, round(x * TWIPS_PER_MM))),  # Word takes 0 for "where the text is"
        ("y", max(1, round(y * TWIPS_PER_MM))),
    ):
        frame.set(qn(f"w:{name}"), str(value))
    xml(paragraph).get_or_add_pPr().insert(0, frame)
    return paragraph
