"""Red ink on a value that no seal left: a person looks, since it was compared without it; seals and fringes hold nothing back."""

import cv2
import numpy as np
import pytest

from intake import codes
from intake.fields import touches
from intake.marks import MarkedPage
from intake.read import read_page
from intake.reading import FieldFinding
from intake.reddened import held_back, reddened
from intake.uploads import pages
from service.demo.ink import DARK_RED, RED, Inking
from templates.fonts import KAI
from tests.bureau import bureau_of, laid, marked_transfer
from tests.paper import level

SEED = 315_000
PEN = (((0.1, 0.1), (0.9, 0.9)), ((0.9, 0.1), (0.1, 0.9)))
NAMES = ("student_no", "address_now", "in_school")


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def paper(bureau):
    """A transfer form with every mark."""
    return marked_transfer(bureau, SEED)


def page_of(paper, name):
    """A scan of it as marks are sought on it, and its layout."""
    seen, layout, archived, flat = laid(paper, level(name, SEED))
    return MarkedPage.of(flat, archived.pixels, layout, colour=seen.colour), layout


@pytest.mark.parametrize("name", ["A", "B", "C", "D", "E", "F", "curled", "moire", "shadow", "gray100"])
def test_no_honest_value_is_held_back(paper, name):
    assert reddened(*page_of(paper, name)) == ()


@pytest.mark.parametrize(
    ("name", "colour"),
    [(one, RED) for one in ("A", "B", "C", "D", "F", "curled")]
    + [(one, DARK_RED) for one in ("A", "B", "F")],
)
def test_what_a_red_pen_wrote_on_does_not_match(paper, bureau, recogniser, name, colour):
    """Its strokes are taken away with the seals, and what is left reads as the archive says."""
    forged = paper
    for value in NAMES:
        forged = forged.draw(value, 1, PEN, ink=Inking(colour), width_mm=0.4)
    faces = {KAI.name: bureau.office.printer.fonts.files[KAI.files[0]]}
    (seen,) = list(pages(forged.scan(level(name, SEED)), "pdf"))[:1]
    given = {"page_no": 1, "recogniser": recogniser, "units": {}, "registry": (), "faces": faces}
    told = read_page(seen, forged.layout["pages"][0], codes.find(seen)[0], forged.pdf, **given)
    assert {one.name for one in told.fields if one.result != "match"} >= set(NAMES)


def test_only_matches_are_held_back():
    found = [
        FieldFinding(name, "1", "1", result, 1.0, (0, 0, 1, 1))
        for name, result in (("a", "match"), ("b", "altered"), ("c", "match"))
    ]
    assert [one.result for one in held_back(found, ("a", "b"))] == ["unreadable", "altered", "match"]


def test_fringes_of_print_are_no_ink(paper):
    """A scanner whose colours do not lie on each other gives print a red edge one pixel wide."""
    page, layout = page_of(paper, "A")
    pixels = page.pixels.copy()
    pixels[..., 2] = np.roll(pixels[..., 2], 1, axis=1)
    fringed = MarkedPage(cv2.GaussianBlur(pixels, (3, 3), 0.5), page.scale, page.printed, True, page.marks)
    assert reddened(fringed, layout) == ()


@pytest.mark.parametrize("share", [1, 2])
def test_much_red_holds_back_no_less_than_a_little(paper, share):
    """Half of all values, and all of them: a forger gains nothing by more ink."""
    signed = [mark["box"] for mark in paper.layout["pages"][0]["marks"] if mark["kind"] == "signature"]
    free = [
        value["name"]
        for value in paper.layout["pages"][0]["values"]
        if value["lines"] and not any(touches(line["box"], signed) for line in value["lines"])
    ]
    forged = paper
    for name in free[::share]:
        forged = forged.draw(name, 0, PEN, ink=Inking(RED), width_mm=0.6)
    assert len(set(reddened(*page_of(forged, "A")))) >= len(free[::share]) / 2


def test_a_page_of_two_lines_is_looked_at_too(paper):
    page, layout = page_of(paper.draw("student_no", 1, PEN, ink=Inking(RED), width_mm=0.4), "A")
    few = [value for value in layout["values"] if value["name"] in {"student_no", "in_school"}]
    assert reddened(page, {**layout, "values": few}) == ("student_no",)
