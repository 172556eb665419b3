"""Bend a sheet as a book's page or a rolled-up paper bends, and see it from above: no homography explains the picture."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

EYE_MM = (330.0, 450.0)  # height of a phone over the desk when a page fills its picture
ASIDE_MM = 50.0  # how far from the page's middle it is held
STEPS = 600  # of the profile: half a millimetre each
BEYOND_MM = 60.0  # the profile goes straight on beyond the page: the way back is looked for there too
STEEPEST = 0.7  # sine of the slope from which a real page would crease
SHADE = 0.5  # how much darker a slope of 45° is that turns from the light


@dataclass(frozen=True, slots=True)
class Curl:
    """A cylinder whose rulings run at an angle over the page, and the eye that looks at it; lengths in mm.

    `across` is the unit vector over the page at right angles to the rulings; along it, `arc` (distance on the
    paper), `reach` (distance on the desk) and `rise` (height) tell where the paper lies; `eye` is x, y, height.
    """

    across: Points
    arc: Points
    reach: Points
    rise: Points
    eye: Points

    @classmethod
    def thrown(cls, width: float, height: float, rise: float, rng: np.random.Generator) -> Self:
        """Bend a page of this size so that it rises by `rise` mm: like a book near its back, or like a rolled sheet."""
        angle = rng.normal(0, 0.14) + (np.pi / 2 if rng.random() < 0.35 else 0.0)
        across = np.array([np.cos(angle), np.sin(angle)])
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]]) @ across
        low, high = corners.min(), corners.max()
        arc = np.linspace(low - BEYOND_MM, high + BEYOND_MM, STEPS)
        share = np.clip((arc - low) / (high - low), 0, 1)
        if rng.random() < 0.5:  # a book: steep at its back, flat further out
            slope = np.exp(-share / rng.uniform(0.16, 0.3))
        else:  # rolled: a hill, leaning to one side
            slope = np.cos(np.pi * share) + rng.uniform(-0.5, 0.5) * np.cos(2 * np.pi * share)
        if rng.random() < 0.5:
            slope = -slope[::-1]
        step = arc[1] - arc[0]
        there = (arc >= low) & (arc <= high)
        slope = np.clip(slope * rise / np.ptp(np.cumsum(slope[there]) * step), -STEEPEST, STEEPEST)
        up = np.cumsum(slope) * step
        reach = np.cumsum(np.sqrt(1 - slope**2)) * step
        middle = np.array([width, height]) / 2
        reach += np.interp(middle @ across, arc, arc - reach)
        eye = np.array([*(middle + rng.uniform(-ASIDE_MM, ASIDE_MM, 2)), rng.uniform(*EYE_MM)])
        return cls(across, arc, reach, up - up[there].min(), eye)

    def seen(self, page: Points) -> Points:
        """Return where points of the page (N x 2, mm) seem to lie on the desk, in mm of the same axes."""
        place = page @ self.across
        moved = np.interp(place, self.arc, self.reach) - place
        up = np.interp(place, self.arc, self.rise)[:, None]
        lying = page + moved[:, None] * self.across
        return np.asarray(
            self.eye[:2] + (lying - self.eye[:2]) * self.eye[2] / (self.eye[2] - up), np.float64
        )

    def page(self, seen: Points) -> Points:
        """Return the points of the page that are seen there: the other way round, by going back what is too far."""
        page = seen.copy()
        for _ in range(25):
            page -= self.seen(page) - seen
        return page

    def light(self, page: Points, rng: np.random.Generator) -> Points:
        """Return how bright the paper is at points of the page: 1 where it lies flat, less where it turns from the lamp."""
        slope = np.gradient(self.rise, self.arc)
        lamp = -1.0 if rng.random() < 0.5 else 1.0
        here = np.interp(page @ self.across, self.arc, slope)
        return np.asarray(np.clip(1 + lamp * SHADE * here, 0.4, 1.25), np.float64)
