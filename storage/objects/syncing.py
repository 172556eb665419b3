"""Brings written files and names to the disk: one by one, or a whole file system at once where that promises as much."""

import ctypes
import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TRUSTED = {0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x01021994: "tmpfs"}
"""File systems (statfs(2)'s f_type) whose syncfs writes data, names and journal and flushes the disk's cache. Others
(overlay, FUSE, network) may answer without having done all of it, or without telling that a write failed."""
TELLING_KERNEL = (5, 17)
"""From here on syncfs(2) answers with every failed write since its handle was opened (5.8), and with what the file
system itself says (5.17); before, it could be silent about both."""
STATFS_BYTES = 256
"""More than struct statfs has on any machine; its first long is the type."""

_system = ctypes.CDLL(None, use_errno=True)


def at_once(path: Path) -> bool:
    """Tell whether syncfs is as good here as syncing each file."""
    if _kernel() < TELLING_KERNEL or not hasattr(_system, "syncfs"):
        return False
    answer = ctypes.create_string_buffer(STATFS_BYTES)
    if _system.statfs(os.fsencode(path), answer) != 0:
        return False
    if ctypes.c_long.from_buffer(answer).value not in TRUSTED:
        return False
    try:
        with whole(path) as sync:
            sync()
    except OSError as error:
        if error.errno in {errno.ENOSYS, errno.EPERM, errno.EOPNOTSUPP}:
            return False  # a sandbox may forbid the call
        raise
    return True


def _kernel() -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(found[1]), int(found[2])) if found else (0, 0)


@contextmanager
def whole(path: Path) -> Iterator[Callable[[], None]]:
    """Watch the file system of a directory; gives the function that brings all of it to the disk.

    The function raises OSError when a write failed since the block was entered, whoever's it was.
    """
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def sync() -> None:
        if _system.syncfs(handle) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    try:
        yield sync
    finally:
        os.close(handle)


def sync_directory(directory: Path) -> None:
    """Bring the names in a directory to the disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
