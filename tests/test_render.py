"""A form and its data become a paper that is proved before it may be issued."""

import dataclasses
import io
import json
import re
import zipfile

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
import zxingcpp
from docx import Document
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject

from templates import code, fiducial, pdfa
from templates.errors import (
    CodeUnreadable,
    DoesNotFit,
    GlyphMissing,
    PdfRefused,
    TemplateRefused,
    ValueNotPrinted,
    ValueRefused,
)
from templates.fonts import KAI, SONG
from templates.layout import Layout
from templates.places import PDFIUM
from templates.render import Order, grouped
from templates.wording import printed

SERIAL = "7K2M9QX4TB5DR"
TOKEN = "HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5" * 19
FORMS = ("diploma_junior", "academic_record_certificate", "transfer_application")


def example(form) -> dict[str, str]:
    """Give a form's own example as raw values by field name."""
    raw = json.loads(form.example.read_text())
    data = {}
    for field in form.fields:
        record = raw.get(field.source, {}) if field.source in {"student", "school"} else {}
        value = raw["data"].get(field.name) or record.get(field.record or field.name) or field.default
        if value:
            data[field.name] = value
    return data


def codes(pages: int) -> list[str]:
    return [TOKEN] * pages


def bare(text: str) -> str:
    return re.sub(r"\s", "", text)


def order(form, **changes) -> Order:
    return Order(form, {**example(form), **changes}, SERIAL, codes, {"authority": "黎城县教育体育局"})


@pytest.fixture(scope="module")
def papers(catalogue, either):
    """Each form printed once from its example."""
    return {name: either.print(order(catalogue.get(name))) for name in FORMS}


@pytest.fixture
def small(catalogue, tmp_path):
    """Give a function that makes a one-field form around a template of one's own."""
    diploma = catalogue.get("diploma_junior")
    field = dataclasses.replace(diploma.field("student_name"), type="text", max=2000)

    def make(build, **changes):
        document = Document()
        section = document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        style = document.styles["Normal"]
        style.font.name, style.font.size = KAI.name, Pt(12)
        style.element.rPr.rFonts.set(qn("w:eastAsia"), KAI.name)
        document.add_paragraph("{{ code }}")
        document.add_paragraph("{{ serial }}")
        build(document)
        document.save(tmp_path / "template.docx")
        parts = {"fields": (field,), "blocks": (), "size_mm": (210.0, 297.0), "number_field": None}
        digest = str(hash((tmp_path, build)))
        return dataclasses.replace(
            diploma, **{**parts, **changes}, folder=tmp_path, template_hash=digest, series={}
        )

    return make


def ask(form, text) -> Order:
    return Order(form, {"student_name": text}, SERIAL, codes)


def paragraph(document):
    document.add_paragraph("姓名：{{ student_name }}")


@pytest.mark.parametrize("name", FORMS)
def test_every_value_is_found_where_the_layout_says(papers, name):
    """Each line's box holds exactly its text, read by pdfium from the finished file."""
    paper = papers[name]
    assert {value.name for value in paper.layout.pages[0].values} == {
        field for field, text in paper.facts.items() if text
    }
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        for number, page in enumerate(paper.layout.pages):
            text = document[number].get_textpage()
            height = document[number].get_height()
            for value in page.values:
                assert bare("".join(line.text for line in value.lines)) == bare(value.text)
                assert value.font == KAI.name
                for line in value.lines:
                    left, top, right, bottom = (edge * 72 / 25.4 for edge in line.box)
                    inside = text.get_text_bounded(left + 1, height - bottom, right - 1, height - top)
                    assert bare(inside) == bare(line.text)


@pytest.mark.parametrize("name", FORMS)
def test_paper_is_an_archive_copy_without_traces(catalogue, papers, either, name):
    """PDF/A-2b, fonts pinned and embedded, all values black, no dates, no names in the properties."""
    paper = papers[name]
    pdfa.check(paper.pdf)
    reader = PdfReader(io.BytesIO(paper.pdf))
    assert set(reader.metadata) == {"/Title", "/Producer"}
    content = reader.pages[0].get_contents().get_data()
    assert not re.search(rb"\b0 0 0\.\d+ (rg|RG)", content)
    assert b"python-docx" not in paper.pdf
    assert b"CreateDate" not in paper.pdf
    docx = paper.docx or either.word(order(catalogue.get(name)))
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        assert not re.search(rb'w:color w:val="0000(?!00)', archive.read("word/document.xml"))


@pytest.mark.parametrize("name", FORMS)
def test_code_is_read_from_a_scan_of_the_paper(papers, name):
    """The QR code is found by a reader in a 150 dpi raster, inside its place, modules at least 0.55 mm."""
    paper = papers[name]
    (place,) = paper.layout.pages[0].codes
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        picture = document[0].render(scale=150 / 72, grayscale=True).to_numpy()
    (symbol,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"))
    assert symbol.text == TOKEN
    corner = symbol.position.top_left
    assert (corner.x * 25.4 / 150, corner.y * 25.4 / 150) == pytest.approx(place.box[:2], abs=0.5)
    assert (place.box[2] - place.box[0]) / 49 >= 0.549
    assert place.keep_out[0] == pytest.approx(place.box[0] - 4 * code.MODULE_MM, abs=0.05)


def test_form_has_its_four_corner_marks(papers):
    """OpenCV finds the same four marks at the same places as the layout says."""
    paper = papers["transfer_application"]
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        picture = document[0].render(scale=200 / 72, grayscale=True).to_numpy()
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    corners, numbers, _ = cv2.aruco.ArucoDetector(dictionary).detectMarkers(np.ascontiguousarray(picture))
    seen = {int(number[0]): corner[0] for number, corner in zip(numbers, corners, strict=True)}
    marks = {mark.id: mark.box for mark in paper.layout.pages[0].fiducials}
    assert sorted(seen) == sorted(marks) == [0, 1, 2, 3]
    for number, box in marks.items():
        assert tuple(seen[number][0] * 25.4 / 200) == pytest.approx(box[:2], abs=0.3)
        assert box[2] - box[0] == pytest.approx(fiducial.SIZE_MM, abs=0.05)


def test_drawn_corner_marks_are_opencv_s_own():
    """The four drawn marks are those of DICT_4X4_50, and are told apart again."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    for number in range(4):
        picture = Image.open(io.BytesIO(fiducial.draw(number)))
        ours = np.array(picture.convert("L"))
        assert (ours == cv2.aruco.generateImageMarker(dictionary, number, fiducial.PIXELS)).all()
        assert fiducial.recognise(picture) == number
        assert fiducial.recognise(picture.rotate(90)) != number
    assert fiducial.recognise(Image.new("1", (48, 48))) is None


def test_blocks_have_their_places(papers):
    """Every block with a printed label has its box on the page, at the label, with unit or role."""
    page = papers["diploma_junior"].layout.pages[0]
    marks = {(mark.block, mark.kind): mark for mark in page.marks}
    assert marks["school", "seal"].unit == "school"
    assert marks["validation", "seal"].unit == "validation"
    assert not marks["photo", "seal"].machine
    assert marks["head", "signature"].role == "head"
    assert marks["head", "signature"].unit == "head_stamp"
    for mark in page.marks:
        left, top, right, bottom = mark.box
        assert 0 <= left < right <= page.width
        assert 0 <= top < bottom <= page.height


def test_layout_survives_the_archive(papers):
    """A layout written as JSON and read back says the same."""
    for paper in papers.values():
        raw = json.loads(json.dumps(paper.layout.to_json()))
        assert Layout.from_json(raw).to_json() == raw


def test_same_order_gives_the_same_paper(catalogue, either, papers):
    """Printing twice gives the same layout, page content, file mark and .docx bytes."""
    again = either.print(order(catalogue.get("diploma_junior")))
    first, second = (PdfReader(io.BytesIO(paper.pdf)) for paper in (again, papers["diploma_junior"]))
    assert first.trailer["/ID"] == second.trailer["/ID"]
    assert first.pages[0].get_contents().get_data() == second.pages[0].get_contents().get_data()
    assert again.layout == papers["diploma_junior"].layout
    assert again.docx == papers["diploma_junior"].docx


@pytest.mark.parametrize("name", ["张<b>&三", "郝一㛃", "䶮𬱖", "{{ 7*7 }}", "阿卜杜·热合曼", "张{%raw%}"])
def test_rare_and_crafted_names_are_printed_verbatim(catalogue, either, name):
    """A name is never interpreted, and rare characters are embedded in the pinned font."""
    paper = either.print(order(catalogue.get("diploma_junior"), student_name=name))
    assert paper.facts["student_name"] == name
    (value,) = (value for value in paper.layout.pages[0].values if value.name == "student_name")
    assert (value.text, value.font) == (name, KAI.name)
    assert name in PdfReader(io.BytesIO(paper.pdf)).pages[0].extract_text()


def test_missing_glyph_is_named(catalogue, either):
    """A character no pinned font has is refused with its field and itself."""
    with pytest.raises(GlyphMissing) as missing:
        either.print(order(catalogue.get("diploma_junior"), student_name="文😀俊"))
    assert (missing.value.field, missing.value.chars) == ("student_name", "😀")
    assert "U+1F600" in missing.value.message_zh


@pytest.mark.parametrize("name", ["文\x07俊", "文\n俊", "文\u202e俊", "文\uf8f0俊", "文\ue000", "文\ud800"])
def test_characters_that_are_no_text_are_refused(catalogue, either, name):
    """Control, invisible, private-use and broken characters and line breaks are not printed."""
    with pytest.raises(ValueRefused) as refusal:
        either.print(order(catalogue.get("diploma_junior"), student_name=name))
    assert refusal.value.field == "student_name"
    assert name not in refusal.value.message_zh


def test_long_values_are_set_smaller_until_they_fit(catalogue, either):
    """A long reason is printed smaller, whole and on the one page; an endless one is refused by name."""
    form = catalogue.get("transfer_application")
    normal = either.print(order(form, reason="户籍随迁，全家迁居。" * 3))
    large = max(value.size_pt for value in normal.layout.pages[0].values if value.name == "reason")
    paper = either.print(order(form, reason="户籍随迁，全家迁居。" * 25))
    (value,) = (value for value in paper.layout.pages[0].values if value.name == "reason")
    assert value.size_pt < large
    assert "".join(line.text for line in value.lines) == "户籍随迁，全家迁居。" * 25
    with pytest.raises(DoesNotFit) as refusal:
        either.print(order(form, reason="户籍随迁，全家迁居。" * 200))
    assert "reason" in refusal.value.names or refusal.value.pages > 1


def test_row_of_fixed_height_never_cuts_a_value(either, small):
    """A value that a row of exact height would cut is refused, not printed in half."""

    def row(document):
        table = document.add_table(1, 1)
        table.rows[0].height_rule, table.rows[0].height = WD_ROW_HEIGHT_RULE.EXACTLY, Mm(8)
        table.cell(0, 0).paragraphs[0].add_run("{{ student_name }}")

    form = small(row)
    assert either.print(ask(form, "一行")).pages == 1
    with pytest.raises(DoesNotFit, match="student_name"):
        either.print(ask(form, "这是一段很长的文字，一行放不下。" * 8))


def test_value_the_template_forgets_is_noticed(either, small):
    """A field that the template does not print stops the paper."""
    form = small(lambda document: document.add_paragraph("姓名："))
    with pytest.raises(ValueNotPrinted) as missing:
        either.print(ask(form, "文勇俊"))
    assert missing.value.names == ("student_name",)


def test_hidden_value_is_noticed(either, small):
    """Hidden text is not printed, so the paper is refused."""

    def hidden(document):
        document.add_paragraph().add_run("{{ student_name }}").font.hidden = True

    with pytest.raises((DoesNotFit, ValueNotPrinted)):
        either.print(ask(small(hidden), "文勇俊"))


def test_covered_code_is_noticed(either, small):
    """A code that cannot be read back from the page stops the paper."""

    def squeezed(document):
        code_paragraph = document.paragraphs[0].paragraph_format
        code_paragraph.line_spacing = Mm(12)
        paragraph(document)

    with pytest.raises(CodeUnreadable):
        either.print(ask(small(squeezed), "文勇俊"))


def test_substituted_font_is_noticed(either, small):
    """A template that asks for a font we do not have is caught when its replacement is no pinned one, else named."""

    def strange(document):
        run = document.add_paragraph().add_run("{{ student_name }}")
        run.font.name = "Comic Sans MS"
        run._element.rPr.rFonts.set(qn("w:eastAsia"), SONG.name)

    paper = either.print(ask(small(strange), "文勇俊"))
    assert paper.layout.pages[0].values[0].font == SONG.name


def test_unsafe_template_is_refused_by_the_printer(either, small):
    """The printer checks a template before it opens it."""
    form = small(lambda document: document.add_paragraph("{{ ''.__class__ }}{{ student_name }}"))
    with pytest.raises(TemplateRefused):
        either.print(ask(form, "文勇俊"))


def test_wrong_paper_size_is_refused(either, small):
    """A template whose page is not the form's size is refused."""
    with pytest.raises(PdfRefused, match="纸张"):
        either.print(ask(small(paragraph, size_mm=(260.0, 185.0)), "文勇俊"))


@pytest.mark.parametrize("text", ["", "https://lower.case/x", "A" * 300, "名"])
def test_code_refuses_what_it_cannot_hold(text):
    """Only the alphanumeric set and at most version 8 are drawn."""
    with pytest.raises(CodeUnreadable):
        code.draw(text)


def test_serial_is_written_in_groups():
    """A serial reads XXXX-XXXX-XXXXX whether given with dashes or without."""
    assert grouped("ABCDEFGHJKLMN") == grouped("ABCD-EFGH-JKLMN") == "ABCD-EFGH-JKLMN"


DAMAGED = {
    "encrypted": lambda writer: writer.encrypt("", "owner"),
    "output intent": lambda writer: writer.root_object.pop("/OutputIntents"),
    "metadata": lambda writer: writer.root_object.pop("/Metadata"),
    "script": lambda writer: writer.root_object.update({NameObject("/OpenAction"): DictionaryObject()}),
    "attachment": lambda writer: writer.add_attachment("a.txt", b"a"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_check_refuses_what_is_no_archive_copy(papers, name):
    """Each property of the archive copy is really looked at."""
    writer = PdfWriter(clone_from=io.BytesIO(papers["diploma_junior"].pdf))
    DAMAGED[name](writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    with pytest.raises(PdfRefused):
        pdfa.check(buffer.getvalue())


def test_facts_are_what_is_printed(catalogue, papers):
    """The facts of a paper are the printed words of its data."""
    form = catalogue.get("diploma_junior")
    assert papers["diploma_junior"].facts == printed(form, example(form))
