"""The leaves of the Merkle log as rows: appended with what they tell of, never touched again, and the nodes above them."""

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import and_, bindparam, select

from storage.committed import SALT_BYTES, leaf_bytes
from storage.log import leaf_hash
from storage.records import Leaf, LogHead
from storage.session import Session, portions, select_record
from storage.tables import leaves, log_head, log_nodes
from storage.tree import Tree, completed

_leaf = select_record(leaves, Leaf).order_by(leaves.c.index)
_of_serial = _leaf.where(leaves.c.serial == bindparam("serial"))
_hashes = (
    select(leaves.c.hash)
    .where(leaves.c.index >= bindparam("first"), leaves.c.index < bindparam("end"))
    .order_by(leaves.c.index)
)
_node_hashes = (
    select(log_nodes.c.hash)
    .where(
        log_nodes.c.level == bindparam("level"),
        log_nodes.c.index >= bindparam("first"),
        log_nodes.c.index < bindparam("end"),
    )
    .order_by(log_nodes.c.index)
)
_nodes = select(log_nodes.c.level, log_nodes.c.index, log_nodes.c.hash)
_head = select_record(log_head, LogHead)
_grow = log_head.update().values(size=log_head.c.size + bindparam("more")).returning(log_head.c.size)


class ReadsLeaves(Session):
    """Reads the log."""

    def log_size(self) -> int:
        """Tell how many leaves the log has."""
        return self.log_head().size

    def log_head(self) -> LogHead:
        """Tell where the log stands by its own account."""
        return LogHead(*self._one("leaf", _head))

    def log_tree(self, size: int | None = None) -> Tree:
        """The tree over the first `size` leaves (all of them), for roots and proofs; it reads as it goes."""
        return Tree(self.log_size() if size is None else size, self._log_hashes)

    def leaves(self) -> list[Leaf]:
        """List all leaves in order."""
        return [Leaf(*row) for row in self._rows("leaf", _leaf)]

    def leaves_of(self, serial: str) -> list[Leaf]:
        """List the leaves that tell of a document and of what was filed for it, in order; empty when it has none."""
        return [Leaf(*row) for row in self._rows("leaf", _of_serial, {"serial": serial})]

    def leaves_about(self, serials: Collection[str], entry_ids: Collection[str]) -> list[Leaf]:
        """List the leaves that tell of these documents and of what was filed for them, and of these entries, in order."""
        of_papers = (leaves.c.serial.in_(some) for some in portions(serials))
        of_entries = (
            and_(leaves.c.ref.in_(some), leaves.c.kind == "entry", leaves.c.serial.is_(None))
            for some in portions(entry_ids)
        )
        wanted = (*of_papers, *of_entries)
        found = [Leaf(*row) for where in wanted for row in self._rows("leaf", _leaf.where(where))]
        return sorted(found, key=lambda leaf: leaf.index)

    def log_nodes(self) -> dict[tuple[int, int], bytes]:
        """Every stored node's hash by level and index."""
        return {(level, index): found for level, index, found in self._rows("leaf", _nodes)}

    def _log_hashes(self, level: int, first: int, end: int) -> Sequence[bytes]:
        if level == 0:
            return [row.hash for row in self._rows("leaf", _hashes, {"first": first, "end": end})]
        where = {"level": level, "first": first, "end": end}
        return [row.hash for row in self._rows("leaf", _node_hashes, where)]


class WritesLeaves(ReadsLeaves):
    """Appends to the log."""

    def append_leaves(self, randbytes: Callable[[int], bytes]) -> None:
        """Append a leaf for everything this transaction has done that the log tells of; called once, at its end.

        The head's row is what writers wait for: it is taken last and let go with the commit, so that the log has no
        gap in any engine and nobody waits for more than a commit.
        """
        if not self._facts:
            return
        facts, self._facts = self._facts, []
        end = self._one("leaf", _grow, {"more": len(facts)}).size
        start, now = end - len(facts), self._now()
        salts = randbytes(SALT_BYTES * len(facts))
        rows = []
        for place, fact in enumerate(facts):
            salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
            payload = leaf_bytes(fact, now, salt)
            rows.append(
                {"index": start + place, "kind": fact.kind, "serial": fact.serial, "ref": fact.ref}
                | {"hash": leaf_hash(payload), "payload": payload, "salt": salt, "created_at": now}
            )
        self._insert_many("leaf", leaves, rows)
        nodes = completed(start, end, self._log_hashes)
        self._insert_many("leaf", log_nodes, [{"level": lvl, "index": at, "hash": h} for lvl, at, h in nodes])
