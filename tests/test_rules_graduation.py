"""The five conditions of a senior diploma (art. 35), at n - 1 and n."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.regulation.graduation import RULES
from tests.cases import EDITIONS, case, codes, paper, refusal

SUBJECTS = ("语文", "数学", "外语", "思想政治", "历史", "地理", "物理", "化学", "生物")
STUDIES = {"study_from": "2023-09", "study_to": "2026-06", "issued_on": "2026-05-20"}
CREDITS = {"total": 144, "required": 116, "elective": 22, "school": 6}
REACHED = {
    **{f"credits_{kind}": str(least) for kind, least in CREDITS.items()},
    **{f"exam_grades.{subject}": "C" for subject in SUBJECTS},
    "quality_passed": "1",
    "sports_passed": "1",
    "practice_passed": "1",
}


def senior(values=None, student=REACHED, **changes):
    return case("diploma_senior", {**STUDIES, **(values or {})}, grade="S3", student=student, **changes)


def test_who_just_reaches_every_condition_graduates():
    """n: 144, 116, 22, 6, all C; whether the record says so or the request."""
    assert codes(senior()) == set()
    assert codes(senior(REACHED, student={})) == set()


@pytest.mark.parametrize("kind", CREDITS)
@pytest.mark.parametrize(("step", "refused"), [(-1, True), (0, False), (1, False)])
def test_credits_at_the_threshold(kind, step, refused):
    """Art. 35(二): n - 1 is refused by the name of its field, n and n + 1 pass."""
    made = senior(student={**REACHED, "credits_total": "145", f"credits_{kind}": str(CREDITS[kind] + step)})
    assert codes(made) - {"credits_sum"} == ({"credits_short"} if refused else set())
    if refused:
        assert refusal(made, "credits_short").field == f"credits_{kind}"


def test_all_five_conditions_are_told_at_once():
    """A record that says nothing is refused in each of them, with art. 35."""
    found = [objection for rule in RULES for objection in rule(senior(student={}))]
    assert {item.code for item in found} == {"credits_short", "exam_not_passed", "condition_open"}
    assert len(found) == len(CREDITS) + len(SUBJECTS) + 3
    assert {item.article for item in found} == {35}


@pytest.mark.parametrize(
    ("grades", "refused"),
    [
        ({"exam_grades.化学": "A"}, False),
        ({"exam_grades.化学": "D"}, True),
        ({"exam_grades.化学": ""}, True),
        ({"exam_grades.化学": "D", "exam_resits.化学": "C"}, False),
        ({"exam_grades.化学": "D", "exam_resits.化学": "D"}, True),
        ({"exam_grades.音乐": "D"}, True),
        ({"exam_grades.音乐": "B"}, False),
    ],
)
def test_every_subject_is_passed(grades, refused):
    """Art. 35(三): a D or a missing subject refuses, a passed 补考 counts."""
    assert codes(senior(student={**REACHED, **grades})) == ({"exam_not_passed"} if refused else set())


def test_nobody_talks_a_d_away():
    """The record's grade counts; another one in the request is named."""
    made = senior({"exam_grades.化学": "A"}, student={**REACHED, "exam_grades.化学": "D"})
    assert codes(made) == {"exam_not_passed", "contradicts_record"}


@pytest.mark.parametrize("name", ["quality_passed", "sports_passed", "practice_passed"])
@pytest.mark.parametrize("value", ["0", ""])
def test_each_flag_must_be_set(name, value):
    """Art. 35(一)(四)(五)."""
    assert refusal(senior(student={**REACHED, name: value}), "condition_open").field == name


SANCTION = {"sanction": "3", "decided_on": "2025-11-03"}


@pytest.mark.parametrize(
    ("record", "papers", "refused"),
    [
        ({"sanction": "1", "sanction_on": "2025-11-03"}, [], True),
        ({"sanction": "1", "sanction_on": "2025-11-03", "sanction_revoked_on": "2026-06-30"}, [], False),
        ({"sanction": "1", "sanction_on": "2025-11-03", "sanction_revoked_on": "2026-07-02"}, [], True),
        ({}, [SANCTION], True),
        ({}, [SANCTION, {**SANCTION, "revoked_on": "2026-07-01"}], False),
        ({}, [SANCTION, {**SANCTION, "revoked_on": "2026-07-02"}], True),
        ({}, [SANCTION, {"sanction": "1", "decided_on": "2025-01-01", "revoked_on": "2025-06-01"}], True),
    ],
)
def test_a_sanction_must_be_revoked_by_the_day(record, papers, refused):
    """Art. 35(一): by the record and by the 处分登记表 on file."""
    earlier = tuple(paper("sanction_record", values=values) for values in papers)
    made = senior(student={**REACHED, **record}, earlier=earlier)
    assert codes(made) == ({"sanction_open"} if refused else set())


@pytest.mark.parametrize(("entry", "required"), [("2087-09", 116), ("2088-09", 88)])
def test_thresholds_follow_the_cohort(entry, required):
    """An edition keys the thresholds by the year of entry; the example edition has two cohorts."""
    year = int(entry[:4])
    sums = {"credits_total": "300", "credits_elective": "60", "credits_school": "60"}
    student = {**REACHED, **sums, "exam_grades.信息技术": "C"}
    values = {"study_from": entry, "study_to": f"{year + 3}-06"}
    for count, objected in ((required - 1, {"credits_short"}), (required, set())):
        made = case(
            "diploma_senior",
            values,
            grade="S3",
            student={**student, "credits_required": str(count)},
            day=date(2091, 5, 20),
        )
        assert codes(made, RULES) == objected


@given(st.dictionaries(st.sampled_from(sorted(CREDITS)), st.integers(0, 300)))
def test_credits_pass_just_when_each_reaches_its_threshold(changes):
    """Whatever the four sums are."""
    student = {**REACHED, **{f"credits_{kind}": str(value) for kind, value in changes.items()}}
    short = {f"credits_{kind}" for kind, value in changes.items() if value < CREDITS[kind]}
    found = [item for rule in RULES for item in rule(senior(student=student))]
    assert {item.field for item in found if item.code == "credits_short"} == short
    total, *parts = (int(student[f"credits_{kind}"]) for kind in CREDITS)
    assert ("credits_sum" in {item.code for item in found}) is (total < sum(parts))


@pytest.mark.parametrize(("total", "refused"), [("157", True), ("158", False), ("159", False)])
def test_all_credits_are_no_less_than_their_parts(total, refused):
    """Art. 35(二): 130 + 22 + 6."""
    made = senior(student={**REACHED, "credits_required": "130", "credits_total": total})
    assert codes(made) == ({"credits_sum"} if refused else set())


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, {"conditions_all_met"}),
        ({"credits_total": "143"}, set()),
        ({"exam_grades.化学": "D"}, set()),
        ({"practice_passed": ""}, set()),
        ({"sanction": "1", "sanction_on": "2025-11-03"}, set()),
    ],
)
def test_who_meets_every_condition_gets_the_diploma(changes, refused):
    """Art. 37: 结业 is for who misses one of the five."""
    values = {**STUDIES, "study_to": "2026-07"}
    made = case("completion_certificate", values, grade="S3", student={**REACHED, **changes})
    assert codes(made) == refused


def test_the_edition_in_force_keeps_the_thresholds_of_the_regulation():
    """Art. 35: 144 = 116 + 22 + 6."""
    row = EDITIONS.on(date(2026, 7, 1)).graduating(2023)
    assert (row.total, row.required, row.elective, row.school, row.passing) == (
        144,
        116,
        22,
        6,
        ("A", "B", "C"),
    )
