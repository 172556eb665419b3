"""Cuts one printed line out of the straightened page, and says how like the archived line its ink is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import cast

import cv2
import numpy as np

from intake import ink
from intake.greys import median as grey_median
from intake.greys import percentile, percentiles
from intake.ink import Mask
from intake.reading import MM_PER_INCH, STANDARD_DPI, Box, Pixels
from intake.strokes.joined import joined
from intake.thresholds import ALL_INK, ERASED, LETTER_GONE

SCALE = STANDARD_DPI / MM_PER_INCH
SEARCH = 7  # pixels, 0.9 mm: paper swells and creases by this much between registered points
BELIEVED = 0.45  # correlation from which a local shift is taken; an altered line keeps most of its characters
SIDE_REACH = 1.3  # line heights: a character added before or after the value must come into the crop
VERTICAL_REACH = 0.3  # line heights: strokes added above or below, and air for the recogniser
STANDOFF = 2  # pixels kept from the next printed ink, so that no sliver of a neighbour is read
BLUR_SPREAD = 4.0  # a blurred photo swells lines by 0.03, some by 0.11: this times the median covers all …
MOST_BLUR = 0.12  # … but no more, or a page written over everywhere would pass for a blurred one
GHOST = 0.5  # share of the page's usual depth of ink; a scraped value keeps an eighth
PALE_LINE = 100.0  # grey levels: lines less deep are looked at in colour as well, a seal may hide them
LIGHT_STEP = 4  # paper is looked at in squares of 0.5 mm
LIGHT_REACH = 9  # squares: wider than any stroke, narrower than a shadow's edge
RED_GAIN = 1.4  # brings the darkest seal pads (red 150, others 40) up to paper
LEAVES = 0.3  # line heights above and below a line where strokes have left it
AROUND_MM = 6.0  # around a line: labels, rules, the lines above and below
LEAST_AROUND = 80  # pixels of archived ink there; fewer prove nothing
FAINTEST = 25.0  # grey levels under the paper that count as print around a line …
FAINT_PRINT = 0.4  # … or this share of the way to the darkest there
STANDS = (
    0.4  # share of that ink, less the share of blank paper under ink: a page laid right shows 0.7 and more
)
ROOM_AIR = 0.8  # mm inside a gap's edges where the blank's own words may reach: printers feed no truer


@dataclass(frozen=True, slots=True)
class Cut:
    """A line ready for a recogniser, with how its ink compares to the archive's (no likeness without one).

    `likeness` is the worst local correlation. `added` is the share of the crop that is dark in the scan and blank
    in the archive: a stamp, a signature, dirt. `lost` is the largest share of archived ink missing in a window,
    `vacant` the same where ink that merely strayed a little is there, `sealed` the largest share that lies under red ink.
    `touched` is the largest amount of ink as dark as print that stands, in a window of one character, where the
    archive is blank, as a share of the line's fullest window; `within` the same of strokes that keep to the line, as a
    signature does not. `beside` is the same right before or behind the line among other print; where people sign it is
    what stands there as high as the line's letters and no higher. `stroke` is how dark the darkest thin stroke is that the
    archive lacks, as a multiple of what the page's honest lines may show: intake/strokes/page.py tells it. `depth` is how
    far the archived strokes stand out of the paper, grey levels; `faded` tells that this is far less than elsewhere on the
    page, `erased` that hardly anything is left. `signed` lines stand where somebody signs. `shift` is how many pixels right and
    down of its registered place the line was found.
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
    erased: bool = False
    sealed: float = 0.0
    vacant: float = 0.0
    beside: float = 0.0
    stroke: float = 0.0
    shift: tuple[int, int] = (0, 0)


def without_red(page: Pixels) -> Pixels:
    """Return a BGR page in gray without its red ink: seals turn into paper, dark red ones too; black print stays."""
    blue, green, red = cv2.split(page)
    redness = cv2.subtract(cv2.subtract(red, cv2.max(blue, green)), np.full_like(red, ink.NOT_RED))
    return cast("Pixels", cv2.addWeighted(red, 1.0, redness, RED_GAIN, 0))


def evenly_lit(page: Pixels) -> Pixels:
    """Return a straightened page (BGR or gray) with its paper white: shadows, tea and yellowed sheets divided away."""
    small = cv2.resize(page, None, fx=1 / LIGHT_STEP, fy=1 / LIGHT_STEP, interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((LIGHT_REACH, LIGHT_REACH), np.uint8)), LIGHT_REACH)
    light = cv2.resize(cv2.max(paper, np.ones_like(paper)), page.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cast("Pixels", cv2.divide(page, light, scale=250))


def cut(
    page: Pixels,
    reference: Pixels | None,
    box_mm: Box,
    *,
    signed: bool = False,
    room_mm: Box | None = None,
    colour: Pixels | None = None,
) -> Cut:
    """Cut the line at `box_mm` out of a straightened gray page; all pictures are at STANDARD_DPI.

    `colour` is the page (BGR) before its red was taken away: print beneath a seal is sought there, since in a dark
    photo it goes with the seal.

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
    moved = _moved(wide, shift, page.shape)
    crop, archived = page[_span(moved)], reference[_span(wide)]
    if crop.shape != archived.shape:
        return Cut(_framed(crop), None, signed=signed)
    height = box[3] - box[1]
    inked = _trimmed(crop, archived, height)
    crop, archived = crop[:, inked], archived[:, inked]
    found = _measured(crop, archived, height, None if colour is None else colour[_span(moved)][:, inked])
    beside = 0.0
    if room_mm is None:
        beside = (joined if signed else _beside)(page, reference, box, shift)
    within = _within_line(page, reference, box, shift) if signed and found.touched else 0.0
    return replace(found, signed=signed, within=within, beside=beside, shift=shift)


def _measured(crop: Pixels, archived: Pixels, height: int, colour: Pixels | None) -> Cut:
    """Hold the ink of two equal crops of a line against each other; `colour` is the first one with its red."""
    lost, depth, sealed, vacant = ink.lost(crop, archived, height), ink.depth(crop, archived), 0.0, 0.0
    if (lost > ALL_INK or depth < PALE_LINE) and colour is not None:
        lost, sealed = ink.lost_beneath(crop, archived, height, colour)
    if lost >= LETTER_GONE:
        vacant = ink.lost(crop, archived, height, ink.ASTRAY)
    return Cut(
        _framed(crop),
        ink.likeness(crop, archived, height),
        ink.added(crop, archived),
        lost,
        touched=ink.touched(crop, archived, height),
        depth=depth,
        sealed=sealed,
        vacant=vacant,
    )


def held_together(cuts: Sequence[Cut]) -> list[Cut]:
    """Return the lines of a page as they look beside each other.

    What its blur adds to every line is no pen's; a line far paler than the others was scraped or washed off.
    """
    known = [cut for cut in cuts if cut.likeness is not None]
    if not known:
        return list(cuts)
    blur = min(BLUR_SPREAD * median(cut.touched for cut in known), MOST_BLUR)
    usual = median(cut.depth for cut in known)
    return [
        replace(
            cut,
            touched=max(cut.touched - blur, 0.0),
            faded=cut.likeness is not None and cut.depth < GHOST * usual,
            erased=cut.likeness is not None and cut.depth < ERASED * usual,
        )
        for cut in cuts
    ]


def _trimmed(crop: Pixels, archived: Pixels, height: int) -> slice:
    """Return the columns where either picture has ink, and some air: recognisers see ghosts in wide blanks."""
    paper = percentile(crop, 90)
    dark: Mask = (cv2.medianBlur(crop, 3) < paper - ink.INK) | (archived < 255 - ink.INK)
    inked = np.flatnonzero(dark.any(axis=0))
    if not inked.size:
        return slice(None)
    air = max(2, height // 6)
    return slice(max(int(inked[0]) - air, 0), int(inked[-1]) + air + 1)


def _beside(page: Pixels, reference: Pixels, box: list[int], shift: tuple[int, int]) -> float:
    """Return how much ink as dark as print was added right before or behind a line, among print the crop keeps away from."""
    height = box[3] - box[1]
    core = reference[_span(box)] < ink.CORE
    if not core.any():
        return 0.0
    own = page[_span(_moved(box, shift, page.shape))]
    paper, darkest = percentiles(own, 90, 3)
    fullest = max(ink.windows(core, ink.window(height, core.shape[1])).max(), 1.0)
    found = 0.0
    for left, right in ((box[0] - height, box[0] - STANDOFF), (box[2] + STANDOFF, box[2] + height)):
        place = _inside([left, box[1], right, box[3]], reference.shape)
        crop, archived = page[_span(_moved(place, shift, page.shape))], reference[_span(place)]
        if crop.shape == archived.shape:
            blank = cv2.erode(archived, np.ones((9, 9), np.uint8)) > 255 - ink.INK / 2
            dark = crop < paper - ink.PEN * (paper - darkest)
            found = max(found, float((dark & blank).sum()) / fullest)
    return found


def _moved(box: list[int], shift: tuple[int, int], shape: tuple[int, ...]) -> list[int]:
    """Return a pixel box where the paper lies, clipped to the page."""
    return _inside([box[0] + shift[0], box[1] + shift[1], box[2] + shift[0], box[3] + shift[1]], shape)


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
    core = archived < ink.CORE
    top, bottom = box[1] - wide[1], box[3] - wide[1]
    if not core[top:bottom].any():
        return 0.0
    paper, print_ = percentile(crop, 90), grey_median(crop[core])
    dark = crop < paper - ink.PEN * (paper - print_)
    _, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=8)
    air = round(LEAVES * height)
    leaving = np.unique(np.concatenate([labels[: max(top - air, 0)].ravel(), labels[bottom + air :].ravel()]))
    blank = cv2.erode(archived, np.ones((3, 3), np.uint8)) > 255 - ink.INK / 2
    pen = (dark & blank & ~np.isin(labels, leaving))[top:bottom]
    width = ink.window(height, crop.shape[1])
    return float(ink.windows(pen, width).max() / max(ink.windows(core[top:bottom], width).max(), 1.0))


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
    core, blank = (archived < ink.CORE) & outside, (archived > 255 - ink.INK / 2) & outside
    if core.sum() < LEAST_AROUND:
        return True
    around = page[
        _span(_inside([wide[0] - SEARCH, wide[1] - SEARCH, wide[2] + SEARCH, wide[3] + SEARCH], page.shape))
    ]
    if around.shape != (archived.shape[0] + 2 * SEARCH, archived.shape[1] + 2 * SEARCH):
        grown = cv2.copyMakeBorder(page, SEARCH, SEARCH, SEARCH, SEARCH, cv2.BORDER_REPLICATE)
        around = cast("Pixels", grown)[wide[1] : wide[3] + 2 * SEARCH, wide[0] : wide[2] + 2 * SEARCH]
    paper, darkest = percentiles(around, 90, 1)
    depth = min(
        ink.INK, max(FAINTEST, FAINT_PRINT * (paper - darkest))
    )  # soft small print in a dark photo is pale
    dark = (around < paper - depth).astype(np.float32)
    kept = np.asarray(core, np.float32)
    stands = cv2.matchTemplate(dark, kept, cv2.TM_CCORR) / max(float(core.sum()), 1.0)
    spilt = cv2.matchTemplate(dark, np.asarray(blank, np.float32), cv2.TM_CCORR) / max(
        float(blank.sum()), 1.0
    )
    return bool((stands - spilt).max() >= STANDS)


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
    dark: Mask = np.asarray(reference[_span(near)] < 255 - ink.INK)
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
    paper = percentile(crop, 90)
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
