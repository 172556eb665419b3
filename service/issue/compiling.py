"""Rows that the records and the documents can give: class lists, graduates, diplomas handed out, files handed over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from service.regulation.certificates import DIPLOMA
from service.regulation.standing import IN_CLASS
from storage.archive import Reading
from storage.records import Document, Entry, Organization, Student
from templates.form import Form

GRADUATED, COMPLETED, INCOMPLETE = "L4", "L5", "L6"
"""Codes of the conclusions 毕业, 结业 and 肄业 (code set change_kind)."""
LEAVING = {"completion_certificate": COMPLETED, "incomplete_certificate": INCOMPLETE}
"""Papers of those who leave without a diploma (art. 37)."""
ON_ROLL = IN_CLASS
FINAL_GRADES = frozenset({"P6", "J3", "S3"})
NEW_YEAR = 9
"""Month in which every grade moves up: from then on the final grade's students are another year's."""
MEDIUM = "电子"
ENDS = frozenset({"2", "3"})
"""Codes of handover_cause by which a school ends: merged, revoked (art. 8)."""
FILES_OF_A_LIST = 400
"""Files on one list: what its pages hold; a larger school prints several, the next one goes on where this one ends."""
RESTRICTED = "限制查阅的材料"
"""How a list calls an item that few may read."""
IDENTITY = ("student_name", "sex", "birth_date", "id_number")

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What rows are compiled from: the archive, the issuing organization, a student, the flat request, the case date.

    `restricted` are the forms whose papers few may read.
    """

    reading: Reading
    unit: Organization
    student: Student | None
    asked: Mapping[str, str]
    day: date
    restricted: frozenset[str] = frozenset()


def compiled(form: Form, sources: Sources) -> dict[str, str]:
    """The request with what it leaves out: rows of a roster, counts, the unit that hands over.

    What the request gives is never replaced. Cells that a student's record has are left to `sources.complete`.
    """
    compiler = COMPILERS.get(form.name)
    return dict(sources.asked) if compiler is None else {**compiler(form, sources), **sources.asked}


def _table(form: Form, sources: Sources, table: str, rows: Rows) -> dict[str, str]:
    """Rows under flat names; nothing when the request has some."""
    if form.rows(sources.asked, table):
        return {}
    return {
        f"{table}.{number}.{name}": value
        for number, row in enumerate(rows, 1)
        for name, value in row.items()
        if value
    }


def _class_roster(form: Form, sources: Sources) -> dict[str, str]:
    """Arts. 6 and 13: the students of a class, by 学籍号."""
    grade, class_no = sources.asked.get("grade", ""), plain_class(sources.asked.get("class_no", ""))
    rows = [
        {"student_no": student.student_no}
        for student in sources.reading.students(sources.unit.code)
        if (student.data.get("grade"), plain_class(student.data.get("class_no", ""))) == (grade, class_no)
        and student.data.get("roll_status", "") in ON_ROLL
    ]
    return _table(form, sources, "rows", rows)


def plain_class(class_no: str) -> str:
    """A class by its number: 6班 is 6."""
    return class_no.removesuffix("班")


def _graduate_roster(form: Form, sources: Sources) -> dict[str, str]:
    """Arts. 34, 36 and 37: whoever left with a paper in that year; those who should have count as due."""
    papers = _leaving_papers(sources)
    classes = {student.student_no: student.data.get("class_no", "") for student in _students(sources)}
    rows = [
        {
            **(_as_printed(paper) if paper.student_no not in classes else {}),
            "student_no": paper.student_no or "",
            "study_from": paper.data.get("study_from", ""),
            "study_to": paper.data.get("study_to", ""),
            "conclusion": conclusion(paper.form),
            "certificate_no": paper.number or "",
        }
        for paper in sorted(
            papers,
            key=lambda paper: (
                class_order(classes.get(paper.student_no or "", "")),
                in_order(paper.number or ""),
            ),
        )
    ]
    due = {} if form.rows(sources.asked, "rows") else {"totals.1.due": str(_due(sources, papers))}
    return {**_table(form, sources, "rows", rows), **due}


def _as_printed(paper: Document) -> dict[str, str]:
    """What a paper says of somebody whose roll has moved on: the record is no longer this school's to tell."""
    return {name: paper.data.get(name, "") for name in IDENTITY}


def class_order(class_no: str) -> tuple[int, str]:
    """Class 10 comes after class 9."""
    plain = plain_class(class_no)
    return (int(plain) if plain.isascii() and plain.isdecimal() else 0, plain)


def _diploma_batch(form: Form, sources: Sources) -> dict[str, str]:
    """Arts. 34 and 36: how many should graduate, and how many papers of each kind are to be sealed."""
    papers = _leaving_papers(sources)
    kinds = [conclusion(paper.form) for paper in papers]
    counts = {
        "due": str(_due(sources, papers)),
        "graduated": str(kinds.count(GRADUATED)),
        "completed": str(kinds.count(COMPLETED)),
        "incomplete": str(kinds.count(INCOMPLETE)),
    }
    numbers = [paper.number for paper in papers if paper.number and conclusion(paper.form) == GRADUATED]
    given = _table(form, sources, "counts", [counts])
    return {**given, "no_range": span(numbers)} if numbers else given


def _diploma_collection(form: Form, sources: Sources) -> dict[str, str]:
    """Art. 34: the diplomas of the case's year that are in force, by number, each to be signed for."""
    papers = [
        paper
        for paper in sources.reading.documents(school=sources.unit.code)
        if paper.form.startswith(DIPLOMA)
        and paper.status == "effective"
        and paper.issued_on.year == sources.day.year
        and paper.student_no
    ]
    here = {student.student_no for student in _students(sources)}
    rows = [
        {
            "certificate_no": paper.number or "",
            "student_no": paper.student_no or "",
            "student_name": "" if paper.student_no in here else paper.data.get("student_name", ""),
        }
        for paper in sorted(papers, key=lambda paper: in_order(paper.number or ""))
    ]
    return _table(form, sources, "rows", rows)


def _archive_transfer_list(form: Form, sources: Sources) -> dict[str, str]:
    """Arts. 8, 18 and 22: what a student's electronic file holds, item by item; every file of a school that ends."""
    given = {"from_unit": sources.unit.name}
    if form.rows(sources.asked, "rows"):
        return given
    if sources.student is None:
        ends = sources.asked.get("cause") in ENDS and sources.unit.kind == "school"
        return {**given, **(_every_file(form, sources) if ends else {})}
    entries = sources.reading.entries(sources.student.student_no)
    numbers = {
        number.entry: number.text for number in sources.reading.archive_numbers(sources.student.student_no)
    }
    papers = sources.reading.documents_by({entry.serial for entry in entries if entry.serial})
    rows = [
        {
            "archive_no": numbers.get(entry.id, entry.id),
            "title": _title(sources, entry),
            "student_no": sources.student.student_no,
            "medium": MEDIUM,
            "pages": _pages(papers.get(entry.serial or ""), entry),
            "files": "1",
            "digest": entry.sha256,
        }
        for entry in entries
    ]
    sizes = {"totals.1.volumes": "1", "totals.1.bytes": str(sum(entry.size for entry in entries))}
    return {**given, **_table(form, sources, "rows", rows), **(sizes if entries else {})}


def _every_file(form: Form, sources: Sources) -> dict[str, str]:
    """Art. 8 (A08-1): the school's own file, then those of its students, which no list of this cause names yet.

    A file is told by its volume, how many files are in it, and one check value: the SHA-256 of theirs, line by line.
    """
    reading, code = sources.reading, sources.unit.code
    named: set[str] = set()
    for paper in reading.documents(form=form.name, school=code):
        if paper.data.get("cause") == sources.asked["cause"] and paper.status in {"pending", "effective"}:
            rows = form.rows(paper.data, "rows")
            named |= {paper.data.get(f"rows.{row}.student_no", "") for row in range(1, rows + 1)}
    owners = ["", *(student.student_no for student in _students(sources))]
    left = [owner for owner in owners if owner not in named][:FILES_OF_A_LIST]
    rows_made, size = [], 0
    for owner in left:
        entries = reading.entries(owner or code)
        volume = reading.volume(owner)
        digest = sha256("".join(f"{entry.sha256}\n" for entry in entries).encode()).hexdigest()
        rows_made.append(
            {
                "archive_no": f"XJ-{code}" if volume is None else volume.text,
                "title": "学生学籍档案" if owner else "学校学籍档案",
                "student_no": owner,
                "medium": MEDIUM,
                "files": str(len(entries)),
                "digest": digest,
            }
        )
        size += sum(entry.size for entry in entries)
    totals = {"totals.1.volumes": str(len(left)), "totals.1.bytes": str(size)}
    return {**_table(form, sources, "rows", rows_made), **(totals if left else {})}


def _pages(paper: Document | None, entry: Entry) -> str:
    """The pages of a paper as it was printed; of what was scanned they are told by whoever has the paper."""
    return str(paper.pages) if paper is not None and paper.pdf == entry.sha256 else ""


def _title(sources: Sources, entry: Entry) -> str:
    """Arts. 41 and 44: a list that many hands pass on does not tell of a sanction."""
    form = sources.reading.document(entry.serial).form if entry.serial else ""
    return RESTRICTED if form in sources.restricted else entry.title


COMPILERS: Mapping[str, Callable[[Form, Sources], dict[str, str]]] = {
    "class_roster": _class_roster,
    "graduate_roster": _graduate_roster,
    "diploma_batch": _diploma_batch,
    "diploma_collection": _diploma_collection,
    "archive_transfer_list": _archive_transfer_list,
}
OF_A_STUDENT = frozenset({"archive_transfer_list"})
"""Papers of a unit whose rows may be one student's."""


def conclusion(form: str) -> str:
    """How somebody left school, by the form of the paper given: a code of change_kind, "" for any other form."""
    return GRADUATED if form.startswith(DIPLOMA) else LEAVING.get(form, "")


def in_order(number: str) -> tuple[int, str]:
    """Sorts numbers of one pattern as they were given out: 第9号 before 第10号, zeros in front or not."""
    return len(number), number


def span(numbers: list[str]) -> str:
    """The numbers of a batch as a register tells them: first, last, how many."""
    ordered = sorted(numbers, key=in_order)
    return f"{ordered[0]}—{ordered[-1]}（共{len(ordered)}个）"


def _leaving_papers(sources: Sources) -> list[Document]:
    """Papers of those who left this school in the year and stage asked for, unless withdrawn."""
    year, stage = sources.asked.get("grad_year", ""), sources.asked.get("stage", "")
    return [
        paper
        for paper in sources.reading.documents(school=sources.unit.code)
        if conclusion(paper.form)
        and (paper.data.get("study_to", "")[:4], paper.stage) == (year, stage)
        and paper.status in {"pending", "effective"}
    ]


def _students(sources: Sources) -> list[Student]:
    return sources.reading.students(sources.unit.code)


def _due(sources: Sources, papers: list[Document]) -> int:
    """How many should graduate: those with a paper, and before the year turns the final grade's others too."""
    asked, day = sources.asked, sources.day
    found = {paper.student_no for paper in papers}
    if str(day.year) == asked.get("grad_year") and day.month < NEW_YEAR:
        found |= {
            student.student_no
            for student in _students(sources)
            if student.data.get("grade", "")[:1] == asked.get("stage")
            and student.data.get("grade") in FINAL_GRADES
            and student.data.get("roll_status", "") in ON_ROLL
        }
    return len(found)
