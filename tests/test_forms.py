"""The Word templates: what a template must hold, and must not."""

import io
import re
import zipfile

import docx
import pypdf
import pytest
from docx.oxml.ns import qn
from lxml import etree
from PIL import Image

from templates import fiducial
from templates.catalogue import Catalogue
from templates.draft.__main__ import DRAFTS, main
from templates.draft.paper import save
from templates.errors import UnknownForm
from templates.render import Order

FORMS = Catalogue.load().forms
EVERY = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
CODE = "HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5E6F7G2H3" * 11


def codes(pages):
    return [CODE] * pages


FONTS = {"LXGW WenKai", "Noto Serif CJK SC", "Liberation Serif"}


def parts(form):
    """The XML parts that are drawn on the page."""
    with zipfile.ZipFile(form.template) as archive:
        for name in archive.namelist():
            if re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name):
                yield etree.fromstring(archive.read(name))


def text(form):
    return "".join(node.text or "" for part in parts(form) for node in part.iter(qn("w:t")))


@EVERY
def test_every_printed_field_and_every_mark_has_its_place(form):
    """What form.toml promises stands in the Word file; code and serial stand there once on each page."""
    said = text(form)
    for field in form.fields:
        if field.columns:
            loop = re.search(rf"for (\w+) in {field.name} %", said)
            row = rf"(?:{loop[1]}|{field.name}\[\d+\])" if loop else rf"{field.name}\[\d+\]"
            for column in field.columns:
                shown = re.search(rf"\{{\{{ {row}\.{column.name} \}}\}}", said)
                assert bool(shown) is (column.printed and not column.blank), (field.name, column.name)
        else:
            assert (f"{{{{ {field.name} }}}}" in said) is field.printed, field.name
    for block in form.blocks:
        assert said.count(f"{{{{ sign('{block.id}') }}}}") == (1 if block.sign_box else 0)
        assert said.count(f"{{{{ seal('{block.id}') }}}}") == (1 if block.seal_box else 0)
    assert said.count("{{ code }}") == 1
    assert said.count("{{ serial }}") == 1


@EVERY
def test_a_marker_is_written_in_one_go(form):
    """Word likes to split runs; a split marker would not be found."""
    for part in parts(form):
        for node in part.iter(qn("w:t")):
            written = node.text or ""
            assert written.count("{{") == written.count("}}")
            assert written.count("{%") == written.count("%}")


@EVERY
def test_nothing_that_libreoffice_gets_wrong_is_used(form):
    """evidence.md §1, traps: exact rows, content controls, fields, cells that contradict the grid."""
    for part in parts(form):
        for tag in ("w:sdt", "w:hyperlink"):
            assert part.find(f".//{qn(tag)}") is None, tag
        fields = [node.get(qn("w:instr")) for node in part.iter(qn("w:fldSimple"))]
        fields += [node.text or "" for node in part.iter(qn("w:instrText"))]
        assert {field.strip() for field in fields} <= {"PAGE", "NUMPAGES"}
        assert all(row.get(qn("w:hRule")) == "atLeast" for row in part.iter(qn("w:trHeight")))
        for table in part.iter(qn("w:tbl")):
            grid = [int(column.get(qn("w:w"))) for column in table.find(qn("w:tblGrid"))]
            for row in table.iterchildren(qn("w:tr")):
                spans = [
                    cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}") for cell in row.iterchildren(qn("w:tc"))
                ]
                assert sum(1 if span is None else int(span.get(qn("w:val"))) for span in spans) == len(grid)


@EVERY
def test_only_the_pinned_fonts_are_named_and_chinese_is_called_chinese(form):
    """A font that is not pinned would be substituted silently."""
    for part in parts(form):
        for run in part.iter(qn("w:r")):
            if run.find(qn("w:t")) is None or "%" in "".join(node.text or "" for node in run.iter(qn("w:t"))):
                continue
            fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
            if fonts is None:
                assert run.find(qn("w:t")).text == "{{ code }}"
                continue
            assert {fonts.get(qn(f"w:{slot}")) for slot in ("ascii", "hAnsi", "eastAsia", "cs")} <= FONTS
            assert run.find(f"{qn('w:rPr')}/{qn('w:lang')}").get(qn("w:eastAsia")) == "zh-CN"
    defaults = docx.Document(form.template).styles.element.find(f".//{qn('w:rPrDefault')}")
    assert set(defaults.find(f".//{qn('w:rFonts')}").attrib.values()) <= {*FONTS, "eastAsia"}


@EVERY
def test_values_are_kai_and_labels_are_song(form):
    """The reader of scans knows one typeface for values."""
    for part in parts(form):
        for run in part.iter(qn("w:r")):
            said = "".join(node.text or "" for node in run.iter(qn("w:t")))
            if re.search(
                r"\{\{ (?!code|serial|photo|authority|attachment|title|school|copies_note|note)\w+ \}\}", said
            ):
                assert run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}").get(qn("w:eastAsia")) == "LXGW WenKai"


@EVERY
def test_red_is_left_to_the_seals(form):
    """A seal is found by its colour: no text and no ornament may be red, and no text nearly black."""
    for part in parts(form):
        named = [node.get(qn("w:val")) for node in part.iter(qn("w:color"))]
        named += [node.get("val") for node in part.iter(qn("a:srgbClr"))]
        for colour in named:
            red, green, blue = bytes.fromhex(colour)
            assert red - max(green, blue) < 60, colour
            assert max(red, green, blue) > 0x30, colour


@EVERY
def test_the_page_is_as_large_as_the_definition_says(form):
    """Hundredths of a millimetre are lost in Word's units."""
    section = docx.Document(form.template).sections[0]
    assert section.page_width.mm == pytest.approx(form.size_mm[0], abs=0.05)
    assert section.page_height.mm == pytest.approx(form.size_mm[1], abs=0.05)


@EVERY
def test_forms_carry_the_four_corner_marks_and_certificates_none(form):
    """Seven millimetres, five from the edges, clockwise from the top-left."""
    header = docx.Document(form.template).sections[0].header
    width, height = form.size_mm
    found = {}
    for anchor in header._element.iter(qn("wp:anchor")):
        blip = anchor.find(f".//{qn('a:blip')}")
        if blip is None:
            continue
        picture = header.part.related_parts[blip.get(qn("r:embed"))].blob
        x, y = (int(node.text) / 36000 for node in anchor.iter(qn("wp:posOffset")))
        assert int(anchor.find(qn("wp:extent")).get("cx")) / 36000 == fiducial.SIZE_MM
        found[fiducial.recognise(Image.open(io.BytesIO(picture)))] = (round(x, 1), round(y, 1))
    corners = {0: (5, 5), 1: (width - 12, 5), 2: (width - 12, height - 12), 3: (5, height - 12)}
    assert found == ({} if form.kind == "certificate" else corners)


def test_a_record_certificate_leaves_out_what_is_not_known(printer):
    """Without 籍贯 and 身份证号 their clauses disappear whole; compulsory stages have their own wording."""
    form = FORMS["academic_record_certificate"]
    data = {**form.example_data(), "stage": "J"}
    del data["native_place"], data["id_number"]
    paper = printer.print(Order(form, data, "9A3K7QXTP2M4W", codes))
    said = re.sub(r"\s", "", pypdf.PdfReader(io.BytesIO(paper.pdf)).pages[0].extract_text())
    assert "身份证号" not in said
    assert "系" not in said
    assert said.count("性别女，于二〇二〇年九月至二〇二三年六月在本校初中学习期满，准予毕业") == 2
    assert "本证明经主管教育行政部门验印后生效。" in said
    assert "市级" not in said


def test_a_graduate_of_compulsory_school_is_not_asked_for_marks():
    """Art. 34: the junior diploma says nothing of 成绩合格."""
    said = text(FORMS["diploma_junior"]) + "".join(FORMS["diploma_junior"].texts.values())
    assert "成绩" not in said
    assert "完成九年义务教育" in said
    assert "准予毕业" in said


@pytest.mark.parametrize("name", DRAFTS)
def test_drafting_again_gives_the_same_bytes(name, tmp_path):
    """A draft has no clock in it, so a difference in the repository is a real one."""
    for copy in ("one.docx", "two.docx"):
        save(DRAFTS[name](), tmp_path / copy)
    assert (tmp_path / "one.docx").read_bytes() == (tmp_path / "two.docx").read_bytes()


def test_the_command_names_the_forms_it_can_draft(capsys):
    """A wrong name is a wrong use (2) and changes nothing."""
    assert main(["diploma_of_life"]) == 2
    assert "diploma_junior" in capsys.readouterr().out


def test_a_form_of_another_name_is_unknown():
    """The folder's name is the form's name."""
    with pytest.raises(UnknownForm):
        Catalogue(FORMS).get("Diploma_Junior")
