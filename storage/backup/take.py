"""Takes a backup of an installation that goes on working: each thing after what could name it."""

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from storage import scrub
from storage.archive import DATABASE, LOCK, OBJECTS, SPOOL, WORKERS
from storage.backup import database, rows
from storage.backup.manifest import (
    MANIFEST,
    OBJECT_LIST,
    SUMS,
    Manifest,
    Part,
    part_of,
    private,
    sync_tree,
    write,
)
from storage.errors import BackupUnusable, ObjectDamaged
from storage.objects.folder import NAME, OWNER_ONLY, Folder, system_errors
from storage.objects.store import Store
from storage.objects.syncing import sync_directory
from storage.spool import Spool

BACKUPS: Final = "backups"
FILES: Final = "files"
"""Where in a backup everything else of the data folder lies."""
DERIVED: Final = frozenset({"fonts", "soffice", WORKERS, LOCK, OBJECTS, SPOOL, scrub.LOCK})
"""Made again by whoever starts on the folder, or copied in a way of its own."""
UNFINISHED: Final = ".unfinished-"
STAMP: Final = "%Y-%m-%dT%H%M%S.%fZ"
AT_ONCE_BYTES: Final = 32 << 20
AT_ONCE: Final = 500
"""Objects that go to the disk together, by bytes and by count."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished backup: its folder, what it says of itself, and how many objects were not there before."""

    folder: Path
    manifest: Manifest
    fresh: int


def take(
    data: Path,
    target: Path,
    *,
    now: datetime,
    version: str,
    settings: Mapping[str, str],
    url: str = "",
    objects: Store | None = None,
    verify: bool = False,
) -> Taken:
    """Copy an installation into a target folder, beside earlier backups; the service may go on.

    The database comes first, as of one moment, of a server (`url`) too: row by row into a database file. Then every
    object that the target does not hold: what waits in this host's spool, which may be delivered meanwhile, then those
    of the store. These are all that its rows name, since an object is on the disk before its row, but for what waits on
    other hosts, which is told as missing. Then keys and the other files. With
    `verify` the objects that the target holds already are read too, and written again where they are damaged; without
    it their size has to do. A backup that is broken off leaves nothing that could be taken for one.

    Raises BackupUnusable for a target in the data folder or in use, StoreFull or StoreAway.
    """
    _apart(data, target)
    with system_errors():
        private(target / BACKUPS)
        with _alone(target):
            name = now.astimezone(UTC).strftime(STAMP)
            draft = target / BACKUPS / (UNFINISHED + name)
            draft.mkdir(mode=OWNER_ONLY)
            try:
                schema, named, part = _database(url, data, draft)
                copying = _Copying(objects or Folder(data / OBJECTS), target / OBJECTS, verify=verify)
                copying.run(named or frozenset(), Spool(data / SPOOL))
                manifest = Manifest(
                    made_at=now.astimezone(UTC).isoformat(),
                    version=version,
                    schema=schema,
                    database=part,
                    files=tuple(_files(data, draft)),
                    objects=_listed(draft, copying.held),
                    object_count=len(copying.held),
                    object_bytes=sum(copying.held.values()),
                    settings=dict(settings),
                    damaged=tuple(sorted(copying.damaged)),
                    missing=tuple(sorted(copying.missing)),
                )
                _close(draft, manifest)
                draft.rename(target / BACKUPS / name)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            sync_directory(target / BACKUPS)
            sync_directory(target)
    return Taken(target / BACKUPS / name, manifest, copying.fresh)


def _apart(data: Path, target: Path) -> None:
    inner, outer = target.resolve(), data.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise BackupUnusable("备份不能放在数据文件夹里面，也不能包着它")


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Work in a target alone, after what earlier backups left unfinished is removed."""
    with (target / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupUnusable("这里正在做另一个备份") from None
        for left in (target / BACKUPS).glob(f"{UNFINISHED}*"):
            shutil.rmtree(left)
        yield


def _database(url: str, data: Path, draft: Path) -> tuple[str, frozenset[str] | None, Part]:
    file = draft / DATABASE
    file.touch(mode=0o600)
    if url:
        rows.copy_out(url, file)
    else:
        database.copy(data / DATABASE, file)
    schema, named = database.named(file)
    database.settle(file)
    return schema, named, part_of(draft, DATABASE)


class _Copying:
    """Brings objects from one store to another: many to a sync, each proved by its name on the way."""

    def __init__(self, source: Store, target: Path, *, verify: bool) -> None:
        self._source = source
        self._target = Folder(target)
        self._folder = target
        self._verify = verify
        self._waiting: list[bytes] = []
        self.held: dict[str, int] = {}
        """Bytes of each object that the target holds, by name."""
        self.damaged: set[str] = set()
        self.missing: set[str] = set()
        self.fresh = 0

    def run(self, named: frozenset[str], spool: Spool) -> None:
        """Copy every object that the target does not hold; `named` are those that must be there."""
        for name in spool.names():
            if name in named and not self._there(name):
                with suppress(ObjectDamaged):  # delivered just now, or the store must have it
                    self._add(name, spool.get(name))
        self._flush()
        for name in self._source.names():
            if NAME.fullmatch(name):
                self._take(name)
        for name in named - self.held.keys() - self.damaged:
            if self._source.has(name):  # delivered by another host, behind us
                self._take(name)
            # Lost here, but an earlier backup may have it.
            elif not self._there(name):
                self.missing.add(name)
        self._flush()

    def _take(self, name: str) -> None:
        if self._there(name):
            return
        try:
            data = self._source.get(name)
        except ObjectDamaged:  # told at the end: everything else is worth saving
            self.damaged.add(name)
            return
        self._add(name, data)

    def _add(self, name: str, data: bytes) -> None:
        self._waiting.append(data)
        self.held[name] = len(data)
        self.fresh += 1
        if len(self._waiting) >= AT_ONCE or sum(map(len, self._waiting)) >= AT_ONCE_BYTES:
            self._flush()

    def _there(self, name: str) -> bool:
        """Tell whether the target holds an object; a damaged one is taken away, so that it can be put anew."""
        if not self._target.has(name):
            return False
        size = self._target.size(name)
        if self._verify or not self._source.has(name) or self._source.size(name) != size:
            try:
                self._target.get(name)
            except ObjectDamaged:
                (self._folder / name[:2] / name[2:4] / name).unlink()
                return False
        self.held[name] = size
        return True

    def _flush(self) -> None:
        self._target.put_many(self._waiting)
        self._waiting = []


def _listed(draft: Path, held: Mapping[str, int]) -> Part:
    lines = "".join(f"{name} {size}\n" for name, size in sorted(held.items()))
    write(draft / OBJECT_LIST, lines.encode("ascii"))
    return part_of(draft, OBJECT_LIST)


def _files(data: Path, draft: Path) -> Iterator[Part]:
    """Copy what else lies in the data folder: keys, compiled templates, notes; drafts of others are passed over."""
    for file in sorted(path for path in data.rglob("*") if path.is_file() and not path.is_symlink()):
        path = file.relative_to(data)
        if path.parts[0] in DERIVED or path.parts[0].startswith(DATABASE) or _passing(path):
            continue
        with suppress(FileNotFoundError):  # forgotten while we came
            content, mode = file.read_bytes(), file.stat().st_mode & 0o777
            told = f"{FILES}/{path.as_posix()}"
            write(draft / told, content)
            yield Part(told, len(content), sha256(content).hexdigest(), mode)


def _passing(path: Path) -> bool:
    """Tell whether a file is somebody's draft or lock."""
    return path.name == "lock" or path.suffix == ".tmp" or any(part.startswith(".") for part in path.parts)


def _close(draft: Path, manifest: Manifest) -> None:
    """Write what makes it a backup: the manifest and its hash, after everything they speak of is on the disk."""
    told = manifest.to_json()
    sync_tree(draft)
    write(draft / MANIFEST, told)
    write(draft / SUMS, f"{sha256(told).hexdigest()}  {MANIFEST}\n".encode("ascii"))
    sync_directory(draft)
