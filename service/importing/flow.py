"""Import students from a table: everything is looked at first, then all of it is written in one transaction, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from service.access import Action, Who, may
from service.errors import Problem, article_name
from service.importing.faults import CellFault
from service.importing.lines import lines_of
from service.importing.plan import Plan
from service.office import Office
from service.regulation.identity import is_school_code
from service.spreadsheet.tables import read_tables

TOLD = 1000
"""Faults that a JSON answer lists; the table of faults has twenty thousand."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file: students in it, new ones, those brought up to date, and every fault.

    With a fault nothing was written; with `dry_run` neither.
    """

    rows: int
    created: int
    updated: int
    sheets: Sequence[str]
    ignored: Sequence[str]
    faults: Sequence[CellFault]
    dry_run: bool

    def to_json(self) -> dict[str, Any]:
        """The answer when nothing was wrong."""
        return {
            "imported": 0 if self.dry_run else self.rows,
            "created": self.created,
            "updated": self.updated,
            "rows": self.rows,
            "dry_run": self.dry_run,
            "sheets": list(self.sheets),
            "ignored": list(self.ignored),
        }

    def problem(self) -> Problem:
        """The refusal that names every fault (the first thousand of them)."""
        articles = [fault.article for fault in self.faults if fault.article is not None]
        return Problem(
            "import_refused",
            422,
            "没有导入",
            f"表中有 {len(self.faults)} 处要改，一名学生也没有导入；请按 errors 逐处改正后重新导入全部。",
            article=article_name(articles[0]) if articles else None,
            errors=self.faults[:TOLD],
            extra={"faults": len(self.faults), "ignored": list(self.ignored)},
        )


def import_students(
    office: Office, who: Who | None, data: bytes, *, school: str | None = None, dry_run: bool = False
) -> Report:
    """Register or bring up to date every student of a table (.xlsx or .csv), or none of them (arts. 11 and 14).

    `school` is that of rows that name none. A cell left empty leaves what is on file. Raises Problem 401, 403,
    404, 413, and 422 when the file cannot be read; faults of rows are told in the report.
    """
    allowed = may(who, Action.WRITE_STUDENT)
    edition = office.editions.on(office.today())
    found = lines_of(read_tables(data), edition)
    if school is None and is_school_code(allowed.org):
        school = allowed.org
    if dry_run:
        with office.archive.read() as reading:
            plan = Plan(reading, allowed, edition, school).of(found)
    else:
        with office.archive.begin() as transaction:
            plan = Plan(transaction, allowed, edition, school).of(found)
            for student in () if plan.faults else plan.students:
                transaction.put_student(student)
    return Report(
        rows=len(found.lines),
        created=len(plan.students) - plan.known,
        updated=plan.known,
        sheets=found.sheets,
        ignored=found.ignored,
        faults=plan.faults,
        dry_run=dry_run,
    )
