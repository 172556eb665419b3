"""Lines that are gathered on disk and read back once: the rows of a table that may be longer than memory should hold."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from storage.objects.folder import system_errors

PIECE = 256 << 10


class Lines:
    """A temporary file in `folder` that has no name and is gone when it is closed."""

    def __init__(self, folder: Path) -> None:
        with system_errors():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by this class

    def add(self, data: bytes) -> None:
        """Write to the end; StoreFull when there is no room."""
        with system_errors():
            self._file.write(data)

    def pieces(self) -> Iterator[bytes]:
        """Read everything from the beginning."""
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def close(self) -> None:
        """Give the room back."""
        self._file.close()
