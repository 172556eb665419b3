"""Judges what lies behind one evidence slip: what kind of paper it is, what stands on it, and what a person must decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from intake.foreign import PageText
from intake.foreign.seals import printed_units
from intake.recognise.likelihood import fold
from service.evidence.dates import birth_fact, issue_fact
from service.evidence.facts import Fact, FactResult, Found
from service.evidence.kinds import MARKS, Agreement, Likeness, agreement, likeness
from service.evidence.letters import Row, rows
from service.evidence.levels import Level, asked_level, judged_level
from service.evidence.names import name_fact
from service.evidence.numbers import id_fact

SCHOOL_KINDS = frozenset({"school_proof", "student_info_copy"})
"""Papers that the school the student comes from must have written (art. 26)."""

WHOSE = frozenset({"name", "id_number", "birth_date"})
SAID_INSTEAD = frozenset({"checksum", "future"})
"""Notes that say more than the result."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the records say, which a paper is held against; '' for what they do not say.

    `form` and `stage` are those of the document the evidence belongs to, `school` the name of the school the student
    comes from, `relative` the name of the relative a guest student lives with.
    """

    form: str = ""
    stage: str | None = None
    name: str = ""
    id_number: str = ""
    birth_date: str = ""
    guardian: str = ""
    guardian_id: str = ""
    relative: str = ""
    school: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """The reading of one bundle. `person` says that somebody must look, `reasons` (codes) why.

    `pages` says of each page what it looks like; one that could not be read is None.
    """

    evidence: str
    likeness: Likeness
    agreement: Agreement
    facts: tuple[Fact, ...]
    seal: str
    level: Level | None
    reasons: tuple[str, ...]
    pages: tuple[tuple[int, Likeness | None], ...]

    @property
    def person(self) -> bool:
        """Whether somebody must look."""
        return bool(self.reasons)

    def told(self) -> dict[str, Any]:
        """Give the reading as JSON."""
        return {
            "kind": {
                "suggested": self.likeness.suggested,
                "confidence": self.likeness.confidence,
                "result": self.agreement,
            },
            "facts": [fact.told() for fact in self.facts],
            "seal": self.seal,
            "level": None if self.level is None else self.level.told(),
            "person": self.person,
            "reasons": list(self.reasons),
            "pages": [
                {
                    "page": number,
                    "suggested": None if one is None else one.suggested,
                    "confidence": 0.0 if one is None else one.confidence,
                }
                for number, one in self.pages
            ],
        }


def judged(evidence: str, case: Case, pages: Sequence[tuple[int, PageText | None]], today: date) -> Judged:
    """Judge the pages behind a slip that says `evidence`; a page is None when it could not be read."""
    read = [(number, page) for number, page in pages if page is not None]
    print_of = rows(read)
    lines = [line for _, page in read for line in page.lines]
    found = likeness(lines)
    said = agreement(found, evidence)
    looks = tuple((number, None if page is None else likeness(page.lines)) for number, page in pages)
    units = [seal.unit for _, page in read for seal in page.seals if seal.unit]
    printed = printed_units(lines)
    facts = _facts(evidence, case, print_of, today)
    unit = _unit_fact(printed, read)
    facts += (unit,) if MARKS[evidence].seal or units else ()
    seal = _seal([page for _, page in read])
    level = None
    asked = asked_level(evidence, case.form, case.stage)
    if asked is not None:
        level = judged_level(asked, evidence, units, printed, "".join(line.text for line in lines))
    reasons = [
        *_page_reasons(evidence, pages, looks),
        *([] if said == "agrees" else [f"kind_{said}"]),
        *_fact_reasons(evidence, facts),
        *([] if seal == "present" or not MARKS[evidence].seal else [f"seal_{seal}"]),
        *([f"level_{level.result}"] if level is not None and level.result != "sufficient" else []),
    ]
    return Judged(evidence, found, said, facts, seal, level, tuple(dict.fromkeys(reasons)), looks)


def _page_reasons(
    evidence: str, pages: Sequence[tuple[int, PageText | None]], looks: Sequence[tuple[int, Likeness | None]]
) -> list[str]:
    """Say which pages nobody can pass by: unread ones, unfinished ones, one of another kind among the right ones."""
    reasons = []
    if any(page is None for _, page in pages):
        reasons.append("unread")
    if any(page is not None and not page.whole for _, page in pages):
        reasons.append("unfinished")
    if not any(page is not None and page.lines for _, page in pages):
        reasons.append("no_print")
    if len(looks) > 1:  # one page is what the whole bundle is judged by
        said = {agreement(one, evidence) for _, one in looks if one is not None} - {"agrees"}
        reasons += [f"page_{one}" for one in sorted(said)]
    return reasons


def _facts(evidence: str, case: Case, print_of: Sequence[Row], today: date) -> tuple[Fact, ...]:
    marks = MARKS[evidence]
    facts = []
    for name in marks.facts:
        if name == "name":
            facts.append(_name(evidence, case, print_of))
        elif name == "id_number":
            facts.append(_id_number(evidence, case, print_of))
        elif name == "birth_date":
            facts.append(_or_unchecked("birth_date", case.birth_date, birth_fact(case.birth_date, print_of)))
        else:
            facts.append(issue_fact(today, case.birth_date, print_of))
    if evidence in SCHOOL_KINDS:
        facts.append(
            _or_unchecked("school_name", case.school, name_fact("school_name", case.school, print_of))
        )
    return tuple(facts)


def _name(evidence: str, case: Case, print_of: Sequence[Row]) -> Fact:
    """Look for whoever the paper is about; where it may be the student or the guardian, for either."""
    known = {
        "student": (case.name,),
        "guardian": (case.guardian,),
        "relative": (case.relative,),
        "any": (case.name, case.guardian),
    }.get(MARKS[evidence].subject, ())
    facts = [name_fact("name", name, print_of) for name in known if name]
    if not facts:
        return Fact("name", "", "", "not_checked", note="not_on_record")
    return next((fact for fact in facts if fact.result == "match"), facts[0])


def _id_number(evidence: str, case: Case, print_of: Sequence[Row]) -> Fact:
    expected = case.guardian_id if MARKS[evidence].subject == "guardian" else case.id_number
    if MARKS[evidence].subject in {"relative", "other", "none"}:
        expected = ""
    return _or_unchecked("id_number", expected, id_fact("id_number", expected, print_of))


def _or_unchecked(name: str, expected: str, fact: Fact) -> Fact:
    """Keep what was read, but without anything to hold it against it matches nothing and differs from nothing."""
    if expected:
        return fact
    result: FactResult = "not_found" if fact.result == "not_found" else "not_checked"
    return Fact(name, "", fact.read, result, fact.confidence, fact.note, fact.page, fact.box)


def _unit_fact(printed: Sequence[str], read: Sequence[tuple[int, PageText]]) -> Fact:
    """Say which unit wrote a paper: its seal against its print. They differ when the seal names none of those printed."""
    for number, page in read:
        for seal in page.seals:
            if not seal.unit:
                continue
            found = Found(seal.unit, seal.confidence, number, page.on_scan(seal.box))
            names = [fold(name) for name in printed]
            if fold(seal.unit) in names:
                return Fact.of("unit", seal.unit, "match", found)
            if names and not any(name in fold(seal.unit) or fold(seal.unit) in name for name in names):
                return Fact.of("unit", printed[-1], "differs", found)
            return Fact.of("unit", "", "not_checked", found)
    if printed:
        return Fact("unit", "", printed[-1], "not_checked", note="no_seal_read")
    return Fact("unit", "", "", "not_found")


def _seal(pages: Sequence[PageText]) -> str:
    kinds = {page.seal for page in pages}
    return next((one for one in ("present", "unclear") if one in kinds), "absent")


def _fact_reasons(evidence: str, facts: Sequence[Fact]) -> list[str]:
    """Say which facts somebody must look at: those that differ, needed ones that do not match, and doubt about whose paper it is.

    A day of issue under a seal is doubtful on many honest papers and is held against nothing: it asks for nobody.
    """
    need = MARKS[evidence].need
    reasons = []
    for fact in facts:
        doubtful = fact.result == "unreadable" and fact.name in WHOSE
        if fact.result == "differs" or doubtful or (fact.name in need and fact.result != "match"):
            reasons.append(f"{fact.name}_{fact.note if fact.note in SAID_INSTEAD else fact.result}")
    return reasons
