"""Keeps a package as it came or as it left: in pieces among the objects, so that its size is nobody's memory."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, BinaryIO

from service.errors import Problem
from service.office import Office
from storage.errors import ObjectDamaged
from storage.objects.folder import system_errors

PIECE = 8 << 20
MOST_GB = 4
"""A package may be so large: a school of 2,000 students with 20 files of 100 KB each. Larger ones go by parts."""
EMPTY = sha256().hexdigest()
"""A package without a byte has no pieces, and is kept all the same."""


@contextmanager
def scratch(office: Office) -> Iterator[IO[bytes]]:
    """A nameless file on disk."""
    folder = office.settings.workshop() / "packing"
    with system_errors():
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed below
    with file:
        yield file


def keep(office: Office, file: BinaryIO | IO[bytes]) -> tuple[str, int]:
    """Keep everything of a file, from its beginning; gives its SHA-256 and bytes. Raises Problem 413, storage's errors."""
    name, size, made = put(office, file)
    with office.archive.begin() as transaction:
        transaction.add_pieces(name, made)
    return name, size


def put(office: Office, file: BinaryIO | IO[bytes]) -> tuple[str, int, list[tuple[str, int]]]:
    """Put a file's pieces into the store; gives its SHA-256, bytes, and the pieces, which no row names yet."""
    file.seek(0)
    whole, made, size = sha256(), [], 0
    while piece := file.read(PIECE):
        size += len(piece)
        if size > MOST_GB << 30:
            message = f"档案包超过 {MOST_GB} GB；请按学生或分批移交。"
            raise Problem("package_too_large", 413, "档案包过大", message)
        whole.update(piece)
        made.append((put_whole(office, [piece])[0], len(piece)))
    return whole.hexdigest(), size, made


def put_whole(office: Office, datas: Sequence[bytes]) -> list[str]:
    """Put bytes into the store; what is damaged under its name is put right, so that what is brought again is whole again."""
    while True:
        try:
            return office.archive.objects.put_many(datas)
        except ObjectDamaged as damaged:
            whole = next(data for data in datas if sha256(data).hexdigest() == damaged.sha256)
            office.archive.objects.restore(damaged.sha256, whole)


def pour(
    office: Office, package: str, out: BinaryIO | IO[bytes], beat: Callable[[], None] = lambda: None
) -> None:
    """Write a kept package, calling `beat` between its pieces; ObjectDamaged when it is not whole."""
    with office.archive.read() as reading:
        made = reading.pieces(package)
    if not made and package != EMPTY:
        raise ObjectDamaged(package)
    for name, _ in made:
        beat()
        out.write(office.archive.objects.get(name))
