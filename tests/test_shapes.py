"""Letters held against those that look like them: a forged one is the better explanation of its own picture, however soft."""

from pathlib import Path

import numpy as np
import pytest

from intake import shapes
from intake.reference import Printed
from intake.thresholds import CLEARLY, RIVAL
from tests.lettered import POINTS, drawn, scanned
from tests.specimens.sheet import FONT

PAIRS = ("第笫", "己已", "未末", "日曰", "人入", "失夫", "料科", "字宇", "住往", "县具", "术木", "晋詈")


def looked_at(archived, page, box, text, read):
    line = {"text": text, "box": box}
    return shapes.seen(page, archived, ({"size_pt": POINTS}, line), (read, Path(FONT)))


@pytest.mark.parametrize(("blur", "noise"), [(0.5, 3), (1.0, 8), (1.6, 6)])
@pytest.mark.parametrize("pair", PAIRS)
def test_a_letter_is_told_from_its_lookalike(pair, blur, noise):
    """Whichever of the two was printed: the archive's letter wins on its own paper and loses on the forger's."""
    for mine, other in (pair, pair[::-1]):
        text = f"山{mine}国"
        archived, box = drawn(text)
        honest = looked_at(archived, scanned(archived.pixels, blur, noise), box, text, text)
        assert honest.rival >= RIVAL
        if other not in shapes.lookalikes().get(mine, ""):
            continue
        forged, _ = drawn(f"山{other}国")
        told = looked_at(archived, scanned(forged.pixels, blur, noise), box, text, text)
        assert told.rival < 1


def test_most_pairs_are_in_the_table():
    """The table is derived from pictures; these pairs are what forgers and recognisers take for each other."""
    both = [pair for pair in PAIRS if pair[1] in shapes.lookalikes().get(pair[0], "")]
    assert len(both) >= len(PAIRS) - 1


@pytest.mark.parametrize(("blur", "noise"), [(0.5, 3), (1.0, 8), (1.6, 6)])
@pytest.mark.parametrize("pair", ["国囯", "高髙", "内內", "吕呂", "黄黃", "温溫", "别別", "明眀", "王玊"])
def test_a_variant_beyond_the_common_letters_is_another_name(pair, blur, noise):
    """呂 for 吕: recognisers read one as the other, a register has two people."""
    mine, other = pair
    archived, box = drawn(f"山{mine}西")
    forged, _ = drawn(f"山{other}西")
    honest, told = (
        looked_at(archived, scanned(one.pixels, blur, noise), box, f"山{mine}西", f"山{mine}西")
        for one in (archived, forged)
    )
    assert told.rival < RIVAL <= honest.rival


def test_what_was_read_instead_is_held_against_the_letter():
    """入 read as 人 in a soft photo: the picture says which of the two stands there."""
    archived, box = drawn("正常入学")
    page = scanned(archived.pixels, 1.6, 6)
    assert looked_at(archived, page, box, "正常入学", "正常人学").read >= CLEARLY
    forged, _ = drawn("正常人学")
    assert looked_at(archived, scanned(forged.pixels, 1.6, 6), box, "正常入学", "正常人学").read < 1
    assert looked_at(archived, page, box, "正常入学", "正常学").read == 0


def test_what_cannot_be_laid_over_the_archive_says_nothing():
    """Other letters than the layout's, or a place at the page's edge: no evidence either way."""
    archived, box = drawn("正常入学")
    assert looked_at(archived, archived.pixels, box, "正常人学", "正常人学") == shapes.UNSEEN
    cut = Printed(archived.pixels[:62], archived.glyphs)
    assert looked_at(cut, cut.pixels, box, "正常入学", "正常入学") == shapes.UNSEEN


def test_letters_read_instead_are_each_the_better_picture():
    """Of two letters read otherwise the one that fits less speaks; where nothing was read otherwise, neither does."""
    archived, box = drawn("山县国")
    forged, _ = drawn("山具国")
    page = scanned(forged.pixels, 1.0, 6)
    assert looked_at(archived, page, box, "山县国", "山具国").instead < 0.75
    assert looked_at(archived, page, box, "山县国", "山具固").instead > 1
    assert looked_at(archived, page, box, "山县国", "山县国").instead == shapes.NO_RIVAL
    assert looked_at(archived, page, box, "山县国", "山县").instead == shapes.NO_RIVAL


def test_a_numeral_a_pen_touched_is_held_against_every_other():
    """What a pen makes of a 1 need not look like it: 4 is no lookalike, and is tried all the same."""
    archived, box = drawn("第1号")
    made, _ = drawn("第4号")
    page = scanned(np.minimum(archived.pixels, made.pixels), 0.7, 3)
    line = {"text": "第1号", "box": box}
    asked = (archived, ({"size_pt": POINTS}, line), ("第1号", Path(FONT)))
    assert shapes.seen(page, *asked, penned=True).rival < RIVAL <= shapes.seen(page, *asked).rival
