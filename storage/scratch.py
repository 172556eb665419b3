"""What a check sets aside until it reads the objects: sorted and joined on disk by a nameless SQLite file that goes with it."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from storage import sqlite

CACHE_KB = 64 * 1024
"""Of memory; the rest lies on the disk of temporary files, about 0.5 KB for a paper."""
_TABLES = """
CREATE TABLE named (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE seen (name TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID;
CREATE TABLE filed (entry TEXT, name TEXT, size INTEGER);
CREATE TABLE layouts (serial TEXT, name TEXT, record TEXT);
CREATE TABLE effective (serial TEXT);
CREATE TABLE checks (serial TEXT, name TEXT, PRIMARY KEY (serial, name)) WITHOUT ROWID;
CREATE TABLE given (review TEXT, answer TEXT, PRIMARY KEY (review, answer)) WITHOUT ROWID;
"""


class Scratch:
    """Rows of a few columns: objects that rows name, those seen (`size` None when damaged), and what is to be held against their bytes."""

    def __init__(self) -> None:
        with _told():
            self._database = sqlite3.connect("", isolation_level=None)
            self._database.execute(f"PRAGMA cache_size=-{CACHE_KB}")
            self._database.execute("PRAGMA journal_mode=OFF")
            self._database.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def put(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Set rows aside; what is there already stays once."""
        some = list(rows)
        if some:
            places = ", ".join("?" * len(some[0]))
            with _told():
                self._database.execute("BEGIN")
                self._database.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", some)  # noqa: S608
                self._database.execute("COMMIT")

    def rows(self, query: str, values: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Ask."""
        with _told():
            yield from self._database.execute(query, tuple(values))


class _told:  # noqa: N801
    """Says the engine's errors in our words."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise sqlite.translate(error, "row", Path(tempfile.gettempdir())) from None
