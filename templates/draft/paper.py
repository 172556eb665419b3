"""The shared look of the drafted papers: page, fonts, paragraphs, runs."""

from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

LEFT = WD_ALIGN_PARAGRAPH.LEFT
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
RIGHT = WD_ALIGN_PARAGRAPH.RIGHT
SPREAD = WD_ALIGN_PARAGRAPH.JUSTIFY

_DRAFTED = datetime(2026, 1, 1, tzinfo=UTC)  # constant, so that drafting twice gives the same document


@dataclass(frozen=True, slots=True)
class Font:
    """A typeface by its two families: for Chinese, and for Latin letters and digits."""

    chinese: str
    latin: str


SONG = Font("Noto Serif CJK SC", "Liberation Serif")  # titles and labels; its own digits are uneven
KAI = Font("LXGW WenKai", "LXGW WenKai")  # every value, and the running text of certificates


def xml(part: Any) -> Any:
    """Give the XML element behind a paragraph, run, table, row or cell of python-docx."""
    return part._element  # noqa: SLF001 (python-docx has no public door to what it cannot set itself)


def new(width: float, height: float, margins: tuple[float, float, float, float], title: str) -> Any:
    """Start a document of one page size in mm; `margins` are left, top, right, bottom."""
    document = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE if width > height else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.left_margin, section.top_margin, section.right_margin, section.bottom_margin = map(Mm, margins)
    section.header_distance = section.footer_distance = Mm(5)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, "印证", ""
    properties.created = properties.modified = _DRAFTED
    properties.last_modified_by, properties.language = "印证", "zh-CN"
    _defaults(document)
    return document


def _defaults(document: Any) -> None:
    _trim_styles(document)
    style = document.styles["Normal"]
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)
    style.paragraph_format.widow_control = False
    for properties in document.styles.element.iter(qn("w:rPr")):
        for tag in ("w:rFonts", "w:lang"):
            for old in properties.findall(qn(tag)):
                properties.remove(old)
    defaults = document.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    fonts, language = _language(SONG)
    defaults.insert(0, fonts)
    defaults.append(language)


def _trim_styles(document: Any) -> None:
    """Leave out the styles no paper uses: LibreOffice would read 340 KB of them for every document."""
    styles = document.styles.element
    for style in styles.findall(qn("w:style")):
        if style.get(qn("w:default")) != "1" and style.get(qn("w:styleId")) != "Header":
            styles.remove(style)


def _language(font: Font) -> tuple[Any, Any]:
    fonts, language = OxmlElement("w:rFonts"), OxmlElement("w:lang")
    for slot, family in (
        ("ascii", font.latin),
        ("hAnsi", font.latin),
        ("eastAsia", font.chinese),
        ("cs", font.latin),
    ):
        fonts.set(qn(f"w:{slot}"), family)
    fonts.set(qn("w:hint"), "eastAsia")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    return fonts, language


def save(document: Any, file: Path) -> None:
    """Write a document to a file; the same draft always gives the same bytes."""
    drafted, packed = BytesIO(), BytesIO()
    document.save(drafted)
    with ZipFile(drafted) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(ZipInfo(name), source.read(name), ZIP_DEFLATED)
    file.write_bytes(packed.getvalue())


def write(
    paragraph: Any,
    text: str,
    font: Font,
    size: float,
    *,
    bold: bool = False,
    gap: float = 0.0,
    colour: str = "",
) -> None:
    """Add a run: `size` and the extra `gap` after each character in points, `colour` as RRGGBB."""
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    run.font.bold = True if bold else None
    properties = xml(run).get_or_add_rPr()
    for old in properties.findall(qn("w:rFonts")):
        properties.remove(old)
    fonts, language = _language(font)
    properties.insert(0, fonts)
    if colour:
        shade = OxmlElement("w:color")
        shade.set(qn("w:val"), colour)
        properties.insert_element_before(shade, "w:spacing", "w:sz", "w:szCs", "w:lang")
    if gap:
        spacing = OxmlElement("w:spacing")
        spacing.set(qn("w:val"), str(round(gap * 20)))
        properties.insert_element_before(spacing, "w:sz", "w:szCs", "w:lang")
    properties.append(language)


def shape(
    paragraph: Any,
    align: Any = LEFT,
    *,
    before: float = 0.0,
    after: float = 0.0,
    line: float | None = None,
    exact: bool = False,
    indent: float = 0.0,
) -> Any:
    """Set a paragraph: spaces and line height in points, first-line `indent` in points; gives it back.

    Without `line` the height follows the content, which a line that holds a picture needs; `exact` packs
    the lines of small labels closer than their typeface asks for.
    """
    form = paragraph.paragraph_format
    form.alignment, form.space_before, form.space_after = align, Pt(before), Pt(after)
    form.first_line_indent = Pt(indent) if indent else None
    if line is not None:
        form.line_spacing, form.line_spacing_rule = (
            Pt(line),
            (WD_LINE_SPACING.EXACTLY if exact else WD_LINE_SPACING.AT_LEAST),
        )
    return paragraph
