"""What is kept of a judged row until it is printed: everything the printer and the archive ask for, and no rule again."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from service.access import Role, Who
from service.issue.batch.asking import asked_again, line_of
from service.issue.drafting import Draft, Judged, numbered
from service.issue.paper import Sheet, sheet_for
from service.issue.request import Request
from service.office import Office
from service.office.lookups import units_above
from service.office.remembering import Remembering
from service.regulation.case import Case
from service.regulation.edition import Edition
from storage.archive import Reading
from storage.records import Batch, BatchRow, Organization
from templates.form import Form

FLAT = "values"
"""Member of a row's values that holds the flat values of its paper."""
CLASS = "class_no"


def who_asked(batch: Batch) -> Who:
    """Whoever asked for a batch."""
    return Who(Role(batch.role), batch.org, batch.by)


def frozen(judged: Judged) -> dict[str, Any]:
    """A judged row as JSON."""
    case = judged.case
    return {
        FLAT: dict(case.values),
        "unit": case.chain[0].code,
        "day": case.day.isoformat(),
        "grade": case.grade,
        "stage": case.stage,
        "issued_on": judged.issued_on.isoformat(),
        "overrides": list(judged.overrides),
        "blocks": list(judged.blocks),
        CLASS: case.student.get(CLASS, ""),
    }


@dataclass(frozen=True, slots=True)
class Desk:
    """What the rows of one chunk have in common, found out once: chains, editions, sheets."""

    office: Office
    batch: Batch
    reading: Remembering
    sheets: dict[tuple[str, ...], Sheet] = field(default_factory=dict)
    editions: dict[tuple[str, str], Edition] = field(default_factory=dict)

    @classmethod
    def open(cls, office: Office, batch: Batch, reading: Reading) -> "Desk":
        """A desk for one chunk, good while the reading is open."""
        return cls(office, batch, Remembering(reading))

    @property
    def form(self) -> Form:
        """The form of the batch."""
        return self.office.catalogue.get(self.batch.form)

    def sheet(self, request: Request) -> Sheet:
        """What a row is printed on and from; the same for all rows under the same units."""
        key = tuple(unit.code for unit in request.chain)
        if key not in self.sheets:
            self.sheets[key] = sheet_for(self.office, self.reading, request)
        return self.sheets[key]

    def draft(self, row: BatchRow) -> Draft:
        """The draft of a row that holds its serial and number."""
        judged = self._judged(row, row.values or {})
        return numbered(judged, str(row.serial), row.number if judged.blocks else None)

    def _judged(self, row: BatchRow, kept: dict[str, Any]) -> Judged:
        chain = tuple(units_above(self.reading, kept["unit"]))
        day = date.fromisoformat(kept["day"])
        request = asked_again(self.batch)
        asked = Request(request.one(line_of(row)), self.form, None, chain, day)
        case = Case(
            form=self.form,
            values=kept[FLAT],
            grade=kept["grade"],
            stage=kept["stage"],
            edition=self._edition(kept["unit"], day, chain),
            day=day,
            chain=chain,
            who=who_asked(self.batch),
            override=request.override,
        )
        return Judged(
            who=who_asked(self.batch),
            case=case,
            student_no=row.student_no,
            issued_on=date.fromisoformat(kept["issued_on"]),
            overrides=tuple(kept["overrides"]),
            blocks=tuple(kept["blocks"]),
            sheet=self.sheet(asked),
        )

    def _edition(self, unit: str, day: date, chain: tuple[Organization, ...]) -> Edition:
        key = (unit, day.isoformat())
        if key not in self.editions:
            self.editions[key] = self.office.editions.on(day).tightened(chain)
        return self.editions[key]
