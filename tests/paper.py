"""Papers as they come back, for every test: the demo's simulator plus the degradation levels A-F of the measurements."""

from dataclasses import replace

from service.demo.ink import Inking
from service.demo.paper import ANYHOW, Impression, Paper, rasterised, stack
from service.demo.scanner import Capture, Scanner, capture, encode, scan
from service.demo.seals import SealStyle

__all__ = [
    "ANYHOW",
    "LEVELS",
    "Capture",
    "Impression",
    "Inking",
    "Paper",
    "Scanner",
    "SealStyle",
    "capture",
    "copied",
    "encode",
    "level",
    "rasterised",
    "scan",
    "stack",
]

LEVELS = {
    "A": Scanner(dpi=300, tilt=0.3, noise=1.5, blur=0.4, jpeg=92),  # a careful flatbed scan
    "B": Scanner(
        dpi=200, tilt=1.3, shift=(1.5, -1.0), noise=3, blur=0.5, jpeg=75
    ),  # the office's usual feeder
    "C": Scanner(
        dpi=150, tilt=-2.0, shift=(-2.0, 1.0), noise=5, blur=0.6, jpeg=55
    ),  # an old, thrifty machine
    "D": Scanner(
        dpi=190,
        tilt=2.5,
        perspective=0.015,
        margin=12,
        bed=(52, 66, 84),
        lighting=0.35,
        noise=3,
        blur=0.7,
        jpeg=80,
    ),  # a good phone photo on a desk
    "E": Scanner(
        dpi=140,
        tilt=-6,
        perspective=0.035,
        margin=18,
        bed=(40, 50, 60),
        lighting=0.75,
        noise=7,
        blur=1.15,
        jpeg=45,
    ),  # a bad one in a dark room
    "F": Scanner(
        dpi=200, tilt=2.0, turn=180, noise=4, blur=0.6, jpeg=60, stains=3, creases=2, tone=(214, 234, 240)
    ),
}
"""From a careful scan (A) to a bad photo (E) and a stained, folded sheet fed upside down (F)."""


def level(name: str, seed: int) -> Scanner:
    """Return a degradation level with its dice set."""
    return replace(LEVELS[name], seed=seed)


def copied(scanner: Scanner, *, bilevel: bool = False) -> Scanner:
    """Return the same machine without colour: gray, or 1-bit as a text copier sees."""
    return replace(scanner, colour="bilevel" if bilevel else "gray")
