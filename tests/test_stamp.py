"""The fast path prints what LibreOffice prints: same places, same pixels, same words in the same order, same bytes twice."""

import hashlib
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from intake import codes
from intake.read import read_page
from intake.reading import PageImage
from templates.stamp.identity import difference
from tests.paper import capture, level, rasterised
from tests.records import FORMS, STAMPABLE, alike, bare, example
from tests.stamped import printer_on, proved_whole, read_out

EVERY = pytest.mark.parametrize("name", STAMPABLE)
ALL = {name for name, form in FORMS.items() if form.pages == 1}
GROWN = {"auto_withdrawal_request", "guest_study_application", "term_review"}
"""Forms on whose examples a row grows: these have a frame for their class alone, compiled when it is met again."""
ELSEWHERE = ("diploma_junior", "completion_certificate", "transfer_application", "term_review", "school_info")
SMALL = 80_000  # bytes of a diploma without photo
FAR_AWAY = """
import hashlib, json, random, sys, time
from pathlib import Path
tomorrow = time.time() + 86_400 * 400
time.time = lambda: tomorrow
from templates.fonts import Fonts
from templates.libreoffice import Converter
from tests.records import alike, example
from tests.stamped import printer_on
folder = Path(sys.argv[1])
fonts = Fonts.find(folder / "fonts")
converter = Converter(folder / "office", 1, fonts.conf)
converter.start()
printer = printer_on(folder / "stamps", fonts, converter)
told = {}
for name in sys.argv[2:]:
    for _ in range(2):
        printer.print(alike(example(name), random.Random(7)))  # another person's is the first of its class
    told[name] = hashlib.sha256(printer.print(example(name)).pdf).hexdigest()
converter.close()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def stamping(tmp_path_factory, fonts, converter):
    return printer_on(tmp_path_factory.mktemp("stamps"), fonts, converter)


@pytest.fixture(scope="module")
def papers(stamping, slow_printer):
    """Each form's example: the order, the first print, the second, and LibreOffice's."""
    made = {}

    def paper(name):
        if name not in made:
            asked = example(name)
            if name in GROWN:
                assert stamping.print(asked).tier == 2
            counts = stamping.counts.copy()
            first = stamping.print(asked)
            assert stamping.counts - counts == {"learned": 1}
            second = stamping.print(asked)
            assert stamping.counts - counts == {"learned": 1, "stamped": 1}
            made[name] = (asked, first, second, slow_printer.print(asked))
        return made[name]

    return paper


def test_every_form_of_one_page_is_stamped():
    """None is left out."""
    assert set(STAMPABLE) == ALL
    assert len(ALL) == 29


@EVERY
def test_the_first_is_learned_and_the_second_stamped(papers, stamping, name):
    """Both are the same paper, and neither comes with a Word file."""
    asked, first, second, _ = papers(name)
    assert (first.compared, second.compared) == (True, False)
    assert first == replace(second, compared=True)
    assert (second.tier, second.docx, second.pages) == (1, None, 1)
    assert second.stamp
    assert second.layout_classes
    assert stamping.again(asked, second.stamp) == second.pdf


@EVERY
def test_it_looks_as_libre_office_prints_it(papers, name):
    """No glyph stands elsewhere, no pixel outside the code has another colour."""
    _, _, fast, slow = papers(name)
    found = difference(fast.pdf, slow.pdf, [place.keep_out for place in fast.layout.pages[0].codes], {})
    assert (slow.tier, found.pixels) == (2, 0)
    assert found.points <= 0.1


@EVERY
def test_it_is_described_as_libre_office_s(papers, name):
    """Facts, codes and every place of the layout are the same, to 0.05 mm."""
    _, _, fast, slow = papers(name)
    assert (fast.facts, fast.codes, fast.template_hash) == (slow.facts, slow.codes, slow.template_hash)
    assert fast.font_hashes == slow.font_hashes
    same(fast.layout.to_json(), slow.layout.to_json())


def same(one, other):
    """Compare two layouts part by part; numbers may differ by 0.05."""
    if isinstance(one, float):
        assert one == pytest.approx(other, abs=0.05)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            same(value, other[key])
    elif isinstance(one, list):
        for mine, its in zip(one, other, strict=True):
            same(mine, its)
    else:
        assert one == other


@EVERY
def test_every_value_can_be_copied_out(papers, name):
    """pypdf, which knows nothing of us, finds each value verbatim."""
    asked, _, fast, _ = papers(name)
    proved_whole(asked, fast)


@EVERY
def test_it_is_read_out_as_libre_office_s(papers, name):
    """Each marked sequence is in the tree once, the way back is right, and the words come in the same order."""
    _, _, fast, slow = papers(name)
    (mine, its) = ([(tag, bare(text)) for tag, text in read_out(pdf)] for pdf in (fast.pdf, slow.pdf))
    assert joined(mine) == joined(its)


def joined(told):
    """Put what follows one another under one tag together: a line's end is no end of a paragraph."""
    found = []
    for tag, text in told:
        if found and found[-1][0] == tag:
            found[-1][1] += text
        elif text:
            found.append([tag, text])
    return found


@pytest.mark.parametrize("name", ["diploma_primary", "diploma_junior", "diploma_senior"])
def test_a_diploma_without_photo_is_small(stamping, slow_printer, name):
    """80 KB at most, whoever prints it."""
    asked = example(name)
    data = {key: value for key, value in asked.data.items() if key not in asked.photos}
    for printer in (stamping, slow_printer):
        paper = printer.print(replace(asked, data=data, photos={}))
        assert paper.tier == (1 if printer is stamping else 2)
        assert len(paper.pdf) <= SMALL


def test_elsewhere_on_another_day_it_is_the_same(papers, tmp_path):
    """Another process, clock, hash seed, time zone and language, everything compiled anew from another paper: same bytes."""
    away = {"PYTHONHASHSEED": "7", "TZ": "Pacific/Apia", "LC_ALL": "C", "PYTHONPATH": str(root())}
    ran = subprocess.run(
        [sys.executable, "-c", FAR_AWAY, str(tmp_path), *ELSEWHERE],
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    here = {name: hashlib.sha256(papers(name)[2].pdf).hexdigest() for name in ELSEWHERE}
    assert json.loads(ran.stdout) == here


def root():
    return Path(__file__).resolve().parents[1]


def test_another_person_s_file_begins_the_same(papers, stamping):
    """All that is not personal stands first: the same bytes in every paper of a template."""
    asked, _, fast, _ = papers("diploma_junior")
    other = stamping.print(alike(asked, random.Random(3)))
    pairs = zip(fast.pdf, other.pdf, strict=False)
    shared = next(place for place, (mine, its) in enumerate(pairs) if mine != its)
    assert other.tier == 1
    assert shared > 30_000
    assert b"/Type/ObjStm" in fast.pdf[:shared]


@pytest.mark.parametrize("name", ["diploma_junior", "transfer_application", "academic_record_certificate"])
def test_a_scan_of_it_is_read(papers, recogniser, name):
    """Registered by marks or by the page itself, its code found, no value called altered, and most of them matched."""
    asked, _, fast, _ = papers(name)
    sheet = next(iter(rasterised(fast.pdf)))
    seen = capture(sheet, 300 / 25.4, level("A", 5), 0)
    page = PageImage(0, np.ascontiguousarray(seen.pixels), 300.0, colour=True)
    (found,) = codes.find(page)
    reading = read_page(
        page,
        layout_page=fast.layout.to_json()["pages"][0],
        code=found,
        reference=fast.pdf,
        page_no=1,
        recogniser=recogniser,
        units={},
        registry=[],
    )
    results = [field.result for field in reading.fields]
    assert found.text == asked.codes(1)[0]
    assert "altered" not in results
    assert results.count("match") >= 0.9 * len(results)
