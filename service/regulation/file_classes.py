"""The classes of a permanent file as an edition tells them: ten of a school's (art. 6), six of a student's (art. 11)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.errors import article_name

CODE = re.compile(r"\d{4}")
NUMERALS = "〇一二三四五六七八九十"
YEAR_MONTH = 9
"""School begins on 1 September (art. 9: 每年秋季入学); what is filed in August belongs to the year that ends."""
YEAR_FIELDS: Mapping[str, int] = {"school_year": 0, "entry_year": 0, "grad_year": -1}
"""Fields by which a roster says its year, and what to add: graduates of 2026 end the school year 2025."""
_YEAR = re.compile(r"(?:19|20)\d{2}")


@dataclass(frozen=True, slots=True)
class FileClass:
    """One class: `code` is article and clause in four digits, and stands in every 档号.

    `forms` belong to it, `rest` takes the forms that no class names, `evidence` the proofs; `expects` names what must be
    there (see `completeness`), for schools with one of the `stages` when there are any.
    """

    code: str
    title: str
    forms: tuple[str, ...] = ()
    rest: bool = False
    evidence: bool = False
    expects: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    note: str = ""

    @property
    def number(self) -> int:
        """Its place in the article: 0603 is the third."""
        return int(self.code[2:])

    @property
    def clause(self) -> str:
        """Its place in the words of the regulation: （三）."""
        return f"（{NUMERALS[self.number]}）"

    @property
    def article(self) -> str:
        """The clause it stands in: 第六条（三）."""
        return article_name(int(self.code[:2])) + self.clause


def classes(rows: Iterable[Mapping[str, Any]]) -> tuple[FileClass, ...]:
    """Read the classes of one file; raises ValueError when they are not numbered through, or the rest has no place or two."""
    found = tuple(_class(row) for row in rows)
    numbered = [one.number for one in found if CODE.fullmatch(one.code)]
    forms = [form for one in found for form in one.forms]
    alone = all(sum(getattr(one, name) for one in found) == 1 for name in ("rest", "evidence"))
    if numbered != list(range(1, len(found) + 1)) or len(forms) != len(set(forms)) or not alone:
        raise ValueError("file classes")
    return found


def _class(row: Mapping[str, Any]) -> FileClass:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
    }
    return FileClass(**given)


def class_of(found: Sequence[FileClass], form: str | None, *, evidence: bool) -> FileClass:
    """The class an item belongs to, by the form of its paper and whether it is evidence for it."""
    if evidence:
        return next(one for one in found if one.evidence)
    return next((one for one in found if form in one.forms), next(one for one in found if one.rest))


def year_of(day: date) -> int:
    """The school year of a day, by the year it began in."""
    return day.year if day.month >= YEAR_MONTH else day.year - 1


def year_told(values: Mapping[str, str], day: date) -> int:
    """The school year a paper is about: as it says itself (2025—2026, 2026届), else that of its day."""
    for name, more in YEAR_FIELDS.items():
        said = _YEAR.search(values.get(name, ""))
        if said is not None:
            return int(said[0]) + more
    return year_of(day)


def year_name(year: int) -> str:
    """A school year as people write it: 2025—2026学年."""
    return f"{year}—{year + 1}学年"
