"""The clauses on 奖励, 处分 and students under 刑事强制措施 (arts. 39 to 41)."""

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.days import add_months, age, day
from service.regulation.standing import SANCTION, under_measures

EXPULSION, ABSENCE, AWARD = "expulsion_request", "absence_report", "award_record"
ENDINGS = frozenset(
    {EXPULSION, "withdrawal_application", "auto_withdrawal_request", "entry_cancellation_report"}
)
"""The forms that end a roll other than by leaving school with a paper or by death."""
COMPULSORY = frozenset({"P", "J"})
LIGHT, SENIOR_ONLY, PROBATION = frozenset({"1", "2"}), frozenset({"4", "5"}), "4"
"""Codes of 警告 and 严重警告; of 留校察看 and 开除学籍; of 留校察看 alone."""
ADULT = 18


def kind_of_sanction(case: Case) -> list[Objection]:
    """Art. 40 (A40-1): compulsory pupils are warned or recorded, never put on probation or expelled."""
    sanction = case.values.get("sanction", "")
    if case.form.name != SANCTION or case.stage not in COMPULSORY or sanction not in SENIOR_ONLY:
        return []
    what = f"义务教育阶段没有{words('sanction', sanction)}处分"
    return [case.objection("sanction", "sanction_compulsory", 40, what, "请改为警告、严重警告或记过")]


def probation(case: Case) -> list[Objection]:
    """Art. 40 (A40-2): 留校察看 has an end, at most one year after the decision; the others have none."""
    if case.form.name != SANCTION:
        return []
    decided, until = (day(case.values.get(name, "")) for name in ("decided_on", "probation_to"))
    if case.values.get("sanction") != PROBATION:
        what, advice = "只有留校察看有截止日期", "请删去留校察看截止（probation_to）"
        return [case.objection("probation_to", "no_probation", 40, what, advice)] if until else []
    months = case.edition.limit("probation_months")
    if until and decided and decided < until <= add_months(decided, months):
        return []
    what = f"留校察看须有截止日期，最长不超过决定之日起 {months} 个月"
    return [
        case.objection("probation_to", "probation_too_long", 40, what, "请改填留校察看截止（probation_to）")
    ]


def decided_and_revoked(case: Case) -> list[Objection]:
    """Art. 40: decided no later than today, and revoked no earlier than decided; an expulsion has its own form."""
    if case.form.name != SANCTION:
        return []
    decided, revoked, found = case.values.get("decided_on", ""), case.values.get("revoked_on", ""), []
    if decided > case.day.isoformat():
        what, advice = "处分决定日期晚于办理日期", "请核对决定日期（decided_on）"
        found.append(case.objection("decided_on", "decided_in_future", 40, what, advice))
    if revoked and not decided <= revoked <= case.day.isoformat():
        what, advice = "撤销日期须在决定之后、办理日期以前", "请核对撤销日期（revoked_on）"
        found.append(case.objection("revoked_on", "revoked_before_decided", 40, what, advice))
    return found


def awarded(case: Case) -> list[Objection]:
    """Art. 39: an award that is filed has been given."""
    given = case.values.get("awarded_on", "")
    if case.form.name != AWARD or given <= case.day.isoformat():
        return []
    what, advice = "获奖日期晚于办理日期", "请核对获奖日期（awarded_on）"
    return [case.objection("awarded_on", "awarded_in_future", 39, what, advice)]


def expulsion(case: Case) -> list[Objection]:
    """Art. 40 (A40-3): only senior students are expelled, on the city's approval."""
    if case.form.name != EXPULSION or case.stage not in COMPULSORY:
        return []
    what = "义务教育阶段不得开除学籍"
    return [
        case.objection(
            "grade", "expulsion_compulsory", 40, what, "请改为警告、严重警告或记过（sanction_record）"
        )
    ]


def minor_under_measures(case: Case) -> list[Objection]:
    """Art. 41 (A41-1): the roll of a minor under 刑事强制措施 is not ended."""
    birth = day(case.of("birth_date"))
    if case.form.name not in ENDINGS or not under_measures(case) or birth is None:
        return []
    if age(birth, case.day) >= ADULT:
        return []
    what = f"被采取刑事强制措施的未成年学生不得取消学籍，不能办理{case.form.title}"
    return [
        case.objection(
            None, "minor_under_measures", 41, what, f"请改用离校报告（{ABSENCE}）向市教育局报告并保留学籍"
        )
    ]


def ground_known(case: Case) -> list[Objection]:
    """Art. 41 (A41-1): why a minor is absent must be known before the roll is ended: it may be 刑事强制措施."""
    birth, told = day(case.of("birth_date")), case.student.get("roll_status")
    if case.form.name not in ENDINGS or told != "absent_reported" or birth is None:
        return []
    grounds = [item.values["ground"] for item in case.papers(ABSENCE) if item.values.get("ground")]
    if age(birth, case.day) >= ADULT or case.student.get("coercive_measure") or grounds:
        return []
    what = f"该未成年学生离校原因没有登记，不能办理{case.form.title}"
    advice = f"请先办理离校报告（{ABSENCE}）写明原因，或登记是否被采取刑事强制措施（coercive_measure）"
    return [case.objection(None, "absence_ground_unknown", 41, what, advice)]


def keep_minors_roll(case: Case) -> list[Objection]:
    """Art. 41 (A41-1): a report of absence for 刑事强制措施 keeps the roll of a minor."""
    birth = day(case.of("birth_date"))
    if case.form.name != ABSENCE or case.values.get("ground") != "2" or birth is None:
        return []
    if case.values.get("keep_roll") == "1" or age(birth, case.day) >= ADULT:
        return []
    what = "被采取刑事强制措施的未成年学生须保留学籍"
    return [
        case.objection("keep_roll", "minor_roll_not_kept", 41, what, "请将是否保留学籍（keep_roll）填为是")
    ]


def kept_in(case: Case) -> tuple[str, ...]:
    """Art. 40 (A40-3): the files that keep a paper; 警告 and 严重警告 stay out of the student's."""
    files = case.form.archive_to
    if case.form.name == SANCTION and case.values.get("sanction") in LIGHT:
        return ("school_file",)
    return files


RULES: tuple[Rule, ...] = (
    kind_of_sanction,
    probation,
    decided_and_revoked,
    awarded,
    expulsion,
    minor_under_measures,
    ground_known,
    keep_minors_roll,
)
