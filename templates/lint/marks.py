"""Finds the `{{ … }}` and `{% … %}` of a template and those that are not whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jinja2 import Environment, TemplateSyntaxError
from lxml import etree

from templates.lint.finding import Finding, found
from templates.lint.parts import Part, Parts, text_of, up

_MARK = re.compile(r"\{\{(?P<shown>.*?)\}\}|\{%(?P<asked>.*?)%\}|\{#.*?#\}", re.DOTALL)
_OPEN, _CLOSE = re.compile(r"\{\{|\{%|\{#"), re.compile(r"\}\}|%\}|#\}")
_HOLDER = re.compile(r"(tr|tc|p|r)\s+(.*)", re.DOTALL)
PARSER = Environment(autoescape=True)


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark as it is written: `kind` says whether it shows a value or asks for something."""

    part: Part
    paragraph: etree._Element
    kind: Literal["shown", "asked"]
    inner: str

    @property
    def written(self) -> str:
        """The mark with its braces."""
        return f"{{{{{self.inner}}}}}" if self.kind == "shown" else f"{{%{self.inner}%}}"

    @property
    def where(self) -> str:
        """The place in words."""
        return self.part.where(self.paragraph)


def marks(parts: Parts) -> list[Mark]:
    """Give all marks of a template in the order of its parts."""
    return [
        mark
        for part in parts.printed
        for paragraph in part.paragraphs()
        for mark in marks_of(part, paragraph)
    ]


def marks_of(part: Part, paragraph: etree._Element) -> Iterator[Mark]:
    """Give the marks of one paragraph."""
    for match in _MARK.finditer(text_of(paragraph)):
        if match["shown"] is not None:
            yield Mark(part, paragraph, "shown", match["shown"])
        elif match["asked"] is not None:
            yield Mark(part, paragraph, "asked", match["asked"])


def broken(part: Part, paragraph: etree._Element) -> Iterator[Finding]:
    """Find braces that have no partner in their paragraph."""
    rest = _MARK.sub("", text_of(paragraph))
    opening, closing = _OPEN.search(rest), _CLOSE.search(rest)
    if opening:
        open_mark = rest[opening.start() :][:30]
        following = paragraph.getnext()
        split = following is not None and _CLOSE.search(_MARK.sub("", "".join(following.itertext())))
        yield found("mark_split" if split else "mark_syntax", part.where(paragraph), open_mark)
    elif closing:
        before = paragraph.getprevious()
        if before is None or not _OPEN.search(_MARK.sub("", "".join(before.itertext()))):
            yield found("mark_syntax", part.where(paragraph), rest[: closing.end()][-30:])


def unbalanced(written: Sequence[Mark]) -> Iterator[Finding]:
    """Let jinja read the statements alone, one a line, so that its complaint names the mark."""
    asked = [mark for mark in written if mark.kind == "asked"]
    source = "\n".join(f"{{% {statement(mark.inner)[1]} %}}" for mark in asked)
    try:
        PARSER.parse(source)
    except TemplateSyntaxError as problem:
        mark = asked[min(max(problem.lineno, 1), len(asked)) - 1]
        yield found("mark_syntax", mark.where, mark.written)


def statement(inner: str) -> tuple[str, str]:
    """Split `tr for row in rows` into what it takes the place of ('' for nothing) and the statement."""
    holder = _HOLDER.fullmatch(inner.strip().strip("-").strip()) if inner[:1] != " " else None
    return (holder[1], holder[2].strip()) if holder else ("", inner.strip().strip("-").strip())


def alone(mark: Mark, holder: str) -> bool:
    """Tell whether nothing else stands in the paragraph or row that a `{%p %}` or `{%tr %}` takes away."""
    around = up(mark.paragraph, {"tr": "tr", "tc": "tc", "p": "p", "r": "r"}[holder])
    texts = (
        [mark.paragraph] if around is None or holder in {"p", "r"} else list(around.iter(mark.paragraph.tag))
    )
    return "".join(text_of(paragraph) for paragraph in texts).strip() == mark.written
