"""Tells of each line of a page how much darker its darkest stroke is than what the page's honest lines show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from intake.lines import SCALE, Cut
from intake.reading import Box
from intake.strokes.places import Pictures
from intake.strokes.thin import SIDE, UNDER_SEAL, closely, strongest
from intake.thresholds import SIGNED_STROKE, STROKE, STROKE_SPREAD, TOUCHED, USUAL_LINES

Look = Callable[[Pictures, list[int], tuple[int, int], float], float]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a line stands: its box (page mm), whether in a gap of a pre-printed blank, whether a seal without colour may lie on it."""

    box: Box
    in_gap: bool = False
    sealed: bool = False


def with_strokes(cuts: Sequence[Cut], standing: Sequence[Standing], pictures: Pictures) -> list[Cut]:
    """Return the lines of a page with their `stroke`, as a multiple of what this page's honest lines may show.

    Curled paper and copies in bits leave much unexplained on every line; one or two lines do not say what is usual. Those
    that show more are looked at again. Where people sign a stroke counts a third (SIGNED_STROKE), where a seal may lie
    whose colour nobody sees a fifth (UNDER_SEAL), and not at all where a signature crosses the line, which
    intake/penned.py looks at.
    """
    lines = [_Line(cut, where, pictures) for cut, where in zip(cuts, standing, strict=True)]
    first = [line.stroke(strongest) for line in lines]
    known = [
        dark for dark, cut in zip(first, cuts, strict=True) if cut.likeness is not None and not cut.signed
    ]
    usual = median(known) if len(known) >= USUAL_LINES else 0.0
    most = max(STROKE, STROKE_SPREAD * usual)
    dark = [
        min(seen, line.stroke(closely)) if seen > most else seen
        for seen, line in zip(first, lines, strict=True)
    ]
    return [
        replace(line.cut, stroke=line.weight * seen / most) for line, seen in zip(lines, dark, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Line:
    cut: Cut
    where: Standing
    pictures: Pictures

    def stroke(self, look: Look) -> float:
        """Return how dark the darkest stroke is, by a first or a closer look; 0 where it is not for us to look."""
        if self.cut.likeness is None or (self.cut.signed and self.cut.touched > TOUCHED):
            return 0.0
        sides = (
            0.0 if self.cut.signed or self.where.in_gap else SIDE
        )  # signatures, or a blank's own words, stand there
        box = [round(edge * SCALE) for edge in self.where.box]
        return look(self.pictures, box, self.cut.shift, sides)

    @property
    def weight(self) -> float:
        """How much a stroke counts here."""
        return (SIGNED_STROKE if self.cut.signed else 1.0) * (UNDER_SEAL if self.where.sealed else 1.0)
