"""What is published under signature beside the keys: the log's checkpoint, and the list of where papers stand."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.signing.keys import KeyRing, PublicKeys
from service.signing.listing import SerialSet
from service.signing.note import BadNote

ROOT_BYTES = 32
SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the log: which log (`origin`), its number of leaves, its root (32 bytes), when it was signed (seconds)."""

    origin: str
    size: int
    root: bytes
    time: int | None


@dataclass(frozen=True, slots=True)
class StatusList:
    """Which papers are revoked, superseded, and, in the long list, effective, as of a size of the log and a time."""

    size: int
    root: bytes
    time: int
    sets: Mapping[str, SerialSet]


def checkpoint_note(keys: KeyRing, origin: str, size: int, root: bytes, time: int) -> str:
    """The signed checkpoint (C2SP tlog-checkpoint), with a second line that signs the time too."""
    return keys.note(origin, f"{origin}\n{size}\n{_base64(root)}\n", time)


def read_checkpoint(keys: PublicKeys, text: str) -> Checkpoint:
    """The checkpoint of a note whose signature is good. Raises BadNote."""
    note = keys.open_note(text)
    lines = note.lines
    if len(lines) < len(Checkpoint.__slots__) - 1 or lines[0] != note.name:
        raise BadNote("bad_note")
    return Checkpoint(lines[0], *head(lines[1], lines[2]), note.time)


def head(size: str, root: str) -> tuple[int, bytes]:
    """Size and root as they are written. Raises BadNote bad_note."""
    try:
        found = base64.b64decode(root, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("bad_note") from None
    if not SIZE.fullmatch(size) or len(found) != ROOT_BYTES:
        raise BadNote("bad_note")
    return int(size), found


def list_note(keys: KeyRing, origin: str, at: Checkpoint, sets: Iterable[tuple[str, SerialSet]]) -> str:
    """The signed list: its name, the log's size and root, the time, then a line for each set."""
    lines = [f"{status} {found.line()}" for status, found in sets]
    text = f"{origin}\n{at.size}\n{_base64(at.root)}\ntime {at.time}\n" + "".join(
        f"{line}\n" for line in lines
    )
    return keys.note(origin, text, None)


def read_list(keys: PublicKeys, text: str) -> StatusList:
    """The list of a note whose signature is good. Raises BadNote."""
    note = keys.open_note(text)
    try:
        origin, size, root, time, *rest = note.lines
        word, seconds = time.split(" ")
        sets = {name: SerialSet.read(line) for name, line in (each.split(" ", 1) for each in rest)}
        told = StatusList(*head(size, root), int(seconds), sets)
    except ValueError:
        raise BadNote("bad_note") from None
    if origin != note.name or word != "time" or not {"revoked", "superseded"} <= sets.keys():
        raise BadNote("bad_note")
    return told


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
