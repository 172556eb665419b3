"""The one door to everything kept: opens the data folder and hands out transactions."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from storage.answers import WritesAnswers
from storage.arrangement import ReadsArrangement, WritesArrangement
from storage.arrived import ReadsArrived, WritesArrived
from storage.batches import ReadsBatches, WritesBatches
from storage.closures import ReadsClosures, WritesClosures
from storage.copies import ReadsCopies, WritesCopies
from storage.custody import ReadsCustody, WritesCustody
from storage.database import Rows
from storage.documents import ReadsDocuments, WritesDocuments
from storage.duty import Duty
from storage.entries import ReadsEntries, WritesEntries
from storage.figures import ReadsFigures
from storage.imprints import ReadsImprints, WritesImprints
from storage.jobs import ReadsJobs, WritesJobs
from storage.keys import ReadsKeys, WritesKeys
from storage.leaves import ReadsLeaves, WritesLeaves
from storage.named import ReadsNamed
from storage.numbers import ReadsNumbers, WritesNumbers
from storage.objects.folder import Folder, system_errors
from storage.objects.place import Place
from storage.objects.store import Store
from storage.people import ReadsPeople, WritesPeople
from storage.presence import Beat, Presence
from storage.reviews import ReadsReviews, WritesReviews
from storage.scans import ReadsScans, WritesScans
from storage.schema.scopes import EVERYTHING
from storage.scrub import Scrub
from storage.sheets import ReadsSheets, WritesSheets
from storage.spool import Spool
from storage.tokens import ReadsTokens, WritesTokens

DATABASE = "yinzheng.sqlite3"
OBJECTS = "objects"
WORKERS = "workers"
SPOOL = "spool"
LOCK = "opening.lock"
MOST_SKEW = 5.0
"""Seconds a host's clock may be away from the database's: a lease is a minute, and every row bears the host's time."""
STALE = timedelta(minutes=10)
"""A number or a half-written object older than this was left by a process that died; printing takes seconds."""


class Reading(
    ReadsNamed,
    ReadsPeople,
    ReadsNumbers,
    ReadsDocuments,
    ReadsScans,
    ReadsCopies,
    ReadsReviews,
    ReadsSheets,
    ReadsEntries,
    ReadsArrangement,
    ReadsClosures,
    ReadsArrived,
    ReadsCustody,
    ReadsLeaves,
    ReadsImprints,
    ReadsJobs,
    ReadsKeys,
    ReadsBatches,
    ReadsTokens,
    ReadsFigures,
):
    """Everything that can be looked up, all of it as of one moment."""


class Transaction(
    WritesPeople,
    WritesNumbers,
    WritesDocuments,
    WritesScans,
    WritesCopies,
    WritesReviews,
    WritesSheets,
    WritesEntries,
    WritesArrangement,
    WritesClosures,
    WritesArrived,
    WritesCustody,
    WritesLeaves,
    WritesImprints,
    WritesJobs,
    WritesKeys,
    WritesBatches,
    WritesTokens,
    WritesAnswers,
    Reading,
):
    """Everything that can be written, all of it or nothing."""


class Archive:
    """The open archive of one installation; safe to share between threads, opened anew by each process."""

    def __init__(
        self,
        rows: Rows,
        objects: Store,
        presence: Presence,
        now: Callable[[], datetime],
        scrub: Scrub,
        *,
        scope: str = EVERYTHING,
        spool: Spool | None = None,
        randbytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.objects = objects
        self.spool = spool
        self.scrub = scrub
        self._rows = rows
        self._presence = presence
        self._now = now
        self._scope = scope
        self._randbytes = randbytes

    @classmethod
    def open(
        cls,
        folder: Path,
        now: Callable[[], datetime],
        database: str = "",
        *,
        randbytes: Callable[[int], bytes] = os.urandom,
        place: Place | None = None,
        copy: Place | Path | None = None,
    ) -> Self:
        """Open a data folder, making or upgrading it when needed, and tidy up after processes that died.

        The rows are in the folder too, or in the PostgreSQL `database` (a URL), which must be prepared already. The
        objects lie in the bucket at `place`, or in the folder; their second copy, if there is to be one, in the bucket
        or the folder `copy`. `randbytes(n)` gives bytes nobody can guess, for the salts of the log.
        StoreFull or StoreAway when it cannot be opened, NotPrepared when the database is not as it must be.
        """
        with system_errors():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            objects = _objects(folder, now, place)
            if not database:
                # The engine gives its side files the same mode, also in a folder that others can look into.
                (folder / DATABASE).touch(mode=0o600)
            rows = Rows(database or folder / DATABASE, folder)

            def named() -> frozenset[str]:
                with archive.read() as reading:
                    return reading.named_objects()

            scrub = Scrub(folder, objects, _copy(copy, now), named, now)
            spool = None if place is None else Spool(folder / SPOOL)
            if spool is not None:
                spool.sweep((now() - STALE).timestamp())
            presence = Presence(folder / WORKERS)
            archive = cls(rows, objects, presence, now, scrub, spool=spool, randbytes=randbytes)
            if place is not None and database:  # other hosts may share both
                scrub.duty = Duty(archive.begin, archive.work, archive.read, archive.is_on_time)
            try:
                with (folder / LOCK).open("wb") as lock:
                    # One process at a time makes or upgrades the tables; the others then find them ready.
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    archive._make_ready()
            except BaseException:
                archive.close()
                raise
        return archive

    def _make_ready(self) -> None:
        self._rows.make_ready()
        with self.begin() as transaction:
            transaction.give_back_stale(self._now() - STALE)
        self._presence.sweep()

    def seen_by(self, org: str) -> Self:
        """The same archive as it may be seen on behalf of an organization: where the database keeps scopes, its rows and those below."""
        return type(self)(
            self._rows,
            self.objects,
            self._presence,
            self._now,
            self.scrub,
            scope=org,
            spool=self.spool,
            randbytes=self._randbytes,
        )

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Write: the block's changes are committed and on disk when it is left, or undone by any exception.

        Writers come one at a time, so keep the block short: no printing, no reading of paper inside it. What the
        log tells of the changes is appended when the block is left.
        """
        with self._rows.writing(self._scope) as connection:
            transaction = Transaction(connection, self._now, self._rows, self._presence, self._scope)
            yield transaction
            transaction.append_leaves(self._randbytes)

    @contextmanager
    def work(self) -> Iterator[WritesJobs]:
        """Lease, renew and close jobs: as `begin`, but on a server many workers do so beside each other and the writer."""
        with self._rows.working(self._scope) as connection:
            yield WritesJobs(connection, self._now, self._rows, self._presence, self._scope)

    @contextmanager
    def read(self) -> Iterator[Reading]:
        """Look up: all look-ups of the block see the archive as of the first of them."""
        with self._rows.reading(self._scope) as connection:
            yield Reading(connection, self._now, self._rows, self._presence, self._scope)

    def probe(self) -> None:
        """Prove that the next request can write both a row and an object; StoreFull or StoreAway when not."""
        with self.begin():
            pass  # taking the writer's lock is the proof; room on the disk is proved by the objects folder
        self.objects.probe()

    def answers(self) -> None:
        """Prove that rows and objects can be reached; StoreAway when not. A bucket's lock is left to who puts something."""
        with self.read():
            pass
        self.objects.has("0" * 64)

    def beat(self, what: str) -> None:
        """Say that this process, a worker of what kinds, goes on; renewing a job says so too."""
        self._presence.beat(what)

    def workers(self) -> list[Beat]:
        """The worker processes of this data folder that live, and since when each has not said that it goes on."""
        return self._presence.beats()

    def skew(self) -> float:
        """Seconds by which this machine's clock is ahead of the database's; leases are told by it."""
        return self._rows.skew()

    def is_on_time(self) -> bool:
        """Tell whether this machine's clock is near enough to the database's to lease jobs."""
        return abs(self.skew()) <= MOST_SKEW

    def close(self) -> None:
        """Close every connection, and let others take over what this process works on; the archive is not used afterwards."""
        self._rows.close()
        self._presence.close()


def _objects(folder: Path, now: Callable[[], datetime], place: Place | None) -> Store:
    if place is not None:
        from storage.objects.locked import opened

        return opened(place, now)
    objects = Folder(folder / OBJECTS)
    objects.sweep((now() - STALE).timestamp())
    return objects


def _copy(copy: Place | Path | None, now: Callable[[], datetime]) -> Store | None:
    if isinstance(copy, Path):
        return Folder(copy)
    return None if copy is None else _objects(Path(), now, copy)
