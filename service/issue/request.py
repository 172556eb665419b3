"""What is asked for: a form, for whom, by which organization, under which day, on which paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from service.errors import Objection, refused
from service.regulation.case import Override
from service.regulation.values import is_day
from storage.records import Organization, Student
from templates.form import Form

Mode = Literal["full", "overprint"]
MODES = ("full", "overprint")
FIRST_DAY, LAST_DAY = "2000-01-01", "2099-12-31"
"""Days that a code can carry: two bytes of days from 2000 on."""


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What is asked for, as it came.

    `data` are the values the records do not have, of any JSON (see `regulation.flat`). `school` is the issuing
    organization (10 or 6 digits), by default the student's school, else the asker's own. `dated` is the day of the
    case, by default the paper's own date, else today. `mode` "overprint" prints on the pre-printed `blank`.
    """

    form: str
    student: str | None
    data: Mapping[str, Any]
    school: str | None = None
    dated: str | None = None
    mode: Mode = "full"
    blank: str | None = None
    override: Override | None = None

    def to_json(self) -> dict[str, Any]:
        """What makes two requests the same one; members that were not asked for are left out."""
        told = {name: getattr(self, name) for name in ("form", "student", "school", "dated", "blank")}
        override = self.override and {name: getattr(self.override, name) for name in Override.__slots__}
        told |= {
            "data": dict(self.data),
            "mode": self.mode if self.mode != "full" else None,
            "override": override,
        }
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose form, student and issuing organization were looked up; `chain` begins with that one."""

    asked: IssueRequest
    form: Form
    student: Student | None
    chain: tuple[Organization, ...]
    day: date


def case_day(asked: IssueRequest, today: date) -> date:
    """The day by which a request is judged. Raises Problem `refused` for a day that is none."""
    given = asked.dated
    if given is None:
        issued_on = asked.data.get("issued_on")
        # A paper's own date is looked at with its other values: a wrong one is named there, and the day is today.
        return date.fromisoformat(issued_on) if isinstance(issued_on, str) and _fits(issued_on) else today
    if not _fits(given):
        message = f"办理日期（dated）须在 {FIRST_DAY} 至 {LAST_DAY} 之间；请按 YYYY-MM-DD 填写"
        raise refused([Objection("dated", "bad_date", message)])
    return date.fromisoformat(given)


def _fits(text: str) -> bool:
    return is_day(text) and FIRST_DAY <= text <= LAST_DAY
