"""Who may issue which certificate for whom: arts. 2, 8, 9, 24, 27, 34, 36, 37 and 38."""

from dataclasses import replace

import pytest

from service.regulation.case import Override, used_overrides
from service.regulation.certificates import months_in, replaced
from service.regulation.issuing import numbers_given_by
from tests.cases import (
    ALL_RULES,
    CITY,
    COUNTY,
    DAY,
    EDITION,
    FORMS,
    OTHER_SCHOOL,
    SCHOOL,
    SENIOR,
    case,
    chain_of,
    codes,
    paper,
    refusal,
    who,
)

STUDIES = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
SHORT = {**STUDIES, "study_to": "2025-07"}
EXCEPTION = Override("黎教〔2026〕12号", "原学历证明水浸毁损，经核实")


def diploma(**changes):
    return case("diploma_junior", STUDIES, grade="J3", **changes)


def test_the_worked_example_is_let_through():
    """Three years, the last grade, the pupil's own school."""
    assert codes(diploma()) == set()


@pytest.mark.parametrize(
    ("unit", "home", "code", "article"),
    [
        (OTHER_SCHOOL, SCHOOL.code, "not_the_own_school", 27),
        (COUNTY, SCHOOL.code, "school_must_issue", 37),
        (replace(SCHOOL, data={"stages": ["P"]}), SCHOOL.code, "stage_not_offered", 2),
        (replace(SCHOOL, code="2114000123", data={}), "2114000123", "stage_not_offered", 2),
        (replace(SCHOOL, data={"merged_into": "3114000456"}), SCHOOL.code, "school_merged", 8),
        (replace(SCHOOL, data={"revoked_on": DAY.isoformat()}), SCHOOL.code, "school_revoked", 8),
    ],
)
def test_only_the_own_living_school_gives_a_certificate(unit, home, code, article):
    """Arts. 2, 8 and 27: a guest school never, nor a school without the stage, nor one that is gone."""
    made = diploma(chain=chain_of(unit), home=home)
    assert refusal(made, code).article == article


def test_a_school_is_gone_from_its_day_on():
    """Art. 8: on the day before the closure it still issues; the list of what it hands over it always does."""
    gone = replace(SCHOOL, data={"revoked_on": "2026-07-02"})
    assert codes(diploma(chain=chain_of(gone))) == set()
    gone = replace(SCHOOL, data={"revoked_on": "2026-07-01"})
    listed = case("archive_transfer_list", {"from_unit": "甲", "to_unit": "乙"}, chain=chain_of(gone))
    assert "school_revoked" not in codes(listed)


def test_the_surviving_school_issues_for_the_merged_one():
    """Art. 8: the pupils of a merged school get their papers where its files went."""
    merged = replace(SCHOOL, data={"merged_into": OTHER_SCHOOL.code})
    made = case(
        "academic_record_certificate",
        {**STUDIES, "stage": "J"},
        grade="J3",
        school=OTHER_SCHOOL,
        home=SCHOOL.code,
        others={SCHOOL.code: merged},
    )
    assert codes(made) == set()


@pytest.mark.parametrize(
    ("unit", "merged", "refused"),
    [
        (SCHOOL, None, set()),
        (OTHER_SCHOOL, None, {"not_the_graduating_school"}),
        (OTHER_SCHOOL, OTHER_SCHOOL.code, set()),
    ],
)
def test_the_school_of_the_diploma_gives_its_record_certificate(unit, merged, refused):
    """Art. 38: who is in senior school now gets the 学历证明 of junior school there, or where its files went."""
    graduated = paper("diploma_junior", school=SCHOOL.code)
    others = {SCHOOL.code: replace(SCHOOL, data={"merged_into": merged})}
    facts = {"grade": "S1", "school": unit, "home": SENIOR.code, "earlier": (graduated,), "others": others}
    assert codes(case("academic_record_certificate", {**STUDIES, "stage": "J"}, **facts)) == refused


@pytest.mark.parametrize("form", ["completion_certificate", "incomplete_certificate", "diploma_senior"])
def test_the_papers_of_senior_schools_are_for_senior_students(form):
    """Arts. 36 and 37: 结业 and 肄业 do not exist in P and J."""
    assert refusal(case(form, STUDIES, grade="J3"), "wrong_stage").article in {36, 37}


@pytest.mark.parametrize(
    ("begin", "end", "objected"),
    [
        ("2023-09", "2026-07", set()),
        ("2023-08", "2026-06", set()),
        ("2023-09", "2026-08", set()),
        ("2024-09", "2026-07", {"study_years"}),
        ("2022-09", "2026-07", {"study_years"}),
        ("2023-09", "2026-09", {"study_years"}),
        ("2026-07", "2023-09", {"study_span"}),
    ],
)
def test_a_diploma_is_for_the_years_of_its_stage(begin, end, objected):
    """Art. 9: three years of junior school, n - 1 and n + 1 are refused."""
    made = case("diploma_junior", {**STUDIES, "study_from": begin, "study_to": end}, grade="J3")
    assert codes(made) == objected


def test_six_years_of_primary_school():
    """Art. 9."""
    school = replace(SCHOOL, code="2114000123", data={})
    for begin, objected in (("2020-09", set()), ("2021-09", {"study_years"})):
        values = {**STUDIES, "study_from": begin}
        assert codes(case("diploma_primary", values, grade="P6", school=school)) == objected


def test_suspension_or_transfer_explains_another_span():
    """Art. 9: who was suspended takes four years."""
    values = {**STUDIES, "study_from": "2022-09"}
    assert codes(case("diploma_junior", values, grade="J3", student={"suspended_months": "12"})) == set()
    moved = (paper("transfer_application"),)
    assert codes(case("diploma_junior", values, grade="J3", earlier=moved)) == set()
    asked = (paper("transfer_application", "pending"),)
    assert codes(case("diploma_junior", values, grade="J3", earlier=asked)) == {"study_years"}


def test_studies_end_in_the_last_grade():
    """Art. 34: 学习期满."""
    assert refusal(case("diploma_junior", STUDIES, grade="J2"), "not_final_grade").article == 34


def test_nobody_graduates_while_suspended():
    """Art. 24."""
    assert refusal(diploma(student={"roll_status": "suspended"}), "suspended").article == 24


def test_a_lost_diploma_is_replaced_by_another_paper():
    """Art. 38: nor is one given to whom its 学历证明 was given, though the diploma is older than our archive."""
    given = (paper("academic_record_certificate"),)
    assert refusal(diploma(earlier=given), "diploma_already_issued").article == 38
    spoilt = (paper("diploma_junior", "revoked"),)
    assert codes(diploma(earlier=spoilt)) == set()


@pytest.mark.parametrize(
    ("form", "end", "code"),
    [
        ("completion_certificate", "2026-07", None),
        ("completion_certificate", "2025-07", "completion_before_term"),
        ("incomplete_certificate", "2025-07", None),
        ("incomplete_certificate", "2026-07", "incomplete_but_full_term"),
    ],
)
def test_the_span_decides_between_completion_and_incompletion(form, end, code):
    """Art. 37: 结业 after three years, 肄业 before; the message names the other form."""
    made = case(form, {**STUDIES, "study_to": end}, grade="S3")
    assert codes(made) == ({code} if code else set())
    if code:
        assert "certificate" in refusal(made, code).message


def test_just_one_leaving_paper_and_none_beside_a_diploma():
    """Art. 37."""
    for form, code in (
        ("incomplete_certificate", "leaving_paper_stands"),
        ("diploma_senior", "diploma_stands"),
    ):
        made = case("completion_certificate", STUDIES, grade="S3", earlier=(paper(form, stage="S"),))
        assert refusal(made, code).article == 37
    spoilt = (paper("incomplete_certificate", "revoked", stage="S"),)
    assert codes(case("completion_certificate", STUDIES, grade="S3", earlier=spoilt)) == set()


def second(**changes):
    first = paper("academic_record_certificate", serial="A")
    return case(
        "academic_record_certificate", {**STUDIES, "stage": "J"}, grade="J3", earlier=(first,), **changes
    )


def test_the_record_certificate_is_given_once_but_for_an_exception():
    """Art. 38: the authority excepts with document and reason; then the first paper is replaced."""
    assert refusal(second(), "record_certificate_once").article == 38
    allowed = second(override=EXCEPTION, who=who())
    assert codes(allowed) == set()
    used = used_overrides(allowed, ALL_RULES)
    assert (used, replaced(allowed, used)) == (["A38-3"], ["A"])
    assert used_overrides(second(), ALL_RULES) == []


@pytest.mark.parametrize(
    ("override", "asker", "code"),
    [
        (EXCEPTION, who("registrar", SCHOOL.code), "override_not_authority"),
        (EXCEPTION, who("county", "140429"), "override_not_authority"),
        (EXCEPTION, None, "override_not_authority"),
        (replace(EXCEPTION, document=" "), who(), "override_incomplete"),
        (replace(EXCEPTION, reason=""), who(), "override_incomplete"),
        (replace(EXCEPTION, rule="A34-1"), who(), "override_impossible"),
    ],
)
def test_an_exception_is_the_authoritys_with_document_and_reason(override, asker, code):
    """Art. 45: whatever lacks one of the three, the rule stands as well."""
    made = second(override=override, who=asker)
    assert {code, "record_certificate_once"} <= codes(made)
    assert refusal(made, code).article == 45


def test_an_exception_from_one_rule_is_none_from_another():
    """The override may name its rule; a county allows nothing for a senior student, the city does."""
    other = replace(EXCEPTION, rule="A20-2")
    assert codes(second(override=other, who=who())) == {"record_certificate_once"}
    first = (paper("academic_record_certificate", stage="S"),)
    for asker, objected in ((who(), True), (who("city", CITY.code), False)):
        made = case(
            "academic_record_certificate",
            {**STUDIES, "stage": "S"},
            grade="S3",
            earlier=first,
            override=EXCEPTION,
            who=asker,
        )
        assert bool(codes(made)) is objected


@pytest.mark.parametrize(
    ("form", "school", "asker", "code"),
    [
        ("diploma_senior", SENIOR, who(), "number_by_other_authority"),
        ("diploma_senior", SENIOR, who("city", CITY.code), None),
        ("diploma_junior", SCHOOL, who(), None),
        ("diploma_junior", SCHOOL, who("city", CITY.code), None),
        ("academic_record_certificate", SCHOOL, who(), None),
        ("completion_certificate", SENIOR, who(), None),
    ],
)
def test_who_numbers_diplomas(form, school, asker, code):
    """Arts. 34 and 36: the city numbers senior diplomas, the county or the city those of P and J."""
    found = numbers_given_by(FORMS.get(form), asker, chain_of(school), EDITION)
    assert [item.code for item in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("一年六个月", 18),
        ("1年6个月", 18),
        ("两年", 24),
        ("二学年", 24),
        ("一年半", 18),
        ("三个学期", 18),
        ("十一个月", 11),
        ("两年十一个月零二十九天余", 35),
        ("很久", None),
    ],
)
def test_a_length_of_study_in_words(text, months):
    """As schools write it."""
    assert months_in(text) == months


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ("一年十个月", set()),
        ("两年", set()),
        ("一年八个月", set()),
        ("一年七个月", {"study_length_differs"}),
        ("两年一个月", {"study_length_differs"}),
        ("很久", {"study_length_differs"}),
    ],
)
def test_the_length_of_study_agrees_with_its_months(told, refused):
    """Art. 37: from 2023-09 to 2025-07 are 22 months, two years with the holidays."""
    made = case("incomplete_certificate", {**SHORT, "study_length": told}, grade="S2")
    assert codes(made) == refused
