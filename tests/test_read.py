"""Reading: what was printed matches at every honest resolution, what was changed is found, what is unfit goes back."""

import contextlib

import numpy as np
import pytest

from intake import codes, quality
from intake.errors import BadLayout
from intake.layouts import check_page
from intake.read import read_page
from intake.reading import PageImage, Registered
from intake.recognise.tesseract import Tesseract
from tests.allowed import agrees, allowed
from tests.specimens import sheet

TAMPERED = {
    "birth_date": "2011年4月13日",
    "student_name": "文勇峻",
    "id_number": "140499201104120017",
    "phone": "13803551653",
    "issued_on": "二〇二六年七月二日",
    "in_school": "长治市潞州区实验小学（东校区）",
}
MARKS = [
    {"block": "school", "kind": "seal", "label": "（章）", "unit": "school", "role": None, "shape": "round"}
    | {"box": [140.0, 255.0, 180.0, 285.0], "required": True, "machine": True},
    {"block": "photo", "kind": "seal", "label": "钢印", "unit": "school", "role": None, "shape": "round"}
    | {"box": [20.0, 255.0, 60.0, 285.0], "required": True, "machine": False},
]


@pytest.fixture(scope="module")
def printed():
    picture, layout = sheet.drawn()
    layout["marks"] = MARKS
    return picture, layout, sheet.as_pdf(picture)


def read(page, printed, recogniser, **changes):
    _, layout, pdf = printed
    found = codes.find(page)
    order = {
        "layout_page": layout,
        "code": found[0] if found else None,
        "reference": pdf,
        "page_no": 1,
        "recogniser": recogniser,
        "units": {"school": "黎城县第三中学校"},
        "registry": ["黎城县第三中学校"],
    }
    return read_page(page, **(order | changes))


def results(reading):
    return {field.name: field.result for field in reading.fields}


@pytest.mark.parametrize(
    ("dpi", "turn", "gray"), [(100, 0, True), (150, 1, False), (200, 2, False), (300, 3, False)]
)
def test_an_untouched_page_matches(printed, recogniser, dpi, turn, gray):
    """From 100 dpi gray to 300 dpi colour, tilted and turned, every common value matches; none is called altered."""
    page = sheet.scanned(printed[0], dpi, dpi=dpi, tilt=1.5, turn=turn, quality=60, gray=gray)
    reading = read(page, printed, recogniser)
    assert reading.quality.ok
    assert reading.how == "fiducials"
    found = results(reading)
    assert found.pop("rare") in {"match", "unreadable"}
    assert agrees(recogniser, found, {name: "match" for name in sheet.VALUES if name != "rare"})


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_every_changed_character_is_found(printed, recogniser, dpi):
    """One digit, one character, one numeral: each is altered, and only those."""
    picture, _ = sheet.drawn(values=TAMPERED)
    reading = read(sheet.scanned(picture, 40 + dpi, dpi=dpi, tilt=-1.0), printed, recogniser)
    found = results(reading)
    wanted = {name: "altered" if name in TAMPERED else "match" for name in found}
    wanted["rare"] = found["rare"] if found["rare"] == "unreadable" else "match"
    assert agrees(recogniser, found, wanted)
    birth = next(field for field in reading.fields if field.name == "birth_date")
    assert birth.expected == "2011年4月12日"
    assert birth.result != "altered" or birth.read == "2011年4月13日"


def test_another_persons_page_under_our_code_is_altered(printed, recogniser):
    """A page whose values are all another's shows as altered fields."""
    others = dict.fromkeys(sheet.VALUES, "全部改写")
    picture, _ = sheet.drawn(values=others)
    found = results(read(sheet.scanned(picture, 4), printed, recogniser))
    assert set(found.values()) <= allowed(recogniser, "altered")


def test_look_alike_characters_never_match(printed, recogniser):
    """曰 for 日, 孑 for 子, 睛 for 晴, ○ for 〇 are altered or left to a person, never a match."""
    names = list(sheet.VALUES)
    pairs = [
        ("孙子", "孙孑"),
        ("冯晴", "冯睛"),
        ("张日", "张曰"),
        ("二〇二六年", "二○二六年"),
        ("王入", "王人"),
        ("郑戌", "郑戍"),
    ]
    right = {name: pair[0] for name, pair in zip(names, pairs, strict=False)}
    wrong = {name: pair[1] for name, pair in zip(names, pairs, strict=False)}
    original, layout = sheet.drawn(values=right)
    forged, _ = sheet.drawn(values=wrong)
    page = sheet.scanned(forged, 6, dpi=200)
    found = results(read(page, (original, layout, sheet.as_pdf(original)), recogniser))
    assert "match" not in {found[name] for name in right}
    assert {found[name] for name in names[len(pairs) :]} <= allowed(recogniser, "match")


def test_a_coarse_scan_goes_back_unread(printed, recogniser):
    """Below 90 dpi nothing is guessed: low_resolution, every field unreadable, every mark open."""
    for dpi in (60, 75):
        reading = read(sheet.scanned(printed[0], 1, dpi=dpi), printed, recogniser)
        assert not reading.quality.ok
        assert set(reading.quality.reasons) & {"low_resolution", "not_registered"}
        assert set(results(reading).values()) == {"unreadable"}
        assert [mark.result for mark in reading.marks] == ["unclear", "not_checked"]


def test_a_blank_page_is_called_blank(printed, recogniser):
    """White paper, with scanner noise, is blank; our own page is not."""
    noise = np.random.default_rng(0).normal(246, 3, (2338, 1654, 3)).clip(0, 255).astype(np.uint8)
    reading = read(PageImage(0, noise, 200.0, colour=True), printed, recogniser)
    assert reading.quality.reasons == ("blank",)


def test_a_blurred_page_goes_back(printed, recogniser):
    """A page out of focus is blurred or not registered, never half guessed."""
    sharp = sheet.scanned(printed[0], 3)
    blurred = sheet.scanned(printed[0], 3, blur=3.5)
    reading = read(blurred, printed, recogniser, code=codes.find(sharp)[0])
    assert not reading.quality.ok
    assert "altered" not in results(reading).values()


def test_a_foreign_page_is_not_registered(printed, recogniser):
    """A page with nothing of ours on it cannot be laid over the layout."""
    page = np.full((2338, 1654, 3), 250, np.uint8)
    dice = np.random.default_rng(5)
    for x, y in dice.integers(100, 1500, (400, 2)):
        page[y : y + 30, x : x + int(dice.integers(3, 60))] = 20
    reading = read(PageImage(0, page, 200.0, colour=True), printed, recogniser)
    assert reading.quality.reasons == ("not_registered",)


def test_findings_point_at_the_scan(printed, recogniser):
    """The box of a finding, on a page that lies on its side, holds the value's ink."""
    page = sheet.scanned(printed[0], 8, turn=1)
    for field in read(page, printed, recogniser).fields:
        left, top, right, bottom = (round(edge) for edge in field.box)
        area = page.pixels[top:bottom, left:right, 2]
        assert area.size
        assert (area < 120).mean() > 0.03


def test_a_red_seal_over_a_value_leaves_it_readable(printed, recogniser):
    """Red ink over a value is taken away by its colour."""
    page = sheet.scanned(printed[0], 9, tilt=0.0)
    strip = page.pixels[round(60 * 200 / 25.4) : round(125 * 200 / 25.4), 480:900]
    strip[::3, :, :2] //= 4
    assert set(results(read(page, printed, recogniser)).values()) <= allowed(recogniser, "match")


def test_tesseract_works_alone(printed):
    """The second recogniser reads the same page: no false alarm, most values match, a changed one is not matched."""
    assert "altered" not in results(read(sheet.scanned(printed[0], 10), printed, Tesseract())).values()
    clean = results(read(sheet.scanned(printed[0], 10, dpi=300), printed, Tesseract()))
    assert list(clean.values()).count("match") >= len(clean) // 2
    picture, _ = sheet.drawn(values=TAMPERED)
    found = results(read(sheet.scanned(picture, 11, dpi=300), printed, Tesseract()))
    assert "match" not in {found[name] for name in TAMPERED}


def test_a_layout_without_its_parts_is_the_archives_fault(printed, recogniser):
    """A layout that lacks a part is BadLayout, naming the part."""
    page = sheet.scanned(printed[0], 12)
    with pytest.raises(BadLayout) as caught:
        read(page, printed, recogniser, layout_page={"width": 210.0, "height": 297.0})
    assert "values" in caught.value.message_zh


BAD = (None, True, -1, 10**400, float("nan"), float("inf"), "", "x", [], {}, [[]], [None] * 4, [9, 9, 1, 1])


def odd_pages(page):
    """Yield the page with each of its parts, however deep, replaced by something odd or taken away."""
    for name in page:
        for bad in BAD:
            yield {**page, name: bad}
        yield {key: value for key, value in page.items() if key != name}
        below = page[name]
        if isinstance(below, list) and below and isinstance(below[0], dict):
            for part in odd_pages(below[0]):
                yield {**page, name: [part, *below[1:]]}


def test_every_odd_layout_is_named(printed):
    """Whatever stands in place of a part: BadLayout with its name, or a layout that is usable all the same."""
    named = 0
    for page in odd_pages(printed[1]):
        with contextlib.suppress(BadLayout):
            check_page(page)
            continue
        named += 1
    assert named > 200


@pytest.mark.parametrize(
    ("gray", "dpi", "doubtful", "reasons"),
    [
        ((0, 255), 200, 2, ("bilevel",)),
        ((0, 255), 200, 1, ()),
        ((0, 128), 100, 2, ("low_resolution",)),
        ((0, 128), 200, 4, ()),
        ((0, 128), 200, 5, ("poor_reading",)),
    ],
)
def test_a_page_of_which_too_much_is_unreadable_must_come_again(gray, dpi, doubtful, reasons):
    """The reason names what a better scan must change; a single doubt is never enough."""
    pixels = np.full((300, 200, 3), gray[1], np.uint8)
    pixels[:, :50] = gray[0]
    page = PageImage(0, pixels, float(dpi), colour=False)
    flat = Registered(pixels, 200.0, np.eye(3), 0.0, float(dpi), "features")
    results = ["unreadable"] * doubtful * 3 + ["match"] * (10 - doubtful) * 3
    assert quality.after_reading(page, flat, results).reasons == reasons
    assert quality.after_reading(page, flat, ["unreadable"] * 2).ok
