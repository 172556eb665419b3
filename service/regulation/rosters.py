"""The clauses on rosters: class sizes, whose roll a pupil is on, and the plan (arts. 9, 13, 14, 27, 34 and 37)."""

import re

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.issuing import stages_of
from service.regulation.standing import LAST_GRADES

CLASS, GRADUATES, ADMITTED = "class_roster", "graduate_roster", "admission_roster"
BATCH, COLLECTION = "diploma_batch", "diploma_collection"
OWN_PUPILS = (CLASS, GRADUATES, BATCH, COLLECTION)
GUEST, GRADUATED, INCOMPLETE = "2", "L4", "L6"
CONCLUSIONS = frozenset({GRADUATED, "L5", "L6"})
"""Codes of the source 借读 and of the changes 毕业 and 肄业."""
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
    if case.form.name not in {CLASS, GRADUATES, ADMITTED, COLLECTION}:
        return []
    found: dict[str, Objection] = {}
    for column in ("student_no", "id_number"):
        seen: set[str] = set()
        for name, number in case.rows("rows", column):
            if number.upper() in seen:
                what, advice = "同一学生在名册中列了两次", "请删去重复的一行"
                objection = case.objection(name, "listed_twice", 14, what, advice)
                found.setdefault(name.rpartition(".")[0], objection)
            seen.add(number.upper())
    return list(found.values())[:MOST_TOLD]


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


def grade_of_class(case: Case) -> list[Objection]:
    """Arts. 13 and 26 (A13-4, A26-3): a class roster lists pupils of its grade, guests too."""
    if case.form.name != CLASS:
        return []
    what, advice = "该生登记的年级与名册的年级不同", "请先更正学生登记的年级，或删去这一行"
    return [
        case.objection(name, "not_of_this_grade", 13, what, advice)
        for name, number in case.rows("rows", "student_no")
        if case.grades.get(number) and case.grades[number] != case.values.get("grade")
    ][:MOST_TOLD]


def graduates_have_finished(case: Case) -> list[Objection]:
    """Arts. 34 and 37 (A34-1): who is listed as 毕业 or 结业 is in the last grade of the stage, or beyond it."""
    if case.form.name != GRADUATES:
        return []
    what, advice = "该生学习期未满，不能列为毕业或结业", "请核对登记的年级，或删去这一行"
    return [
        case.objection(name, "row_not_final_grade", 34, what, advice)
        for name, number in case.rows("rows", "student_no")
        if case.values.get(_beside(name, "conclusion"), GRADUATED) != INCOMPLETE
        and _still_learning(case.grades.get(number, ""), case.stage)
    ][:MOST_TOLD]


def _still_learning(grade: str, stage: str | None) -> bool:
    """Tell whether a pupil of this present grade is below the end of the stage; an unknown grade tells nothing."""
    order = "PJS"
    if not grade or not stage or grade[0] not in order or stage not in order:
        return False
    return order.index(grade[0]) < order.index(stage) or (grade[0] == stage and grade not in LAST_GRADES)


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


def known_conclusion(case: Case) -> list[Objection]:
    """Arts. 34 and 37: a senior student leaves with 毕业, 结业 or 肄业; no other change stands on this roster."""
    if case.form.name != GRADUATES or case.stage != "S":
        return []
    what, advice = "毕业生花名册只列毕业、结业、肄业的学生", "请改为 L4、L5 或 L6，或删去这一行"
    return [
        case.objection(name, "not_a_conclusion", 37, what, advice)
        for name, code in case.rows("rows", "conclusion")
        if code not in CONCLUSIONS
    ][:MOST_TOLD]


def batch_counts(case: Case) -> list[Objection]:
    """Arts. 34 and 37: no more papers than pupils who are due one; 结业 and 肄业 for 普通高中 only."""
    if case.form.name != BATCH:
        return []
    columns = ("due", "graduated", "completed", "incomplete")
    told = [case.values.get(f"counts.1.{column}", "") for column in columns]
    due, graduated, completed, incomplete = (int(text) if text.isdecimal() else 0 for text in told)
    found = []
    if case.stage in {"P", "J"} and completed + incomplete:
        advice = "请核对人数（counts），义务教育阶段只填准予毕业"
        found.append(case.objection("counts", "conclusion_of_stage", 37, "小学、初中没有结业、肄业", advice))
    if told[0].isdecimal() and due < graduated + completed + incomplete:
        what = f"应毕业 {due} 人，少于准予毕业、结业、肄业之和 {graduated + completed + incomplete} 人"
        advice = "请核对人数（counts）"
        found.append(case.objection("counts.1.due", "more_than_due", 34, what, advice))
    return found


def admitted_stage(case: Case) -> list[Objection]:
    """Arts. 2 and 9: entrants are admitted to J or S, and to a stage that the school has."""
    asked = case.values.get("stage", "")
    if case.form.name != ADMITTED or not asked or not case.chain:
        return []
    offered = stages_of(case.chain[0], case.edition)
    if asked not in {"J", "S"}:
        what, advice = "录取花名册只用于初一、高一新生", "请改填学段（stage）J 或 S"
        return [case.objection("stage", "stage_not_admitted", 9, what, advice)]
    if offered is None or asked in offered:
        return []
    what = f"{case.chain[0].name}没有{case.edition.stages.get(asked, asked)}学段"
    advice = "请改填学段（stage），或更正学校登记的学段"
    return [case.objection("stage", "stage_not_offered", 2, what, advice)]


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
    grade_of_class,
    graduates_have_finished,
    conclusion_of_stage,
    known_conclusion,
    batch_counts,
    admitted_stage,
    within_plan,
)
WARNINGS: tuple[Rule, ...] = (class_size_warning,)
