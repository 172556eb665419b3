"""Days as the regulation counts them: months, working days, school years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.regulation.days import (
    add_months,
    after_working_days,
    age,
    is_working_day,
    months_between,
    school_years,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 9, 1), True),
        (date(2026, 9, 5), False),
        (date(2026, 9, 20), True),
        (date(2026, 9, 25), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 10), True),
        (date(2030, 10, 1), False),
        (date(2030, 10, 4), True),
    ],
)
def test_working_days_come_from_the_table(day, working):
    """Weekends, holidays and days worked instead; a year not yet announced has the statutory holidays alone."""
    assert is_working_day(day) is working


def test_ten_working_days():
    """The day it begins is not counted; the Mid-Autumn holiday and the Sunday worked for it are."""
    assert after_working_days(date(2026, 9, 1), 10) == date(2026, 9, 15)
    assert after_working_days(date(2026, 9, 18), 10) == date(2026, 10, 9)


@given(DAYS, st.integers(1, 40))
def test_so_many_working_days_lie_between(start, count):
    """Counted one by one."""
    end = after_working_days(start, count)
    between = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))
    assert sum(map(is_working_day, between)) == count
    assert is_working_day(end)


@given(DAYS, st.integers(0, 60))
def test_months_go_forth_and_back(start, months):
    """So many months later are so many months between, and a day more is a month begun."""
    end = add_months(start, months)
    assert months_between(start, end) == months
    if end.day == start.day:
        assert months_between(start, end + timedelta(days=1)) == months + 1


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (date(2026, 3, 1), date(2027, 2, 28), 12),
        (date(2026, 3, 1), date(2027, 3, 1), 12),
        (date(2026, 3, 1), date(2027, 3, 2), 13),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
    ],
)
def test_a_month_begun_counts(start, end, months):
    """A year of 休学 ends on the same day or the day before."""
    assert months_between(start, end) == months


def test_age_in_full_years():
    """周岁: the day before the birthday and the birthday."""
    birth = date(2008, 7, 2)
    assert [age(birth, date(2026, 7, day)) for day in (1, 2)] == [17, 18]


@pytest.mark.parametrize(
    ("begin", "end", "years"),
    [
        ("2023-09", "2026-07", 3),
        ("2023-08", "2026-08", 3),
        ("2023-09", "2026-09", 4),
        ("2024-02", "2026-06", 3),
    ],
)
def test_school_years(begin, end, years):
    """A school year begins in summer."""
    assert school_years(begin, end) == years
