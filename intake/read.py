"""Reads one page of a returned paper: the one door from a scanned page and its archived layout to findings."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self

import cv2

from intake import align, dates, marks, quality, shapes, surface
from intake.fields import NO_FACES, around, read_fields
from intake.layouts import check_page
from intake.marks import halves
from intake.reading import (
    Code,
    FieldFinding,
    LayoutPage,
    MarkFinding,
    PageImage,
    PageReading,
    Part,
    Pixels,
    Quality,
    Registered,
)
from intake.recognise import Recogniser, quick_of
from intake.reddened import held_back, reddened
from intake.reference import Printed, printed_page
from intake.thresholds import MIN_CONFIDENCE

cv2.setNumThreads(2)  # pages are read side by side by several workers; OpenCV would take every core for each
NOWHERE = (0.0, 0.0, 0.0, 0.0)

Marks = tuple[tuple[MarkFinding, ...], tuple[str, ...]]
"""What was found in each mark place, and the values on which a red pen wrote."""


@dataclass(frozen=True, slots=True)
class _Laid:
    """A page laid over its archived one, or that part of it that was scanned where it is cut in two."""

    flat: Registered
    archived: Printed | None
    layout_page: LayoutPage
    whole: LayoutPage
    part: Part
    edge: Pixels | None
    columns: slice

    @classmethod
    def of(cls, page: PageImage, flat: Registered, archived: Printed | None, layout_page: LayoutPage) -> Self:
        """Keep of a registered page what was scanned of it."""
        part, cut = halves.shown(flat, layout_page, page.pixels), halves.across(layout_page)
        if cut is None or part == "whole":
            return cls(flat, archived, layout_page, layout_page, part, None, slice(None))
        edge = halves.edge(flat, cut)
        alone, columns = halves.alone(flat, cut, part)
        kept = archived and archived.between(columns)
        return cls(alone, kept, halves.only(layout_page, part), layout_page, part, edge, columns)

    def quality(self, printed: Pixels | None) -> Quality:
        """Judge whether what was scanned can be judged against the archived page."""
        seen = replace(self.flat, pixels=self.flat.pixels[:, self.columns])
        return quality.judged(seen, None if printed is None else printed[:, self.columns])


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
    laid = _Laid.of(page, flat, archived, layout_page)
    days = tuple(dates.places(laid.archived.glyphs, laid.layout_page)) if laid.archived else ()
    quick_of(recogniser)  # made once, before two ask for it
    # Values and marks share nothing but the page: side by side they take half the wait on two cores. The few pages that
    # are refused have their marks looked for in vain.
    with ThreadPoolExecutor(1) as beside:
        marked = beside.submit(_timed_marks, laid, page.colour, days, (recogniser, units, registry), seconds)
        with _timed(seconds, "quality"):
            good = laid.quality(printed)
        if not good.ok:
            return _refused(laid, good, seconds)
        return _compared(page, laid, days, (recogniser, faces, marked), seconds)


def _compared(
    page: PageImage,
    laid: _Laid,
    days: Sequence[dates.DatePlace],
    eyes: tuple[Recogniser, shapes.Faces, Future[Marks]],
    seconds: dict[str, float],
) -> PageReading:
    """Compare values and print with the archive, while the marks are being looked for."""
    flat, archived, layout_page = laid.flat, laid.archived, laid.layout_page
    recogniser, faces, marked = eyes
    with _timed(seconds, "fields"):
        fields, mean_confidence = read_fields(
            flat, archived, layout_page, recogniser, faces, colour=page.colour
        )
    if mean_confidence < MIN_CONFIDENCE:
        return _not_readable(layout_page, flat, Quality(False, ("poor_reading",)), seconds)
    good = quality.after_reading(page, flat, [field.result for field in fields])
    if not good.ok:
        fields = tuple(_unaccused(field) for field in fields)
    with _timed(seconds, "surface"):
        differ = surface.differences(page, flat, archived, layout_page, recogniser) if archived else ()
    with _timed(seconds, "dates"):
        dated = dates.find(flat, archived, layout_page, days, colour=page.colour) if archived else ()
    seen, red = marked.result()
    found, fields = seen + halves.missing(laid.whole, laid.part, flat), held_back(fields, red)
    return PageReading(good, fields, found, flat.how, seconds, laid.part, laid.edge, differ, dated)


def _timed_marks(
    laid: _Laid,
    colour: bool,
    days: Sequence[dates.DatePlace],
    eyes: tuple[Recogniser, Mapping[str, str], Sequence[str]],
    seconds: dict[str, float],
) -> Marks:
    """Look for every mark of a page, and for red ink that is none."""
    recogniser, units, registry = eyes
    printed, boxes = laid.archived.pixels if laid.archived else None, [day.box for day in days]
    with _timed(seconds, "marks"):
        page = marks.MarkedPage.of(
            laid.flat, printed, laid.layout_page, colour=colour, dated=boxes, cut=(laid.whole, laid.part)
        )
        found = marks.find(page, laid.flat, recogniser=recogniser, units=units, registry=registry)
        return found, reddened(page, laid.layout_page)


def _refused(laid: _Laid, why: Quality, seconds: Mapping[str, float]) -> PageReading:
    """Tell of a page that is too coarse, pale or blurred to be compared; it may print something else altogether."""
    reading = _not_readable(laid.layout_page, laid.flat, why, seconds)
    if laid.archived is None:
        return reading
    return replace(reading, surface=surface.other_paper(laid.flat, laid.archived, laid.layout_page))


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
            flat.on_scan(around(value)) if flat else NOWHERE,
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


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[stage] = round(time.perf_counter() - started, 4)
