"""The only place where a template's `{{ marks }}` are carried out: a jinja sandbox that can do very little."""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Literal, NoReturn, Self

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from templates.errors import NotStampable, TemplateRefused

# A printed text comes out of the template between these private-use characters: its number, its text.
START, MIDDLE, END = "\uf8f0", "\uf8f1", "\uf8f2"
_PICTURED = "\uf8f3"  # stands before the name of a person's picture in an outline
MAX_OUTPUT = (
    64 << 20
)  # characters one part may grow to; a form has 0.2 million, a roster of 2000 rows 20 million
MAX_MARKS = 0xFFFF  # printed texts in one paper: what two bytes of a colour can number; 2000 rows have 26 000
_ALLOWED = (
    *(nodes.Template, nodes.TemplateData, nodes.Output, nodes.If, nodes.For, nodes.CondExpr),
    *(nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Const, nodes.Neg, nodes.Call),
    *(nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
"""What a template may be written with. A text that is set to itself twice over, or a loop in a loop, would take
the machine's memory or its time before anything is printed."""

Kind = Literal["value", "furniture", "seal", "sign", "plain"]


class Shown(str):
    """A text that is traced onto the paper: comparing works as with any string, printing numbers it.

    Kind `plain` is a repeat or a sum that nobody compares, traced only because it differs from paper to paper.
    """

    __slots__ = ("kind", "name")
    kind: Kind
    name: str

    def __new__(cls, text: str, kind: Kind, name: str) -> Self:
        """Make a traced text of a kind (value, furniture, seal, sign, plain) and a field or block name."""
        made = super().__new__(cls, text)
        made.kind, made.name = kind, name
        return made


class Wording(str):
    """A text that belongs to a form or an edition of the regulation, and so to every paper of its sort."""

    __slots__ = ()


class Names:
    """Values by name that a template may ask for, `row.student_name` or `text.effect`, and nothing else."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


class Picture:
    """A picture: the XML that stands for it where a template says `{{ code }}` or `{{ photo }}`.

    `name` is the field of a person's picture, "" for the code, which every paper has in the same place.
    """

    name = ""

    def __init__(self, xml: str) -> None:
        self._xml = Markup(xml)  # noqa: S704 - made by docxtpl from our own picture

    def __html__(self) -> str:
        return self._xml


class MarkFunction:
    """`seal` or `sign` in a template: gives a block's printed label, and nothing else can be called."""

    def __init__(self, kind: Literal["seal", "sign"], labels: Mapping[str, str]) -> None:
        self._kind: Literal["seal", "sign"] = kind
        self._labels = labels

    def __call__(self, block: str) -> Shown:
        """Give the label of a block; raises TemplateRefused for a block the form does not have."""
        if block not in self._labels:
            raise TemplateRefused("syntax", f"{self._kind}('{str(block)[:30]}')")
        return Shown(self._labels[block], self._kind, block)


class _Tracer:
    """Numbers what is printed during one rendering, in the order it is printed; empty texts are nothing.

    With `dress` every text is replaced by what that makes of it, empty ones too.
    """

    def __init__(self, first: int, dress: Callable[[Shown], str] | None = None) -> None:
        self._first = first
        self._dress = dress
        self.printed: list[Shown] = []

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, Shown):
            return value
        if self._dress is not None:
            value = Shown(self._dress(value), value.kind, value.name)
        if not value:
            return ""
        number = self._first + len(self.printed)
        if number > MAX_MARKS:
            raise SecurityError("too many printed texts")
        self.printed.append(value)
        body = escape(str(value))
        return Markup(f"{START}{number}{MIDDLE}{body}{END}")  # noqa: S704 - body is escaped


class _Outliner:
    """Leaves a hole for everything that differs from paper to paper, and notes the texts, empty ones too.

    `known` are the words of the template itself. Any other text that is not traced, such as a part of a name, would
    be taken for the template's own: NotStampable(untraced).
    """

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self.printed: list[Shown] = []

    def __call__(self, value: Any) -> Any:
        if isinstance(value, Picture):
            return _PICTURED + value.name if value.name else value
        if isinstance(value, Shown):
            self.printed.append(value)
            return START
        if isinstance(value, str) and not isinstance(value, Wording) and value not in self._known:
            raise NotStampable("untraced")
        return value


_TRACER: ContextVar[_Tracer | _Outliner] = ContextVar("tracer")  # one per rendering, so threads do not meet


def _trace(value: Any) -> Any:
    tracer = _TRACER.get(None)
    return value if tracer is None else tracer(value)


class _Environment(ImmutableSandboxedEnvironment):
    """Names, conditions and loops only: no filters but `default`, no functions but ours, no arithmetic bombs."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self, tracer: Callable[[Any], Any]) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined, finalize=tracer)
        default = self.filters["default"]
        self.filters.clear()
        self.filters["default"] = default
        self.globals.clear()

    def is_safe_callable(self, obj: Any) -> bool:
        return isinstance(obj, MarkFunction)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return super().is_safe_attribute(obj, attr, value) and not isinstance(obj, Shown | Picture)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> NoReturn:  # noqa: ARG002 - jinja's signature
        raise SecurityError(f"operator {operator}")


class Program:
    """The compiled marks of one Word part; `run` carries them out for one paper."""

    def __init__(self, xml: str) -> None:
        """Compile; raises TemplateRefused(syntax), or (forbidden) for what could compute without end."""
        self._environment = _Environment(_trace)
        try:
            parsed = self._environment.parse(xml)
            _harmless(parsed)
            consts = (node.value for node in parsed.find_all(nodes.Const))
            self._known = frozenset(["", *(value for value in consts if isinstance(value, str))])
            self._template: Template = self._environment.from_string(parsed)
        except (SyntaxError, TemplateSyntaxError, RecursionError) as problem:
            raise TemplateRefused("syntax", _short(problem)) from problem

    def run(
        self, context: Mapping[str, Any], first: int, dress: Callable[[Shown], str] | None = None
    ) -> tuple[str, list[Shown]]:
        """Give the part's XML and what was printed in it, numbered from `first`; raises TemplateRefused.

        With `dress` it is printed in other words (see `_Tracer`).
        """
        tracer = _Tracer(first, dress)
        return "".join(self._carried_out(context, tracer)), tracer.printed

    def outline(self, context: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Shown]]:
        """Give all that stands around the printed texts, and these, empty ones too; raises TemplateRefused.

        Papers with the same outline differ in nothing but these texts and their photos. NotStampable(untraced) when
        the template prints a text that is not traced.
        """
        outliner = _Outliner(self._known)
        return tuple(self._carried_out(context, outliner)), outliner.printed

    def _carried_out(self, context: Mapping[str, Any], tracer: _Tracer | _Outliner) -> list[str]:
        token = _TRACER.set(tracer)
        try:
            return list(_bounded(self._template.generate(context)))
        except SecurityError as problem:
            raise TemplateRefused("forbidden", _short(problem)) from problem
        except UndefinedError as problem:
            raise TemplateRefused("syntax", _short(problem)) from problem
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, RecursionError) as problem:
            raise TemplateRefused("forbidden", type(problem).__name__) from problem
        finally:
            _TRACER.reset(token)


def _harmless(parsed: nodes.Template) -> None:
    for node in parsed.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise TemplateRefused("forbidden", type(node).__name__)
        if isinstance(node, nodes.For) and node.find(nodes.For):
            raise TemplateRefused("forbidden", "for … for")


def _bounded(pieces: Iterator[str]) -> Iterator[str]:
    length = 0
    for piece in pieces:
        length += len(piece)
        if length > MAX_OUTPUT:
            raise SecurityError("output too long")
        yield piece


def _short(problem: Exception) -> str:
    return str(problem).splitlines()[0][:60] if str(problem) else type(problem).__name__
