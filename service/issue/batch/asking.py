"""From what is asked for to the rows of a batch: a list, a table, or everybody of a grade."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from service.access import Action, Who
from service.errors import Objection, refused
from service.issue.compiling import ON_ROLL, class_order, plain_class
from service.issue.request import MODES, IssueRequest, Mode, case_day
from service.office import Office
from service.office.lookups import require
from service.regulation import flat
from service.regulation.case import Override
from storage.archive import Reading
from storage.records import Batch, BatchRow
from templates.codes import is_code
from templates.form import Form

MAX_ROWS = 50_000
"""Rows of one batch: a city's graduates of a year are 40,000."""
MAX_KEY = 40
"""Characters of a 学籍号 or a school's code, and some more: whatever is longer is none."""
STUDENT, SCHOOL, DATA = "student", "school", "data"
OWN = frozenset({STUDENT, SCHOOL, DATA})
"""Members of a row that are no field of the paper."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row as a list or a table gives it: whose paper, its own values, and what is wrong with the row itself.

    `line` is the row's number in the table it came from, 0 for a list.
    """

    student: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    school: str | None = None
    wrong: tuple[Objection, ...] = ()
    line: int = 0

    def to_json(self) -> dict[str, Any]:
        """What is kept of the row; members that say nothing are left out."""
        told = {
            DATA: dict(self.data),
            SCHOOL: self.school,
            "wrong": [item.to_json() for item in self.wrong],
            "line": self.line,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Papers of one form for many: either `lines`, or everybody on the roll of a `grade` (and of one class).

    `data` are values that all share; a row's own win. `school` is the issuing organization of every row, or the
    school or authority whose roll is meant. The rest is as in `IssueRequest`.
    """

    form: str
    lines: Sequence[Line] | None = None
    grade: str | None = None
    class_no: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    school: str | None = None
    dated: str | None = None
    mode: Mode = "full"
    blank: str | None = None
    override: Override | None = None

    def to_json(self) -> dict[str, Any]:
        """What all rows have in common, as it is kept and as two requests are compared."""
        told = self.one().to_json()
        del told["form"]
        return told | {name: value for name in ("grade", "class_no") if (value := getattr(self, name))}

    def one(self, line: Line | None = None) -> IssueRequest:
        """The request for the paper of one row."""
        own = line or Line(None)
        return IssueRequest(
            form=self.form,
            student=own.student,
            data={**self.data, **own.data},
            # The roll of an authority is of many schools: each paper is its own school's.
            school=own.school or (None if self.grade and line else self.school),
            dated=self.dated,
            mode=self.mode,
            blank=self.blank,
            override=self.override,
        )


def asked_again(batch: Batch) -> BatchRequest:
    """The request that made a batch, without its rows."""
    told = batch.request
    given = told.get("override")
    return BatchRequest(
        form=batch.form,
        grade=told.get("grade"),
        class_no=told.get("class_no"),
        data=told["data"],
        school=told.get("school"),
        dated=told.get("dated"),
        mode=told.get("mode", "full"),
        blank=told.get("blank"),
        override=None if given is None else Override(**given),
    )


def line_of(row: BatchRow) -> Line:
    """The line that made a row; what was wrong with it is not asked here (see `wrong_of`)."""
    return Line(row.student_no, row.asked.get(DATA, {}), row.asked.get(SCHOOL), line=row.asked.get("line", 0))


def line_from(row: Mapping[str, Any]) -> Line:
    """A row of a JSON list: the student, own values under their names or together under `data`."""
    student, school, data = (row.get(name) for name in (STUDENT, SCHOOL, DATA))
    wrong = [
        Objection(name, "not_text", f"{name} 应为至多 {MAX_KEY} 字的文字；请改正")
        for name, value in ((STUDENT, student), (SCHOOL, school))
        if value is not None and not _is_key(value)
    ]
    if data is not None and not isinstance(data, Mapping):
        wrong.append(Objection(DATA, "not_map", "data 应按栏目名逐项填写；请改成对象"))
    own = {name: value for name, value in row.items() if name not in OWN}
    return Line(
        student if _is_key(student) else None,
        {**(data if isinstance(data, Mapping) else {}), **own},
        school if _is_key(school) else None,
        tuple(wrong),
    )


def _is_key(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= MAX_KEY


def objections(office: Office, request: BatchRequest, form: Form) -> list[Objection]:
    """What is wrong with a whole request, whoever its rows are."""
    found = flat.flatten(form, request.data)[1]
    if (request.lines is None) is (request.grade is None):
        message = "请给出 students、rows、grade 或表格中的一种，写明给谁出具"
        found.append(Objection(None, "list_needed", message))
    if request.lines is not None and not 0 < len(request.lines) <= MAX_ROWS:
        message = f"名单须有 1 至 {MAX_ROWS} 行；请填写名单或分几批办理"
        found.append(Objection("rows", "too_many_rows" if request.lines else "no_rows", message))
    if request.grade is not None and not is_code("grade", request.grade):
        found.append(Objection("grade", "bad_code", "年级代码不对；请填 P1 至 P6、J1 至 J3 或 S1 至 S3"))
    if request.grade is not None and form.subject != STUDENT:
        message = f"{form.title}不是学生个人的文书，不能按年级出具；请删去 grade，逐行写明 school"
        found.append(Objection("grade", "unknown_field", message))
    if request.class_no is not None and request.grade is None:
        found.append(Objection("class_no", "grade_needed", "只写班级不够；请同时写明 grade"))
    if request.mode not in MODES:
        found.append(Objection("mode", "bad_code", "mode 只能是 full（整页）或 overprint（套打）；请改正"))
    elif request.blank is not None and request.mode == "full":
        message = "整页打印不用空白证书；请删去 blank 或把 mode 改为 overprint"
        found.append(Objection("blank", "unknown_field", message))
    case_day(request.one(), office.today())
    return found


def rows_of(reading: Reading, who: Who, request: BatchRequest) -> list[Line]:
    """The rows in the order in which they are numbered: a list as it was given, a roll by school, class and 学籍号.

    A student who stands in the list twice has something wrong in the second row. Raises Problem 403, 404, 422.
    """
    if request.school is not None:
        require(reading, who, Action.ISSUE, request.school)
    if request.lines is None:
        lines = list(_roll(reading, request, request.school or who.org))
        if not 0 < len(lines) <= MAX_ROWS:
            message = f"按年级、班级找到 {len(lines)} 名在校学生，须有 1 至 {MAX_ROWS} 名；请核对或分校办理"
            raise refused([Objection("grade", "no_rows", message)])
        return lines
    return list(_once_each(request.lines))


def _roll(reading: Reading, request: BatchRequest, unit: str) -> Iterator[Line]:
    """Whoever sits in the grade (and class), in the school or in every school below an authority."""
    schools = [
        one.code
        for one in reading.organizations()
        if one.kind == "school" and unit in reading.chain(one.code)
    ]
    wanted = None if request.class_no is None else plain_class(request.class_no)
    for school in schools:
        students = [
            student
            for student in reading.students(school)
            if student.data.get("grade") == request.grade
            and student.data.get("roll_status", "") in ON_ROLL
            and wanted in {None, plain_class(student.data.get("class_no", ""))}
        ]
        students.sort(key=lambda one: (class_order(one.data.get("class_no", "")), one.student_no))
        yield from (Line(student.student_no) for student in students)


def _once_each(lines: Sequence[Line]) -> Iterator[Line]:
    first: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        before = first.setdefault(line.student, number) if line.student else number
        if before == number:
            yield line
            continue
        message = f"学籍号与第{before}行相同；请核对，一人只留一行"
        wrong = (*line.wrong, Objection(STUDENT, "doubled_row", message))
        yield Line(line.student, line.data, line.school, wrong, line.line)
