"""Pictures of a screen: the lattice's bands neither hide a seal nor sign for anybody, and other pages stay as they are."""

from collections import Counter

import numpy as np
import pytest

from intake.marks.screen import without_screen
from tests.marked import NAMES, SCALE, UNITS, blank_paper, judged, printed, straight
from tests.paper import level

PLACES = [mark["box"] for mark in printed()[1]["pages"][0]["marks"]]


@pytest.mark.parametrize("name", ["A", "B", "C", "D", "E", "F", "shadow", "phone1200"])
def test_other_pages_are_left_alone(name):
    """A sealed and signed page that was never on a screen is the very same page."""
    page = straight(blank_paper().complete(UNITS, NAMES, seed=9101), level(name, 9101)).pixels
    assert without_screen(page, SCALE, PLACES) is page


def test_bands_go_and_print_stays():
    """Bare paper under moire loses most of its colour; what lies beyond the places is untouched."""
    page = straight(blank_paper(), level("moire", 9102)).pixels
    clean = without_screen(page, SCALE, PLACES[:1])
    left, top, right, bottom = (round(edge * SCALE) for edge in PLACES[0])
    swing = [np.std(np.diff(one[top:bottom, left:right].astype(int), axis=2)) for one in (page, clean)]
    assert swing[1] < 0.5 * swing[0]
    assert np.array_equal(page[-200:], clean[-200:])


def test_marks_under_moire():
    """Of four pages every seal is present and whose, every empty place absent, and nobody signed who did not."""
    counts = Counter()
    for seed in (9103, 9104, 9105, 9106):
        units = {block: unit for k, (block, unit) in enumerate(UNITS.items()) if k != seed % len(UNITS)}
        names = {block: name for k, (block, name) in enumerate(NAMES.items()) if k % 2 == seed % 2}
        page = judged(blank_paper().complete(units, names, seed=seed), level("moire", seed))
        for kind, made in (("seal", units), ("signature", names)):
            for block, result in page.results(kind).items():
                counts[kind, "made" if block in made else "not", result] += 1
    assert counts["seal", "made", "present"] >= 15, counts
    assert counts["seal", "made", "absent"] == counts["seal", "made", "wrong_unit"] == 0, counts
    assert counts["seal", "not", "absent"] == 4, counts
    assert counts["signature", "made", "present"] == counts["signature", "not", "absent"] == 12, counts


def test_a_page_smaller_than_a_tile():
    """A strip of paper is left as it is."""
    page = np.full((300, 900, 3), 240, np.uint8)
    assert without_screen(page, 8.0, [(0.0, 0.0, 90.0, 30.0)]) is page
