"""The nouns of a reading: pages, codes, what was found in each field and mark, and how good the page is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from intake.warp import Warp

Pixels = NDArray[np.uint8]
"""H x W x 3 BGR (or H x W gray) bytes, origin top left."""
Matrix = NDArray[np.float64]
"""3 x 3 homography."""
Box = tuple[float, float, float, float]
"""left, top, right, bottom: millimetres on the printed page, or pixels on the scan, as the name says."""
Point = tuple[float, float]

FieldResult = Literal["match", "altered", "unreadable", "not_checked"]
MarkResult = Literal["present", "absent", "wrong_unit", "unclear", "not_checked"]
SurfaceKind = Literal["erased", "changed", "added", "photo", "other_paper"]
"""Print of the form that is gone, reads differently, or was never printed; the portrait; the paper as a whole."""
SurfaceResult = Literal["altered", "unclear", "not_checked"]
DateResult = Literal["present", "absent", "unclear"]
"""Whether somebody wrote a date; what it says is for a person."""
How = Literal["fiducials", "features", "none"]
Part = Literal["whole", "stub", "main"]
"""What a scan shows of a paper that is cut in two: all of it, the 存根 (left), or the 正联 (right)."""
LayoutPage = Mapping[str, Any]
"""One page of an archived layout: width and height in mm, values, marks, codes, fiducials."""

STANDARD_DPI = 200.0
"""A rectified page is read at this resolution: what scanners give and what the thresholds were tuned on."""
MM_PER_INCH = 25.4
EDGE_STEPS = 9  # places along an edge of a box on curled paper: an edge of a whole page bends a few times


@dataclass(frozen=True, slots=True)
class PageImage:
    """One side of paper as it came: BGR pixels, resolution when the file says, whether it has colour, whether the file holds bits."""

    index: int
    pixels: Pixels
    dpi: float | None
    colour: bool
    bilevel: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code: its text, corners in page pixels (the symbol's TL, TR, BR, BL), and pixels per module."""

    text: str
    corners: tuple[Point, Point, Point, Point]
    module_px: float


@dataclass(frozen=True, slots=True)
class Registered:
    """A scan laid over its printed page.

    `to_scan` takes page millimetres to scan pixels; on curled paper `bend` moves them on the page first. `pixels` is the page pulled straight (BGR, `dpi`, so
    mm * dpi / 25.4 is the pixel). `residual_mm` is the median distance left between the points that fixed it.
    `scan_dpi` is what the scanner really gave: the reading never invents detail above it.
    """

    pixels: Pixels
    dpi: float
    to_scan: Matrix
    residual_mm: float
    scan_dpi: float
    how: How
    bend: Warp | None = None

    def crop(self, box_mm: Box) -> Pixels:
        """Cut a box in page mm out of the straightened page, clipped to it; at least one pixel each way."""
        scale = self.dpi / MM_PER_INCH
        height, width = self.pixels.shape[:2]
        left = min(max(round(box_mm[0] * scale), 0), width - 1)
        top = min(max(round(box_mm[1] * scale), 0), height - 1)
        right = min(max(round(box_mm[2] * scale), left + 1), width)
        bottom = min(max(round(box_mm[3] * scale), top + 1), height)
        return self.pixels[top:bottom, left:right]

    def on_scan(self, box_mm: Box) -> Box:
        """Return the upright box, in scan pixels, around a box given in page mm."""
        left, top, right, bottom = box_mm
        along = np.linspace(0, 1, 2 if self.bend is None else EDGE_STEPS)
        xs, ys = left + along * (right - left), top + along * (bottom - top)
        edges = [(x, y) for x in xs for y in (top, bottom)] + [(x, y) for y in ys for x in (left, right)]
        around = np.array(edges, float)
        if self.bend is not None:
            around += self.bend.displacement(around)
        placed = np.hstack([around, np.ones((len(around), 1))]) @ self.to_scan.T
        xy = placed[:, :2] / placed[:, 2:]
        low, high = xy.min(axis=0), xy.max(axis=0)
        return (
            round(float(low[0]), 1),
            round(float(low[1]), 1),
            round(float(high[0]), 1),
            round(float(high[1]), 1),
        )


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """One value of the paper against the archive; `box` is in scan pixels, `confidence` 0..1 of `result`.

    `signed_over` explains an unreadable one: a signature crosses it, and all that was printed there still stands.
    """

    name: str
    expected: str
    read: str
    result: FieldResult
    confidence: float
    box: Box
    signed_over: bool = False


@dataclass(frozen=True, slots=True)
class Imprint:
    """By what one stamping of a unit's round seal is known again: see intake.marks.imprints.

    `rim` and `face` are textures in bytes, without text or picture; `place` is the seal's centre in page mm.
    """

    unit: str
    rim: bytes
    face: bytes
    place: Point


@dataclass(frozen=True, slots=True)
class MarkFinding:
    """One signature or seal place; `unit` is the registry name the ring text matched, if any did.

    `also` says what other round seals lie in the place (a unit, or an empty text for one nobody could read); `why` is
    the reason code of a doubt (without its block), `same_as` the document it is about; `imprints` are those of all seals
    of the place whose unit is known.
    """

    block: str
    kind: Literal["signature", "seal"]
    result: MarkResult
    unit: str | None
    confidence: float
    box: Box
    also: tuple[str, ...] = ()
    why: str = ""
    same_as: str | None = None
    imprints: tuple[Imprint, ...] = ()


@dataclass(frozen=True, slots=True)
class SurfaceFinding:
    """A place outside the values where a page differs from its archived picture, or could not be held against it.

    `where` names it by printed words near it, `box` is in scan pixels, `amount` 0..1 is how much differs (the share of
    ink gone, of the photo unlike), `confidence` 0..1 that of `result`.
    """

    kind: SurfaceKind
    result: SurfaceResult
    where: str
    box: Box
    amount: float
    confidence: float


@dataclass(frozen=True, slots=True)
class DateFinding:
    """A place for a handwritten date, the block it belongs to, and whether somebody wrote there; `box` in scan pixels."""

    block: str
    result: DateResult
    box: Box


@dataclass(frozen=True, slots=True)
class Quality:
    """Whether the page can be judged at all, and if not why.

    Reasons: blank, low_resolution, blurred, no_contrast, not_registered, poor_reading, bilevel.
    """

    ok: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageReading:
    """Everything found on one page; `seconds` is how long each stage took.

    Of a part of a page that was cut through a seal, `edge` is the straightened strip along the cut (BGR, STANDARD_DPI),
    to be laid against the other part's.
    """

    quality: Quality
    fields: tuple[FieldFinding, ...]
    marks: tuple[MarkFinding, ...]
    how: How
    seconds: Mapping[str, float]
    part: Part = "whole"
    edge: Pixels | None = None
    surface: tuple[SurfaceFinding, ...] = ()
    dates: tuple[DateFinding, ...] = ()
