"""A folder of write-once objects named by their sha256: a power cut loses nothing that was put, and tears nothing."""

import errno
import os
import re
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from storage.errors import NotFound, ObjectDamaged, StoreAway, StoreFull
from storage.objects.syncing import at_once, sync_directory, whole

NAME = re.compile(r"[0-9a-f]{64}")
READ_ONLY = 0o444
OWNER_ONLY = 0o700
"""The objects are personal papers: only the service's own user may walk in."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
PROBE_BYTES = 64 * 1024
"""Room for a small document; with less the next request would fail."""
TMP = "tmp"
THREADS = 8
"""Files synced side by side where they are not synced at once: waiting together they share the journal's commits."""
FEW = THREADS
"""So many are never synced at once, as those of a single paper: it would wait for whatever else is being written."""


@contextmanager
def system_errors() -> Iterator[None]:
    """Turn the operating system's errors into StoreFull or StoreAway."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StoreFull from None
        raise StoreAway(errno.errorcode.get(error.errno or 0, type(error).__name__)) from None


class Folder:
    """Objects below `path`, two levels of two hex digits deep; made when missing. Safe for threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._durable: set[Path] = set()
        with system_errors():
            self._directory(path / TMP)

    @cached_property
    def _at_once(self) -> bool:
        return at_once(self._path)

    def put(self, data: bytes) -> str:
        """Keep bytes and return their sha256; on return they are on disk. Putting them again changes nothing.

        StoreFull or StoreAway, and then no part of them is left; ObjectDamaged when what is already kept
        under this name is not them.
        """
        name = sha256(data).hexdigest()
        final = self._file(name)
        with system_errors():
            self._directory(final.parent)
            if final.exists():
                self._same(name, final)
            else:
                self._write(data, final)
            # Also for an object that was there: its writer may not have come to this line yet.
            sync_directory(final.parent)
        return name

    def put_many(self, datas: Sequence[bytes]) -> list[str]:
        """Keep objects and return their sha256s in this order; the promise is put's for each, the waits are shared.

        All drafts are on disk before one of them gets its name, and all names are before the answer: by two syncs
        of the file system, or each by its own, side by side, when they are few or where that would promise less
        (decision 8). Errors as for put, and what has its name by then is whole and stays.
        """
        named = [(sha256(data).hexdigest(), data) for data in datas]
        objects = {self._file(name): data for name, data in named}
        with system_errors():
            if len(objects) > FEW and self._at_once:
                with whole(self._path) as sync:
                    self._put_all(objects, sync)
            elif objects:
                self._put_all(objects, None)
        return [name for name, _data in named]

    def get(self, name: str) -> bytes:
        """Read an object; NotFound for a text that is no sha256, ObjectDamaged when it is lost or changed."""
        try:
            with system_errors():
                data = self._file(name).read_bytes()
        except StoreAway as error:
            if error.cause == "ENOENT":
                raise ObjectDamaged(name, missing=True) from None
            raise
        if sha256(data).hexdigest() != name:
            raise ObjectDamaged(name)
        return data

    def has(self, name: str) -> bool:
        """Tell whether an object of that name is there; its bytes are not read."""
        with system_errors():
            return self._file(name).exists()

    def size(self, name: str) -> int:
        """Bytes of an object; ObjectDamaged when it is lost."""
        with system_errors():
            try:
                return self._file(name).stat().st_size
            except FileNotFoundError:
                raise ObjectDamaged(name, missing=True) from None

    def names(self, after: str = "") -> Iterator[str]:
        """Walk every object's name, in order, those after a name only; a file that has no business here comes as its relative path."""
        with system_errors():
            for file in _walk(self._path, self._path / TMP):
                known = NAME.fullmatch(file.name) and file == self._file(file.name)
                name = file.name if known else str(file.relative_to(self._path))
                if name > after:
                    yield name

    def covered(self, name: str) -> bool:
        """Nothing hides an object in a folder."""
        self._file(name)
        return False

    def restore(self, name: str, data: bytes) -> None:
        """Put an object in its place again, whatever lies there; on return it is on disk. ObjectDamaged for other bytes."""
        final = self._file(name)
        if sha256(data).hexdigest() != name:
            raise ObjectDamaged(name)
        with system_errors():
            self._directory(final.parent)
            self._write(data, final)
            sync_directory(final.parent)

    def renew(self, name: str) -> None:
        """A folder has no lock to renew."""
        self._file(name)

    def probe(self) -> None:
        """Prove that an object could be put now, and leave nothing; StoreFull or StoreAway when not."""
        with system_errors():
            draft = self._draft(b"\0" * PROBE_BYTES)
            draft.unlink()

    def sweep(self, before: float) -> None:
        """Remove what killed writers left half-written before a moment (seconds since 1970)."""
        with system_errors():
            for draft in (self._path / TMP).iterdir():
                with suppress(FileNotFoundError):
                    if draft.stat().st_mtime < before:
                        draft.unlink()

    def _file(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise NotFound("object")
        return self._path / name[:2] / name[2:4] / name

    def _write(self, data: bytes, final: Path) -> None:
        draft = self._draft(data)
        try:
            draft.rename(final)
        except OSError:
            draft.unlink(missing_ok=True)
            raise

    def _put_all(self, objects: Mapping[Path, bytes], sync: Callable[[], None] | None) -> None:
        """Put objects by their final paths; `sync` brings the whole file system to the disk, None: each file by itself."""
        drafts: dict[Path, Path] = {}
        try:
            self._draft_all(objects, drafts, each_synced=sync is None)
            if sync is not None:
                sync()
            directories = self._room_for(objects)
            for final in list(drafts):
                drafts[final].rename(final)
                del drafts[final]
            if sync is not None:
                sync()
            else:
                with ThreadPoolExecutor(THREADS) as pool:
                    list(pool.map(sync_directory, directories))
        finally:
            for draft in drafts.values():
                draft.unlink(missing_ok=True)
        self._durable |= {final.parent for final in objects} | {final.parent.parent for final in objects}

    def _draft_all(
        self, objects: Mapping[Path, bytes], drafts: dict[Path, Path], *, each_synced: bool
    ) -> None:
        """Write those that are not kept yet, and note each draft by its final path as soon as it is there."""

        def draft(final: Path) -> None:
            if final.exists():
                self._same(final.name, final)
            else:
                drafts[final] = self._draft(objects[final], synced=each_synced)

        if not each_synced:
            for final in objects:
                draft(final)
            return
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(draft, objects))

    def _room_for(self, finals: Collection[Path]) -> set[Path]:
        """Make the directories of these paths; gives all whose names have to be brought to the disk with the objects."""
        unsure = {final.parent for final in finals} - self._durable
        above = {directory.parent for directory in unsure}
        for directory in [*above, *unsure]:
            directory.mkdir(mode=OWNER_ONLY, exist_ok=True)
        return {final.parent for final in finals} | above | ({self._path} if above else set())

    def _draft(self, data: bytes, *, synced: bool = True) -> Path:
        handle, name = tempfile.mkstemp(dir=self._path / TMP)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fchmod(file.fileno(), READ_ONLY)
                if synced:
                    os.fsync(file.fileno())
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        return draft

    def _same(self, name: str, final: Path) -> None:
        if sha256(final.read_bytes()).hexdigest() != name:
            raise ObjectDamaged(name)

    def _directory(self, path: Path) -> None:
        """Make a directory whose own name survives a power cut, whoever made it; once per process."""
        if path in self._durable:
            return
        if path != self._path:
            self._directory(path.parent)
        path.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
        sync_directory(path.parent)
        self._durable.add(path)


def _walk(directory: Path, passed: Path) -> Iterator[Path]:
    """Every file below a directory but one, by name, level by level: never the whole list at once."""
    for path in sorted(directory.iterdir()):
        if path == passed:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, passed)
        elif path.is_file():
            yield path
