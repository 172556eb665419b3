"""Third step of a batch: papers printed outside any transaction, proved by sample, and kept a chunk at a time."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from service.errors import Objection, Problem
from service.issue.batch.checking import told
from service.issue.batch.frozen import Desk
from service.issue.batch.proving import Sample
from service.issue.batch.states import NUMBERED
from service.issue.drafting import Draft
from service.issue.keeping import Kept, Proof, keep, print_draft, put_away
from service.office import Office
from storage.archive import Transaction
from storage.errors import NotFound
from storage.records import Batch, BatchRow
from templates.errors import DoesNotFit, TemplatesError

CHUNK = 100
"""Papers kept in one transaction: it holds the writer's lock for some 0.1 s, and a killed worker loses no more work."""
CHUNK_SECONDS = 5.0
"""After so long a chunk is kept although it is not full: LibreOffice prints five papers in a second, not five hundred."""

Last = Callable[[Transaction], None]
"""What is written together with the last papers of a job."""


@dataclass(slots=True)
class Chunk:
    """What has been printed and not been kept yet: papers by row, and rows that no paper came of."""

    papers: list[tuple[BatchRow, Proof]] = field(default_factory=list)
    failed: list[BatchRow] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def full(self) -> bool:
        """Tell whether it is time to keep it."""
        return len(self.papers) >= CHUNK or time.monotonic() - self.began > CHUNK_SECONDS


@dataclass(frozen=True, slots=True)
class Press:
    """Whoever prints a batch: `beat` is called between papers, and may end the work."""

    office: Office
    batch: Batch
    sample: Sample
    beat: Callable[[], None]

    def print_rows(self, after: int, last: int, done: Last) -> None:
        """Print the rows of a job that hold their number; `done` is called in the transaction that keeps the last.

        Raises StorageError when nothing can be kept; rows whose papers are refused come out failed, with the reason.
        """
        chunk = Chunk()
        for row, draft in _drafts(self.office, self.batch, after, last):
            self.beat()
            _print(self.office, row, draft, chunk)
            if chunk.full():
                self._keep(chunk, None)
                chunk = Chunk()
        self._keep(chunk, done)

    def _keep(self, chunk: Chunk, done: Last | None) -> None:
        """Prove a sample, put the bytes away, and keep all together; when one may not be kept, each by itself."""
        office, batch = self.office, self.batch
        if not self.sample.prove([(row.row, proof) for row, proof in chunk.papers]):
            chunk = self._printed_again(chunk)
        self.beat()
        kept = put_away(office, [proof for _, proof in chunk.papers])
        papers = list(zip([row for row, _ in chunk.papers], kept, strict=True))
        try:
            _write(office, batch, papers, chunk.failed, done)
        except (Problem, NotFound):
            for row, paper in papers:
                self.beat()
                _write_one(office, batch, row, paper)
            _write(office, batch, [], chunk.failed, done)

    def _printed_again(self, chunk: Chunk) -> Chunk:
        """The same papers once more: nothing of them was kept, and the printer now leaves them to LibreOffice."""
        again = Chunk(failed=chunk.failed)
        for row, proof in chunk.papers:
            self.beat()
            _print(self.office, row, proof.draft, again)
        return again


def _drafts(office: Office, batch: Batch, after: int, last: int) -> Iterator[tuple[BatchRow, Draft]]:
    with office.archive.read() as reading:
        desk = Desk.open(office, batch, reading)
        rows = reading.batch_rows(batch.id, NUMBERED, after, last)
        drafts = [(row, desk.draft(row)) for row in rows]
    yield from drafts


def _print(office: Office, row: BatchRow, draft: Draft, chunk: Chunk) -> None:
    try:
        chunk.papers.append((row, print_draft(office, draft)))
    except Problem as problem:
        chunk.failed.append(failed(row, told(problem)))
    except TemplatesError as error:
        chunk.failed.append(failed(row, _said(error)))


def failed(row: BatchRow, errors: list[dict[str, Any]]) -> BatchRow:
    """A row that no paper came of; its serial and number are given up."""
    return replace(row, state="failed", errors=errors, serial=None, number=None)


def _said(error: TemplatesError) -> list[dict[str, Any]]:
    """What the printer refuses, by the field it names."""
    names = list(error.names) if isinstance(error, DoesNotFit) else [getattr(error, "field", None)]
    return [Objection(name, error.code, error.message_zh).to_json() for name in names or [None]]


def _write_one(office: Office, batch: Batch, row: BatchRow, paper: Kept) -> None:
    try:
        _write(office, batch, [(row, paper)], [], None)
    except Problem as problem:
        _write(office, batch, [], [failed(row, told(problem))], None)
    except NotFound as error:
        said = Objection(None, error.code, error.message_zh).to_json()
        _write(office, batch, [], [failed(row, [said])], None)


def _write(
    office: Office,
    batch: Batch,
    papers: Sequence[tuple[BatchRow, Kept]],
    without: Sequence[BatchRow],
    done: Last | None,
) -> None:
    """One transaction: documents and all that belongs to them, rows, numbers given back, what is `done` at the end.

    Rows that another worker has dealt with, or that were cancelled, are left as they are.
    """
    with office.archive.begin() as transaction:
        held = _held(transaction, batch, [*(row for row, _ in papers), *without])
        mine = [(row, paper) for row, paper in papers if held.get(row.row) == row.serial]
        lost = [row for row in without if row.row in held]
        if mine:
            keep(office, transaction, [paper for _, paper in mine])
        for row in lost:
            transaction.give_back(str(held[row.row]))
        transaction.put_batch_rows([*(replace(row, state="printed") for row, _ in mine), *lost])
        if done is not None:
            done(transaction)


def _held(transaction: Transaction, batch: Batch, rows: Sequence[BatchRow]) -> dict[int, str | None]:
    """The serials of those rows that are still to be printed."""
    if not rows:
        return {}
    numbers = [row.row for row in rows]
    present = transaction.batch_rows(batch.id, NUMBERED, min(numbers) - 1, max(numbers))
    return {row.row: row.serial for row in present if row.row in set(numbers)}
