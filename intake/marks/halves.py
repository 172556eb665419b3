"""Papers that are cut in two through a seal (骑缝章): which part a scan shows, and whether two halves are one seal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from intake.marks import imprints, ring, seals
from intake.marks.ink import Density, densities, redness
from intake.reading import (
    MM_PER_INCH,
    STANDARD_DPI,
    LayoutPage,
    MarkFinding,
    MarkResult,
    Part,
    Pixels,
    Registered,
)
from intake.recognise import Recogniser

Mark = Mapping[str, Any]

MARGIN_MM = 50.0  # a part lies on a bed or desk that shows this far beyond its cut; the other part is wider
SHORTEST_ARC_MM = 4.0  # a seal with less of its ring on one side shows no half there
CENTRES_MM, RADII_MM = 1.3, 1.0  # what two registrations and the halves' own fits leave between true halves
TRACE_MM2 = 12.0  # red ink without a ring: somebody must look
FOUND = 0.9
NOWHERE = (0.0, 0.0, 0.0, 0.0)
BESIDE_MM = 14.0  # a seal across the line may reach this far out of its place


def across(layout_page: LayoutPage) -> Mark | None:
    """Return the place of the seal across the cut line; None on a paper that is not cut."""
    return next((mark for mark in layout_page["marks"] if mark["shape"] == "half"), None)


def shown(flat: Registered, layout_page: LayoutPage, scan: Pixels) -> Part:
    """Tell which part of a page a scan (as it came) shows, by where its edges lie on the page."""
    mark = across(layout_page)
    if mark is None:
        return "whole"
    height, width = scan.shape[:2]
    corners = np.array([[(0.0, 0.0), (width, 0), (width, height), (0, height)]])
    on_page = cv2.perspectiveTransform(corners, np.linalg.inv(flat.to_scan))[0][:, 0]
    line = cut_line(mark)
    if on_page.min() > line - MARGIN_MM:
        return "main"
    return "stub" if on_page.max() < line + MARGIN_MM else "whole"


def cut_line(mark: Mark) -> float:
    """Return where the paper is cut, mm from its left edge: through the middle of the seal's place."""
    return float(mark["box"][0] + mark["box"][2]) / 2


def only(layout_page: LayoutPage, part: Part) -> LayoutPage:
    """Return the layout of one part alone, without the seal across the line."""
    mark = across(layout_page)
    if part == "whole" or mark is None:
        return layout_page

    def stays(box: Any) -> bool:
        return bool((box[0] + box[2]) / 2 < cut_line(mark)) == (part == "stub")

    values = []
    for value in layout_page["values"]:
        lines = [line for line in value["lines"] if stays(line["box"])]
        if lines or not value["lines"]:
            values.append({**value, "lines": lines})
    kept = [one for one in layout_page["marks"] if one is not mark and stays(one["box"])]
    photos = [one for one in layout_page.get("photos", ()) if stays(one["box"])]
    return {**layout_page, "values": values, "marks": kept, "photos": photos}


def alone(flat: Registered, mark: Mark, part: Part) -> tuple[Registered, slice]:
    """Return the page with what no scan showed as bare paper, and the columns of the part."""
    column = round(cut_line(mark) * flat.dpi / MM_PER_INCH)
    there = slice(0, column) if part == "stub" else slice(column, flat.pixels.shape[1])
    pixels = np.empty_like(flat.pixels)
    pixels[:] = np.median(flat.pixels[::9, there][:, ::9].reshape(-1, 3), axis=0).astype(np.uint8)
    pixels[:, there] = flat.pixels[:, there]
    return replace(flat, pixels=pixels), there


def edge(flat: Registered, mark: Mark) -> Pixels:
    """Cut out the strip along the line in which a seal across it lies, both sides of the line."""
    return flat.crop(strip(mark)).copy()


def strip(mark: Mark) -> tuple[float, float, float, float]:
    """Return the box (page mm) of that strip."""
    left, top, right, bottom = mark["box"]
    return (left - BESIDE_MM, top - BESIDE_MM, right + BESIDE_MM, bottom + BESIDE_MM)


def half(red: Density, scale: float, layout_page: LayoutPage, part: Part) -> seals.Stamp | None:
    """Return the seal across the line, in page mm, whose half a part shows; None where it shows none, or the page is whole.

    `red` is the redness of the whole page at `scale` px/mm.
    """
    mark = across(layout_page)
    if part == "whole" or mark is None:
        return None
    left, top, right, bottom = (max(round(edge * scale), 0) for edge in strip(mark))
    found = seals.half_seal(
        red[top:bottom, left:right],
        scale,
        right=part == "main",
        line=cut_line(mark) - left / scale,
        middle=(mark["box"][1] - top / scale, mark["box"][3] - top / scale),
        least_mm=SHORTEST_ARC_MM,
    )
    return found and replace(found, x=found.x + left / scale, y=found.y + top / scale)


def missing(layout_page: LayoutPage, part: Part, flat: Registered) -> tuple[MarkFinding, ...]:
    """Return a finding for each place that lies on the other part, or across the line: nobody can see it here."""
    there = only(layout_page, part)["marks"]
    return tuple(
        MarkFinding(
            mark["block"],
            mark["kind"],
            "unclear" if mark["machine"] else "not_checked",
            None,
            0.0,
            flat.on_scan(mark["box"]),
            why="part_missing" if mark["machine"] else "",
        )
        for mark in layout_page["marks"]
        if not any(mark is one for one in there)
    )


def joined(
    stub: Pixels,
    main: Pixels,
    mark: Mark,
    *,
    recogniser: Recogniser,
    expected: str | None,
    registry: Sequence[str],
) -> MarkFinding:
    """Judge the seal across the line from the two strips `edge` cut out of a stub's and a main part's scan.

    Laid side by side they show one seal when they belong together: each half fits a circle of the same centre and
    size, and the ring across them reads as one unit's name. What does not fit is `halves_differ`, for a person. The
    finding's box is in no scan's pixels: it stands on both.
    """
    scale = STANDARD_DPI / MM_PER_INCH
    left, top, *_ = strip(mark)
    line = cut_line(mark) - left
    column = round(line * scale)
    height, width = min(stub.shape[0], main.shape[0]), min(stub.shape[1], main.shape[1])
    pixels = np.hstack([stub[:height, :column], main[:height, column:width]])
    density = densities(pixels, scale)
    red = redness(density)

    def told(result: MarkResult, unit: str | None, confidence: float, why: str = "") -> MarkFinding:
        return MarkFinding(mark["block"], mark["kind"], result, unit, round(confidence, 3), NOWHERE, why=why)

    crossing = [
        one for one in seals.round_seals(red, scale) if abs(one.x - line) < one.radius - SHORTEST_ARC_MM
    ]
    if not crossing:
        some = float((red > seals.FULL).sum()) / scale**2
        return (
            told("unclear", None, 0.0, "halves_differ") if some >= TRACE_MM2 else told("absent", None, FOUND)
        )
    seal = min(crossing, key=lambda one: abs(one.x - line))
    one, other = (seals.fitted_half(red, scale, seal, right=right, line=line) for right in (False, True))
    if one is None or other is None or not _fit(one, other):
        return told("unclear", None, 0.0, "halves_differ")
    whose = ring.owner(density, scale, seal, recogniser, registry)
    if whose.unit is None or expected is None or (whose.unit != expected and not whose.whole):
        return told("unclear", whose.unit, whose.confidence)
    finding = told("present" if whose.unit == expected else "wrong_unit", whose.unit, whose.confidence)
    stamped = imprints.imprint(density, scale, seal, whose.unit)
    place = (round(seal.x + left, 1), round(seal.y + top, 1))
    return replace(finding, imprints=(replace(stamped, place=place),))


def _fit(one: seals.Stamp, other: seals.Stamp) -> bool:
    """Tell whether two halves of a ring have the same centre and size, as well as two registrations allow."""
    apart = float(np.hypot(one.x - other.x, one.y - other.y))
    return apart <= CENTRES_MM and abs(one.radius - other.radius) <= RADII_MM
