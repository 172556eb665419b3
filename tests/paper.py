"""Papers as they come back, for every test: the demo's simulator and its degradation levels."""

from dataclasses import replace

from service.demo.ink import Inking
from service.demo.levels import LEVELS, level
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


def copied(scanner: Scanner, *, bilevel: bool = False) -> Scanner:
    """Return the same machine without colour: gray, or 1-bit as a text copier sees."""
    return replace(scanner, colour="bilevel" if bilevel else "gray")
