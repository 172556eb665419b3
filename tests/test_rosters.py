"""The rosters and registers that grow: heads, numbers and codes of every page, totals, places together."""

import hashlib
import io
import re
import zipfile
from itertools import groupby

import pypdfium2 as pdfium
import pytest
from lxml import etree
from PIL import Image

from templates.catalogue import SHEETS, Catalogue
from templates.form import flat
from templates.lint import trial
from templates.order import Order
from templates.places import PDFIUM
from tests import tabled

SERIAL = "7K2M9QX4TB5DR"
SCHOOL, COUNTY = "黎城县第三中学校", "黎城县教育体育局"
# form: the table that grows, a head that only it has, what each page's head must say besides the title
GROWING = {
    "class_roster": ("rows", "户口所在地", (SCHOOL, "初中二年级", "贺文婷")),
    "enrolment_change_register": ("rows", "去向或来源学校", (SCHOOL, "2026—2027学年第一学期")),
    "graduate_roster": ("rows", "入学年月", (SCHOOL, "初中", "2026")),
    "admission_roster": ("rows", "毕业学校", (SCHOOL, "计划招生600人")),
    "diploma_batch": ("conditions_report", "基础素养", (SCHOOL, "普通高中")),
    "diploma_collection": ("rows", "领取人签名", (SCHOOL,)),
    "access_register": ("rows", "批准件编号", (SCHOOL,)),
    "term_change_report": ("matrix", "其他增加", (COUNTY, "2026—2027学年第一学期")),
    "archive_transfer_list": ("rows", "题名", ("武乡县第二中学校", "学校合并")),
}
MANY = 60
NAME = "阿卜杜热合曼·麦麦提艾力·买买提依明江·伊敏江"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def grown(form, table, rows):
    """The form's example with so many rows of one table: its own, over and over."""
    data = form.example_data()
    have = form.rows(data, table)
    kept = {name: value for name, value in data.items() if not name.startswith(f"{table}.")}
    for row in range(1, rows + 1):
        start = f"{table}.{(row - 1) % have + 1}."
        for name, value in data.items():
            if name.startswith(start):
                kept[f"{table}.{row}.{name.removeprefix(start)}"] = value
    return kept


def order(form, data, **more):
    furniture = {"school": SCHOOL, "authority": COUNTY, "attachment": "附件3"}
    return Order(form, data, SERIAL, tabled.codes, furniture, **more)


def texts(paper):
    """The text of each page without blanks."""
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        return [re.sub(r"\s", "", page.get_textpage().get_text_range()) for page in document]


def words(paper):
    """Every paragraph of the Word file without blanks."""
    with zipfile.ZipFile(io.BytesIO(paper.docx)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"))
    for paragraph in root.iter(f"{W}p"):
        yield re.sub(r"\s", "", "".join(text.text or "" for text in paragraph.iter(f"{W}t")))


@pytest.fixture(scope="module")
def many(catalogue, printer):
    """Each roster with sixty rows, printed when first asked for."""
    made = {}

    def paper(name):
        if name not in made:
            form = catalogue.get(name)
            made[name] = printer.print(order(form, grown(form, GROWING[name][0], MANY)))
        return made[name]

    return paper


@pytest.mark.parametrize("name", GROWING)
def test_each_page_says_what_it_is(catalogue, many, name):
    """Title, unit and class, the table's head once, page x of y, and a code of its own."""
    paper, (_, head, facts) = many(name), GROWING[name]
    pages = texts(paper)
    assert len(pages) == paper.pages > 1
    assert paper.codes == tuple(tabled.codes(paper.pages))
    for number, (text, page) in enumerate(zip(pages, paper.layout.pages, strict=True), 1):
        assert catalogue.get(name).title in text
        assert all(fact in text for fact in facts)
        assert f"第{number}页共{paper.pages}页" in text
        assert len(page.codes) == 1
        assert sorted(corner.id for corner in page.fiducials) == [0, 1, 2, 3]
        rows = {value.name for value in page.values if value.name.startswith(f"{GROWING[name][0]}.")}
        assert text.count(head) == bool(rows)


@pytest.mark.parametrize("name", GROWING)
def test_no_row_is_split_and_none_is_lost(many, name):
    """All cells of a row stand on one page, the rows follow each other."""
    paper, table = many(name), GROWING[name][0]
    found = [
        (int(value.name.split(".")[1]), number)
        for number, page in enumerate(paper.layout.pages)
        for value in page.values
        if value.name.startswith(f"{table}.")
    ]
    where = {row: {page for _, page in group} for row, group in groupby(sorted(found), lambda item: item[0])}
    assert list(where) == list(range(1, MANY + 1))
    assert all(len(pages) == 1 for pages in where.values())


@pytest.mark.parametrize("name", GROWING)
def test_the_places_stand_together_after_the_last_row(catalogue, many, name):
    """On the last page alone, with the notes, and each block whole."""
    paper = many(name)
    *others, last = paper.layout.pages
    form = catalogue.get(name)
    wanted = {(block.id, "signature") for block in form.blocks if block.sign_box}
    wanted |= {(block.id, "seal") for block in form.blocks if block.seal_box}
    assert {(mark.block, mark.kind) for mark in last.marks} == wanted
    assert not any(page.marks for page in others)
    foot = texts(paper)[-1]
    assert all(re.sub(r"\s", "", note) in foot for note in form.footnotes)
    assert "二维码上不得盖章" in foot


@pytest.mark.parametrize("name", GROWING)
def test_every_word_of_the_template_is_on_the_paper(many, name):
    """LibreOffice lost upright headings in a table in a table; nobody would notice a missing label."""
    paper = many(name)
    shown = "".join(texts(paper)).replace("\ufffe", "-").replace("\x02", "-")
    assert [text for text in words(paper) if text not in shown] == []


@pytest.mark.parametrize("name", sorted(GROWING.keys() - {"term_change_report"}))
def test_one_row_is_one_page(catalogue, printer, name):
    """The shortest roster has its places on the same page."""
    form = catalogue.get(name)
    paper = printer.print(order(form, grown(form, GROWING[name][0], 1)))
    assert paper.pages == 1
    assert paper.layout.pages[0].marks


def test_totals_add_up(many):
    """Rows are counted and columns summed from what is printed."""
    assert f"合计：{MANY}人" in texts(many("class_roster"))[-1]
    assert f"合计：录取{MANY}人" in texts(many("admission_roster"))[-1]
    assert "合计：应毕业20人，毕业20人，结业0人，肄业0人，未发0人。" in texts(many("graduate_roster"))[-1]
    register = texts(many("enrolment_change_register"))[-1]
    assert f"合计：上期末903人，增加320人，减少307人，本期末916人；明细{MANY}条。" in register
    report = many("term_change_report")
    sums = sum(
        int(text) for name, text in report.facts.items() if re.fullmatch(r"matrix\.\d+\.opening", name)
    )
    assert f"合计{sums}" in "".join(texts(report))


def test_the_longest_names_wrap_and_numbers_stay_on_one_line(catalogue, printer):
    """Twenty-four characters in a narrow cell; a 学籍号 is never broken nor set below 7.5 points."""
    form = catalogue.get("graduate_roster")
    data = {**grown(form, "rows", 20), "rows.2.student_name": NAME, "no_range": "长治黎城教证字第0001号" * 4}
    paper = printer.print(order(form, data))
    values = {value.name: value for page in paper.layout.pages for value in page.values}
    assert len(values["rows.2.student_name"].lines) > 1
    for row in range(1, 21):
        number = values[f"rows.{row}.student_no"]
        assert (len(number.lines), number.text) == (1, data[f"rows.{row}.student_no"])
        assert number.size_pt >= 7.5


def test_photos_stand_in_their_rows(catalogue, printer):
    """Seven on a page of 毕业生花名册, each beside its own number."""
    form = catalogue.get("graduate_roster")
    data, photos = grown(form, "rows", 10), {}
    for row in range(1, 11):
        buffer = io.BytesIO()
        Image.new("RGB", (260, 320), (20 * row, 120, 200)).save(buffer, "JPEG")
        name = f"rows.{row}.photo"
        photos[name] = buffer.getvalue()
        data[name] = hashlib.sha256(photos[name]).hexdigest()
    paper = printer.print(order(form, data, photos=photos))
    assert len(paper.layout.pages[0].photos) == 7
    for page in paper.layout.pages:
        tops = {value.name: value.lines[0].box[1] for value in page.values}
        for photo in page.photos:
            assert photo.box[1] < tops[photo.name.replace("photo", "student_no")] < photo.box[3]


def test_a_list_without_rows_says_so(catalogue, printer):
    """No class over its limit, no procedure open: 无, and no empty table."""
    form = catalogue.get("term_change_report")
    data = {
        name: value
        for name, value in grown(form, "matrix", 1).items()
        if not name.startswith(("class_sizes.", "open_items."))
    }
    (text,) = texts(printer.print(order(form, data)))
    assert "班容量超限清单学校年级班级人数上限无" in text
    assert "手续不全清单学校事项所缺手续无" in text


def test_the_number_ledger_is_printed_in_the_same_shape(printer):
    """A working sheet: every number of a block, used, voided and free add up."""
    form = Catalogue.load(SHEETS).get("number_ledger")
    numbers = [{"number": f"14042620262012{number:04d}", "state": "未用"} for number in range(1, 121)]
    data = flat(
        {
            "certificate": "初中毕业证书",
            "year": 2026,
            "unit": SCHOOL,
            "range": "140426202620120001—140426202620120120",
            "rows": numbers,
            "totals": [{"all": 120, "used": 0, "voided": 0, "free": 120}],
        }
    )
    pages = texts(printer.print(order(form, data)))
    assert len(pages) > 1
    assert all(f"第{number}页共{len(pages)}页" in text for number, text in enumerate(pages, 1))
    assert "合计：总数120，已用0，作废0，未用120。" in pages[-1]


def test_a_sum_that_is_not_given_leaves_no_gap(printer, catalogue):
    """The transfer list without volumes and bytes says only how many items and pages."""
    form = catalogue.get("archive_transfer_list")
    asked = trial.order(form, form.template.read_bytes(), {"totals.1.volumes": "", "totals.1.bytes": ""})
    paper = printer.print(asked)
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        text = "".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    assert "合计：130件，303页。" in "".join(text.split())
