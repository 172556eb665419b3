"""The archive in the hands of whoever owns disk and database: its guards are out of the way while he works, and stand again afterwards."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.archive import OBJECTS, Archive
from storage.log import leaf_hash
from storage.schema.guards import GUARDS, ddl
from storage.tables import metadata
from storage.tree import completed
from tests.drills.kept import now
from tests.shelf import Raw


class Hands:
    """Runs statements whose values stand as question marks, on either engine, and reaches the files of objects."""

    def __init__(self, folder: Path, database: str, connection: Any) -> None:
        self.folder = folder
        self.database = database
        self._connection = connection
        self.last = ""
        """The last statement that changed anything."""
        self.touched: set[str] = set()
        """Rows that were altered already."""
        self._files: dict[Path, bytes] = {}

    def run(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run one statement; what it finds, if it asks."""
        done = self._connection.execute(statement.replace("?", "%s") if self.database else statement, values)
        if not statement.startswith("SELECT"):
            self.last = statement
        return done.fetchall() if done.description else []

    def row(self, table: str, where: str, *values: object) -> dict[str, Any]:
        """One row of a table by the names of its columns."""
        return self.rows(table, where, *values)[0]

    def rows(self, table: str, where: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a table by the names of their columns."""
        names = [column.name for column in metadata.tables[table].columns if column.computed is None]
        listed = ", ".join(f'"{name}"' for name in names)
        found = self.run(f"SELECT {listed} FROM {table} WHERE {where}", *values)
        return [dict(zip(names, row, strict=True)) for row in found]

    def put(self, table: str, row: dict[str, Any]) -> None:
        """Insert a row."""
        listed = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.run(f"INSERT INTO {table} ({listed}) VALUES ({marks})", *row.values())

    def file(self, name: str) -> Path:
        """The file of an object, made writable."""
        file = self.folder / OBJECTS / name[:2] / name[2:4] / name
        file.chmod(0o644)
        self._files.setdefault(file, file.read_bytes())
        return file

    def undo(self) -> None:
        """Put the files back as they were; the rows are a copy's."""
        for file, data in self._files.items():
            file.write_bytes(data)

    def reading(self) -> Any:
        """The archive opened by this very software, to be left as a context."""
        return _opened(self.folder, self.database)

    def relog(self) -> None:
        """Make every node and the head fit the leaves as they are now, as somebody does who knows how."""
        leaves = self.run('SELECT payload FROM leaves ORDER BY "index"')
        hashes = [leaf_hash(bytes(payload)) for (payload,) in leaves]
        nodes: dict[tuple[int, int], bytes] = {}

        def fetch(level: int, first: int, end: int) -> Sequence[bytes]:
            return hashes[first:end] if level == 0 else [nodes[level, index] for index in range(first, end)]

        self.run("DELETE FROM log_nodes")
        for level, index, found in completed(0, len(hashes), fetch):
            nodes[level, index] = found
            self.run("INSERT INTO log_nodes VALUES (?, ?, ?)", level, index, found)
        self.run("UPDATE log_head SET size = ?", len(hashes))


@contextmanager
def _opened(folder: Path, database: str) -> Iterator[Any]:
    archive = Archive.open(folder, now, database)
    try:
        with archive.read() as reading:
            yield reading
    finally:
        archive.close()


@contextmanager
def hands_on(folder: Path, database: str) -> Iterator[Hands]:
    """Whoever works on this archive; afterwards no guard is missing."""
    connection = Raw(folder, database).connect()
    try:
        if database:
            connection.execute("SET session_replication_role = replica")
        else:
            for guard in GUARDS:
                connection.execute(f"DROP TRIGGER {guard.name}")
        yield Hands(folder, database, connection)
        if not database:
            for guard in GUARDS:
                connection.execute(ddl(guard, "sqlite"))
    finally:
        connection.close()
