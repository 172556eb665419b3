"""The clauses on 休学, 延长休学 and 复学 (arts. 23 and 24)."""

import re
from fractions import Fraction

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.days import add_months, day, months_between
from service.regulation.standing import (
    SUSPENSION,
    grade_in,
    grade_when_suspended,
    next_grade,
    suspended,
    suspended_months,
)

SUSPEND, EXTEND, RESUME = "suspend", "extend", "resume"
ILLNESS, LEAVE = "1", "2"
"""Codes of the reasons: 因病停课 (以上: at least the share), 连续请假 (超过: more than it)."""
HOURS = re.compile(r"\D*([0-9]+)\D+([0-9]+)\D*")
SMALL_UNITS = ("卫生院", "卫生室", "卫生服务", "卫生所", "诊所", "门诊部", "医务室")
"""What the names of medical units below a county's hospital say."""


def _mode(case: Case) -> str:
    return case.values.get("mode", "") if case.form.name == SUSPENSION else ""


def reason_given(case: Case) -> list[Objection]:
    """Art. 23 (A23-2): 休学 is for one of three reasons, and the missed hours must show the first two."""
    reason = case.values.get("reason_code", "")
    if _mode(case) != SUSPEND:
        return []
    if not reason:
        what, advice = "没有写明休学原因类别", "请填写 reason_code（1 因病、2 请假、3 其他不可抗拒原因）"
        return [case.objection("reason_code", "reason_missing", 23, what, advice)]
    return _missed_hours(case, reason) if reason in {ILLNESS, LEAVE} else []


def _missed_hours(case: Case, reason: str) -> list[Objection]:
    found = HOURS.fullmatch(case.values.get("hours_missed", ""))
    if found is None or int(found[2]) == 0:
        what, advice = (
            "没有写明缺课学时和学期总学时",
            "请按“缺课学时/学期总学时”填写（hours_missed），如 240/600",
        )
        return [case.objection("hours_missed", "hours_missing", 23, what, advice)]
    least = str(case.edition.limits["missed_share"].value)
    share, wanted = Fraction(int(found[1]), int(found[2])), Fraction(least)
    if share > wanted or (reason == ILLNESS and share == wanted):
        return []
    words = f"达到 {least}" if reason == ILLNESS else f"超过 {least}"
    what = f"缺课学时占一学期总学时须{words}，所填为 {found[1]}/{found[2]}"
    return [case.objection("hours_missed", "share_too_small", 23, what, "请核对学时；未达到的不能休学")]


def diagnosed(case: Case) -> list[Objection]:
    """Art. 24 (A24-1): illness, and every extension, needs the diagnosis of a medical unit of county level or above."""
    needed = (_mode(case) == SUSPEND and case.values.get("reason_code") == ILLNESS) or _mode(case) == EXTEND
    if not needed:
        return []
    found = [
        case.objection(name, "diagnosis_missing", 24, f"没有写明{words}", f"请照诊断证明填写（{name}）")
        for name, words in (("medical_unit", "诊断医疗单位及级别"), ("diagnosis", "诊断结论"))
        if not case.values.get(name) and (_mode(case) == SUSPEND or case.values.get("reason_code") == ILLNESS)
    ]
    if any(words in case.values.get("medical_unit", "") for words in SMALL_UNITS):
        what, advice = "诊断证明须由县级以上医疗单位出具", "请到县级以上医疗单位检查并出具证明"
        found.append(case.objection("medical_unit", "medical_unit_too_low", 24, what, advice))
    return found


def term_of_suspension(case: Case) -> list[Objection]:
    """Art. 24 (A24-2): one year at a time (原则上), two years in all (never more)."""
    begin, end = (day(case.values.get(name, "")) for name in ("suspend_from", "suspend_to"))
    if _mode(case) not in {SUSPEND, EXTEND} or begin is None or end is None:
        return []
    if end <= begin:
        what, advice = "休学截止日期须晚于开始日期", "请核对 suspend_from 和 suspend_to"
        return [case.objection("suspend_to", "suspension_ends_first", 24, what, advice)]
    found, once, all_in = [], case.edition.limit("suspend_months"), case.edition.limit("suspend_total_months")
    if end > add_months(begin, once):
        what = f"休学一次原则上不超过 {once} 个月"
        advice = "请缩短期限，期满再申请延长；确需的，请报学籍主管部门凭批准文件和理由办理（override）"
        found.append(case.objection("suspend_to", "suspension_too_long", 24, what, advice))
    this = months_between(begin, end)
    total = max(suspended_months(case) + this, _whole(case.values.get("total_months", "")))
    if total > all_in:
        what = f"累计休学至多 {all_in} 个月，加上这次为 {total} 个月"
        found.append(
            case.objection(
                "total_months", "suspension_total", 24, what, "请缩短期限；期满不能复学的依规定办理退学"
            )
        )
    told = case.values.get("total_months", "")
    if told and _whole(told) < suspended_months(case) + this:
        what = f"累计休学时长不少于以前批准的和这次的合计 {suspended_months(case) + this} 个月"
        found.append(case.objection("total_months", "suspension_sum", 24, what, "请核对 total_months"))
    return found


def _whole(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def suspended_or_not(case: Case) -> list[Objection]:
    """Art. 24 (A24-3): who is suspended extends or resumes; who is not can do neither."""
    mode = _mode(case)
    if mode == SUSPEND and suspended(case):
        what, advice = "该生已在休学期间", "请改为延长休学（mode=extend）或复学（mode=resume）"
        return [case.objection("mode", "already_suspended", 24, what, advice)]
    if mode in {EXTEND, RESUME} and not suspended(case):
        what, advice = (
            "该生没有在办的休学",
            "请核对申请类别（mode），或先登记学籍状态为休学（roll_status=suspended）",
        )
        return [case.objection("mode", "not_suspended", 24, what, advice)]
    return []


def back_to_grade(case: Case) -> list[Objection]:
    """Arts. 23 and 24 (A23-1, A24-4): back to the grade of the suspension or to the next one."""
    if _mode(case) != RESUME:
        return []
    before = grade_when_suspended(case) or grade_in(case.values.get("grade_when_suspended", ""), case.stage)
    back = grade_in(case.values.get("resume_grade", ""), case.stage)
    if back is None:
        what, advice = "没有写明复学年级", "请以年级开头填写复学年级班级（resume_grade），如 初中二年级3班"
        return [case.objection("resume_grade", "resume_grade_missing", 24, what, advice)]
    if before is None or back in {before, next_grade(before)}:
        return []
    what = f"休学时为{words('grade', before)}，复学只能回原年级或下一年级"
    return [case.objection("resume_grade", "resume_grade", 24, what, "请改填复学年级（resume_grade）")]


def resumed_on_a_day(case: Case) -> list[Objection]:
    """Art. 24: a 复学 names its day, not before the suspension began."""
    if _mode(case) != RESUME:
        return []
    back, begin = case.values.get("resume_on", ""), case.values.get("suspend_from", "")
    if back and back >= begin:
        return []
    what, advice = "复学日期没有填写，或早于休学开始日期", "请核对复学日期（resume_on）"
    return [case.objection("resume_on", "resume_day", 24, what, advice)]


RULES: tuple[Rule, ...] = (
    reason_given,
    diagnosed,
    term_of_suspension,
    suspended_or_not,
    back_to_grade,
    resumed_on_a_day,
)
