"""The facts a rule looks at, and the one place where all rules are asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from service.errors import Objection
from service.regulation.edition import Edition
from templates.catalogue import Form


@dataclass(frozen=True, slots=True)
class Earlier:
    """A document issued before to the same student; `effective_once` when it was ever found complete."""

    form: str
    stage: str | None
    status: str
    effective_once: bool

    def blocks(self) -> bool:
        """Tell whether it stands in the way of a second one: all do but a blank spoilt before 验印."""
        return self.status != "revoked" or self.effective_once


@dataclass(frozen=True, slots=True)
class Case:
    """One request to print a form: its raw values, the student's present grade, the stage it is about."""

    form: Form
    values: Mapping[str, str]
    grade: str
    stage: str | None
    edition: Edition
    earlier: Sequence[Earlier] = field(default=())

    def same(self) -> bool:
        """Tell whether a document of this form and stage stands in the way already."""
        return any(
            item.blocks() and item.form == self.form.name and item.stage == self.stage
            for item in self.earlier
        )


Rule = Callable[[Case], list[Objection]]


def judge(case: Case, rules: Sequence[Rule]) -> list[Objection]:
    """Every objection of every rule at once, in the order of the rules."""
    return [objection for rule in rules for objection in rule(case)]
