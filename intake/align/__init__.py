"""Lays a scan over its printed page: finds where each millimetre of the page stands in the scan."""

from intake.align.page import register

__all__ = ["register"]
