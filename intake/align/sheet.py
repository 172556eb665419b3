"""Sharpens a fit by pieces of the archived page found again, and follows the sheet's bends."""

from dataclasses import replace

import numpy as np

from intake import warp
from intake.align import patches
from intake.align.fit import LOOSE_MM, TOLERANCE_MM, Fit, Points, fitted, off_mm, on_plane, pixels_per_mm
from intake.reading import Pixels

MIN_PATCHES = 12
PATCH_RESIDUAL_MM = 0.35
EVEN_MM, EVEN_SHARE = (
    0.12,
    0.85,
)  # a flat sheet: so many patches within so much; what is left is print and noise
HELD_MM, HELD_SHARE = (
    0.9,
    0.6,
)  # lines are looked for so far around their place; off that they cannot be judged
BENT_ROUNDS = 3  # each follows the field further out, to patches that were out of reach before
BETTER = (
    0.6  # a field must bring patches it was not fitted to this much nearer, or the sheet is taken for flat
)


def by_patches(red: Pixels, fit: Fit, reference: Pixels, size_mm: tuple[float, float]) -> Fit | None:
    """Sharpen a fit: find patches of the archived page again near where the fit puts them, and follow its bends.

    With too few patches (a nearly empty page, another one of the same frame) the fit stays as it was. None when
    what was found lies where no fit of ours would look for it: then every crop would show something else.
    """
    centres = patches.centres(reference, patches.GRID)
    page, seen = patches.found_again(red, fit.place, reference, centres)
    if len(page) < MIN_PATCHES:
        return fit
    per_mm = pixels_per_mm(fit.to_scan, np.array(size_mm) / 2)
    sharp = fitted(page, seen, TOLERANCE_MM * per_mm, fit.how, PATCH_RESIDUAL_MM)
    if sharp is not None and (off_mm(sharp, page, seen) < EVEN_MM).mean() >= EVEN_SHARE:
        return sharp
    best = _bent(red, fit, reference, (page, seen), size_mm) or sharp or fit
    return best if (off_mm(best, page, seen) < HELD_MM).mean() >= HELD_SHARE else None


def _bent(
    red: Pixels, fit: Fit, reference: Pixels, first: tuple[Points, Points], size_mm: tuple[float, float]
) -> Fit | None:
    """Lay a plane and a smooth field through the patches; None unless patches left out of it prove it."""
    per_mm = pixels_per_mm(fit.to_scan, np.array(size_mm) / 2)
    plane = fitted(*first, LOOSE_MM * per_mm, fit.how, LOOSE_MM) or fit
    bent, (page, seen) = plane, first
    centres = patches.centres(reference, patches.DENSE_GRID)
    for _ in range(BENT_ROUNDS):
        field = warp.fitted(page, on_plane(plane, seen) - page, size_mm)
        if field is None:
            return None
        bent = replace(plane, bend=field)
        page, seen = patches.found_again(red, bent.place, reference, centres)
        if len(page) < MIN_PATCHES:
            return None
    off = on_plane(plane, seen) - page
    even, odd = (warp.fitted(page[k::2], off[k::2], size_mm) for k in (0, 1))
    field = warp.fitted(page, off, size_mm)
    if field is None or even is None or odd is None:
        return None
    left = np.concatenate(
        [
            np.linalg.norm(off[1 - k :: 2] - half.displacement(page[1 - k :: 2]), axis=1)
            for k, half in ((0, even), (1, odd))
        ]
    )
    sharp = fitted(page, seen, TOLERANCE_MM * per_mm, fit.how, LOOSE_MM) or plane
    if float(np.median(left)) > BETTER * float(np.median(off_mm(sharp, page, seen))):
        return None
    return replace(plane, bend=field, residual_mm=float(np.median(left)))
