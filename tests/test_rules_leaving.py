"""The clauses on 借读, 退学, 自动退学, 死亡 and 辍学: arts. 25 to 33."""

from datetime import date

import pytest

from tests.cases import OTHER_SCHOOL, SCHOOL, case, codes, paper, refusal, warnings

GUEST = {
    "home_school": SCHOOL.name,
    "home_grade_class": "初中二年级4班",
    "guest_school": OTHER_SCHOOL.name,
    "guest_grade_class": "初中二年级1班",
    "reason_code": "1",
    "guest_from": "2026-09-01",
    "guest_to": "2027-07-01",
    "class_size_after": "55",
}


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, set()),
        ({"class_size_after": "56"}, {"class_too_large"}),
        ({"guest_grade_class": "初中三年级1班"}, {"guest_grade"}),
        ({"guest_grade_class": "1班"}, {"guest_grade_missing"}),
        ({"guest_school": SCHOOL.name}, {"guest_at_home"}),
        ({"guest_to": "2026-09-01"}, {"guest_ends_first"}),
    ],
)
def test_guests(changes, refused):
    """Arts. 25 and 26: same grade, room for one more, another school; the text's slip of the pen is named."""
    made = case("guest_study_application", {**GUEST, **changes})
    assert codes(made) == refused
    if "class_too_large" in refused:
        message = refusal(made, "class_too_large").message
        assert "第十三条" in message
        assert "第十六条" in message


@pytest.mark.parametrize(
    ("grade", "reason", "student", "refused"),
    [
        ("J2", "1", {}, set()),
        ("P3", "2", {}, set()),
        ("J2", "3", {}, {"compulsory_withdrawal"}),
        ("J2", "4", {}, {"compulsory_withdrawal"}),
        ("S2", "2", {}, set()),
        ("S2", "4", {}, set()),
        ("S2", "1", {"suspended_months": "24"}, set()),
        ("S2", "1", {"suspended_months": "23"}, {"not_suspended_long_enough"}),
        ("S2", "1", {}, {"not_suspended_long_enough"}),
    ],
)
def test_withdrawal(grade, reason, student, refused):
    """Arts. 28 and 29: two reasons in the compulsory stage; for illness only after two years of 休学."""
    values = {"stage": grade[0], "reason_code": reason, "leave_on": "2026-07-01"}
    assert codes(case("withdrawal_application", values, grade=grade, student=student)) == refused


TWICE = {f"contacts.{row}.content": "家访" for row in (1, 2)}


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"ground": "1", "truant_weeks_run": "8"}, {"truant_run"}),
        ({"ground": "1", "truant_weeks_run": "8.1"}, set()),
        ({"ground": "2", "truant_weeks_sum": "9.9"}, {"truant_sum"}),
        ({"ground": "2", "truant_weeks_sum": "10"}, set()),
        ({"ground": "2"}, {"truant_sum"}),
        ({"ground": "3"}, {"suspension_not_over"}),
    ],
)
def test_automatic_withdrawal(values, refused):
    """Art. 31: more than 8 weeks on end, 10 and more in all."""
    assert codes(case("auto_withdrawal_request", {**TWICE, **values}, grade="S2")) == refused


@pytest.mark.parametrize(
    ("until", "refused"), [("2026-06-30", set()), ("2026-07-01", {"suspension_not_over"})]
)
def test_not_back_after_a_suspension(until, refused):
    """Art. 31: from the day after its end, by the record or by the approved form."""
    values = {**TWICE, "ground": "3"}
    record = {"roll_status": "suspended", "suspended_to": until}
    assert codes(case("auto_withdrawal_request", values, grade="S2", student=record)) == refused
    form = paper("suspension_application", stage="S", values={"mode": "suspend", "suspend_to": until})
    assert codes(case("auto_withdrawal_request", values, grade="S2", earlier=(form,))) == refused


def test_automatic_withdrawal_is_for_senior_students_who_were_looked_after():
    """Arts. 28 and 31: two contacts with the family at least."""
    values = {"ground": "1", "truant_weeks_run": "9", "contacts.1.content": "电话"}
    assert codes(case("auto_withdrawal_request", values, grade="S2")) == {"too_few_contacts"}
    assert (
        refusal(case("auto_withdrawal_request", values, grade="J2"), "auto_withdrawal_compulsory").article
        == 31
    )


@pytest.mark.parametrize(
    ("day", "told"), [(date(2026, 9, 15), set()), (date(2026, 9, 16), {"death_reported_late"})]
)
def test_a_death_is_reported_within_ten_working_days(day, told):
    """Art. 32: late is told, and still done."""
    made = case("death_cancellation", {"died_on": "2026-09-01"}, day=day)
    assert (codes(made), warnings(made)) == (set(), told)
    assert codes(case("death_cancellation", {"died_on": "2026-07-02"})) == {"death_in_future"}


def test_dropping_out_is_of_the_compulsory_stage():
    """Art. 33."""
    assert codes(case("dropout_report", {"left_on": "2026-05-01"})) == set()
    assert refusal(case("dropout_report", {}, grade="S1"), "dropout_senior").article == 33


@pytest.mark.parametrize(
    ("grade", "stage", "refused"),
    [("J2", "S", True), ("P6", "S", True), ("S1", "J", True), ("J2", "J", False), ("S1", "S", False)],
)
def test_nobody_withdraws_in_another_stage(grade, stage, refused):
    """Art. 28: a pupil of junior school does not get round it as a senior student."""
    made = case("withdrawal_application", {"stage": stage, "reason_code": "2"}, grade=grade)
    assert codes(made) == ({"stage_differs"} if refused else set())
    assert not refused or refusal(made, "stage_differs").article == 28


@pytest.mark.parametrize(
    ("home", "guest", "refused"),
    [
        (SCHOOL.name, OTHER_SCHOOL.name, set()),
        ("长治市第九中学校", OTHER_SCHOOL.name, {"home_school_differs"}),
        ("长治市第九中学校", SCHOOL.name, set()),
    ],
)
def test_a_guests_own_school_is_that_of_the_roll(home, guest, refused):
    """Art. 27: the guest school, too, may print the form of a pupil who is not registered elsewhere here."""
    assert (
        codes(case("guest_study_application", {**GUEST, "home_school": home, "guest_school": guest}))
        == refused
    )
