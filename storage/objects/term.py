"""How long archive files are locked: years ahead, never so far that a store's clock wraps, and renewed every year."""

from datetime import UTC, datetime, timedelta
from typing import Final

YEARS: Final = 30
LAST: Final = datetime(2099, 12, 31, tzinfo=UTC)
"""Ceph counts seconds in 32 bits: a lock past 2106-02-07 ended in 1970 to 1990 there, and the file could be deleted."""
YEAR: Final = timedelta(days=365)


def term(now: datetime) -> datetime:
    """Until when a file is locked that is put now; the legal hold has no end."""
    return min(now.replace(microsecond=0) + YEARS * YEAR, LAST)


def due(until: datetime | None, now: datetime) -> bool:
    """Tell whether a lock is to be renewed: a year of its term is over, or it has none."""
    return until is None or until < min(term(now) - YEAR, LAST)
