"""Brings an installation back from a backup into an empty folder, every byte proved on the way."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.archive import DATABASE, OBJECTS
from storage.backup import database, rows
from storage.backup.manifest import Manifest, Part, listed, part_of, private, proved, sync_tree, write
from storage.backup.take import AT_ONCE, AT_ONCE_BYTES, BACKUPS, FILES, UNFINISHED
from storage.errors import BackupUnusable, ObjectDamaged
from storage.objects.folder import Folder, system_errors
from storage.objects.store import Store
from storage.objects.syncing import sync_directory

STAGE: Final = ".restoring"
"""Where everything is brought together first: a restore that is broken off is no installation."""

ON_ITS_WAY: Final = "rows.sqlite3"
"""The rows of a backup while they go to a server: a file that is no installation's."""
LOST: Final = "lost+found"
"""What a fresh disk has already."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back: the backup, what it says of itself, and the objects it no longer had whole."""

    backup: str
    manifest: Manifest
    lost: tuple[str, ...]


def backups(source: Path) -> list[str]:
    """Name the finished backups of a target, oldest first."""
    folder = source / BACKUPS
    found = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return sorted(name for name in found if not name.startswith(UNFINISHED))


@dataclass(frozen=True, slots=True)
class Server:
    """Where rows go that are not to lie in the folder: the service's URL, and that of the tables' owner."""

    url: str
    owner: str


def restore(
    source: Path,
    data: Path,
    name: str | None = None,
    *,
    server: Server | None = None,
    objects: Store | None = None,
) -> Restored:
    """Bring back a backup, the newest when none is named, into a folder that is missing or empty.

    Its rows go there too, or into an empty database of a `server`; its objects go there, or into another store. It
    matters neither to the backup nor to the place which of both was copied.

    The manifest, the database, the files and the list of objects must be what they were, or nothing is brought back
    (BackupUnusable); an object that is damaged in the backup is left out and told, since all others are worth having.
    The database takes its place last. One that was broken off begins anew. StoreFull or StoreAway.
    """
    with system_errors():
        chosen = _chosen(source, name)
        manifest = Manifest.read(chosen)
        for part in (manifest.database, *manifest.files):
            proved(chosen, part)
        if server is not None:
            rows.require_empty(server.owner, server.url)
        with _empty(data) as stage:
            fresh = objects or Folder(stage / OBJECTS)
            wanted = [name for name, _size in listed(chosen, manifest.objects)]
            lost = _objects(source / OBJECTS, fresh, wanted)
            for part in manifest.files:
                _inside(stage, part)
                write(
                    stage / Path(part.path).relative_to(FILES), (chosen / part.path).read_bytes(), part.mode
                )
            _database(chosen, stage, manifest.database)
            database.deliver(stage / DATABASE, {*wanted} - {*lost}, spools=objects is not None)
            database.settle(stage / DATABASE)
            sync_tree(stage)
            if server is None:
                _placed(stage, data)
            else:
                file = (stage / DATABASE).rename(stage / ON_ITS_WAY)
                rows.copy_in(file, server.url, server.owner, lambda: _placed(stage, data))
    return Restored(chosen.name, manifest, tuple(lost))


def _chosen(source: Path, name: str | None) -> Path:
    found = backups(source)
    if not found:
        raise BackupUnusable("这里没有完整的备份")
    if name is not None and name not in found:
        raise BackupUnusable(f"没有这个备份，现有 {'、'.join(found)}")
    return source / BACKUPS / (name or found[-1])


@contextmanager
def _empty(data: Path) -> Iterator[Path]:
    """Make a folder to bring everything together in, inside one that must be empty."""
    stage = data / STAGE
    private(stage)
    with (stage / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupUnusable("这个文件夹正在恢复中") from None
        if any(path.name not in {STAGE, LOST} for path in data.iterdir()):
            shutil.rmtree(stage)
            raise BackupUnusable("要恢复到的文件夹不是空的")
        for left in stage.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
        yield stage
        shutil.rmtree(stage)
        sync_directory(data)


def _objects(source: Path, fresh: Store, wanted: list[str]) -> list[str]:
    """Copy objects, many to a sync, each proved by its name; gives those that are lost."""
    held, lost = Folder(source), list[str]()
    waiting: list[bytes] = []
    for name in wanted:
        try:
            waiting.append(held.get(name))
        except ObjectDamaged:
            lost.append(name)
        if len(waiting) >= AT_ONCE or sum(map(len, waiting)) >= AT_ONCE_BYTES:
            fresh.put_many(waiting)
            waiting = []
    fresh.put_many(waiting)
    return lost


def _inside(stage: Path, part: Part) -> None:
    """Refuse a path that leads anywhere else than into the installation."""
    path = Path(part.path)
    if path.is_absolute() or ".." in path.parts or path.parts[0] != FILES or len(path.parts) < 2:
        raise BackupUnusable("备份清单中的路径有误")
    if (stage / path.relative_to(FILES)).exists():
        raise BackupUnusable("备份清单中的路径重复")


def _database(chosen: Path, stage: Path, part: Part) -> None:
    file = stage / DATABASE
    file.touch(mode=0o600)
    shutil.copyfile(chosen / part.path, file)
    if part_of(stage, DATABASE).sha256 != part.sha256:
        raise BackupUnusable("数据库没有完整地复制过来")
    database.proof(file)


def _placed(stage: Path, data: Path) -> None:
    """Give everything its place, the database last: without it there is no installation yet."""
    names = sorted(
        path.name for path in stage.iterdir() if not path.name.startswith(("lock", DATABASE, ON_ITS_WAY))
    )
    for name in [*names, *[DATABASE] * (stage / DATABASE).exists()]:
        if (data / name).exists():  # somebody started a service here meanwhile
            raise BackupUnusable("恢复期间有人在这个文件夹里启动了系统")
        (stage / name).rename(data / name)
    sync_directory(data)
