"""Makes the museum of wrong templates: a good form, and one thing changed in it as a hurried clerk might."""

import copy
import json
import re
import shutil
from io import BytesIO
from types import SimpleNamespace
from zipfile import ZIP_DEFLATED, ZipFile

from docx import Document
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from PIL import Image

from templates.catalogue import FORMS, load_form
from templates.draft.corners import _anchored, mark

FORM, CERTIFICATE = "transfer_application", "diploma_junior"


def copied(folder, form=FORM):
    """A form's folder of its own; give it as a form with `load_form`."""
    place = folder / form
    shutil.copytree(FORMS / form, place)
    return place


def edited(place, change):
    """Change the Word file of a form's folder with python-docx, and give the form."""
    document = Document(place / "template.docx")
    change(document)
    document.save(place / "template.docx")
    return load_form(place)


def defined(place, before, after):
    """Change the text of form.toml, and give the form."""
    file = place / "form.toml"
    text = file.read_text("utf-8")
    assert before in text, before
    file.write_text(text.replace(before, after, 1), "utf-8")
    return load_form(place)


def exampled(place, change):
    """Change example.json, and give the form."""
    file = place / "example.json"
    parts = json.loads(file.read_text("utf-8"))
    change(parts)
    file.write_text(json.dumps(parts, ensure_ascii=False), "utf-8")
    return load_form(place)


def entries(place, change):
    """Change the entries of the Word file: a function from name to bytes or None, or further entries."""
    file = place / "template.docx"
    before, out = ZipFile(BytesIO(file.read_bytes())), BytesIO()
    with before, ZipFile(out, "w", ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, change.get(name, before.read(name)))
        for name in change.keys() - set(before.namelist()):
            after.writestr(name, change[name])
    file.write_bytes(out.getvalue())
    return load_form(place)


def run_of(document, text):
    """The first run that holds a text, in the body or the page header, and its paragraph."""
    for element in (document.element.body, document.sections[0].header._element):
        for node in element.iter(qn("w:t")):
            if text in (node.text or ""):
                run = node.getparent()
                return SimpleNamespace(text=node, run=run, paragraph=run.getparent())
    raise AssertionError(text)


def replace(old, new):
    """Write something else where a text stands."""

    def change(document):
        place = run_of(document, old)
        place.text.text = place.text.text.replace(old, new)

    return change


def appended(text, **look):
    """Add a line at the end: `font`, `colour`, `style`, or further run properties as XML."""

    def change(document):
        paragraph = document.add_paragraph()
        if look.get("style"):
            style = document.styles.add_style(look["style"], 1)
            if look.get("style_font"):
                style.font.name = look["style_font"]
                style.element.rPr.rFonts.set(qn("w:eastAsia"), look["style_font"])
            if look.get("style_colour"):
                style.font.color.rgb = RGBColor.from_string(look["style_colour"])
            paragraph.style = style
        run = paragraph.add_run(text)
        run.font.size = Pt(6)
        if look.get("font"):
            fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
            for slot in look.get("slots", ("ascii", "hAnsi", "eastAsia")):
                fonts.set(qn(f"w:{slot}"), look["font"])
        if look.get("colour"):
            run.font.color.rgb = RGBColor.from_string(look["colour"])
        for xml in look.get("more", ()):
            run._element.get_or_add_rPr().append(parse_xml(xml))

    return change


def split_mark(document):
    """Cut a mark in two by pressing Enter in it."""
    place = run_of(document, "{{ reason }}")
    place.text.text = "{{ rea"
    second = copy.deepcopy(place.paragraph)
    next(second.iter(qn("w:t"))).text = "son }}"
    place.paragraph.addnext(second)


def narrow_code(document):
    """Draw the table's edge so that the code's column is 25 mm wide."""
    place = run_of(document, "{{ code }}")
    cell = next(place.paragraph.iterancestors(qn("w:tc")))
    table = next(cell.iterancestors(qn("w:tbl")))
    number = list(cell.getparent().iterchildren(qn("w:tc"))).index(cell)
    table.find(qn("w:tblGrid"))[number].set(qn("w:w"), str(round(25 * 1440 / 25.4)))


def exact_code_line(document):
    """Set a fixed line height where the code stands."""
    place = run_of(document, "{{ code }}")
    Paragraph(place.paragraph, None).paragraph_format.line_spacing = Mm(12)


def cover_code(document):
    """Write into the white border below the code."""
    place = run_of(document, "{{ code }}")
    below = OxmlElement("w:p")
    place.paragraph.addnext(below)
    paragraph = Paragraph(below, None)
    paragraph.paragraph_format.line_spacing = Pt(1)
    paragraph.paragraph_format.alignment = 1
    run = paragraph.add_run("盖章处")
    run.font.size = Pt(10)


def exact_row(document):
    """Fix the height of a row."""
    height = next(document.element.body.iter(qn("w:trHeight")))
    height.set(qn("w:hRule"), "exact")


def content_control(document):
    """Wrap a line in a content control."""
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:sdt {nsdecls('w')}><w:sdtPr/><w:sdtContent><w:p><w:r><w:t>请选择</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        ),
    )


def frame(document):
    """Put a line into a frame."""
    paragraph = document.add_paragraph("备注")
    paragraph._element.get_or_add_pPr().append(
        parse_xml(
            f'<w:framePr {nsdecls("w")} w:w="2000" w:x="800" w:y="800" w:vAnchor="page" w:hAnchor="page"/>'
        )
    )


def tracked(document):
    """Delete a word with revisions on."""
    place = run_of(document, "{{ reason }}")
    place.paragraph.append(
        parse_xml(
            f'<w:del {nsdecls("w")} w:id="9" w:author="a" w:date="2026-01-01T00:00:00Z"><w:r><w:delText>旧</w:delText></w:r></w:del>'
        )
    )


def hidden(document):
    """Hide a mark."""
    place = run_of(document, "{{ reason }}")
    place.run.find(qn("w:rPr")).append(parse_xml(f"<w:vanish {nsdecls('w')}/>"))


def letter_size(document):
    """Choose American paper."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(215.9), Mm(279.4)


def moved_corner(document):
    """Push a corner mark by 4 mm."""
    offset = next(document.sections[0].header._element.iter(qn("wp:posOffset")))
    offset.text = str(int(offset.text) + 4 * 36000)


def without_corners(document):
    """Empty the page header."""
    header = document.sections[0].header._element
    for drawing in list(header.iter(qn("w:drawing"))):
        drawing.getparent().remove(drawing)


def red_picture(document):
    """Paste a red letterhead."""
    file = BytesIO()
    Image.new("RGB", (60, 20), (200, 20, 30)).save(file, "PNG")
    file.seek(0)
    document.add_paragraph().add_run().add_picture(file, width=Mm(4))


def red_line(document):
    """Draw a red line round a cell."""
    cell = next(document.element.body.iter(qn("w:tcPr")))
    cell.append(
        parse_xml(
            f'<w:tcBorders {nsdecls("w")}><w:top w:val="single" w:sz="8" w:color="FF0000"/></w:tcBorders>'
        )
    )


def black_patch(document):
    """Lay a black picture over the middle of the code."""
    file = BytesIO()
    Image.new("L", (60, 60), 0).save(file, "PNG")
    file.seek(0)
    run = document.paragraphs[0].add_run()
    run.add_picture(file, width=Mm(16))
    inline = next(run._element.iter(qn("wp:inline")))
    anchor = _anchored(inline, 0, (168.0, 21.0))
    anchor.set("behindDoc", "0")
    inline.getparent().replace(inline, anchor)


def dressed(name, colour=None, size=None, more=None):
    """Set one mark in a colour, a size or with an effect."""

    def change(document):
        run = Run(run_of(document, f"{{{{ {name} }}}}").run, None)
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        if size:
            run.font.size = Pt(size)
        if more:
            run._element.get_or_add_rPr().append(parse_xml(more))

    return change


def turned(document):
    """Turn the text of a cell."""
    cell = next(run_of(document, "{{ sex }}").paragraph.iterancestors(qn("w:tc")))
    cell.get_or_add_tcPr().append(parse_xml(f'<w:textDirection {nsdecls("w")} w:val="btLr"/>'))


def watermark(document):
    """Lay Word's own watermark under the page."""
    paragraph = document.sections[0].header.paragraphs[0]._element
    paragraph.append(
        parse_xml(
            f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape style="width:300pt;height:90pt">'
            '<v:textpath string="样本"/></v:shape></w:pict></w:r>'
        )
    )


def other_first_page(document):
    """Tick “different first page” and leave that page's header without the corner marks."""
    section = document.sections[0]
    section.different_first_page_header_footer = True
    section.first_page_header.is_linked_to_previous = False
    section.first_page_header.paragraphs[0].add_run("　")


def other_even_pages(document):
    """Tick “different odd and even pages” and leave the even header empty."""
    document.settings.odd_and_even_pages_header_footer = True
    header = document.sections[0].even_page_header
    header.is_linked_to_previous = False
    header.paragraphs[0].add_run("　")


def never(document):
    """Print a value only of people that do not exist."""
    place = run_of(document, "{{ ethnic }}")
    place.text.text = "{% if raw.sex == '9' %}{{ ethnic }}{% endif %}"


def new_page(document):
    """Begin a second page."""
    document.add_page_break()
    document.add_paragraph("背面")


def doubled(mark):
    """Write a mark once more at the end."""
    return lambda document: document.add_paragraph(mark)


def without(mark):
    """Remove a mark."""
    return replace(mark, "")


def themed(document):
    """Leave the fonts to Word's theme."""
    run = document.add_paragraph().add_run("备注：本表 2 页")
    fonts = run._element.get_or_add_rPr().get_or_add_rFonts()
    for slot in ("ascii", "hAnsi"):
        fonts.set(qn(f"w:{slot}Theme"), "minorHAnsi")
    fonts.set(qn("w:eastAsiaTheme"), "minorEastAsia")


def corners_of(form):
    """The corner marks of another form, copied into this one's header."""

    def change(document):
        mark(document.sections[0].header.paragraphs[0], load_form(FORMS / form).size_mm)

    return change


def wide_box(text):
    """Form.toml's seal box of one block, written anew."""
    return lambda place: place.write_text(
        re.sub(
            r'(id = "out_school".*?seal_box = )\[[^\]]*\]',
            rf"\1{text}",
            place.read_text("utf-8"),
            count=1,
            flags=re.DOTALL,
        ),
        "utf-8",
    )
