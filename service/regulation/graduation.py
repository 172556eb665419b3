"""The five conditions of a senior diploma (art. 35), each by what the record or the request says."""

from dataclasses import replace

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.edition import Graduation
from service.regulation.standing import open_sanctions

FORM, COMPLETION = "diploma_senior", "completion_certificate"
CREDITS = {
    "total": "总学分",
    "required": "必修学分",
    "elective": "学科选修模块学分",
    "school": "学校自主选修模块学分",
}
"""Kind of credits → its name; the value stands in `credits_<kind>`."""
CONDITIONS = {
    "quality_passed": "基础素养评价总评合格",
    "sports_passed": "达到体育锻炼合格标准",
    "practice_passed": "按规定参加劳动和社会实践活动",
}
YES = "1"
YEAR_DIGITS = 4


def enough_credits(case: Case) -> list[Objection]:
    """Art. 35(二) (A35-2): the credits of three years, by the cohort's thresholds."""
    if case.form.name != FORM:
        return []
    found, wanted = [], conditions(case)
    for kind, name in CREDITS.items():
        field, least = f"credits_{kind}", getattr(wanted, kind)
        got = case.of(field)
        if not got.isdecimal() or int(got) < least:
            told = f"为{got}" if got else "没有登记"
            what = f"{name}须达到{least}个，该生{told}"
            found.append(
                case.objection(
                    field, "credits_short", 35, what, f"请核对学分（{field}）；未达到的改办结业证书"
                )
            )
    return found


def credits_add_up(case: Case) -> list[Objection]:
    """Art. 35(二) (A35-2): the sum of all credits is no less than its parts together."""
    told = [case.of(f"credits_{kind}") for kind in CREDITS]
    if case.form.name != FORM or not all(text.isdecimal() for text in told):
        return []
    total, *parts = map(int, told)
    if total >= sum(parts):
        return []
    what = f"总学分 {total} 少于必修、选修各部分之和 {sum(parts)}"
    return [case.objection("credits_total", "credits_sum", 35, what, "请核对学分（credits_total）")]


def nothing_open(case: Case) -> list[Objection]:
    """Art. 37: 结业 is for who does not meet art. 35; who meets it all on record graduates."""
    if case.form.name != COMPLETION or case.stage != "S":
        return []
    as_diploma = replace(case, form=replace(case.form, name=FORM))
    if any(rule(as_diploma) for rule in CONDITIONS_OF_35):
        return []
    what, advice = "登记的毕业条件都已达到，不发结业证书", f"请改发毕业证书（{FORM}），或核对登记的毕业条件"
    return [case.objection(None, "conditions_all_met", 37, what, advice)]


def exams_passed(case: Case) -> list[Objection]:
    """Art. 35(三) (A35-3): a passing grade in every subject; a passed 补考 counts."""
    if case.form.name != FORM:
        return []
    wanted, found = conditions(case), []
    named = [name.partition(".")[2] for name in {**case.student, **case.values} if name.startswith("exam_")]
    for subject in dict.fromkeys([*wanted.subjects, *(name for name in named if name)]):
        names = [f"exam_{kind}.{subject}" for kind in ("grades", "resits")]
        found += [_contradiction(name) for name in names if _two_grades(case, name)]
        grades = [case.student.get(name) or case.values.get(name, "") for name in names]
        if not set(grades) & set(wanted.passing):
            told = "、".join(grade for grade in grades if grade) or "没有登记"
            what = f"学业水平考试{subject}须达到{'、'.join(wanted.passing)}等级，该生{told}"
            advice = f"请核对成绩（exam_grades.{subject}）；未达到的改办结业证书"
            found.append(case.objection(f"exam_grades.{subject}", "exam_not_passed", 35, what, advice))
    return found


def _two_grades(case: Case, name: str) -> bool:
    """Tell whether the request gives another grade than the record: nobody talks a D away."""
    told, asked = case.student.get(name), case.values.get(name)
    return bool(told and asked) and told != asked


def _contradiction(name: str) -> Objection:
    message = f"学业水平考试成绩（{name}）与登记信息不一致；请先更正登记信息，或删去这一栏"
    return Objection(name, "contradicts_record", message, 14)


def conditions_met(case: Case) -> list[Objection]:
    """Art. 35(一)(四)(五) (A35-1): 基础素养, 体育锻炼, 劳动和社会实践."""
    if case.form.name != FORM:
        return []
    return [
        case.objection(
            name,
            "condition_open",
            35,
            f"尚未登记“{words}”",
            f"请核对证明后登记（{name}=1）；未达到的改办结业证书",
        )
        for name, words in CONDITIONS.items()
        if case.of(name) != YES
    ]


def sanctions_revoked(case: Case) -> list[Objection]:
    """Art. 35(一) (A35-4): a sanction that is not revoked on the day of the case refuses."""
    if case.form.name != FORM:
        return []
    return [
        case.objection(
            None,
            "sanction_open",
            35,
            f"该生的处分（{words('sanction', code)}）尚未撤销",
            "请先办理处分撤销（sanction_record）",
        )
        for code in open_sanctions(case)
    ]


def conditions(case: Case) -> Graduation:
    """The thresholds of the student's cohort: the year of entry into senior school."""
    entry = case.values.get("study_from") or case.student.get("entry_year", "")
    year = entry[:YEAR_DIGITS]
    return case.edition.graduating(int(year) if year.isdecimal() else case.day.year)


CONDITIONS_OF_35: tuple[Rule, ...] = (
    enough_credits,
    credits_add_up,
    exams_passed,
    conditions_met,
    sanctions_revoked,
)
RULES: tuple[Rule, ...] = (*CONDITIONS_OF_35, nothing_open)
