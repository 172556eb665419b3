"""Publishes what proves papers without us: the log's signed checkpoint, proofs out of it, and the list of where papers stand."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from service.errors import Objection, refused
from service.office import Office
from service.office.lookups import find_document
from service.signing.listing import SerialSet
from service.signing.published import Checkpoint, checkpoint_note, list_note
from storage.archive import Archive, Reading
from storage.committed import ENDS
from storage.records import DocumentStatus, Leaf
from storage.tree import Tree

SHORT: tuple[DocumentStatus, ...] = ("revoked", "superseded")
"""What the list always says."""
LONG: tuple[DocumentStatus, ...] = (*SHORT, "effective")
"""What the long list says: only who finds a paper among the effective ones may call it genuine."""
PAUSE = 20
"""A list is made anew at the earliest after so many times as long as it took: that of a million papers takes seconds."""
KEPT = timedelta(hours=1)
"""So old may a list be that is given out again because nothing has changed: its time must not look stale."""


@dataclass(frozen=True, slots=True)
class _Made:
    """A list that was made: as of which size of the log, when, and how long it took."""

    note: str
    size: int
    at: datetime
    took: timedelta


_lists: WeakKeyDictionary[Archive, dict[bool, _Made]] = WeakKeyDictionary()


def origin(office: Office) -> str:
    """The name of this installation's log, as witnesses know it: a URL without its scheme (C2SP tlog-checkpoint)."""
    return f"{office.settings.host.lower()}/log"


def checkpoint(office: Office) -> str:
    """The signed head of the log as of now."""
    with office.archive.read() as reading:
        return _signed(office, reading.log_tree())


def _signed(office: Office, tree: Tree) -> str:
    return checkpoint_note(office.keys, origin(office), tree.size, tree.root(), _seconds(office))


def proof(office: Office, serial: str) -> dict[str, Any]:
    """That a document was issued, and what became of it: its leaves, each with its audit path to a signed checkpoint.

    Public, so it says nothing about the holder. Raises Problem 404.
    """
    with office.archive.read() as reading:
        found = find_document(reading, serial)
        tree = reading.log_tree()
        told = [_proved(tree, leaf) for leaf in _telling(reading, found.serial)]
        root, note = tree.root(), _signed(office, tree)
    issued = next(one for one in told if one["kind"] == "issue")
    return {
        "serial": found.serial,
        "size": tree.size,
        "root": _base64(root),
        **{name: issued[name] for name in ("index", "payload", "leaf_hash", "path")},
        "status": [one for one in told if one["kind"] in ENDS.values()],
        "checkpoint": note,
    }


def _telling(reading: Reading, serial: str) -> list[Leaf]:
    """The leaves of a document's issue and of its statuses, as leaves are now."""
    return [leaf for leaf in reading.leaves_of(serial) if leaf.salt and leaf.ref is None]


def _proved(tree: Tree, leaf: Leaf) -> dict[str, Any]:
    return {
        "kind": leaf.kind,
        "index": leaf.index,
        "payload": leaf.payload.decode("utf-8"),
        "leaf_hash": _base64(leaf.hash),
        "path": [_base64(node) for node in tree.inclusion(leaf.index)],
    }


def consistency(office: Office, first: int, second: int | None) -> dict[str, Any]:
    """That the log of `first` leaves is a beginning of that of `second` (of today's). Raises Problem 422."""
    with office.archive.read() as reading:
        present = reading.log_size()
        size = present if second is None else second
        if not 0 <= first <= size <= present:
            message = f"日志现有 {present} 条；请让 first 不大于 second，second 不大于这个数"
            raise refused([Objection("first", "bad_range", message)])
        tree = reading.log_tree(size)
        path = [_base64(node) for node in tree.consistency(first)]
        roots = {"first_root": _base64(reading.log_tree(first).root()), "second_root": _base64(tree.root())}
        return {"first": first, "second": size, **roots, "path": path}


def status_list(office: Office, *, long: bool = False) -> str:
    """The signed list of papers that are revoked or superseded, in the long one of the effective ones too: by serial, nameless."""
    with office.archive.read() as reading:
        made, now = _lists.setdefault(office.archive, {}), office.now()
        last = made.get(long)
        if last is not None and _still_good(last, reading.log_size(), now):
            return last.note
        tree = reading.log_tree()
        at = Checkpoint(origin(office), tree.size, tree.root(), _seconds(office))
        sets = [(status, SerialSet.of(reading.serials_of(status))) for status in (LONG if long else SHORT)]
    note = list_note(office.keys, f"{office.settings.host.lower()}/status-list", at, sets)
    made[long] = _Made(note, tree.size, now, office.now() - now)
    return note


def _still_good(last: _Made, size: int, now: datetime) -> bool:
    return now - last.at < KEPT and (last.size == size or now - last.at < PAUSE * last.took)


def _seconds(office: Office) -> int:
    return int(office.now().timestamp())


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
