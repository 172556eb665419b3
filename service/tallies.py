"""Counts that every process of an installation adds to: each is a file, and one byte in it one thing that happened."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

FOLDER: Final = "tallies"
NAME: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")


def add(data: Path, *names: str) -> None:
    """Count one thing under its names, words of ours as `reads`, `genuine`; a figure that cannot be written is let go.

    An appended byte is never torn and needs no lock, whoever else writes.
    """
    name = ".".join(names)
    if not NAME.fullmatch(name):
        raise ValueError(name)
    with suppress(OSError):
        (data / FOLDER).mkdir(mode=0o700, exist_ok=True)
        handle = os.open(data / FOLDER / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, b"|")
        finally:
            os.close(handle)


def counts(data: Path, first: str) -> dict[tuple[str, ...], int]:
    """Give every count under a first name, by the names that follow."""
    found = {}
    with suppress(OSError):
        for file in sorted((data / FOLDER).glob(f"{first}.*")):
            found[tuple(file.name.split(".")[1:])] = file.stat().st_size
    return found
