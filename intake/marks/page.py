"""A straightened page as its marks are sought on it: seals, pens and stray red ink, each worked out once and when asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from intake.marks import halves, seals, signatures
from intake.marks.ink import Density, Inks, shade
from intake.marks.screen import without_screen
from intake.marks.seals import Stamp
from intake.reading import MM_PER_INCH, Box, LayoutPage, Part, Pixels, Registered

Mark = Mapping[str, Any]


@dataclass(frozen=True)
class MarkedPage:
    """A straightened page with what is worked out on it once and only when asked for."""

    pixels: Pixels
    scale: float
    printed: Pixels | None
    colour: bool
    marks: Sequence[Mark]
    dated: Sequence[Box] = ()
    cut: tuple[LayoutPage, Part] | None = None

    @classmethod
    def of(
        cls,
        flat: Registered,
        printed: Pixels | None,
        layout_page: LayoutPage,
        *,
        colour: bool,
        dated: Sequence[Box] = (),
        cut: tuple[LayoutPage, Part] | None = None,
    ) -> Self:
        """Take a registered page without the moire of its screen.

        `printed` is the archived page in gray at the resolution of `flat`; without it nobody can tell pen from print,
        and signatures stay unclear. `dated` is where people write dates (page mm), which sign nothing. Of a paper
        that is cut in two, `cut` is the layout of the whole and the part that was scanned.
        """
        marks, scale = layout_page["marks"], flat.dpi / MM_PER_INCH
        seen = without_screen(flat.pixels, scale, [mark["box"] for mark in marks]) if colour else flat.pixels
        return cls(seen, scale, printed, colour, marks, dated, cut)

    @cached_property
    def inks(self) -> Inks:
        """What each pixel swallows."""
        return Inks(self.pixels, self.scale)

    @cached_property
    def red(self) -> Density:
        """How much red seal ink lies on each pixel."""
        return self.inks.redness()

    @cached_property
    def rounds(self) -> list[Stamp]:
        """The round seals, in shadow too: shade swallows red as well and would hide a rim."""
        if not self.colour:
            return []
        red = seals.at(self.red, self.scale, seals.FINE)
        return seals.round_seals(red + shade(-red, seals.FINE), seals.FINE)

    @cached_property
    def squares(self) -> list[Stamp]:
        """The square name seals."""
        return seals.square_seals(self.red, self.scale, self.rounds) if self.colour else []

    @cached_property
    def loose_red(self) -> NDArray[np.bool_]:
        """Where red ink lies that belongs to no round seal."""
        loose = (self.red > seals.FULL).astype(np.uint8)
        for stamp in self.rounds:
            _without_round(loose, stamp, self.scale)
        return loose > 0

    @cached_property
    def half(self) -> Stamp | None:
        """The seal across the line on which a paper was cut, of which this part shows a half."""
        if not self.colour or self.cut is None:
            return None
        return halves.half(self.red, self.scale, *self.cut)

    @cached_property
    def stray_red(self) -> NDArray[np.bool_]:
        """Where red ink lies that belongs to no seal at all."""
        stray = self.loose_red.astype(np.uint8)
        for stamp in self.squares:
            left, top, right, bottom = (
                round((v + grow) * self.scale)
                for v, grow in zip(stamp.box, (-1.5, -1.5, 1.5, 1.5), strict=True)
            )
            cv2.rectangle(stray, (left, top), (right, bottom), 0, -1)
        return stray > 0

    @cached_property
    def penned_red(self) -> NDArray[np.bool_]:
        """Where red ink lies that belongs to no seal, nor to the half of one that a cut part shows."""
        penned = self.stray_red.astype(np.uint8)
        if self.half is not None:
            _without_round(penned, self.half, self.scale)
        return penned > 0

    def red_on(self, box: Box, level: float) -> float:
        """Return how many square millimetres of strokes at least as red lie in a box (page mm) and belong to no seal.

        Strokes are wider than the coloured fringes a scanner gives to print.
        """
        left, top, right, bottom = (max(round(edge * self.scale), 0) for edge in box)
        place = (slice(top, bottom), slice(left, right))
        strong = (self.red[place] > level) & self.penned_red[place]
        wide = cv2.morphologyEx(strong.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
        return float(wide.sum()) / self.scale**2

    @cached_property
    def added(self) -> NDArray[np.bool_] | None:
        """Where pens wrote: dark ink that was not printed; None without the archived page."""
        if self.printed is None:
            return None
        boxes = [mark["box"] for mark in self.marks if mark["kind"] == "signature"]
        ink = signatures.added_ink(self.inks, self.printed, self.scale, boxes, colour=self.colour)
        return signatures.without_dates(ink, self.dated, self.scale)

    def in_pencil(self, box: Box) -> bool:
        """Return whether a box has strokes too pale for a pen; never on a page without colour, where paper is as pale."""
        if self.printed is None or not self.colour:
            return False
        ink = signatures.added_ink(
            self.inks, self.printed, self.scale, [box], colour=True, level=signatures.FAINT_LEVEL
        )
        ink = signatures.without_dates(ink, self.dated, self.scale)
        return signatures.written(ink, box, self.scale).may_be_pencil

    @cached_property
    def seal_ground(self) -> NDArray[np.bool_]:
        """Where seals may lie: on a page without colour their ink cannot be told from a pen's."""
        ground = np.zeros(self.pixels.shape[:2], np.uint8)
        for mark in self.marks:
            if mark["kind"] == "seal":
                corners = [
                    round((v + grow) * self.scale)
                    for v, grow in zip(mark["box"], (-3, -3, 3, 3), strict=True)
                ]
                cv2.rectangle(ground, corners[:2], corners[2:], 1, -1)
        return ground > 0


def _without_round(red: NDArray[np.uint8], stamp: Stamp, scale: float) -> None:
    """Take away what lies in a round seal, and as far beside it as its ink runs."""
    centre = (round(stamp.x * scale), round(stamp.y * scale))
    cv2.circle(red, centre, round((stamp.radius + 1.5) * scale), 0, -1)
