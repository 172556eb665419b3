"""What proves papers without us, made of the log: its signed head, leaves with their paths, the list of where papers stand."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from service.office.desk import Office
from service.signing.listing import SerialSet
from service.signing.published import Checkpoint, checkpoint_note, list_note
from storage.archive import Archive
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


def signed_head(office: Office, tree: Tree) -> str:
    """The signed checkpoint of a tree of the log."""
    return checkpoint_note(office.keys, origin(office), tree.size, tree.root(), seconds(office))


def paper_proof(serial: str, tree: Tree, leaves: Sequence[Leaf], note: str) -> dict[str, Any]:
    """What became of a document, from its issue on: its leaves with their paths to the root that `note` signs.

    `leaves` are all that tell of it, in order. It says nothing about the holder.
    """
    told = [proved(tree, leaf) for leaf in leaves if leaf.salt and leaf.ref is None]
    issued = next(one for one in told if one["kind"] == "issue")
    return {
        "serial": serial,
        "size": tree.size,
        "root": as_base64(tree.root()),
        **{name: issued[name] for name in ("index", "payload", "leaf_hash", "path")},
        "status": [one for one in told if one["kind"] in ENDS.values()],
        "checkpoint": note,
    }


def proved(tree: Tree, leaf: Leaf) -> dict[str, Any]:
    """A leaf with its audit path (RFC 6962 §2.1.1)."""
    return {
        "kind": leaf.kind,
        "index": leaf.index,
        "payload": leaf.payload.decode("utf-8"),
        "leaf_hash": as_base64(leaf.hash),
        "path": [as_base64(node) for node in tree.inclusion(leaf.index)],
    }


def status_list(office: Office, *, long: bool = False) -> str:
    """The signed list of papers that are revoked or superseded, in the long one of the effective ones too: by serial, nameless."""
    with office.archive.read() as reading:
        made, now = _lists.setdefault(office.archive, {}), office.now()
        last = made.get(long)
        if last is not None and _still_good(last, reading.log_size(), now):
            return last.note
        tree = reading.log_tree()
        at = Checkpoint(origin(office), tree.size, tree.root(), seconds(office))
        with reading.beyond_scope():  # the list is of all papers, whoever's package it lies in
            serials = {status: reading.serials_of(status) for status in (LONG if long else SHORT)}
    sets = [(status, SerialSet.of(some)) for status, some in serials.items()]
    note = list_note(office.keys, f"{office.settings.host.lower()}/status-list", at, sets)
    made[long] = _Made(note, tree.size, now, office.now() - now)
    return note


def _still_good(last: _Made, size: int, now: datetime) -> bool:
    return now - last.at < KEPT and (last.size == size or now - last.at < PAUSE * last.took)


def seconds(office: Office) -> int:
    """Now, in seconds since 1970."""
    return int(office.now().timestamp())


def as_base64(data: bytes) -> str:
    """Base64 with padding (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")
