"""Many rows in one parameter: the engine itself takes a JSON array apart, so a statement is no longer for a thousand rows than for one."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, bindparam, cast, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Each(FunctionElement[Any]):
    """The elements of a JSON array as rows of one column, `value`."""

    name = "each"
    inherit_cache = True


class _Among(FunctionElement[Any]):
    """Whether a column's text is one of a JSON array; of no type, or it would be asked in SQLite whether that is 1."""

    name = "among"
    inherit_cache = True


@compiles(_Each, "sqlite")
def _each_in_file(element: _Each, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(_Each, "postgresql")
def _each_on_server(element: _Each, compiler: SQLCompiler, **more: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **more)} AS JSON))"


@compiles(_Among, "sqlite")
def _among_in_file(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    column, texts = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({texts}))"  # noqa: S608


@compiles(_Among, "postgresql")
def _among_on_server(element: _Among, compiler: SQLCompiler, **more: Any) -> str:
    # As an array the texts are looked up in the column's index one by one; joined with, the whole table is read.
    column, texts = (compiler.process(part, **more) for part in element.clauses)
    return f"{column} = ANY (ARRAY(SELECT json_array_elements_text(CAST({texts} AS JSON))))"


class Each:
    """The rows of one parameter, named `name`, as a statement sees them; each is an array of texts and whole numbers."""

    def __init__(self, name: str) -> None:
        self._value = _Each(bindparam(name, type_=Text)).table_valued("value", name=name).c.value

    def text(self, place: int) -> ColumnElement[str]:
        """What stands at a place of each row."""
        return self._value.op("->>")(literal_column(str(place)))

    def whole(self, place: int) -> ColumnElement[int]:
        """The whole number at a place of each row."""
        return cast(self.text(place), BigInteger)


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Ask for the rows whose `column` is one of the texts in the parameter named `name`."""
    return _Among(column, bindparam(name, type_=Text))


def array(items: Iterable[str | Sequence[str | int]]) -> str:
    """Write rows, or texts, as the parameter's value."""
    return json.dumps(list(items), ensure_ascii=False, separators=(",", ":"))
