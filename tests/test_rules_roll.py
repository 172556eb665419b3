"""What the pupil's present record allows a certificate to say: arts. 14, 34, 36, 37 and 38."""

from dataclasses import replace

import pytest

from tests.cases import SCHOOL, case, codes, paper, refusal

STUDIES = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
NINE = replace(SCHOOL, code="3114000777", data={"stages": ["P", "J", "S"]})


def lost(grade, stage, student=None, **facts):
    """A 学历证明 of a stage, asked by a pupil of a grade."""
    end = facts.pop("end", "2026-07")
    values = {**STUDIES, "stage": stage, "study_to": end}
    return case("academic_record_certificate", values, grade=grade, school=NINE, student=student, **facts)


@pytest.mark.parametrize(
    ("grade", "stage", "refused"),
    [
        ("J2", "J", True),
        ("J3", "J", False),
        ("J1", "P", False),
        ("P6", "P", False),
        ("P6", "J", True),
        ("J3", "S", True),
        ("S1", "S", True),
        ("S3", "S", False),
        ("S1", "J", False),
    ],
)
def test_who_is_below_the_end_of_a_stage_has_lost_no_diploma(grade, stage, refused):
    """Art. 38: the last grade, or a later stage."""
    made = lost(grade, stage)
    assert codes(made) == ({"not_graduated"} if refused else set())
    assert not refused or refusal(made, "not_graduated").article == 38


@pytest.mark.parametrize(("end", "refused"), [("2026-07", set()), ("2026-08", {"not_graduated"})])
def test_the_studies_of_a_record_certificate_are_over(end, refused):
    """Art. 38: the month of the day is the last one."""
    assert codes(lost("J3", "J", end=end)) == refused


@pytest.mark.parametrize(
    ("status", "refused"),
    [
        ("active", False),
        ("graduated", False),
        ("suspended", True),
        ("withdrawn", True),
        ("auto_withdrawn", True),
        ("expelled", True),
        ("cancelled", True),
        ("completed", True),
        ("incomplete", True),
    ],
)
def test_a_roll_that_ended_otherwise_is_no_graduation(status, refused):
    """Art. 38: in the stage of the present record; what became of a later stage does not undo an earlier one."""
    assert codes(lost("S3", "S", {"roll_status": status})) == ({"roll_not_graduated"} if refused else set())
    assert codes(lost("S3", "J", {"roll_status": status})) == set()


def test_our_own_leaving_paper_is_no_diploma():
    """Art. 38: unless it was revoked, or a diploma stands beside it, or it was for another stage."""
    left = paper("completion_certificate", stage="S")
    assert refusal(lost("S3", "S", earlier=(left,)), "leaving_paper_stands").article == 38
    assert codes(lost("S3", "J", earlier=(left,))) == set()
    revoked = paper("completion_certificate", "revoked", "S")
    assert codes(lost("S3", "S", earlier=(revoked,))) == set()


@pytest.mark.parametrize(
    ("status", "diploma", "completion", "incomplete"),
    [
        ("", False, False, False),
        ("active", False, False, False),
        ("guest_out", False, False, False),
        ("graduated", False, True, True),
        ("completed", True, False, False),
        ("incomplete", True, False, False),
        ("withdrawn", True, True, False),
        ("auto_withdrawn", True, True, False),
        ("applied", True, True, True),
        ("transferring", True, True, True),
        ("transferred_out", True, True, True),
        ("dropped_out", True, True, True),
        ("absent_reported", True, True, True),
        ("expelled", True, True, True),
        ("cancelled", True, True, True),
        ("deceased", True, True, True),
    ],
)
def test_whose_roll_allows_which_paper(status, diploma, completion, incomplete):
    """Arts. 34 and 37."""
    student = {"roll_status": status}
    made = case("diploma_junior", STUDIES, grade="J3", student=student)
    assert codes(made) == ({"roll_status"} if diploma else set())
    assert not diploma or refusal(made, "roll_status").article == 34
    short = {**STUDIES, "study_to": "2025-07"}
    for form, values, refused in (
        ("completion_certificate", STUDIES, completion),
        ("incomplete_certificate", short, incomplete),
    ):
        made = case(form, values, grade="S3", student=student)
        assert codes(made) == ({"roll_status"} if refused else set())
        assert not refused or refusal(made, "roll_status").article == 37


@pytest.mark.parametrize(
    ("told", "facts", "refused"),
    [
        ("", {}, set()),
        ("2023-09", {}, set()),
        ("2023-08", {}, {"study_from_differs"}),
        ("2022-09", {}, {"study_from_differs"}),
        ("2022-09", {"earlier": (paper("transfer_application"),)}, set()),
        ("2022-09", {"earlier": (paper("transfer_application", "pending"),)}, {"study_from_differs"}),
    ],
)
def test_studies_began_when_the_record_says(told, facts, refused):
    """Art. 14: of the present stage; a senior student's month says nothing about junior school."""
    student = {"entry_month": told}
    assert codes(case("diploma_junior", STUDIES, grade="J3", student=student, **facts)) == refused
    assert codes(lost("J3", "J", student, **facts)) == refused
    assert codes(lost("S1", "J", {"entry_month": "2026-09"})) == set()
