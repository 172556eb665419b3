"""What a file should hold and does not: one small function for each expectation an edition names (arts. 6 and 11)."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from service.regulation.days import day
from service.regulation.edition import Edition
from service.regulation.file_classes import YEAR_MONTH, FileClass, year_name
from service.regulation.standing import LAST_GRADES
from templates.codes import is_code, label

FIRST_FORM, ROSTER, GRADUATES, ENTRANTS = (
    "student_info",
    "class_roster",
    "graduate_roster",
    "admission_roster",
)
STUBBED = frozenset({"completion_certificate", "incomplete_certificate", "academic_record_certificate"})
"""Certificates whose stub stays with the school (art. 6 (七) and (八))."""
AIDED = "1"
COUNTED = frozenset({"pending", "effective", "superseded"})
BACK = frozenset({"effective", "superseded"})


@dataclass(frozen=True, slots=True)
class Filed:
    """A paper of a file.

    It is `scanned` when it came back at all, its `stub` when that is on a scan; `lacks` are labels of evidence it needs.
    """

    form: str
    title: str
    serial: str
    status: str
    values: Mapping[str, str]
    scanned: bool
    stub: bool = False
    lacks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not there: a stable code, a sentence that says what to do, and the paper it is about."""

    code: str
    text: str
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a class is held against.

    `papers` and the number of other `things` in the class; the school `year`, and whether it is the `present` one, of
    which alone the records tell the classes; `students` are (grade, class) of those on the roll, `stages` the school's;
    `record` is the student's own.
    """

    edition: Edition
    of: FileClass
    papers: Sequence[Filed]
    things: int
    year: int = 0
    present: bool = False
    students: Collection[tuple[str, str]] = ()
    stages: Sequence[str] = ()
    record: Mapping[str, str] = field(default_factory=dict)

    def counted(self, form: str) -> list[Filed]:
        """The papers of a form that count: that one of them is still out is told by `returned`."""
        return [paper for paper in self.papers if paper.form == form and paper.status in COUNTED]


def missing(facts: Facts) -> list[Missing]:
    """Everything a class lacks, in the order in which the edition names what it expects."""
    if facts.of.stages and not set(facts.of.stages) & set(facts.stages):
        return []
    return [one for name in facts.of.expects for one in EXPECTATIONS[name](facts)]


def yearly(facts: Facts) -> Iterator[Missing]:
    """Art. 6: one paper of each form of the class came back in the year, or something else was filed in its place."""
    if facts.things:
        return
    for form in facts.of.forms:
        if not facts.counted(form):
            yield Missing(
                "paper_missing",
                f"{year_name(facts.year)}没有{facts.of.title}；请打印、签章后扫描归档",
            )


def returned(facts: Facts) -> Iterator[Missing]:
    """Arts. 6 and 7: what was printed came back signed and sealed, and nothing is open on it."""
    for paper in facts.papers:
        if paper.status != "pending" or paper.form in STUBBED:
            continue
        if paper.scanned:
            text = f"{paper.title}已收回扫描件，但尚未核对通过；请补齐签章或到待核事项里答复"
            yield Missing("paper_not_settled", text, paper.serial)
        else:
            text = f"{paper.title}已打印，尚未收回；请签章后扫描归档，不用的请作废"
            yield Missing("paper_not_returned", text, paper.serial)


def classes(facts: Facts) -> Iterator[Missing]:
    """Art. 13 (A13-4): each class has its roster, sealed after the authority looked at it."""
    there = {
        (paper.values.get("grade", ""), _plain(paper.values.get("class_no", "")))
        for paper in facts.counted(ROSTER)
    }
    if not facts.present:
        if not there:
            yield Missing("roster_missing", f"{year_name(facts.year)}没有收回的分班名册；请补录")
        return
    for grade, class_no in sorted({(grade, _plain(number)) for grade, number in facts.students} - there):
        name = _grade(grade)
        if class_no:
            text = f"{name}{class_no}班有学生，但没有本学年盖章收回的分班名册；请打印、报审、盖章后扫描"
            yield Missing("roster_missing", text)
        else:
            text = f"{name}有学生没有登记班级；请先登记班级，再打印分班名册"
            yield Missing("class_unknown", text)


def graduates(facts: Facts) -> Iterator[Missing]:
    """Art. 6 (六): who is in the last grade leaves with the year, and stands on the roster of graduates."""
    there = {paper.values.get("stage", "") for paper in facts.counted(GRADUATES)}
    last = {grade[:1] for grade, _ in facts.students if grade in LAST_GRADES} if facts.present else set()
    for stage in sorted(last - there):
        name = facts.edition.stages.get(stage, stage)
        text = f"{name}毕业年级有学生，但没有{facts.year + 1}届收回的毕业生花名册；请在毕业时打印、验印后扫描"
        yield Missing("graduates_missing", text)


def entrants(facts: Facts) -> Iterator[Missing]:
    """Art. 6 (九): who entered 初一 or 高一 stands on the roster of those admitted."""
    there = {paper.values.get("stage", "") for paper in facts.counted(ENTRANTS)}
    first = {grade[:1] for grade, _ in facts.students if grade[1:] == "1"} if facts.present else set()
    for stage in sorted((first & set(facts.of.stages)) - there):
        name = facts.edition.stages.get(stage, stage)
        text = f"{name}起始年级有学生，但没有{facts.year}年收回的录取花名册；请打印、报审、盖章后扫描"
        yield Missing("entrants_missing", text)


def stubs(facts: Facts) -> Iterator[Missing]:
    """Art. 6 (七) and (八) (A06-3): no such certificate is settled before the picture of its stub is on file."""
    for paper in facts.papers:
        if paper.form in STUBBED and paper.status in COUNTED and not paper.stub:
            text = f"{paper.title}没有存根影像；请把盖了骑缝章的存根与正联一起扫描归档"
            yield Missing("stub_missing", text, paper.serial)
        elif paper.form not in STUBBED:
            yield from returned(_only(facts, paper))


def signed(facts: Facts) -> Iterator[Missing]:
    """Art. 11 (A11-4): the student's first form, confirmed by guardian and class teacher."""
    mine = facts.counted(FIRST_FORM)
    if not any(paper.status in BACK for paper in mine):
        if mine:
            yield from returned(_only(facts, mine[-1]))
        else:
            yield Missing(
                "first_form_missing", "没有监护人、班主任签字确认的学生基本信息表；请打印、签字后扫描归档"
            )


def evidence(facts: Facts) -> Iterator[Missing]:
    """Arts. 7, 11 (二) and 18: the proofs that the papers of the class need are filed."""
    for paper in facts.papers:
        if paper.lacks and paper.status in COUNTED:
            text = f"{paper.title}缺{'、'.join(paper.lacks)}；请打印材料封面页，放在材料前面一起扫描"
            yield Missing("evidence_missing", text, paper.serial)


def filed(facts: Facts) -> Iterator[Missing]:
    """Art. 11: there is something at all."""
    if not facts.things and not any(paper.status in COUNTED for paper in facts.papers):
        yield Missing("nothing_filed", f"没有{facts.of.title}；请将扫描件归入本类")


def aided(facts: Facts) -> Iterator[Missing]:
    """Art. 11 (六): who is aided by the record has the papers of it."""
    if facts.record.get("aid_got") == AIDED:
        yield from filed(facts)


EXPECTATIONS: Mapping[str, Callable[[Facts], Iterator[Missing]]] = {
    "yearly": yearly,
    "returned": returned,
    "classes": classes,
    "graduates": graduates,
    "entrants": entrants,
    "stubs": stubs,
    "signed": signed,
    "evidence": evidence,
    "filed": filed,
    "aided": aided,
}
"""What an edition may expect of a class."""


def opening_due(record: Mapping[str, str], edition: Edition) -> date | None:
    """Art. 11 (A11-1, A11-2): the day by which a file is opened; None when the record does not say when school was entered.

    Records know the month of entry: its first day counts, and in September the day of registration if that is earlier.
    """
    entered = day(f"{record.get('entry_month', '')}-01")
    if entered is None:
        return None
    due = entered + timedelta(days=edition.limit("archive_days"))
    last = day(f"{entered.year}-{edition.limits['register_by'].value}")
    return min(due, last) if last is not None and entered.month == YEAR_MONTH else due


def _only(facts: Facts, paper: Filed) -> Facts:
    return Facts(facts.edition, facts.of, (paper,), facts.things, facts.year)


def _plain(class_no: str) -> str:
    return class_no.removesuffix("班")


def _grade(grade: str) -> str:
    return label("grade", grade) if is_code("grade", grade) else grade or "年级不明的"
