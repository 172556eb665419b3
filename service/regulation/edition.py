"""An edition of the regulation as data: articles, limits, wordings, approvers, and the fields of a record."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from service.errors import article_name
from service.regulation.file_classes import FileClass, classes
from storage.records import Organization
from templates.form import Form

Tighter = Literal["less", "more", ""]
FOLDER = Path(__file__).with_name("editions")


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a student's record: `type` is string, text, code, map, or what `values.CHECKS` examines.

    A map holds a value of `code_set` under each of its keys: `exam_grades.语文` is A.
    """

    name: str
    label: str
    type: str = "string"
    code_set: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of the regulation: whole units, a share ("1/3") or a day of the year ("05-31"), and its article.

    `tighter` is the direction in which a county may change it (art. 48), "" when it may not.
    """

    name: str
    label: str
    value: int | str
    article: int
    tighter: Tighter = ""

    def tightened(self, value: object) -> bool:
        """Tell whether a county may put this value in its place (art. 48): same kind, and no looser."""
        if isinstance(value, bool) or type(value) is not type(self.value):
            return False
        if isinstance(self.value, str) and ("-" not in self.value or not _day_of_year(str(value))):
            return False
        less, more = value <= self.value, value >= self.value  # type: ignore[operator]
        return (less and self.tighter == "less" and _positive(value)) or (more and self.tighter == "more")


@dataclass(frozen=True, slots=True)
class Graduation:
    """What a cohort of senior students must reach (art. 35), from the entry year on: credits, and exams."""

    entry_from: int
    total: int
    required: int
    elective: int
    school: int
    passing: tuple[str, ...]
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperRow:
    """What an edition says of one form; an empty value leaves the form's own."""

    attachment: str = ""
    title: str = ""
    article: int | None = None
    note: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    footnotes: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """How an edition prints a form: title, attachment number ('' when it has none), wordings, foot notes."""

    title: str
    attachment: str
    texts: Mapping[str, str]
    footnotes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition, in force from `from_day` until the next one begins.

    Article number → short title; stage → Chinese name; the first two digits of a school's code → its stages;
    limits, papers and record fields by name; groups of divisions that are one urban area; approving units; the classes of
    a school's and a student's file (arts. 6 and 11).
    """

    name: str
    title: str
    note: str
    contact: str
    from_day: date
    until_day: date | None
    articles: Mapping[int, str]
    stages: Mapping[str, str]
    school_kinds: Mapping[str, tuple[str, ...]]
    approver: Mapping[str, Any]
    limits: Mapping[str, Limit]
    urban: tuple[frozenset[str], ...]
    graduation: tuple[Graduation, ...]
    papers: Mapping[str, PaperRow]
    record: Mapping[str, RecordField]
    school_file: tuple[FileClass, ...]
    student_file: tuple[FileClass, ...]

    def cite(self, article: int) -> str:
        """An article as a refusal quotes it: 第三十八条（毕业证书遗失的一律不补发…）."""
        title = self.articles.get(article)
        return article_name(article) + (f"（{title}）" if title else "")

    def limit(self, name: str) -> int:
        """A limit that is a whole number. Raises KeyError."""
        return int(self.limits[name].value)

    def paper(self, form: Form) -> Paper:
        """Title, attachment, wordings and foot notes of a form under this edition."""
        row = self.papers.get(form.name, PaperRow())
        return Paper(
            row.title or form.title,
            row.attachment,
            {**form.texts, **row.texts},
            form.footnotes if row.footnotes is None else row.footnotes,
        )

    def approvers(self, stage: str | None, school_kind: str = "") -> Sequence[str]:
        """The kinds of unit that are 学籍主管部门 (art. 3), in order of preference."""
        by_stage, by_kind = self.approver["stage"], self.approver["kind"]
        return tuple(
            by_stage.get(stage) or (stage is None and by_kind.get(school_kind)) or self.approver["otherwise"]
        )

    def graduating(self, entry_year: int) -> Graduation:
        """The graduation conditions of the cohort that entered senior school in that year."""
        fitting = [row for row in self.graduation if row.entry_from <= entry_year]
        return (fitting or list(self.graduation))[-1]

    def record_field(self, name: str) -> RecordField | None:
        """The record field of a name; `exam_grades.语文` is an entry of the map `exam_grades`."""
        head, dot, key = name.partition(".")
        found = self.record.get(head)
        if found is None or (found.type == "map") is not bool(dot and key):
            return None
        return replace(found, name=name, label=f"{found.label}（{key}）", type="code") if dot else found

    def tightened(self, chain: Sequence[Organization]) -> "Edition":
        """The edition as the units above a school have tightened it (art. 48); what would loosen it is void."""
        limits = dict(self.limits)
        for unit in chain:
            rows = unit.data.get("limits", {}) if unit.kind != "school" else {}
            for name, value in rows.items():
                if name in limits and limits[name].tightened(value):
                    limits[name] = replace(limits[name], value=value)
        return replace(self, limits=limits)


@dataclass(frozen=True, slots=True)
class Editions:
    """All editions, the oldest first; on every day from the first one's beginning just one is in force."""

    all: tuple[Edition, ...]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Load the editions of a folder; raises ValueError when two begin on one day or a base is missing."""
        raws = {raw["name"]: raw for raw in (_parsed(file) for file in sorted(folder.glob("*.toml")))}
        whole = [_over(raws[raw["base"]], raw) if "base" in raw else raw for raw in raws.values()]
        found = sorted((_edition(raw) for raw in whole), key=lambda edition: edition.from_day)
        starts = [edition.from_day for edition in found]
        if not found or len(set(starts)) < len(starts):
            raise ValueError(f"editions begin on one day, or there is none: {folder.name}")
        ends = [start - timedelta(days=1) for start in starts[1:]]
        return cls(tuple(replace(one, until_day=end) for one, end in zip(found, [*ends, None], strict=True)))

    def on(self, day: date) -> Edition:
        """The edition a case of that day is judged by and printed under (art. 49)."""
        return next((one for one in reversed(self.all) if one.from_day <= day), self.all[0])


def _parsed(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


def _over(base: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """One edition laid over another: tables member by member, everything else replaced."""
    merged = dict(base)
    for name, value in raw.items():
        below = merged.get(name)
        merged[name] = (
            _over(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
        )
    return merged


def _edition(raw: Mapping[str, Any]) -> Edition:
    return Edition(
        name=raw["name"],
        title=raw["title"],
        note=raw.get("note", ""),
        contact=raw["contact"],
        from_day=date.fromisoformat(raw["from"]),
        until_day=None,
        articles={int(number): title for number, title in raw["articles"].items()},
        stages=raw["stages"],
        school_kinds={kind: tuple(stages) for kind, stages in raw["school_kinds"].items()},
        approver=raw["approver"],
        limits={name: Limit(name, **row) for name, row in raw["limits"].items()},
        urban=tuple(frozenset(area) for area in raw["urban"]["areas"]),
        graduation=tuple(_graduation(row) for row in raw["graduation"]),
        papers={name: PaperRow(**row) for name, row in raw["papers"].items()},
        record={name: RecordField(name, **row) for name, row in raw["record"].items()},
        school_file=classes(raw["school_file"]),
        student_file=classes(raw["student_file"]),
    )


def _graduation(row: Mapping[str, Any]) -> Graduation:
    return Graduation(**{**row, "passing": tuple(row["passing"]), "subjects": tuple(row["subjects"])})


def _positive(value: object) -> bool:
    return not isinstance(value, int) or value > 0


def _day_of_year(text: str) -> bool:
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError:
        return False
    return True
