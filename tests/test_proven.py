"""Lines proven by their ink alone: the archive's own letters are, any other letter, stroke or gap among them is not."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from intake import lines, proven
from intake.reading import LayoutPage
from intake.strokes.page import Standing, with_strokes
from tests.lettered import POINTS, close_to, drawn, scanned
from tests.specimens.sheet import FONT

FACE = "face"
FACES = {FACE: Path(FONT)}
FLAT = ((0.5, 3), (0.8, 5))
SOFT = (1.6, 6)
TEXT = "山西省2026年8月"
FORGED = (
    "山酉省2026年8月",
    "屾西省2026年8月",
    "山西省2028年8月",
    "山西省2026年3月",
    "山西省2026年8日",
    "山西眚2026年8月",
    "山西省2026午8月",
    "山西省2026年8月1",
    "山西省2026年8月一",
    "山西省2026年8",
)


def looked_at(archived, box, page, font=FACE, *, signed=False, text=TEXT):
    """What is said of the one line of a page."""
    line: LayoutPage = {"text": text, "box": box}
    value = {"name": "one", "font": font, "size_pt": POINTS}
    (cut,) = lines.held_together([lines.cut(page, archived.pixels, box, signed=signed)])
    tight = close_to(box)
    (cut,) = with_strokes([cut], [Standing(tight)], (page, archived.pixels, None))
    (look,) = proven.looks(page, archived, [(value, line)], [cut], FACES)
    return look


@pytest.mark.parametrize(("blur", "noise"), FLAT)
def test_the_archives_own_letters_are_proven(blur, noise):
    """An untouched line of a flat scan needs nobody to read it."""
    archived, box = drawn(TEXT)
    assert looked_at(archived, box, scanned(archived.pixels, blur, noise)) is not None


@pytest.mark.parametrize(("blur", "noise"), [*FLAT, SOFT])
@pytest.mark.parametrize("forged", FORGED)
def test_no_other_letter_is_proven(forged, blur, noise):
    """One letter or digit replaced, added or left out: somebody must read that line, however soft the scan."""
    archived, box = drawn(TEXT)
    other, _ = drawn(forged)
    assert looked_at(archived, box, scanned(other.pixels, blur, noise)) is None


@pytest.mark.parametrize("mine", "0123456789")
def test_no_other_digit_is_proven(mine):
    """Digits need no table of rivals: another one leaves six times as much as may be left, however soft the scan."""
    archived, box = drawn(f"山{mine}省")
    line: LayoutPage = {"text": f"山{mine}省", "box": box}
    for other in "0123456789".replace(mine, ""):
        forged, _ = drawn(f"山{other}省")
        page = scanned(forged.pixels, *SOFT)
        shift = lines.cut(page, archived.pixels, box).shift
        assert proven.worst_letter(page, archived, line, shift) > 6 * proven.PROVEN_LETTER


@pytest.mark.parametrize(
    ("text", "at", "stroke"),
    [("三十人", 2, ((0.3, 0.45), (0.75, 0.45))), ("日光", 0, ((0.55, -0.02), (0.3, -0.2)))],
    ids=["大", "白"],
)
@pytest.mark.parametrize("grey", [115, 150, 170])
def test_no_pale_stroke_is_proven(text, at, stroke, grey):
    """A thin stroke far paler than print makes 大 of 人 and 白 of 日: hardly anything is left unexplained, and yet it is foreign."""
    archived, box = drawn(text)
    page = archived.pixels.copy()
    left, top, right, bottom = (edge * lines.SCALE for edge in archived.glyphs[at].box)
    ends = [(round(left + x * (right - left)), round(top + y * (bottom - top))) for x, y in stroke]
    cv2.line(page, *ends, grey, 2)
    honest, seen = (scanned(one, 0.5, 3) for one in (archived.pixels, page))
    assert looked_at(archived, box, honest, text=text) is not None
    assert looked_at(archived, box, seen, text=text) is None


@pytest.mark.parametrize("stroke", [((150, 45), (156, 62)), ((100, 50), (118, 50)), ((210, 40), (212, 62))])
def test_no_stroke_is_proven(stroke):
    """A pen on a letter is not the archive's ink."""
    archived, box = drawn(TEXT)
    page = scanned(archived.pixels, 0.5, 3)
    cv2.line(page, *stroke, 60, 2)
    assert looked_at(archived, box, page) is None


def test_nothing_is_proven_where_people_sign_or_in_an_unknown_face():
    """A signature may hide what was changed below it, and letters of an unknown face have no rivals to be held against."""
    archived, box = drawn(TEXT)
    page = scanned(archived.pixels, 0.5, 3)
    assert looked_at(archived, box, page, signed=True) is None
    assert looked_at(archived, box, page, "another") is None


def test_a_line_at_the_edge_or_of_other_letters_proves_nothing():
    """What the archive's text and letters disagree about, or what lies off the page, is for the recogniser."""
    archived, box = drawn(TEXT)
    page = scanned(archived.pixels, 0.5, 3)
    shift = lines.cut(page, archived.pixels, box).shift
    assert proven.worst_letter(page, archived, {"text": TEXT, "box": box}, shift) < proven.PROVEN_LETTER
    assert proven.worst_letter(page, archived, {"text": "山西", "box": box}) == proven.UNLIKE
    assert proven.worst_letter(page[:50], archived, {"text": TEXT, "box": box}) == proven.UNLIKE
    blank = np.full_like(page, 250)
    assert proven.worst_letter(blank, archived, {"text": TEXT, "box": box}) > proven.PROVEN_LETTER
