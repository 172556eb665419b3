"""The log's tree out of stored nodes: root and proofs at a million leaves by looking at a few hundred hashes."""

from collections.abc import Callable, Iterator, Sequence

from storage.log import EMPTY, node_hash, root

TILE = 256
"""Leaves under one stored node, nodes under one of the next level: the tiles of C2SP's tlog-tiles (height 8)."""
HEIGHT = 8

Fetch = Callable[[int, int, int], Sequence[bytes]]
"""(level, first, end) → hashes number first to end - 1: of leaves at level 0, of whole subtrees of 256^level leaves above."""


class Tree:
    """The tree over the first `size` leaves; every look-up is kept, so one of these answers one question."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], Sequence[bytes]] = {}

    def root(self) -> bytes:
        """The root, 32 bytes (RFC 6962 §2.1)."""
        return self._range(0, self.size) if self.size else EMPTY

    def inclusion(self, index: int) -> list[bytes]:
        """Audit path of the leaf at `index` (§2.1.1), from its neighbour up; IndexError when there is no such leaf."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        path: list[bytes] = []
        first, end = 0, self.size
        while end - first > 1:
            split = first + _split(end - first)
            if index < split:
                path.append(self._range(split, end))
                end = split
            else:
                path.append(self._range(first, split))
                first = split
        return path[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """Proof that the first `old` leaves are a beginning of this tree (§2.1.2); IndexError for a longer one."""
        if not 0 <= old <= self.size:
            raise IndexError(old)
        if old in {0, self.size}:
            return []
        path: list[bytes] = []
        first, end, whole = 0, self.size, True
        while old != end:
            split = first + _split(end - first)
            if old <= split:
                path.append(self._range(split, end))
                end = split
            else:
                path.append(self._range(first, split))
                first, whole = split, False
        return [*([] if whole else [self._range(first, end)]), *path[::-1]]

    def _range(self, first: int, end: int) -> bytes:
        """Root over the leaves of a range that the recursion of §2.1 comes by."""
        count = end - first
        if count & (count - 1) == 0:
            return self._whole(first, count.bit_length() - 1)
        split = first + _split(count)
        return node_hash(self._range(first, split), self._range(split, end))

    def _whole(self, first: int, height: int) -> bytes:
        """Root of a whole subtree of 2^height leaves: the nodes it is made of stand side by side in one tile."""
        level, rest = divmod(height, HEIGHT)
        place = first // TILE**level
        tile, at = divmod(place, TILE)
        return root(self._tile(level, tile)[at : at + (1 << rest)])

    def _tile(self, level: int, tile: int) -> Sequence[bytes]:
        key = level, tile
        if key not in self._tiles:
            end = min((tile + 1) * TILE, self.size // TILE**level)
            self._tiles[key] = self._fetch(level, tile * TILE, end)
        return self._tiles[key]


def _split(count: int) -> int:
    """The largest power of two below a number of leaves."""
    return 1 << (count - 1).bit_length() - 1


def completed(before: int, after: int, fetch: Fetch) -> Iterator[tuple[int, int, bytes]]:
    """The nodes (level, index, hash) that become whole when a log grows; `fetch` gives all leaves, and the nodes of before."""
    below: list[bytes] = []
    stored = after  # of the level below: what lies before this place is stored, the rest is in `below`
    level = 1
    while after >= TILE**level:
        fresh = []
        first = before // TILE**level
        for index in range(first, after // TILE**level):
            under, end = index * TILE, (index + 1) * TILE
            known = fetch(level - 1, under, min(end, stored)) if under < stored else ()
            fresh.append(root([*known, *below[max(0, under - stored) : max(0, end - stored)]]))
            yield level, index, fresh[-1]
        below, stored, level = fresh, first, level + 1
