"""Comparison: same text matches, other text on other ink is altered, and every doubt is left to a person."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake import compare, ink, lines
from intake.lines import Cut
from intake.recognise import LineReading
from intake.shapes import Shape
from intake.strokes.page import Standing, with_strokes

CROP = np.full((40, 100), 255, np.uint8)


class Reading(LineReading):
    """A reading whose margin is set by the test: what the network would say is not the point here."""

    def __init__(self, text, margin, confidence=0.99, weakest=0.95):
        super().__init__(text, confidence, weakest=weakest)
        object.__setattr__(self, "fixed", margin)

    fixed = None

    def margin(self, _expected):
        """Return what the test said."""
        return self.fixed


def judged(expected, reading, likeness, added=0.0, lost=0.0):
    return compare.line(expected, reading, Cut(CROP, likeness, added, lost)).result


@pytest.mark.parametrize(
    ("expected", "reading", "likeness", "result"),
    [
        ("文勇俊", Reading("文勇俊", 0), 0.99, "match"),
        ("文勇俊", Reading("文 勇俊", 0), 0.99, "match"),
        ("实验（东）", Reading("实验(东)", 0), 0.99, "match"),
        ("文勇俊", Reading("文勇峻", -14), 0.7, "altered"),
        ("文勇俊", Reading("文勇峻", -14), None, "altered"),
        ("文勇俊", Reading("文勇峻", -14), 0.99, "unreadable"),
        ("文勇俊", Reading("文勇峻", -4), 0.7, "unreadable"),
        ("欧阳䶮", Reading("欧阳龚", -0.6), 0.99, "match"),
        ("冯晴", Reading("冯睛", -1.4), 0.93, "unreadable"),
        ("王𬱖", Reading("王頔", -20), 0.99, "match"),
        ("王𬱖", Reading("王頔", -20), 0.91, "unreadable"),
        ("王𬱖", Reading("王頔", -20), 0.8, "altered"),
        ("汪𬱖", Reading("王頔", -20), 0.99, "unreadable"),
        ("欧阳\ue000", Reading("欧阳龚", None), 0.99, "unreadable"),
    ],
)
def test_text_and_ink_judge_together(expected, reading, likeness, result):
    """The table of cases: text the same, other ink, same ink, doubt."""
    assert judged(expected, reading, likeness) == result


def test_the_same_text_on_other_ink_is_left_to_a_person():
    """孑 printed over 子 reads the same; the missing ink gives it away, a mere crease does not."""
    assert judged("孙子", Reading("孙子", 0), 0.63, lost=0.3) == "unreadable"
    assert judged("孙子", Reading("孙子", 0), 0.63, added=0.05, lost=0.0) == "match"


def test_a_signature_over_a_value_is_not_an_alteration():
    """Foreign ink over the line and an unsure character: a person must look."""
    assert judged("文勇俊", Reading("文勇俊么", -12, weakest=0.4), 0.4, added=0.08) == "unreadable"
    added = Cut(CROP, 0.4, 0.08, touched=0.3)
    assert compare.line("文勇俊", Reading("文勇俊杰", -12, weakest=0.99), added).result == "altered"


def test_a_number_that_fails_its_checksum_needs_clearer_ink():
    """A misread id number betrays itself; a really changed one has other ink as well."""
    expected = "11010519491231002X"
    assert not compare.fails_checksum(expected)
    assert compare.fails_checksum("110105194912310021")
    assert not compare.fails_checksum("2011年4月12日")
    assert judged(expected, Reading("110105194912310021", -12), 0.86) == "unreadable"
    assert judged(expected, Reading("110105194912310021", -12), 0.5) == "altered"


def test_every_single_digit_error_of_an_id_number_is_caught():
    """GB 11643's check character catches all of them."""
    number = "11010519491231002X"
    for at in range(17):
        for digit in "0123456789":
            if digit != number[at]:
                assert compare.fails_checksum(number[:at] + digit + number[at + 1 :])


def test_without_probabilities_only_a_sure_reading_of_other_ink_alters():
    """Tesseract's misreadings stay with a person unless it is sure and the ink differs too."""
    assert judged("文勇俊", LineReading("文勇峻", 0.95, weakest=0.95), 0.6) == "altered"
    assert judged("文勇俊", LineReading("文勇峻", 0.95, weakest=0.95), 0.95) == "unreadable"
    assert judged("文勇俊", LineReading("文勇峻", 0.5, weakest=0.5), 0.6) == "unreadable"
    assert judged("文勇俊", LineReading("", 0.0), 0.6) == "unreadable"
    assert judged("文勇俊", LineReading("文勇俊", 0.9), 0.99) == "match"


def test_lines_of_one_value_are_judged_together():
    """One altered line alters the value, else one unreadable line leaves it to a person."""
    good = compare.Judgement("长治市潞州区", "match", 0.99)
    bad = compare.Judgement("实验小学", "altered", 0.97)
    doubt = compare.Judgement("实验", "unreadable", 0.5)
    assert compare.value([good, bad]) == compare.Judgement("长治市潞州区实验小学", "altered", 0.97)
    assert compare.value([good, doubt]).result == "unreadable"
    assert compare.value([doubt, bad]).result == "altered"
    assert compare.value([good, good]).result == "match"


def test_the_usual_likeness_comes_from_lines_that_read_right():
    """A page of another person, all values different, must not lower what is asked of its ink."""
    texts = ["甲", "乙", "丙", "丁"]
    right = [LineReading(text, 0.9) for text in texts]
    wrong = [LineReading("戊", 0.9)] * 4
    cuts = [Cut(CROP, likeness) for likeness in (0.93, 0.94, 0.95, 0.3)]
    assert compare.usual_likeness(texts, right, cuts) == pytest.approx(0.935)
    assert compare.usual_likeness(texts, wrong, cuts) == 1.0


def test_likeness_sees_one_replaced_part():
    """Equal pictures are alike to 1, noise costs little, one replaced bar much."""
    rng = np.random.default_rng(0)
    archived = np.full((40, 400), 255, np.uint8)
    for k in range(10):
        archived[8:32, 20 + 38 * k : 24 + 38 * k + 5 * (k % 3)] = 0
    noisy = np.clip(archived.astype(int) + rng.normal(0, 12, archived.shape), 0, 255).astype(np.uint8)
    changed = noisy.copy()
    changed[8:32, 172:200] = 250
    changed[18:22, 172:200] = 5
    assert ink.likeness(archived, archived, 26) == pytest.approx(1, abs=1e-3)
    assert ink.likeness(noisy, archived, 26) > 0.95
    assert ink.likeness(changed, archived, 26) < 0.6


def test_added_characters_come_into_the_crop():
    """The cut reaches as far as the archive is blank, and stops before the next print."""
    archived = np.full((200, 900), 255, np.uint8)
    archived[80:110, 100:300:12] = 0
    archived[60:130, 420:424] = 0
    page = archived.copy()
    page[80:110, 310:330] = 0
    box = tuple(edge * 25.4 / 200 for edge in (98, 79, 302, 111))
    clean = lines.cut(archived, archived, box)
    longer = lines.cut(page, archived, box)
    assert longer.crop.shape[1] > clean.crop.shape[1] + 15
    assert clean.added == 0
    assert longer.added > 0
    assert (longer.crop[:, -8:] > 200).all()


@pytest.mark.parametrize(
    ("expected", "touched", "signed", "result"),
    [
        ("2025年", 0.0, False, "match"),
        ("2025年", 0.06, False, "unreadable"),
        ("2025年", 0.06, True, "unreadable"),
        ("钟涛", 0.3, True, "match"),
        ("钟涛", 0.3, False, "unreadable"),
    ],
)
def test_a_pen_over_print_goes_to_a_person(expected, touched, signed, result):
    """A recogniser reads the 5 under a 6: the pen's ink beside the print decides, but a signature may cross a name."""
    cut = Cut(CROP, 0.99, signed=signed, touched=touched)
    assert compare.line(expected, Reading(expected, 0), cut).result == result


def test_a_pen_that_may_have_made_another_letter_is_looked_at():
    """秦志达 over 秦志远 below a signature: the recogniser may read what was printed, the strokes decide."""
    cut = Cut(CROP, 0.99, signed=True, touched=0.3)
    assert compare.line("秦志远", Reading("秦志远", 0), cut, 1.0, Shape(penned=True)).result == "unreadable"
    clean = Cut(CROP, 0.99, signed=True)
    assert compare.line("秦志远", Reading("秦志远", 0), clean, 1.0, Shape(penned=True)).result == "match"


@pytest.mark.parametrize(
    ("cut", "shape", "told"),
    [
        ({}, {"penned": False}, True),
        ({}, {"penned": True}, False),
        ({}, {}, False),
        ({"lost": 0.2}, {"penned": False}, False),
        ({"signed": False}, {"penned": False}, False),
        ({"faded": True}, {"penned": False}, False),
        ({}, {"penned": False, "rival": 0.9}, False),
        ({"within": 0.3}, {"penned": False}, True),
    ],
    ids=["signed", "another-letter", "unasked", "lost-ink", "elsewhere", "scraped", "lookalike", "in-line"],
)
def test_a_signature_alone_explains_an_unread_name(cut, shape, told):
    """All its print stands, no stroke makes another letter of it: then nothing but the signature is in the way."""
    crossed = Cut(CROP, 0.4, **{"signed": True, "touched": 0.3, **cut})
    judged = compare.line("秦志远", Reading("秦志选", -8, weakest=0.9), crossed, 1.0, Shape(**shape))
    assert (judged.result == "unreadable" and judged.signed_over) == told
    assert compare.value([judged, compare.Judgement("", "unreadable", 0.9)]).signed_over is False


def test_another_name_read_beyond_doubt_is_no_signature():
    """Nor is a number ever: what is written over below a signature holds the verdict back."""
    crossed = Cut(CROP, 0.4, signed=True, touched=0.3)
    whole = Shape(penned=False)
    sure = compare.line("秦志远", Reading("秦志选", -8, weakest=1.0), crossed, 1.0, whole)
    assert (sure.result, sure.signed_over) == ("unreadable", False)
    number = compare.line("2025年", Reading("2025年", 0), crossed, 1.0, whole)
    assert (number.result, number.signed_over) == ("unreadable", False)


def test_a_blot_on_a_digit_accuses_nobody():
    """No numeral explains it much better than the printed one, which is still read."""
    blotted = Cut(CROP, 0.8, touched=0.4)
    blot = Shape(0.95, overwritten=True)
    assert compare.line("2019", Reading("2019", 0), blotted, 1.0, blot).result == "unreadable"


def test_a_scraped_value_is_altered_though_it_can_be_read():
    """What is left of scraped ink reads as before; beside the other lines of the page it is a ghost of an eighth."""
    told = [Cut(CROP, 0.99, depth=depth) for depth in (200.0, 190.0, 210.0, 80.0, 30.0)]
    judged = [compare.line("文勇俊", Reading("文勇俊", 0), cut) for cut in lines.held_together(told)]
    assert [one.result for one in judged] == ["match", "match", "match", "unreadable", "altered"]
    assert judged[-1].read == ""
    hidden = [replace(cut, sealed=0.9) for cut in told]
    assert (
        compare.line("文勇俊", Reading("文勇俊", 0), lines.held_together(hidden)[-1]).result == "unreadable"
    )


def test_a_letter_wiped_out_is_altered_whatever_is_read():
    """Recognisers read on what a knife left; ink that only strayed from its place is not gone."""
    for vacant, result in ((1.0, "altered"), (0.4, "unreadable")):
        wiped = Cut(CROP, 0.4, lost=1.0, vacant=vacant)
        assert compare.line("文勇俊", Reading("文勇俊", 0), wiped).result == result


def test_letters_that_are_the_better_pictures_speak_for_themselves():
    """具 read for 县 in a dark photo, without conviction and on ink much like it: the picture of 具 decides."""
    reading, soft = Reading("武乡具", -4.5, weakest=0.6), Cut(CROP, 0.95)
    assert compare.line("武乡县", reading, soft, 1.0, Shape(0.2, 0.2, 0.2)).result == "altered"
    assert compare.line("武乡县", reading, soft, 1.0, Shape(0.2, 0.2, 0.95)).result == "unreadable"
    for cut in (Cut(CROP, 0.95, signed=True), Cut(CROP, 0.95, sealed=0.9)):
        assert compare.line("武乡县", reading, cut, 1.0, Shape(0.2, 0.2, 0.2)).result == "unreadable"


def test_a_lookalike_that_reads_right_is_altered_when_its_shape_is_plain():
    """曰 read as 日: other ink and a far better picture accuse, a little better one asks a person."""
    for rival, result in ((0.4, "altered"), (0.8, "unreadable")):
        for like in (0.7, 0.95):
            cut = Cut(CROP, like)
            assert compare.line("31日", Reading("31日", 0), cut, 1.0, Shape(rival)).result == result


def test_a_pen_on_a_numeral_alone_is_an_alteration():
    """An 8 made of a 3, read as either: all print stands, the pen keeps to numerals, another one fits as well."""
    written = Cut(CROP, 0.8, touched=0.4)
    over = Shape(0.75, overwritten=True)
    for text, read in (("2013年", ""), ("2018年", "2018年")):
        told = compare.line("2013年", Reading(text, 0 if not read else -2), written, 1.0, over)
        assert (told.result, told.read) == ("altered", read)
    note = Shape(1.6, overwritten=True)
    assert compare.line("2013年", Reading("2013年", 0), written, 1.0, note).result == "unreadable"
    strayed = Cut(CROP, 0.8, touched=0.4, lost=0.5)
    assert compare.line("2013年", Reading("2013年", 0), strayed, 1.0, over).result == "unreadable"


@pytest.mark.parametrize(
    ("reading", "cut", "shape"),
    [
        (Reading("二六年", -17), {"touched": 0.4}, {}),
        (Reading("二〇二六年第", -9), {"touched": 0.08}, {}),
        (Reading("二〇二六年第", -9, weakest=0.6), {"touched": 0.4}, {}),
        (Reading("二〇二六年第", -9), {"touched": 0.4, "sealed": 0.9}, {}),
        (Reading("二〇二大年", -9), {"touched": 0.4}, {"rival": 0.95}),
    ],
    ids=["shorter", "crease", "unsure", "under-a-seal", "no-other-letter"],
)
def test_a_differing_reading_alone_accuses_nobody_while_all_print_stands(reading, cut, shape):
    """A note, a crease or a seal across a line makes recognisers read something else."""
    judged = compare.line("二〇二六年", reading, Cut(CROP, 0.5, **cut), 1.0, Shape(**shape))
    assert judged.result == "unreadable"


def test_print_set_right_behind_a_value_goes_to_a_person():
    """明 squeezed between 黎城县 and the comma: the value reads as ever, the ink beside it does not."""
    assert compare.line("黎城县", Reading("黎城县", 0), Cut(CROP, 0.99, beside=0.3)).result == "unreadable"
    archived = np.full((200, 500), 255, np.uint8)
    archived[80:110, 100:300:12] = 0
    archived[80:110, 316:320] = 0
    page = archived.copy()
    page[80:110:6, 302:325] = 0
    box = tuple(edge * 25.4 / 200 for edge in (98, 79, 302, 111))
    assert lines.cut(archived, archived, box).beside == 0
    assert lines.cut(page, archived, box).beside >= compare.ADDED_PEN


def test_print_beneath_a_seal_is_found_by_its_red_light():
    """Lifting a seal out of a dark photo takes print along; where the print is gone its red light is too."""
    archived = np.full((40, 120), 255, np.uint8)
    archived[8:32, 10:110:12] = 0
    archived[8:32, 11:110:12] = 0
    there = np.full((40, 120, 3), 250, np.uint8)
    there[:] = (70, 70, 200)
    gone = there.copy()
    there[archived == 0] = (54, 40, 110)
    for colour, least, most in ((there, 0.0, 0.1), (gone, 0.9, 1.0)):
        lifted = lines.without_red(colour)
        lost, sealed = ink.lost_beneath(lifted, archived, 26, colour)
        assert least <= lost <= most
        assert sealed == pytest.approx(1)


def test_a_blurred_page_is_not_written_over():
    """Blur swells every line a little; a pen swells one; a page written over everywhere is no blurred one."""
    assert [
        cut.touched for cut in lines.held_together([Cut(CROP, 0.9, touched=t) for t in (0.03, 0.04, 0.09)])
    ] == [0, 0, 0]
    one = lines.held_together([Cut(CROP, 0.9, touched=t) for t in (0.0, 0.0, 0.07)])
    assert one[2].touched > compare.TOUCHED
    everywhere = lines.held_together([Cut(CROP, 0.9, touched=0.4)] * 3)
    assert everywhere[0].touched > compare.TOUCHED


def test_a_letter_that_may_be_another_goes_to_a_person():
    """笫 printed for 第 is read as 第: where the picture speaks for the lookalike, or for neither, nothing matches."""
    cut = Cut(CROP, 0.99)
    for rival, result in ((0.7, "unreadable"), (1.0, "unreadable"), (1.3, "match")):
        assert compare.line("第", Reading("第", 0), cut, 1.0, Shape(rival)).result == result
        assert compare.line("第", Reading("笫", -1), cut, 1.0, Shape(rival)).result == result


def test_the_letters_themselves_may_speak_against_a_doubtful_reading():
    """入 read as 人 without much conviction matches when 入 is clearly the better picture, and on clean ink only."""
    doubtful = Reading("正常人学", -2.5)
    cut = Cut(CROP, 0.96)
    assert compare.line("正常入学", doubtful, cut, 1.0, Shape(1.8, 1.8)).result == "match"
    assert compare.line("正常入学", doubtful, cut, 1.0, Shape(1.8, 1.2)).result == "unreadable"
    assert compare.line("正常入学", doubtful, Cut(CROP, 0.96, touched=0.1), 1.0, Shape(1.8, 1.8)).result == (
        "unreadable"
    )
    assert compare.line("正常入学", Reading("正常人学", -5), cut, 1.0, Shape(1.8, 1.8)).result == "unreadable"


def _lined():
    """An archived picture with a word in its middle and print around it; the word's box in mm."""
    archived = np.full((300, 600), 255, np.uint8)
    archived[140:170, 200:300:10] = 0
    archived[141:169:9, 200:300] = 0
    for top in (90, 210):
        archived[top : top + 26, 180:420:14] = 0
    return archived, tuple(edge * 25.4 / 200 for edge in (199, 139, 301, 171))


def test_a_pen_that_keeps_to_the_line_is_no_signature():
    """Where people sign, strokes across a printed word are theirs unless they end where the word does."""
    archived, box = _lined()
    signed, written = archived.copy(), archived.copy()
    cv2.line(signed, (195, 205), (310, 105), 20, 5)
    cv2.line(written, (245, 145), (262, 166), 20, 5)
    for page, result in ((signed, "match"), (written, "unreadable")):
        cuts = [lines.cut(page, archived, box, signed=True)]
        (cut,) = with_strokes(cuts, [Standing(box)], (page, archived, None))
        assert cut.touched > compare.TOUCHED
        assert compare.line("钟涛", Reading("钟涛", 0), cut).result == result


def test_print_around_a_line_proves_where_it_lies():
    """A folded corner hides the neighbours too; swollen paper moves them a little; bare paper around proves nothing."""
    archived, box = _lined()
    assert lines.held(archived, archived, box)
    assert lines.held(np.roll(archived, (3, -4), (0, 1)), archived, box)
    changed = archived.copy()
    changed[139:171, 199:301] = 255
    assert lines.held(changed, archived, box)
    assert not lines.held(np.full_like(archived, 250), archived, box)
    assert not lines.held(np.full_like(archived, 30), archived, box)
    assert not lines.held(np.roll(archived, (60, 40), (0, 1)), archived, box)
    alone = np.full_like(archived, 255)
    alone[140:170, 200:300:10] = 0
    assert lines.held(np.full_like(archived, 250), alone, box)
