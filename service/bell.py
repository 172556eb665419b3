"""Wakes the processes of one host that wait for work or for its end, through a named pipe of each that listens.

A bell says only that it is worth looking now. Nobody relies on it: other hosts do not hear it, and everyone who waits
looks by himself every now and then.
"""

import errno
import os
import secrets
import select
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

FOLDER: Final = "bells"
SWALLOWED: Final = 4096  # bytes of one read: however often it rang, it was one call
RING: Final = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW
LISTEN: Final = os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW
"""For writing too, or a pipe would read as ended whenever nobody is about to ring."""

Name = Literal["work", "ended"]


def ring(data: Path, name: Name) -> None:
    """Wake everybody on this host who listens; pipes of the dead are cleared away."""
    with suppress(OSError):
        for pipe in (data / FOLDER / name).iterdir():
            if not pipe.name.startswith("."):
                _ring(pipe)


def _ring(pipe: Path) -> None:
    try:
        handle = os.open(pipe, RING)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody has it open any more
            with suppress(OSError):
                pipe.unlink()
        return
    try:
        if stat.S_ISFIFO(os.fstat(handle).st_mode):
            os.write(handle, b"!")
    except BlockingIOError:
        pass  # full of calls that were not heard yet
    finally:
        os.close(handle)


@contextmanager
def listening(data: Path, name: Name) -> Iterator[int | None]:
    """Open an ear: a descriptor that can be read when it has rung; None on a file system without named pipes."""
    folder, own = data / FOLDER / name, secrets.token_hex(8)
    hidden, pipe = folder / f".{own}", folder / own
    ear: int | None = None
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.mkfifo(hidden, 0o600)
        ear = os.open(hidden, LISTEN)
        hidden.rename(pipe)  # only now: whoever rings clears away what nobody has open
    try:
        yield ear
    finally:
        for one in (hidden, pipe):
            with suppress(OSError):
                one.unlink()
        if ear is not None:
            os.close(ear)


def waited(ear: int | None, seconds: float) -> None:
    """Wait until it rings, `seconds` at most."""
    waiting = select.poll()
    if ear is not None:
        waiting.register(ear, select.POLLIN)
    if waiting.poll(seconds * 1000):
        hushed(ear)


def hushed(ear: int | None) -> None:
    """Take the calls that were heard."""
    with suppress(BlockingIOError):
        if ear is not None:
            os.read(ear, SWALLOWED)
