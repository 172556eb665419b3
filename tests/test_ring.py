"""Whose seal it is: the right unit's is known, another unit's is named, and no guess is made of what cannot be read."""

from collections import Counter

import numpy as np
import pytest

from intake.marks import neighbours, ring
from intake.marks.alignment import has_hole, scores
from intake.recognise import LineReading
from service.demo.ink import RED
from tests.marked import NAMES, REGISTRY, UNITS, blank_paper, judged
from tests.paper import Impression, Inking, SealStyle, level

OTHER = {
    "out_school": "黎城县第一中学校",
    "in_school": "黎城县第三中学校",
    "out_auth": "襄垣县教育体育局",
    "in_auth": "长治市上党区教育局",
    "city": "长治市潞州区教育局",
}
ALPHABET = {letter: k + 1 for k, letter in enumerate("黎城县第一二三中学校教育局")}


def strip(text, sure=0.99):
    """Return a reading that shows a text; ? is a place where nothing can be read."""
    probabilities = np.full((3 * len(text) + 4, len(ALPHABET) + 1), 1e-6, np.float32)
    probabilities[:, 0] = 1
    for k, letter in enumerate(text):
        if letter != "?":
            probabilities[3 * k + 2, 0] = 1 - sure
            probabilities[3 * k + 2, ALPHABET[letter]] = sure
    return LineReading(text, sure, probabilities, ALPHABET)


def test_right_and_wrong_units():
    """On levels A-D and F each right seal is present and each other unit's wrong; on a bad photo none is mistaken."""
    counts = Counter()
    for seed, units, wanted in ((6001, UNITS, "present"), (6002, OTHER, "wrong_unit")):
        paper = blank_paper().complete(units, NAMES, seed=seed)
        for name in "ABCDEF":
            page = judged(paper, level(name, seed))
            for block, result in page.results("seal").items():
                counts["E" if name == "E" else "A-F", wanted, result] += 1
                if result == "wrong_unit":
                    assert page.findings[block, "seal"].unit == units[block]
    assert counts["A-F", "present", "present"] >= 24, counts
    assert counts["A-F", "wrong_unit", "wrong_unit"] >= 24, counts
    for level_name in ("E", "A-F"):
        assert counts[level_name, "present", "wrong_unit"] == 0, counts
        assert counts[level_name, "wrong_unit", "present"] == 0, counts
        assert counts[level_name, "present", "absent"] == counts[level_name, "wrong_unit", "absent"] == 0, (
            counts
        )


@pytest.mark.parametrize("turn", [-150.0, -40.0, 35.0, 90.0, 180.0])
def test_a_seal_may_stand_askew(turn):
    """The ring is cut at its gap, so a seal put down upside down is read like any other."""
    paper = blank_paper().stamp("city", UNITS["city"], Impression(turn=turn, ink=Inking(RED)))
    assert judged(paper).results("seal")["city"] == "present"


@pytest.mark.parametrize("bottom", ["学籍管理专用章", "验印专用章"])
def test_a_line_below_the_star_does_not_disturb(bottom):
    """A seal with a second line of text is still its unit's."""
    how = Impression(ink=Inking(RED), style=SealStyle(bottom=bottom))
    paper = blank_paper().stamp("out_auth", UNITS["out_auth"], how)
    assert judged(paper).results("seal")["out_auth"] == "present"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("黎城县第四中学校", {"unclear"}),
        ("黎城县第三中学", {"unclear", "present"}),
        ("某某有限公司", {"unclear"}),
        ("壶关县第三中学校", {"wrong_unit"}),
        ("屯留区教育局", {"wrong_unit"}),
    ],
)
def test_a_unit_nobody_registered_is_never_present(name, wanted):
    """A seal that surely reads as another unit is a wrong one, also unregistered; one letter away it is unclear."""
    paper = blank_paper().stamp("out_school", name, Impression(ink=Inking(RED)))
    assert judged(paper).results("seal")["out_school"] in wanted


def test_one_name_in_the_registry_is_no_free_pass():
    """With a single registered unit its own seal is present, one a letter away unclear, another one wrong."""
    for name, wanted in (
        ("黎城县第三中学校", "present"),
        ("黎城县第一中学校", "unclear"),
        ("长治市教育局", "wrong_unit"),
    ):
        paper = blank_paper().stamp("out_school", name, Impression(ink=Inking(RED)))
        results = judged(paper, registry=["黎城县第三中学校"]).results("seal")
        assert results["out_school"] == wanted


def test_an_empty_registry_leaves_every_seal_unclear():
    """Without names to compare with, a seal is there but nobody's."""
    paper = blank_paper().stamp("city", "长治市教育局")
    assert judged(paper, registry=()).results("seal")["city"] == "unclear"


def test_of_two_seals_in_one_place_the_right_one_counts():
    """A wrong seal corrected by the right one beside it is present."""
    paper = blank_paper().stamp("city", "长治市实验中学", Impression(offset=(-26.0, 0.0), ink=Inking(RED)))
    paper = paper.stamp("city", "长治市教育局", Impression(offset=(17.0, 4.0), ink=Inking(RED)))
    assert judged(paper).results("seal")["city"] == "present"


def test_scores_of_names():
    """Extra letters cost every name the same, another letter contradicts, an unread one is smudged."""
    names = ("黎城县第三中学校", "黎城县第一中学校")
    exact, other = (scores(strip(text), names) for text in ("黎城县第三中学校", "黎城县第二中学校"))
    assert exact.total[0] == pytest.approx(0, abs=0.2)
    assert exact.total[1] < -5
    assert other.contradicted.max() < -5
    extra = scores(strip("局黎城县第三中学校育"), names)
    assert extra.total[0] - extra.total[1] == pytest.approx(exact.total[0] - exact.total[1], abs=0.1)
    smudged = scores(strip("黎城县第?中学校"), names)
    assert smudged.total[0] == pytest.approx(smudged.total[1])
    assert smudged.contradicted[0] == pytest.approx(0, abs=0.2)
    assert smudged.smudged[0] < -5
    assert scores(LineReading("黎城", 1.0), names) is None


def test_a_unit_one_letter_off_does_not_take_the_name():
    """第二 read without conviction is no 第三, though no register here knows a 第二; nor is one whose number is hidden."""
    names = ("黎城县第三中学校", "黎城县教育局")

    def won(text, sure):
        reading = strip(text, sure)
        cuts = [ring._Cut(reading, scores(reading, names))] * ring.AGREEING
        return ring._won(cuts, names).unit

    faint = strip("黎城县第二中学校", 0.9).probabilities.copy()
    faint[3 * 4 + 2, ALPHABET["三"]] = 0.02
    reading = LineReading("黎城县第二中学校", 0.9, faint, ALPHABET)
    cuts = [ring._Cut(reading, scores(reading, names))] * ring.AGREEING
    assert ring._winner([cut.scores for cut in cuts], names).unit == names[0]
    assert ring._won(cuts, names).unit is None
    assert won("黎城县第三中学校", 0.9) == names[0]
    assert won("黎城县第?中学校", 0.99) is None


def test_a_ring_with_room_for_another_letter_is_nobodys():
    """Where a signature hides 源, 沁源县 reads as 沁县: the gap between two letters tells, a letter less does not."""
    name = "黎城县第三中学校"
    even, wide = strip(name), strip("黎城县第?三中学校")
    assert not has_hole(even, name)
    assert has_hole(wide, name)
    for reading, whose in ((even, name), (wide, None)):
        cuts = [ring._Cut(reading, scores(reading, (name,)))] * ring.AGREEING
        assert ring._won(cuts, (name,)).unit == whose


def test_a_hidden_letter_does_not_give_the_ring_to_another():
    """What is read weighs more against a name than what is not; nor is it that of the name whose letter nothing shows."""
    names = ("黎城县第三中学校", "黎教第三中学校")
    reading = strip("黎?县第三中学校")
    cuts = [ring._Cut(reading, scores(reading, names))] * ring.AGREEING
    found = ring._winner([cut.scores for cut in cuts], names)
    assert found.unit is None
    faint = reading.probabilities.copy()
    faint[3 * 1 + 2, ALPHABET["城"]] = 0.02
    shown = LineReading(reading.text, reading.confidence, faint, ALPHABET)
    cuts = [ring._Cut(shown, scores(shown, names))] * ring.AGREEING
    found = ring._winner([cut.scores for cut in cuts], names)
    assert (found.unit, found.whole) == (names[0], False)


def test_a_letter_is_lost_whether_it_is_missing_or_misread():
    """白源县, 源县, 向源县: each cut costs 沁源县 its letter, though not two of them in the same way; 长源县 was taken for it."""
    names = ("黎城县第三中学校", "黎城县教育局")
    readings = [
        strip(text) for text in ("黎?县第三中学校", "黎中县第三中学校", "黎?县第三中学校", "黎中县第三中学校")
    ]
    found = ring._winner([scores(reading, names) for reading in readings], names)
    assert found.unit is None


def test_neighbours_differ_in_one_letter_of_their_kind():
    """Another number, another kind of place, another stage; a name without such letters has none."""
    near = neighbours.of("黎城县第三中学校")
    assert {"黎城县第二中学校", "黎城市第三中学校", "黎城县第三小学校"} <= set(near)
    assert all(sum(a != b for a, b in zip(one, "黎城县第三中学校", strict=True)) == 1 for one in near)
    assert neighbours.of("某某公司") == ()


def test_a_longer_name_beats_the_one_inside_it():
    """Of two registered names, one within the other, the one that explains the whole ring wins."""
    names = ("黎城县第三中学", "黎城县第三中学校")
    longer = scores(strip("黎城县第三中学校"), names).total
    shorter = scores(strip("黎城县第三中学"), names).total
    assert longer[1] - longer[0] > ring.CLEAR_MARGIN
    assert shorter[0] - shorter[1] > ring.CLEAR_MARGIN


def test_registry_of_many_units_is_fast_enough():
    """Two hundred names are scored on one strip in under half a second."""
    import time

    names = [f"{county}{school}" for county in REGISTRY[:10] for school in REGISTRY] * 2
    reading = strip("黎城县第三中学校" * 2)
    started = time.process_time()
    scores(reading, names)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("seed", [6017, 6021, 6028, 6036])
def test_a_hand_over_the_page_hides_no_seal(seed):
    """In and across a hand's shadow seals were not found, or their letters drowned in its edge: each is its unit's."""
    paper = blank_paper().complete(UNITS, NAMES, seed=seed)
    found = judged(paper, level("shadow", seed)).results("seal")
    assert set(found.values()) == {"present"}, found
