"""What every group of reading and writing methods stands on: one connection, the clock, who we are, our own errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Row, Select, Table, select

from storage.committed import ROWS, Fact, kept
from storage.database import DATABASE_ERRORS, READ_ERRORS, VALUE_ERRORS, Rows
from storage.errors import NotFound, OutOfScope
from storage.presence import Presence
from storage.schema.scopes import EVERYTHING

AnyRow = Row[*tuple[Any, ...]]
MAX_ID_DIGITS = 18
"""Ids are 64-bit integers written in decimal; a longer text cannot be one."""
KEYS_AT_ONCE = 500
"""Keys in one IN list: every engine takes so many, and the statement stays small."""


def select_record(table: Table, record: type[Any]) -> Select[*tuple[Any, ...]]:
    """Select a table's columns in the order of a record's fields, so that `record(*row)` builds it."""
    return select(*(table.c[field.name] for field in fields(record)))


class Session:
    """One open transaction; an error it raises ends the transaction, so leave the `with` block."""

    def __init__(
        self,
        connection: Connection,
        now: Callable[[], datetime],
        engine: Rows,
        presence: Presence,
        scope: str,
    ) -> None:
        self._connection = connection
        self._now = now
        self._engine = engine
        self._translate = engine.translate
        self._presence = presence
        self._scope = scope
        self._beyond = scope == EVERYTHING or not engine.on_server
        self._facts: list[Fact] = []
        """What this transaction has done that the log tells of, in this order."""

    @contextmanager
    def beyond_scope(self) -> Iterator[None]:
        """Look beyond the caller's scope, for what must be one in the whole archive or to decide on a refusal; tell nobody what was seen."""
        if self._beyond:
            yield
            return
        self._beyond = True
        try:
            with self._engine.everything(self._connection, self._scope):
                yield
        finally:
            self._beyond = False

    def _rows(
        self, kind: str, statement: Executable, values: Mapping[str, object] | None = None
    ) -> Sequence[AnyRow]:
        try:
            return self._connection.execute(statement, values).all()
        except READ_ERRORS as error:
            raise self._translate(error, kind) from None

    def _first(
        self, kind: str, statement: Executable, values: Mapping[str, object] | None = None
    ) -> AnyRow | None:
        try:
            return self._connection.execute(statement, values).first()
        except READ_ERRORS as error:
            raise self._translate(error, kind) from None

    def _one(self, kind: str, statement: Executable, values: Mapping[str, object] | None = None) -> AnyRow:
        row = self._first(kind, statement, values)
        if row is None:
            raise self._unseen(kind, statement, values)
        return row

    def _unseen(self, kind: str, statement: Executable, values: Mapping[str, object] | None) -> Exception:
        """Tell apart what is not there from what is not within the scope."""
        if self._beyond:
            return NotFound(kind)
        with self.beyond_scope():
            there = self._first(kind, statement, values) is not None
        return OutOfScope(kind) if there else NotFound(kind)

    def _do(self, kind: str, statement: Executable, values: Mapping[str, object] | None = None) -> int:
        """Run a statement that changes rows and tell how many it changed."""
        try:
            result = self._connection.execute(statement, values)
            return int(result.rowcount)
        except (*DATABASE_ERRORS, *VALUE_ERRORS) as error:
            raise self._translate(error, kind) from None

    def _insert(self, kind: str, table: Table, values: Mapping[str, object]) -> int:
        """Insert a row and return the id the database gave it (0 for tables with keys of their own)."""
        try:
            result = self._connection.execute(table.insert(), values)
            key = result.inserted_primary_key
        except (*DATABASE_ERRORS, *VALUE_ERRORS) as error:
            raise self._translate(error, kind) from None
        made = key[0] if key and isinstance(key[0], int) else 0
        self._note(table, [{"id": made, **values}])
        return made

    def _insert_many(self, kind: str, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows, which all have the same columns, in one call of the driver: five times as fast as one by one."""
        if rows:
            self._do_many(kind, table.insert().inline(), rows)
            self._note(table, rows)

    def _note(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        """Let the log tell of new rows, where their table is kept for ever."""
        if table.name in ROWS:
            self._facts += [kept(table.name, row) for row in rows]

    def _insert_many_ids(self, kind: str, table: Table, rows: Sequence[Mapping[str, object]]) -> list[int]:
        """Insert rows as above and return the ids the database gave them, in order."""
        if not rows:
            return []
        statement = table.insert().returning(table.c.id, sort_by_parameter_order=True)
        try:
            return list(self._connection.execute(statement, rows).scalars())
        except (*DATABASE_ERRORS, *VALUE_ERRORS) as error:
            raise self._translate(error, kind) from None

    def _do_many(self, kind: str, statement: Executable, values: Sequence[Mapping[str, object]]) -> int:
        """Run a statement once for each of several values, at least one; tell how many rows it changed in all."""
        try:
            return int(self._connection.execute(statement, values).rowcount)
        except (*DATABASE_ERRORS, *VALUE_ERRORS) as error:
            raise self._translate(error, kind) from None


def portions(keys: Iterable[str]) -> Iterator[list[str]]:
    """Split keys, each of them once, into lists that are short enough for an IN list."""
    once = list(dict.fromkeys(keys))
    for start in range(0, len(once), KEYS_AT_ONCE):
        yield once[start : start + KEYS_AT_ONCE]


def id_number(text: str, kind: str) -> int:
    """Read an id as it stands in a URL; NotFound for a text that cannot be one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS):
        raise NotFound(kind)
    return int(text)
