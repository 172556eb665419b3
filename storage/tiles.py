"""The log's tree made anew from leaves that come one after the other: its nodes, and the root at any size asked for beforehand."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from storage.log import EMPTY, root
from storage.tree import TILE, Tree


class Tiles:
    """Holds one tile of leaf hashes, those at whose end a root is asked for, and all nodes: a 255th of the log."""

    def __init__(self, sizes: Collection[int]) -> None:
        self.size = 0
        self._nodes: dict[int, list[bytes]] = defaultdict(list)
        self._last: list[bytes] = []
        self._kept: dict[int, list[bytes]] = {size // TILE: [] for size in sizes}

    def add(self, leaf: bytes) -> None:
        """Append a leaf's hash."""
        if not self._last and (wanted := self._kept.get(self.size // TILE)) is not None:
            self._last = wanted
        self._last.append(leaf)
        self.size += 1
        if len(self._last) == TILE:
            self._up(1, root(self._last))
            self._last = []

    def _up(self, level: int, node: bytes) -> None:
        nodes = self._nodes[level]
        nodes.append(node)
        if len(nodes) % TILE == 0:
            self._up(level + 1, root(nodes[-TILE:]))

    def nodes(self) -> dict[tuple[int, int], bytes]:
        """Every node that is whole, by level and index."""
        return {
            (level, index): node for level, nodes in self._nodes.items() for index, node in enumerate(nodes)
        }

    def root(self, size: int) -> bytes:
        """The root over the first `size` leaves; `size` is one of those given at the beginning, and reached."""
        return Tree(size, self._fetch).root() if size else EMPTY

    def _fetch(self, level: int, first: int, end: int) -> Sequence[bytes]:
        if level:
            return self._nodes[level][first:end]
        place = first % TILE
        return self._kept[first // TILE][place : place + end - first]
