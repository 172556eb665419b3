"""The application forms: their examples pass all rules, their blocks and words follow the stage, the kit's own care."""

import dataclasses
import json

import pytest

from service import register
from service.errors import Problem
from service.issue import IssueRequest
from service.issue.drafting import make_draft
from templates.catalogue import Catalogue
from templates.draft.cells import broken
from templates.draft.heads import title_size
from templates.draft.portrait import band_rows
from templates.draft.reports import PAPERS
from templates.draft.spec import TEXT_MM, Band, Line, Part, named
from templates.draft.stretch import NOTE_MM, ROOM_MM, height, stretched
from templates.errors import ValueRefused
from templates.wording import printed
from tests.conftest import COUNTY, GUARDIAN, UNITS, as_role

FORMS = Catalogue.load().forms
PRIMARY_SCHOOL = {"kind": "school", "name": "黎城县城内小学校", "parent": COUNTY, "head_name": "段文静"}
# Some papers are only right on certain days: the day of the case, today when empty.
DATED = {
    "suspension_application": "2026-11-01",
    "guest_study_application": "2026-08-20",
    "withdrawal_application": "",
    "info_change_application": "",
    "deferred_entry_application": "2026-08-27",
    "entry_cancellation_report": "2026-09-28",
    "dropout_report": "",
    "death_cancellation": "2026-10-28",
    "auto_withdrawal_request": "",
    "absence_report": "",
    "expulsion_request": "",
    "sanction_record": "",
    "award_record": "",
    "record_cert_application": "",
    "access_request": "",
    "vocational_transfer_application": "",
    "special_placement_form": "",
    "registrar_filing": "",
    "student_info": "",
    "decision_notice": "",
}


def test_every_example_may_be_issued(office, city):
    """What the examples show is what the regulation allows: none is refused by a rule."""
    for code, body in {**UNITS, "2114000321": PRIMARY_SCHOOL}.items():
        register.put_organization(office, city, code, body)
    refused = {}
    for name, dated in DATED.items():
        form = FORMS[name]
        example = json.loads(form.example.read_text("utf-8"))
        school, student = example["school"]["code"], dict(example["student"])
        number, data = student.pop("student_no", None), example["data"]
        if number:
            missing = {"grade": "S3", "class_no": "1", "id_type": "1", "ethnic": "01", "school": school}
            register.put_student(office, city, number, {**GUARDIAN, **missing, **student})
        else:
            given = (field for field in form.fields if field.source == "student")
            told = {field.name: student.get(field.record or field.name) for field in given}
            data = {**data, **{field: value for field, value in told.items() if value}}
        request = IssueRequest(name, number, data, school=school, dated=dated or None)
        try:
            with office.archive.begin() as transaction:
                make_draft(office, transaction, as_role("registrar", school), form, request)
        except Problem as problem:
            refused[name] = problem
    assert refused == {}


def test_the_words_of_a_withdrawal_follow_the_stage():
    """Arts. 28 and 29 give compulsory and senior pupils different reasons under the same codes."""
    form = FORMS["withdrawal_application"]
    data = {**form.example_data(), "reason_code": "1"}
    assert printed(form, {**data, "stage": "S"})["reason_code"].startswith("不能治愈的重症")
    assert printed(form, {**data, "stage": "J"})["reason_code"] == "因病因故丧失学习能力"
    with pytest.raises(ValueRefused):
        printed(form, {**data, "stage": "P", "reason_code": "4"})


@pytest.mark.parametrize(
    ("form", "block", "required"),
    [("withdrawal_application", "township", "PJ"), ("entry_cancellation_report", "authority", "S")],
)
def test_a_block_is_asked_for_in_its_stages(form, block, required):
    """Art. 28: the township decides on compulsory pupils; art. 12: the authority on senior entrants."""
    asked = FORMS[form].block(block)
    assert "".join(stage for stage in "PJS" if asked.required_for({"stage": stage})) == required


def test_a_label_breaks_into_lines_of_like_length():
    """A single character on a line of its own looks like a mistake."""
    assert broken("姓名", 16) == ["姓名"]
    assert broken("与学生关系", 16) == ["与学生", "关系"]
    assert broken("身份证件\n类型", 30) == ["身份证件", "类型"]


def test_a_long_title_stays_on_its_line():
    """104 mm: up to fourteen characters at full size."""
    assert title_size("学生奖励登记表", 104) == (19.0, 1.0)
    points, gap = title_size("普通高中学生转入中等职业学校申请表", 104)
    assert points * 17 * 25.4 / 72 < 104
    assert gap == 0


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.form)
def test_a_short_form_fills_its_page_and_no_more(paper):
    """Rows, places and long texts get what is left, in this order; the notes keep their room."""
    notes = named(paper.form).notes
    grown = stretched(paper, notes)
    assert height(paper) < height(grown) <= ROOM_MM - NOTE_MM * (notes + 1) + 1
    assert stretched(dataclasses.replace(grown, places=grown.places * 2), notes).bands == grown.bands


def test_a_row_must_be_as_wide_as_its_band():
    """A millimetre too much would push the page's right edge."""
    assert len(band_rows(Band("事项", (Line((Part("reason", 16, 154),), TEXT_MM),)))) == 1
    with pytest.raises(ValueError, match="reason"):
        band_rows(Band("事项", (Line((Part("reason", 16, 155),), TEXT_MM),)))
