"""Proves the log and the rows against each other, both ways, and the log against checkpoints that others have kept."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from storage import committed, lookups
from storage.archive import Reading
from storage.faults import Fault
from storage.log import EMPTY, leaf_hash
from storage.lookups import STATUS_KINDS, Told
from storage.records import Document, Entry, Head, Leaf, NumberRow
from storage.tiles import Tiles

APART = timedelta(days=1)
"""A row is written into the log within the transaction that keeps it; a clock is seldom set by more."""
ONE_BY_ONE = 1000
"""Missing leaves of a stretch that are named one by one."""
MOMENTS = ("created_at", "uploaded_at", "at")
"""Columns that say when their row was written."""


def faults(reading: Reading, checkpoints: Sequence[Head]) -> Iterator[Fault]:
    """Every difference between the log, the checkpoints that others have kept, and the rows the log tells of.

    What rows lack in the log is told where they are gone through: `papers`, `items`, `given_up`; of other tables here.
    """
    head, carried = reading.log_head(), lookups.carried(reading)
    shape = _Shape(Tiles([one.size for one in checkpoints]))
    times = _Times(checkpoints, head.carried, -1 if carried is None else carried)
    for leaves in lookups.leaves(reading):
        told = lookups.told(reading, leaves, head.carried)
        for leaf in leaves:
            yield from shape.faults(leaf)
            yield from _told(told, leaf)
            if leaf.index in told.again:
                yield Fault("leaf_without_row", str(leaf.index))
            yield from times.faults(leaf, told)
    if head.size != shape.expected:
        yield Fault("log_size", str(head.size))
    if carried is None and head.carried:
        yield Fault("log_size", str(head.carried))
    yield from _tree(shape.tiles, reading.log_nodes(), checkpoints)
    yield from (Fault("row_without_leaf", ref) for ref in lookups.refs_without_leaf(reading))


class _Shape:
    """The log counts from 0 without a gap, and each hash is that of its leaf; the hashes go into a tree."""

    def __init__(self, tiles: Tiles) -> None:
        self.expected = 0
        self.tiles = tiles

    def faults(self, leaf: Leaf) -> Iterator[Fault]:
        """Take the next leaf."""
        yield from (Fault("leaf_missing", about) for about in _stretch(self.expected, leaf.index))
        self.expected = leaf.index + 1
        if leaf.hash != leaf_hash(leaf.payload):
            yield Fault("leaf_hash", str(leaf.index))
        # Where leaves are gone the root over nothing stands for them.
        for _ in range(min(leaf.index - self.tiles.size, ONE_BY_ONE)):
            self.tiles.add(EMPTY)
        self.tiles.add(leaf.hash)


def _stretch(first: int, end: int) -> Iterable[str]:
    """The places from `first` to before `end`, or only the ends of a long stretch: whoever writes rows can make it long."""
    return map(str, range(first, end)) if end - first <= ONE_BY_ONE else [f"{first}–{end - 1}"]


def _tree(
    tiles: Tiles, stored: Mapping[tuple[int, int], bytes], checkpoints: Sequence[Head]
) -> Iterator[Fault]:
    """Every stored node is made of what lies below it; every checkpoint is the root of a beginning of the log."""
    made = tiles.nodes()
    for level, index in sorted(made.keys() | stored.keys()):
        if made.get((level, index)) != stored.get((level, index)):
            yield Fault("node_differs", f"{level}/{index}")
    good = 0
    for head in sorted(checkpoints, key=lambda one: one.size):
        if head.size > tiles.size:
            yield Fault("log_shorter", str(head.size))
        elif tiles.root(head.size) == head.root:
            good = head.size
        else:
            yield Fault("checkpoint_differs", f"{good}–{head.size}")


def _told(told: Told, leaf: Leaf) -> Iterator[Fault]:
    """A leaf tells what its row says; of those that tell of a document's status, the last one."""
    if leaf.kind == "row":
        yield from _row_told(told, leaf)
        return
    document = told.documents.get(leaf.serial or "")
    if document is None and (leaf.serial is not None or leaf.ref is None):
        yield Fault("leaf_without_document", str(leaf.index))
        return
    row = told.entries.get(leaf.ref or "") or told.void.get(leaf.ref or "") or document
    if leaf.kind in STATUS_KINDS and leaf.salt and told.last.get(leaf.serial) != leaf.index:
        if not _spoke(leaf):
            yield Fault("leaf_differs", leaf.serial or str(leaf.index))
    elif document is not None and leaf.kind in STATUS_KINDS and leaf.salt:
        yield from _status(document, leaf)
    else:
        yield from _content(leaf, row)


def _row_told(told: Told, leaf: Leaf) -> Iterator[Fault]:
    """A leaf of any other row tells all of it; that of the upgrade's end tells how much the upgrade carried in."""
    fact = told.kept.get(leaf.ref or "")
    if fact is None:
        yield Fault("leaf_without_row", str(leaf.index))
    elif not _says(leaf, fact):
        yield Fault("leaf_differs", leaf.ref or str(leaf.index))


def _spoke(leaf: Leaf) -> bool:
    """Tell whether a leaf of a status that another followed still says what it said.

    All of it where no reason was given, else all but the row.
    """
    if leaf.kind == "effective":
        return _says(
            leaf,
            committed.ended(dict.fromkeys(committed.STATUS) | {"serial": leaf.serial, "status": "effective"}),
        )
    said = _said(leaf.payload)
    told = {"v": committed.VERSION, "kind": leaf.kind, "at": committed.moment(leaf.created_at)}
    told["serial"] = sha256((leaf.serial or "").encode()).hexdigest()
    return leaf.ref is None and all(said.get(name) == value for name, value in told.items())


def _content(leaf: Leaf, row: Document | Entry | NumberRow | None) -> Iterator[Fault]:
    """A leaf of a document, entry or void number tells all of its row."""
    if isinstance(row, Document) and leaf.ref is None and leaf.salt is None:
        if _first_says_otherwise(row, leaf.payload):
            yield Fault("leaf_differs", row.serial)
    elif isinstance(row, Document) and leaf.kind == "issue":
        if not _says(leaf, committed.issued(_row(row))):
            yield Fault("leaf_differs", row.serial)
    elif isinstance(row, Entry) and leaf.kind == "entry":
        if not _says(leaf, committed.filed(_row(row))):
            yield Fault("leaf_differs", f"entry {row.id}")
    elif isinstance(row, NumberRow) and leaf.kind == "void":
        if not _says(leaf, committed.voided(_row(row))):
            yield Fault("leaf_differs", row.number)
    else:
        yield Fault("leaf_without_row", str(leaf.index))


def _status(document: Document, leaf: Leaf) -> Iterator[Fault]:
    """The last leaf of a document's status says where it stands now."""
    if not _stands(document, leaf):
        alive = _kinds(document, leaf) == {"effective"}
        yield Fault("effective_without_leaf" if alive else "revocation_differs", document.serial)


def _kinds(document: Document, leaf: Leaf) -> set[str]:
    """What kinds of leaf a document's status and its last leaf stand for."""
    return {leaf.kind, committed.ENDS.get(document.status, leaf.kind)}


def _stands(document: Document, leaf: Leaf) -> bool:
    """Tell whether a document has the status its last leaf gives it, with the same reason and replacement."""
    if committed.ENDS.get(document.status) != leaf.kind:
        return False
    return _says(leaf, committed.ended(_row(document)))


def _says(leaf: Leaf, fact: committed.Fact) -> bool:
    """Tell whether a leaf is the one of this fact: its bytes are made again from the row."""
    if (leaf.kind, leaf.serial, leaf.ref) != (fact.kind, fact.serial, fact.ref):
        return False
    return leaf.payload == committed.leaf_bytes(fact, leaf.created_at, leaf.salt or b"")


def _row(record: Document | Entry | NumberRow) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def papers(reading: Reading, documents: Sequence[Document]) -> Iterator[Fault]:
    """Each document has its leaf, and what became of it has one."""
    known, ended = lookups.issued_and_ended(reading, [document.serial for document in documents])
    for document in documents:
        if document.serial not in known:
            yield Fault("document_without_leaf", document.serial)
        if document.status == "pending" and (document.reason, document.superseded_by) != (None, None):
            yield Fault("revocation_differs", document.serial)
        if document.status != "pending" and document.serial not in ended:
            code = "effective_without_leaf" if document.status == "effective" else "revocation_differs"
            yield Fault(code, document.serial)


def items(reading: Reading, entries: Sequence[Entry]) -> Iterator[Fault]:
    """Each entry has its leaf."""
    filed = lookups.refs(reading, "entry", [entry.id for entry in entries])
    yield from (Fault("entry_without_leaf", entry.id) for entry in entries if entry.id not in filed)


def given_up(reading: Reading, rows: Sequence[NumberRow]) -> Iterator[Fault]:
    """Each number that was written off has its leaf."""
    void = {f"{row.block_id}/{row.seq}": row for row in rows if row.state == "void"}
    filed = lookups.refs(reading, "void", list(void))
    yield from (Fault("number_without_leaf", row.number) for ref, row in void.items() if ref not in filed)


class _Times:
    """What was inserted later than it says: its leaf lies behind younger ones or behind a checkpoint, or is younger than its row.

    Leaves that an upgrade wrote say nothing of when: the first `written` ones, and those of rows up to the place `carried`.
    """

    def __init__(self, checkpoints: Sequence[Head], written: int, carried: int) -> None:
        self._checkpoints = checkpoints
        self._left = written
        self._carried = carried
        self._latest: datetime | None = None

    def faults(self, leaf: Leaf, told: Told) -> Iterator[Fault]:
        """Take the next leaf."""
        if self._left > 0:
            self._left -= 1
            return
        if self._latest is not None and leaf.created_at < self._latest - APART:
            yield Fault("time_reversed", str(leaf.index))
        self._latest = leaf.created_at if self._latest is None else max(self._latest, leaf.created_at)
        known = self._known(leaf, told)
        apart = known is not None and abs(known - leaf.created_at) > APART
        if apart or any(_claims_before(leaf, head) for head in self._checkpoints):
            yield Fault("back_dated", _about(leaf))

    def _known(self, leaf: Leaf, told: Told) -> datetime | None:
        key = leaf.ref or leaf.serial or ""
        if leaf.kind == "row":
            return _moment_of(told.kept.get(key)) if leaf.index > self._carried else None
        row: Document | Entry | None = None
        if leaf.kind in {"issue", "entry"}:
            row = told.documents.get(key) if leaf.kind == "issue" else told.entries.get(key)
        return None if row is None else row.created_at


def _claims_before(leaf: Leaf, head: Head) -> bool:
    """Tell whether a leaf says it is older than a checkpoint that does not have it."""
    return head.at is not None and leaf.index >= head.size and leaf.created_at < head.at - APART


def _about(leaf: Leaf) -> str:
    if leaf.kind == "row" and leaf.ref is not None:
        return leaf.ref
    return leaf.serial if leaf.ref is None and leaf.serial else f"entry {leaf.ref}"


def _moment_of(fact: committed.Fact | None) -> datetime | None:
    """When a row says it was written; some do not say."""
    row = {} if fact is None else fact.row
    said = next((row[name] for name in MOMENTS if row.get(name)), None)
    return None if said is None else datetime.fromisoformat(said)


def _first_says_otherwise(document: Document, payload: bytes) -> bool:
    """Tell whether a leaf of the first releases says of a frozen column anything else than its row."""
    said = _said(payload)
    token = sha256(document.token.encode()).hexdigest()
    if said.get("token_sha256", token) != token or not document.code_text.endswith(document.token):
        return True
    frozen = set(Document.__slots__) - {"status", "reason", "superseded_by", "created_at", "created_by"}
    return any(_plain(getattr(document, name)) != said[name] for name in frozen & said.keys())


def _said(payload: bytes) -> dict[str, object]:
    """The words of a leaf; none when they are no JSON object."""
    try:
        said = json.loads(payload)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
