"""Finds rows that hold what their columns cannot: an engine lets whoever owns it write any text for a moment or JSON."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from sqlalchemy import Boolean, Column, Connection, Date, Float, Integer, LargeBinary, Table

from storage.tables import Json, Moment, metadata

PERSONS = frozenset({"student_no", "archive"})
"""Keys that name a person: such a row is told by its place in the table."""


KINDS = ((Integer, {"integer"}), (Float, {"real", "integer"}), (LargeBinary, {"blob"}))
"""What SQLite says of the type of values that are no text."""


def unreadable(connection: Connection, *, on_server: bool) -> Iterator[str]:
    """Yield table/key of every such row, reading each table once."""
    for table in metadata.sorted_tables:
        yield from _of_server(connection, table) if on_server else _of_file(connection, table)


def _of_file(connection: Connection, table: Table) -> Iterator[str]:
    """SQLite keeps any type in any column, and any bytes as text."""
    columns = [column for column in table.columns if column.computed is None]
    wanted = ", ".join(f'typeof("{column.name}"), CAST("{column.name}" AS BLOB)' for column in columns)
    order = ", ".join(f'"{column.name}"' for column in table.primary_key)
    found = connection.exec_driver_sql(f"SELECT {wanted} FROM {table.name} ORDER BY {order}")  # noqa: S608
    for place, row in enumerate(found):
        values = zip(columns, row[::2], row[1::2], strict=True)
        if not all(_holds(column, kind, value) for column, kind, value in values):
            keys = [row[2 * columns.index(column) + 1] for column in table.primary_key]
            yield _name(table, place, [(key or b"").decode("utf-8", "replace") for key in keys])


def _of_server(connection: Connection, table: Table) -> Iterator[str]:
    """PostgreSQL holds values to their types; moments and JSON are texts to it."""
    columns = [column for column in table.columns if isinstance(column.type, Json | Moment)]
    if not columns:
        return
    keys = list(table.primary_key)
    wanted = ", ".join(f'"{column.name}"' for column in [*keys, *columns])
    order = ", ".join(f'"{column.name}"' for column in keys)
    statement = f"SELECT {wanted} FROM {table.name} ORDER BY {order}"  # noqa: S608
    # The server keeps the rest of the answer: a table may be larger than our memory.
    found = connection.exec_driver_sql(statement, execution_options={"stream_results": True})
    for place, row in enumerate(found):
        texts = zip(columns, row[len(keys) :], strict=True)
        if not all(text is None or _parses(column, text) for column, text in texts):
            yield _name(table, place, [str(key) for key in row[: len(keys)]])


def _name(table: Table, place: int, keys: Sequence[str]) -> str:
    if PERSONS & {column.name for column in table.primary_key}:
        return f"{table.name}/{place + 1}"
    return "/".join([table.name, *keys])


def _holds(column: Column[object], kind: str, value: bytes | None) -> bool:
    """Tell whether a value of SQLite's type `kind` may stand in a column."""
    if kind == "null" or value is None:
        return bool(column.nullable)
    if isinstance(column.type, Boolean):
        return kind == "integer" and value in {b"0", b"1"}
    for types, kinds in KINDS:
        if isinstance(column.type, types):
            return kind in kinds
    try:
        return kind == "text" and _parses(column, value.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _parses(column: Column[object], text: str) -> bool:
    read: Callable[[str], object] = str
    if isinstance(column.type, Json):
        read = json.loads
    elif isinstance(column.type, Moment):
        read = _moment
    elif isinstance(column.type, Date):
        read = date.fromisoformat
    try:
        read(text)
    except (ValueError, RecursionError):
        return False
    return True


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found
