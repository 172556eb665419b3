"""The database of a backup: copied as of one moment while others write, and proved whole."""

import json
import os
import sqlite3
from collections.abc import Container
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from storage.database import Rows
from storage.errors import BackupUnusable, StoreAway
from storage.named import ReadsNamed
from storage.objects.folder import system_errors
from storage.presence import Presence
from storage.schema.scopes import EVERYTHING
from storage.schema.upgrade import present
from storage.spool import KIND, READ
from storage.sqlite import translate
from storage.tables import REVISION

BUSY_SECONDS = 60.0
"""A snapshot needs a reader's place only; whoever makes or upgrades the tables holds that up for seconds."""


def copy(source: Path, target: Path) -> None:
    """Write a copy of a database as of this moment; the writers are not held up. `settle` it when it was looked into.

    One step takes all pages under one reader's snapshot: in WAL mode nobody waits for that. StoreFull or StoreAway.
    """
    if not source.is_file():
        raise StoreAway("ENOENT")
    try:
        with (
            closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as old,
            closing(sqlite3.connect(target, timeout=BUSY_SECONDS)) as new,
        ):
            old.backup(new, pages=-1)
    except sqlite3.Error as error:
        raise translate(error, "row", target.parent) from None


def proof(file: Path) -> None:
    """Let the engine prove a copied database; BackupUnusable when it finds a fault."""
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            (answer,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error:
        answer = ""
    if answer != "ok":
        raise BackupUnusable("备份中的数据库自检不通过")


def named(file: Path) -> tuple[str, frozenset[str] | None]:
    """Tell a copied database's schema, and the objects its rows name, those that wait on a host too; None where the schema is not today's."""
    rows = Rows(file, file.parent)
    try:
        with rows.reading(EVERYTHING) as connection:
            schema = present(connection)
            if schema != REVISION:
                return schema or "", None
            presence = Presence(file.parent)
            reading = ReadsNamed(connection, lambda: datetime.now(UTC), rows, presence, EVERYTHING)
            return schema, reading.named_objects() | reading.spooled()
    finally:
        rows.close()


def deliver(file: Path, held: Container[str], *, spools: bool) -> None:
    """Queue for reading what waited on some host for its store, and is `held` as an object now.

    Where the installation has `spools` no more, that is everything: nobody else would ever take it up.
    """
    waiting = "SELECT id, payload FROM jobs WHERE kind LIKE ? AND state <> 'done'"
    try:
        with closing(sqlite3.connect(file)) as database, database:
            found = database.execute(waiting, (f"{KIND}%",)).fetchall()
            there = [key for key, payload in found if not spools or json.loads(payload)["name"] in held]
            database.executemany("UPDATE jobs SET kind = ? WHERE id = ?", [(READ, key) for key in there])
    except sqlite3.Error as error:
        raise translate(error, "row", file.parent) from None


def settle(file: Path) -> None:
    """Make a copied database one file that says everything, without side files, and bring it to the disk."""
    try:
        with closing(sqlite3.connect(file)) as database:
            database.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise translate(error, "row", file.parent) from None
    with system_errors(), file.open("rb") as copied:
        os.fsync(copied.fileno())
