"""Uploads that came while the store was away: on this host's disk, and in the database for this host to deliver."""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from storage.objects.folder import OWNER_ONLY, Folder, system_errors
from storage.objects.syncing import sync_directory

KIND: Final = "spool-"
"""What the jobs of a spool begin with; the rest is its name, so that only its own host leases them."""
READ: Final = "scan"
"""What a job becomes whose bytes need no delivery any more: the reading of its scan."""
NAME: Final = "name"
OBJECTS: Final = "objects"


class Spool:
    """The spool of one data folder; nothing is made before it is needed. Safe for threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kind(self) -> str | None:
        """The kind of this spool's jobs; None as long as it was never needed."""
        with system_errors():
            try:
                return KIND + (self._folder / NAME).read_text("ascii")
            except FileNotFoundError:
                return None

    def keep(self, data: bytes) -> tuple[str, str]:
        """Keep bytes and give their sha256 and the kind of job that delivers them; on return they are on disk.

        StoreFull or StoreAway, and then nothing was promised.
        """
        objects = self._objects()
        with system_errors():
            sync_directory(
                self._folder.parent
            )  # a folder whose own name is lost in a power cut keeps nothing
        name = objects.put(data)
        return name, self.kind() or self._named()

    def has(self, name: str) -> bool:
        """Tell whether these bytes wait here."""
        return (self._folder / OBJECTS).exists() and self._objects().has(name)

    def get(self, name: str) -> bytes:
        """Give bytes that wait here; ObjectDamaged when they are lost or changed."""
        return self._objects().get(name)

    def names(self) -> Iterator[str]:
        """Walk the name of everything that waits here."""
        if (self._folder / OBJECTS).exists():
            yield from self._objects().names()

    def older(self, name: str, moment: float) -> bool:
        """Tell whether bytes have waited here since before a moment (seconds since 1970)."""
        with system_errors(), suppress(FileNotFoundError):
            return (self._folder / OBJECTS / name[:2] / name[2:4] / name).stat().st_mtime < moment
        return False

    def drop(self, name: str) -> None:
        """Forget bytes that the store has; StoreAway when they stay."""
        with system_errors(), suppress(FileNotFoundError):
            (self._folder / OBJECTS / name[:2] / name[2:4] / name).unlink()

    def sweep(self, before: float) -> None:
        """Remove what killed writers left half-written before a moment (seconds since 1970)."""
        if (self._folder / OBJECTS).exists():
            self._objects().sweep(before)

    def _objects(self) -> Folder:
        with system_errors():
            self._folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return Folder(self._folder / OBJECTS)

    def _named(self) -> str:
        """Give the spool its name, once; who comes second takes that of the first."""
        draft = self._folder / f"{NAME}-{secrets.token_hex(8)}.tmp"
        with system_errors():
            with draft.open("x") as file:
                file.write(secrets.token_hex(8))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, self._folder / NAME)
            draft.unlink()
            sync_directory(self._folder)
            return KIND + (self._folder / NAME).read_text("ascii")
