"""Finds signatures and seals on a straightened page and says whose seal it is."""

from intake.marks.judge import find

__all__ = ["find"]
