"""The clauses on 入学 and 信息变更 (arts. 12, 14 and 15)."""

from datetime import date, timedelta

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.days import after_working_days, day
from service.regulation.transfer import terms
from service.regulation.withdrawal import AUTOMATIC

DEFERRED, CANCELLED, CHANGE = (
    "deferred_entry_application",
    "entry_cancellation_report",
    "info_change_application",
)
NO_SHOW, NOT_AFTER_DEFERRAL = "1", "2"
"""Codes of the grounds: 10个工作日未报到, 延期期满仍不报到; fraud has no window."""
AUGUST, SEPTEMBER = 8, 9
NEXT_STAGE = {"P6": "J", "J3": "S"}
INFO, ENTRY_GRADES = "student_info", frozenset({"J1", "S1"})


def deferral_window(case: Case) -> list[Objection]:
    """Art. 12 (A12-1): applied for in the week before the term begins."""
    start = day(case.values.get("term_start", ""))
    if case.form.name != DEFERRED or start is None:
        return []
    first = start - timedelta(days=case.edition.limit("defer_window_days"))
    if first <= case.day <= start:
        return []
    what = f"延期入学须在 {first} 至 {start} 之间申请"
    advice = "请在此期间申请；逾期的按规定办理休学"
    return [case.objection("term_start", "deferral_window", 12, what, advice)]


def deferral_length(case: Case) -> list[Objection]:
    """Art. 12 (A12-1): for two weeks at most."""
    start, until = (day(case.values.get(name, "")) for name in ("term_start", "defer_to"))
    if case.form.name != DEFERRED or start is None or until is None:
        return []
    last = start + timedelta(days=case.edition.limit("defer_days"))
    if start < until <= last:
        return []
    what = f"延期至须在开学之后、{last} 以前"
    return [
        case.objection(
            "defer_to", "deferral_too_long", 12, what, "请改填延期日期（defer_to）；不能按期的办理休学"
        )
    ]


def senior_cancellation(case: Case) -> list[Objection]:
    """Art. 12 (A12-3): only a senior entrant loses the place; P and J become a case of 辍学."""
    if case.form.name != CANCELLED or case.stage not in {"P", "J"}:
        return []
    what = "小学、初中新生不报到视为辍学，不得取消入学资格"
    return [case.objection("grade", "cancel_compulsory", 12, what, "请改用辍学情况报告（dropout_report）")]


def newcomer(case: Case) -> list[Objection]:
    """Art. 12 (A12-4): 入学资格 is lost by who enters, not by who is in a later grade of senior school."""
    if case.form.name != CANCELLED or case.stage != "S" or case.grade in {"", "S1"}:
        return []
    what = f"该生现为{words('grade', case.grade)}学生，取消入学资格只用于高一新生"
    advice = f"请核对登记的年级；旷课的改用自动退学报请表（{AUTOMATIC}）"
    return [case.objection("grade", "not_a_newcomer", 12, what, advice)]


def deferred_stage(case: Case) -> list[Objection]:
    """Art. 12 (A12-1): the stage entered is the pupil's own, or the next one for who ends a stage."""
    asked, grade = case.values.get("stage", ""), case.grade
    entered = {grade[:1], NEXT_STAGE.get(grade, "")}
    if case.form.name != DEFERRED or not asked or not grade or asked in entered:
        return []
    what = f"该生现为{words('grade', grade)}学生，所填学段不符"
    return [case.objection("stage", "stage_differs", 12, what, "请改填学段（stage），或核对登记的年级")]


def no_show(case: Case) -> list[Objection]:
    """Art. 12 (A12-4): from the working day after the tenth one of the term, and not while a deferral runs."""
    if case.form.name != CANCELLED or case.stage in {"P", "J"}:
        return []
    ground, count = case.values.get("ground", ""), case.edition.limit("no_show_working_days")
    start, deferred = term_start(case), _deferred_to(case)
    last = after_working_days(start, count)
    if ground == NO_SHOW and case.day <= last:
        what = f"开学（{start}）后 {count} 个工作日至 {last} 届满"
        return [case.objection("ground", "no_show_too_early", 12, what, "请在期满之后办理")]
    if ground == NO_SHOW and deferred is not None:
        what = f"该生已办延期至 {deferred}"
        return [case.objection("ground", "deferral_runs", 12, what, "请按延期期满仍不报到（2）办理")]
    if ground == NOT_AFTER_DEFERRAL and (deferred is None or case.day <= deferred):
        what = "没有已期满的延期入学申请" if deferred is None else f"该生的延期至 {deferred} 才届满"
        return [case.objection("ground", "deferral_not_over", 12, what, "请核对事由（ground）")]
    return []


def term_start(case: Case) -> date:
    """The first day of the latest autumn term: as the authorities registered it, else 1 September (art. 9)."""
    told = [
        day(begin) for begin, _ in terms(case) if begin[5:7] in {"08", "09"} and begin <= case.day.isoformat()
    ]
    year = case.day.year - (case.day.month < SEPTEMBER)
    return max((start for start in told if start), default=date(year, SEPTEMBER, 1))


def _deferred_to(case: Case) -> date | None:
    dates = (day(item.values.get("defer_to", "")) for item in case.papers(DEFERRED))
    return max((one for one in dates if one is not None), default=None)


def new_photo(case: Case) -> list[Objection]:
    """Art. 12 (A12-5): who enters junior or senior school is photographed anew."""
    if case.form.name != INFO or case.grade not in ENTRY_GRADES or case.photo_on is None:
        return []
    year = case.day.year - (case.day.month < AUGUST)
    if case.photo_on >= date(year, AUGUST, 1):
        return []
    what = f"初一、高一新生须重新采集照片，现有照片是 {case.photo_on} 的"
    return [case.objection("photo", "photo_of_last_stage", 12, what, "请上传新照片")]


def change_has_basis(case: Case) -> list[Objection]:
    """Art. 15 (A15-1): every change says from what to what, and on which document."""
    if case.form.name != CHANGE:
        return []
    rows = sorted({name.split(".")[1] for name in case.values if name.startswith("changes.")}, key=int)
    found = []
    for row in rows:
        before, after, basis = (
            case.values.get(f"changes.{row}.{name}", "") for name in ("before", "after", "basis")
        )
        if not basis:
            what, advice = f"第 {row} 项变更没有依据", "请写明《居民户口簿》或其他证明文件（basis）"
            found.append(case.objection(f"changes.{row}.basis", "change_without_basis", 15, what, advice))
        if before == after:
            what, advice = f"第 {row} 项变更前后相同", "请改填变更后内容，或删去这一行"
            found.append(case.objection(f"changes.{row}.after", "nothing_changed", 15, what, advice))
    return found


RULES: tuple[Rule, ...] = (
    deferral_window,
    deferral_length,
    senior_cancellation,
    newcomer,
    deferred_stage,
    no_show,
    new_photo,
    change_has_basis,
)
