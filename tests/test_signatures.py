"""Signatures: seen in their box in any ink and hand, and not where only print, seals or dirt are."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake.marks.signatures import ENOUGH_MM2, without_dates, written
from service.demo.ink import BLUE, RED
from tests.marked import NAMES, UNITS, blank_paper, judged
from tests.paper import Impression, Inking, level

SEEDS = (7001, 7002)


def test_signatures_are_seen_and_none_is_invented():
    """Half the boxes are signed, all blocks sealed: on levels A-D and F each is judged right."""
    counts = Counter()
    for seed in SEEDS:
        signed = {block: name for k, (block, name) in enumerate(NAMES.items()) if k % 2 == seed % 2}
        paper = blank_paper().complete(UNITS, signed, seed=seed)
        for name in "ABCDEF":
            for block, result in judged(paper, level(name, seed)).results("signature").items():
                counts["E" if name == "E" else "A-F", "signed" if block in signed else "empty", result] += 1
    assert counts["A-F", "signed", "present"] == 30, counts
    assert counts["A-F", "empty", "present"] == 0, counts
    assert counts["A-F", "empty", "absent"] >= 28, counts
    assert counts["E", "signed", "absent"] == 0, counts
    assert counts["E", "empty", "present"] == 0, counts


def test_a_short_name_in_blue_is_enough():
    """Two letters in blue are a signature."""
    assert judged(blank_paper().sign("apply", "丁一", BLUE)).results("signature")["apply"] == "present"


def test_a_seal_over_the_box_is_no_signature():
    """A dark seal across the signature box leaves it absent; the same box signed below the seal is present."""
    how = Impression(offset=(-24.0, 0.0), ink=Inking(RED, strength=0.95))
    sealed = blank_paper().stamp("city", UNITS["city"], how)
    assert judged(sealed).results("signature")["city"] == "absent"
    both = blank_paper().sign("city", "欧阳震").stamp("city", UNITS["city"], how)
    assert judged(both).results("signature")["city"] == "present"


def test_a_name_seal_may_stand_for_the_signature():
    """A head's name seal in the signature box is present."""
    paper = blank_paper().sign_by_seal("out_school", "钟涛")
    assert judged(paper).results("signature")["out_school"] == "present"


def test_folds_stains_and_misregistration_are_no_signature():
    """An unsigned sheet, folded, stained and laid 0.3 mm off, shows no signature."""
    for seed in SEEDS:
        scanner = replace(level("F", seed), stains=6, creases=4)
        results = judged(blank_paper(), scanner).results("signature")
        assert set(results.values()) <= {"absent", "unclear"}
        assert list(results.values()).count("absent") >= 5


def test_a_hair_across_the_box_signs_nothing():
    """A bent hair of a dozen millimetres is no signature; it was one, and a wrong one is the worst."""
    left, top = next(mark for _, mark in blank_paper().marks("city", "signature"))["box"][:2]
    along = np.linspace(0, 1, 40)
    points = np.stack([left + 2 + 11 * along, top + 4 + 6 * np.sin(2.5 * along)], axis=1) * 300 / 25.4
    sheet = blank_paper().sheets[0].copy()
    cv2.polylines(sheet, [np.round(points).astype(np.int32)], False, (70, 70, 70), 2, cv2.LINE_AA)
    for name in "BD":
        hairy = judged(replace(blank_paper(), sheets=(sheet,)), level(name, 7004)).results("signature")
        assert hairy.pop("city") != "present"
        assert set(hairy.values()) == {"absent"}


def test_a_pencil_is_for_a_person():
    """A signature so pale that it stays under every pen is no bare box: it was absent."""
    pale = blank_paper().sign("city", "欧阳震", (150, 150, 150))
    for name in "BCD":
        signed = judged(pale, level(name, 7005)).results("signature")
        assert signed.pop("city") in {"unclear", "present"}
        assert set(signed.values()) == {"absent"}


def test_without_the_archived_page_nobody_can_tell():
    """Without the reference print and pen look alike: unclear."""
    results = judged(blank_paper().complete(UNITS, NAMES, seed=7003), known=False).results("signature")
    assert set(results.values()) == {"unclear"}


@pytest.mark.parametrize("shape", [(2, 90), (3, 3)])
def test_rules_and_specks_are_no_strokes(shape):
    """A straight rule and specks of dirt leave no ink that counts."""
    ink = np.zeros((200, 200), bool)
    for row in range(20, 180, 30):
        ink[row : row + shape[0], 40 : 40 + shape[1]] = True
    assert written(ink, (2.0, 2.0, 22.0, 22.0), 8.0).strength == 0
    assert ENOUGH_MM2 > 0


def test_a_date_signs_nothing():
    """Digits that keep to the place of a date are no signature; a name that reaches into it is one, whole."""
    added = np.zeros((400, 600), np.bool_)
    added[205:235, 310:325] = added[204:232, 340:352] = True  # two digits in the place of a date
    added[120:215, 100:300] = added[200:240, 290:296] = True  # a name above it, and its tail inside
    only_dated = without_dates(added & (np.arange(600) >= 305), [(28.0, 20.0, 40.0, 25.0)], 10.0)
    assert not only_dated.any()
    both = without_dates(added, [(28.0, 20.0, 40.0, 25.0)], 10.0)
    assert both[:, :305].sum() == added[:, :305].sum()
    assert not both[:, 305:].any()
    assert added[:, 305:].any()
