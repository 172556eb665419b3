"""Takes a package that came from elsewhere apart: a limited child process opens the zip, nothing of it meets this one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from intake import unpacking

SECONDS = 120.0
"""Wall clock for a small package; the child's own clock is processor time."""
SECONDS_PER_GB = 240.0
LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a package: its path below the one directory at the top, bytes, SHA-256, and where it lies in the file of all."""

    path: str
    size: int
    sha256: str
    at: int


class Unpacked:
    """A package taken apart: its files by path, or the faults (code, path) for which nothing was taken out."""

    def __init__(self, members: dict[str, Member], faults: list[tuple[str, str]], blob: IO[bytes]) -> None:
        self.members = members
        self.faults = faults
        self._blob = blob

    def read(self, path: str) -> bytes:
        """The bytes of a file; KeyError when there is no such."""
        member = self.members[path]
        return os.pread(self._blob.fileno(), member.size, member.at)


@contextmanager
def unpacked(package: IO[bytes], folder: Path, beat: Callable[[], None] = lambda: None) -> Iterator[Unpacked]:
    """Take a zip apart into a nameless file in `folder`; whatever happens the child is dead and the file gone afterwards.

    `beat` is called for every file that was taken out.
    """
    with tempfile.TemporaryFile(dir=folder) as blob:
        size = os.fstat(package.fileno()).st_size
        os.lseek(package.fileno(), 0, os.SEEK_SET)
        yield Unpacked(*_told(package.fileno(), blob.fileno(), size, beat), blob)


def _told(
    package: int, blob: int, size: int, beat: Callable[[], None]
) -> tuple[dict[str, Member], list[tuple[str, str]]]:
    """What the child says; silence and death are faults too."""
    command = [sys.executable, "-I", str(Path(unpacking.__file__)), str(package), str(blob)]
    deadline = time.monotonic() + SECONDS + SECONDS_PER_GB * (size >> 30)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(package, blob), env={}
    ) as child:
        try:
            return _read(child, deadline, beat)
        finally:
            child.kill()


def _read(
    child: "subprocess.Popen[bytes]", deadline: float, beat: Callable[[], None]
) -> tuple[dict[str, Member], list[tuple[str, str]]]:
    assert child.stdout
    members: dict[str, Member] = {}
    faults: list[tuple[str, str]] = []
    while time.monotonic() < deadline:
        beat()
        line = child.stdout.readline(LONGEST_LINE)
        if not line.endswith(b"\n"):
            break
        told: dict[str, Any] = json.loads(line)
        if "end" in told:
            return members, faults
        if "fault" in told:
            faults.append((str(told["fault"]), str(told["path"])))
            continue
        path = str(told["path"])
        members[path] = Member(path, int(told["size"]), str(told["sha256"]), int(told["at"]))
    return {}, faults or [("decoder_limit", "")]
