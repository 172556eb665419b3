"""Files that are made for a package wait on disk, in one temporary file, until they are packed: memory stays flat."""

import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256, sha512
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.objects.folder import system_errors
from storage.packing.parts import Made

PIECE = 256 << 10
"""Bytes read at a time."""


class Spool:
    """A temporary file in `folder` that has no name and is gone when it is closed; one writer, then one reader."""

    def __init__(self, folder: Path) -> None:
        with system_errors():
            folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by this class
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, path: str, pieces: Iterable[bytes]) -> Made:
        """Write a file to the end; StoreFull when there is no room."""
        short, long, size = sha256(), sha512(), 0
        with system_errors():
            for piece in pieces:
                short.update(piece)
                long.update(piece)
                size += len(piece)
                self._file.write(piece)
        made = Made(path, short.hexdigest(), long.hexdigest(), size, self._end)
        self._end += size
        return made

    def read(self, made: Made) -> Iterator[bytes]:
        """Read a file of it, piece by piece."""
        at, end = made.start, made.start + made.size
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(PIECE, end - at))
            at += len(piece)
            yield piece

    def close(self) -> None:
        """Give the room back."""
        self._file.close()
