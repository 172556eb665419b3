"""What a worker does with a page that is not ours: it is read whole, within bounds, and a failure never fails the scan."""

import logging
from dataclasses import dataclass, field
from typing import Any

from intake.foreign import PageText
from intake.foreign.read import MOST_LINES, read_foreign
from intake.reading import PageImage
from service.errors import whereabouts
from service.evidence.judged import Case
from service.evidence.kinds import likeness
from service.office import Office
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Document
from templates.evidence import EVIDENCE

LINES_OF_A_SCAN = 1500
"""Lines of print read of all foreign pages of one scan together: 45 s of one processor; twenty full pages have fewer.

Pages after that are kept and filed all the same, and a person looks at them."""

log = logging.getLogger("yinzheng.receive")


@dataclass(slots=True)
class ForeignReader:
    """Reads the foreign pages of one scan; the registry holds the names of units whose seals may stand on them."""

    office: Office
    registry: tuple[str, ...]
    lines_left: int = field(default=LINES_OF_A_SCAN)

    def read(self, page: PageImage) -> PageText | None:
        """Read a page; None when the machine failed on it or this scan has had its share."""
        if self.lines_left <= 0:
            return None
        try:
            found = read_foreign(
                page,
                self.office.finder(),
                self.office.recogniser(),
                self.registry,
                min(self.lines_left, MOST_LINES),
            )
        except Exception as error:
            log.warning("foreign page not read: %s at %s", type(error).__name__, whereabouts(error))
            return None
        self.lines_left -= len(found.lines)
        return found


def suggestion(page: PageText | None) -> dict[str, Any] | None:
    """What a page that lies behind no slip looks like, when that is sure; nothing is ever filed by it."""
    if page is None:
        return None
    found = likeness(page.lines)
    if found.suggested is None:
        return None
    kind = EVIDENCE[found.suggested]
    return {"evidence": kind.name, "label": kind.label, "confidence": found.confidence}


def case_of(reading: Reading, document: Document) -> Case:
    """What the records say that the evidence of a document is held against."""
    data = _record(reading, document)
    facts = {**document.facts, **document.data}
    return Case(
        form=document.form,
        stage=document.stage,
        name=data.get("name") or document.facts.get("student_name", ""),
        id_number=data.get("id_number", ""),
        birth_date=data.get("birth_date", ""),
        guardian=data.get("guardian_name", ""),
        guardian_id=data.get("guardian_id", ""),
        relative=facts.get("relative_name", "").partition("（")[0].partition("(")[0].strip(),
        school=facts.get("home_school") or facts.get("out_school") or _school(reading, document),
    )


def _record(reading: Reading, document: Document) -> dict[str, str]:
    """The student's present record; nothing for a paper without one."""
    if document.student_no is None:
        return {}
    try:
        return reading.student(document.student_no).data
    except NotFound:
        return {}


def _school(reading: Reading, document: Document) -> str:
    try:
        unit = reading.organization(document.school)
    except NotFound:
        return ""
    return unit.name if unit.kind == "school" else ""
