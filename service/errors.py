"""The one error that leaves a flow: a refusal that says what, why and what to do, with its article."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FRAMES: Final = 6
"""Places of a traceback that are logged, innermost last."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One thing that is wrong with a request.

    `field` is None for the whole; `message` is a Chinese sentence that says what to do; `article` is the
    number of the article that asks for it, None when no article does.
    """

    field: str | None
    code: str
    message: str
    article: int | None = None

    def to_json(self) -> dict[str, object]:
        """The member of a problem's `errors` list."""
        return {
            "field": self.field,
            "code": self.code,
            "message": self.message,
            "article": None if self.article is None else article_name(self.article),
        }


class Problem(Exception):
    """A refusal of RFC 9457: it says what, why and what to do.

    `status` is the HTTP status, `code` the stable English name, `title` and `detail` are Chinese, `article`
    is the clause that refuses ("第三十四条"), `errors` names every objection at once, `extra` holds further
    members (a scan's id, seconds to wait).
    """

    def __init__(
        self,
        code: str,
        status: int,
        title: str,
        detail: str,
        *,
        article: str | None = None,
        errors: Sequence[Objection] = (),
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.title = title
        self.detail = detail
        self.article = article
        self.errors = tuple(errors)
        self.extra = dict(extra or {})

    def to_json(self) -> dict[str, object]:
        """The body of application/problem+json; `article` only where a rule refused."""
        body: dict[str, object] = {
            "type": f"urn:yinzheng:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "errors": [objection.to_json() for objection in self.errors],
            **self.extra,
        }
        if self.article is not None:
            body["article"] = self.article
        return body


def refused(objections: Sequence[Objection], status: int = 422, code: str = "refused") -> Problem:
    """One problem for all objections.

    It carries the first article among them and, when there is only one objection, that objection's code.
    """
    articles = [item.article for item in objections if item.article is not None]
    return Problem(
        code=objections[0].code if len(objections) == 1 else code,
        status=status,
        title="不能办理",
        detail="；".join(item.message for item in objections),
        article=article_name(articles[0]) if articles else None,
        errors=objections,
    )


def article_name(number: int) -> str:
    """An article's number in the words of the regulation: 34 → 第三十四条 (1 to 99)."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    text = ("" if tens <= 1 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    return f"第{text}条"


def whereabouts(error: BaseException) -> str:
    """Where an unforeseen error happened, for the log; never what it said: that may be anybody's data."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
