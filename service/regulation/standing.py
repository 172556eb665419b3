"""Where a student stands, by the record and the papers on file: suspended, under a sanction, in which grade."""

import re
from collections.abc import Iterator

from service.regulation.case import Case, Earlier
from service.regulation.days import day, months_between
from templates.codes import CODE_SETS

SUSPENSION, SANCTION, ABSENCE = "suspension_application", "sanction_record", "absence_report"
COERCIVE = "2"
"""Code of 刑事强制措施 among the grounds of absence (art. 41)."""
IN_CLASS = frozenset({"", "active", "guest_out", "transferring"})
"""States of the roll in which a student sits in a class."""
GRADES = tuple(CODE_SETS["grade"].words)
LAST_GRADES = frozenset({"P6", "J3", "S3"})
NUMERALS = "一二三四五六七八九"
GRADE_TEXT = re.compile(r"(小学|初中|普通高中|高中|初|高)?([一二三四五六七八九])(年级|年)?")


def suspended(case: Case) -> bool:
    """Tell whether the student is suspended (art. 24): the record says so, or an approved form not yet ended."""
    return case.student.get("roll_status") == "suspended" or _live_suspension(case) is not None


def suspension_papers(case: Case) -> list[Earlier]:
    """The student's approved 休学 and 延长休学 forms, oldest first (found complete: status effective)."""
    papers = [item for item in case.papers(SUSPENSION) if item.status == "effective"]
    return [item for item in papers if item.values.get("mode") in {"suspend", "extend"}]


def _live_suspension(case: Case) -> Earlier | None:
    live = None
    for item in case.papers(SUSPENSION):
        if item.status == "effective":
            live = None if item.values.get("mode") == "resume" else item
    return live


def grade_when_suspended(case: Case) -> str | None:
    """The grade a student was suspended in, by the record or the approved form; None when neither tells."""
    live = _live_suspension(case)
    text = case.student.get("suspended_grade") or (
        live.values.get("grade_when_suspended", "") if live else ""
    )
    return grade_in(text)


def suspended_months(case: Case) -> int:
    """Months of suspension granted so far: what the record says or what the approved forms add up to."""
    told = case.student.get("suspended_months", "")
    granted = 0
    for item in suspension_papers(case):
        begin, end = (day(item.values.get(name, "")) for name in ("suspend_from", "suspend_to"))
        granted += months_between(begin, end) if begin and end and begin < end else 0
    return max(int(told) if told.isdecimal() else 0, granted)


def open_sanctions(case: Case) -> list[str]:
    """The codes of the sanctions decided and not revoked on the day of the case (arts. 20 and 35)."""
    return [sanction for sanction, decided in _decided(case) if not _revoked(case, sanction, decided)]


def _decided(case: Case) -> Iterator[tuple[str, str]]:
    told = case.student.get("sanction", "")
    if told:
        yield told, case.student.get("sanction_on", "")
    seen = set()
    for item in case.papers(SANCTION):
        key = item.values.get("sanction", ""), item.values.get("decided_on", "")
        if key not in seen and key[1] <= case.day.isoformat():
            yield key
        seen.add(key)


def _revoked(case: Case, sanction: str, decided: str) -> bool:
    """Tell whether the record or a later 处分登记表 of the same decision says when it was revoked."""
    dates = [
        item.values.get("revoked_on", "")
        for item in case.papers(SANCTION)
        if (item.values.get("sanction"), item.values.get("decided_on")) == (sanction, decided)
    ]
    if (case.student.get("sanction"), case.student.get("sanction_on", "")) == (sanction, decided):
        dates.append(case.student.get("sanction_revoked_on", ""))
    return any(date and date <= case.day.isoformat() for date in dates)


def under_measures(case: Case) -> bool:
    """Tell whether the student is under 刑事强制措施, by the record or a report of absence (art. 41)."""
    if case.student.get("coercive_measure"):
        return case.student["coercive_measure"] == "1"
    return any(item.values.get("ground") == COERCIVE for item in case.papers(ABSENCE))


def grade_in(text: str, stage: str | None = None) -> str | None:
    """The grade a text begins with: J2, 初中二年级4班, 初二(4)班, 八年级, 高一; `stage` when it names none."""
    if text[:2] in GRADES:
        return text[:2]
    found = GRADE_TEXT.match(text)
    if found is None or not (found[1] or found[3]):
        return None
    number = NUMERALS.index(found[2]) + 1
    letter = {"小": "P", "初": "J", "普": "S", "高": "S"}.get((found[1] or "")[:1], "")
    if not letter:
        letter, number = ("J", number - 6) if number > 6 else (stage or "P", number)
    grade = f"{letter}{number}"
    return grade if grade in GRADES else None


def next_grade(grade: str) -> str | None:
    """The grade after one, within its stage."""
    after = f"{grade[:1]}{int(grade[1:]) + 1}"
    return after if after in GRADES else None
