"""Rosters for tests: a form with a table of thirteen columns, its Word template, and rows of invented people."""

import hashlib
import re

import pypdfium2 as pdfium
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from templates.form import Field, Form
from templates.places import PDFIUM

NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
COLUMNS = (
    ("no", "序号", "int", None, 8),
    ("student_no", "学籍号", "string", None, 36),
    ("student_name", "姓名", "string", None, 24),
    ("sex", "性别", "code", "sex", 8),
    ("birth_date", "出生日期", "date", None, 19),
    ("ethnic", "民族", "code", "ethnic", 12),
    ("id_number", "身份证件号", "string", None, 34),
    ("hukou_division", "户口所在地", "string", None, 26),
    ("attend_way", "就读方式", "string", None, 16),
    ("source", "学生来源", "string", None, 20),
    ("score", "成绩", "decimal", None, 12),
    ("remark", "备注", "string", None, 24),
    ("signature", "签名", "string", None, 20),
)


def codes(pages):
    """A text for each page, all of one length."""
    return [
        f"HTTPS://YINZHENG.EXAMPLE/V/{'A2B3C4D5' * 19}.{number:03d}.{pages:03d}"
        for number in range(1, pages + 1)
    ]


def text_of(pdf):
    """The text of each page as pdfium reads it, without blanks."""
    with PDFIUM, pdfium.PdfDocument(pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_bounded()) for page in document]


def table(**changes):
    """The table field `rows`; a test may change it."""
    columns = tuple(
        Field(name, label, kind, name in {"student_no", "student_name"}, 60, code_set=codes,
              key=name == "student_no", blank=name == "signature")
        for name, label, kind, codes, _ in COLUMNS
    )  # fmt: skip
    parts = {"required": True, "min_rows": 3, "columns": columns, **changes}
    return Field("rows", "名册", "table", max=60, **parts)


def roster(folder, build=None, **changes):
    """A roster form whose template stands in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    document = Document()
    landscape(document)
    (build or body)(document)
    document.save(folder / "template.docx")
    parts = {
        "name": "test_roster", "title": "测试名册", "code": 200, "kind": "roster", "articles": (6,),
        "stages": ("J",), "size_mm": (297.0, 210.0), "archive_class": "测试", "blocks": (), "pages": 0,
        "fields": (Field("class_no", "班级", "string", True, 20, key=True), table()),
        "folder": folder, "subject": "school",
        "template_hash": hashlib.sha256((folder / "template.docx").read_bytes()).hexdigest(),
    }  # fmt: skip
    return Form(**{**parts, **changes})


def landscape(document):
    """A4 across, values in the Kai font, and in the page header: code, serial, class, page x of y."""
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(19)
    section.top_margin, section.bottom_margin, section.header_distance = Mm(48), Mm(12), Mm(8)
    style = document.styles["Normal"]
    style.font.name, style.font.size = "LXGW WenKai", Pt(7.5)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), "LXGW WenKai")
    style.paragraph_format.space_after = Pt(0)
    header = section.header
    header.paragraphs[0].text = "{{ code }}"
    line = header.add_paragraph("班级 {{ class_no }} 编号 {{ serial }} 第")
    for name, after in (("PAGE", "页 共"), ("NUMPAGES", "页")):
        for kind, text in (("begin", ""), ("", name), ("separate", ""), ("shown", "1"), ("end", "")):
            run = line.add_run(text if kind == "shown" else "")
            if kind in {"begin", "separate", "end"}:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
                run._r.append(mark)
            elif not kind:
                code = OxmlElement("w:instrText")
                code.text = f" {text} "
                run._r.append(code)
        line.add_run(after)


def body(document):
    """The table: a repeated head, a loop over the rows."""
    grid = document.add_table(0, len(COLUMNS))
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    grid.autofit = False
    head = grid.add_row()
    head._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    first, row, last = grid.add_row(), grid.add_row(), grid.add_row()
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    first.cells[0].text, last.cells[0].text = "{%tr for row in rows %}", "{%tr endfor %}"
    for place, (name, label, *_, width) in enumerate(COLUMNS):
        for line in (head, first, row, last):
            line.cells[place].width = Mm(width)
        head.cells[place].text = label
        row.cells[place].text = f"{{{{ row.{name} }}}}"


def rows(count):
    """Flat values of `count` invented pupils and their class."""
    data = {"class_no": "初一（1）班"}
    for number in range(1, count + 1):
        identity = f"140499201{number % 10}0412{number:04d}"
        data |= {
            f"rows.{number}.{name}": value
            for name, value in {
                "student_no": f"G{identity}1",
                "student_name": NAMES[number % 16] + NAMES[number // 16 % 16] + NAMES[number // 256 % 16],
                "sex": str(number % 2 + 1),
                "birth_date": f"201{number % 10}-04-12",
                "ethnic": "01",
                "id_number": f"{identity}1",
                "hukou_division": "长治市黎城县",
                "attend_way": "走读",
                "source": "正常入学",
                "score": f"{400 + number % 200}.5",
                "remark": "",
            }.items()
            if value
        }
    return data
