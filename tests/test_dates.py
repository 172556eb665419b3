"""Handwritten dates: whether somebody wrote one, never what; a person is asked about their order once for each paper."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from intake import align, codes, dates
from intake.reading import DateFinding, PageReading, Quality
from intake.reference import printed_page
from intake.uploads import pages
from service.office.judgement import SheetReading
from service.office.verdicts import reason_text
from service.receive import dating
from tests.bureau import SEALS, SIGNERS, bureau_of
from tests.conftest import MOVER, TRANSFER
from tests.paper import LEVELS, Paper, copied
from tests.records import example

BLOCKS = {
    "transfer_application": ["apply", "out_school", "in_school", "out_auth", "in_auth", "city"],
    "suspension_application": ["apply", "teacher", "school", "authority"],
}
NAMES = ("文建国", "钟涛", "贺文婷", "申海", "段玉", "秦志远")
UNITS = ("黎城县第三中学校", "武乡县第二中学校", "黎城县教育体育局", "武乡县教育局", "长治市教育局")
MACHINES = {"B": LEVELS["B"], "D": LEVELS["D"], "F": LEVELS["F"], "gray": copied(LEVELS["B"])}


def rooms(paper):
    """The archived page, its layout, and the places it leaves for dates."""
    page = paper.layout["pages"][0]
    archived = printed_page(paper.pdf, 0, page["width"], page["height"])
    return archived, page, list(dates.places(archived.glyphs, page))


def without(*blocks):
    """What is left out of a paper whose signers forgot the date in these blocks."""
    return frozenset((block, "date") for block in blocks)


@pytest.fixture(scope="module")
def forms(printer):
    """Each form with every mark, its even blocks dated; and which those are."""
    made = {}
    for number, (name, blocks) in enumerate(BLOCKS.items()):
        printed = printer.print(example(name))
        paper = Paper(printed.pdf, printed.layout.to_json(), seed=60 + number)
        chosen = blocks[number % 2 :: 2]
        whole = paper.complete(
            dict(zip(blocks, UNITS, strict=False)),
            dict(zip(blocks, NAMES, strict=False)),
            without(*set(blocks) - set(chosen)),
        )
        made[name] = whole, chosen
    return made


def judged(paper, machine):
    """What a scan shows of each block's date."""
    (seen,) = pages(paper.scan(machine), "pdf")
    archived, page, _ = rooms(paper)
    found = codes.find(seen)
    flat = align.register(seen.pixels, page, found[0] if found else None, archived.pixels)
    told = dates.find(flat, archived, page, list(dates.places(archived.glyphs, page)), colour=seen.colour)
    height, width = seen.pixels.shape[:2]
    for one in told:
        left, top, right, bottom = one.box
        assert -5 <= left < right <= width + 5
        assert -5 <= top < bottom <= height + 5
    return {one.block: one.result for one in told}


@pytest.mark.parametrize("name", sorted(BLOCKS))
def test_every_block_has_its_date(forms, name):
    """One place for each block, with room before 年, 月 and 日; none stands for a value that is printed."""
    paper, _ = forms[name]
    archived, page, places = rooms(paper)
    assert [place.block for place in places] == BLOCKS[name]
    assert all(place.year and place.year[2] - place.year[0] >= dates.GAP_MM for place in places)
    text = "".join(glyph.letter for glyph in archived.glyphs)
    assert text.count("年") > len(places), "the forms print dates too"
    assert page["values"]


def test_a_certificate_has_none(printer):
    """A diploma's dates are printed."""
    printed = printer.print(example("diploma_junior"))
    assert rooms(Paper(printed.pdf, printed.layout.to_json()))[2] == []


@pytest.mark.parametrize("machine", sorted(MACHINES))
def test_written_or_not(forms, machine):
    """No date is told written that is not, none missing that is there; under a seal without colour nobody can say."""
    counts = Counter()
    for number, (paper, chosen) in enumerate(forms.values()):
        for block, result in judged(paper, replace(MACHINES[machine], seed=600 + number)).items():
            counts[block in chosen, result] += 1
    assert counts[True, "absent"] == counts[False, "present"] == 0
    assert sum(counts.values()) == sum(map(len, BLOCKS.values()))
    if machine != "gray":
        assert counts[False, "absent"] == 5
        assert counts[True, "present"] >= 4
    else:
        assert counts[True, "unclear"] + counts[False, "unclear"] >= 6


def read(*results, page=1):
    """A page's dates, as given by block."""
    found = tuple(DateFinding(block, result, (1.0, 2.0, 3.0, 4.0)) for block, result in results)
    return SheetReading(page, PageReading(Quality(True), (), (), "fiducials", {}, dates=found))


def test_one_is_asked_about_for_each_paper():
    """The last that was written stands for the order of all; the better of two scans counts; two dates of a block are two."""
    first = read(("apply", "present"), ("school", "absent"), ("school", "present"), ("city", "absent"))
    second = read(("apply", "absent"), ("school", "unclear"), ("school", "unclear"), ("city", "absent"))
    body = dating.told({"pages": [{"marks": []}]}, (), [(4, first), (5, None), (6, second)])
    assert [(one["block"], one["result"], one["page"], one["person"]) for one in body] == [
        ("apply", "present", 4, False),
        ("school", "unclear", 6, False),
        ("school", "present", 4, True),
        ("city", "absent", 4, False),
    ]
    assert [one["read"] for one in body] == [None] * 4
    assert dating.told({"pages": []}, (), [(0, read())]) == []
    for reason in ("dates_in_order", "date_absent:school"):
        assert "请" in reason_text(reason, {})


def test_the_desk_asks_once_and_names_what_is_missing(request):
    """One date is missing: the desk is told of it, and of the order once; neither holds; a scan with the date settles it."""
    with bureau_of(request, rate=1_000_000) as bureau:
        document = bureau.issue(MOVER, "transfer_application", TRANSFER)
        paper = bureau.paper(document, seed=71)
        some = paper.complete(SEALS, SIGNERS, without("in_school"))

        def brought(paper, seed):
            told = bureau.brought(paper.scan(replace(LEVELS["B"], seed=seed)))["documents"][0]
            listed = bureau.caller().get("/v1/reviews", params={"serial": document["serial"]}).json()
            return told, {one["name"]: one for one in listed["reviews"] if one["kind"] == "date"}

        told, waiting = brought(some, 72)
        assert (told["verdict"], told["reasons"]) == ("genuine", [])
        assert {one["block"]: one["result"] for one in told["dates"]} == {
            **dict.fromkeys(("apply", "out_school", "out_auth", "in_auth"), "present"),
            **dict.fromkeys(("in_school", "city"), "absent"),
        }
        assert waiting.keys() == {"in_school", "dates_in_order"}
        assert not any(one["holds"] for one in waiting.values())
        assert waiting["in_school"]["label"] == "日期：转入学校意见"
        assert waiting["in_school"]["reason"] == "date_absent:in_school"
        assert waiting["dates_in_order"]["label"] == "各处日期的先后"
        _, waiting = brought(some.dated("in_school", date(2026, 11, 9)), 74)
        assert waiting.keys() == {"dates_in_order"}
        path = f"/v1/reviews/{waiting['dates_in_order']['id']}/decisions"
        assert bureau.caller().post(path, json={"answer": "match"}).json()["state"] == "decided"
        bureau.assert_sound()
