"""The leaves of the Merkle log as rows: appended one after the other, never touched again."""

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
        """Append a leaf for a document that was added before; `payload` is kept too, so put no personal data in it.

        Writers come one at a time, so the next index is the size; were two to race, the key would stop one.
        """
        leaf = Leaf(self._one("leaf", _size)[0], kind, serial, leaf_hash(payload))
        row = {"index": leaf.index, "kind": kind, "serial": serial, "hash": leaf.hash}
        self._insert("leaf", leaves, {**row, "payload": payload, "created_at": self._now()})
        return leaf
