"""A roster runs over as many pages as it needs, each with its head, its number and its own code."""

import dataclasses
import io
import zipfile

import pypdfium2 as pdfium
import pytest
import zxingcpp
from pypdf import PdfReader

from templates import code, conversion, describe, pdfa
from templates.catalogue import MAX_PAGES
from templates.errors import CodeUnreadable, DoesNotFit, TooManyPages
from templates.layout import Layout, Line
from templates.places import PDFIUM, Sheet, Spot
from templates.render import Order
from templates.sandbox import Shown
from templates.word import TINTS, Mark, _tints
from tests import tabled

SERIAL = "7K2M9QX4TB5DR"
ROWS = 45


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    return tabled.roster(tmp_path_factory.mktemp("roster"))


@pytest.fixture(scope="module")
def paper(form, printer):
    """Forty-five pupils on four pages."""
    return printer.print(Order(form, tabled.rows(ROWS), SERIAL, tabled.codes))


def read_codes(pdf, dpi=150):
    """What a scanner at `dpi` reads on each page."""
    found = []
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=dpi / 72, grayscale=True).to_numpy()
            found.append([symbol.text for symbol in zxingcpp.read_barcodes(picture)])
    return found


def test_each_page_has_its_own_code(paper):
    """Page k of n, read from a scan; exactly one a page, where the layout says."""
    assert paper.pages == len(paper.layout.pages) > 2
    assert paper.codes == tuple(tabled.codes(paper.pages))
    assert read_codes(paper.pdf) == [[text] for text in paper.codes]
    assert all(len(page.codes) == 1 for page in paper.layout.pages)


def test_every_cell_is_in_the_layout_once_under_its_flat_name(paper):
    """And what the page header repeats is found on every page."""
    cells = [value for page in paper.layout.pages for value in page.values if value.name != "class_no"]
    assert {value.name: value.text for value in cells} == {
        name: text for name, text in paper.facts.items() if "." in name
    }
    assert len(cells) == len({value.name for value in cells})
    assert all([v.name for v in page.values].count("class_no") == 1 for page in paper.layout.pages)
    assert {value.key for value in cells if value.name.endswith(".student_no")} == {True}
    assert (
        Layout.from_json(paper.layout.to_json()).pages[1].values[0].name
        == paper.layout.pages[1].values[0].name
    )


def test_pages_are_numbered_and_heads_repeated(paper):
    """第 x 页 共 y 页 by Word's own fields; the table's head stands on each page."""
    for number, text in enumerate(tabled.text_of(paper.pdf), 1):
        assert f"第{number}页共{paper.pages}页" in text
        assert text.count("身份证件号") == 1


def test_it_is_an_archive_copy_and_the_same_every_time(form, printer, paper):
    """PDF/A-2b; no page's code is left on another; the same order gives the same file mark."""
    pdfa.check(paper.pdf)
    again = printer.print(Order(form, tabled.rows(ROWS), SERIAL, tabled.codes))
    first, second = PdfReader(io.BytesIO(paper.pdf)), PdfReader(io.BytesIO(again.pdf))
    assert first.trailer["/ID"] == second.trailer["/ID"]
    assert again.docx == paper.docx
    assert again.layout == paper.layout
    used = {page["/Resources"]["/XObject"][name].indirect_reference.idnum
            for page, name in _drawn(first)}  # fmt: skip
    assert len(used) == paper.pages


def _drawn(reader):
    for page in reader.pages:
        content = page.get_contents().get_data().decode("latin1").split()
        for place, word in enumerate(content):
            if word == "Do":
                yield page, content[place - 1]


def test_the_word_file_shows_the_first_pages_code(paper):
    """It is the source of the paper: one picture for all pages, that of page 1 of all."""
    with zipfile.ZipFile(io.BytesIO(paper.docx)) as archive:
        pictures = [archive.read(name) for name in archive.namelist() if name.startswith("word/media/")]
    assert pictures == [code.draw(paper.codes[0]).png]


def test_empty_rows_are_drawn_up_to_the_least_number(form, printer):
    """One pupil: three rows, two of them blank for the pen; the number of a blank row is not printed."""
    paper = printer.print(Order(form, tabled.rows(1), SERIAL, tabled.codes))
    assert (paper.pages, paper.facts["rows.1.no"]) == (1, "1")
    assert not any(name.startswith("rows.2") for name in paper.facts)
    with zipfile.ZipFile(io.BytesIO(paper.docx)) as archive:
        xml = archive.read("word/document.xml").decode()
    assert xml.count("<w:tr>") + xml.count("<w:tr ") == 1 + 3


def test_a_long_name_wraps_in_its_cell(form, printer):
    """Twenty-four characters in a column for four: more lines, none lost."""
    name = "阿卜杜热合曼·麦麦提艾力·买买提依明江·伊敏"
    paper = printer.print(Order(form, tabled.rows(3) | {"rows.2.student_name": name}, SERIAL, tabled.codes))
    (value,) = (v for v in paper.layout.pages[0].values if v.name == "rows.2.student_name")
    assert "".join(line.text for line in value.lines) == name
    assert len(value.lines) > 1


def test_more_pages_than_the_codes_can_number_are_refused(form, printer, monkeypatch):
    """With what to do; the limit itself is 250 and takes a minute to reach, so the test lowers it."""
    assert MAX_PAGES == 250
    monkeypatch.setattr(conversion, "MAX_PAGES", 3)
    with pytest.raises(TooManyPages, match="分成几份"):
        printer.print(Order(form, tabled.rows(ROWS), SERIAL, tabled.codes))


def test_a_form_of_fixed_pages_takes_no_more(form, printer):
    """One page is one page; what is a little too much is set smaller first."""
    with pytest.raises(DoesNotFit, match="规定的 1 页"):
        printer.print(Order(dataclasses.replace(form, pages=1), tabled.rows(ROWS), SERIAL, tabled.codes))
    paper = printer.print(Order(dataclasses.replace(form, pages=2), tabled.rows(25), SERIAL, tabled.codes))
    assert paper.pages == 2


@pytest.mark.parametrize(
    "codes",
    [
        lambda pages: tabled.codes(pages + 1),
        lambda pages: tabled.codes(1) + ["HTTPS://YINZHENG.EXAMPLE/V/A"] * (pages - 1),
    ],
)
def test_codes_must_be_one_a_page_and_of_one_size(form, printer, codes):
    """Else a page would have none, or one that does not fit its place."""
    with pytest.raises(CodeUnreadable):
        printer.print(Order(form, tabled.rows(ROWS), SERIAL, codes))


def test_a_page_without_a_code_is_refused(printer, tmp_path):
    """A code in the body stands on the first page only."""

    def moved(document):
        document.sections[0].header.paragraphs[0].text = ""
        document.add_paragraph("{{ code }}")
        tabled.body(document)

    with pytest.raises(CodeUnreadable, match="第 2 页"):
        printer.print(Order(tabled.roster(tmp_path, moved), tabled.rows(ROWS), SERIAL, tabled.codes))


def test_a_cell_longer_than_a_page_is_refused_by_name(form, printer):
    """Half a value on the next page could not be compared."""
    with pytest.raises(DoesNotFit, match=r"rows\.2\.remark") as caught:
        printer.print(
            Order(form, tabled.rows(3) | {"rows.2.remark": "一二三四五" * 400}, SERIAL, tabled.codes)
        )
    assert "0 页" not in caught.value.message_zh


def test_cells_of_a_long_roster_share_marker_colours():
    """So far apart that no page holds two of them; what is no cell keeps a colour of its own."""
    shown = [Shown("甲", "value", "class_no"), Shown("学校", "furniture", "school")]
    shown[1:1] = [Shown("x", "value", f"rows.{row}.no") for row in range(1, 2 * TINTS + 1)]
    tints = list(_tints(shown, ["000000"] * len(shown)))
    assert (tints[0], tints[-1]) == (1, 2)
    assert tints[1:-1] == [*range(3, TINTS + 3)] * 2
    mixed = ["000000"] * (len(shown) - 1) + ["FF0000"]
    assert list(_tints(shown, mixed)) == tints
    assert len(
        set(_tints(shown, ["FF0000" if number == 5 else "000000" for number in range(len(shown))]))
    ) == len(shown)


def test_thirteen_thousand_cells_are_judged_quickly():
    """Cut and collision are looked for page by page, going down: time grows with the cells, not their square."""
    marks, spots = [], []
    for number in range(1, 13001):
        page, place = divmod(number - 1, 650)
        box = (place % 13 * 20.0, place // 13 * 4.0, place % 13 * 20.0 + 15, place // 13 * 4.0 + 3)
        marks.append(Mark(number, "value", f"rows.{number}.no", "甲", "000000", number))
        spots.append(Spot(number, page, (Line("甲", box),), "LXGW WenKai", 8.0, clipped=False))
    sheet = Sheet(((297.0, 210.0),) * 20, tuple(spots), ())
    assert describe.cut(marks, sheet) == []
    over = dataclasses.replace(spots[700], lines=spots[701].lines)
    crowded = dataclasses.replace(sheet, spots=(*spots[:700], over, *spots[701:]))
    assert describe.cut(marks, crowded) == ["rows.702.no"]
