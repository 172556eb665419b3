"""The facts a rule looks at, and the one place where rules are asked and exceptions are allowed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from service.access import AUTHORITIES, Who
from service.errors import Objection
from service.regulation.edition import Edition
from service.regulation.units import approver
from storage.records import Organization
from templates.codes import is_code, label
from templates.form import Form

EXCEPTIONS: Mapping[str, str] = {
    "transfer_in_term": "A20-2",
    "private_to_public": "A20-4",
    "suspension_too_long": "A24-2",
    "record_certificate_once": "A38-3",
}
"""Code of an objection that 原则上 softens → the rule an authority may except from, with document and reason."""


@dataclass(frozen=True, slots=True)
class Override:
    """An exception an authority allows: its own document (文号), the reason, and the rule ("A38-3", None = any)."""

    document: str
    reason: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """A document issued before to the same student; `effective_once` when it was ever found complete.

    `values` are its raw data, flat, by field name; `school` is the code of the organization that issued it.
    """

    form: str
    stage: str | None
    status: str
    effective_once: bool
    serial: str = ""
    number: str | None = None
    school: str = ""
    issued_on: date | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def blocks(self) -> bool:
        """Tell whether it stands in the way of a second one: all do but a blank spoilt before 验印."""
        return self.status != "revoked" or self.effective_once

    def stands(self) -> bool:
        """Tell whether it still counts."""
        return self.status in {"pending", "effective"}


@dataclass(frozen=True, slots=True)
class Case:
    """One request to print a form on a day, as the rules see it.

    `values` are the raw values, flat; `stage` is the one it is about, `grade` the student's present grade;
    `chain` is the issuing organization and those above; `student` is the record, {} for a paper without one;
    `home` the student's own school's code; `earlier` all documents of the student; `others` the registered
    organizations that values name by code; `homes` the own school of each student_no named in a row, `grades` the
    present grade of those within scope;
    `photo_on` is the day on which the student's portrait was filed.
    """

    form: Form
    values: Mapping[str, str]
    grade: str
    stage: str | None
    edition: Edition
    day: date
    chain: tuple[Organization, ...] = ()
    student: Mapping[str, str] = field(default_factory=dict)
    home: str | None = None
    who: Who | None = None
    earlier: Sequence[Earlier] = ()
    override: Override | None = None
    others: Mapping[str, Organization] = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    photo_on: date | None = None

    def of(self, name: str) -> str:
        """A value of the paper, else of the student's record; '' when neither has it."""
        return self.values.get(name) or self.student.get(name, "")

    def objection(self, field: str | None, code: str, article: int, what: str, advice: str) -> Objection:
        """An objection that says what is wrong, by which article, and what to do (beginning with 请)."""
        return Objection(field, code, f"{what}，{self.edition.cite(article)}；{advice}", article)

    def rows(self, table: str, column: str) -> Iterator[tuple[str, str]]:
        """The cells of one column that are filled in: flat name and value, in the order of the paper."""
        for name, value in self.values.items():
            if value and name.startswith(f"{table}.") and name.endswith(f".{column}"):
                yield name, value

    def papers(self, form: str, stage: str | None = None) -> list[Earlier]:
        """The student's earlier papers of a form that still count, of any stage or of one."""
        return [
            item
            for item in self.earlier
            if item.form == form and item.stands() and stage in {None, item.stage}
        ]

    def same(self) -> list[Earlier]:
        """The documents of this form and stage that stand in the way of another one."""
        return [
            item
            for item in self.earlier
            if item.blocks() and item.form == self.form.name and item.stage == self.stage
        ]


def words(code_set: str, code: str) -> str:
    """The words of a code, or the code itself when it is none: that it is none is objected to elsewhere."""
    return label(code_set, code) if is_code(code_set, code) else code


Rule = Callable[[Case], list[Objection]]


def judge(case: Case, rules: Sequence[Rule]) -> list[Objection]:
    """Every objection of every rule at once, in the order of the rules, but for what an authority excepts."""
    found = [objection for rule in rules for objection in rule(case)]
    return [objection for objection in found if not _excepted(case, objection)]


def used_overrides(case: Case, rules: Sequence[Rule]) -> list[str]:
    """The rule ids that the case's override sets aside, to be noted and listed for the level above (art. 45)."""
    bare = judge(replace(case, override=None), rules)
    return sorted({EXCEPTIONS[objection.code] for objection in bare if _excepted(case, objection)})


def override_objections(case: Case) -> list[Objection]:
    """Art. 45: an exception is the authority's, with its document and the reason; a school allows itself none."""
    given = case.override
    if given is None:
        return []
    found = [
        Objection(
            f"override.{name}", "override_incomplete", f"破例办理须写明{label}（override.{name}）；请补填", 45
        )
        for name, label, value in (("document", "批准文件", given.document), ("reason", "理由", given.reason))
        if not value.strip()
    ]
    if given.rule is not None and given.rule not in EXCEPTIONS.values():
        message = (
            f"这一条不能破例（override.rule）；只有原则性规定 {'、'.join(EXCEPTIONS.values())} 可以，请删去"
        )
        found.append(Objection("override.rule", "override_impossible", message, 45))
    if not _authority(case):
        message = "破例办理（override）只能由该生的学籍主管部门批准并办理；请报主管教育行政部门"
        found.append(Objection("override", "override_not_authority", message, 45))
    return found


def _excepted(case: Case, objection: Objection) -> bool:
    rule, given = EXCEPTIONS.get(objection.code), case.override
    return (
        rule is not None
        and given is not None
        and given.rule in {None, rule}
        and not override_objections(case)
    )


def _authority(case: Case) -> bool:
    """Tell whether whoever asks is the 学籍主管部门 of the case, or an authority above it (art. 3)."""
    if case.who is None or case.who.role not in AUTHORITIES:
        return False
    unit = approver(case.chain, case.stage, case.edition)
    codes = [one.code for one in case.chain]
    return unit is not None and case.who.org in codes[codes.index(unit.code) :]
