"""Values altered on paper and scanned: scraped, painted out, wiped out in part, written over; and honest ones beside."""

from dataclasses import replace

import numpy as np
import pytest

from intake import provable
from intake.fields import read_fields
from intake.glare import Glare
from intake.reference import printed_page
from service.demo import forging
from service.demo.ink import BLACK, Inking
from service.demo.paper import SCALE, Impression
from templates.fonts import KAI
from tests.bureau import bureau_of, laid, marked_transfer
from tests.paper import level

SEED = 314_000


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def paper(bureau):
    """A transfer form with every mark."""
    return marked_transfer(bureau, SEED)


@pytest.fixture(scope="module")
def results(bureau, recogniser):
    """What is told of each value of a scanned paper."""
    faces = {KAI.name: bureau.office.printer.fonts.files[KAI.files[0]]}

    def read(paper, name, glare=0.0, seed=SEED):
        seen, layout, archived, flat = laid(paper, replace(level(name, seed), glare=glare))
        fields, _ = read_fields(flat, archived, layout, recogniser, faces, colour=seen.colour)
        return {field.name: (field.result, field.read) for field in fields}

    return read


def value_of(paper, name):
    return next(value for value in paper.layout["pages"][0]["values"] if value["name"] == name)


def wiped(paper, name, last):
    """The paper with the last letters of a value scraped off."""
    value = value_of(paper, name)
    line = value["lines"][0]
    starts = forging.letter_starts(value, line, SCALE)
    left = line["box"][0] + starts[-last] / SCALE + 0.4
    part = {**value, "lines": [{**line, "box": [left, *line["box"][1:]]}]}
    scraped = forging.erased(paper.sheets[0], SCALE, part, fluid=False, rng=np.random.default_rng(SEED))
    return paper.with_sheet(0, scraped)


@pytest.mark.parametrize("name", ["B", "D"])
def test_what_a_knife_or_fluid_took_is_altered(paper, results, name):
    """A scraped value can still be read, a painted one not at all; a letter wiped out of a name leaves the others."""
    forged = wiped(paper.erase("student_name", fluid=False), "guardian_name", 1).erase("sex", fluid=True)
    told = results(forged, name)
    assert [told[one][0] for one in ("student_name", "guardian_name", "sex")] == ["altered"] * 3
    assert told["student_name"][1] != value_of(paper, "student_name")["text"]
    changed = {"student_name", "guardian_name", "sex"}
    assert {one for one, (result, _) in told.items() if result == "altered"} == changed


@pytest.mark.parametrize("name", ["A", "F"])
def test_a_digit_made_into_another_is_altered(paper, results, name):
    """Whatever is read: the pen wrote on a digit and nowhere else, and all the print stands below."""
    text = str(value_of(paper, "guardian_phone")["text"])
    number = text[:6] + "8" + text[7:] if text[6] == "0" else text[:6] + "0" + text[7:]
    told = results(paper.overwrite("guardian_phone", number), name)
    assert {one for one, (result, _) in told.items() if result == "altered"} == {"guardian_phone"}


def test_a_seal_over_a_value_in_a_dark_photo_accuses_nobody(paper, results):
    """Lifting the star out of the picture takes the digits beneath along."""
    left, top, right, bottom = value_of(paper, "out_school_code")["lines"][0]["box"]
    middle = ((left + right) / 2, (top + bottom) / 2)
    stamped = paper.stamp_at(0, middle, "黎城县教育局", Impression(offset=(0.0, 0.0)))
    assert results(stamped, "E")["out_school_code"][0] != "altered"


def test_a_note_across_a_value_accuses_nobody(paper, results):
    """已核 written over a date makes recognisers read another one."""
    left, top, _, bottom = value_of(paper, "birth_date")["lines"][0]["box"]
    noted = paper.write(0, (left + 5, (top + bottom) / 2), "已核", 6.0)
    assert results(noted, "B")["birth_date"][0] == "unreadable"


def accused(told):
    return [name for name, (result, _) in told.items() if result == "altered"]


@pytest.mark.parametrize("seed", [315_100, 315_101, 315_104, 315_107])
def test_nobody_is_accused_of_what_a_gleam_hides(paper, results, seed, monkeypatch):
    assert not accused(results(paper, "D", 1.0, seed))
    monkeypatch.setattr(Glare, "over", lambda *_: False)
    assert accused(results(paper, "D", 1.0, seed)), "print was drowned"


def test_what_is_read_in_a_gleam_is_still_told(paper, results, monkeypatch):
    """Light hides print; where print stands, another number in it is another number."""
    monkeypatch.setattr(Glare, "over", lambda *_: True)
    monkeypatch.setattr(provable, "missing", lambda _: False)
    assert accused(results(paper.alter("student_no", "G140499201105069999"), "A")) == ["student_no"]


@pytest.mark.parametrize("name", ["A", "D", "F", "shadow"])
def test_light_from_one_side_and_white_paper_are_no_gleam(paper, name):
    _, layout, _, flat = laid(paper, level(name, SEED))
    light = Glare(flat)
    assert not any(light.over(line["box"]) for value in layout["values"] for line in value["lines"])


@pytest.mark.parametrize("name", ["A", "C", "F"])
def test_strokes_and_letters_that_were_added_hold_a_match_back(paper, results, name):
    """父 becomes 交 by a pencil's dot, a 1 a 7; a letter printed behind a value stands right beside a rule of the table."""
    pencil = Inking(BLACK, 0.6, 0.1, 0.0)
    dotted = paper.draw("guardian_relation", 0, (((0.45, -0.25), (0.55, -0.1)),), pencil)
    drawn = dotted.draw("student_no", 1, (((-0.7, 0.02), (0.5, 0.02)),), pencil)
    forged = drawn.join("student_name", "明").join("out_school_code", "1", before=True, gap_mm=0.5)
    told = results(forged, name)
    changed = {"guardian_relation", "student_no", "student_name", "out_school_code"}
    assert not {one for one in changed if told[one][0] == "match"}
    assert {one for one, (result, _) in told.items() if result == "altered"} <= changed


def test_the_pencil_keeps_to_its_letter(paper):
    """What is drawn or joined changes the sheet there and nowhere else."""
    left, top, right, bottom = value_of(paper, "student_name")["lines"][0]["box"]
    ink = Inking(BLACK, 0.9, 0.0, 0.0)
    for other, (first, last) in (
        (paper.draw("student_name", 0, (((0.3, 0.3), (0.7, 0.7)),), ink, 0.3), (left, left + 5)),
        (paper.join("student_name", "1", gap_mm=0.2), (right, right + 6)),
        (paper.join("student_name", "1", before=True), (left - 5, left + 0.5)),
    ):
        changed = np.argwhere(np.any(paper.sheets[0] != other.sheets[0], axis=2)) / SCALE
        assert top - 1 < changed[:, 0].min() < changed[:, 0].max() < bottom + 1
        assert first - 0.5 < changed[:, 1].min() < changed[:, 1].max() < last
    with pytest.raises(IndexError):
        paper.draw("student_name", 99, ())


def test_the_forger_keeps_to_the_letters(paper):
    """Only the digit that changes is touched, also where the print puts air between Chinese and digits."""
    value = value_of(paper, "birth_date")
    text = str(value["text"])
    place = text.index("月") - 1
    new = text[:place] + ("3" if text[place] != "3" else "4") + text[place + 1 :]
    before, after = paper.sheets[0], paper.alter("birth_date", new).sheets[0]
    columns = np.flatnonzero(np.any(before != after, axis=(0, 2))) / SCALE
    archived = printed_page(paper.pdf, 0, *(paper.layout["pages"][0][side] for side in ("width", "height")))
    box = value["lines"][0]["box"]
    line = [
        g
        for g in archived.glyphs
        if box[1] < (g.box[1] + g.box[3]) / 2 < box[3] and box[0] - 1 < g.box[0] < box[2]
    ]
    digit = [glyph for glyph in line if glyph.letter in text][place]
    assert digit.letter == text[place]
    assert digit.box[0] - 0.7 < columns.min()
    assert columns.max() < digit.box[2] + 0.7
