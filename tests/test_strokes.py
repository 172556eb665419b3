"""Thin strokes the archive lacks: a pencil on a letter and a letter joined to a value are seen, creases and blurs are none."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake import compare, lines
from intake.lines import SCALE
from intake.recognise import LineReading
from intake.shapes import Shape
from intake.strokes import page as of_page
from intake.strokes.joined import joined
from intake.strokes.thin import UNDER_SEAL, closely, strongest
from intake.thresholds import JOINED, SIGNED_STROKE, STROKE
from tests.lettered import close_to, drawn, scanned

SCANS = ((0.5, 3), (0.8, 5), (1.6, 6))
TEXT = "王小明2020年3人"
ADDED = {
    "玉": (0, ((0.72, 0.62), (0.86, 0.78)), 130),
    "主": (0, ((0.42, -0.2), (0.55, -0.08)), 110),
    "大": (9, ((0.2, 0.4), (0.8, 0.38)), 150),
    "目": (2, ((0.15, 0.72), (0.85, 0.72)), 80),
    "8": (3, ((0.1, 0.45), (0.9, 0.5)), 110),
}
"""What one pale stroke makes of which letter: its place, ends in shares of its ink box, and grey."""


def line_of(text):
    """An archived line, and its box in pixels."""
    archived, box = drawn(text)
    return archived, [round(edge * SCALE) for edge in close_to(box)]


def looked_at(page, archived, box):
    """What the first look says, and the closer one."""
    pictures = (page, archived.pixels, None)
    shift = lines.local_shift(page, archived.pixels, box)
    return strongest(pictures, box, shift), closely(pictures, box, shift)


@pytest.mark.parametrize(("blur", "noise"), SCANS)
def test_an_untouched_line_shows_none(blur, noise):
    archived, box = line_of(TEXT)
    assert max(looked_at(scanned(archived.pixels, blur, noise), archived, box)) < STROKE


@pytest.mark.parametrize(("blur", "noise"), SCANS[:2])
@pytest.mark.parametrize("made", ADDED)
def test_a_pale_stroke_that_makes_another_letter_is_seen(made, blur, noise):
    archived, box = line_of(TEXT)
    place, ends, grey = ADDED[made]
    left, top, right, bottom = (edge * SCALE for edge in archived.glyphs[place].box)
    page = archived.pixels.copy()
    spots = [(round(left + x * (right - left)), round(top + y * (bottom - top))) for x, y in ends]
    cv2.line(page, *spots, grey, 2)
    assert min(looked_at(scanned(page, blur, noise), archived, box)) > STROKE


@pytest.mark.parametrize(("blur", "noise"), SCANS)
@pytest.mark.parametrize("text", ["王小明2020年3人人", "王小明2020年3人1", "王小明2020年3人一"])
def test_a_letter_joined_behind_is_seen(text, blur, noise):
    archived, box = line_of(TEXT)
    longer, _ = drawn(text)
    assert min(looked_at(scanned(longer.pixels, blur, noise), archived, box)) > STROKE


@pytest.mark.parametrize(("blur", "noise"), SCANS)
def test_a_letter_joined_before_is_seen(blur, noise):
    archived, box = line_of(TEXT)
    left, _, right, _ = (round(edge * SCALE) for edge in archived.glyphs[3].box)
    page = archived.pixels.copy()
    digit = page[:, left:right]
    page[:, box[0] - 3 - digit.shape[1] : box[0] - 3] = digit
    assert min(looked_at(scanned(page, blur, noise), archived, box)) > STROKE


@pytest.mark.parametrize("ends", [((0, 52), (399, 46)), ((150, 0), (158, 119))], ids=["along", "across"])
def test_a_crease_runs_on_and_is_no_stroke(ends):
    archived, box = line_of(TEXT)
    crease = np.full_like(archived.pixels, 255)
    cv2.line(crease, *ends, 190, 2)
    creased = np.minimum(archived.pixels, crease)
    first, closer = looked_at(scanned(creased, 0.5, 3), archived, box)
    assert first > STROKE > closer


def test_specks_of_a_camera_hide_no_stroke():
    archived, box = line_of(TEXT)
    left, top, right, bottom = (edge * SCALE for edge in archived.glyphs[3].box)
    page = archived.pixels.copy()
    middle = round(0.5 * (top + bottom))
    cv2.line(page, (round(left), middle), (round(right), middle), 110, 2)
    seen = scanned(page, 0.5, 3)
    colour = np.repeat(seen[..., None], 3, 2)
    colour[::11, ::11, 2] = np.minimum(255, colour[::11, ::11, 2].astype(int) + 60)
    colour[::11, ::11, :2] //= 2
    assert closely((seen, archived.pixels, colour), box) > STROKE


def test_the_fringe_of_a_seal_is_no_stroke():
    """What is left where red was taken away counts little."""
    archived, box = line_of(TEXT)
    page = scanned(archived.pixels, 0.5, 3)
    cv2.line(page, (150, 50), (165, 58), 195, 2)
    colour = cv2.cvtColor(page, cv2.COLOR_GRAY2BGR)
    colour[40:70, 140:180, 2] = 250
    shift = lines.local_shift(page, archived.pixels, box)
    bare = closely((page, archived.pixels, None), box, shift)
    assert closely((page, archived.pixels, colour), box, shift) < STROKE < bare


@pytest.mark.parametrize(("blur", "noise"), SCANS[:2])
@pytest.mark.parametrize(("text", "told"), [("秦志远", False), ("秦志远远", True), ("秦志远人", True)])
@pytest.mark.parametrize("signed", [False, True])
def test_a_letter_joined_where_people_sign_is_told_from_their_strokes(text, told, signed, blur, noise):
    """Print keeps to the line; a signature behind the name leaves it."""
    archived, box = line_of("秦志远")
    page = drawn(text)[0].pixels.copy()
    if signed:
        pen = np.int32([(215, 20), (190, 60), (230, 55), (205, 100), (240, 90)])
        cv2.polylines(page, [pen], isClosed=False, color=20, thickness=3)
    seen = joined(scanned(page, blur, noise), archived.pixels, box)
    assert (seen >= JOINED) == told


def test_a_joined_letter_is_no_signature_over_a_name():
    """It holds a match back where people sign, and no signature excuses it."""
    cut = lines.Cut(np.full((40, 100), 255, np.uint8), 0.99, signed=True, beside=0.9, touched=0.2)
    reading = LineReading("秦志远", 0.99, weakest=0.9)
    shape = Shape(penned=False)
    told = compare.line("秦志远", reading, cut, 1.0, shape)
    assert (told.result, told.signed_over) == ("unreadable", False)
    alone = replace(cut, beside=0.2)
    assert compare.line("秦志远", reading, alone, 1.0, shape).result == "match"


def test_a_line_at_the_edge_of_the_page_shows_nothing():
    archived, box = line_of(TEXT)
    page = scanned(archived.pixels, 0.5, 3)
    assert looked_at(page[:30], archived, box) == (0.0, 0.0)


def stroked():
    """A page with a pen's stroke on its line, as it is seen, and where the line stands."""
    archived, box_mm = drawn(TEXT)
    box_mm = close_to(box_mm)
    page = scanned(archived.pixels, 0.5, 3)
    left, top, right, bottom = (edge * SCALE for edge in archived.glyphs[0].box)
    at = (round(left + 0.75 * (right - left)), round(top + 0.65 * (bottom - top)))
    cv2.line(page, at, (at[0] + 5, at[1] + 5), 60, 2)
    (cut,) = lines.held_together([lines.cut(page, archived.pixels, box_mm)])
    return cut, (page, archived.pixels, None), box_mm


@pytest.mark.parametrize(("others", "told"), [((0.02, 0.02, 0.02), True), ((0.8, 0.9, 0.7), False)])
def test_what_every_line_of_a_page_shows_is_no_stroke(monkeypatch, others, told):
    """Curled paper leaves much on each line (`others`: of the first's); one that shows far more than they is still told."""
    cut, pictures, box_mm = stroked()
    real = strongest(pictures, [round(edge * SCALE) for edge in box_mm], cut.shift)
    shown = iter([real, *(share * real for share in others)])
    monkeypatch.setattr(of_page, "strongest", lambda *_: next(shown))
    found = of_page.with_strokes([cut] * 4, [of_page.Standing(box_mm)] * 4, pictures)
    assert (found[0].stroke > 1) == told


@pytest.mark.parametrize("lines_of_page", [1, 2])
def test_a_page_of_few_lines_does_not_excuse_its_own_stroke(lines_of_page):
    """The half of a cut paper may hold one value: what it shows is not what honest lines show."""
    cut, pictures, box_mm = stroked()
    found = of_page.with_strokes([cut] * lines_of_page, [of_page.Standing(box_mm)] * lines_of_page, pictures)
    assert min(one.stroke for one in found) > 1


@pytest.mark.parametrize(
    ("where", "change", "counts"),
    [
        ({}, {"signed": True}, SIGNED_STROKE),
        ({}, {"signed": True, "touched": 0.2}, 0),
        ({"sealed": True}, {}, UNDER_SEAL),
    ],
    ids=["signed", "crossed", "sealed"],
)
def test_where_strokes_are_to_be_expected_they_count_less(where, change, counts):
    """The end of a signature, and a seal whose colour a grey copy lost."""
    cut, pictures, box_mm = stroked()
    (plain,) = of_page.with_strokes([cut], [of_page.Standing(box_mm)], pictures)
    (found,) = of_page.with_strokes([replace(cut, **change)], [of_page.Standing(box_mm, **where)], pictures)
    assert found.stroke == pytest.approx(counts * plain.stroke, rel=0.2)


@pytest.mark.parametrize(
    ("stroke", "penned", "told"),
    [(1.7, False, True), (1.2, False, False), (1.7, None, False), (1.7, True, False)],
)
def test_only_a_pens_stroke_on_a_name_is_a_signatures(stroke, penned, told):
    """A pencil that makes 玉 of the head's 王 holds the verdict back; the end of a signature does not."""
    cut = lines.Cut(np.full((40, 100), 255, np.uint8), 0.99, signed=True, stroke=stroke)
    judged = compare.line("王小明", LineReading("王小明", 0.99, weakest=0.95), cut, 1.0, Shape(penned=penned))
    assert (judged.result, judged.signed_over) == ("unreadable", told)


def test_a_stroke_holds_a_match_back_and_accuses_nobody():
    """王 is read where a pencil made 玉 of it: a person looks."""
    cut = lines.Cut(np.full((40, 100), 255, np.uint8), 0.99, stroke=1.2)
    reading = LineReading("王小明", 0.99, weakest=0.95)
    assert compare.line("王小明", reading, cut).result == "unreadable"
    assert compare.line("王小明", reading, replace(cut, stroke=0.9)).result == "match"
