"""The clauses on 退学, 自动退学, 死亡注销 and 辍学 (arts. 28 to 33)."""

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.days import after_working_days, day
from service.regulation.standing import suspended, suspended_months

FORM, AUTOMATIC = "withdrawal_application", "auto_withdrawal_request"
DEATH, DROPOUT = "death_cancellation", "dropout_report"
COMPULSORY = frozenset({"P", "J"})
COMPULSORY_REASONS = frozenset({"1", "2"})
ILLNESS = "1"
RUN, SUM, NOT_BACK = "1", "2", "3"
"""Codes of the grounds of 自动退学: 连续旷课, 累计旷课, 休学期满未复学."""


def compulsory_reason(case: Case) -> list[Objection]:
    """Art. 28 (A28-1): in the compulsory stage only for 丧失学习能力 or 出国出境定居."""
    reason = case.values.get("reason_code", "")
    if case.form.name != FORM or case.stage not in COMPULSORY or reason in {"", *COMPULSORY_REASONS}:
        return []
    what = "义务教育阶段只有丧失学习能力（1）或出国出境定居（2）可以退学"
    return [
        case.objection(
            "reason_code",
            "compulsory_withdrawal",
            28,
            what,
            "请核对退学原因（reason_code）；其他情形不能退学",
        )
    ]


def present_stage(case: Case) -> list[Objection]:
    """Art. 28 (A28-1): the stage of a 退学 is the pupil's present one; a J pupil is not asked about as S."""
    asked, present = case.values.get("stage", ""), case.grade[:1]
    if case.form.name != FORM or not asked or not present or asked == present:
        return []
    what = f"该生现为{words('grade', case.grade)}学生，所填学段不符"
    return [case.objection("stage", "stage_differs", 28, what, "请改填学段（stage），或核对登记的年级")]


def ill_for_two_years(case: Case) -> list[Objection]:
    """Art. 29(一) (A29-1): a senior student who withdraws for illness has been suspended for two years."""
    if case.form.name != FORM or case.stage != "S" or case.values.get("reason_code") != ILLNESS:
        return []
    had, least = suspended_months(case), case.edition.limit("withdraw_suspended_months")
    if had >= least:
        return []
    what = f"因病退学须已休学 {least} 个月，该生登记的为 {had} 个月"
    return [
        case.objection(
            "reason_code",
            "not_suspended_long_enough",
            29,
            what,
            "请先办理休学，或登记以前的休学时长（suspended_months）",
        )
    ]


def senior_only(case: Case) -> list[Objection]:
    """Art. 31 (A31-1): 自动退学 is for 普通高中; arts. 28 and 33 keep the roll of the others."""
    if case.form.name != AUTOMATIC or case.stage not in COMPULSORY:
        return []
    what = "自动退学只适用于普通高中学生，义务教育阶段不得以此注销学籍"
    return [
        case.objection("grade", "auto_withdrawal_compulsory", 31, what, f"请改用辍学情况报告（{DROPOUT}）")
    ]


def truant(case: Case) -> list[Objection]:
    """Art. 31 (A31-1): more than 8 weeks on end, or 10 and more in all, or not back after 休学."""
    if case.form.name != AUTOMATIC:
        return []
    ground = case.values.get("ground", "")
    run, total = (_weeks(case, name) for name in ("truant_weeks_run", "truant_weeks_sum"))
    over, least = case.edition.limit("truant_run_weeks"), case.edition.limit("truant_sum_weeks")
    if ground == RUN and run <= over:
        what, name = f"连续旷课须超过 {over} 周，所填为 {run:g} 周", "truant_weeks_run"
        return [
            case.objection(
                name, "truant_run", 31, what, f"请核对连续旷课周数（{name}）；未超过的不能按自动退学处理"
            )
        ]
    if ground == SUM and total < least:
        what, name = f"累计旷课须达到 {least} 周，所填为 {total:g} 周", "truant_weeks_sum"
        return [
            case.objection(
                name, "truant_sum", 31, what, f"请核对累计旷课周数（{name}）；未达到的不能按自动退学处理"
            )
        ]
    if ground == NOT_BACK:
        return _not_back(case)
    return []


def _weeks(case: Case, name: str) -> float:
    try:
        return float(case.values.get(name) or 0)
    except ValueError:
        return 0.0


def _not_back(case: Case) -> list[Objection]:
    """Art. 31 (A31-2): the suspension is over and was not extended."""
    until = day(case.student.get("suspended_to", ""))
    if until is None:
        papers = [item.values.get("suspend_to", "") for item in case.papers("suspension_application")]
        until = day(max(papers, default=""))
    if suspended(case) and until is not None and until < case.day:
        return []
    what = "没有登记已期满而未复学的休学"
    return [
        case.objection(
            "ground",
            "suspension_not_over",
            31,
            what,
            "请核对事由，或先登记学籍状态和休学截止日期（suspended_to）",
        )
    ]


def contacted(case: Case) -> list[Objection]:
    """Art. 31: the school has contacted the family several times."""
    if case.form.name != AUTOMATIC:
        return []
    rows = {name.split(".")[1] for name in case.values if name.startswith("contacts.")}
    least = case.edition.limit("contacts")
    if len(rows) >= least:
        return []
    what = f"与家长联系帮助教育的记录不少于 {least} 次，所填为 {len(rows)} 次"
    return [case.objection("contacts", "too_few_contacts", 31, what, "请补填联系记录（contacts）")]


def death_known(case: Case) -> list[Objection]:
    """Art. 32: a death lies in the past."""
    died = case.values.get("died_on", "")
    if case.form.name != DEATH or died <= case.day.isoformat():
        return []
    return [
        case.objection("died_on", "death_in_future", 32, "死亡日期晚于办理日期", "请核对死亡日期（died_on）")
    ]


def death_late(case: Case) -> list[Objection]:
    """Art. 32 (A32-1), a warning: the roll is closed within 10 working days."""
    died = day(case.values.get("died_on", "")) if case.form.name == DEATH else None
    days = case.edition.limit("death_working_days")
    if died is None or case.day <= after_working_days(died, days):
        return []
    what = f"已超过死亡后 {days} 个工作日"
    return [case.objection("died_on", "death_reported_late", 32, what, "请尽快办结并说明原因")]


def compulsory_dropout(case: Case) -> list[Objection]:
    """Art. 33 (A33-1): 辍学 is reported of compulsory pupils; the roll is kept."""
    if case.form.name != DROPOUT or case.stage != "S":
        return []
    what = "辍学报告用于义务教育阶段学生"
    return [
        case.objection(
            "grade", "dropout_senior", 33, what, f"请对普通高中学生改用自动退学报请表（{AUTOMATIC}）"
        )
    ]


RULES: tuple[Rule, ...] = (
    compulsory_reason,
    present_stage,
    ill_for_two_years,
    senior_only,
    truant,
    contacted,
    death_known,
    compulsory_dropout,
)
WARNINGS: tuple[Rule, ...] = (death_late,)
