"""One test per official paper: what it is, its example printed and proved, and its codes read from a poor scan."""

import hashlib
from io import BytesIO

import numpy as np
import pypdf
import pytest

from intake.codes import find
from intake.reading import PageImage
from service.regulation.edition import Editions
from templates import pdfa
from templates.catalogue import Catalogue
from templates.lint import names as marks
from templates.lint import trial
from templates.lint.parts import opened
from templates.wording import printed
from tests.paper import capture, level, rasterised

A4, A4_WIDE, A5_WIDE, DIPLOMA = (210, 297), (297, 210), (210, 148), (260, 185)
STUB = "stub cross head school"
MARKED = "photo head school validation"
# name: title, attachment, kind, size in mm, pages (0: as many as the rows need), copies, blocks (? where optional)
PAPERS = {
    "school_info": ("学校基本信息表", "附件1", "register", A4, 1, 2, "fill head"),
    "campus_info": ("校区基本信息表", "附件2", "register", A4, 1, 2, "head"),
    "class_roster": ("在校生分班名册", "附件3", "roster", A4_WIDE, 0, 2, "teacher head authority"),
    "enrolment_change_register": (
        "学生增减情况登记表",
        "附件4",
        "register",
        A4_WIDE,
        0,
        2,
        "registrar head authority",
    ),
    "graduate_roster": ("毕业生花名册", "附件5", "roster", A4_WIDE, 0, 3, "registrar head authority"),
    "student_info": (
        "学生基本信息表",
        "附件6",
        "form",
        A4,
        2,
        1,
        "guardian student? teacher leader registrar?",
    ),
    "suspension_application": (
        "山西省中小学生休学、复学申请表",
        "附件7",
        "form",
        A4,
        1,
        3,
        "apply teacher? school authority",
    ),
    "transfer_application": (
        "山西省中小学生转学申请表",
        "附件8",
        "form",
        A4,
        1,
        4,
        "apply out_school in_school out_auth in_auth city?",
    ),
    "guest_study_application": (
        "山西省中小学生借读申请表",
        "附件9",
        "form",
        A4,
        1,
        3,
        "apply home guest authority",
    ),
    "withdrawal_application": (
        "山西省中小学生退学申请表",
        "附件10",
        "form",
        A4,
        1,
        3,
        "apply school township? authority",
    ),
    "completion_certificate": ("结业证书（结业证明书）", "附件11", "certificate", A4_WIDE, 1, 1, STUB),
    "incomplete_certificate": ("肄业证书（肄业证明书）", "附件11", "certificate", A4_WIDE, 1, 1, STUB),
    "academic_record_certificate": (
        "学历证明书",
        "附件12",
        "certificate",
        A4_WIDE,
        1,
        1,
        f"{STUB} validation",
    ),
    "diploma_primary": ("小学毕业证书", "", "certificate", DIPLOMA, 1, 1, MARKED),
    "diploma_junior": ("初中毕业证书", "", "certificate", DIPLOMA, 1, 1, MARKED),
    "diploma_senior": ("普通高中毕业证书", "", "certificate", DIPLOMA, 1, 1, MARKED),
    "admission_roster": ("初一/高一新生录取花名册", "", "roster", A4_WIDE, 0, 2, "school authority"),
    "diploma_batch": ("毕业证书验印申报（汇总）表", "", "register", A4, 0, 2, "head authority"),
    "diploma_collection": ("毕业证书领取登记表", "", "register", A4, 0, 1, "registrar"),
    "info_change_application": ("学生学籍信息变更申请表", "", "form", A4, 1, 2, "apply school authority"),
    "deferred_entry_application": ("新生延期办理入学手续申请表", "", "form", A4, 1, 2, "apply school"),
    "entry_cancellation_report": (
        "取消入学资格（注销学籍）报告表",
        "",
        "report",
        A4,
        1,
        3,
        "school authority",
    ),
    "dropout_report": (
        "义务教育阶段学生辍学情况报告",
        "",
        "report",
        A4,
        1,
        4,
        "school township? authority?",
    ),
    "death_cancellation": ("学生死亡注销学籍申请表", "", "form", A4, 1, 2, "school authority"),
    "auto_withdrawal_request": (
        "普通高中学生按自动退学处理报请表",
        "",
        "form",
        A4,
        1,
        3,
        "school authority city",
    ),
    "absence_report": ("学生失踪、被刑事拘留等离校报告", "", "report", A4, 1, 2, "school city?"),
    "expulsion_request": ("开除普通高中学生学籍报批表", "", "form", A4, 1, 3, "school city"),
    "sanction_record": ("学生处分登记表（含撤销）", "", "register", A4, 1, 2, "school"),
    "award_record": ("学生奖励登记表", "", "register", A4, 1, 1, "school"),
    "record_cert_application": ("学历证明补办申请表", "", "form", A4, 1, 2, "apply school authority"),
    "access_request": ("学籍信息查阅申请审批表", "", "form", A4, 1, 1, "apply authority"),
    "access_register": ("学籍信息查阅登记簿", "", "register", A4_WIDE, 0, 1, "registrar"),
    "term_change_report": ("学期学籍变动情况呈报表", "", "report", A4_WIDE, 0, 2, "compiler authority"),
    "term_review": ("学期学籍复核表", "", "register", A4, 1, 1, "head"),
    "archive_transfer_list": (
        "学籍档案移交清单（转学/学校合并/撤销）",
        "",
        "register",
        A4,
        0,
        2,
        "from to witness?",
    ),
    "vocational_transfer_application": (
        "普通高中学生转入中等职业学校申请表",
        "",
        "form",
        A4,
        1,
        3,
        "apply out_school in_school city",
    ),
    "special_placement_form": ("特教/随班就读学籍安排表", "", "form", A4, 1, 2, "apply school authority"),
    "registrar_filing": ("学籍管理员备案表", "", "form", A4, 1, 2, "head authority"),
    "decision_notice": ("受理/补正/准予/不予办理通知书", "", "notice", A5_WIDE, 1, 2, "issuer"),
}
FORMS = Catalogue.load().forms
EVERY = pytest.mark.parametrize("name", PAPERS)
CODE_ALONE = "HTTPS://YINZHENG.EXAMPLE/V/"


def codes(pages):
    """One text for each page, told apart, as long as ours."""
    return [CODE_ALONE + f"{number:03d}" + "A2B3C4D5" * 18 + "E6F7G" for number in range(1, pages + 1)]


@pytest.fixture(scope="module")
def papers(either):
    """Each paper's order and print, made once when first asked for."""
    made = {}

    def paper(name):
        if name not in made:
            form = FORMS[name]
            order = trial.order(form, form.template.read_bytes())
            object.__setattr__(order, "codes", codes)
            made[name] = (order, either.print(order))
        return made[name]

    return paper


def bare(text):
    return "".join(text.split())


def test_these_are_the_papers():
    """All 39 of the regulation and no other; 3 to a code number is 3 too many."""
    assert set(FORMS) == set(PAPERS)
    assert len({form.code for form in FORMS.values()}) == len(FORMS) == 39


@EVERY
def test_it_is_the_paper_the_regulation_names(name):
    """Title, attachment under the edition in force, kind, size, pages, copies and the places to sign and seal."""
    form, edition = FORMS[name], Editions.load().all[0]
    title, attachment, kind, size, pages, copies, blocks = PAPERS[name]
    paper = edition.paper(form)
    assert (paper.title, paper.attachment, form.kind) == (title, attachment, kind)
    assert (form.size_mm, form.pages, form.copies) == (size, pages, copies)
    assert " ".join(block.id + ("" if block.required else "?") for block in form.blocks) == blocks
    assert {file.name for file in form.folder.iterdir()} == {"form.toml", "template.docx", "example.json"}


@EVERY
def test_its_template_asks_for_exactly_its_fields(name):
    """Marks and declarations are the same names: nothing undeclared, nothing unused, every block placed."""
    form = FORMS[name]
    assert list(marks.check(form, opened(form.template.read_bytes()))) == []


@EVERY
def test_its_example_becomes_the_paper(papers, name):
    """PDF/A-2b of the right pages; every value verbatim, every value, block, code, photo and corner in the layout."""
    order, paper = papers(name)
    form = order.form
    pdfa.check(paper.pdf)
    reader = pypdf.PdfReader(BytesIO(paper.pdf))
    assert len(reader.pages) == paper.pages == len(paper.layout.pages)
    assert form.pages in {0, paper.pages}
    text = bare("".join(page.extract_text() for page in reader.pages))
    wanted = {key: value for key, value in printed(form, order.data).items() if value}
    assert paper.facts.items() >= wanted.items()
    pages = paper.layout.pages
    shown = {}
    for page in pages:
        assert (page.width, page.height) == pytest.approx(form.size_mm, abs=0.6)
        assert len(page.codes) == 1
        assert [mark.id for mark in sorted(page.fiducials, key=lambda mark: mark.id)] == (
            [] if form.kind == "certificate" else [0, 1, 2, 3]
        )
        for value in page.values:
            shown.setdefault(value.name, []).append(value)
            assert value.size_pt >= 6.5
            for line in value.lines:
                assert 0 <= line.box[0] < line.box[2] <= page.width
                assert 0 <= line.box[1] < line.box[3] <= page.height
    for key, value in wanted.items():
        assert any(bare("".join(line.text for line in one.lines)) == bare(value) for one in shown[key]), key
        assert bare(value) in text, key
    assert set(shown) == set(wanted)
    if form.kind != "certificate":
        assert bare(form.title) in text
    places = {(mark.block, mark.kind) for page in pages for mark in page.marks}
    facts = form.facts(order.data)
    for block in form.blocks:
        for kind, box in (("signature", block.sign_box), ("seal", block.seal_box)):
            assert ((block.id, kind) in places) is (box is not None) or (
                not block.required and not block.required_for(facts)
            )
    assert sorted(place.name for page in pages for place in page.photos) == sorted(order.photos)
    assert {hashlib.sha256(photo).hexdigest() for photo in order.photos.values()} <= set(order.data.values())


@EVERY
def test_its_codes_are_read_from_a_thrifty_scan(papers, name):
    """Printed and scanned at 150 dpi, askew, noisy and squeezed, each page still says its own code."""
    order, paper = papers(name)
    sheets = list(rasterised(paper.pdf))
    wanted = order.codes(paper.pages)
    assert list(paper.codes) == wanted
    for number in sorted({0, len(sheets) // 2, len(sheets) - 1}):
        seen = capture(sheets[number], 300 / 25.4, level("C", 7), number)
        page = PageImage(number, np.ascontiguousarray(seen.pixels), 150.0, colour=True)
        assert [code.text for code in find(page)] == [wanted[number]]


@EVERY
def test_its_places_have_room(papers, name):
    """A 42 mm seal and a signature fit into every place, clear of the code and of one another."""
    from templates.lint.room import crowded

    order, paper = papers(name)
    assert list(crowded(order.form, paper)) == []
