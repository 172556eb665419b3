"""LibreOffice may not leave a word out: upright headings vanish once in hundreds of papers, and no value is missing then."""

from io import BytesIO

import pypdfium2 as pdfium
import pytest
from docx import Document
from lxml import etree

from templates import words
from templates.conversion import CONVERSIONS
from templates.errors import ConverterFailed
from templates.order import Order
from templates.places import PDFIUM
from templates.render import Printer
from templates.runs import W
from tests.tabled import codes

HEADING = "转出学校意见"


class Forgetful:
    """The real converter, whose first `times` documents lose a heading before they are converted."""

    def __init__(self, converter, times):
        self._converter, self._times, self.asked = converter, times, 0

    def submit(self, docx):
        """Convert, forgetting the heading at first."""
        self.asked += 1
        return self._converter.submit(docx if self.asked > self._times else without_heading(docx))

    def result(self, answer):
        """As the real one."""
        return self._converter.result(answer)


def without_heading(docx):
    document = Document(BytesIO(docx))
    (text,) = [found for found in document.element.body.iter(f"{{{W}}}t") if found.text == HEADING]
    text.text = ""
    saved = BytesIO()
    document.save(saved)
    return saved.getvalue()


def order(catalogue):
    form = catalogue.get("transfer_application")
    return Order(form, form.example_data(), "7K2M9QX4TB5DR", codes)


def test_a_paper_that_lost_a_heading_is_converted_again(catalogue, converter, fonts):
    """The second conversion has the heading, and that one is issued."""
    forgetful = Forgetful(converter, 1)
    paper = Printer(catalogue, forgetful, fonts).print(order(catalogue))
    assert forgetful.asked == 2
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        assert not set(HEADING) - set(document[0].get_textpage().get_text_range())


def test_a_paper_that_always_loses_it_is_not_issued(catalogue, converter, fonts):
    """Three conversions, then a failure: never a paper without its headings."""
    forgetful = Forgetful(converter, CONVERSIONS)
    with pytest.raises(ConverterFailed, match="left out"):
        Printer(catalogue, forgetful, fonts).print(order(catalogue))
    assert forgetful.asked == CONVERSIONS


def test_what_is_counted():
    """Hidden words and page numbers are not asked for; radicals and full-width letters count as what they mean."""
    run = "<w:r xmlns:w='{0}'>{1}<w:t>{2}</w:t></w:r>"
    hidden = "<w:rPr><w:vanish/></w:rPr>"
    trees = [
        etree.fromstring(run.format(W, how, text)) for how, text in (("", "第 12 页⽂Ａ"), (hidden, "批注"))
    ]
    assert words.wanted(trees) == {"第": 1, "页": 1, "文": 1, "a": 1}
