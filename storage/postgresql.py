"""PostgreSQL: how it is reached, how one writes at a time, who may work on it, and what its errors mean."""

import time

from sqlalchemy import URL, Connection, Engine, ForeignKey, create_engine, exists, make_url, select, text
from sqlalchemy.exc import ArgumentError

from storage.errors import (
    AlreadyThere,
    BadRow,
    Frozen,
    NotFound,
    NotPrepared,
    OutOfScope,
    StorageError,
    StoreAway,
    StoreFull,
)
from storage.schema.guards import functions
from storage.sqlite import BUSY_SECONDS, VALUE_ERRORS
from storage.tables import metadata

KEPT_CONNECTIONS = 4
EXTRA_CONNECTIONS = 12
"""Sixteen for each process at most: a service and five workers stay below the hundred a server admits by itself."""
RECYCLE_SECONDS = 1800
"""Firewalls forget connections that are silent for longer."""
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 60
"""No statement of ours runs this long, except a migration's."""
IDLE_SECONDS = 60
"""A reader that was cut off in the middle, or computes for longer, is ended after so long."""
WRITER_IDLE_SECONDS = 25
"""A writer that was cut off in the middle lets go of the others after so long. In between it asks the object store for
the size of a file, which is given up after two tries of ten seconds."""
UNACKNOWLEDGED_SECONDS = 15
"""After this long without a sign of life from the server's machine the connection is given up, with data under way or
without."""
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 5, "keepalives_count": 2}
"""Who waits for an answer asks after so many silent seconds whether the other machine is there: the same fifteen."""
WRITERS = 0x79696E7A68656E67
"""The advisory lock of whoever writes, "yinzheng" in ASCII: as on SQLite, writers come one at a time."""
UPGRADES = WRITERS + 1
"""The advisory lock of whoever makes or upgrades the tables."""

_BAD_VALUE_CLASS = "22"  # data exceptions: too long, too large, no Unicode
_BAD_VALUES = frozenset({"23502", "23514"})
_FULL = frozenset({"53100"})
_open = text("SELECT set_config('yinzheng.scope', :scope, true)")
_open_alone = text(
    "SELECT set_config('yinzheng.scope', :scope, true),"
    " set_config('idle_in_transaction_session_timeout', :idle, true), pg_advisory_xact_lock(:lock)"
)
_login = text(
    "SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relkind = 'r' AND pg_has_role(c.relowner, 'MEMBER'))"
    " FROM pg_roles r WHERE r.rolname = current_user"
)
_texts = text(
    "SELECT pg_encoding_to_char(encoding) = 'UTF8' AND datcollate IN ('C', 'POSIX') AND datlocprovider <> 'i'"
    " FROM pg_database WHERE datname = current_database()"
)
_triggers = text(
    "SELECT t.tgname, p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
)
_policies = text(
    "SELECT p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relrowsecurity"
)
_clock = text("SELECT extract(epoch FROM clock_timestamp())")
_invalid = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")


def connect(url: str) -> Engine:
    """Make the engine of a server's database; a connection that died is noticed before it is used. BadRow for no URL."""
    settings = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": BUSY_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
    }
    return create_engine(
        driver_url(url),
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": UNACKNOWLEDGED_SECONDS * 1000,
            **KEEPALIVE,
            "application_name": "yinzheng",
            "client_encoding": "utf8",
            "options": " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in settings.items()),
        },
        pool_size=KEPT_CONNECTIONS,
        max_overflow=EXTRA_CONNECTIONS,
        pool_timeout=BUSY_SECONDS,
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
    )


def driver_url(url: str) -> URL:
    """Read `postgresql://user:password@host:port/database`; NotPrepared for anything else, without repeating it."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError):
        read = URL.create("none")
    if read.drivername != "postgresql" or not (read.username and read.host and read.database):
        raise NotPrepared("数据库地址应写成 postgresql://用户@主机:端口/库名")
    return read.set(drivername="postgresql+psycopg")


def open_transaction(connection: Connection, scope: str, *, alone: bool) -> None:
    """Say for whom a transaction acts; one that writes waits here for the writer before it."""
    if alone:
        idle = f"{WRITER_IDLE_SECONDS}s"
        connection.execute(_open_alone, {"scope": scope, "lock": WRITERS, "idle": idle})
    else:
        connection.execute(_open, {"scope": scope})


def rescope(connection: Connection, scope: str) -> None:
    """Let the open transaction see another scope from here on."""
    connection.execute(_open, {"scope": scope})


def require_login(connection: Connection) -> None:
    """Refuse a login that row level security would not hold: a superuser, one that passes it by, the tables' owner."""
    if connection.execute(_login).scalar_one():
        raise NotPrepared("服务所用的登录名是表的所有者或超级用户，行级权限对它无效")


def prepare(connection: Connection) -> None:
    """Wait for whoever upgrades just now, without a time limit, in a database whose texts sort by their code points."""
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADES})
    if not connection.execute(_texts).scalar_one():
        raise NotPrepared(
            "数据库须以 UTF8 编码、C 排序规则建立（ENCODING 'UTF8' LC_COLLATE 'C' TEMPLATE template0）"
        )


def grant(connection: Connection, login: str) -> None:
    """Let the service's login work on the tables: read, add and change, and delete nothing but claims on answers."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(login)
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {quoted}",
        f"REVOKE INSERT, UPDATE ON alembic_version FROM {quoted}",
        f"GRANT DELETE ON answers TO {quoted}",
    ):
        connection.exec_driver_sql(statement)


def translate(error: Exception, kind: str) -> StorageError:
    """Say in our words what the server or the driver said; `kind` names the row it was about."""
    original = getattr(error, "orig", None) or error
    state = str(getattr(original, "sqlstate", None) or "")
    told: dict[str, StorageError] = {
        "23505": AlreadyThere(kind),
        "23503": NotFound("reference"),
        "YZ001": Frozen(),
        "42501": OutOfScope(kind),
    }
    if state in told:
        return told[state]
    if state in _FULL:
        return StoreFull()
    if state in _BAD_VALUES or state.startswith(_BAD_VALUE_CLASS) or _unwritable(original, state):
        return BadRow()
    return StoreAway(f"PostgreSQL {state or type(original).__name__}")


def _unwritable(original: Exception, state: str) -> bool:
    """Tell whether the driver refused a value before the server saw it."""
    refused = isinstance(original, (*VALUE_ERRORS, TypeError))
    return refused or (not state and type(original).__name__ in {"ProgrammingError", "DataError"})


def guards(connection: Connection) -> set[str]:
    """Names of the triggers and policies that stand, are switched on, and whose functions say what we wrote."""
    ours = functions()
    standing = {row.tgname for row in connection.execute(_triggers) if ours.get(row.proname) == row.prosrc}
    return standing | set(connection.execute(_policies).scalars())


def skew(connection: Connection) -> float:
    """Seconds by which this machine's clock is ahead of the server's, give or take half the way there and back."""
    before = time.time()
    told = float(connection.execute(_clock).scalar_one())
    return (before + time.time()) / 2 - told


def faults(connection: Connection) -> list[str]:
    """What is wrong in the server's own eyes: indexes it does not answer for, and tables whose references lead nowhere."""
    damaged = list(connection.execute(_invalid).scalars())
    keys = [(table, key) for table in metadata.sorted_tables for key in table.foreign_keys]
    return damaged + [
        f"{table.name} -> {key.target_fullname.partition('.')[0]}"
        for table, key in keys
        if _dangles(connection, key)
    ]


def _dangles(connection: Connection, key: ForeignKey) -> bool:
    """Tell whether a row points to one that is gone; a superuser can take it out behind the constraint's back."""
    pointing, target = key.parent, key.column.table.alias()
    found = exists().where(target.c[key.column.name] == pointing)
    return bool(connection.execute(select(exists().where(pointing.is_not(None), ~found))).scalar_one())
