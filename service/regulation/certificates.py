"""The clauses on diplomas, 结业, 肄业 and 学历证明: stage, span, and once only (arts. 9, 24, 34, 36, 37 and 38)."""

import re
from collections.abc import Mapping, Sequence

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.days import school_years
from service.regulation.issuing import DIPLOMAS, RECORD_CERTIFICATE
from service.regulation.standing import LAST_GRADES, suspended, suspended_months
from service.regulation.values import is_month
from templates.form import Form

DIPLOMA = "diploma_"
"""How the names of the forms of arts. 34 and 36 begin."""
COMPLETION, INCOMPLETE = "completion_certificate", "incomplete_certificate"
LEAVING = (COMPLETION, INCOMPLETE)
YEAR, TERM, HOLIDAYS = 12, 6, 2
"""Months of a year, of a term, and of the summer holidays that a length of study may count or not."""
NUMBER = "([0-9]{1,2}|[零一二两三四五六七八九十]{1,3})"
LENGTH = re.compile(f"(?:{NUMBER}学?年)?(半)?年?零?(?:{NUMBER}个?学期)?零?(?:{NUMBER}个?月)?")


def is_diploma(form: Form) -> bool:
    """Tell whether a form is a diploma itself, not the paper that replaces a lost one."""
    return form.kind == "certificate" and form.name.startswith(DIPLOMA)


def right_stage(case: Case) -> list[Objection]:
    """Arts. 34, 36 and 37: a certificate is for a student of its own stage; 结业 and 肄业 exist for 普通高中 only."""
    if case.form.kind != "certificate" or case.stage in case.form.stages:
        return []
    names = "、".join(case.edition.stages.get(stage, stage) for stage in case.form.stages)
    return [
        Objection(
            "stage" if "stage" in case.values else "grade",
            "wrong_stage",
            f"{case.form.title}只发给{names}学生，该生学段不符；请核对学生年级或改选表样",
            case.form.articles[-1],
        )
    ]


def final_grade(case: Case) -> list[Objection]:
    """Arts. 34 and 36: 学习期满 is reached in the last grade of a stage."""
    if not is_diploma(case.form) or case.grade[:1] not in case.form.stages or case.grade in LAST_GRADES:
        return []
    article = case.form.articles[-1]
    what = f"{words('grade', case.grade)}学生学习期未满"
    return [case.objection("grade", "not_final_grade", article, what, "请核对登记的年级")]


def study_span(case: Case) -> list[Objection]:
    """Art. 34: 学习期满 means that the studies ended after they began."""
    begin, end = case.values.get("study_from", ""), case.values.get("study_to", "")
    if not begin or not end or begin < end:
        return []
    return [
        Objection(
            "study_to", "study_span", "毕业年月（study_to）须晚于入学年月（study_from）；请核对后重填", 34
        )
    ]


def study_years(case: Case) -> list[Objection]:
    """Art. 9 (A09-1): a diploma is for the full years of its stage, unless 休学 or 转学 explains another span."""
    if not is_diploma(case.form) or case.stage is None or case.stage not in case.edition.stages:
        return []
    years, wanted = _years(case), case.edition.limit(f"years_{case.stage}")
    explained = suspended_months(case) > 0 or any(
        item.status == "effective" for item in case.papers("transfer_application")
    )
    if years is None or years == wanted or explained:
        return []
    what = f"{case.edition.stages[case.stage]}修业年限为{wanted}年，所填入学至毕业为{years}年"
    advice = "请核对 study_from 和 study_to；确因休学、转学的，请先登记休学时长或归档已批准的申请表"
    return [case.objection("study_to", "study_years", 9, what, advice)]


def _years(case: Case) -> int | None:
    """School years from study_from to study_to; None unless both are months in order."""
    begin, end = case.values.get("study_from", ""), case.values.get("study_to", "")
    return school_years(begin, end) if is_month(begin) and is_month(end) and begin < end else None


def not_suspended(case: Case) -> list[Objection]:
    """Art. 24 (A24-3): nobody graduates, or leaves with 结业 or 肄业, while suspended."""
    if not (is_diploma(case.form) or case.form.name in LEAVING) or not suspended(case):
        return []
    what = f"该生在休学期间，不能出具{case.form.title}"
    return [case.objection(None, "suspended", 24, what, "请先办理复学并更正学籍状态")]


def leaving_paper(case: Case) -> list[Objection]:
    """Art. 37 (A37-1): 结业 after the full years without meeting art. 35, 肄业 for who left earlier."""
    if case.form.name not in LEAVING or case.stage not in case.form.stages:
        return []
    years, wanted = _years(case), case.edition.limit(f"years_{case.stage}")
    if years is None:
        return []
    if case.form.name == INCOMPLETE and years >= wanted:
        what, advice = f"修业已满{wanted}年，不发肄业证书", f"请改办结业证书（{COMPLETION}）"
        return [case.objection("study_to", "incomplete_but_full_term", 37, what, advice)]
    if case.form.name == COMPLETION and years < wanted:
        what, advice = f"修业未满{wanted}年，不发结业证书", f"请改办肄业证书（{INCOMPLETE}）"
        return [case.objection("study_to", "completion_before_term", 37, what, advice)]
    return []


def length_told(case: Case) -> list[Objection]:
    """Art. 37 (A37-1): the length of study in words agrees with its months, but for the holidays at its end."""
    told = case.values.get("study_length", "")
    begin, end = case.values.get("study_from", ""), case.values.get("study_to", "")
    if case.form.name != INCOMPLETE or not told or not (is_month(begin) and is_month(end) and begin < end):
        return []
    said, months = months_in(told), _months(end) - _months(begin)
    if said is not None and abs(said - months) <= HOLIDAYS:
        return []
    what = f"修业年限“{told}”与入学至离校的 {months // YEAR} 年 {months % YEAR} 个月不符"
    advice = "请改填修业年限（study_length），写作“几年几个月”，或核对 study_from 和 study_to"
    return [case.objection("study_length", "study_length_differs", 37, what, advice)]


def months_in(text: str) -> int | None:
    """The months of a length of study in words: 一年六个月, 两年, 1年半, 三学期; None when it names none."""
    found = LENGTH.match(text)
    if found is None or not any(found.groups()):
        return None
    years, half, terms, months = found.groups()
    return _count(years) * YEAR + _count(terms) * TERM + _count(months) + (TERM if half else 0)


def _count(text: str | None) -> int:
    """A number below a hundred in digits or in Chinese; 0 for none."""
    if not text or text.isdecimal():
        return int(text or 0)
    tens, ten, ones = text.replace("两", "二").rpartition("十")
    digits = "零一二三四五六七八九"
    return (digits.find(tens or "一") * 10 if ten else 0) + (max(digits.find(ones[-1:]), 0) if ones else 0)


def _months(month: str) -> int:
    return int(month[:4]) * YEAR + int(month[5:7])


def one_diploma(case: Case) -> list[Objection]:
    """Art. 38 (A38-1): a lost diploma is never given again; a blank spoilt before 验印 was no diploma yet."""
    if not is_diploma(case.form) or not (case.same() or case.papers(RECORD_CERTIFICATE, case.stage)):
        return []
    return [
        Objection(
            None,
            "diploma_already_issued",
            f"该生已发过{case.form.title}，{case.edition.cite(38)}；遗失的请改办学历证明"
            "（academic_record_certificate）",
            38,
        )
    ]


def one_record_certificate(case: Case) -> list[Objection]:
    """Art. 38 (A38-3): the 学历证明 is given once for each student and stage, but for an authority's exception."""
    if "stage" not in case.form.once_per or not case.same():
        return []
    return [
        Objection(
            None,
            "record_certificate_once",
            f"该生本学段已办过{case.form.title}，{case.edition.cite(38)}；"
            "确有特殊情况的，请报主管教育行政部门凭批准文件和理由办理（override）",
            38,
        )
    ]


def replaced(case: Case, overrides: Sequence[str]) -> list[str]:
    """Art. 38 (A38-3): the serials of the earlier 学历证明 that a second one, allowed as an exception, replaces."""
    return [item.serial for item in case.same() if item.stands()] if "A38-3" in overrides else []


def one_leaving_paper(case: Case) -> list[Objection]:
    """Art. 37 (A37-1): just one of 结业 and 肄业, and neither for whom the stage's diploma was given."""
    if case.form.name not in LEAVING:
        return []
    found = []
    if any(item.blocks() and item.form == DIPLOMAS.get(case.stage or "") for item in case.earlier):
        what, advice = "该生已有本学段毕业证书，不发结业或肄业证书", "请核对该生的毕业情况"
        found.append(case.objection(None, "diploma_stands", 37, what, advice))
    if any(item.blocks() and item.form in LEAVING and item.stage == case.stage for item in case.earlier):
        what, advice = "该生已发过结业或肄业证书，二者只发其一", "请核对；误发而未交付的，请先作废原证书"
        found.append(case.objection(None, "leaving_paper_stands", 37, what, advice))
    return found


def number_objections(form: Form, values: Mapping[str, str], *, has_blocks: bool) -> list[Objection]:
    """Arts. 34 and 36 (A34-1): a diploma's number is the authority's; it comes out of a block and is never typed."""
    field = form.number_field
    if field is None or has_blocks or field not in values or not is_diploma(form):
        return []
    return [
        Objection(
            field,
            "number_from_block",
            f"证书编号由主管部门的号段给出，不能自填（{field}）；请删去这一栏",
            form.articles[-1],
        )
    ]


RULES: tuple[Rule, ...] = (
    right_stage,
    final_grade,
    study_span,
    study_years,
    not_suspended,
    leaving_paper,
    length_told,
)
ONCE: tuple[Rule, ...] = (one_diploma, one_record_certificate, one_leaving_paper)
