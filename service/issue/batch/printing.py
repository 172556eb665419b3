"""Third step of a batch: papers printed outside any transaction, proved by sample, and kept a chunk at a time."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from service.errors import Objection, Problem
from service.issue.batch.checking import told
from service.issue.batch.frozen import Desk
from service.issue.batch.proving import Sample
from service.issue.batch.states import NUMBERED
from service.issue.batch.trouble import NOT_OURS
from service.issue.batch.turns import give_way
from service.issue.drafting import Draft
from service.issue.keeping import Kept, Proof, keep, print_draft, put_away
from service.office import Office
from storage.archive import Transaction
from storage.errors import NotFound, ObjectDamaged
from storage.records import Batch, BatchRow
from templates.errors import DoesNotFit, TemplatesError

CHUNK = 100
"""Papers whose files are put away together, with one sync; a killed worker loses no more work."""
WRITTEN = 20
"""Papers of it that are kept in one transaction: it holds the writer's lock for some 20 ms, and whoever issues a single
paper waits for that."""
CHUNK_SECONDS = 5.0
"""After so long a chunk is kept although it is not full: LibreOffice prints five papers in a second, not five hundred."""
OF_THE_ROW = (NotFound, ObjectDamaged)
"""What the archive says of one paper; whatever else it says is everybody's."""

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

        Raises StoreAway and StoreFull when nothing can be kept, ConverterBusy, ConverterFailed, ConverterMissing and
        FontMissing when nothing can be printed; rows whose papers are refused come out failed, with the reason.
        """
        drafts, without = _drafts(self.office, self.batch, after, last)
        chunk = Chunk(failed=without)
        for row, draft in drafts:
            self.beat()
            try:
                _print(self.office, row, draft, chunk)
            except NOT_OURS:
                with suppress(*NOT_OURS):  # what is printed needs no second try
                    self._keep(chunk, None)
                raise
            if chunk.full():
                self._keep(chunk, None)
                chunk = Chunk()
        self._keep(chunk, done)

    def _keep(self, chunk: Chunk, done: Last | None) -> None:
        """Prove a sample, put the bytes away, and keep all together; when one may not be kept, each by itself."""
        office, batch = self.office, self.batch
        if not self.sample.prove([(row.row, proof) for row, proof in chunk.papers], self.beat):
            chunk = self._printed_again(chunk)
        self.beat()
        try:
            kept = put_away(office, [proof for _, proof in chunk.papers])
            papers = list(zip([row for row, _ in chunk.papers], kept, strict=True))
            for at in range(0, len(papers), WRITTEN):
                _write(office, batch, papers[at : at + WRITTEN], [], None)
                give_way(office)
            _write(office, batch, [], chunk.failed, done)
        except (Problem, *OF_THE_ROW):
            for row, proof in chunk.papers:
                self.beat()
                _keep_one(office, batch, row, proof)
            _write(office, batch, [], chunk.failed, done)

    def _printed_again(self, chunk: Chunk) -> Chunk:
        """The same papers once more: nothing of them was kept, and the printer now leaves them to LibreOffice."""
        again = Chunk(failed=chunk.failed)
        for row, proof in chunk.papers:
            self.beat()
            _print(self.office, row, proof.draft, again)
        return again


def _drafts(
    office: Office, batch: Batch, after: int, last: int
) -> tuple[list[tuple[BatchRow, Draft]], list[BatchRow]]:
    """The drafts of a job's rows, and the rows whose template cannot be read."""
    drafts, without = [], []
    with office.archive.read() as reading:
        desk = Desk.open(office, batch, reading)
        for row in reading.batch_rows(batch.id, NUMBERED, after, last):
            try:
                drafts.append((row, desk.draft(row)))
            except ObjectDamaged as error:
                without.append(failed(row, [_told(error)]))
    return drafts, without


def _print(office: Office, row: BatchRow, draft: Draft, chunk: Chunk) -> None:
    try:
        chunk.papers.append((row, print_draft(office, draft)))
    except Problem as problem:
        chunk.failed.append(failed(row, told(problem)))
    except ObjectDamaged as error:
        chunk.failed.append(failed(row, [_told(error)]))
    except NOT_OURS:
        raise
    except TemplatesError as error:
        chunk.failed.append(failed(row, _said(error)))


def failed(row: BatchRow, errors: list[dict[str, Any]]) -> BatchRow:
    """A row that no paper came of; its serial and number are given up, and what was gathered for it is not kept."""
    return replace(row, state="failed", errors=errors, values=None, serial=None, number=None)


def _told(error: NotFound | ObjectDamaged) -> dict[str, Any]:
    return Objection(None, error.code, error.message_zh).to_json()


def _said(error: TemplatesError) -> list[dict[str, Any]]:
    """What the printer refuses, by the field it names."""
    names = list(error.names) if isinstance(error, DoesNotFit) else [getattr(error, "field", None)]
    return [Objection(name, error.code, error.message_zh).to_json() for name in names or [None]]


def _keep_one(office: Office, batch: Batch, row: BatchRow, proof: Proof) -> None:
    try:
        (kept,) = put_away(office, [proof])
        _write(office, batch, [(row, kept)], [], None)
    except Problem as problem:
        _write(office, batch, [], [failed(row, told(problem))], None)
    except OF_THE_ROW as error:
        _write(office, batch, [], [failed(row, [_told(error)])], None)


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
