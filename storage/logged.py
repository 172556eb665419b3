"""Proves the log and the rows against each other, both ways, and the log against checkpoints that others have kept."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from storage import committed
from storage.faults import Fault
from storage.log import EMPTY, leaf_hash
from storage.records import Document, Entry, Head, Leaf, LogHead, NumberRow
from storage.tree import Tree, completed

APART = timedelta(days=1)
"""A row is written into the log within the transaction that keeps it; a clock is seldom set by more."""
ONE_TRANSACTION = timedelta(seconds=60)
"""No transaction of ours lasts as long."""
ONE_BY_ONE = 1000
"""Missing leaves of a stretch that are named one by one."""
MOMENTS = ("created_at", "uploaded_at", "at")
"""Columns that say when their row was written."""
STATUS_KINDS = frozenset(committed.ENDS.values())


@dataclass(frozen=True, slots=True)
class Logged:
    """The log and what it tells of: documents by serial, all entries, the numbers used or written off.

    `kept` has what the leaf of every other row commits to, by its `ref`.
    """

    documents: Mapping[str, Document]
    entries: Sequence[Entry]
    given: Sequence[NumberRow]
    kept: Mapping[str, committed.Fact]
    leaves: Sequence[Leaf]
    nodes: Mapping[tuple[int, int], bytes]
    head: LogHead

    def void(self) -> Iterator[NumberRow]:
        """The numbers that were written off."""
        return (row for row in self.given if row.state == "void")


def faults(log: Logged, checkpoints: Sequence[Head]) -> Iterator[Fault]:
    """Every difference between the log, the rows, and the checkpoints that others have kept."""
    yield from _shape(log)
    yield from _tree(log, checkpoints)
    yield from _told(log)
    yield from _untold(log)
    yield from _carried(log)
    yield from _times(log, checkpoints)
    yield from _used(log)


def _shape(log: Logged) -> Iterator[Fault]:
    """The log counts from 0 without a gap to where its head says, and each hash is that of its leaf."""
    expected = 0
    for leaf in log.leaves:
        yield from (Fault("leaf_missing", about) for about in _stretch(expected, leaf.index))
        expected = leaf.index + 1
        if leaf.hash != leaf_hash(leaf.payload):
            yield Fault("leaf_hash", str(leaf.index))
    if log.head.size != expected:
        yield Fault("log_size", str(log.head.size))


def _stretch(first: int, end: int) -> Iterable[str]:
    """The places from `first` to before `end`, or only the ends of a long stretch: whoever writes rows can make it long."""
    return map(str, range(first, end)) if end - first <= ONE_BY_ONE else [f"{first}–{end - 1}"]


def _tree(log: Logged, checkpoints: Sequence[Head]) -> Iterator[Fault]:
    """Every stored node is made of what lies below it; every checkpoint is the root of a beginning of the log."""
    hashes = _hashes(log)
    made: dict[tuple[int, int], bytes] = {}

    def fetch(level: int, first: int, end: int) -> Sequence[bytes]:
        return hashes[first:end] if level == 0 else [made[level, index] for index in range(first, end)]

    for level, index, found in completed(0, len(hashes), fetch):
        made[level, index] = found
    for level, index in sorted(made.keys() | log.nodes.keys()):
        if made.get((level, index)) != log.nodes.get((level, index)):
            yield Fault("node_differs", f"{level}/{index}")
    good = 0
    for head in sorted(checkpoints, key=lambda one: one.size):
        if head.size > len(hashes):
            yield Fault("log_shorter", str(head.size))
        elif (Tree(head.size, fetch).root() if head.size else EMPTY) == head.root:
            good = head.size
        else:
            yield Fault("checkpoint_differs", f"{good}–{head.size}")


def _hashes(log: Logged) -> list[bytes]:
    """The leaves' hashes, each in its place; where leaves are gone the root over nothing stands for them."""
    hashes: list[bytes] = []
    for leaf in log.leaves:
        hashes += [EMPTY] * min(leaf.index - len(hashes), ONE_BY_ONE)
        hashes.append(leaf.hash)
    return hashes


def _told(log: Logged) -> Iterator[Fault]:
    """Each leaf tells what its row says; of those that tell of a document's status, the last one."""
    entries = {entry.id: entry for entry in log.entries}
    void = {f"{row.block_id}/{row.seq}": row for row in log.void()}
    last = {leaf.serial: leaf.index for leaf in log.leaves if leaf.kind in STATUS_KINDS and leaf.salt}
    for leaf in log.leaves:
        if leaf.kind == "row":
            yield from _row_told(log, leaf)
            continue
        document = log.documents.get(leaf.serial or "")
        if document is None and (leaf.serial is not None or leaf.ref is None):
            yield Fault("leaf_without_document", str(leaf.index))
            continue
        row = entries.get(leaf.ref or "") or void.get(leaf.ref or "") or document
        if leaf.kind in STATUS_KINDS and leaf.salt and last[leaf.serial] != leaf.index:
            if not _spoke(leaf):
                yield Fault("leaf_differs", leaf.serial or str(leaf.index))
            continue
        if document is not None and leaf.kind in STATUS_KINDS and leaf.salt:
            yield from _status(document, leaf)
        else:
            yield from _content(leaf, row)


def _row_told(log: Logged, leaf: Leaf) -> Iterator[Fault]:
    """A leaf of any other row tells all of it; that of the upgrade's end tells how much the upgrade carried in."""
    fact = (
        committed.carried(log.head.carried) if leaf.ref == committed.CARRIED else log.kept.get(leaf.ref or "")
    )
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


def _untold(log: Logged) -> Iterator[Fault]:
    """Each row has its leaf, and only one."""
    issued = [leaf.serial for leaf in log.leaves if leaf.kind == "issue" and leaf.salt]
    refs = [(leaf.kind, leaf.ref) for leaf in log.leaves if leaf.ref is not None]
    ended = {leaf.serial for leaf in log.leaves if leaf.kind in STATUS_KINDS and leaf.salt}
    yield from (Fault("leaf_without_row", str(index)) for index in _repeated(log))
    known, filed = set(issued), set(refs)
    for document in log.documents.values():
        if document.serial not in known:
            yield Fault("document_without_leaf", document.serial)
        if document.status == "pending" and (document.reason, document.superseded_by) != (None, None):
            yield Fault("revocation_differs", document.serial)
        if document.status != "pending" and document.serial not in ended:
            code = "effective_without_leaf" if document.status == "effective" else "revocation_differs"
            yield Fault(code, document.serial)
    for entry in log.entries:
        if ("entry", entry.id) not in filed:
            yield Fault("entry_without_leaf", entry.id)
    for row in log.void():
        if ("void", f"{row.block_id}/{row.seq}") not in filed:
            yield Fault("number_without_leaf", row.number)
    yield from (Fault("row_without_leaf", ref) for ref in log.kept if ("row", ref) not in filed)


def _carried(log: Logged) -> Iterator[Fault]:
    """What the head says an upgrade carried in stands in a leaf of its own; without one, nothing was."""
    told = any(leaf.kind == "row" and leaf.ref == committed.CARRIED for leaf in log.leaves)
    if not told and log.head.carried:
        yield Fault("log_size", str(log.head.carried))


def _repeated(log: Logged) -> Iterator[int]:
    """Leaves that tell once more what an earlier one told."""
    seen: set[tuple[str, str | None, str | None]] = set()
    for leaf in log.leaves:
        if leaf.kind in STATUS_KINDS or leaf.salt is None:
            continue
        key = leaf.kind, leaf.ref, leaf.serial if leaf.ref is None else None
        if key in seen:
            yield leaf.index
        seen.add(key)


def _times(log: Logged, checkpoints: Sequence[Head]) -> Iterator[Fault]:
    """What was inserted later than it says: its leaf lies behind younger ones or behind a checkpoint, or is younger than its row."""
    carried = max((leaf.index for leaf in log.leaves if leaf.ref == committed.CARRIED), default=-1)
    made = {("issue", document.serial): document.created_at for document in log.documents.values()}
    made |= {("entry", entry.id): entry.created_at for entry in log.entries}
    latest: datetime | None = None
    for leaf in log.leaves[log.head.carried :]:
        if latest is not None and leaf.created_at < latest - APART:
            yield Fault("time_reversed", str(leaf.index))
        latest = leaf.created_at if latest is None else max(latest, leaf.created_at)
        key = leaf.kind, leaf.ref or leaf.serial or ""
        known = made.get(key)
        if leaf.kind == "row" and leaf.index > carried:
            known = _moment_of(log.kept.get(leaf.ref or ""))
        apart = known is not None and abs(known - leaf.created_at) > APART
        if apart or any(_claims_before(leaf, head) for head in checkpoints):
            yield Fault("back_dated", _about(leaf))


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


def _used(log: Logged) -> Iterator[Fault]:
    """A number was used in the transaction that issued its paper."""
    issued: dict[str, datetime] = {}
    for leaf in log.leaves:
        if leaf.kind == "issue" and leaf.serial and not (leaf.salt and leaf.index < log.head.carried):
            issued.setdefault(leaf.serial, leaf.created_at)
    for row in log.given:
        at = issued.get(row.serial or "") if row.state == "used" else None
        if at is not None and abs(row.changed_at - at) > ONE_TRANSACTION:
            yield Fault("number_differs", row.number)


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
