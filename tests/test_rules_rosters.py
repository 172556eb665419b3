"""The clauses on rosters and on the papers of units: arts. 8, 9, 13, 14, 27, 36, 37, 42 and 44."""

from dataclasses import replace
from datetime import date

import pytest

from tests.cases import CITY, COUNTY, DAY, SCHOOL, case, codes, refusal, warnings

LIMITS = {
    "P1": (45, 50),
    "P6": (45, 50),
    "J1": (50, 55),
    "J3": (50, 55),
    "S1": (50, 50),
    "S2": (55, 55),
    "S3": (55, 55),
}


def roster(grade, size, rows=0, form="class_roster", **facts):
    cells = {f"rows.{row}.student_name": f"学生{row}" for row in range(1, rows + 1)}
    return case(
        form, {"grade": grade, "head_count": size, **cells}, grade="", stage=grade[0], home=None, **facts
    )


@pytest.mark.parametrize(("grade", "limits"), LIMITS.items())
def test_class_sizes(grade, limits):
    """Art. 13: warned above the first number, refused above the second; at either nothing is said."""
    should, most = limits
    for size, refused, told in (
        (should, False, False),
        (should + 1, should == most, should != most),
        (most, False, should != most),
        (most + 1, True, False),
    ):
        made = roster(grade, size)
        assert codes(made) == ({"class_too_large"} if refused else set())
        assert warnings(made) == ({"class_large"} if told else set())


def test_rows_count_whatever_the_head_says():
    """Art. 13: 51 pupils of a first senior grade are too many though the form says 50."""
    assert refusal(roster("S1", 50, rows=51), "class_too_large").article == 13


def test_a_county_may_keep_classes_smaller():
    """Art. 48."""
    county = replace(COUNTY, data={"limits": {"class_max_J": 52}})
    for size, refused in ((52, set()), (53, {"class_too_large"})):
        assert codes(roster("J2", size, chain=(SCHOOL, county, CITY))) == refused


def listed(form, columns, home_of_second="3114000456", stage="J", **facts):
    """A roster of two pupils: the school's own, and a guest from elsewhere."""
    cells = {f"rows.{row}.student_no": number for row, number in ((1, "A"), (2, "B"))}
    values = {"grade": "J2", "stage": "J", "head_count": 2, **cells, **columns}
    homes = {"A": SCHOOL.code, "B": home_of_second}
    return case(form, values, grade="", stage=stage, home=None, homes=homes, **facts)


def test_a_class_has_one_grade():
    """Arts. 13 and 26: the record's grade, guests' too; whose record is not in sight is not judged."""
    guest = {"rows.2.source": "2"}
    assert codes(listed("class_roster", guest, grades={"A": "J2", "B": "J2"})) == set()
    assert codes(listed("class_roster", guest, grades={"A": "J2"})) == set()
    found = refusal(listed("class_roster", guest, grades={"A": "J2", "B": "J1"}), "not_of_this_grade")
    assert (found.field, found.article) == ("rows.2.student_no", 13)


@pytest.mark.parametrize(
    ("grade", "conclusion", "refused"),
    [("J3", "L4", False), ("S1", "L4", False), ("J2", "L4", True), ("P6", "L4", True), ("J2", "", True)],
)
def test_graduates_have_finished(grade, conclusion, refused):
    """Art. 34: in the last grade of the stage or beyond it, whatever the row says."""
    columns = {"rows.1.conclusion": conclusion}
    made = listed("graduate_roster", columns, grades={"A": grade}, home_of_second=SCHOOL.code)
    assert ("row_not_final_grade" in codes(made)) is refused


def test_who_leaves_early_may_be_listed():
    """Art. 37: 肄业 before the last grade, 结业 only after it."""
    for conclusion, refused in (("L6", False), ("L5", True)):
        columns = {"stage": "S", "rows.1.conclusion": conclusion}
        made = listed("graduate_roster", columns, grades={"A": "S2"}, home_of_second=SCHOOL.code, stage="S")
        assert ("row_not_final_grade" in codes(made)) is refused


@pytest.mark.parametrize(
    ("form", "columns", "article"),
    [
        ("class_roster", {}, 14),
        ("class_roster", {"rows.2.source": "2"}, None),
        ("graduate_roster", {}, 27),
        ("graduate_roster", {"rows.2.source": "2"}, 27),
        ("diploma_collection", {}, 27),
    ],
)
def test_whose_pupils_a_roster_lists(form, columns, article):
    """Arts. 14 and 27: a guest stands on the class roster, and on no roster of graduates."""
    made = listed(form, columns)
    if article is None:
        assert codes(made) == set()
    else:
        found = refusal(made, "not_on_this_roll")
        assert (found.field, found.article) == ("rows.2.student_no", article)


def test_nobody_is_listed_twice():
    """Art. 14: the second row is named."""
    made = listed("class_roster", {"rows.2.student_no": "A"})
    assert refusal(made, "listed_twice").field == "rows.2.student_no"


def test_conclusions_of_a_stage():
    """Arts. 34 and 37: 结业 and 肄业 only in senior school."""
    for stage, refused in (("J", {"conclusion_of_stage"}), ("S", set())):
        values = {"stage": stage, "rows.1.conclusion": "L4", "rows.2.conclusion": "L5"}
        assert codes(case("graduate_roster", values, grade="", home=None)) == refused


@pytest.mark.parametrize(
    ("planned", "refused"),
    [
        ("长教〔2026〕8号，2人", set()),
        ("长教〔2026〕8号，计划1名", {"over_plan"}),
        ("长教〔2026〕8号", set()),
    ],
)
def test_entrants_keep_to_the_plan(planned, refused):
    """Art. 9."""
    cells = {f"rows.{row}.student_name": "新生" for row in (1, 2)}
    assert (
        codes(case("admission_roster", {"stage": "J", "plan_no": planned, **cells}, grade="", home=None))
        == refused
    )


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, set()),
        ({"staff_kind": "0"}, {"registrar_not_staff"}),
        ({"trained_on": "2026-07-02"}, {"registrar_not_trained"}),
        ({"staff_kind": "0", "change": "3"}, set()),
    ],
)
def test_registrars_are_staff_and_trained(changes, refused):
    """Art. 42: whoever leaves need not be."""
    values = {
        "staff_kind": "1",
        "trained_on": "2026-06-01",
        "change": "1",
        "effective_on": "2026-07-01",
        **changes,
    }
    assert codes(case("registrar_filing", values, grade="", home=None)) == refused


def test_papers_of_units():
    """Arts. 8, 36 and 44: a look that was over, a handover to oneself, a validation after May."""
    for until, refused in (("2026-06-30", {"access_over"}), ("2026-07-01", set())):
        assert codes(case("access_request", {"valid_to": until}, grade="", home=None)) == refused
    same = {"from_unit": SCHOOL.name, "to_unit": SCHOOL.name}
    assert codes(case("archive_transfer_list", same, grade="", home=None)) == {"handed_to_itself"}
    for day, stage, told in (
        (date(2026, 5, 31), "S", set()),
        (date(2026, 6, 1), "S", {"validation_late"}),
        (DAY, "J", set()),
    ):
        made = case("diploma_batch", {"stage": stage}, grade="", home=None, day=day)
        assert warnings(made) == told


@pytest.mark.parametrize("form", ["class_roster", "graduate_roster", "admission_roster"])
def test_nobody_is_listed_twice_by_the_id_number(form):
    """Art. 14: under two 学籍号 or none."""
    cells = {"rows.1.id_number": "14049920110721868X", "rows.2.id_number": "14049920110721868x"}
    made = case(form, {"stage": "J", "grade": "J2", **cells}, grade="", stage="J", home=None)
    assert refusal(made, "listed_twice").field == "rows.2.id_number"
    other = {**cells, "rows.2.id_number": "140499201104120011"}
    assert codes(case(form, {"stage": "J", "grade": "J2", **other}, grade="", stage="J", home=None)) == set()


@pytest.mark.parametrize(("code", "refused"), [("L6", False), ("L7", True), ("22", True)])
def test_graduates_have_one_of_three_conclusions(code, refused):
    """Arts. 34 and 37."""
    made = case("graduate_roster", {"stage": "S", "rows.1.conclusion": code}, grade="", home=None)
    assert codes(made) == ({"not_a_conclusion"} if refused else set())


@pytest.mark.parametrize(
    ("stage", "counts", "refused"),
    [
        ("S", ("32", "31", "1", "0"), set()),
        ("S", ("33", "31", "1", "0"), set()),
        ("S", ("31", "31", "1", "0"), {"more_than_due"}),
        ("J", ("32", "32", "0", "0"), set()),
        ("J", ("32", "31", "1", "0"), {"conclusion_of_stage"}),
        ("P", ("32", "31", "0", "1"), {"conclusion_of_stage"}),
    ],
)
def test_the_counts_of_a_batch(stage, counts, refused):
    """Arts. 34 and 37: who has no paper yet is the rest."""
    columns = ("due", "graduated", "completed", "incomplete")
    cells = {f"counts.1.{column}": count for column, count in zip(columns, counts, strict=True)}
    assert codes(case("diploma_batch", {"stage": stage, **cells}, grade="", home=None)) == refused


@pytest.mark.parametrize(
    ("stage", "refused"),
    [("J", set()), ("S", {"stage_not_offered"}), ("P", {"stage_not_admitted"})],
)
def test_entrants_are_admitted_to_a_stage_of_the_school(stage, refused):
    """Arts. 2 and 9."""
    assert codes(case("admission_roster", {"stage": stage}, grade="", home=None)) == refused


def test_what_a_unit_says_of_itself():
    """Arts. 2, 3 and 7: its name, its kind, its 学籍主管部门."""
    for unit, refused in ((COUNTY.name, set()), ("武乡县教育局", {"unit_differs"})):
        made = case("term_change_report", {"unit": unit}, grade="", home=None, chain=(COUNTY, CITY))
        assert codes(made) == refused
    for kind, supervisor, refused in (
        ("31", COUNTY.name, set()),
        ("34", COUNTY.name, {"school_kind_differs"}),
        ("31", CITY.name, {"supervisor_differs"}),
    ):
        values = {"school_kind": kind, "supervisor": supervisor}
        assert codes(case("school_info", values, grade="", home=None)) == refused


@pytest.mark.parametrize(("given", "told"), [("2026-05-31", set()), ("2026-06-01", {"diploma_late"})])
def test_a_senior_diploma_is_validated_by_the_end_of_may(given, told):
    """Art. 36: late is told, and still done."""
    assert warnings(case("diploma_senior", {"issued_on": given}, grade="S3")) == told
    assert warnings(case("diploma_junior", {"issued_on": given}, grade="J3")) == set()
