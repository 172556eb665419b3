"""Word templates around one value, each laid out in another way."""

from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from templates.fonts import KAI

MARK = "{{ student_name }}"
WORD = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
BOX = (
    '<w:p {ns} xmlns:wp="{ml}/wordprocessingDrawing" xmlns:wps="' + WORD + '" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><mc:AlternateContent>'
    '<mc:Choice Requires="wps"><w:drawing>'
    '<wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" behindDoc="0" locked="0" '
    'layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
    '<wp:positionH relativeFrom="page"><wp:posOffset>2880000</wp:posOffset></wp:positionH>'
    '<wp:positionV relativeFrom="{how}"><wp:posOffset>{down}</wp:posOffset></wp:positionV>'
    '<wp:extent cx="2160000" cy="720000"/><wp:wrapNone/><wp:docPr id="9" name="box"/>'
    '<a:graphic xmlns:a="{ml}/main"><a:graphicData uri="'
    + WORD
    + '"><wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr>'
    '<a:xfrm><a:off x="0" y="0"/><a:ext cx="2160000" cy="720000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
    "</a:prstGeom></wps:spPr><wps:txbx><w:txbxContent><w:p><w:r><w:t>{mark}</w:t></w:r></w:p></w:txbxContent>"
    "</wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice></mc:AlternateContent></w:r></w:p>"
)
ML = "http://schemas.openxmlformats.org/drawingml/2006"


def page(build):
    """A page with its code and its serial, and what is built below."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    style = document.styles["Normal"]
    style.font.name, style.font.size = KAI.name, Pt(12)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), KAI.name)
    document.add_paragraph("{{ code }}")
    document.add_paragraph("{{ serial }}")
    build(document)
    return document


def run(document, mark=MARK, before="姓名：", after="，学生"):
    paragraph = document.add_paragraph(before)
    made = paragraph.add_run(mark)
    paragraph.add_run(after)
    return made


def font(**looks):
    """A value in a run that looks like this."""

    def build(document):
        made = run(document)
        for name, value in looks.items():
            setattr(made.font, name, value)

    return build


def family(name):
    def build(document):
        made = run(document)
        made.font.name = name
        made._element.rPr.rFonts.set(qn("w:eastAsia"), name)

    return build


def properties(*xml):
    """A value in a run with further properties."""

    def build(document):
        made = run(document)
        for part in xml:
            made._element.get_or_add_rPr().append(parse_xml(part.replace("/>", f" {nsdecls('w')}/>")))

    return build


def aligned(how):
    def build(document):
        run(document)
        document.paragraphs[-1].alignment = how

    return build


def cell(document):
    grid = document.add_table(2, 2)
    grid.style = "Table Grid"
    grid.cell(0, 0).text, grid.cell(0, 1).text = "姓名", MARK
    grid.cell(1, 0).text = "备注"
    return grid


def upright(document):
    grid = cell(document)
    direction = OxmlElement("w:textDirection")
    direction.set(qn("w:val"), "tbRl")
    grid.cell(0, 1)._tc.get_or_add_tcPr().append(direction)
    grid.rows[0].height = Mm(40)


def shaded(document):
    grid = cell(document)
    grid.cell(0, 1)._tc.get_or_add_tcPr().append(
        parse_xml(f'<w:shd {nsdecls("w")} w:val="clear" w:fill="DDEEFF"/>')
    )


def boxed(how, down):
    def build(document):
        document.element.body.insert(
            2, parse_xml(BOX.format(ns=nsdecls("w"), ml=ML, mark=MARK, how=how, down=down))
        )

    return build


def headed(document):
    document.sections[0].header.paragraphs[0].text = f"姓名 {MARK}"
    document.sections[0].footer.paragraphs[0].text = f"页脚 {MARK} 完"
    document.add_paragraph("正文")


def columns(document):
    section = document.add_section(WD_SECTION.CONTINUOUS)
    columns = OxmlElement("w:cols")
    columns.set(qn("w:num"), "2")
    section._sectPr.append(columns)
    run(document)


def numbered(document):
    document.add_paragraph(MARK, style="List Number")
    document.add_paragraph("下一项", style="List Number")


def tabs(document):
    document.add_paragraph(f"姓名\t{MARK}\t终").paragraph_format.tab_stops.add_tab_stop(Mm(90))


def twice(document):
    run(document)
    run(document, before="又及：", after=MARK)


def conditional(document):
    document.add_paragraph(f"{{% if raw.student_name %}}有：{MARK}{{% else %}}无{{% endif %}}。")


def plain(document):
    run(document)


def neighbours(*, lined, below):
    """Four cells, three of them filled; what stands `below` is a word of the template's own, or nothing."""

    def build(document):
        grid = document.add_table(2, 2)
        if lined:
            grid.style = "Table Grid"
        for place, mark in (((0, 0), MARK), ((0, 1), "{{ school_name }}"), ((1, 0), "{{ head_name }}")):
            grid.cell(*place).width = Mm(40)
            grid.cell(*place).text = mark
        grid.cell(1, 1).text = "底" if below else ""

    return build


def cut_row(document):
    """A row lower than its letters."""
    grid = document.add_table(1, 1)
    grid.rows[0].height_rule, grid.rows[0].height = WD_ROW_HEIGHT_RULE.EXACTLY, Mm(2.5)
    grid.cell(0, 0).paragraphs[0].add_run(MARK).font.size = Pt(20)
    grid.cell(0, 0).paragraphs[0].paragraph_format.line_spacing = Pt(12)


def red(document):
    made = run(document)
    made.font.color.rgb, made.font.underline = RGBColor(0xC0, 0, 0), True
