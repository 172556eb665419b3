"""A lamp's light on glossy paper washes print out: nobody is accused of that, and a person is asked."""

from dataclasses import replace

import pytest

from intake import codes
from intake.glare import Glare
from intake.read import read_page
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
def test_nobody_is_accused_of_what_a_gleam_hides(paper, bureau, recogniser, seed):
    told = read(paper, bureau, recogniser, replace(level("D", seed), glare=1.0))
    assert told.quality.ok
    assert [one for one in told.fields if one.result == "altered"] == []
    assert [one for one in told.surface if one.result == "altered"] == []
    assert any(one.result != "match" for one in (*told.fields, *told.surface)), "print was washed out"


@pytest.mark.parametrize("name", ["A", "D", "F", "shadow"])
def test_light_from_one_side_and_white_paper_are_no_gleam(paper, name):
    _, layout, _, flat = laid(paper, level(name, SEEDS[0]))
    light = Glare.of(flat)
    assert not any(light.over(line["box"]) for value in layout["values"] for line in value["lines"])


@pytest.mark.parametrize("fluid", [True, False])
def test_what_is_painted_over_is_still_told(paper, bureau, recogniser, fluid):
    """Fluid is brighter than yellowed paper too, but ends at the value."""
    forged = paper.erase("student_no", fluid=fluid)
    told = read(forged, bureau, recogniser, level("F", SEEDS[0]))
    assert next(one.result for one in told.fields if one.name == "student_no") == "altered"
