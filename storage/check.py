"""Proves rows, objects, numbers and log against each other, in both directions, and names every difference."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from storage import logged, ordered
from storage.archive import Archive, Reading
from storage.committed import Fact, kept
from storage.errors import BadPattern, ObjectDamaged, StorageError, StoreAway
from storage.faults import HARMLESS, MESSAGES, Fault
from storage.objects.folder import NAME
from storage.objects.store import Store
from storage.patterns import within, written
from storage.records import (
    BatchSerial,
    Decision,
    Document,
    Entry,
    Head,
    Leaf,
    LogHead,
    NumberBlock,
    NumberRow,
    Review,
    Scan,
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Every row the check is about, as of one moment; `parents` has each organization's parent.

    `sources` are the templates behind stamped papers by hash, `named` the objects that any row names.
    """

    parents: dict[str, str | None]
    documents: dict[str, Document]
    entries: list[Entry]
    scans: list[Scan]
    sources: dict[str, str]
    named: frozenset[str]
    blocks: list[NumberBlock]
    ledgers: dict[int, list[NumberRow]]
    next_seqs: dict[int, int]
    batch_rows: list[BatchSerial]
    reviews: list[Review]
    decisions: list[Decision]
    leaves: list[Leaf]
    nodes: dict[tuple[int, int], bytes]
    head: LogHead
    kept: dict[str, Fact]

    def log(self) -> "logged.Logged":
        """What the log is held against."""
        given = [row for ledger in self.ledgers.values() for row in ledger if row.state in {"void", "used"}]
        return logged.Logged(
            self.documents, self.entries, given, self.kept, self.leaves, self.nodes, self.head
        )


ONE_BY_ONE = 1000
"""Missing numbers of a stretch that are named one by one; a longer stretch is named by its ends."""

__all__ = ["HARMLESS", "MESSAGES", "Fault", "check"]


def check(archive: Archive, checkpoints: Sequence[Head] = ()) -> list[Fault]:
    """Check everything and list the differences, none when all agree; reads every object once.

    `checkpoints` are heads of the log that somebody else has kept: against whoever may write every row, only they hold.
    The service may be running: what it adds meanwhile shows at most as harmless. When a row cannot even be read, that
    is named, and nothing else is said before it is mended.
    """
    with archive.read() as reading:
        found = [Fault("database_damaged", line) for line in reading.engine_faults()]
        found += [Fault("guard_missing", name) for name in sorted(reading.missing_guards())]
        unreadable = [Fault("row_unreadable", about) for about in reading.unreadable_rows()]
        if unreadable:
            return [*found, *unreadable]
        rows = _gather(reading)
        order = ordered.gather(reading)
    return [
        *found,
        *_objects(rows, archive.objects),
        *_documents(rows),
        *_records(rows, archive.objects),
        *_standing(rows, archive.objects),
        *_numbers(rows),
        *_batches(rows),
        *_reviews(rows),
        *logged.faults(rows.log(), checkpoints),
        *(Fault(code, about) for code, about in ordered.faults(order, rows.entries, rows.documents)),
    ]


def _gather(reading: Reading) -> _Rows:
    blocks = reading.blocks()
    return _Rows(
        parents={organization.code: organization.parent for organization in reading.organizations()},
        documents={document.serial: document for document in reading.documents()},
        entries=reading.all_entries(),
        scans=reading.all_scans(),
        sources=reading.source_templates(),
        named=reading.named_objects(),
        blocks=blocks,
        ledgers={block.id: reading.numbers(block.id) for block in blocks},
        next_seqs=reading.next_seqs(),
        batch_rows=reading.batch_serials(),
        reviews=reading.all_reviews(),
        decisions=reading.all_decisions(),
        leaves=reading.leaves(),
        nodes=reading.log_nodes(),
        head=reading.log_head(),
        kept={str(fact.ref): fact for fact in (kept(table, row) for table, row in reading.kept_rows())},
    )


def _objects(rows: _Rows, folder: Store) -> Iterator[Fault]:
    """Every object is what its name says, every row's object is there, and who has no row is named."""
    sizes: dict[str, int] = {}
    bad: set[str] = set()
    for name in folder.names():
        if not NAME.fullmatch(name):
            yield Fault("foreign_file", name)
            continue
        try:
            sizes[name] = len(folder.get(name))
        except ObjectDamaged:
            bad.add(name)
            yield Fault("object_damaged", name)
        except StoreAway:
            bad.add(name)
            yield Fault("object_unreadable", name)
    yield from (Fault("object_missing", name) for name in sorted(rows.named - sizes.keys() - bad))
    yield from (Fault("object_orphan", name) for name in sorted(sizes.keys() - rows.named))
    for entry in rows.entries:
        if sizes.get(entry.sha256, entry.size) != entry.size:
            yield Fault("entry_size", entry.id)


def _documents(rows: _Rows) -> Iterator[Fault]:
    """The printed facts have the digest that was signed, the paper lies in a file, and a stamped one has its template."""
    filed = {(entry.serial, entry.sha256) for entry in rows.entries}
    for document in rows.documents.values():
        canonical = json.dumps(document.facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        whole = sha256(canonical.encode()).hexdigest()
        if not document.digest or not whole.startswith(document.digest):
            yield Fault("facts_digest", document.serial)
        if document.tier == 1 and document.template_hash not in rows.sources:
            yield Fault("template_lost", document.serial)
        if (document.serial, document.pdf) not in filed:
            yield Fault("document_not_filed", document.serial)


def _records(rows: _Rows, folder: Store) -> Iterator[Fault]:
    """The recorded values and whose they are have the digest that lies with the layout; older papers have none."""
    for document in rows.documents.values():
        try:
            layout = json.loads(folder.get(document.layout))
        except (StorageError, ValueError):
            continue  # a damaged object is named as such
        if not isinstance(layout, dict):
            continue  # another file in its place: the leaf differs
        told = {"data": document.data, "student_no": document.student_no}
        record = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if layout.get("record", "") not in {"", sha256(record.encode()).hexdigest()}:
            yield Fault("record_differs", document.serial)


def _standing(rows: _Rows, folder: Store) -> Iterator[Fault]:
    """A paper counts only because a filed check found it genuine."""
    checks: dict[str | None, list[str]] = {}
    given = _given(rows)
    for entry in rows.entries:
        if entry.kind == "check":
            checks.setdefault(entry.serial, []).append(entry.sha256)
    for document in rows.documents.values():
        filed = checks.get(document.serial, [])
        if document.status == "effective" and not any(_genuine(folder, name, given) for name in filed):
            yield Fault("effective_without_check", document.serial)


def _genuine(folder: Store, name: str, given: set[tuple[str, str]]) -> bool:
    """Tell whether a filed check is whole and says so, and the answers it stands on were given; a damaged one is named as an object."""
    try:
        said = json.loads(folder.get(name))
    except (StorageError, ValueError):
        return False
    if not isinstance(said, dict):
        return False
    stands_on = {(one["review"], one["answer"]) for one in said.get("reviewed", ())}
    return said.get("verdict") == "genuine" and stands_on <= given


def _given(rows: _Rows) -> set[tuple[str, str]]:
    """Every answer that a person gave to a review."""
    return {(one.review, one.answer) for one in rows.decisions}


def _numbers(rows: _Rows) -> Iterator[Fault]:
    """Each ledger runs without a gap to where its block stands; used numbers and documents name each other."""
    used: dict[tuple[str, str], str | None] = {}
    seen: set[tuple[str, str]] = set()
    for block in rows.blocks:
        ledger = {row.seq: row for row in rows.ledgers[block.id]}
        taken = [row.seq + 1 for row in ledger.values() if row.state != "void"]  # void ones may lie ahead
        if max(taken, default=block.first) > rows.next_seqs[block.id]:
            yield Fault("block_behind", f"number_blocks/{block.id}")
        yield from _missing(block, ledger, max([rows.next_seqs[block.id], *taken]))
        for row in ledger.values():
            key = (block.form, row.number)
            if row.form != block.form or (row.reason is not None and row.state != "void"):
                yield Fault("number_differs", row.number)
            if row.number != _number(block, row.seq) or not block.first <= row.seq <= block.last:
                yield Fault("number_text", row.number)
            if key in seen:
                yield Fault("number_repeated", row.number)
            seen.add(key)
            if row.state == "used":
                used[key] = row.serial
            if row.state == "held":
                yield Fault("number_held", row.number)
    yield from _uses(rows, used)


def _missing(block: NumberBlock, ledger: Mapping[int, NumberRow], end: int) -> Iterator[Fault]:
    """Numbers of a block before `end` that have no line, one by one; a long stretch by its ends."""
    for first, last in _gaps(block.first, end, ledger):
        if last - first < ONE_BY_ONE:
            yield from (Fault("number_missing", _number(block, seq)) for seq in range(first, last + 1))
        else:
            yield Fault("number_missing", f"{_number(block, first)}–{_number(block, last)}")


def _gaps(first: int, end: int, ledger: Mapping[int, NumberRow]) -> Iterator[tuple[int, int]]:
    """The stretches (first, last) from `first` to before `end` that have no line: whoever writes rows can make them long."""
    expected = first
    for seq in [*sorted(seq for seq in ledger if first <= seq < end), end]:
        if seq > expected:
            yield expected, seq - 1
        expected = seq + 1


def _uses(rows: _Rows, used: dict[tuple[str, str], str | None]) -> Iterator[Fault]:
    for (form, number), serial in used.items():
        document = rows.documents.get(serial or "")
        if document is None or (document.form, document.number) != (form, number):
            yield Fault("number_without_document", number)
    for document in rows.documents.values():
        if used.get((document.form, document.number or "")) != document.serial and _from_block(
            rows, document
        ):
            yield Fault("document_without_number", document.serial)


def _batches(rows: _Rows) -> Iterator[Fault]:
    """A printed row has its paper, no other row has one yet, and what is still to be printed holds its number."""
    held = {row.serial: row.number for found in rows.ledgers.values() for row in found if row.state == "held"}
    for row in rows.batch_rows:
        paper = rows.documents.get(row.serial)
        about = f"{row.batch}/{row.row}"
        if (row.state == "printed") != (paper is not None) or (paper is not None and not _is_of(paper, row)):
            yield Fault("batch_row_differs", about)
        elif row.state == "numbered" and row.number is not None and held.get(row.serial) != row.number:
            yield Fault("batch_number_lost", about)


def _reviews(rows: _Rows) -> Iterator[Fault]:
    """What counts as decided was answered so by somebody, whose answer is kept."""
    given = _given(rows)
    for review in rows.reviews:
        if review.state == "decided" and (review.id, review.answer) not in given:
            yield Fault("review_without_decision", review.id)


def _is_of(paper: Document, row: BatchSerial) -> bool:
    """Tell whether a paper is the one a row asked for; a row without a number or student leaves them to the paper."""
    return (
        paper.form == row.form
        and row.number in {None, paper.number}
        and row.student_no in {None, paper.student_no}
    )


def _from_block(rows: _Rows, document: Document) -> bool:
    """Tell whether its number is one of a block of its school or of those above; others a school numbers itself."""
    above: set[str] = set()
    org: str | None = document.school
    while org is not None and org not in above:
        above.add(org)
        org = rows.parents.get(org)
    mine = (block for block in rows.blocks if block.form == document.form and block.org in above)
    return document.number is not None and any(within(block, document.number) for block in mine)


def _number(block: NumberBlock, seq: int) -> str:
    try:
        return written(block.pattern, seq)
    except BadPattern:
        return f"{block.id}/{seq}"
