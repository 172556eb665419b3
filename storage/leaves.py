"""The leaves of the Merkle log as rows: appended one after the other, never touched again."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select

from storage.log import leaf_hash
from storage.records import Leaf
from storage.session import Session, select_record
from storage.tables import leaves

_leaf = select_record(leaves, Leaf).order_by(leaves.c.index)
_of_serial = _leaf.where(leaves.c.serial == bindparam("serial")).limit(1)
_hashes = select(leaves.c.hash).order_by(leaves.c.index)
_payloads = select(leaves.c.payload).order_by(leaves.c.index)
_size = select(func.coalesce(func.max(leaves.c.index) + 1, 0))


class ReadsLeaves(Session):
    """Reads the log."""

    def leaves(self) -> list[Leaf]:
        """List all leaves in order."""
        return [Leaf(*row) for row in self._rows("leaf", _leaf)]

    def leaf_hashes(self) -> list[bytes]:
        """List the leaf hashes in order, as the functions of storage.log take them."""
        return [row[0] for row in self._rows("leaf", _hashes)]

    def payloads(self) -> list[bytes]:
        """List what the leaf hashes were made of, in order."""
        return [row[0] for row in self._rows("leaf", _payloads)]

    def leaf_of(self, serial: str) -> Leaf:
        """Find the first leaf of a document, the one of its issue; NotFound when it has none."""
        return Leaf(*self._one("leaf", _of_serial, {"serial": serial}))


class WritesLeaves(ReadsLeaves):
    """Appends to the log."""

    def add_leaf(self, kind: str, serial: str, payload: bytes) -> Leaf:
        """Append a leaf for a document that was added before; `payload` is kept too, so put no personal data in it."""
        return self.add_leaves([(kind, serial, payload)])[0]

    def add_leaves(self, new: Sequence[tuple[str, str, bytes]]) -> list[Leaf]:
        """Append leaves (kind, serial, payload) in this order.

        Writers come one at a time, so the next index is the size; were two to race, the key would stop one.
        """
        size, now = self._one("leaf", _size)[0], self._now()
        made = [
            Leaf(index, kind, serial, leaf_hash(payload))
            for index, (kind, serial, payload) in enumerate(new, size)
        ]
        rows = [
            {"index": leaf.index, "kind": leaf.kind, "serial": leaf.serial, "hash": leaf.hash}
            | {"payload": payload, "created_at": now}
            for leaf, (_kind, _serial, payload) in zip(made, new, strict=True)
        ]
        self._insert_many("leaf", leaves, rows)
        return made
