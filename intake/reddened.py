"""Leaves to a person the values on which red ink lies that no seal left: they were compared without it."""

from collections.abc import Sequence
from dataclasses import replace

from intake.fields import touches
from intake.marks import MarkedPage
from intake.reading import Box, FieldFinding, LayoutPage
from intake.thresholds import RED_PEN, RED_PEN_MM2

AIR = 0.3  # mm over and under a line
FEW = 0.25  # of the lines: a photo of a screen is red here and there all over, and only what is redder is ink
MOSTLY = 1.25  # times the red on the lines that the whole page shows: a pen wrote on values, a screen is red between them
SIDE = 1.0  # line heights before and behind it, where a letter may have been joined to it


def reddened(page: MarkedPage, layout_page: LayoutPage) -> tuple[str, ...]:
    """Return the names of the values with strokes of a red pen on or beside a line.

    A seal is taken away by its colour before values are read, and what a red pen wrote goes with it. Where people sign,
    a seal of any cut may stand.
    """
    signed = [mark["box"] for mark in layout_page["marks"] if mark["kind"] == "signature"]
    owned = [
        (value["name"], _around(line["box"]))
        for value in layout_page["values"]
        for line in value["lines"]
        if not touches(line["box"], signed)
    ]
    everywhere = (0.0, 0.0, float(layout_page["width"]), float(layout_page["height"]))
    for level in RED_PEN:
        red = [page.red_on(box, level) for _, box in owned]
        found = tuple(name for (name, _), mm2 in zip(owned, red, strict=True) if mm2 >= RED_PEN_MM2)
        if len(found) <= max(1, FEW * len(owned)) or page.red_on(everywhere, level) <= MOSTLY * sum(red):
            return found
    return ()


def held_back(fields: Sequence[FieldFinding], names: Sequence[str]) -> tuple[FieldFinding, ...]:
    """Turn each match of such a value into a question for a person."""
    return tuple(
        replace(field, result="unreadable") if field.name in names and field.result == "match" else field
        for field in fields
    )


def _around(box: Box) -> Box:
    left, top, right, bottom = box
    side = SIDE * (bottom - top)
    return (left - side, top - AIR, right + side, bottom + AIR)
