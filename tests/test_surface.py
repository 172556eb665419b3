"""What differs outside the values: wording erased or replaced, another face, another paper, and nothing on clean sheets."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from intake import align, codes, surface
from intake.glare import Glare
from intake.reading import PageImage
from intake.recognise import LineReading
from intake.reference import Glyph, printed_page
from intake.surface import wording
from intake.surface.words import Word, own_words
from intake.uploads import pages
from service.demo.paper import SCALE
from service.demo.portrait import portrait
from service.demo.swindles import covered, recoded, swapped_photo, typed
from service.photos import put_photo
from templates.catalogue import Catalogue
from templates.render import Order
from tests.bureau import SEALS, SIGNERS, bureau_of
from tests.conftest import BEARER, CITY, MOVER, STUDENT, TRANSFER, as_role
from tests.paper import LEVELS, Paper, copied, level

FEEDER = replace(LEVELS["B"], seed=910)
FACE = 2
STRANGER = 8
SERIAL = "7K2M9QX4TB5DR"
CHANGE = {
    "changes": [{"item": "姓名", "before": "郝一㛃", "after": "郝一洁", "basis": "居民户口簿变更登记"}],
    "reason": "公安机关已办理姓名更正，现凭居民户口簿申请更正学籍信息。",
}


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        put_photo(bureau.office, as_role("city", CITY), STUDENT, portrait(FACE))
        yield bureau


@pytest.fixture(scope="module")
def diploma(bureau):
    """A diploma with a portrait, and its sheet with every mark."""
    document = bureau.issue(STUDENT)
    return document, bureau.paper(document, seed=911).complete(SEALS, SIGNERS)


@pytest.fixture(scope="module")
def transfer(bureau):
    document = bureau.issue(MOVER, "transfer_application", TRANSFER)
    return document, bureau.paper(document, seed=912).complete(SEALS, SIGNERS)


def differences(paper, settings, recogniser, page=0):
    """What the surface of a scanned sheet says, as (kind, result, where)."""
    (seen,) = pages(replace(paper, sheets=paper.sheets[page : page + 1]).scan(settings), "pdf")
    return found(seen, paper, recogniser, page)


def found(seen: PageImage, paper, recogniser, page=0):
    layout = paper.layout["pages"][page]
    archived = printed_page(paper.pdf, page, layout["width"], layout["height"])
    flat = align.register(seen.pixels, layout, codes.find(seen)[0], archived.pixels)
    told = surface.differences(seen, flat, archived, layout, recogniser)
    height, width = seen.pixels.shape[:2]
    for one in told:
        assert 0 <= one.box[0] < one.box[2] <= width
        assert 0 <= one.box[1] < one.box[3] <= height
    return [(one.kind, one.result, one.where) for one in told]


def test_no_word_is_accused_that_a_gleam_drowned(transfer, recogniser, monkeypatch):
    _, paper = transfer
    camera = replace(level("D", 315_101), glare=1.0)
    assert "altered" not in {result for _, result, _ in differences(paper, camera, recogniser)}
    monkeypatch.setattr(Glare, "over", lambda *_: False)
    assert "altered" in {result for _, result, _ in differences(paper, camera, recogniser)}, (
        "words were drowned"
    )


def place_of(paper, words, page=0):
    """Where these words of the form stand (mm)."""
    layout = paper.layout["pages"][page]
    glyphs = printed_page(paper.pdf, page, layout["width"], layout["height"]).glyphs
    text = "".join(glyph.letter for glyph in glyphs)
    boxes = np.array([glyph.box for glyph in glyphs[text.index(words) :][: len(words)]])
    return (*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))


def whitened(paper, words):
    """The sheet with some of its words painted over."""
    left, top, right, bottom = (round(edge * SCALE) for edge in place_of(paper, words))
    sheet = paper.sheets[0].copy()
    sheet[top - 6 : bottom + 6, left - 6 : right + 6] = 252
    return paper.with_sheet(0, sheet)


def test_own_words_are_no_values(diploma):
    """The words are the form's: labels and clauses, no name, no date, no number of the student."""
    _, paper = diploma
    layout = paper.layout["pages"][0]
    archived = printed_page(paper.pdf, 0, layout["width"], layout["height"])
    text = "".join(word.text for word in own_words(archived.glyphs, layout))
    assert "毕业证书" in text
    assert "学籍号：" in text
    for value in layout["values"]:
        assert len(value["text"]) < 2 or value["text"] not in text


@pytest.mark.parametrize("name", ["A", "C", "D", "F", "stapled"])
def test_a_clean_sheet_says_nothing(diploma, transfer, recogniser, name):
    """Seals, signatures, stains and folds change nothing; what a stapled corner hides is told, and accuses nobody."""
    for _, paper in (diploma, transfer):
        told = differences(paper, level(name, 913), recogniser)
        assert [one for one in told if one[1] != "not_checked"] == []
        assert not told or name == "stapled"


@pytest.mark.parametrize("seed", [915, 916])
def test_a_fold_that_cuts_a_word_accuses_nobody(printer, recogniser, seed):
    """Two stapled sheets whose page numbers stand beside the corner: the fold hides some letters, the staple lies on others."""
    told = paper_told(printer, recogniser, "student_info", level("stapled", seed))
    assert [one for page in told for one in page if one[1] != "not_checked"] == []
    assert all([one for one in page if one[:2] == ("erased", "not_checked")] for page in told)


@pytest.mark.parametrize("seed", [917, 918])
def test_a_copy_in_black_and_white_eats_thin_strokes(printer, recogniser, seed):
    """A file of bits is known as one though its drawn pixels are grey at the edges: 一 that is gone there was not taken out."""
    for form in ("student_info", "suspension_application"):
        for one in paper_told(printer, recogniser, form, level("onebit150", seed)):
            assert "altered" not in {result for _, result, _ in one}


def paper_told(printer, recogniser, name, settings):
    """What the surfaces of all pages of a form's example say."""
    form = Catalogue.load().get(name)
    code = "HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5" * 19
    printed = printer.print(Order(form, form.example_data(), SERIAL, lambda count: [code] * count))
    paper = Paper(printed.pdf, printed.layout.to_json(), seed=settings.seed)
    blocks = [mark["block"] for _, mark in paper.marks()]
    paper = paper.complete(dict.fromkeys(blocks, "黎城县第三中学校"), dict.fromkeys(blocks, "王力"))
    seen = list(pages(paper.scan(settings), "pdf"))
    assert {one.bilevel for one in seen} == {settings.colour == "bilevel"}
    return [found(one, paper, recogniser, number) for number, one in enumerate(seen)]


@pytest.mark.parametrize("bilevel", [False, True])
def test_a_clean_copy_accuses_nobody(diploma, transfer, recogniser, bilevel):
    """Without colour seals lie over the wording like any ink; a 1-bit copy shows no face."""
    for (_, paper), more in (
        (diploma, [("photo", "not_checked", "photo")] if bilevel else []),
        (transfer, []),
    ):
        assert differences(paper, copied(replace(FEEDER, dpi=200), bilevel=bilevel), recogniser) == more


@pytest.mark.parametrize("name", ["A", "C", "D", "E", "F"])
@pytest.mark.parametrize("words", ["准予毕", "验印", "初中"])
def test_erased_wording(diploma, recogniser, name, words):
    """Painted over, at every level; the words that are gone are named."""
    (only,) = differences(whitened(diploma[1], words), level(name, 914), recogniser)
    assert only[:2] == ("erased", "altered")
    assert set(words) & set(only[2])


@pytest.mark.parametrize("name", ["A", "B", "D", "F"])
def test_a_slip_with_other_words(diploma, recogniser, name):
    """Glued over a line of the form."""
    forged, _ = covered(diploma[1], 0, np.random.default_rng(915))
    told = differences(forged, level(name, 915), recogniser)
    assert told
    assert {result for _, result, _ in told} == {"altered"}


@pytest.mark.parametrize("glued", [False, True])
@pytest.mark.parametrize("name", ["A", "C", "D", "E", "F", "gray100"])
def test_another_face(diploma, recogniser, glued, name):
    """Printed over the photo or glued onto it."""
    forged = swapped_photo(diploma[1], portrait(STRANGER), glued=glued)
    assert differences(forged, level(name, 916), recogniser) == [("photo", "altered", "photo")]


@pytest.mark.parametrize("name", ["A", "C", "D", "F", "gray100"])
@pytest.mark.parametrize("words", ["此件与原件一致", "13900001111"])
def test_an_added_line(diploma, recogniser, words, name):
    """Typed where the diploma is blank; a person must look."""
    forged = typed(diploma[1], 0, words, (50, 26))
    told = differences(forged, level(name, 918), recogniser)
    assert {one[:2] for one in told} == {("added", "unclear")}
    assert all(where for _, _, where in told)


def test_a_note_by_hand_is_no_print(transfer, recogniser):
    """Somebody's note above the table, with a tick and a line under it."""
    noted = transfer[1].write(0, (60, 40), "已登记入册", 5.5).write(0, (110, 42), "√", 6)
    sheet = noted.sheets[0].copy()
    sheet[round(45 * SCALE) : round(45.4 * SCALE), round(30 * SCALE) : round(90 * SCALE)] = 40
    assert differences(noted.with_sheet(0, sheet), level("B", 919), recogniser) == []


def test_a_photo_to_be_glued_on(bureau, recogniser):
    """The form printed an empty frame: what is glued there was never archived; it is told, and accuses nobody."""
    document = bureau.issue(BEARER)
    paper = bureau.paper(document, seed=920).complete(SEALS, SIGNERS)
    left, top, right, bottom = place_of(paper, "贴照片处")
    across, down = (left + right) / 2 - 13, (top + bottom) / 2 - 16
    face = cv2.imdecode(np.frombuffer(portrait(STRANGER), np.uint8), cv2.IMREAD_COLOR)
    face = cv2.resize(face, (round(26 * SCALE), round(32 * SCALE)))
    for sheet in (paper, paper.paste(0, face, across, down)):
        told = differences(sheet, level("B", 920), recogniser)
        assert told == [("photo", "not_checked", "贴照片处")]


def test_a_code_on_another_form(bureau, diploma, transfer, recogniser):
    """A transfer form's code pasted on another application: another paper's wording from top to bottom."""
    document = bureau.issue(BEARER, "info_change_application", CHANGE)
    other = bureau.paper(document, seed=917)
    mixed = recoded(other, transfer[1])
    (seen,) = pages(mixed.scan(FEEDER), "pdf")
    told = found(seen, transfer[1], recogniser)
    assert [(kind, result) for kind, result, _ in told] == [("other_paper", "altered")]
    (body,) = bureau.brought(mixed.scan(FEEDER))["documents"]
    assert body["serial"] == transfer[0]["serial"]
    assert body["verdict"] in {"altered", "cannot_check"}
    assert "other_paper:1" in body["reasons"]


def test_the_story_of_a_slip_and_a_face(bureau, diploma):
    """Over HTTP: the verdict is altered, the places are told with their boxes, and the paper does not become effective."""
    document, paper = diploma
    forged = swapped_photo(whitened(paper, "初中"), portrait(STRANGER), glued=True)
    (body,) = bureau.brought(forged.scan(FEEDER))["documents"]
    assert body["verdict"] == "altered"
    assert body["reasons"] == ["surface_altered:初中", "photo_altered:photo"]
    assert [(one["kind"], one["side"], one["page"]) for one in body["differences"]] == [
        ("erased", 0, 1),
        ("photo", 0, 1),
    ]
    assert all(one["box"][0] < one["box"][2] for one in body["differences"])
    assert bureau.verified(document)["verdict"] == "pending"
    public = bureau.looked_at(forged.scan(replace(FEEDER, file="jpeg")))
    assert (public["verdict"], public["reasons"]) == ("altered", body["reasons"])


def test_the_story_of_an_added_line(bureau, diploma):
    """Over HTTP: nobody is accused, the paper does not become effective, and a person is told where to look."""
    forged = typed(diploma[1], 0, "此件与原件一致", (50, 26))
    (body,) = bureau.brought(forged.scan(FEEDER))["documents"]
    assert body["verdict"] == "cannot_check"
    assert {one["kind"] for one in body["differences"]} == {"added"}
    assert body["reasons"] == [f"surface_added:{one['where']}" for one in body["differences"]]
    assert "请" in body["advice"][0]


def test_the_story_of_the_honest_sheet(bureau, diploma):
    """The same paper untouched: genuine, no difference, no advice."""
    (body,) = bureau.brought(diploma[1].scan(FEEDER))["documents"]
    assert (body["verdict"], body["differences"], body["advice"]) == ("genuine", [], [])


@pytest.mark.parametrize(
    ("margin", "weakest", "confidence", "lost", "result"),
    [
        (-70.0, 0.64, 0.9, 0.75, "altered"),
        (-70.0, 0.64, 0.9, 0.3, "unclear"),
        (-12.0, 0.64, 0.9, 0.75, "unclear"),
        (-70.0, 0.28, 0.5, 0.75, "unclear"),
        (-12.0, 0.99, 0.99, 0.75, "altered"),
    ],
    ids=["cut-strip", "little-gone", "one-letter", "guessed", "sure"],
)
def test_a_strip_whose_edge_cuts_a_letter_is_altered(margin, weakest, confidence, lost, result):
    """准予按不 over （学号：, its last letter halved: all of it is other words, whatever that one is."""

    class Reading(LineReading):
        """A reading as sure as the test says."""

        def margin(self, expected):
            return 0.0 if self.text == expected else margin

    crop = np.full((30, 90), 250, np.uint8)
    look = wording.Look(Word("（学号：", (0.0, 0.0, 9.0, 3.0)), crop, crop, -0.1, lost, 0.5, 0.05, 0.9)
    now, then = Reading("准予按不", confidence, weakest=weakest), Reading("（学号：", 0.9, weakest=0.6)
    assert wording._judged(look, now, then).result == result


def test_a_mark_without_a_letter_is_no_word():
    """A lone bracket beside a value vanishes under a seal and means nothing."""
    glyphs = [Glyph("（", (10.0, 10.0, 12.0, 14.0)), Glyph("章", (40.0, 10.0, 44.0, 14.0))]
    assert [word.text for word in own_words(glyphs, {"values": []})] == ["章"]
