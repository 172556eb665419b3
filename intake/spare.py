"""Runs the decoder's child processes, some started ahead: a page need not wait for an interpreter to start."""

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake import decoder

AHEAD: Final = 2
"""While one still holds an upload the archived page is drawn by another; each that waits takes 10 MB."""
ENVIRONMENT: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "LC_ALL": "C.UTF-8",
}


@dataclass(frozen=True, slots=True)
class Child:
    """A decoder that waits for its one task: its process, whose it is, and the memory files of the upload and of pixels."""

    process: "subprocess.Popen[bytes]"
    parent: int
    source: int
    target: int

    @classmethod
    def started(cls) -> "Child":
        """Start one; it holds nothing of anybody's yet."""
        source, target = os.memfd_create("upload"), os.memfd_create("pixels")
        command = [sys.executable, "-I", str(Path(decoder.__file__)), str(source), str(target)]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(source, target),
                env=ENVIRONMENT,
            )
        except OSError:
            os.close(source)
            os.close(target)
            raise
        return cls(process, os.getpid(), source, target)

    def told(self, task: str, kind: str, data: bytes) -> None:
        """Give it its task and the bytes."""
        assert self.process.stdin
        with os.fdopen(os.dup(self.source), "wb") as file:
            file.write(data)
        os.lseek(self.source, 0, os.SEEK_SET)
        try:
            self.process.stdin.write(f"{task} {kind}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has died: whoever listens hears nothing, which says so

    def ended(self) -> None:
        """Kill it and close its files, whatever was left unsaid to it."""
        try:
            self.process.kill()
            for pipe in (self.process.stdin, self.process.stdout):
                with suppress(BrokenPipeError):
                    if pipe is not None:
                        pipe.close()
            self.process.wait()
        finally:
            os.close(self.source)
            os.close(self.target)

    @property
    def ready(self) -> bool:
        """Whether it is this very process's, and alive: a fork must not talk to its parent's children."""
        return self.parent == os.getpid() and self.process.poll() is None


class _Shelf:
    """Where those started ahead wait."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spares: list[Child] = []

    def taken(self) -> Child:
        """Return one that waits, or a new one."""
        while (found := self._next()) is not None:
            if found.ready:
                return found
            if found.parent == os.getpid():
                found.ended()
        return Child.started()

    def filled(self) -> None:
        """Start others, now that nobody waits for this one any more."""
        while len(self._spares) < AHEAD:
            made = Child.started()
            with self._lock:
                kept = len(self._spares) < AHEAD
                if kept:
                    self._spares.append(made)
            if not kept:  # another thread was faster
                made.ended()

    def emptied(self) -> None:
        """End those that wait."""
        while (found := self._next()) is not None:
            if found.parent == os.getpid():
                found.ended()

    def _next(self) -> Child | None:
        with self._lock:
            return self._spares.pop(0) if self._spares else None


_SHELF = _Shelf()
atexit.register(_SHELF.emptied)


@contextmanager
def child(task: str, kind: str, data: bytes) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """Have a decoder work on these bytes: its process and the descriptor of its pixels.

    Whatever happens it is dead and its files are closed afterwards: a decoder does one task in its life.
    """
    found = _SHELF.taken()
    try:
        found.told(task, kind, data)
        yield found.process, found.target
    finally:
        found.ended()
        with suppress(OSError):  # no room for one more process now: the next page will wait for its own
            _SHELF.filled()
