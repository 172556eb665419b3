"""Signed notes (C2SP signed-note): text that anybody can read and any tool of transparency logs can check."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

ED25519, COSIGNED = b"\x01", b"\x04"
"""Kinds of signature: of the text alone, and of the text with a time (C2SP tlog-cosignature)."""
ID_BYTES, TIME_BYTES, SIGNATURE_BYTES = 4, 8, 64
DASH = "— "
LONGEST = 64 << 20
"""Bytes of a note: the list of ten million papers is 40 MB."""


class BadNote(Exception):
    """The text is no note whose signature by a published key is good; `reason` is bad_note, unknown_key or bad_signature."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One signature line: the name it was signed under, the key's id for that name, and the signature."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A text whose signature is good; `time` is when it was signed, in seconds, None when no line says so."""

    text: str
    name: str
    time: int | None

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.split("\n")[:-1]


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """The four bytes by which a line says whose it is: of SHA-256 over name, newline, kind and public key."""
    return hashlib.sha256(name.encode("utf-8") + b"\n" + kind + public).digest()[:ID_BYTES]


def cosigned(time: int, text: str) -> bytes:
    """What is signed for a text at a time (seconds since 1970)."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def written(text: str, lines: list[Line]) -> str:
    """The note as it is published."""
    signed = (f"{DASH}{line.name} {_base64(line.key_id + line.signature)}\n" for line in lines)
    return f"{text}\n{''.join(signed)}"


def taken_apart(note: str) -> tuple[str, list[Line]]:
    """The text, with its last newline, and the signature lines of a note. Raises BadNote bad_note."""
    text, blank, rest = note.rpartition("\n\n")
    if not blank or not text or not rest.endswith("\n") or len(note) > LONGEST:
        raise BadNote("bad_note")
    return f"{text}\n", [_line(line) for line in rest[:-1].split("\n")]


def _line(line: str) -> Line:
    name, _, signature = line.removeprefix(DASH).partition(" ")
    try:
        data = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("bad_note") from None
    if not line.startswith(DASH) or not name or len(data) <= ID_BYTES:
        raise BadNote("bad_note")
    return Line(name, data[:ID_BYTES], data[ID_BYTES:])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
