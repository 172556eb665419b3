"""The simulator's forgeries: each changes what it says, where it says, and leaves the rest of the paper alone."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from service.demo import swindles
from service.demo.apart import JUDGING, TUNING
from service.demo.fonts import SONG, font
from service.demo.portrait import portrait
from service.demo.scanner import Scanner, capture
from service.regulation.identity import id_check
from tests.paper import Impression, Paper

PX = 300 / 25.4
FAMILY = "LXGW WenKai"
UNIT = "黎城县第三中学校"
CODE, PHOTO = [80.0, 8.0, 98.0, 26.0], [8.0, 8.0, 28.0, 33.0]
SEALS = {"out_auth": [5.0, 90.0, 50.0, 140.0], "in_auth": [55.0, 90.0, 100.0, 140.0]}


def value(name, text, top):
    box = [30.0, top, 30.0 + 4.94 * len(text) / (2 if text.isdigit() else 1), top + 5.5]
    return {
        "name": name,
        "text": text,
        "lines": [{"text": text, "box": box}],
        "font": FAMILY,
        "size_pt": 14.0,
        "key": True,
    }


VALUES = [value("student_name", "文勇俊", 40.0), value("paper_no", "20110410", 52.0)]
MARKS = [
    {
        "block": block,
        "label": "",
        "kind": "seal",
        "unit": "county",
        "role": "",
        "box": box,
        "required": True,
        "machine": True,
        "shape": "round",
    }
    for block, box in SEALS.items()
]


def printed(shade):
    """A sheet with two values, a line of static print, a code and a photo, which are squares of one grey."""
    image = Image.new("RGB", (round(105 * PX), round(148 * PX)), "white")
    pen = ImageDraw.Draw(image)
    for one in VALUES:
        left, top = one["lines"][0]["box"][:2]
        pen.text((left * PX, top * PX), one["text"], fill=0, font=font(FAMILY, round(14 / 72 * 300)))
    pen.text((20 * PX, 70 * PX), "以上内容真实有效并已知悉", fill=0, font=font(SONG, 50))
    for box in (CODE, PHOTO):
        pen.rectangle([edge * PX for edge in box], fill=(shade, shade, shade))
    out = io.BytesIO()
    image.save(out, "PDF", resolution=300)
    page = {"width": 105.0, "height": 148.0, "values": VALUES, "marks": MARKS, "fiducials": []}
    page |= {"codes": [{"box": CODE}], "photos": [{"name": "photo", "box": PHOTO}]}
    return Paper(out.getvalue(), {"version": 1, "form": "test", "pages": [page]}, seed=1)


@pytest.fixture(scope="module")
def paper():
    return printed(30)


def changed(before, after, page=0):
    """The box in mm around every pixel that differs."""
    rows, columns = np.nonzero((before.sheets[page] != after.sheets[page]).any(axis=2))
    return columns.min() / PX, rows.min() / PX, columns.max() / PX, rows.max() / PX


def within(inner, outer, room=1.5):
    return all(a >= b - room for a, b in zip(inner[:2], outer[:2], strict=True)) and all(
        a <= b + room for a, b in zip(inner[2:], outer[2:], strict=True)
    )


def dark(picture, box):
    left, top, right, bottom = (round(edge * PX) for edge in box)
    return int((picture[top:bottom, left:right].min(axis=2) < 120).sum())


def test_a_pen_writes_over_one_numeral(paper):
    """Ink is only added, and only around the numeral that becomes another."""
    forged = paper.overwrite("paper_no", "20170410", JUDGING.hands[0])
    box = changed(paper, forged)
    assert within(box, (36.0, 52.0, 41.0, 58.0))
    assert (forged.sheets[0] <= paper.sheets[0]).all()
    assert dark(forged.sheets[0], box) > dark(paper.sheets[0], box)


@pytest.mark.parametrize("fluid", [True, False])
def test_an_erased_value_is_gone(paper, fluid):
    """No dark pixel is left of it; a scraped one leaves a trace, and the rest of the sheet stays."""
    forged = paper.erase("student_name", fluid=fluid)
    (box,) = (line["box"] for line in VALUES[0]["lines"])
    assert within(changed(paper, forged), box)
    assert dark(forged.sheets[0], box) == 0
    left, top, right, bottom = (round(edge * PX) for edge in box)
    assert (forged.sheets[0][top:bottom, left:right].min() > 245) == fluid


def test_a_slip_covers_static_print(paper):
    """The line is found, is no value, and other words stand on it."""
    lines = swindles.static_lines(paper, 0)
    assert len(lines) == 1
    forged, box = swindles.covered(paper, 0, np.random.default_rng(2))
    assert within(changed(paper, forged), (20.0, 70.0, 71.0, 76.0), 3.0)
    assert within(lines[0], box)
    with pytest.raises(LookupError):
        swindles.covered(
            Paper(
                paper.pdf,
                {"pages": [{**paper.layout["pages"][0], "values": [{"lines": [{"box": [0, 34, 105, 90]}]}]}]},
            ),
            0,
            np.random.default_rng(2),
        )


@pytest.mark.parametrize("glued", [True, False])
def test_a_photo_is_swapped(paper, glued):
    """Another face stands in the photo's place; only glue shows an edge around it."""
    forged = swindles.swapped_photo(paper, portrait(7), glued=glued)
    assert within(changed(paper, forged), PHOTO, 0.7 if glued else 0.1)
    assert not within((*PHOTO[:2], *changed(paper, forged)[2:]), PHOTO, 0.05) or not glued
    with pytest.raises(LookupError):
        swindles.swapped_photo(Paper(paper.pdf, {"pages": []}), portrait(7), glued=glued)


def test_a_code_is_copied_from_another_paper(paper):
    """The other's code stands where ours was."""
    forged = swindles.recoded(paper, printed(90), glued=False)
    assert within(changed(paper, forged), CODE, 0.8)
    assert abs(int(forged.sheets[0][round(17 * PX), round(89 * PX)].mean()) - 90) <= 1


def test_a_page_is_swapped(paper):
    """The sheet is the other's."""
    other = printed(60)
    assert np.array_equal(swindles.swapped_page(paper, 0, other).sheets[0], other.sheets[0])


def seal_alike(sheet, one, other):
    """How alike (correlation) two places of a sheet look in red ink."""
    red = sheet[..., 2].astype(np.float32) - sheet[..., 1]
    (x, y), (u, v) = one, other
    half = 20
    template = red[
        round((y - half) * PX) : round((y + half) * PX), round((x - half) * PX) : round((x + half) * PX)
    ]
    reach = half + 4
    room = red[
        round((v - reach) * PX) : round((v + reach) * PX), round((u - reach) * PX) : round((u + reach) * PX)
    ]
    return float(cv2.matchTemplate(room, template, cv2.TM_CCOEFF_NORMED).max())


def test_one_seal_is_used_twice(paper):
    """The copy is the same impression to the pixel; two honest impressions of one stamp differ."""
    straight = Impression(turn=0.0, offset=(0.0, 0.0))
    honest = paper.stamp("out_auth", UNIT, straight).stamp("in_auth", UNIT, straight)
    once = paper.stamp("out_auth", UNIT, straight)
    seal = swindles.lifted(once.sheets[0], (27.5, 115.0))
    forged = swindles.printed_seal(once, 0, (77.5, 115.0), seal)
    places = ((27.5, 115.0), (77.5, 115.0))
    assert seal_alike(forged.sheets[0], *places) > 0.995 > seal_alike(honest.sheets[0], *places)


def test_a_seal_is_copied_from_a_scan(paper):
    """What a forger lifts off a flatbed scan of another paper is that impression, in its place."""
    source = paper.stamp("out_auth", UNIT)
    seen = capture(source.sheets[0], PX, Scanner(dpi=300, noise=1.0, blur=0.3, jpeg=92))
    seal = swindles.lifted(swindles.straightened(seen, 105.0, 148.0), (27.5, 115.0))
    forged = swindles.printed_seal(printed(60), 0, (27.5, 115.0), seal)
    both = np.concatenate([source.sheets[0], forged.sheets[0]], axis=1)
    assert seal_alike(both, (27.5, 115.0), (132.5, 115.0)) > 0.97


def test_tuning_and_judging_share_nothing():
    """No seed, no hand, no name, no character of a given name, no id number is in both."""
    assert not set(TUNING.people) & set(JUDGING.people)
    assert not set(TUNING.seeds) & set(JUDGING.seeds)
    assert not {hand.family for hand in TUNING.hands} & {hand.family for hand in JUDGING.hands}
    for letters in ("families", "given", "rare"):
        assert not set(getattr(TUNING, letters)) & set(getattr(JUDGING, letters))
    tuning, judging = TUNING.crowd(250), JUDGING.crowd(250)
    assert not {one.name for one in tuning} & {one.name for one in judging}
    assert not {one.student_no for one in tuning} & {one.student_no for one in judging}


@pytest.mark.parametrize("side", [TUNING, JUDGING])
def test_a_crowd_is_large_and_right(side):
    """Two hundred people and more: names no two alike, some rare, ids of the unassigned division with right checksums."""
    crowd = side.crowd(250)
    assert crowd == side.crowd(250)
    assert len({one.name for one in crowd}) == len({one.student_no for one in crowd}) == 250
    assert sum(any(letter in side.rare for letter in one.name) for one in crowd) >= 20
    for one in crowd:
        number = one.record()["id_number"]
        assert number.startswith("140499")
        assert number[-1] == id_check(number[:17])
    with pytest.raises(ValueError, match="请"):
        side.crowd(len(side.people) + 1)


def test_every_hand_writes_every_name():
    """No hand of either side leaves a hole where its font lacks a letter, and no two write alike."""
    for side in (TUNING, JUDGING):
        written = set()
        for hand in side.hands:
            one = Paper(printed(30).pdf, printed(30).layout, seed=3, hands=(hand,))
            both, first = one.write(0, (50.0, 115.0), "钟涛", 8.0), one.write(0, (50.0, 115.0), "钟", 8.0)
            assert changed(one, both)[2] - changed(one, both)[0] > 11
            assert dark(first.sheets[0], (40, 105, 60, 125)) > 500
            written.add(both.sheets[0].tobytes())
        assert len(written) == len(side.hands) >= 3
