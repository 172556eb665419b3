"""Publishes what proves papers without us: the log's signed checkpoint, proofs out of it, and the list of where papers stand."""

from typing import Any

from service.errors import Objection, refused
from service.office import Office
from service.office.lookups import find_document
from service.office.proofs import as_base64, origin, paper_proof, signed_head, status_list

__all__ = ["checkpoint", "consistency", "origin", "proof", "status_list"]


def checkpoint(office: Office) -> str:
    """The signed head of the log as of now."""
    with office.archive.read() as reading:
        return signed_head(office, reading.log_tree())


def proof(office: Office, serial: str) -> dict[str, Any]:
    """That a document was issued, and what became of it: its leaves, each with its audit path to a signed checkpoint.

    Public, so it says nothing about the holder. Raises Problem 404.
    """
    with office.archive.read() as reading:
        found = find_document(reading, serial)
        tree = reading.log_tree()
        return paper_proof(found.serial, tree, reading.leaves_of(found.serial), signed_head(office, tree))


def consistency(office: Office, first: int, second: int | None) -> dict[str, Any]:
    """That the log of `first` leaves is a beginning of that of `second` (of today's). Raises Problem 422."""
    with office.archive.read() as reading:
        present = reading.log_size()
        size = present if second is None else second
        if not 0 <= first <= size <= present:
            message = f"日志现有 {present} 条；请让 first 不大于 second，second 不大于这个数"
            raise refused([Objection("first", "bad_range", message)])
        tree = reading.log_tree(size)
        path = [as_base64(node) for node in tree.consistency(first)]
        roots = {
            "first_root": as_base64(reading.log_tree(first).root()),
            "second_root": as_base64(tree.root()),
        }
        return {"first": first, "second": size, **roots, "path": path}
