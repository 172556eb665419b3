"""Changes that SQLite and PostgreSQL write differently: a migration says what it wants, this module says it to the engine.

New tables are written with Alembic's own operations; whole numbers are of type WHOLE, which has 64 bits on both.
"""

import re

import sqlalchemy as sa
from alembic import op

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A whole number of 64 bits; an id of this type counts by itself on both engines."""


def is_server() -> bool:
    """Tell whether the migration runs on PostgreSQL."""
    return op.get_bind().dialect.name == "postgresql"


def whole() -> str:
    """Write the type WHOLE for a statement of one's own."""
    return "BIGINT" if is_server() else "INTEGER"


def may_be_missing(table: str, column: str, kind: str) -> None:
    """Take NOT NULL from a column that was written with type `kind`; ValueError when the schema's text is another.

    In SQLite's own schema, as sqlite.org/lang_altertable.html §7 tells: no row is copied and no trigger is dropped
    meanwhile; what is kept, and what points to it, stays where it is.
    """
    if is_server():
        op.alter_column(table, column, nullable=True)
        return
    _rewrite(table, f"{column} {kind} NOT NULL", f"{column} {kind}")
    columns = op.get_bind().exec_driver_sql(f"PRAGMA table_info({table})").all()
    if any(found.name == column and found.notnull for found in columns):
        raise ValueError(f"{table}.{column}")


def generated(table: str, column: str, source: str) -> None:
    """Show a member of a column's JSON as a column of its name, so that it can be indexed; the value stays where it is.

    PostgreSQL 15 has no virtual columns: there it is stored, and always follows its source.
    """
    shown = (
        f"({source}::json ->> '{column}')) STORED"
        if is_server()
        else f"json_extract({source}, '$.{column}')) VIRTUAL"
    )
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT GENERATED ALWAYS AS ({shown}")


def add_kind(last: str, kind: str) -> None:
    """Let entries be of one kind more, behind `last`, which ends the list so far; ValueError when it does not."""
    if is_server():
        _add_kind_by_check(last, kind)
    elif not _rewrite("entries", f"'{last}')", f"'{last}', '{kind}')"):
        raise ValueError("entries.kind")


def _rewrite(table: str, old: str, new: str) -> bool:
    """Change the text of a table in SQLite's schema; tell whether it was there."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?)",
        (old, new, table, old),
    )
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
    return changed.rowcount == 1


def _add_kind_by_check(last: str, kind: str) -> None:
    """Put another CHECK in the place of the one that lists the kinds; the server checks every row by it."""
    wanted = sa.text(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'entries'::regclass AND contype = 'c'"
    )
    for name, text in op.get_bind().execute(wanted).all():
        kinds = re.findall(r"'(\w+)'", text)
        if "ARRAY" in text and kinds[-1:] == [last]:
            op.drop_constraint(name, "entries")
            op.create_check_constraint(name, "entries", sa.column("kind").in_([*kinds, kind]))
            return
    raise ValueError("entries.kind")
