"""The table of drills: each by its name, what it needs, and how it is run at a scale."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from storage.database import prepare
from tests import postgresql
from tests.drills import batches, codes, kept, killing, locks, numbers, outages, power, tampering
from tests.drills.outcome import Outcome, Scale

SEED = 20261128


class Room:
    """A temporary folder, and a PostgreSQL that is started by the first drill that needs it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._server: postgresql.Server | None = None
        self._count = 0

    def folder(self) -> Path:
        """One more empty folder."""
        self._count += 1
        made = self._folder / str(self._count)
        made.mkdir()
        return made

    def server(self) -> postgresql.Server:
        """The server; it syncs like one in use."""
        if self._server is None:
            self._server = self._stack.enter_context(postgresql.started(durable=True))
        return self._server

    def database(self) -> str:
        """The URL of one more database with its tables, as the service reaches it."""
        server = self.server()
        name = server.create()
        prepare(server.url(postgresql.OWNER, name), postgresql.SERVICE)
        return server.url(postgresql.SERVICE, name)


def tampers(room: Room, scale: Scale) -> Outcome:
    """Rows in SQLite, files in the folder."""
    archive = kept.made(room.folder() / "data", "")
    return tampering.tampering(archive, scale.tampers, SEED, tampering.Copies(archive))


def tampers_on_server(room: Room, scale: Scale) -> Outcome:
    """Rows on PostgreSQL, altered by its superuser."""
    archive = kept.made(room.folder() / "data", room.database())
    copies = tampering.Copies(archive, room.server())
    return tampering.tampering(archive, scale.tampers_on_server, SEED, copies)


def numbers_in_file(room: Room, scale: Scale) -> Outcome:
    """Eight processes on one SQLite file."""
    return numbers.numbers(room.folder() / "data", "", scale.numbers, scale.writers_killed, SEED)


def numbers_on_server(room: Room, scale: Scale) -> Outcome:
    """Eight processes on one PostgreSQL, which syncs."""
    return numbers.numbers(room.folder() / "data", room.database(), scale.numbers, scale.writers_killed, SEED)


def altered_codes(room: Room, scale: Scale) -> Outcome:
    """By the keys alone: what they refuse never reaches the archive."""
    return codes.codes(room.folder(), scale.codes, SEED)


def killed(room: Room, scale: Scale) -> Outcome:
    """Rows on PostgreSQL, objects in a bucket."""
    return killing.killing(room.folder(), scale.kills, SEED)


def killed_batch(room: Room, scale: Scale) -> Outcome:
    """Rows and objects in the folder."""
    return batches.batches(room.folder(), scale.batch, scale.batch_kills, SEED)


def power_cuts(room: Room, scale: Scale) -> Outcome:
    """Rows and objects on one small disk."""
    return power.power(room.folder(), scale.cuts, SEED)


def disk_full(room: Room, _scale: Scale) -> Outcome:
    """At any scale once: what fills up is full."""
    return outages.disk_full(room.folder())


def store_away(room: Room, scale: Scale) -> Outcome:
    """The bucket's store is killed and comes back."""
    return outages.away(room.folder(), "store", scale.away_seconds)


def database_away(room: Room, scale: Scale) -> Outcome:
    """The server is killed and comes back."""
    return outages.away(room.folder(), "database", scale.away_seconds)


def clock_jumps(room: Room, _scale: Scale) -> Outcome:
    """At any scale the same jumps."""
    return outages.clock_jumps(room.folder())


def canaries(_room: Room, _scale: Scale) -> Outcome:
    """As long as it takes, at any scale."""
    return locks.locks()


DRILLS: dict[str, Callable[[Room, Scale], Outcome]] = {
    "kills under load": killed,
    "batch killed": killed_batch,
    "power cuts": power_cuts,
    "disk full": disk_full,
    "store away": store_away,
    "database away": database_away,
    "clock jumps": clock_jumps,
    "tampering, SQLite": tampers,
    "tampering, PostgreSQL": tampers_on_server,
    "numbers, SQLite": numbers_in_file,
    "numbers, PostgreSQL": numbers_on_server,
    "altered codes": altered_codes,
    "lock canary": canaries,
}
