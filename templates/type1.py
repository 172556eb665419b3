"""Makes the Type 1 fonts in LibreOffice's PDFs the same in each process: their UniqueID counts what it wrote before."""

import hashlib
import re
from functools import lru_cache

import numpy as np

KEY = 55665  # with which the private part of every Type 1 font begins its encryption (Adobe Type 1 Font Format §7.2)
_MULTIPLIER, _ADDEND = 52845, 22719
_INVERSE = pow(_MULTIPLIER, -1, 1 << 16)
_IDENTITY = re.compile(rb"(?<=/UniqueID )\d{7}(?= def)")
_KEPT = 32  # encrypted parts remembered, 10 to 50 KB each: the words a form says itself come again and again
_OPEN = 4_000_000  # UniqueIDs from here on are for anybody (§2.5), a million of them


def normalised(program: bytes, clear: int, private: int) -> bytes:
    """Give a Type 1 font program whose UniqueID comes from what the font says, not from when it was written.

    `clear` and `private` are the lengths of its first two parts (/Length1 and /Length2 in a PDF); they stay. All else
    does too: outlines, hints, names. What is no such program (no encrypted part, no seven digits) is given back as it is.
    """
    head, tail = program[:clear], program[clear + private :]
    inner = decrypted(program[clear : clear + private])
    if not (_IDENTITY.search(head) and _IDENTITY.search(inner)):
        return program
    said = hashlib.sha256(_IDENTITY.sub(b"", head) + _IDENTITY.sub(b"", inner))
    identity = b"%d" % (_OPEN + int.from_bytes(said.digest()[:8]) % 1_000_000)
    return _IDENTITY.sub(identity, head) + encrypted(_IDENTITY.sub(identity, inner)) + tail


def decrypted(cipher: bytes) -> bytes:
    """Decrypt a private part; its first four bytes are salt and stay in front.

    Each byte's key comes from the one before it and the byte there: key' = (key + byte) × m + a, in 16 bits. As m has
    an inverse, all keys come out of one running sum.
    """
    count = len(cipher)
    read = np.frombuffer(cipher, np.uint8)
    powers = np.cumprod(np.full(count, _MULTIPLIER, np.uint16), dtype=np.uint16)
    inverses = np.cumprod(np.full(count, _INVERSE, np.uint16), dtype=np.uint16)
    steps = (read * np.uint16(_MULTIPLIER) + np.uint16(_ADDEND)) * inverses
    keys = (np.cumsum(steps, dtype=np.uint16) + np.uint16(KEY)) * powers
    keys = np.concatenate([[np.uint16(KEY)], keys[:-1]])
    return (read ^ (keys >> 8)).astype(np.uint8).tobytes()


@lru_cache(maxsize=_KEPT)
def encrypted(plain: bytes) -> bytes:
    """Encrypt a private part that begins with four bytes of salt; here each byte has to wait for the one before it."""
    cipher, key = bytearray(plain), KEY
    for at, byte in enumerate(plain):
        cipher[at] = byte = byte ^ (key >> 8)  # noqa: PLW2901 - the next key comes from the encrypted byte
        key = ((byte + key) * _MULTIPLIER + _ADDEND) & 0xFFFF
    return bytes(cipher)
