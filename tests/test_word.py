"""A template is filled in a sandbox, values stay values, and each can be found again."""

import io
import zipfile

import pytest
from docx import Document
from docx.shared import RGBColor
from lxml import etree

from templates import code
from templates.errors import TemplateRefused
from templates.sandbox import MarkFunction, Shown
from templates.word import Template

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWN = code.draw("HTTPS://YINZHENG.EXAMPLE/V/ABC")


def docx(*paragraphs, title="", header="") -> bytes:
    """Make a small template: one run per paragraph text, or a list of runs."""
    document = Document()
    for paragraph in (*paragraphs, "{{ code }}"):
        target = document.add_paragraph()
        for text in [paragraph] if isinstance(paragraph, str) else paragraph:
            target.add_run(text)
    document.core_properties.title = title
    if header:
        document.sections[0].header.paragraphs[0].add_run(header)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def fill(template: bytes, **values):
    names = {name: Shown(value, "value", name) for name, value in values.items()}
    functions = {"seal": MarkFunction("seal", {"school": "（章）"}), "sign": MarkFunction("sign", {})}
    return Template(template, DRAWN, "题目").fill({**names, **functions}, DRAWN.png)


def part(made: bytes, name="word/document.xml") -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return etree.fromstring(archive.read(name))


def lines(made: bytes, name="word/document.xml") -> list[str]:
    body = part(made, name)
    return ["".join(text.text or "" for text in p.iter(f"{W}t")) for p in body.iter(f"{W}p")]


EVIL = [
    "{{ ''.__class__.__mro__ }}",
    "{{ student_name.__class__ }}",
    "{{ student_name.format(1) }}",
    "{{ seal.__globals__ }}",
    "{{ seal.__init__.__globals__['os'].popen('id') }}",
    "{{ 'a' * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ student_name|upper }}",
    "{{ range(10) }}",
    "{% set a = 'xx' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{{ student_name + student_name }}",
    "{% for a in [1] %}{% if a %}{% for b in [1] %}{% endfor %}{% endif %}{% endfor %}",
    "{% if 1 %}" * 120 + "{% endif %}" * 120,
    "{{ lipsum }}",
    "{% for a in ''.join.__self__ %}{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{{ nobody }}",
    "{{ seal('nowhere') }}",
    "{% if %}",
    "{{ student_name",
]


@pytest.mark.parametrize("evil", EVIL)
def test_template_cannot_do_more_than_print_names(evil):
    """Anything but names, conditions and our two functions is refused, in the body and in the header."""
    for template in (docx(evil), docx("{{ student_name }}", header=evil)):
        with pytest.raises(TemplateRefused):
            fill(template, student_name="张三")


def test_document_properties_are_never_carried_out():
    """A mark in the document's title is not run; the title becomes the form's."""
    made = fill(docx("{{ student_name }}", title="{{ ''.__class__ }}"), student_name="张三").plain()
    text = etree.tostring(part(made, "docProps/core.xml"), encoding="unicode")
    assert "题目" in text
    assert "__class__" not in text
    assert "python-docx" not in text


@pytest.mark.parametrize(
    "name",
    [
        "张<b>&三",
        "</w:t></w:r></w:p><w:p><w:r><w:t>李四",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "\"'&amp;",
        "{_{ x }_}",
    ],
)
def test_value_is_printed_as_it_is(name):
    """A value can add neither paragraphs nor marks nor markup: it is printed verbatim."""
    made = fill(docx("姓名：{{ student_name }}。"), student_name=name).plain()
    assert lines(made) == [f"姓名：{name}。", ""]


def test_each_value_gets_a_run_and_a_colour_of_its_own():
    """In the copy for LibreOffice every value's run has its number as colour; the rest keeps its look."""
    template = docx("姓名：{{ a }}，性别{{ b }}，{{ a }}{{ seal('school') }}")
    filled = fill(template, a="张三", b="男")
    runs = [run for run in part(filled.marked()).iter(f"{W}r") if run.find(f"{W}t") is not None]
    coloured = {
        run.findtext(f"{W}t"): run.find(f"{W}rPr/{W}color").get(f"{W}val")
        for run in runs
        if run.find(f"{W}rPr/{W}color") is not None
    }
    assert coloured == {"张三": "000003", "男": "000002", "（章）": "000004"}
    assert [(mark.name, mark.kind, mark.text) for mark in filled.marks] == [
        ("a", "value", "张三"),
        ("b", "value", "男"),
        ("a", "value", "张三"),
        ("school", "seal", "（章）"),
    ]
    assert not list(part(filled.plain()).iter(f"{W}color"))


def test_mark_split_over_runs_and_coloured_by_the_clerk_works():
    """Word likes to split a mark over runs; its colour is given back after printing."""
    document = Document(io.BytesIO(docx(["{", "{ na", "me }", "}"])))
    for run in document.paragraphs[0].runs:
        run.font.color.rgb = RGBColor(0xC0, 0, 0)
    buffer = io.BytesIO()
    document.save(buffer)
    filled = fill(buffer.getvalue(), name="张三")
    assert [(mark.text, mark.colour) for mark in filled.marks] == [("张三", "C00000")]
    assert "C00000" in etree.tostring(part(filled.plain()), encoding="unicode")


def test_line_breaks_of_a_value_become_words_line_breaks():
    """A text of several lines stays one run with breaks in it."""
    filled = fill(docx("{{ reason }}"), reason="一\n二")
    run = next(run for run in part(filled.plain()).iter(f"{W}r") if run.find(f"{W}br") is not None)
    assert [etree.QName(child).localname for child in run] == ["rPr", "t", "br", "t"] or [
        etree.QName(child).localname for child in run
    ] == ["t", "br", "t"]


def test_empty_value_prints_nothing_and_conditions_hold():
    """An optional value may be asked for in a condition and then leaves no trace."""
    filled = fill(docx("甲{% if x %}（{{ x }}）{% endif %}乙{{ x }}"), x="")
    assert lines(filled.plain())[0] == "甲乙"
    assert filled.marks == ()


def test_template_without_code_is_refused():
    """A paper without a QR code cannot come back, so its template is refused."""
    document = Document()
    document.add_paragraph("{{ a }}")
    buffer = io.BytesIO()
    document.save(buffer)
    with pytest.raises(TemplateRefused, match="no_code"):
        Template(buffer.getvalue(), DRAWN, "")


def test_code_works_in_a_header_too():
    """The QR picture may stand in the page header; its bytes are the ones given."""
    made = fill(docx("{{ a }}", header="{{ code }}"), a="甲").plain()
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert DRAWN.png in [archive.read(name) for name in archive.namelist() if "media/" in name]
        assert "media/" in archive.read("word/_rels/header1.xml.rels").decode()


def test_same_input_gives_same_bytes():
    """Filling twice gives identical files."""
    template = Template(docx("{{ a }}"), DRAWN, "题目")
    first, second = (template.fill({"a": Shown("甲", "value", "a")}, DRAWN.png) for _ in range(2))
    assert first.plain() == second.plain()
    assert first.marked() == second.marked()


def test_static_text_in_a_marker_colour_is_refused():
    """Text that is nearly black blue would be taken for a value's."""
    document = Document(io.BytesIO(docx("姓名：{{ a }}")))
    document.add_paragraph().add_run("备注").font.color.rgb = RGBColor(0, 0, 1)
    buffer = io.BytesIO()
    document.save(buffer)
    with pytest.raises(TemplateRefused, match="marker_colour"):
        fill(buffer.getvalue(), a="张三")
