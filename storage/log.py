"""An append-only Merkle log after RFC 6962: what was issued can be proved, and never quietly left out."""

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of a log without leaves (RFC 6962 §2.1)."""


def leaf_hash(payload: bytes) -> bytes:
    """Hash a leaf: SHA-256 of 0x00 and the payload, 32 bytes (§2.1)."""
    return sha256(b"\x00" + payload).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash an inner node: SHA-256 of 0x01 and both children, 32 bytes (§2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over leaf hashes, 32 bytes.

    Pairing level by level and lifting an odd last node gives the same tree as the recursive definition of §2.1.
    """
    level = list(hashes)
    if not level:
        return EMPTY
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [
        sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    return pairs + level[-1:] if len(level) % 2 else pairs


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], head: bytes) -> bool:
    """Tell whether a leaf hash is the one at `index` of the log of `size` leaves whose root is `head`."""
    if not 0 <= index < size:
        return False
    found, last, rest = leaf, size - 1, list(path)
    while last:
        if index % 2 or index < last:
            if not rest:
                return False
            beside = rest.pop(0)
            found = node_hash(beside, found) if index % 2 else node_hash(found, beside)
        index, last = index // 2, last // 2
    return not rest and found == head


def verify_consistency(
    old_size: int, old_head: bytes, size: int, head: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether the log with root `head` continues the one with root `old_head` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old_size <= size:
        return False
    if old_size == 0:
        return not proof and old_head == EMPTY
    if old_size == size:
        return not proof and old_head == head
    rest = [old_head, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not rest:
        return False
    node, last = old_size - 1, size - 1
    while node % 2:
        node, last = node // 2, last // 2
    old_found = found = rest.pop(0)
    for beside in rest:
        if last == 0:
            return False
        if node % 2 or node == last:
            old_found, found = node_hash(beside, old_found), node_hash(beside, found)
            while node and not node % 2:
                node, last = node // 2, last // 2
        else:
            found = node_hash(found, beside)
        node, last = node // 2, last // 2
    return last == 0 and old_found == old_head and found == head
