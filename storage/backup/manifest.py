"""What a backup holds, with the hash of each part: written last, read and proved first."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Self

from storage.errors import BackupUnusable
from storage.objects.folder import NAME, OWNER_ONLY
from storage.objects.syncing import sync_directory

FORMAT: Final = "yinzheng-backup-1"
MANIFEST: Final = "manifest.json"
SUMS: Final = "SHA256SUMS"
"""The manifest's own hash, as `sha256sum --check` reads it."""
OBJECT_LIST: Final = "objects.txt"
PRIVATE: Final = 0o600
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup: its path below it, bytes, sha256, and the permissions it is given back with."""

    path: str
    bytes: int
    sha256: str
    mode: int = PRIVATE


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a backup says of itself.

    `settings` are environment variables, without secrets; `damaged` and `missing` are objects that the installation
    itself no longer had whole when it was copied.
    """

    made_at: str
    version: str
    schema: str
    database: Part
    files: tuple[Part, ...]
    objects: Part
    object_count: int
    object_bytes: int
    settings: Mapping[str, str]
    damaged: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """The manifest as it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the manifest of a backup; BackupUnusable when it is not what its hash says, or of another format."""
        try:
            data = (folder / MANIFEST).read_bytes()
            noted = (folder / SUMS).read_text("ascii").split()[0]
        except (OSError, ValueError, IndexError):
            raise BackupUnusable("备份清单缺失") from None
        if sha256(data).hexdigest() != noted:
            raise BackupUnusable("备份清单与其校验值不符")
        try:
            return cls._from(json.loads(data))
        except (ValueError, KeyError, TypeError):
            raise BackupUnusable("备份清单不是本系统的格式") from None

    @classmethod
    def _from(cls, told: dict[str, Any]) -> Self:
        if told.pop("format") != FORMAT:
            raise ValueError("format")
        parts: dict[str, Any] = {name: Part(**told.pop(name)) for name in ("database", "objects")}
        parts["files"] = tuple(Part(**part) for part in told.pop("files"))
        parts |= {name: tuple(told.pop(name)) for name in ("damaged", "missing")}
        return cls(**parts, **told)


def private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner alone."""
    if not folder.is_dir():
        private(folder.parent)
        folder.mkdir(mode=OWNER_ONLY, exist_ok=True)


def write(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Write a file that is not there yet, and bring it to the disk."""
    private(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def part_of(folder: Path, path: str) -> Part:
    """Describe a file that stands in a backup."""
    digest, size = sha256(), 0
    with (folder / path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Part(path, size, digest.hexdigest())


def proved(folder: Path, part: Part) -> None:
    """Prove that a file of a backup is what the manifest says; BackupUnusable when not."""
    try:
        found = part_of(folder, part.path)
    except OSError:
        raise BackupUnusable(f"备份中的 {part.path} 缺失或不能读取") from None
    if (found.bytes, found.sha256) != (part.bytes, part.sha256):
        raise BackupUnusable(f"备份中的 {part.path} 与清单的校验值不符")


def listed(folder: Path, part: Part) -> Iterator[tuple[str, int]]:
    """Give name and bytes of each object of a backup, from its proved list."""
    proved(folder, part)
    with (folder / part.path).open(encoding="ascii") as file:
        for line in file:
            name, size = line.split()
            if not NAME.fullmatch(name):
                raise BackupUnusable("备份的存档文件目录有误")
            yield name, int(size)


def sync_tree(folder: Path) -> None:
    """Bring the names in a folder and below it to the disk; the files themselves are there already."""
    for directory, _names, _files in os.walk(folder, topdown=False):
        sync_directory(Path(directory))
