"""Every row of an installation from one engine to the other, as of one moment: a server's backup is a database file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, func, inspect, select, text

from storage import postgresql
from storage.database import DATABASE_ERRORS, Rows, login_of, prepare
from storage.errors import BackupUnusable
from storage.schema.guards import GUARDS, ddl
from storage.schema.scopes import EVERYTHING
from storage.tables import Json, Moment, metadata

AT_ONCE: Final = 1000
"""Rows on their way at once."""
FIRST_ROWS: Final = {"log_head": 1}
"""Rows that the migrations themselves write into an empty database: they make room for those that come."""


def copy_out(url: str, target: Path) -> None:
    """Write every row of a server's database into a new database file, as of one moment; the writers are not held up.

    The service's login is enough: it acts for everybody. NotPrepared when the tables are not today's.
    """
    source, file = Rows(url, target.parent), Rows(target, target.parent)
    try:
        source.make_ready()
        file.make_ready()
        with source.reading(EVERYTHING) as here, file.writing(EVERYTHING) as there:
            there.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for table in _plain():
                with _emptied(there, table):
                    _moved(here, there, table)
    finally:
        source.close()
        file.close()


def copy_in(file: Path, url: str, owner: str, placed: Callable[[], None]) -> None:
    """Write every row of a database file into a server's empty database, as the tables' owner (a URL), all or nothing.

    `url` is the service's, whose login is let to the tables. What else is restored gets its place in `placed`, just
    before the rows are committed. BackupUnusable when the database holds rows already.
    """
    prepare(owner, login_of(url))
    source, engine = Rows(file, file.parent), postgresql.connect(owner)
    try:
        source.make_ready()  # a backup of an earlier release
        with source.reading(EVERYTHING) as here, engine.begin() as there:
            there.exec_driver_sql("SET LOCAL statement_timeout = 0")
            for table in _plain():
                _refuse_full(there, table)
            with _references_later(there):
                for table in _plain():
                    with _emptied(there, table):
                        _moved(here, there, table)
                    _count_on(there, table)
            placed()
    except DATABASE_ERRORS as error:
        raise postgresql.translate(error, "row") from None
    finally:
        source.close()
        engine.dispose()


def require_empty(owner: str, url: str) -> None:
    """Refuse a server's database that holds rows already, before anything is brought anywhere; its tables are made."""
    prepare(owner, login_of(url))
    engine = postgresql.connect(owner)
    try:
        with engine.connect() as there:
            for table in _plain():
                _refuse_full(there, table)
    except DATABASE_ERRORS as error:
        raise postgresql.translate(error, "row") from None
    finally:
        engine.dispose()


def _plain() -> Iterator[Table]:
    """Every table, those first that others point to, with values as they are written: no JSON or moment is read on the way."""
    for table in metadata.sorted_tables:
        columns = [
            Column(column.name, _as_written(column), primary_key=column.primary_key)
            for column in table.columns
            if column.computed is None
        ]
        yield Table(table.name, MetaData(), *columns)


def _as_written(column: Column[Any]) -> Any:
    if isinstance(column.type, Moment):
        return String(27)
    return Text() if isinstance(column.type, Json) else column.type


def _moved(here: Connection, there: Connection, table: Table) -> None:
    wanted = select(table).order_by(*table.primary_key.columns)
    found = here.execute(wanted, execution_options={"stream_results": True, "yield_per": AT_ONCE}).mappings()
    insert = table.insert().inline()
    for rows in found.partitions():
        there.execute(insert, [dict(row) for row in rows])


def _refuse_full(there: Connection, table: Table) -> None:
    count = there.execute(select(func.count()).select_from(select(table).limit(2).subquery())).scalar_one()
    if count > FIRST_ROWS.get(table.name, 0):
        raise BackupUnusable("要恢复到的数据库里已有记录")


@contextmanager
def _emptied(there: Connection, table: Table) -> Iterator[None]:
    """Take the rows out that a migration wrote, past the guards of their table, which stand again afterwards."""
    if table.name not in FIRST_ROWS:
        yield
        return
    guards = [guard for guard in GUARDS if guard.table == table.name]
    on_server = there.dialect.name == "postgresql"
    if on_server:
        there.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    else:
        for guard in guards:
            there.exec_driver_sql(f"DROP TRIGGER {guard.name}")
    there.execute(table.delete())
    yield
    if on_server:
        there.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")
    else:
        for guard in guards:
            there.exec_driver_sql(ddl(guard, "sqlite"))


@contextmanager
def _references_later(there: Connection) -> Iterator[None]:
    """Ask whether rows that point to their own table point to a row only when all are there."""
    own = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is table
    }
    keys = [
        (name, str(key["name"]))
        for name in sorted(own)
        for key in inspect(there).get_foreign_keys(name)
        if key["referred_table"] == name
    ]
    for name, key in keys:
        there.exec_driver_sql(f'ALTER TABLE {name} ALTER CONSTRAINT "{key}" DEFERRABLE INITIALLY DEFERRED')
    yield
    there.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for name, key in keys:
        there.exec_driver_sql(f'ALTER TABLE {name} ALTER CONSTRAINT "{key}" NOT DEFERRABLE')


def _count_on(there: Connection, table: Table) -> None:
    """Let the numbers that the server gives go on behind those that came."""
    for column in table.primary_key.columns:
        asked = text("SELECT pg_get_serial_sequence(:name, :column)")
        sequence = there.execute(asked, {"name": table.name, "column": column.name}).scalar_one()
        if sequence is not None:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            there.execute(select(func.setval(sequence, highest, False)))
