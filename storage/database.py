"""Which engine keeps the rows: SQLite in the data folder, or the PostgreSQL that a setting names; each has a module of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from storage import postgresql, readable, sqlite
from storage.errors import NotPrepared, OutOfScope, StorageError
from storage.schema.guards import GUARDS
from storage.schema.scopes import EVERYTHING, SCOPES
from storage.schema.upgrade import present, upgrade
from storage.tables import REVISION

DATABASE_ERRORS = (SQLAlchemyError, *sqlite.DATABASE_ERRORS)
"""Everything an engine may raise; nothing of it leaves this package."""
VALUE_ERRORS = sqlite.VALUE_ERRORS
"""What a driver raises for a value it cannot write, before the engine sees it."""
READ_ERRORS = (*DATABASE_ERRORS, OverflowError, ValueError)
"""What a look-up may raise: also for a stored value that is not what its column holds, which only tampering leaves."""


class Rows:
    """The rows of one installation: hands out connections in a transaction, and says errors in our words.

    `place` is a database file, or the URL of a server's database; `folder` is the data folder, whose disk may be full.
    """

    def __init__(self, place: Path | str, folder: Path) -> None:
        self._folder = folder
        self.on_server = not isinstance(place, Path)
        self._engine = postgresql.connect(place) if isinstance(place, str) else sqlite.connect(place)
        self._readers, self._writers = _engines(self._engine, on_server=self.on_server)

    def make_ready(self) -> None:
        """Make or upgrade the tables of a file. A server's are made by their owner beforehand: NotPrepared when they were not."""
        if not self.on_server:
            with self._transaction(self._writers) as connection:
                upgrade(connection)
            return
        try:
            with self.reading(EVERYTHING) as connection:
                postgresql.require_login(connection)
                found = present(connection)
        except OutOfScope:  # tables are there, but this login was never let to them
            found = None
        if found != REVISION:
            raise NotPrepared(f"表结构为 {found or '空'}，本版本需要 {REVISION}，请先运行 yinzheng upgrade")

    @contextmanager
    def writing(self, scope: str) -> Iterator[Connection]:
        """Write within a scope; writers come one at a time, and StoreAway says that nobody let go in time."""
        with self._transaction(self._writers) as connection:
            if self.on_server:
                postgresql.open_transaction(connection, scope, alone=True)
            yield connection

    @contextmanager
    def working(self, scope: str) -> Iterator[Connection]:
        """Write rows that are locked one by one, beside whoever else writes where the engine can do that."""
        with self._transaction(self._writers) as connection:
            if self.on_server:
                postgresql.open_transaction(connection, scope, alone=False)
            yield connection

    @contextmanager
    def reading(self, scope: str) -> Iterator[Connection]:
        """Look up within a scope, all of it as of one moment; a server admits no change meanwhile."""
        with self._transaction(self._readers) as connection:
            if self.on_server:
                postgresql.open_transaction(connection, scope, alone=False)
            yield connection

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except DATABASE_ERRORS as error:
            raise self.translate(error, "row") from None

    @contextmanager
    def everything(self, connection: Connection, scope: str) -> Iterator[None]:
        """Look beyond the scope of an open transaction, and come back to it."""
        postgresql.rescope(connection, EVERYTHING)
        try:
            yield
        finally:
            # After an error of the server the transaction is over, and its scope with it.
            with suppress(SQLAlchemyError):
                postgresql.rescope(connection, scope)

    def translate(self, error: Exception, kind: str) -> StorageError:
        """Say in our words what the engine said; `kind` names the row it was about."""
        if self.on_server:
            return postgresql.translate(error, kind)
        return sqlite.translate(error, kind, self._folder)

    def missing_guards(self, connection: Connection) -> set[str]:
        """Names of the guards that do not stand: whoever owns the database could have dropped or silenced one."""
        expected = {guard.name for guard in GUARDS}
        if self.on_server:
            return (expected | {scope.name for scope in SCOPES}) - postgresql.guards(connection)
        return expected - sqlite.guards(connection)

    def skew(self) -> float:
        """Seconds by which this machine's clock is ahead of the server's; 0 where there is no server."""
        if not self.on_server:
            return 0.0
        with self.reading(EVERYTHING) as connection:
            return postgresql.skew(connection)

    def faults(self, connection: Connection) -> list[str]:
        """What the engine itself finds wrong, one line each."""
        return postgresql.faults(connection) if self.on_server else sqlite.faults(connection)

    def unreadable(self, connection: Connection) -> Iterator[str]:
        """Name the rows that hold a value which is not what its column holds; nothing can be proved of them."""
        return readable.unreadable(connection, on_server=self.on_server)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _engines(engine: Engine, *, on_server: bool) -> tuple[Engine, Engine]:
    """The engine for look-ups and the one for changes; both share their connections."""
    if on_server:
        reading = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return reading, engine
    return engine, engine.execution_options(**{sqlite.WRITES: True})


def login_of(url: str) -> str:
    """The login a database's URL names. NotPrepared when it is no such URL."""
    return str(postgresql.driver_url(url).username)


def prepare(owner: str, login: str) -> None:
    """Make or upgrade the tables of a server's database as their owner (a URL), and let the service's login work on them.

    NotPrepared when the database is not as it must be; StoreAway when it cannot be reached.
    """
    engine = postgresql.connect(owner)
    try:
        with engine.begin() as connection:
            postgresql.prepare(connection)
            upgrade(connection)
            postgresql.grant(connection, login)
    except SQLAlchemyError as error:
        raise postgresql.translate(error, "row") from None
    finally:
        engine.dispose()
