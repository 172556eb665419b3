"""A lamp's light on glossy paper washes print out: nobody is accused of that, and a person is asked."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake import codes, compare
from intake.glare import Glare
from intake.read import read_page
from intake.reading import Registered
from intake.uploads import pages
from templates.fonts import KAI
from tests.bureau import bureau_of, laid, marked_transfer
from tests.paper import level

SEEDS = (315_100, 315_101, 315_102)


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def paper(bureau):
    """A transfer form with every mark."""
    return marked_transfer(bureau, SEEDS[0])


def read(paper, bureau, recogniser, scanner):
    """What is read on a scan of it."""
    faces = {KAI.name: bureau.office.printer.fonts.files[KAI.files[0]]}
    seen = next(pages(paper.scan(scanner), "pdf"))
    given = {"page_no": 1, "recogniser": recogniser, "units": {}, "registry": (), "faces": faces}
    return read_page(seen, paper.layout["pages"][0], codes.find(seen)[0], paper.pdf, **given)


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_is_accused_of_what_a_gleam_hides(paper, bureau, recogniser, seed, monkeypatch):
    scanner = replace(level("D", seed), glare=1.0)
    told = read(paper, bureau, recogniser, scanner)
    assert told.quality.ok
    assert [one for one in (*told.fields, *told.surface) if one.result == "altered"] == []
    monkeypatch.setattr(Glare, "over", lambda *_: False)
    blind = read(paper, bureau, recogniser, scanner)
    assert [one for one in (*blind.fields, *blind.surface) if one.result == "altered"], "print was drowned"


def test_what_is_read_in_a_gleam_is_still_told(paper, bureau, recogniser, monkeypatch):
    """Light hides print; where print stands, another number in it is another number."""
    monkeypatch.setattr(Glare, "over", lambda *_: True)
    monkeypatch.setattr(compare, "missing", lambda _: False)
    forged = paper.alter("student_no", "G140499201105069999")
    told = read(forged, bureau, recogniser, level("A", SEEDS[0]))
    assert next(one.result for one in told.fields if one.name == "student_no") == "altered"


def lamp(wide, paper=200.0, far=(150, 105)):
    """A page of so bright paper with a gleam on it, `wide` mm and twice as long."""
    rows, columns = np.indices((297, 210), np.float32)
    away = ((columns - far[1]) / wide) ** 2 + ((rows - far[0]) / (wide / 2)) ** 2
    return paper + 260 * np.exp(-away)


def strip(margin, paper=200.0):
    """A page with a white strip over a line, and so many millimetres around it."""
    page = np.full((297, 210), paper, np.float32)
    page[148 - margin : 152 + margin, 85 - margin : 125 + margin] = 253
    return page


def flat_page(light):
    """A page so lit (grey levels, a pixel a millimetre), as it would be straightened."""
    gray = np.clip(cv2.resize(light, (1654, 2339), interpolation=cv2.INTER_NEAREST), 0, 255)
    pixels = np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    return Registered(pixels, 200.0, np.eye(3), 0.0, 200.0, "fiducials")


LINE = (85.0, 148.0, 125.0, 152.0)


@pytest.mark.parametrize("wide", [13, 26, 40])
@pytest.mark.parametrize("paper", [160.0, 200.0, 230.0])
def test_a_lamp_fades_out(wide, paper):
    light = Glare.of(flat_page(lamp(wide, paper)))
    assert light.over(LINE)
    assert not light.over((20.0, 20.0, 60.0, 24.0))


@pytest.mark.parametrize("margin", [0, 1, 3, 5, 8])
@pytest.mark.parametrize("paper", [200.0, 230.0])
def test_fluid_and_strips_end_at_once(margin, paper):
    assert not Glare.of(flat_page(strip(margin, paper))).over(LINE)


def test_a_lamp_from_one_side_is_no_gleam():
    side = np.repeat(np.linspace(120, 250, 210, dtype=np.float32)[None], 297, axis=0)
    light = Glare.of(flat_page(side))
    assert not any(light.over((left, 148.0, left + 40.0, 152.0)) for left in (5.0, 85.0, 165.0))


@pytest.mark.parametrize("name", ["A", "D", "F", "shadow"])
def test_light_from_one_side_and_white_paper_are_no_gleam(paper, name):
    _, layout, _, flat = laid(paper, level(name, SEEDS[0]))
    light = Glare.of(flat)
    assert not any(light.over(line["box"]) for value in layout["values"] for line in value["lines"])
