"""Which papers are stamped and which go through LibreOffice by themselves, each kind by name."""

import dataclasses
import hashlib
import random
from dataclasses import replace

import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_UNDERLINE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Pt

from templates.errors import DoesNotFit
from templates.fonts import LATIN, SONG
from templates.lint import trial
from templates.order import Order
from tests import tabled
from tests.laidout import (
    aligned,
    boxed,
    cell,
    columns,
    conditional,
    cut_row,
    family,
    font,
    headed,
    neighbours,
    numbered,
    page,
    plain,
    properties,
    red,
    shaded,
    tabs,
    twice,
    upright,
)
from tests.records import example

NAME = "欧阳思远"
DIPLOMAS = 60
SERIAL = "7K2M9QX4TB5DR"


@pytest.fixture
def small(catalogue, tmp_path):
    """Give a function that makes a one-field form around a template of one's own."""
    diploma = catalogue.get("diploma_junior")
    field = dataclasses.replace(diploma.field("student_name"), type="text", max=2000)

    def make(build):
        page(build).save(tmp_path / "template.docx")
        digest = hashlib.sha256((tmp_path / "template.docx").read_bytes()).hexdigest()
        parts = {"fields": (field,), "blocks": (), "size_mm": (210.0, 297.0), "number_field": None}
        return dataclasses.replace(diploma, **parts, folder=tmp_path, template_hash=digest, series={})

    return make


STAMPED = {
    "plain": (plain, NAME),
    "underlined": (font(underline=True), NAME),
    "underlined twice": (font(underline=WD_UNDERLINE.DOUBLE), NAME),
    "underlined with dots": (font(underline=WD_UNDERLINE.DOTTED), NAME),
    "underlined with waves": (font(underline=WD_UNDERLINE.WAVY), NAME),
    "bold": (font(bold=True), NAME),
    "struck out": (font(strike=True), NAME),
    "bold and underlined": (font(bold=True, underline=True), NAME),
    "slanted": (font(italic=True), NAME),
    "large": (font(size=Pt(26)), NAME),
    "raised": (font(superscript=True), NAME),
    "spaced": (properties('<w:spacing w:val="60"/>'), NAME),
    "narrow": (properties('<w:w w:val="66"/>'), NAME),
    "marked with a colour": (properties('<w:shd w:val="clear" w:fill="FFFF00"/>'), NAME),
    "in Liberation Serif": (family(LATIN.name), "John Smith"),
    "Latin in Kai": (plain, "Jean-Baptiste O'Neill"),
    "a dotted name": (plain, "阿卜杜·热合曼"),
    "centred": (aligned(WD_ALIGN_PARAGRAPH.CENTER), NAME),
    "to the right": (aligned(WD_ALIGN_PARAGRAPH.RIGHT), NAME),
    "justified": (aligned(WD_ALIGN_PARAGRAPH.JUSTIFY), "户籍随迁，全家迁居。" * 12),
    "of several lines": (plain, "一行\n两行\n三行"),
    "broken by its length": (plain, "户籍随迁，全家迁居。" * 12),
    "in a cell": (cell, NAME),
    "in an upright cell": (upright, NAME),
    "in a shaded cell": (shaded, NAME),
    "in a text box on the page": (boxed("page", 5400000), NAME),
    "in a text box at its paragraph": (boxed("paragraph", 360000), NAME),
    "in header and footer": (headed, NAME),
    "in columns": (columns, NAME),
    "in a list": (numbered, NAME),
    "between tabs": (tabs, NAME),
    "shown twice": (twice, NAME),
    "under a condition": (conditional, NAME),
}
OWN = {"marked with a colour"}  # its ground is as long as the value, so each class has a frame of its own
CONVERTED = {
    "in a CFF font": (family(SONG.name), NAME),
    "half in another font": (plain, "南𩽹宫䢮"),
    "framed": (properties('<w:bdr w:val="single" w:sz="4" w:space="0" w:color="auto"/>'), NAME),
    "a time, whose colon the font moves": (plain, "10:30"),
}


def ask(form, text):
    token = "HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5" * 19
    return Order(form, {"student_name": text}, SERIAL, lambda pages: [token] * pages)


def both(printer, asked):
    """Print twice: learned, then stamped; or twice by LibreOffice."""
    first, second = printer.print(asked), printer.print(asked)
    assert (first.tier, first.pdf, first.layout) == (second.tier, second.pdf, second.layout)
    return second


THREE = ("student_name", "school_name", "head_name")
LONG = "户籍随迁，全家迁居。" * 4


def three(small, build):
    """Give a form around a template with three fields, and a function that prints a paper with their values."""
    form = small(build)
    fields = [dataclasses.replace(form.fields[0], name=name, source="data") for name in THREE]
    form = dataclasses.replace(form, fields=tuple(fields))
    return lambda *values: replace(ask(form, NAME), data=dict(zip(THREE, values, strict=True)))


@pytest.mark.parametrize("name", STAMPED)
def test_it_is_stamped(printer, small, name):
    """And is what LibreOffice makes of it; so is another name of as many characters."""
    build, text = STAMPED[name]
    form = small(build)
    if name in OWN:
        printer.print(ask(form, text))
    assert both(printer, ask(form, text)).tier == 1
    other = ask(form, text.replace("思", "懿").replace("户", "龘").replace("两", "〇"))
    paper = printer.print(other)
    assert paper.tier == 1
    printer.prove(other, paper)


@pytest.mark.parametrize("name", CONVERTED)
def test_libre_office_prints_it(printer, slow_printer, small, name):
    """What cannot be stamped is printed the other way, the same bytes as without a fast path."""
    build, text = CONVERTED[name]
    asked = ask(small(build), text)
    assert both(printer, asked).tier == 2
    assert printer.print(asked).pdf == slow_printer.print(asked).pdf
    assert printer.stopped() == []


@pytest.mark.parametrize("name", ["student_info", "class_roster", "term_change_report", "diploma_batch"])
def test_papers_of_other_than_one_page_are_converted(printer, name):
    """Two pages, or as many as there are rows."""
    counts = printer.counts.copy()
    assert printer.print(example(name)).tier == 2
    assert printer.counts - counts == {"converted": 1}


def test_a_row_that_grows_is_converted_at_first(printer):
    """Lines below it move, which belong to the frame. Met again, its class gets a frame; the usual one stays as it is."""
    asked = example("transfer_application")
    long = replace(asked, data={**asked.data, "out_school": "黎城县" + "示范" * 22 + "中学校"})
    longer = replace(asked, data={**asked.data, "out_school": "黎城县" + "示范" * 23 + "中学校"})
    usual = both(printer, asked)
    assert [printer.print(long).tier for _ in range(3)] == [2, 1, 1]
    assert printer.print(longer).tier == 2
    printer.prove(long, printer.print(long))
    assert (usual.tier, printer.print(asked)) == (1, usual)


def test_a_long_first_paper_spoils_nothing(printer, small):
    """Whatever was printed first, the frame is that of a paper on which nothing grows."""
    form = small(cell)
    assert printer.print(ask(form, "户籍随迁，全家迁居。" * 20)).tier == 2
    assert both(printer, ask(form, NAME)).tier == 1


@pytest.mark.parametrize("lined", [True, False])
@pytest.mark.parametrize("below", [True, False])
def test_cells_never_move_one_another_unseen(printer, small, lined, below):
    """Two cells of a row make it grow, each by itself; no paper with neither is stamped as if it had grown."""
    made = three(small, neighbours(lined=lined, below=below))
    rows = [
        (LONG, "短", "钟涛"),
        ("短", LONG, "钟涛"),
        ("短", "短", "钟涛"),
        ("短", "短", "欧阳涛"),
        (LONG, "短", "欧阳涛"),
    ]
    stamped = 0
    for values in [*rows, *rows, *rows]:
        asked = made(*values)
        paper = printer.print(asked)
        printer.prove(asked, paper)
        stamped += paper.tier == 1
    assert stamped >= 2 * len(rows) - 2


def test_cells_that_are_known_are_stamped_in_other_company(printer, small):
    """How a cell's text falls is learned once for all papers on which its neighbours take the same lines."""
    paper = three(small, neighbours(lined=False, below=True))
    for values in (("王芳", "一中", "钟涛"), ("阿衣古", "第一中学", "欧阳涛"), (LONG, "一中", "欧阳涛")):
        printer.print(paper(*values))
    counts = printer.counts.copy()
    mixed = [("王芳", "第二中学", "钟涛"), ("古丽娜", "二中", "申建"), (LONG, "二中", "申建军")]
    for asked in (paper(*values) for values in mixed):
        printer.prove(asked, printer.print(asked))
    assert printer.counts - counts == {"stamped": len(mixed)}
    for values in (
        (LONG, "第二中学", "申建军"),
        (LONG[:-10], "二中", "申建军"),
    ):  # new beside four lines; three lines
        asked = paper(*values)
        printer.prove(asked, printer.print(asked))
    assert printer.counts - counts == {"stamped": len(mixed), "learned": 2}


@pytest.mark.parametrize("name", ["diploma_primary", "diploma_junior", "diploma_senior"])
def test_a_diploma_is_right_in_any_company(printer, name):
    """Names, schools and heads of one and of two lines, in pairs that were never printed together before."""
    dice, asked, apart = random.Random(name), example(name), 0

    def hanzi(count):
        return "".join(dice.choices("王李欧阳思远伟芳龘一乙十明", k=count))

    for _ in range(DIPLOMAS):
        changed = {
            "student_name": hanzi(dice.choice((2, 3, 15))),
            "head_name": hanzi(dice.choice((2, 3, 20))),
            "school_name": "黎城县" + hanzi(dice.choice((3, 5, 30))) + "学校",
            "birth_date": f"2011-{dice.choice((4, 11)):02d}-{dice.choice((2, 12, 25)):02d}",
        }
        order = replace(asked, data={**asked.data, **changed})
        paper = printer.print(order)
        assert paper.tier == 1
        if not paper.compared:
            printer.prove(order, paper)  # raises StampDiffers
            apart += 1
    assert apart > DIPLOMAS // 5


def test_cells_beside_something_floating_are_learned_together(printer, small):
    """Where lines break around a frame, the place of a cell decides how its text falls."""

    def build(document):
        neighbours(lined=False, below=True)(document)
        floating = document.add_paragraph("浮")
        floating._p.get_or_add_pPr().append(
            parse_xml(
                f'<w:framePr {nsdecls("w")} w:w="900" w:wrap="around" w:hAnchor="page" w:vAnchor="page" w:x="2000" w:y="2600"/>'
            )
        )

    paper = three(small, build)
    for values in (("王芳", "一中", "钟涛"), ("阿衣古", "第一中学", "欧阳涛")):
        printer.print(paper(*values))
    counts = printer.counts.copy()
    asked = paper("王芳", "第二中学", "钟涛")
    printer.prove(asked, printer.print(asked))
    assert printer.counts["stamped"] == counts["stamped"]


def test_values_set_smaller_are_converted(printer):
    """A paper that fits only with smaller letters; on a blank each value shrinks by itself and is stamped."""
    asked = example("transfer_application")
    long = replace(asked, data={**asked.data, "reason": "户籍随迁，全家迁居。" * 25})
    paper = both(printer, long)
    sizes = {value.size_pt for value in paper.layout.pages[0].values if value.name == "reason"}
    assert (paper.tier, paper.pages) == (2, 1)
    assert sizes < {value.size_pt for value in printer.print(asked).layout.pages[0].values} | sizes


def test_what_needs_more_pages_is_refused_as_ever(printer, small):
    """By name; and nothing of it stays behind: the next paper of the template is stamped."""
    form = small(plain)
    with pytest.raises(DoesNotFit, match="student_name"):
        printer.print(ask(form, "户籍随迁，全家迁居。" * 900))
    assert both(printer, ask(form, NAME)).tier == 1


def test_a_row_that_cuts_is_not_learned_from(printer, small):
    """一 has its ink where the row shows it, 龘 does not: the first must not open the way for the second."""
    form = small(cut_row)
    assert printer.print(ask(form, "一一")).pages == 1
    with pytest.raises(DoesNotFit, match="student_name"):
        printer.print(ask(form, "龘龘"))


def test_a_red_value_stays_red(printer, small):
    """The colour of a template's run is its own again."""
    asked = ask(small(red), NAME)
    paper = both(printer, asked)
    assert paper.tier == 1
    printer.prove(asked, paper)


def test_a_roster_of_one_page_may_be_stamped_when_its_form_says_so(printer, tmp_path):
    """It is the form's fixed page that counts, not its tables."""
    form = replace(tabled.roster(tmp_path), pages=1)
    asked = Order(form, tabled.rows(4), SERIAL, tabled.codes)
    paper = printer.print(asked)
    assert paper.pages == 1
    assert printer.print(asked).layout == paper.layout


def test_the_word_file_of_a_stamped_paper_is_libre_office_s(printer, slow_printer):
    """Made again on demand, byte for byte."""
    for name in ("diploma_junior", "school_info"):
        asked = example(name)
        assert printer.print(asked).docx is None
        assert printer.word(asked) == slow_printer.print(asked).docx


def test_what_lint_draws_is_stamped_like_any_paper(printer):
    """A trial print is a print."""
    form = example("award_record").form
    assert both(printer, trial.order(form, form.template.read_bytes())).tier == 1
