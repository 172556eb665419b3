"""Days as the regulation counts them: months from day to day, working days by the calendar table, school years."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

CALENDAR = Path(__file__).with_name("calendar.toml")
EVERY_YEAR = "every_year"
SATURDAY = 5
NEW_YEAR, SUMMER = 7, 8
"""A school year begins with entries from July on; who leaves in August still ends the old one."""


def day(text: str) -> date | None:
    """A day from YYYY-MM-DD; None for anything else, which is refused elsewhere."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def add_months(start: date, months: int) -> date:
    """The same day so many months later, the last of the month where it has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(last)


def months_between(start: date, end: date) -> int:
    """Months from one day to another, a begun one counted whole: 2026-03-01 to 2027-02-28 or 03-01 is 12."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months + (end > add_months(start, months))


def age(birth: date, on: date) -> int:
    """Full years of age (周岁) on a day."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def school_years(begin: str, end: str) -> int:
    """School years of studies from YYYY-MM to YYYY-MM: 2023-09 to 2026-07 are three."""
    first, last = (int(text[:4]) for text in (begin, end))
    return last - (int(end[5:]) <= SUMMER) - (first - (int(begin[5:]) < NEW_YEAR)) + 1


def after_working_days(start: date, count: int) -> date:
    """The last of so many working days; the day it all begins is not counted (the tenth after 1 September)."""
    at = start
    while count:
        at += timedelta(days=1)
        count -= is_working_day(at)
    return at


def is_working_day(at: date) -> bool:
    """Tell whether offices work on a day, by the calendar table."""
    off, on = _of_year(at.year)
    return at in on or (at not in off and at.weekday() < SATURDAY)


@lru_cache
def _of_year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    table = _table()
    row = table.get(str(year), {"off": table[EVERY_YEAR], "on": []})
    return frozenset(_days(year, row["off"])), frozenset(_days(year, row["on"]))


def _days(year: int, spans: list[str]) -> Iterator[date]:
    for span in spans:
        first, _, last = span.partition("..")
        at, end = date.fromisoformat(f"{year}-{first}"), date.fromisoformat(f"{year}-{last or first}")
        while at <= end:
            yield at
            at += timedelta(days=1)


@lru_cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(CALENDAR.read_text("utf-8"))
