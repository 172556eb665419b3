"""An edition of the regulation as data: article titles, stages, and the fields of a student's record."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from service.errors import article_name

DEFAULT = "changzhi_trial"


@dataclass(frozen=True, slots=True)
class RecordField:
    """One field of a student's record: `type` is string, text, date, year_month, code or division."""

    name: str
    label: str
    type: str = "string"
    code_set: str | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition: its name and title, article number → short title, stage → Chinese name, record fields."""

    name: str
    title: str
    articles: Mapping[int, str]
    stages: Mapping[str, str]
    record: Mapping[str, RecordField]

    @classmethod
    def load(cls, name: str = DEFAULT) -> "Edition":
        """Load an edition that is shipped beside this module."""
        text = (files("service.regulation") / "editions" / f"{name}.toml").read_text("utf-8")
        raw = tomllib.loads(text)
        return cls(
            name=raw["name"],
            title=raw["title"],
            articles={int(number): title for number, title in raw["articles"].items()},
            stages=raw["stages"],
            record={field: RecordField(field, **row) for field, row in raw["record"].items()},
        )

    def cite(self, article: int) -> str:
        """An article as a refusal quotes it: 第三十八条（毕业证书遗失的一律不补发…）."""
        title = self.articles.get(article)
        return article_name(article) + (f"（{title}）" if title else "")
