"""Seals on a page: found where they are, whatever their ink, and nothing else taken for one."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake.marks.ink import densities, redness
from intake.marks.seals import round_seals, square_seals
from service.demo.ink import BLACK, DARK_RED, ORANGE_RED, RED
from tests.marked import NAMES, SCALE, UNITS, blank_paper, judged, straight
from tests.paper import LEVELS, Impression, Inking, SealStyle, copied, level

SEEDS = (5001, 5002)


def red_of(paper, scanner):
    return redness(densities(straight(paper, scanner).pixels, SCALE))


def test_every_seal_is_found_and_nothing_else():
    """Five seals a page on levels A-D and F: all found within 1.5 mm, no false one, also not on signed pages."""
    counts = Counter()
    for seed in SEEDS:
        signed = blank_paper().complete({}, NAMES, seed=seed)
        sealed = blank_paper().complete(UNITS, NAMES, seed=seed)
        for name in "ABCDF":
            scanner = level(name, seed)
            counts["false"] += len(round_seals(red_of(signed, scanner), SCALE)) if name in "BDF" else 0
            found = round_seals(red_of(sealed, scanner), SCALE)
            counts["found"] += len(found)
            counts["expected"] += len(UNITS)
    assert counts["found"] == counts["expected"] == 50, counts
    assert counts["false"] == 0, counts


@pytest.mark.parametrize("diameter", [32.0, 38.0, 45.0, 49.0])
@pytest.mark.parametrize("ink", [Inking(RED, 0.9), Inking(ORANGE_RED, 0.45, 0.5), Inking(DARK_RED, 0.9)])
def test_size_and_ink_do_not_matter(diameter, ink):
    """Small and large, pale and dark seals are found with their centre and size within half a millimetre."""
    how = Impression(offset=(0.0, 0.0), ink=ink, style=SealStyle(diameter=diameter))
    paper = blank_paper().stamp_at(0, (100.0, 45.0), "黎城县第三中学校", how)
    (stamp,) = round_seals(red_of(paper, level("B", 5003)), SCALE)
    assert abs(stamp.x - 100) < 0.6
    assert abs(stamp.y - 45) < 0.6
    assert abs(stamp.radius - diameter / 2) < 0.6


def test_overlapping_seals_are_two():
    """Two seals that overlap by a third are both found."""
    paper = blank_paper()
    for x in (80.0, 108.0):
        paper = paper.stamp_at(0, (x, 45.0), "黎城县教育体育局", Impression(offset=(0.0, 0.0)))
    assert len(round_seals(red_of(paper, level("C", 5004)), SCALE)) == 2


def test_what_is_red_or_round_but_no_seal():
    """A red patch, an empty red ring, a red underline, a black round stamp and tea stains are no seals."""
    sheet = blank_paper().sheets[0].copy()
    red = (60, 50, 210)
    cv2.circle(sheet, (700, 500), 240, red, -1)
    cv2.circle(sheet, (1600, 500), 240, red, 10)
    cv2.line(sheet, (150, 900), (2300, 910), red, 8)
    paper = replace(blank_paper(), sheets=(sheet,))
    black = Impression(ink=Inking(BLACK))
    paper = paper.stamp_at(0, (60.0, 200.0), "黎城县教育体育局", black)
    stained = replace(LEVELS["F"], stains=8, seed=5005)
    assert round_seals(red_of(paper, stained), SCALE) == []


def test_name_seals_are_found():
    """A square name seal is found, also with a round seal elsewhere, and a round seal is not square."""
    paper = blank_paper().stamp_at(0, (60.0, 45.0), "钟涛", square=True).stamp("city", "长治市教育局")
    for name in "BDF":
        red = red_of(paper, level(name, 5006))
        rounds = round_seals(red, SCALE)
        (square,) = square_seals(red, SCALE, rounds)
        assert len(rounds) == 1
        assert abs(square.x - 60) < 4
        assert abs(square.radius - 10) < 1


def test_a_page_without_colour_has_no_absent_seal():
    """On gray and 1-bit copies seals are unclear, sealed or not; signatures are still seen."""
    sealed = blank_paper().complete(UNITS, NAMES, seed=5007)
    for bilevel in (False, True):
        scanner = copied(level("B", 5007), bilevel=bilevel)
        for paper in (blank_paper(), sealed):
            assert set(judged(paper, scanner, colour=False).results("seal").values()) == {"unclear"}
    seen = judged(sealed, copied(level("B", 5007)), colour=False).results("signature")
    assert set(seen.values()) <= {"present", "unclear"}
    assert seen["apply"] == "present"
    bare = judged(blank_paper(), copied(level("B", 5007)), colour=False).results("signature")
    assert set(bare.values()) == {"absent"}


def test_a_smear_is_for_a_person():
    """Red ink without a rim in a seal's place is unclear, not absent."""
    sheet = blank_paper().sheets[0].copy()
    left, top = round(160 * 300 / 25.4), round(120 * 300 / 25.4)
    sheet[top : top + 120, left : left + 120] = (70, 60, 215)
    results = judged(replace(blank_paper(), sheets=(sheet,))).results("seal")
    assert results.pop("out_school") == "unclear"
    assert set(results.values()) == {"absent"}


def test_a_seal_half_off_the_box_still_counts():
    """A seal put down 14 mm beside its box's centre belongs to it; one in another block's box does not."""
    how = Impression(offset=(-14.0, 5.0))
    results = judged(blank_paper().stamp("out_school", UNITS["out_school"], how)).results("seal")
    assert results.pop("out_school") == "present"
    assert set(results.values()) == {"absent"}


def test_boxes_are_given_on_the_scan():
    """A finding's box surrounds the seal on the scan, not on the straightened page."""
    how = Impression(offset=(0.0, 0.0), style=SealStyle(diameter=42.0))
    paper = blank_paper().stamp("city", "长治市教育局", how)
    scanner = replace(LEVELS["A"], dpi=300, tilt=0.0)
    box = np.array(judged(paper, scanner).findings["city", "seal"].box)
    place = next(mark for _, mark in paper.marks("city", "seal"))["box"]
    centre = np.array([(place[0] + place[2]) / 2, (place[1] + place[3]) / 2]) * 300 / 25.4
    assert np.abs((box[:2] + box[2:]) / 2 - centre).max() < 8
    assert abs(box[2] - box[0] - 42 / 25.4 * 300) < 16
