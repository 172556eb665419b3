"""The clauses on 入学, 信息变更, 处分 and 刑事强制措施: arts. 12, 15, 40 and 41."""

from dataclasses import replace
from datetime import date

import pytest

from service.regulation.sanctions import kept_in
from tests.cases import CITY, COUNTY, SENIOR, case, codes, paper, refusal

TERM = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("day", "until", "refused"),
    [
        (date(2026, 8, 25), "2026-09-15", set()),
        (date(2026, 9, 1), "2026-09-02", set()),
        (date(2026, 8, 24), "2026-09-15", {"deferral_window"}),
        (date(2026, 9, 2), "2026-09-15", {"deferral_window"}),
        (date(2026, 8, 25), "2026-09-16", {"deferral_too_long"}),
        (date(2026, 8, 25), "2026-09-01", {"deferral_too_long"}),
    ],
)
def test_deferred_entry(day, until, refused):
    """Art. 12: asked for in the week before the term, for two weeks at most."""
    values = {"stage": "J", "term_start": TERM.isoformat(), "defer_to": until}
    assert codes(case("deferred_entry_application", values, grade="J1", day=day)) == refused


@pytest.mark.parametrize(
    ("day", "refused"), [(date(2026, 9, 15), {"no_show_too_early"}), (date(2026, 9, 16), set())]
)
def test_a_place_is_lost_after_ten_working_days(day, refused):
    """Art. 12: the tenth working day after 1 September 2026 is the 15th."""
    assert codes(case("entry_cancellation_report", {"ground": "1"}, grade="S1", day=day)) == refused


def test_the_term_begins_when_the_authority_says():
    """A registered term moves the ten days."""
    city = replace(CITY, data={"terms": [{"begins": "2026-08-24", "ends": "2027-01-15"}]})
    made = case(
        "entry_cancellation_report",
        {"ground": "1"},
        grade="S1",
        day=date(2026, 9, 8),
        chain=(SENIOR, COUNTY, city),
    )
    assert codes(made) == set()


@pytest.mark.parametrize(
    ("ground", "deferred", "refused"),
    [
        ("1", "2026-09-14", {"deferral_runs"}),
        ("2", "2026-09-29", set()),
        ("2", "2026-09-30", {"deferral_not_over"}),
        ("2", None, {"deferral_not_over"}),
        ("3", None, set()),
    ],
)
def test_a_deferral_is_waited_for(ground, deferred, refused):
    """Art. 12: 延期期限内."""
    earlier = (
        (paper("deferred_entry_application", "pending", "S", values={"defer_to": deferred}),)
        if deferred
        else ()
    )
    made = case(
        "entry_cancellation_report", {"ground": ground}, grade="S1", day=date(2026, 9, 30), earlier=earlier
    )
    assert codes(made) == refused


def test_compulsory_pupils_lose_no_place():
    """Art. 12: P and J become a case of 辍学."""
    made = case("entry_cancellation_report", {"ground": "1"}, grade="J1", day=date(2026, 12, 1))
    assert "dropout_report" in refusal(made, "cancel_compulsory").message


@pytest.mark.parametrize(
    ("grade", "taken", "refused"),
    [
        ("J1", date(2026, 7, 31), {"photo_of_last_stage"}),
        ("J1", date(2026, 8, 1), set()),
        ("J2", date(2024, 9, 1), set()),
        ("S1", date(2023, 9, 1), {"photo_of_last_stage"}),
        ("P1", date(2020, 1, 1), set()),
    ],
)
def test_entrants_are_photographed_anew(grade, taken, refused):
    """Art. 12."""
    assert codes(case("student_info", {}, grade=grade, day=date(2026, 9, 5), photo_on=taken)) == refused


def test_a_change_has_its_document():
    """Art. 15: each row says from what to what, and on which basis."""
    row = {"changes.1.item": "姓名", "changes.1.before": "文勇俊", "changes.1.after": "文永俊"}
    assert codes(case("info_change_application", {**row, "changes.1.basis": "居民户口簿"})) == set()
    assert refusal(case("info_change_application", row), "change_without_basis").field == "changes.1.basis"
    same = {**row, "changes.1.after": "文勇俊", "changes.1.basis": "居民户口簿"}
    assert codes(case("info_change_application", same)) == {"nothing_changed"}


@pytest.mark.parametrize(
    ("grade", "sanction", "refused"),
    [
        ("J2", "3", set()),
        ("J2", "4", {"sanction_compulsory"}),
        ("P6", "5", {"sanction_compulsory"}),
        ("S2", "5", set()),
    ],
)
def test_kinds_of_sanctions(grade, sanction, refused):
    """Art. 40: three in the compulsory stage, five in senior school."""
    values = {
        "sanction": sanction,
        "decided_on": "2026-06-01",
        "probation_to": "2027-06-01" if sanction == "4" else "",
    }
    assert codes(case("sanction_record", values, grade=grade)) == refused


@pytest.mark.parametrize(
    ("sanction", "until", "refused"),
    [
        ("4", "2027-06-01", set()),
        ("4", "2027-06-02", {"probation_too_long"}),
        ("4", "", {"probation_too_long"}),
        ("4", "2026-06-01", {"probation_too_long"}),
        ("3", "2026-12-01", {"no_probation"}),
    ],
)
def test_probation_lasts_a_year_at_most(sanction, until, refused):
    """Art. 40."""
    values = {"sanction": sanction, "decided_on": "2026-06-01", "probation_to": until}
    assert codes(case("sanction_record", values, grade="S2")) == refused


@pytest.mark.parametrize(
    ("decided", "revoked", "refused"),
    [
        ("2026-07-01", "", set()),
        ("2026-07-02", "", {"decided_in_future"}),
        ("2026-06-01", "2026-07-01", set()),
        ("2026-06-01", "2026-05-31", {"revoked_before_decided"}),
        ("2026-06-01", "2026-07-02", {"revoked_before_decided"}),
    ],
)
def test_sanctions_are_revoked_after_they_were_decided(decided, revoked, refused):
    """Art. 40."""
    values = {"sanction": "1", "decided_on": decided, "revoked_on": revoked}
    assert codes(case("sanction_record", values)) == refused


def test_light_sanctions_stay_out_of_the_pupils_file():
    """Art. 40: from 记过 on it is filed."""
    for sanction, files in (("1", 1), ("2", 1), ("3", 2)):
        made = case("sanction_record", {"sanction": sanction})
        assert ("student_file" in kept_in(made)) is (files == 2)


def test_compulsory_pupils_are_not_expelled():
    """Art. 40."""
    assert refusal(case("expulsion_request", {}, grade="J3"), "expulsion_compulsory").article == 40
    assert codes(case("expulsion_request", {}, grade="S2")) == set()


@pytest.mark.parametrize(("birth", "refused"), [("2008-07-02", True), ("2008-07-01", False)])
@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("expulsion_request", {}),
        ("withdrawal_application", {"stage": "S", "reason_code": "4"}),
        ("entry_cancellation_report", {"ground": "3"}),
    ],
)
def test_a_minor_under_measures_keeps_the_roll(form, values, birth, refused):
    """Art. 41: until the eighteenth birthday, by the record or by the school's report of absence."""
    report = paper("absence_report", "pending", "S", values={"ground": "2"})
    for facts in (
        {"student": {"birth_date": birth, "coercive_measure": "1"}},
        {"student": {"birth_date": birth}, "earlier": (report,)},
    ):
        assert codes(case(form, values, grade="S1", **facts)) == (
            {"minor_under_measures"} if refused else set()
        )
    over = {"birth_date": birth, "coercive_measure": "0"}
    assert codes(case(form, values, grade="S1", student=over, earlier=(report,))) == set()


@pytest.mark.parametrize(
    ("changes", "ground", "refused"),
    [
        ({}, None, True),
        ({}, "1", False),
        ({"coercive_measure": "0"}, None, False),
        ({"birth_date": "2008-07-01"}, None, False),
        ({"roll_status": "active"}, None, False),
    ],
)
def test_why_a_minor_is_absent_is_known_first(changes, ground, refused):
    """Art. 41: an absence whose ground nobody told may be 刑事强制措施."""
    student = {"birth_date": "2008-07-02", "roll_status": "absent_reported", **changes}
    earlier = (paper("absence_report", "pending", "S", values={"ground": ground}),) if ground else ()
    for form, values in (
        ("expulsion_request", {}),
        ("withdrawal_application", {"stage": "S", "reason_code": "4"}),
    ):
        made = case(form, values, grade="S2", student=student, earlier=earlier)
        assert codes(made) == ({"absence_ground_unknown"} if refused else set())
        assert not refused or refusal(made, "absence_ground_unknown").article == 41


@pytest.mark.parametrize(
    ("grade", "refused"), [("S1", set()), ("S2", {"not_a_newcomer"}), ("S3", {"not_a_newcomer"})]
)
def test_only_newcomers_lose_their_place(grade, refused):
    """Art. 12."""
    made = case("entry_cancellation_report", {"ground": "3"}, grade=grade)
    assert codes(made) == refused


@pytest.mark.parametrize(
    ("grade", "stage", "refused"),
    [
        ("J1", "J", set()),
        ("P6", "J", set()),
        ("", "J", set()),
        ("J1", "S", {"stage_differs"}),
        ("P5", "J", {"stage_differs"}),
    ],
)
def test_the_stage_that_is_entered(grade, stage, refused):
    """Art. 12: the own one, or the next after the last grade."""
    values = {"stage": stage, "term_start": "2026-09-01", "defer_to": "2026-09-10"}
    assert codes(case("deferred_entry_application", values, grade=grade, day=date(2026, 8, 28))) == refused


@pytest.mark.parametrize(("given", "refused"), [("2026-07-01", set()), ("2026-07-02", {"awarded_in_future"})])
def test_an_award_has_been_given(given, refused):
    """Art. 39."""
    assert codes(case("award_record", {"awarded_on": given})) == refused


def test_the_report_of_such_an_absence_keeps_the_roll():
    """Art. 41."""
    values = {"ground": "2", "left_on": "2026-06-01"}
    assert codes(case("absence_report", {**values, "keep_roll": "1"})) == set()
    assert codes(case("absence_report", {**values, "keep_roll": "0"})) == {"minor_roll_not_kept"}
