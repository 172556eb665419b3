"""A zip that is written in one go, also into a pipe, and is the same bytes for the same files: it carries no clock."""

import zipfile
from collections.abc import Iterable
from types import TracebackType
from typing import BinaryIO, Self

from storage.packing.parts import BAG

EPOCH = (1980, 1, 1, 0, 0, 0)


class Zipped:
    """Files under one directory, readable by all and executable by nobody."""

    def __init__(self, out: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(out, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (
            error is not None
        ):  # a package that broke off must not open: it gets no directory, not even by its finaliser
            self._zip.fp = None
        self._zip.close()

    def add(self, path: str, pieces: Iterable[bytes], *, dense: bool = False) -> None:
        """Add a file."""
        item = zipfile.ZipInfo(f"{BAG}/{path}", EPOCH)
        item.compress_type = zipfile.ZIP_STORED if dense else zipfile.ZIP_DEFLATED
        item.external_attr = 0o100644 << 16
        with self._zip.open(item, "w") as file:
            for piece in pieces:
                file.write(piece)
