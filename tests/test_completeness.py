"""What a file should hold and does not: one expectation after the other, without paper and without a database."""

from dataclasses import replace
from datetime import date

import pytest

from service.regulation.completeness import EXPECTATIONS, Facts, Filed, missing, opening_due
from service.regulation.edition import Editions
from service.regulation.file_classes import class_of

EDITIONS = Editions.load()
EDITION = EDITIONS.on(date(2026, 9, 1))
SCHOOL = {one.number: one for one in EDITION.school_file}
STUDENT = {one.number: one for one in EDITION.student_file}


def paper(form, status="effective", **changes):
    return replace(Filed(form, "某表", "7K", status, {}, scanned=False), **changes)


def lacks(of, *papers, things=0, **changes):
    facts = Facts(EDITION, of, papers, things, 2026, present=True, stages=("J",))
    return [one.code for one in missing(replace(facts, **changes))]


def test_every_expectation_of_every_edition_is_known():
    """A misspelt name is found here, not by a registrar; no expectation is without a class."""
    named = {
        name for one in EDITIONS.all for of in (*one.school_file, *one.student_file) for name in of.expects
    }
    assert named == set(EXPECTATIONS)


def test_a_paper_of_the_year():
    """Art. 6 (一): there, on its way, or missing; a statement filed in its place will do; a revoked one will not."""
    of = SCHOOL[1]
    assert lacks(of) == ["paper_missing"]
    assert lacks(of, paper("school_info")) == []
    assert lacks(of, paper("school_info", "pending")) == ["paper_not_returned"]
    assert lacks(of, paper("school_info", "pending", scanned=True)) == ["paper_not_settled"]
    assert lacks(of, paper("school_info", "revoked")) == ["paper_missing"]
    assert lacks(of, things=1) == []


def test_each_class_has_its_roster():
    """Art. 6 (三): by grade and class, 6班 is 6; who has no class is told."""
    of, students = SCHOOL[3], [("J3", "6"), ("J3", "6班"), ("J2", "4"), ("J1", "")]
    there = paper("class_roster", values={"grade": "J3", "class_no": "6班"})
    assert lacks(of, students=students) == ["class_unknown", "roster_missing", "roster_missing"]
    assert lacks(of, there, students=students) == ["class_unknown", "roster_missing"]
    pending = replace(there, status="pending")
    assert lacks(of, pending, students=students[:2]) == ["paper_not_returned"]
    assert lacks(of, students=(), present=False) == ["roster_missing"]
    assert lacks(of, there, present=False) == []


def test_rosters_of_graduates_and_entrants():
    """Art. 6 (六) and (九): the last grade and the first; a primary school needs no list of those admitted."""
    assert lacks(SCHOOL[6], students=[("J3", "1"), ("J2", "1")]) == ["graduates_missing"]
    assert lacks(SCHOOL[6], paper("graduate_roster", values={"stage": "J"}), students=[("J3", "1")]) == []
    assert lacks(SCHOOL[6], students=[("J3", "1")], present=False) == []
    assert lacks(SCHOOL[9], students=[("J1", "1")]) == ["entrants_missing"]
    assert lacks(SCHOOL[9], paper("admission_roster", values={"stage": "J"}), students=[("J1", "1")]) == []
    assert lacks(SCHOOL[9], students=[("P1", "1")], stages=("P",)) == []
    assert lacks(SCHOOL[9], students=[("P1", "1"), ("S1", "1")], stages=("P", "S")) == ["entrants_missing"]


@pytest.mark.parametrize("status", ["pending", "effective", "superseded"])
def test_a_certificate_without_its_stub(status):
    """A06-3: whatever else is known of it, its stub's picture is asked for; of a revoked one it is not."""
    for number, form in (
        (7, "completion_certificate"),
        (7, "incomplete_certificate"),
        (8, "academic_record_certificate"),
    ):
        of = class_of(EDITION.school_file, form, evidence=False)
        assert of == SCHOOL[number]
        assert lacks(of, paper(form, status)) == ["stub_missing"]
        assert lacks(of, paper(form, status, stub=True)) == []
        assert lacks(of, paper(form, "revoked")) == []
    assert lacks(SCHOOL[8], paper("record_cert_application", "pending")) == ["paper_not_returned"]


def test_a_students_file():
    """Art. 11: the signed first form, the proofs of each paper, and something in (三), (四), for those aided in (六)."""
    assert lacks(STUDENT[1]) == ["first_form_missing"]
    assert lacks(STUDENT[1], paper("student_info", "pending")) == ["paper_not_returned"]
    assert lacks(STUDENT[1], paper("student_info")) == lacks(
        STUDENT[1], paper("student_info", "pending"), paper("student_info")
    )
    assert lacks(STUDENT[1], paper("student_info", "revoked")) == ["first_form_missing"]
    assert lacks(STUDENT[2], paper("transfer_application", lacks=["户口簿"])) == ["evidence_missing"]
    assert lacks(STUDENT[2], paper("transfer_application", "revoked", lacks=["户口簿"])) == []
    assert lacks(STUDENT[3]) == lacks(STUDENT[4]) == ["nothing_filed"]
    assert lacks(STUDENT[4], things=1) == []
    assert lacks(STUDENT[6]) == lacks(STUDENT[6], record={"aid_got": "0"}) == []
    assert lacks(STUDENT[6], record={"aid_got": "1"}) == ["nothing_filed"]


def test_what_is_missing_says_what_to_do():
    """Every sentence asks for something."""
    facts = Facts(
        EDITION, SCHOOL[1], (), 0, 2026, present=True, students=[("J3", "1"), ("J1", "")], stages=("J",)
    )
    told = [
        one.text
        for of in (*EDITION.school_file, *EDITION.student_file)
        for one in missing(replace(facts, of=of, record={"aid_got": "1"}))
    ]
    assert len(told) >= 8
    assert all("请" in text for text in told)


@pytest.mark.parametrize(
    ("month", "due"),
    [
        ("2026-09", date(2026, 9, 10)),
        ("2026-03", date(2026, 3, 16)),
        ("2026-08", date(2026, 8, 16)),
        ("", None),
        ("去年", None),
    ],
)
def test_by_when_a_file_is_opened(month, due):
    """A11-1 and A11-2: fifteen days, in September the tenth."""
    assert opening_due({"entry_month": month}, EDITION) == due
