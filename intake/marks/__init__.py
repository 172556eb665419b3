"""Finds signatures and seals on a straightened page and says whose seal it is."""

from intake.marks.judge import find
from intake.marks.page import MarkedPage

__all__ = ["MarkedPage", "find"]
