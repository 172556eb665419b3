"""Patterns of number blocks."""

import pytest

from service.numbers import MAX_BLOCK, Pattern, block_objections


def test_a_pattern_counts_in_its_slot():
    """The slot is filled with zeros to its width."""
    pattern = Pattern.parse("14042620262012{:04d}")
    assert pattern is not None
    assert pattern.number(7) == "140426202620120007"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "140426",
        "{:04d}{:04d}",
        "{0.__class__:04d}",
        "{:04d}{",
        "{{:04d}}",
        "{:00d}",
        "{:4d}",
        "{:04x}",
        "1\n{:04d}",
        "1" * 60 + "{:04d}",
    ],
)
def test_other_patterns_are_refused(text):
    """One slot, no reach into objects, nothing unprintable, nothing endless."""
    assert Pattern.parse(text) is None
    assert [item.code for item in block_objections(text, 1, 4)] == ["bad_pattern"]


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (0, 4, "bad_range"),
        (5, 4, "bad_range"),
        (1, MAX_BLOCK + 1, "block_too_large"),
        (1, 10_000, "bad_range"),
    ],
)
def test_ranges_that_cannot_be(first, last, code):
    """A block begins at 1 or later, ends after that, and fits its slot; every fault names art. 34."""
    found = block_objections("A{:04d}", first, last)
    assert [(item.code, item.article) for item in found] == [(code, 34)]


def test_a_good_block_has_no_objection():
    """The last number may just fill the slot."""
    assert block_objections("晋初毕证字第{:04d}号", 1, 9999) == []
