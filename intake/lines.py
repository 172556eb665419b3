"""Cuts one printed line out of the straightened page, and says how like the archived line its ink is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.reading import MM_PER_INCH, STANDARD_DPI, Box, Pixels

Mask = NDArray[np.bool_]

SCALE = STANDARD_DPI / MM_PER_INCH
SEARCH = 7  # pixels, 0.9 mm: paper swells and creases by this much between registered points
BELIEVED = 0.45  # correlation from which a local shift is taken; an altered line keeps most of its characters
SIDE_REACH = 1.3  # line heights: a character added before or after the value must come into the crop
VERTICAL_REACH = 0.3  # line heights: strokes added above or below, and air for the recogniser
STANDOFF = 2  # pixels kept from the next printed ink, so that no sliver of a neighbour is read
INK = 60  # grey levels under the paper that count as printed ink in the archived render
CORE = 110  # the archived render is darker than this inside a stroke
PEN = 0.6  # share of the way from paper to print: pens are as dark as print; creases and washed seals are not
BLUR_SPREAD = 4.0  # a blurred photo swells lines by 0.03, some by 0.11: this times the median covers all …
MOST_BLUR = 0.12  # … but no more, or a page written over everywhere would pass for a blurred one
GHOST = 0.5  # share of the page's usual depth of ink; a scraped value keeps an eighth
WINDOW = 0.7  # line heights: one character, or two digits
LIGHT_STEP = 4  # paper is looked at in squares of 0.5 mm
LIGHT_REACH = 9  # squares: wider than any stroke, narrower than a shadow's edge
NOT_RED = 20  # grey levels red may exceed the other channels by in black print and yellowed paper
RED_GAIN = 1.4  # brings the darkest seal pads (red 150, others 40) up to paper
LEAVES = 0.3  # line heights above and below a line where strokes have left it
AROUND_MM = 6.0  # around a line: labels, rules, the lines above and below
LEAST_AROUND = 80  # pixels of archived ink there; fewer prove nothing
STANDS = (
    0.4  # share of that ink, less the share of blank paper under ink: a page laid right shows 0.7 and more
)
ROOM_AIR = 0.8  # mm inside a gap's edges where the blank's own words may reach: printers feed no truer
SOFTEN = 1.2  # pixels of blur on both pictures: scanners differ in sharpness, characters in shape


@dataclass(frozen=True, slots=True)
class Cut:
    """A line ready for a recogniser, with how its ink compares to the archive's (no likeness without one).

    `likeness` is the worst local correlation. `added` is the share of the crop that is dark in the scan and blank
    in the archive: a stamp, a signature, dirt. `lost` is the largest share of archived ink missing in a window.
    `touched` is the largest amount of ink as dark as print that stands, in a window of one character, where the
    archive is blank, as a share of the line's fullest window; `within` the same of strokes that keep to the line, as a
    signature does not. `depth` is how far the archived strokes stand out of
    the paper, grey levels; `faded` tells that this is far less than elsewhere on the page. `signed` lines stand where
    somebody signs.
    """

    crop: Pixels
    likeness: float | None
    added: float = 0.0
    lost: float = 0.0
    signed: bool = False
    touched: float = 0.0
    depth: float = 0.0
    faded: bool = False
    within: float = 0.0


def without_red(page: Pixels) -> Pixels:
    """Return a BGR page in gray without its red ink: seals turn into paper, dark red ones too; black print stays."""
    blue, green, red = cv2.split(page)
    redness = cv2.subtract(cv2.subtract(red, cv2.max(blue, green)), np.full_like(red, NOT_RED))
    return cast("Pixels", cv2.addWeighted(red, 1.0, redness, RED_GAIN, 0))


def evenly_lit(page: Pixels) -> Pixels:
    """Return a straightened page (BGR or gray) with its paper white: shadows, tea and yellowed sheets divided away."""
    small = cv2.resize(page, None, fx=1 / LIGHT_STEP, fy=1 / LIGHT_STEP, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((LIGHT_REACH, LIGHT_REACH), np.uint8)), LIGHT_REACH)
    light = cv2.resize(cv2.max(paper, np.ones_like(paper)), page.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cast("Pixels", cv2.divide(page, light, scale=250))


def cut(
    page: Pixels, reference: Pixels | None, box_mm: Box, *, signed: bool = False, room_mm: Box | None = None
) -> Cut:
    """Cut the line at `box_mm` out of a straightened gray page; both pictures are at STANDARD_DPI.

    With the archived page as `reference` the crop follows the paper's local shift and reaches as far to each
    side as the archive is blank, so that added characters are read too; not where people sign, and on a
    pre-printed blank not beyond the gap (`room_mm`) that it leaves for the value.
    """
    box = _inside([round(edge * SCALE) for edge in box_mm], page.shape)
    if reference is None:
        return Cut(_framed(page[_span(_grown(box, 4, page.shape))]), None, signed=signed)
    shift = local_shift(page, reference, box)
    wide = _reach(reference, box, 0.0 if signed else SIDE_REACH)
    if room_mm is not None:
        wide = _within(wide, room_mm, box)
    moved = _inside(
        [wide[0] + shift[0], wide[1] + shift[1], wide[2] + shift[0], wide[3] + shift[1]], page.shape
    )
    crop, archived = page[_span(moved)], reference[_span(wide)]
    if crop.shape != archived.shape:
        return Cut(_framed(crop), None, signed=signed)
    height = box[3] - box[1]
    crop, archived = _trimmed(crop, archived, height)
    like, lost = likeness(crop, archived, height), _lost(crop, archived, height)
    touched = _touched(crop, archived, height)
    depth = _depth(crop, archived)
    within = _within_line(page, reference, box, shift) if signed and touched else 0.0
    return Cut(_framed(crop), like, _added(crop, archived), lost, signed, touched, depth, within=within)


def held_together(cuts: Sequence[Cut]) -> list[Cut]:
    """Return the lines of a page as they look beside each other.

    What its blur adds to every line is no pen's; a line far paler than the others was scraped or washed off.
    """
    known = [cut for cut in cuts if cut.likeness is not None]
    if not known:
        return list(cuts)
    blur = min(BLUR_SPREAD * median(cut.touched for cut in known), MOST_BLUR)
    ghost = GHOST * median(cut.depth for cut in known)
    return [
        replace(
            cut, touched=max(cut.touched - blur, 0.0), faded=cut.likeness is not None and cut.depth < ghost
        )
        for cut in cuts
    ]


def _trimmed(crop: Pixels, archived: Pixels, height: int) -> tuple[Pixels, Pixels]:
    """Cut both pictures down to where either has ink: recognisers see ghosts in wide blanks."""
    paper = float(np.percentile(crop, 90))
    dark: Mask = (cv2.medianBlur(crop, 3) < paper - INK) | (archived < 255 - INK)
    inked = np.flatnonzero(dark.any(axis=0))
    if not inked.size:
        return crop, archived
    air = max(2, height // 6)
    left, right = max(int(inked[0]) - air, 0), int(inked[-1]) + air + 1
    return crop[:, left:right], archived[:, left:right]


def likeness(crop: Pixels, archived: Pixels, line_height: int) -> float:
    """Return the lowest correlation of ink in a window of about one character sliding along two equal crops.

    1 is the same ink everywhere; a replaced digit pulls its window under 0.8. Blank windows say nothing.
    """
    one, other = (cv2.GaussianBlur(255.0 - picture, (0, 0), SOFTEN) for picture in (crop, archived))
    width = min(max(4, round(WINDOW * line_height)), crop.shape[1])
    mass = [_windows(values, width) for values in (one, other, one * one, other * other, one * other)]
    area = width * crop.shape[0]
    mean_one, mean_other, square_one, square_other, product = (values / area for values in mass)
    spread_one = np.maximum(square_one - mean_one**2, 0)
    spread_other = np.maximum(square_other - mean_other**2, 0)
    floor_one, floor_other = 0.12 * spread_one.max(), 0.12 * spread_other.max()
    inked = (spread_other > floor_other) | (spread_one > floor_one)
    denominator = np.sqrt(np.maximum(spread_one, floor_one) * np.maximum(spread_other, floor_other))
    scores = (product - mean_one * mean_other) / np.maximum(denominator, 1e-6)
    return float(scores[inked].min()) if inked.any() else 1.0


def _windows(values: Any, width: int) -> NDArray[np.float64]:
    """Return the sums of all windows `width` columns wide and as high as the picture."""
    total = np.concatenate(([0.0], np.cumsum(values.sum(axis=0))))
    return cast("NDArray[np.float64]", total[width:] - total[:-width])


def _added(crop: Pixels, archived: Pixels) -> float:
    paper = float(np.percentile(crop, 90))
    blank = cv2.erode(archived, np.ones((5, 5), np.uint8)) > 255 - INK / 2
    return float(((crop < paper - INK) & blank).mean())


def _touched(crop: Pixels, archived: Pixels, line_height: int) -> float:
    """Return how much a pen has added to one character: 0.06 and more, while creases, stains and noise leave 0.00."""
    core = archived < CORE
    if not core.any():
        return 0.0
    paper, ink = (float(np.percentile(crop, share)) for share in (90, 3))
    blank = cv2.erode(archived, np.ones((3, 3), np.uint8)) > 255 - INK / 2
    pen = (crop < paper - PEN * (paper - ink)) & blank
    width = min(max(4, round(WINDOW * line_height)), crop.shape[1])
    return float(_windows(pen, width).max() / max(_windows(core, width).max(), 1.0))


def _within_line(page: Pixels, reference: Pixels, box: list[int], shift: tuple[int, int]) -> float:
    """Return how much a pen has added to one character by strokes that end above and below where its line does.

    What is connected to ink a good part of a line away, through the print it crosses, is a signature.
    """
    height = box[3] - box[1]
    wide = _inside([box[0], box[1] - height, box[2], box[3] + height], reference.shape)
    moved = [wide[0] + shift[0], wide[1] + shift[1], wide[2] + shift[0], wide[3] + shift[1]]
    if _inside(moved, page.shape) != moved:
        return 0.0
    crop, archived = page[_span(moved)], reference[_span(wide)]
    core = archived < CORE
    top, bottom = box[1] - wide[1], box[3] - wide[1]
    if not core[top:bottom].any():
        return 0.0
    paper, ink = float(np.percentile(crop, 90)), float(np.median(crop[core]))
    dark = crop < paper - PEN * (paper - ink)
    _, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    air = round(LEAVES * height)
    leaving = np.unique(np.concatenate([labels[: max(top - air, 0)].ravel(), labels[bottom + air :].ravel()]))
    blank = cv2.erode(archived, np.ones((3, 3), np.uint8)) > 255 - INK / 2
    pen = (dark & blank & ~np.isin(labels, leaving))[top:bottom]
    width = min(max(4, round(WINDOW * height)), crop.shape[1])
    return float(_windows(pen, width).max() / max(_windows(core[top:bottom], width).max(), 1.0))


def held(page: Pixels, reference: Pixels, box_mm: Box) -> bool:
    """Tell whether the archived print around a line stands where it is registered: else nothing is proven there.

    True where the archive prints nothing around it. Both pictures are gray at STANDARD_DPI.
    """
    box = _inside([round(edge * SCALE) for edge in box_mm], reference.shape)
    reach = round(AROUND_MM * SCALE)
    wide = _inside([box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach], reference.shape)
    archived = reference[_span(wide)]
    outside = np.ones(archived.shape, bool)
    outside[box[1] - wide[1] : box[3] - wide[1], box[0] - wide[0] : box[2] - wide[0]] = False
    core, blank = (archived < CORE) & outside, (archived > 255 - INK / 2) & outside
    if core.sum() < LEAST_AROUND:
        return True
    around = page[
        _span(_inside([wide[0] - SEARCH, wide[1] - SEARCH, wide[2] + SEARCH, wide[3] + SEARCH], page.shape))
    ]
    if around.shape != (archived.shape[0] + 2 * SEARCH, archived.shape[1] + 2 * SEARCH):
        grown = cv2.copyMakeBorder(page, SEARCH, SEARCH, SEARCH, SEARCH, cv2.BORDER_REPLICATE)
        around = cast("Pixels", grown)[wide[1] : wide[3] + 2 * SEARCH, wide[0] : wide[2] + 2 * SEARCH]
    paper = float(np.percentile(around, 90))
    dark = (around < paper - INK).astype(np.float32)
    kept = np.asarray(core, np.float32)
    stands = cv2.matchTemplate(dark, kept, cv2.TM_CCORR) / max(float(core.sum()), 1.0)
    spilt = cv2.matchTemplate(dark, np.asarray(blank, np.float32), cv2.TM_CCORR) / max(
        float(blank.sum()), 1.0
    )
    return bool((stands - spilt).max() >= STANDS)


def _depth(crop: Pixels, archived: Pixels) -> float:
    """Return the grey levels between the paper and the middle of the archived strokes."""
    core = archived < CORE
    return float(np.percentile(crop, 90) - np.median(crop[core])) if core.any() else 255.0


def _lost(crop: Pixels, archived: Pixels, line_height: int) -> float:
    """Return the largest share of archived ink, in a window of one character, that the scan does not show."""
    core = archived < CORE
    if not core.any():
        return 0.0
    paper, ink = (float(np.percentile(crop, share)) for share in (90, 3))
    pale = cv2.erode(crop, np.ones((3, 3), np.uint8)) > paper - 0.35 * (paper - ink)
    width = min(max(4, round(WINDOW * line_height)), crop.shape[1])
    whole, gone = _windows(core, width), _windows(core & pale, width)
    judged = whole > 0.3 * whole.max()
    return float((gone[judged] / whole[judged]).max())


def local_shift(page: Pixels, reference: Pixels, box: list[int]) -> tuple[int, int]:
    """Find the archived line again within SEARCH pixels; (0, 0) when nothing there is like it."""
    patch = reference[_span(_grown(box, 2, reference.shape))]
    around = page[_span(_grown(box, 2 + SEARCH, page.shape))]
    high, wide = around.shape[0] - patch.shape[0], around.shape[1] - patch.shape[1]
    if high != 2 * SEARCH or wide != 2 * SEARCH or patch.std() < 1:
        return (0, 0)
    _, score, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED))
    return (x - SEARCH, y - SEARCH) if score >= BELIEVED else (0, 0)


def _reach(reference: Pixels, box: list[int], sides: float) -> list[int]:
    """Grow a box while the archive is blank, by VERTICAL_REACH and `sides` line heights at most."""
    height = box[3] - box[1]
    high, wide = round(VERTICAL_REACH * height), round(sides * height)
    far = [wide + STANDOFF + 1, high + STANDOFF + 1]
    near = _inside([box[0] - far[0], box[1] - far[1], box[2] + far[0], box[3] + far[1]], reference.shape)
    dark: Mask = np.asarray(reference[_span(near)] < 255 - INK)
    left, top, right, bottom = (edge - near[k % 2] for k, edge in enumerate(box))
    up = _blank_run(_rows(dark[: max(top - 1, 0), left:right])[::-1], high)
    down = _blank_run(_rows(dark[bottom + 1 :, left:right]), high)
    band = dark[max(top - 2, 0) : bottom + 2]
    before = _blank_run(_rows(band[:, : max(left - 1, 0)].T)[::-1], wide)
    after = _blank_run(_rows(band[:, right + 1 :].T), wide)
    return _inside([box[0] - before, box[1] - up, box[2] + after, box[3] + down], reference.shape)


def _within(wide: list[int], room_mm: Box, box: list[int]) -> list[int]:
    """Keep a box inside a gap, less ROOM_AIR; what was printed itself always stays in it."""
    left, top, right, bottom = (round(edge * SCALE) for edge in room_mm)
    air = round(ROOM_AIR * SCALE)
    return [
        min(max(wide[0], left + air), box[0]),
        min(max(wide[1], top), box[1]),
        max(min(wide[2], right - air), box[2]),
        max(min(wide[3], bottom), box[3]),
    ]


def _rows(dark: Mask) -> Mask:
    """Tell for each row whether anything in it is dark."""
    return cast("Mask", dark.any(axis=1))


def _blank_run(dark: Mask, limit: int) -> int:
    """Count the blank pixels going outwards, standing off from the first ink met; 1 pixel at least."""
    ahead = dark[: limit + STANDOFF]
    first = int(ahead.argmax()) if ahead.any() else limit + STANDOFF
    return max(min(first - STANDOFF, limit), 1)


def _framed(crop: Pixels) -> Pixels:
    """Put a little paper around a crop: recognisers lose characters that touch the edge."""
    air = max(3, crop.shape[0] // 8)
    paper = float(np.percentile(crop, 90))
    return cast(
        "Pixels", cv2.copyMakeBorder(crop, 2, 2, air, air, cv2.BORDER_CONSTANT, value=(paper, paper, paper))
    )


def _grown(box: list[int], by: int, shape: tuple[int, ...]) -> list[int]:
    return _inside([box[0] - by, box[1] - by, box[2] + by, box[3] + by], shape)


def _inside(box: list[int], shape: tuple[int, ...]) -> list[int]:
    """Clip a pixel box to a picture; it stays at least one pixel wide and high."""
    left, top = min(max(box[0], 0), shape[1] - 1), min(max(box[1], 0), shape[0] - 1)
    return [left, top, min(max(box[2], left + 1), shape[1]), min(max(box[3], top + 1), shape[0])]


def _span(box: list[int]) -> tuple[slice, slice]:
    return slice(box[1], box[3]), slice(box[0], box[2])
