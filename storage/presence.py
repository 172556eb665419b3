"""Tells which worker processes live: each holds a lock on a file of its own, and the kernel lets go of it when it dies.

A worker that hangs holds its lock; so it also touches its file as long as it goes on.
"""

import fcntl
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from storage.objects.folder import OWNER_ONLY, system_errors

ABANDONED_SECONDS = 600.0
"""A file without its lock is removed after this long: never one that is being made just now."""


BEAT_SECONDS = 5.0
"""A worker touches its file so often at most: it looks for work ten times a second."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker that works on this folder: what it does, and for how many seconds it has not said that it goes on."""

    what: str
    silent: float


class Presence:
    """This process among those that work on one data folder; `folder` is made when its name is first asked for.

    A lock on a file holds across containers that share the folder, where process ids mean nothing. A name without a
    file here belongs to a machine with a folder of its own: nothing can be said of it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: tuple[int, str, int] | None = None
        self._beaten = float("-inf")

    @property
    def name(self) -> str:
        """The name of this process (a forked child has its own); others can tell from now on when it is gone."""
        if self._mine is None or self._mine[0] != os.getpid():
            self._mine = self._announced()
        return self._mine[1]

    def _announced(self) -> tuple[int, str, int]:
        name = uuid4().hex
        with system_errors():
            self._folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
            handle = os.open(self._folder / name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
        return os.getpid(), name, handle

    def beat(self, what: str = "") -> None:
        """Say that this process goes on, and `what` it does, once; a full disk is no reason not to go on."""
        if time.monotonic() - self._beaten < BEAT_SECONDS:
            return
        mine = self._mine if self.name and self._mine else None
        assert mine is not None
        self._beaten = time.monotonic()
        with suppress(OSError):
            os.utime(mine[2])
            if what:
                os.pwrite(mine[2], what.encode(), 0)

    def beats(self) -> list[Beat]:
        """The workers of this folder that live, hanging ones too; a process that never said what it does is none."""
        found = []
        with system_errors():
            for file in sorted(self._folder.iterdir()) if self._folder.exists() else ():
                with suppress(FileNotFoundError):
                    what, at = file.read_text("utf-8"), file.stat().st_mtime
                    if what and not self._let_go(file):
                        found.append(Beat(what, max(time.time() - at, 0.0)))
        return found

    def gone(self, names: Iterable[str]) -> set[str]:
        """Of these names, those whose processes worked on this folder and are dead."""
        mine = None if self._mine is None else self._mine[1]
        return {name for name in names if name != mine and self._let_go(self._folder / name)}

    def sweep(self) -> None:
        """Remove the files of processes that are long gone."""
        if not self._folder.exists():
            return
        with system_errors():
            for file in self._folder.iterdir():
                with suppress(FileNotFoundError):
                    old = file.stat().st_mtime < time.time() - ABANDONED_SECONDS
                    if old and self._let_go(file):
                        file.unlink()

    def close(self) -> None:
        """Count as gone from now on."""
        if self._mine is not None:
            os.close(self._mine[2])
            self._mine = None

    @staticmethod
    def _let_go(file: Path) -> bool:
        """Tell whether nobody holds the lock; False also when that cannot be told."""
        try:
            with file.open("rb") as opened:
                fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def last_sign(folder: Path, pid: int) -> float | None:
    """When a process of this machine, such as a child, last said that it goes on (seconds since 1970); None before it ever did, and where that cannot be told.

    `folder` is where the files lie. Whoever holds one open is the process it is about: so nobody is told its name.
    """
    own = folder.resolve()
    with suppress(OSError):  # it ends just now, or may not be looked into
        for opened in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                if opened.readlink().parent == own:
                    return opened.stat().st_mtime
    return None
