"""The clauses on rosters: class sizes, whose roll a pupil is on, and the plan (arts. 9, 13, 14, 27, 34 and 37)."""

import re
from collections import Counter

from service.errors import Objection
from service.regulation.case import Case, Rule, words

CLASS, GRADUATES, ADMITTED = "class_roster", "graduate_roster", "admission_roster"
OWN_PUPILS = (CLASS, GRADUATES, "diploma_batch", "diploma_collection")
GUEST, GRADUATED = "2", "L4"
"""Codes of the source 借读 and of the change 毕业."""
PLANNED = re.compile(r"([0-9]+)\s*[人名]")
MOST_TOLD = 20
"""Objections of one kind that are listed; a roster of hundreds may have the same fault in every row."""


def class_size(case: Case) -> list[Objection]:
    """Art. 13 (A13-1, A13-2, A13-3): no class above the limit of its grade."""
    most, size = class_limit(case, case.values.get("grade", "")), _size(case)
    if case.form.name != CLASS or most is None or size <= most:
        return []
    what = f"{words('grade', case.values['grade'])}班容量不超过 {most} 人，该班为 {size} 人"
    return [case.objection("head_count", "class_too_large", 13, what, "请分班后再报审核")]


def class_size_warning(case: Case) -> list[Objection]:
    """Art. 13 (A13-1, A13-2), a warning: above what a class should have 原则上, within the limit."""
    grade, size = case.values.get("grade", ""), _size(case)
    limit = case.edition.limits.get(f"class_warn_{grade[:1]}")
    most = class_limit(case, grade)
    if case.form.name != CLASS or limit is None or most is None or not int(limit.value) < size <= most:
        return []
    what = f"{words('grade', grade)}班容量原则上在 {limit.value} 人以内，该班为 {size} 人"
    return [case.objection("head_count", "class_large", 13, what, "请控制转入和借读")]


def class_limit(case: Case, grade: str) -> int | None:
    """The most pupils a class of a grade may have; None for no grade of the regulation's."""
    found = case.edition.limits.get(f"class_max_{grade}") or case.edition.limits.get(f"class_max_{grade[:1]}")
    return int(found.value) if found else None


def _size(case: Case) -> int:
    told = case.values.get("head_count", "")
    return max(int(told) if told.isdecimal() else 0, case.form.rows(case.values, "rows"))


def listed_once(case: Case) -> list[Objection]:
    """Art. 14 (A14-1): nobody stands on one roster twice."""
    if case.form.name not in {CLASS, GRADUATES, ADMITTED}:
        return []
    counts = Counter(number for _, number in case.rows("rows", "student_no"))
    twice = [name for name, number in case.rows("rows", "student_no") if counts[number] > 1]
    return [
        case.objection(name, "listed_twice", 14, "同一学生在名册中列了两次", "请删去重复的一行")
        for name in twice[1 : MOST_TOLD + 1]
    ]


def on_own_roll(case: Case) -> list[Objection]:
    """Arts. 14 and 27 (A14-2, A27-1): a roster lists the school's own pupils; a guest stands on a class roster only."""
    if case.form.name not in OWN_PUPILS or not case.chain or case.chain[0].kind != "school":
        return []
    tables = {name.partition(".")[0] for name in case.values if name.endswith(".student_no")}
    strangers = [
        name
        for table in sorted(tables)
        for name, number in case.rows(table, "student_no")
        if case.homes.get(number, case.chain[0].code) != case.chain[0].code
        and not (case.form.name == CLASS and case.values.get(_beside(name, "source")) == GUEST)
    ]
    article, what, advice = (
        (14, "该生学籍不在本校", "请删去这一行；未办转学的不得编班")
        if case.form.name == CLASS
        else (27, "该生学籍不在本校，由原校毕业和发证", "请删去这一行")
    )
    return [case.objection(name, "not_on_this_roll", article, what, advice) for name in strangers[:MOST_TOLD]]


def conclusion_of_stage(case: Case) -> list[Objection]:
    """Arts. 34 and 37: in P and J everybody graduates; 结业 and 肄业 exist for 普通高中 only."""
    if case.form.name != GRADUATES or case.stage == "S":
        return []
    return [
        case.objection(
            name, "conclusion_of_stage", 37, "小学、初中没有结业、肄业", "请改为毕业（L4），或删去这一行"
        )
        for name, code in case.rows("rows", "conclusion")
        if code != GRADUATED
    ][:MOST_TOLD]


def within_plan(case: Case) -> list[Objection]:
    """Art. 9 (A09-2): no more entrants than the plan says, which the form names with its number (…计划300人)."""
    planned = PLANNED.findall(case.values.get("plan_no", "")) if case.form.name == ADMITTED else []
    rows = case.form.rows(case.values, "rows")
    if not planned or rows <= int(planned[-1]):
        return []
    what = f"录取 {rows} 人，超过招生计划 {planned[-1]} 人"
    return [case.objection("rows", "over_plan", 9, what, "请按计划录取，或先由教育行政部门调整计划")]


def _beside(name: str, column: str) -> str:
    """The flat name of another column in the same row."""
    return f"{name.rpartition('.')[0]}.{column}"


RULES: tuple[Rule, ...] = (
    class_size,
    listed_once,
    on_own_roll,
    conclusion_of_stage,
    within_plan,
)
WARNINGS: tuple[Rule, ...] = (class_size_warning,)
