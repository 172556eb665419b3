"""What the pupil's present record allows a certificate to say: grade, roll, and beginning (arts. 14, 34 and 36 to 38)."""

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.certificates import COMPLETION, INCOMPLETE, LEAVING, is_diploma
from service.regulation.issuing import DIPLOMAS, RECORD_CERTIFICATE
from service.regulation.standing import GRADES, LAST_GRADES, suspended_months
from service.regulation.values import is_month

STAGES = "PJS"
ON_ROLL = frozenset({"", "active", "guest_out", "graduated"})
"""What the record of a graduate says of the roll; '' when it says nothing."""
LEFT = frozenset({"completed", "incomplete"})
EARLY = frozenset({"withdrawn", "auto_withdrawn"})
"""Those who left before the end of their studies: 肄业 is for them, 结业 is not."""
NEVER_GRADUATED = LEFT | EARLY | {"applied", "suspended", "dropped_out", "expelled", "cancelled"}
ADVICE = {
    "applied": "请先核准学籍",
    "transferring": "请先办结或撤回转学",
    "transferred_out": "请由转入的学校办理",
    "dropped_out": "请先复学并更正学籍状态",
    "absent_reported": "请先销假返校并更正学籍状态",
}
"""What to do about a roll that stands in the way; of a roll that has ended, only that the record be looked at."""
MONTH = 7


def still_learning(case: Case) -> list[Objection]:
    """Art. 38: a 学历证明 stands for a diploma; who is below the end of the stage cannot have lost one."""
    present, asked = case.grade[:1], case.stage or ""
    if case.form.name != RECORD_CERTIFICATE or case.grade not in GRADES or asked not in DIPLOMAS:
        return []
    below = STAGES.index(present) < STAGES.index(asked)
    if not below and (present != asked or case.grade in LAST_GRADES):
        return []
    name = case.edition.stages.get(asked, asked)
    what = f"该生现为{words('grade', case.grade)}学生，{name}还没有毕业，不能出具{name}的{case.form.title}"
    return [case.objection("stage", "not_graduated", 38, what, "请核对学段（stage）和登记的年级")]


def ended_later(case: Case) -> list[Objection]:
    """Art. 38: studies that a 学历证明 tells of are over."""
    end = case.values.get("study_to", "")
    if case.form.name != RECORD_CERTIFICATE or not is_month(end) or end <= case.day.isoformat()[:MONTH]:
        return []
    what = f"毕业年月（{end}）晚于办理日期，该生还没有毕业"
    return [case.objection("study_to", "not_graduated", 38, what, "请核对毕业年月（study_to）")]


def never_graduated(case: Case) -> list[Objection]:
    """Art. 38: nor can who is suspended, has left, or was given 结业 or 肄业 by us in this very stage."""
    if case.form.name != RECORD_CERTIFICATE:
        return []
    found, told = [], case.student.get("roll_status", "")
    if case.stage == case.grade[:1] and told in NEVER_GRADUATED:
        what = f"该生的学籍状态是{words('roll_status', told)}，没有毕业，不能出具{case.form.title}"
        advice = f"{ADVICE.get(told, '请核对登记的学籍状态')}（roll_status）"
        found.append(case.objection(None, "roll_not_graduated", 38, what, advice))
    left = any(case.papers(form, case.stage) for form in LEAVING)
    if left and not case.papers(DIPLOMAS.get(case.stage or "", ""), case.stage):
        what = f"该生本学段发的是结业或肄业证书，不能出具{case.form.title}"
        advice = "请核对该生的毕业情况；误发而未交付的，请先作废原证书"
        found.append(case.objection(None, "leaving_paper_stands", 38, what, advice))
    return found


def on_the_roll(case: Case) -> list[Objection]:
    """Arts. 34, 36 and 37: a diploma, 结业 or 肄业 is for who is on the roll here or has left with that paper."""
    told = case.student.get("roll_status", "")
    if not (is_diploma(case.form) or case.form.name in LEAVING) or told in {"suspended", *_allowed(case)}:
        return []
    what = f"该生的学籍状态是{words('roll_status', told)}，不能出具{case.form.title}"
    advice = f"{ADVICE.get(told, '请核对登记的学籍状态，确属登记有误的先更正')}（roll_status）"
    return [case.objection(None, "roll_status", case.form.articles[-1], what, advice)]


def _allowed(case: Case) -> frozenset[str]:
    if case.form.name == INCOMPLETE:
        return ON_ROLL - {"graduated"} | LEFT | EARLY
    return ON_ROLL - {"graduated"} | LEFT if case.form.name == COMPLETION else ON_ROLL


def begins_on_record(case: Case) -> list[Objection]:
    """Art. 14: the studies of the present stage began when the record says, unless 休学 or 转学 explains."""
    begin, told = case.values.get("study_from", ""), case.student.get("entry_month", "")
    if case.form.kind != "certificate" or case.stage != case.grade[:1] or begin == told:
        return []
    explained = suspended_months(case) > 0 or any(
        item.status == "effective" for item in case.papers("transfer_application")
    )
    if not is_month(begin) or not is_month(told) or explained:
        return []
    what = f"入学年月（{begin}）与登记的入学年月（{told}）不一致"
    advice = "请核对 study_from，或先更正登记的入学年月（entry_month）"
    return [case.objection("study_from", "study_from_differs", 14, what, advice)]


RULES: tuple[Rule, ...] = (still_learning, ended_later, never_graduated, on_the_roll, begins_on_record)
