"""The clauses on 休学, 延长 and 复学: arts. 23 and 24, at n - 1 and n."""

from dataclasses import replace

import pytest

from service.regulation.case import Override
from service.regulation.record import lowered_objections
from service.regulation.standing import grade_in
from tests.cases import CITY, COUNTY, SCHOOL, case, codes, paper, refusal, who

ILL = {
    "mode": "suspend",
    "reason_code": "1",
    "hours_missed": "240/600",
    "suspend_from": "2026-03-01",
    "suspend_to": "2027-03-01",
    "total_months": "12",
    "medical_unit": "黎城县人民医院（二级甲等）",
    "diagnosis": "肺结核，建议休息一年",
    "grade_when_suspended": "初中二年级3班",
}
SUSPENDED = {"roll_status": "suspended", "suspended_grade": "J2", "suspended_months": "12"}
FIRST = paper("suspension_application", values=ILL)


def suspension(student=None, earlier=(), **changes):
    others = {name: changes.pop(name) for name in ("override", "who", "chain") if name in changes}
    return case("suspension_application", {**ILL, **changes}, student=student, earlier=earlier, **others)


def resume(student=SUSPENDED, **changes):
    values = {"mode": "resume", "resume_on": "2027-03-01", "resume_grade": "初中二年级1班"}
    return suspension(student, **{**values, **changes})


def test_a_year_for_illness_is_let_through():
    """Arts. 23 and 24."""
    assert codes(suspension()) == set()


@pytest.mark.parametrize(
    ("reason", "hours", "refused"),
    [
        ("1", "200/600", set()),
        ("1", "199/600", {"share_too_small"}),
        ("2", "200/600", {"share_too_small"}),
        ("2", "201/600", set()),
        ("2", "缺201学时，共600学时", set()),
        ("1", "", {"hours_missing"}),
        ("1", "两百", {"hours_missing"}),
        ("3", "", set()),
        ("", "", {"reason_missing"}),
    ],
)
def test_a_third_of_the_terms_hours(reason, hours, refused):
    """Art. 23: 三分之一以上 includes the third, 超过 does not."""
    assert codes(suspension(reason_code=reason, hours_missed=hours)) == refused


@pytest.mark.parametrize(
    ("until", "refused"),
    [
        ("2027-03-01", set()),
        ("2027-03-02", {"suspension_too_long"}),
        ("2026-03-01", {"suspension_ends_first"}),
    ],
)
def test_one_year_at_a_time(until, refused):
    """Art. 24: 原则上, so the authority may grant more at once, but never beyond two years in all."""
    made = suspension(suspend_to=until, total_months="13" if until == "2027-03-02" else "12")
    assert codes(made) == refused
    allowed = Override("黎教〔2026〕3号", "重症，医嘱休养十八个月")
    grant = {"override": allowed, "who": who(), "total_months": "18"}
    assert codes(suspension(suspend_to="2027-09-01", **grant)) == set()
    assert codes(suspension(suspend_to="2028-03-02", **{**grant, "total_months": "25"})) == {
        "suspension_total"
    }


@pytest.mark.parametrize(
    ("months", "total", "refused"),
    [("12", "24", set()), ("13", "25", {"suspension_total"}), ("12", "12", {"suspension_sum"})],
)
def test_two_years_in_all(months, total, refused):
    """Art. 24: what was granted before counts, whatever the form says."""
    student = {**SUSPENDED, "suspended_months": months}
    assert codes(suspension(student, mode="extend", total_months=total)) == refused


def test_what_was_granted_before_is_taken_from_the_approved_forms():
    """A form that is only printed grants nothing."""
    assert codes(suspension(earlier=(FIRST,), mode="extend", total_months="24")) == set()
    assert codes(suspension(earlier=(FIRST,), mode="extend", total_months="12")) == {"suspension_sum"}
    asked = replace(FIRST, status="pending")
    assert codes(suspension(earlier=(asked,), mode="extend")) == {"not_suspended"}


def test_a_county_may_shorten_the_year():
    """Art. 48: the overlay counts."""
    county = replace(COUNTY, data={"limits": {"suspend_months": 6}})
    assert codes(suspension(chain=(SCHOOL, county, CITY))) == {"suspension_too_long"}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"medical_unit": ""}, {"diagnosis_missing"}),
        ({"diagnosis": ""}, {"diagnosis_missing"}),
        ({"medical_unit": "西井镇卫生院"}, {"medical_unit_too_low"}),
        ({"reason_code": "3", "medical_unit": "", "diagnosis": ""}, set()),
    ],
)
def test_illness_is_diagnosed_by_a_hospital(changes, refused):
    """Art. 24: 县级以上医疗单位."""
    assert codes(suspension(**changes)) == refused


def test_who_is_suspended_extends_or_resumes():
    """Art. 24: by the record or by an approved form that was not ended."""
    assert codes(suspension(SUSPENDED | {"suspended_months": ""})) == {"already_suspended"}
    assert codes(resume({})) == {"not_suspended"}
    ended = paper("suspension_application", values={"mode": "resume"})
    assert codes(suspension(earlier=(FIRST, ended), total_months="24")) == set()


@pytest.mark.parametrize(
    ("grade", "refused"),
    [
        ("初中二年级1班", set()),
        ("初中三年级1班", set()),
        ("J3", set()),
        ("初中一年级1班", {"resume_grade"}),
        ("高中一年级1班", {"resume_grade"}),
        ("1班", {"resume_grade_missing"}),
        ("", {"resume_grade_missing"}),
    ],
)
def test_back_to_the_same_grade_or_the_next(grade, refused):
    """Arts. 23 and 24: never lower, never two up."""
    assert codes(resume(resume_grade=grade)) == refused


def test_a_return_has_its_day():
    """Art. 24."""
    assert codes(resume(resume_on="2026-02-28")) == {"resume_day"}
    assert refusal(resume(resume_on=""), "resume_day").field == "resume_on"


@pytest.mark.parametrize(
    ("text", "stage", "grade"),
    [
        ("J2", None, "J2"),
        ("初中二年级3班", None, "J2"),
        ("初二(3)班", None, "J2"),
        ("八年级", None, "J2"),
        ("二年级1班", "J", "J2"),
        ("二年级1班", None, "P2"),
        ("小学六年级", None, "P6"),
        ("高三", None, "S3"),
        ("普通高中一年级", None, "S1"),
        ("高四", None, None),
        ("三班", None, None),
        ("", None, None),
    ],
)
def test_how_grades_are_written(text, stage, grade):
    """The words of the forms, and those of everyday use."""
    assert grade_in(text, stage) == grade


@pytest.mark.parametrize(
    ("old", "new", "by_school", "refused"),
    [
        ({"grade": "J2"}, {"grade": "J1"}, True, True),
        ({"grade": "J1"}, {"grade": "P6"}, True, True),
        ({"grade": "J2"}, {"grade": "J1"}, False, False),
        ({"grade": "J2"}, {"grade": "J2"}, True, False),
        ({"grade": "J2"}, {"grade": "J3"}, True, False),
        ({"grade": "J3", "roll_status": "suspended"}, {"grade": "J2"}, True, False),
    ],
)
def test_nobody_repeats_a_year(old, new, by_school, refused):
    """Art. 23: a school lowers no grade; the authority corrects a wrong entry."""
    found = lowered_objections(old, new, by_school=by_school)
    assert [item.code for item in found] == (["grade_lowered"] if refused else [])
