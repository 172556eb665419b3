"""The clauses of the regulation, one by one, and where values come from."""

from datetime import date

import pytest

from service.errors import article_name, refused
from service.regulation import certificates, flat, sources, transfer, values
from service.regulation.case import Case, Earlier, judge
from service.regulation.edition import Editions
from service.regulation.record import record_objections
from storage.records import Organization, Student
from templates.catalogue import Catalogue

DAY = date(2026, 7, 1)
EDITION = Editions.load().on(DAY)
FORMS = Catalogue.load()
STUDENT_NO = "G140499201104120011"
RECORD = {
    "sex": "1",
    "birth_date": "2011-04-12",
    "id_type": "1",
    "id_number": "140499201104120011",
    "ethnic": "01",
    "grade": "J3",
    "class_no": "6",
}
CITY = Organization("140400", "city", "长治市教育局", None, {})
COUNTY = Organization("140426", "county", "黎城县教育体育局", "140400", {})
SCHOOL = Organization("3114000123", "school", "黎城县第三中学校", "140426", {"head_name": "钟涛"})
CHAIN = [SCHOOL, COUNTY, CITY]
OTHER = [
    Organization("3114000456", "school", "武乡县第二中学校", "140429", {}),
    Organization("140429", "county", "武乡县教育局", "140400", {}),
    CITY,
]


def codes(objections):
    return [(item.field, item.code) for item in objections]


def case(form, earlier=(), **given):
    grade = given.pop("grade", "J3")
    stage = given.get("stage", grade[:1])
    return Case(FORMS.get(form), given, grade, stage, EDITION, DAY, earlier=earlier)


def test_articles_are_named_as_the_regulation_does():
    """Every number up to the fiftieth has its Chinese name, and a problem carries the first one."""
    assert [article_name(n) for n in (3, 10, 14, 20, 34, 50)] == [
        "第三条",
        "第十条",
        "第十四条",
        "第二十条",
        "第三十四条",
        "第五十条",
    ]
    problem = refused(judge(case("diploma_junior", grade="S1"), certificates.RULES))
    assert (problem.code, problem.article) == ("wrong_stage", "第三十四条")
    assert problem.to_json()["errors"][0]["article"] == "第三十四条"


def test_a_right_record_has_no_objection():
    """The example of the design passes."""
    assert record_objections(STUDENT_NO, RECORD, EDITION) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sex": "2"}, ("sex", "sex_differs")),
        ({"birth_date": "2011-04-13"}, ("birth_date", "birth_date_differs")),
        ({"birth_date": "2011-02-30"}, ("birth_date", "bad_date")),
        ({"id_number": "140499201104120012"}, ("id_number", "bad_id_number")),
        ({"id_number": "140499201104120038"}, ("id_number", "student_no_differs")),
        ({"id_number": ""}, ("id_number", "missing_field")),
        ({"grade": ""}, ("grade", "missing_field")),
        ({"grade": "J9"}, ("grade", "bad_code")),
        ({"ethnic": "99"}, ("ethnic", "bad_code")),
        ({"nickname": "x"}, ("nickname", "unknown_field")),
        ({"class_no": "a\nb"}, ("class_no", "bad_text")),
    ],
)
def test_each_fault_of_a_record_is_named(change, code):
    """Arts. 11 and 14: a fault is named by its field."""
    assert code in codes(record_objections(STUDENT_NO, {**RECORD, **change}, EDITION))


def test_all_faults_are_told_at_once():
    """Three faults are three objections."""
    wrong = {**RECORD, "sex": "2", "grade": "", "ethnic": "zz"}
    found = record_objections(STUDENT_NO, wrong, EDITION)
    assert codes(found) == [("grade", "missing_field"), ("ethnic", "bad_code"), ("sex", "sex_differs")]


def test_a_bad_student_number_is_refused():
    """Art. 11: the number comes from the national system and checks itself."""
    found = record_objections("G140499201104120012", RECORD, EDITION)
    assert [item.article for item in found if item.code == "bad_student_no"] == [11]


def test_foreign_papers_have_no_check():
    """Art. 47: a passport number is taken as it is, under a 学籍号 of kind J or L."""
    record = {**RECORD, "id_type": "A", "id_number": "E12345678"}
    assert record_objections("L140499201104129999", record, EDITION) == []


def test_a_diploma_is_for_its_own_stage():
    """Art. 34: a pupil of another stage gets no junior diploma."""
    assert codes(certificates.right_stage(case("diploma_junior", grade="P6"))) == [("grade", "wrong_stage")]
    assert certificates.right_stage(case("diploma_junior", grade="J3")) == []
    assert certificates.right_stage(case("academic_record_certificate", grade="S1", stage="J")) == []
    assert certificates.right_stage(case("transfer_application", grade="P2")) == []


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [("2023-09", "2026-07", 0), ("2026-07", "2026-07", 1), ("2026-09", "2026-07", 1)],
)
def test_studies_end_after_they_began(begin, end, count):
    """Art. 34: 学习期满."""
    assert len(certificates.study_span(case("diploma_junior", study_from=begin, study_to=end))) == count


@pytest.mark.parametrize(
    ("earlier", "refused_"),
    [
        ((), False),
        ((Earlier("diploma_junior", "J", "pending", effective_once=False),), True),
        ((Earlier("diploma_junior", "J", "effective", effective_once=True),), True),
        ((Earlier("diploma_junior", "J", "revoked", effective_once=True),), True),
        ((Earlier("diploma_junior", "J", "revoked", effective_once=False),), False),
    ],
)
def test_a_lost_diploma_is_not_given_again(earlier, refused_):
    """Art. 38: only a blank spoilt before 验印 may be replaced; the way out is named."""
    found = judge(case("diploma_junior", earlier), certificates.ONCE)
    assert bool(found) is refused_
    if found:
        assert (found[0].code, found[0].article) == ("diploma_already_issued", 38)
        assert "学历证明" in found[0].message


def test_the_record_certificate_is_given_once_for_each_stage():
    """Art. 38: another stage is another certificate."""
    earlier = (Earlier("academic_record_certificate", "J", "effective", effective_once=True),)
    again = judge(case("academic_record_certificate", earlier, stage="J"), certificates.ONCE)
    assert [(item.code, item.article) for item in again] == [("record_certificate_once", 38)]
    assert judge(case("academic_record_certificate", earlier, stage="S"), certificates.ONCE) == []


def test_a_transfer_keeps_the_grade():
    """Art. 20."""
    found = transfer.same_grade(case("transfer_application", grade="J2", in_grade="J1"))
    assert [(item.field, item.code, item.article) for item in found] == [("in_grade", "grade_changed", 20)]
    assert transfer.same_grade(case("transfer_application", grade="J2", in_grade="J2")) == []


def test_records_come_first():
    """The record's value is taken; a request may repeat it, and is named when it differs."""
    form = FORMS.get("diploma_junior")
    student = Student(STUDENT_NO, "文勇俊", SCHOOL.code, RECORD)
    records = sources.known(student, SCHOOL, {})
    data = {"study_from": "2023-09", "student_name": "文勇俊", "sex": "2", "head_name": "别人"}
    gathered, found = sources.gather(form, records, data)
    assert gathered["student_name"] == "文勇俊"
    assert gathered["school_name"] == "黎城县第三中学校"
    assert codes(found) == [("sex", "contradicts_record"), ("head_name", "contradicts_record")]
    assert codes(sources.missing(form, gathered)) == [
        ("study_to", "missing_field"),
        ("issued_on", "missing_field"),
    ]
    assert codes(flat.flatten(form, {"colour": "red"})[1]) == [("colour", "unknown_field")]


def test_grade_and_class_are_put_together():
    """The transfer form prints them as one."""
    form = FORMS.get("transfer_application")
    records = sources.known(Student(STUDENT_NO, "文勇俊", SCHOOL.code, RECORD), SCHOOL, {})
    gathered, _ = sources.gather(form, records, {})
    assert gathered["out_grade_class"] == "初中三年级6班"
    assert gathered["roll_state"] == "active"


def test_the_stage_may_be_chosen():
    """A pupil of a senior school may ask for the 学历证明 of junior school."""
    form = FORMS.get("academic_record_certificate")
    student = Student(STUDENT_NO, "文勇俊", SCHOOL.code, {**RECORD, "grade": "S1"})
    records = sources.known(student, SCHOOL, {"original_no": "140426202620120001"})
    gathered, found = sources.gather(form, records, {"stage": "J", "original_no": "1"})
    assert gathered["stage"] == "J"
    assert codes(found) == [("original_no", "contradicts_record")]


@pytest.mark.parametrize(
    ("form", "name", "value", "code"),
    [
        ("diploma_junior", "issued_on", "2026-7-1", "bad_date"),
        ("diploma_junior", "study_from", "2023-13", "bad_month"),
        ("transfer_application", "in_grade", "K1", "bad_code"),
        ("transfer_application", "guardian_phone", "12345", "bad_mobile"),
        ("transfer_application", "in_school_code", "311400045", "bad_school_code"),
        ("transfer_application", "hukou_new", "山西", "bad_code"),
        ("transfer_application", "reason", "长" * 121, "too_long"),
        ("transfer_application", "reason", "\u202e反", "bad_text"),
    ],
)
def test_values_are_looked_at(form, name, value, code):
    """Dates, codes, formats, lengths and characters; each fault by its field."""
    assert (name, code) in codes(values.form_objections(FORMS.get(form), {name: value}, frozenset()))


def test_a_diplomas_number_is_never_typed():
    """Art. 34: the authority numbers; a 字号 may be given where no block was handed out."""
    typed = {"certificate_no": "1", "paper_no": "1"}
    found = certificates.number_objections(FORMS.get("diploma_junior"), typed, has_blocks=False)
    assert [(item.code, item.article) for item in found] == [("number_from_block", 34)]
    other = FORMS.get("academic_record_certificate")
    assert certificates.number_objections(other, typed, has_blocks=False) == []
