"""Withdraws accusations that a page cannot bear: it does not lie as it was registered, or light drowned what is missing."""

from collections.abc import Sequence
from dataclasses import replace

from intake import compare, lines
from intake.glare import Glare
from intake.reading import LayoutPage, Pixels, Registered
from intake.thresholds import GONE_INK, VACANT


def provable(
    verdicts: Sequence[compare.Judgement],
    owned: Sequence[tuple[LayoutPage, lines.Cut]],
    flat: Registered,
    planes: tuple[Pixels, Pixels | None],
) -> list[compare.Judgement]:
    """Return the verdicts on lines (`owned`: each line and its cut), what nothing proves as unreadable.

    `planes` are the page without its red and the archived one, gray at STANDARD_DPI.
    """
    (page, printed), glare = planes, Glare(flat)
    found = []
    for verdict, (line, cut) in zip(verdicts, owned, strict=True):
        box = line["box"]
        doubtful = verdict.result == "altered" and (
            (printed is not None and not lines.held(page, printed, box)) or (missing(cut) and glare.over(box))
        )
        found.append(replace(verdict, result="unreadable") if doubtful else verdict)
    return found


def missing(cut: lines.Cut) -> bool:
    """Tell whether a letter's print, or that of the whole line, is not there."""
    return cut.likeness is not None and (cut.vacant >= VACANT or cut.faded or cut.lost >= GONE_INK)
