"""Reads every printed value of a straightened page and compares it with the archive."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from intake import compare, lines, penned, proven, shapes
from intake.provable import provable
from intake.reading import Box, FieldFinding, LayoutPage, Pixels, Registered
from intake.recognise import LineReading, Recogniser, quick_of
from intake.recognise.quick import expected_lines
from intake.reference import Printed
from intake.strokes.page import Standing, with_strokes
from intake.thresholds import ADDED_PEN, TOUCHED

SEAL_OFF_MM = 6.0  # people set a seal down beside its place; a third of its width
NO_FACES: shapes.Faces = MappingProxyType({})


def read_fields(
    flat: Registered,
    archived: Printed | None,
    layout_page: LayoutPage,
    recogniser: Recogniser,
    faces: shapes.Faces = NO_FACES,
    *,
    colour: bool,
) -> tuple[tuple[FieldFinding, ...], float]:
    """Read and compare every printed value of a page; returns the findings and the mean confidence of the letters.

    `colour` tells whether the scan has any: without it a seal's ink looks like strokes.
    By letters, since a lone 0 in a table is read as 0 or O on the cleanest page. The confidence is 1 where it
    means nothing: without lines, and from a recogniser that keeps no probabilities.
    """
    values = [value for value in layout_page["values"] if value["lines"]]
    readings, verdicts = _judged_lines(flat, archived, layout_page, (recogniser, faces), colour=colour)
    judged = iter(verdicts)
    found = []
    for value in values:
        verdict = compare.value([next(judged) for _ in value["lines"]])
        box = flat.on_scan(around(value))
        found.append(
            FieldFinding(
                value["name"],
                value["text"],
                verdict.read,
                verdict.result,
                verdict.confidence,
                box,
                verdict.signed_over,
            )
        )
    texts = [line["text"] for value in values for line in value["lines"]]
    known = [
        (reading.confidence, len(text))
        for reading, text in zip(readings, texts, strict=True)
        if reading.by_ink or reading.probabilities is not None
    ]
    sure, letters = zip(*known, strict=True) if known else ((1.0,), (1,))
    return tuple(found), float(np.average(sure, weights=letters))


def _judged_lines(
    flat: Registered,
    archived: Printed | None,
    layout_page: LayoutPage,
    eyes: tuple[Recogniser, shapes.Faces],
    *,
    colour: bool,
) -> tuple[list[LineReading], list[compare.Judgement]]:
    """Read and judge every line of every value, in the layout's order; seals are taken away by their colour first."""
    recogniser, faces = eyes
    lit = lines.evenly_lit(flat.pixels)
    print_only = lines.without_red(lit)
    planes = (print_only, archived.pixels if archived else None, lit)
    owned = [(value, line) for value in layout_page["values"] for line in value["lines"]]
    texts = [line["text"] for _, line in owned]
    cuts = _cuts(layout_page, owned, planes, colour=colour)
    sure: list[shapes.Shape | None] = [None] * len(owned)
    if archived and quick_of(recogniser):  # engines without a quick reader are asked about every line
        sure = proven.looks(print_only, archived, owned, cuts, faces)
    readings = expected_lines(
        recogniser, [cut.crop for cut in cuts], texts, [look is not None for look in sure]
    )
    usual = compare.usual_likeness(texts, readings, cuts)
    verdicts = []
    for (value, line), cut, reading, seen in zip(owned, cuts, readings, sure, strict=True):
        look = seen or _look(
            print_only, archived, (value, line, cut), (reading.text, faces.get(value["font"]))
        )
        verdicts.append(compare.line(line["text"], reading, cut, usual, look))
    placed = [(line, cut) for (_, line), cut in zip(owned, cuts, strict=True)]
    return readings, provable(verdicts, placed, flat, planes[:2])


def _cuts(
    layout_page: LayoutPage,
    owned: Sequence[tuple[LayoutPage, LayoutPage]],
    planes: tuple[Pixels, Pixels | None, Pixels],
    *,
    colour: bool,
) -> Sequence[lines.Cut]:
    """Cut every line (`owned`: its value, itself) out of a page: without its red, as it was archived, and evenly lit."""
    print_only, printed, lit = planes
    rooms = [_room(layout_page, value["name"], line) for value, line in owned]
    pens = [mark["box"] for mark in layout_page["marks"] if mark["kind"] == "signature"]
    cuts = lines.held_together(
        [
            lines.cut(
                print_only,
                printed,
                line["box"],
                signed=touches(line["box"], pens),
                room_mm=room,
                colour=lit,
            )
            for (_, line), room in zip(owned, rooms, strict=True)
        ]
    )
    if printed is None:
        return cuts
    grey_seals = [] if colour else _seal_places(layout_page)
    standing = [
        Standing(line["box"], room is not None, touches(line["box"], grey_seals))
        for (_, line), room in zip(owned, rooms, strict=True)
    ]
    return with_strokes(cuts, standing, (print_only, printed, lit))


def _seal_places(layout_page: LayoutPage) -> list[Box]:
    """Return where seals may lie, page mm: people set them down beside their places."""
    return [
        (left - SEAL_OFF_MM, top - SEAL_OFF_MM, right + SEAL_OFF_MM, bottom + SEAL_OFF_MM)
        for left, top, right, bottom in (
            mark["box"] for mark in layout_page["marks"] if mark["kind"] == "seal"
        )
    ]


def _look(
    page: Pixels,
    archived: Printed | None,
    printed: tuple[LayoutPage, LayoutPage, lines.Cut],
    found: tuple[str, Path | None],
) -> shapes.Shape:
    """Hold the letters of a line (`printed`: its value, itself, its cut) against their archived face, if it is known."""
    (value, line, cut), (read, face) = printed, found
    if archived is None or face is None:
        return shapes.UNSEEN
    shape = shapes.seen(page, archived, (value, line), (read, face), penned=cut.touched > TOUCHED)
    letters = archived.standing_in(line["box"])
    if not cut.signed and cut.touched >= ADDED_PEN:
        on_numerals = penned.on_numerals(page, archived.pixels, line["box"], letters)
        return replace(shape, overwritten=on_numerals)
    if not (cut.signed and (cut.touched > TOUCHED or cut.stroke > 1)):
        return shape
    pixels = shapes.pixels_of(value)
    over = penned.doubtful(page, archived.pixels, line["box"], letters, (face, pixels))
    return replace(shape, penned=over)


def around(value: LayoutPage) -> tuple[float, float, float, float]:
    """Return the box in page mm around all lines of a value."""
    boxes = np.array([line["box"] for line in value["lines"]], float)
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return (float(low[0]), float(low[1]), float(high[2]), float(high[3]))


def _room(layout_page: LayoutPage, name: str, line: LayoutPage) -> Box | None:
    """Find the gap of a pre-printed blank in which a value's line stands; None on our own paper."""
    middle = (line["box"][0] + line["box"][2]) / 2
    boxes = [room["box"] for room in layout_page.get("rooms", ()) if room["name"] == name]
    return next((box for box in boxes if box[0] <= middle <= box[2]), None)


def touches(box: Box, others: Sequence[Box]) -> bool:
    """Tell whether a box overlaps one of the others."""
    return any(box[0] < one[2] and one[0] < box[2] and box[1] < one[3] and one[1] < box[3] for one in others)
