"""SQLite in the data folder: how it is opened, how one writes at a time, and what its errors mean."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from storage.errors import AlreadyThere, BadRow, Frozen, NotFound, StorageError, StoreAway, StoreFull

BUSY_SECONDS = 10.0
"""A writer waits this long for the others: 8 writers at a few ms each are far below it, a hung one is told."""
POLL_SECONDS = 0.002
"""How often it asks for its turn. SQLite's own waiting asks ever more seldom, up to ten times a second: a writer that
waited long would lose every turn to those that come anew."""
KEPT_CONNECTIONS = 8
EXTRA_CONNECTIONS = 56
"""More threads than a web server's pool has (40), so that a connection is never what a request waits for."""
NO_ROOM = 64 * 1024
"""Bytes: with less than this free, an I/O error of the engine is the full disk speaking."""
DATABASE_ERRORS = (sqlite3.Error,)
"""What the driver raises of itself, where our own hooks ask it."""
VALUE_ERRORS = (UnicodeEncodeError, OverflowError)
"""What the driver raises for a value it cannot write, before the engine sees it."""
BAD_VALUE = frozenset(
    {"SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_NOTNULL", "SQLITE_TOOBIG", "TypeError", "ProgrammingError"}
)
_PRIMARY = 0xFF  # of an error code: the rest says which of its kinds
WRITES = "yinzheng_writes"
"""Execution option of a connection that will write: it takes the writer's lock at once, never half way."""


def connect(file: Path) -> Engine:
    """Make the engine of a database file; WAL, every commit fsynced, foreign keys checked."""
    engine = create_engine(
        URL.create("sqlite", database=str(file)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None, "cached_statements": 256},
        pool_size=KEPT_CONNECTIONS,
        max_overflow=EXTRA_CONNECTIONS,
        pool_timeout=BUSY_SECONDS,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _settle)
    event.listen(engine, "begin", _beginner())
    return engine


def _settle(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _beginner() -> Callable[[Connection], None]:
    """Make what begins a transaction; the threads of this process queue up for the writer's lock, so that one asks."""
    queue = threading.Lock()

    def begin(connection: Connection) -> None:
        driver = _driver(connection)
        if not connection.get_execution_options().get(WRITES, False):
            driver.execute("BEGIN")
            return
        end = time.monotonic() + BUSY_SECONDS
        first = queue.acquire(timeout=BUSY_SECONDS)
        try:
            _begin_writing(driver, end)
        finally:
            if first:
                queue.release()

    return begin


def _begin_writing(driver: sqlite3.Connection, end: float) -> None:
    """Take the writer's lock; sqlite3.OperationalError when nobody has let go of it by `end`."""
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver: Any = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def translate(error: Exception, kind: str, folder: Path) -> StorageError:
    """Say in our words what the engine said; `kind` names the row it was about, `folder` the disk that may be full."""
    name = _name(error)
    if name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}:
        return AlreadyThere(kind)
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return NotFound("reference")
    if name == "SQLITE_CONSTRAINT_TRIGGER":
        return Frozen()
    if name == "SQLITE_FULL" or (name.startswith("SQLITE_IOERR") and _no_room(folder)):
        return StoreFull()
    if isinstance(error, VALUE_ERRORS) or name in BAD_VALUE:
        return BadRow()
    return StoreAway(name)


def _name(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return getattr(original, "sqlite_errorname", None) or type(original).__name__


def _no_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NO_ROOM
    except OSError:
        return False


def guards(connection: Connection) -> set[str]:
    """Names of the triggers that are really there: whoever can open the file could have dropped one."""
    rows = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    return set(rows.scalars())


def faults(connection: Connection) -> list[str]:
    """What the engine itself finds wrong: damaged pages, and the tables whose references lead nowhere."""
    damaged = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [line for line in damaged if line != "ok"] + [f"{row[0]} -> {row[2]}" for row in dangling]
