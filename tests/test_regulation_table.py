"""docs/regulation.md is true: fifty articles, ninety-eight rules, and every function, code, test and form it names."""

import ast
import functools
import importlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from service.regulation.case import EXCEPTIONS
from tests.cases import EDITION, FORMS

ROOT = Path(__file__).parent.parent
RULES = 98
COLUMNS = 9
LATER = ("3 of 5 打印提速与批次", "4 of 5 收件与核对", "5 of 5 永久保存")
PACKAGES = ("templates", "storage", "intake")
NAMED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    article: int
    rule: str
    text: str
    forms: tuple[str, ...]
    functions: tuple[str, ...]
    codes: tuple[str, ...]
    tests: tuple[str, ...]
    later: str


def rows():
    """The lines of the table, in their order."""
    lines = (ROOT / "docs" / "regulation.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert {len(line) for line in cells} == {COLUMNS}
    return [
        Row(
            int(line[0]),
            line[1],
            line[2],
            *(tuple(NAMED.findall(line[place])) for place in (4, 5, 6, 7)),
            line[8],
        )
        for line in cells
        if line[0].isdigit()
    ]


TABLE = rows()


def test_every_article_and_every_rule_is_there():
    """Fifty articles; the rules of each are numbered without a gap, ninety-eight in all."""
    assert len(TABLE) == RULES
    assert {row.article for row in TABLE} == set(EDITION.articles) == set(range(1, 51))
    for article, count in Counter(row.article for row in TABLE).items():
        named = [row.rule for row in TABLE if row.article == article]
        assert named == [f"A{article:02}-{number}" for number in range(1, count + 1)]
    assert all(row.text for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule)
def test_a_rule_is_implemented_and_tested_or_left_to_a_later_capability_by_name(row):
    """Functions are importable, tests exist, and what is left names its capability and says what is left."""
    assert row.functions or any(f"**{name}**：" in row.later for name in LATER), row.rule
    assert bool(row.functions) is bool(row.tests), row.rule
    for name in row.functions:
        assert callable(found(name)) or isinstance(found(name), tuple), name
    for name in row.tests:
        file, _, test = name.partition("::")
        assert test in defined(ROOT / "tests" / file), name
    for name in row.forms:
        assert name in FORMS.forms, name


def test_every_form_is_in_the_table():
    """Each of the papers serves some rule."""
    assert {name for row in TABLE for name in row.forms} == set(FORMS.forms)


def test_every_refusal_with_an_article_is_in_the_table_and_every_code_is_ours():
    """Nothing is refused by an article that the table does not tell, and it tells no code that nobody gives."""
    told = {code for row in TABLE for code in row.codes}
    assert refusals() - told == set()
    assert {code for code in told if f'"{code}"' not in sources()} == set()


def test_an_exception_is_a_rule_of_the_table():
    """What an authority may except from is told by its rule."""
    for code, rule in EXCEPTIONS.items():
        assert code in next(row for row in TABLE if row.rule == rule).codes


def found(name):
    """The function, class or constant of a dotted name; `service.` is left out in the table."""
    path = name.split(".") if name.startswith(PACKAGES) else ["service", *name.split(".")]
    for length in range(len(path), 0, -1):
        try:
            thing = importlib.import_module(".".join(path[:length]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, path[length:], thing)
    raise AssertionError(name)


@functools.cache
def defined(file):
    """The names of the functions in a file of tests."""
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@functools.cache
def sources():
    """The text of the whole service."""
    return "\n".join(file.read_text("utf-8") for file in sorted((ROOT / "service").rglob("*.py")))


def refusals():
    """The codes of objections and problems that carry an article, wherever they are written out."""
    return {
        code.value
        for node in ast.walk(ast.parse(sources()))
        if isinstance(node, ast.Call)
        for code in _code(node)
        if isinstance(code, ast.Constant) and isinstance(code.value, str)
    }


def _code(node):
    """The code argument of a call that refuses by an article."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    with_article = "article" in named
    if name == "objection":
        return node.args[1:2]
    if name == "Objection" and (with_article or len(node.args) > len(("field", "code", "message"))):
        return node.args[1:2] or [named["code"]]
    if name == "Problem" and with_article:
        return node.args[:1] or [named["code"]]
    return []
