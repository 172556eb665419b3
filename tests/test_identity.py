"""The numbers that check themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.regulation.identity import (
    id_check,
    is_school_code,
    is_uscc,
    read_id_number,
    read_student_no,
)

BODIES = st.builds(
    lambda day, order: f"140499{day:%Y%m%d}{order:03d}",
    st.dates(date(1930, 1, 1), date(2029, 12, 31)),
    st.integers(0, 999),
)


def test_the_standards_own_example_passes():
    """GB 11643 gives 11010519491231002X."""
    number = read_id_number("11010519491231002X")
    assert number is not None
    assert (number.division, number.birth, number.sex) == ("110105", date(1949, 12, 31), "2")


def test_old_numbers_of_15_digits_are_read():
    """Alumni of before 1999 have 15 digits and no check character."""
    number = read_id_number("140499680101001")
    assert number is not None
    assert number.birth == date(1968, 1, 1)
    assert read_id_number("140499681301001") is None


@given(BODIES, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_caught(body, place, step):
    """GB 11643 finds every single wrong digit."""
    number = body + id_check(body)
    digits = list(number)
    digits[place] = str((int(digits[place]) + step) % 10)
    assert read_id_number(number) is not None
    assert read_id_number("".join(digits)) is None


@given(st.text(max_size=20))
def test_any_text_is_answered(text):
    """No text makes the readers raise."""
    assert read_id_number(text) is None or len(text) in {15, 18}
    assert read_student_no(text) is None or len(text) == 19


def test_the_three_kinds_of_student_number():
    """G holds an id number, J has the same check, L has none."""
    assert read_student_no("G140426201409019995").id_number == "140426201409019995"
    body = "14049920110412001"
    assert read_student_no(f"J{body}{id_check(body)}").id_number is None
    assert read_student_no("L140499201104129999").birth == date(2011, 4, 12)
    assert read_student_no("L14049920110412999X") is None
    assert read_student_no("G140426201409019994") is None
    assert read_student_no("L140499201113129999") is None


@pytest.mark.parametrize(
    ("code", "good"), [("3114000123", True), ("311400012", False), ("０114000123", False)]
)
def test_school_codes_are_ten_digits(code, good):
    """学校标识码 has no check digit; only its shape can be wrong."""
    assert is_school_code(code) is good


def test_the_seeds_own_uscc_passes():
    """The county's code in the regulation is right, and no neighbour of it is."""
    assert is_uscc("11140426741077494G")
    assert not is_uscc("11140426741077494H")
    assert not is_uscc("11140426741077495G")
    assert not is_uscc("")
