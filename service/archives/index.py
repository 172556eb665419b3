"""The index of a file: its classes, what is there and where, and what is missing (arts. 5, 6 and 11)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from service.access import Who
from service.archives.items import Item, filed, items_of, told, visible
from service.archives.numbering import arrange, classes_of
from service.errors import Objection, Problem, article_name, refused
from service.office import CHINA, Office
from service.office.files import Look, open_file, told_custody
from service.regulation.completeness import Facts, Filed, Missing, missing, opening_due
from service.regulation.edition import Edition
from service.regulation.file_classes import YEAR_MONTH, FileClass, class_of, year_name, year_of
from service.regulation.issuing import stages_of
from service.regulation.standing import IN_CLASS
from storage.archive import Reading
from storage.records import Entry

YEARS = range(1949, 2100)
OPENING_ARTICLE = 11


def index(
    office: Office, who: Who | None, owner: str, year: int | None = None, approval: str | None = None
) -> dict[str, Any]:
    """The index of a school's file for a school year (by the year it begins in), or of a student's whole file.

    The register row is written before anything is shown (art. 44). Raises Problem 401, 403, 404, 422.
    """
    look = open_file(office, who, owner, approval, "index")
    student = look.kind == "student"
    if look.kind not in {"student", "school"}:
        raise _no_index()
    wanted = _year(office, year, student=student)
    arrange(office, owner, look.kind, look.school)
    with office.archive.read() as reading:
        edition = office.editions.on(min(office.today(), _ends(wanted)))
        items, beside = items_of(reading, owner, None if student else wanted)
        seen = [item for item in items if visible(office, look.who, item)]
        base = _facts(office, reading, look, edition, wanted)
        expecting = student or not _gone_before(reading, owner, wanted)
        opened = _opened(office, reading, look, edition) if student else None
    told_classes = _classes(office, look, (seen, beside), base, expecting=expecting)
    lacking = sum(len(one["missing"]) for one in told_classes)
    if opened is not None:
        lacking += opened["missing"] is not None
    return {
        "archive": owner,
        "kind": look.kind,
        "name": look.name,
        "school": look.school,
        "year": None if student else wanted,
        "year_name": None if student else year_name(wanted),
        "held_by": told_custody(office, look.school),
        "opened": opened,
        "classes": told_classes,
        "withheld": len(items) - len(seen),
        "complete": lacking == 0,
        "counts": {"items": len(seen), "missing": lacking},
        "at": office.now().isoformat(),
    }


def _no_index() -> Problem:
    return Problem(
        "no_index",
        404,
        "没有分类目录",
        "只有学校和学生的学籍档案分类编目；请填学校标识码或学籍号，其他单位的档案请看 GET /v1/archives/{单位代码}。",
    )


def _year(office: Office, year: int | None, *, student: bool) -> int:
    if year is None or student:
        return year_of(office.today())
    if year not in YEARS:
        raise refused([Objection("year", "bad_year", "学年以开学的年份表示，如 2025；请改正（year）")])
    return year


def _ends(year: int) -> date:
    """The last day of a school year."""
    return date(year + 1, YEAR_MONTH - 1, 31)


def _facts(office: Office, reading: Reading, look: Look, edition: Edition, year: int) -> Facts:
    """What is the same for every class of a file: records of the present tell which classes and grades there are."""
    blank = FileClass("", "")
    if look.kind == "student":
        record = reading.student(look.owner).data
        return Facts(edition, blank, (), 0, year, record=record)
    gone = reading.closure(look.owner)
    present = year == year_of(office.today()) and (gone is None or gone.closed_on > office.today())
    students = [
        (student.data.get("grade", ""), student.data.get("class_no", ""))
        for student in (reading.students(look.owner) if present else ())
        if student.data.get("roll_status", "") in IN_CLASS
    ]
    unit = reading.organization(look.owner)
    return Facts(edition, blank, (), 0, year, present, students, stages_of(unit, edition) or ())


def _classes(
    office: Office,
    look: Look,
    there: tuple[Sequence[Item], Mapping[str, list[Entry]]],
    base: Facts,
    *,
    expecting: bool,
) -> list[dict[str, Any]]:
    """Each class with its items and what it lacks; of a school that was gone before the year nothing is expected."""
    found = classes_of(base.edition, look.kind)
    rest = class_of(found, None, evidence=False)
    codes = {one.code for one in found}
    items, beside = there
    told_classes = []
    for of in found:
        mine = [
            item
            for item in items
            if item.number.class_code == of.code or (of is rest and item.number.class_code not in codes)
        ]
        lacking = missing(_of_class(office, of, mine, beside, base)) if expecting else []
        told_classes.append(
            {
                "number": of.number,
                "code": of.code,
                "clause": of.clause,
                "article": of.article,
                "title": of.title,
                "note": of.note or None,
                "items": [told(look.owner, item) for item in mine],
                "missing": [_told_missing(of, one) for one in lacking],
            }
        )
    return told_classes


def _of_class(
    office: Office, of: FileClass, items: Sequence[Item], beside: Mapping[str, list[Entry]], base: Facts
) -> Facts:
    papers: list[Filed] = [
        filed(office, item, beside[item.paper.serial])
        for item in items
        if item.paper is not None and item.head.kind == "document"
    ]
    things = len(items) - len(papers)
    return Facts(
        base.edition,
        of,
        papers,
        things,
        base.year,
        base.present,
        base.students,
        base.stages,
        base.record,
    )


def _told_missing(of: FileClass, one: Missing) -> dict[str, Any]:
    return {"code": one.code, "text": one.text, "article": of.article, "serial": one.serial}


def _gone_before(reading: Reading, school: str, year: int) -> bool:
    gone = reading.closure(school)
    return gone is not None and gone.closed_on < date(year, YEAR_MONTH, 1)


def _opened(office: Office, reading: Reading, look: Look, edition: Edition) -> dict[str, Any]:
    """Art. 11 (A11-1): when a student's file was opened, by when it should have been, and its volume."""
    volume = reading.volume(look.owner)
    due = opening_due(reading.student(look.owner).data, edition)
    on = None if volume is None else volume.opened_at.astimezone(CHINA).date()
    text = None
    if on is None:
        last = "" if due is None else f"（应于 {due} 前建立）"
        text = f"还没有为该生建立学籍档案{last}；请打印学生基本信息表，签字后扫描归档"
    return {
        "on": None if on is None else on.isoformat(),
        "due": None if due is None else due.isoformat(),
        "late": due is not None and (on or office.today()) > due,
        "article": article_name(OPENING_ARTICLE),
        "volume": None if volume is None else volume.text,
        "missing": text,
    }
