"""Reads one page of a returned paper: the one door from a scanned page and its archived layout to findings."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np

from intake import align, compare, dates, lines, marks, penned, proven, quality, shapes, surface
from intake.layouts import check_page
from intake.marks import halves
from intake.reading import (
    Box,
    Code,
    FieldFinding,
    LayoutPage,
    MarkFinding,
    PageImage,
    PageReading,
    Pixels,
    Quality,
    Registered,
)
from intake.recognise import LineReading, Recogniser, quick_of
from intake.recognise.quick import expected_lines
from intake.reference import Printed, printed_page
from intake.thresholds import ADDED_PEN, MIN_CONFIDENCE, TOUCHED

cv2.setNumThreads(2)  # pages are read side by side by several workers; OpenCV would take every core for each
NOWHERE = (0.0, 0.0, 0.0, 0.0)
NO_FACES: shapes.Faces = MappingProxyType({})


def read_page(
    page: PageImage,
    layout_page: LayoutPage,
    code: Code | None,
    reference: bytes | None,
    *,
    page_no: int,
    recogniser: Recogniser,
    units: Mapping[str, str],
    registry: Sequence[str],
    faces: shapes.Faces = NO_FACES,
) -> PageReading:
    """Read what stands on a scan of page `page_no` (from 1) of a document of ours, and compare it.

    `layout_page` is that page of the archived layout, `reference` the document's PDF as it was printed; `units` names
    the unit whose seal each block must carry, `registry` all units known, `faces` the font files of the values, against
    whose look-alike letters they are held. Raises BadLayout or UploadRefused when
    the archive itself cannot be used; a bad scan is never an error, its Quality says what is wrong with it.
    """
    check_page(layout_page)
    seconds: dict[str, float] = {}

    with _timed(seconds, "archive"):
        archived = _archived(reference, page_no, layout_page)
        printed = archived.pixels if archived else None
    with _timed(seconds, "blank"):
        blank = quality.is_blank(page.pixels)
    if blank:
        return _not_readable(layout_page, None, Quality(False, ("blank",)), seconds)
    with _timed(seconds, "register"):
        flat = align.register(page.pixels, layout_page, code, printed)
    if flat is None:
        return _not_readable(layout_page, None, Quality(False, ("not_registered",)), seconds)
    whole, part, edge, there = layout_page, halves.shown(flat, layout_page, page.pixels), None, slice(None)
    if (cut := halves.across(layout_page)) is not None and part != "whole":
        edge = halves.edge(flat, cut)
        flat, there = halves.alone(flat, cut, part)
        layout_page = halves.only(layout_page, part)
        archived = archived and archived.between(there)
    with _timed(seconds, "quality"):
        seen = replace(flat, pixels=flat.pixels[:, there])
        good = quality.judged(seen, None if printed is None else printed[:, there])
    if not good.ok:
        reading = _not_readable(layout_page, flat, good, seconds)
        return (
            replace(reading, surface=surface.other_paper(flat, archived, layout_page))
            if archived
            else reading
        )
    days = tuple(dates.places(archived.glyphs, layout_page)) if archived else ()
    quick_of(recogniser)  # made once, before two ask for it
    # Values and marks share nothing but the page: side by side they take half the wait on two cores.
    with ThreadPoolExecutor(1) as beside:
        marked = beside.submit(
            _timed_marks,
            (flat, archived, page.colour),
            layout_page,
            days,
            (recogniser, units, registry),
            seconds,
        )
        with _timed(seconds, "fields"):
            fields, mean_confidence = read_fields(flat, archived, layout_page, recogniser, faces)
        if mean_confidence < MIN_CONFIDENCE:
            return _not_readable(layout_page, flat, Quality(False, ("poor_reading",)), seconds)
        good = quality.after_reading(page, flat, [field.result for field in fields])
        if not good.ok:
            fields = tuple(_unaccused(field) for field in fields)
        with _timed(seconds, "surface"):
            differ = surface.differences(page, flat, archived, layout_page, recogniser) if archived else ()
        with _timed(seconds, "dates"):
            dated = dates.find(flat, archived, layout_page, days, colour=page.colour) if archived else ()
        found = marked.result() + halves.missing(whole, part, flat)
    return PageReading(good, fields, found, flat.how, seconds, part, edge, differ, dated)


def _timed_marks(
    seen: tuple[Registered, Printed | None, bool],
    layout_page: LayoutPage,
    days: Sequence[dates.DatePlace],
    eyes: tuple[Recogniser, Mapping[str, str], Sequence[str]],
    seconds: dict[str, float],
) -> tuple[MarkFinding, ...]:
    """Look for every mark of a page (`seen`: straightened, archived, whether in colour)."""
    (flat, archived, colour), (recogniser, units, registry) = seen, eyes
    with _timed(seconds, "marks"):
        return marks.find(
            flat,
            archived.pixels if archived else None,
            layout_page,
            colour,
            recogniser=recogniser,
            units=units,
            registry=registry,
            dated=[day.box for day in days],
        )


def read_fields(
    flat: Registered,
    archived: Printed | None,
    layout_page: LayoutPage,
    recogniser: Recogniser,
    faces: shapes.Faces = NO_FACES,
) -> tuple[tuple[FieldFinding, ...], float]:
    """Read and compare every printed value of a page; returns the findings and the mean confidence of the letters.

    By letters, since a lone 0 in a table is read as 0 or O on the cleanest page. The confidence is 1 where it
    means nothing: without lines, and from a recogniser that keeps no probabilities.
    """
    values = [value for value in layout_page["values"] if value["lines"]]
    readings, verdicts = _judged_lines(flat, archived, layout_page, (recogniser, faces))
    judged = iter(verdicts)
    found = []
    for value in values:
        verdict = compare.value([next(judged) for _ in value["lines"]])
        box = flat.on_scan(_around(value))
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
) -> tuple[list[LineReading], list[compare.Judgement]]:
    """Read and judge every line of every value, in the layout's order; seals are taken away by their colour first."""
    recogniser, faces = eyes
    lit = lines.evenly_lit(flat.pixels)
    print_only = lines.without_red(lit)
    printed = archived.pixels if archived else None
    owned = [(value, line) for value in layout_page["values"] for line in value["lines"]]
    texts = [line["text"] for _, line in owned]
    pens = [mark["box"] for mark in layout_page["marks"] if mark["kind"] == "signature"]
    cuts = lines.held_together(
        [
            lines.cut(
                print_only,
                printed,
                line["box"],
                signed=touches(line["box"], pens),
                room_mm=_room(layout_page, value["name"], line),
                colour=lit,
            )
            for value, line in owned
        ]
    )
    if printed is not None:
        gaps = [_room(layout_page, value["name"], line) is not None for value, line in owned]
        pictures = (print_only, printed, lit)
        cuts = lines.looked_closer(cuts, [line["box"] for _, line in owned], pictures, gaps)
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
        verdict = compare.line(line["text"], reading, cut, usual, look)
        if (
            verdict.result == "altered"
            and printed is not None
            and not lines.held(print_only, printed, line["box"])
        ):
            verdict = replace(verdict, result="unreadable")
        verdicts.append(verdict)
    return readings, verdicts


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
    if not (cut.signed and cut.touched > TOUCHED):
        return shape
    pixels = shapes.pixels_of(value)
    over = penned.doubtful(page, archived.pixels, line["box"], letters, (face, pixels))
    return replace(shape, penned=over)


def _not_readable(
    layout_page: LayoutPage,
    flat: Registered | None,
    why: Quality,
    seconds: Mapping[str, float],
) -> PageReading:
    """List every value as unreadable and every mark as unclear: a page that cannot be judged proves nothing."""
    fields = tuple(
        FieldFinding(
            value["name"],
            value["text"],
            "",
            "unreadable",
            0.0,
            flat.on_scan(_around(value)) if flat else NOWHERE,
        )
        for value in layout_page["values"]
        if value["lines"]
    )
    unseen = tuple(
        MarkFinding(
            mark["block"],
            mark["kind"],
            "unclear" if mark["machine"] else "not_checked",
            None,
            0.0,
            flat.on_scan(mark["box"]) if flat else NOWHERE,
        )
        for mark in layout_page["marks"]
    )
    return PageReading(why, fields, unseen, flat.how if flat else "none", seconds)


def _unaccused(field: FieldFinding) -> FieldFinding:
    """Leave to a person what a page that must be scanned again seems to show."""
    return replace(field, result="unreadable") if field.result == "altered" else field


def _archived(archived_pdf: bytes | None, page_no: int, layout_page: LayoutPage) -> Printed | None:
    if archived_pdf is None:
        return None
    return printed_page(archived_pdf, page_no - 1, float(layout_page["width"]), float(layout_page["height"]))


def _around(value: LayoutPage) -> tuple[float, float, float, float]:
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


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 4)
