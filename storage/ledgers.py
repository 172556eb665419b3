"""Proves the ledgers of numbers: each runs without a gap to where its block stands, and numbers, papers and batches name each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from itertools import pairwise

from sqlalchemy import func, select

from storage import logged, lookups
from storage.archive import Reading
from storage.errors import BadPattern
from storage.faults import Fault
from storage.patterns import within, written
from storage.records import BatchSerial, Document, NumberBlock, NumberRow
from storage.tables import batch_rows, batches, documents, number_blocks, numbers

ONE_BY_ONE = 1000
"""Missing numbers of a stretch that are named one by one; a longer stretch is named by its ends."""
ONE_TRANSACTION = timedelta(seconds=60)
"""No transaction of ours lasts as long."""
_paper = select(documents.c.serial, documents.c.form, documents.c.number, documents.c.student_no)
_used = (
    select(numbers.c.serial, number_blocks.c.form, numbers.c.number)
    .join(number_blocks, number_blocks.c.id == numbers.c.block_id)
    .where(numbers.c.state == "used")
)
_row = [
    *(batch_rows.c.batch, batch_rows.c.row, batches.c.form, batch_rows.c.student_no),
    *(batch_rows.c.state, batch_rows.c.serial, batch_rows.c.number),
]
_given = (batches.c.id == batch_rows.c.batch, batch_rows.c.serial.is_not(None))
"""Rows that were given a serial, beside their batches."""


@dataclass(frozen=True, slots=True)
class Above:
    """The blocks there are, and each organization's parent: whose numbers a school's papers may bear."""

    blocks: Sequence[NumberBlock]
    parents: Mapping[str, str | None]

    def gives(self, form: str, school: str, number: str | None) -> bool:
        """Tell whether a number is one of a block of a school or of those above it; others a school numbers itself."""
        above: set[str] = set()
        org: str | None = school
        while org is not None and org not in above:
            above.add(org)
            org = self.parents.get(org)
        mine = (block for block in self.blocks if block.form == form and block.org in above)
        return number is not None and any(within(block, number) for block in mine)


def gather(reading: Reading) -> Above:
    """Read who hands numbers down to whom."""
    parents = {organization.code: organization.parent for organization in reading.organizations()}
    return Above(reading.blocks(), parents)


def faults(reading: Reading, blocks: Sequence[NumberBlock]) -> Iterator[Fault]:
    """Every difference in the ledgers of some blocks, and in the batches that draw on them."""
    coming, carried = reading.next_seqs(), reading.log_head().carried
    for block in blocks:
        yield from _ledger(reading, block, coming[block.id], carried)
    yield from (Fault("number_repeated", number) for number in reading.repeated_numbers())
    yield from _batches(reading)


def _ledger(reading: Reading, block: NumberBlock, coming: int, carried: int) -> Iterator[Fault]:
    of_block = numbers.c.block_id == block.id
    taken = select(func.max(numbers.c.seq)).where(numbers.c.state != "void")  # void ones may lie ahead
    (last,) = reading.those(taken, numbers.c.block_id, [block.id])
    end = max(coming, block.first if last[0] is None else last[0] + 1)
    if end > coming:
        yield Fault("block_behind", f"number_blocks/{block.id}")
    expected = block.first
    wanted = [numbers.c[field.name] for field in fields(NumberRow)]
    for found in reading.along(wanted, [numbers.c.seq], of_block):
        rows = [NumberRow(*row) for row in found]
        here = [expected - 1, *(row.seq for row in rows if block.first <= row.seq < end)]
        for before, seq in pairwise(here):
            yield from _missing(block, before + 1, seq)
        expected = here[-1] + 1
        yield from _rows(reading, block, rows, carried)
        yield from logged.given_up(reading, rows)
    yield from _missing(block, expected, end)


def _missing(block: NumberBlock, first: int, end: int) -> Iterator[Fault]:
    """The numbers from `first` to before `end`, one by one; a long stretch by its ends: whoever writes rows can make it long."""
    if end - first > ONE_BY_ONE:
        yield Fault("number_missing", f"{_number(block, first)}–{_number(block, end - 1)}")
    else:
        yield from (Fault("number_missing", _number(block, seq)) for seq in range(first, end))


def _rows(reading: Reading, block: NumberBlock, rows: Sequence[NumberRow], carried: int) -> Iterator[Fault]:
    used = [row.serial for row in rows if row.state == "used"]
    papers = {paper.serial: paper for paper in reading.those(_paper, documents.c.serial, used)}
    issued = lookups.issued_at(reading, used, carried)
    for row in rows:
        if row.form != block.form or (row.reason is not None and row.state != "void"):
            yield Fault("number_differs", row.number)
        if row.number != _number(block, row.seq) or not block.first <= row.seq <= block.last:
            yield Fault("number_text", row.number)
        if row.state == "held":
            yield Fault("number_held", row.number)
        if row.state == "used":
            paper = papers.get(row.serial)
            if paper is None or (paper.form, paper.number) != (block.form, row.number):
                yield Fault("number_without_document", row.number)
            # A number was used in the transaction that issued its paper.
            at = issued.get(row.serial or "")
            if at is not None and abs(row.changed_at - at) > ONE_TRANSACTION:
                yield Fault("number_differs", row.number)


def papers(reading: Reading, some: Sequence[Document], above: Above) -> Iterator[Fault]:
    """Each of these documents has its line, if its number is one of a block."""
    found = reading.those(_used, numbers.c.serial, [document.serial for document in some])
    used = {(row.serial, row.form, row.number) for row in found}
    for document in some:
        line = document.serial, document.form, document.number
        if line not in used and above.gives(document.form, document.school, document.number):
            yield Fault("document_without_number", document.serial)


def _batches(reading: Reading) -> Iterator[Fault]:
    """A printed row has its paper, no other row has one yet, and what is still to be printed holds its number."""
    for found in reading.along(_row, [batch_rows.c.batch, batch_rows.c.row], *_given):
        rows = [BatchSerial(*row) for row in found]
        serials = [row.serial for row in rows]
        papers = {paper.serial: paper for paper in reading.those(_paper, documents.c.serial, serials)}
        wanted = select(numbers.c.serial, numbers.c.number).where(numbers.c.state == "held")
        held = {row.serial: row.number for row in reading.those(wanted, numbers.c.serial, serials)}
        for row in rows:
            paper = papers.get(row.serial)
            asked = paper is not None and (
                paper.form == row.form
                and row.number in {None, paper.number}
                and row.student_no in {None, paper.student_no}
            )
            if (row.state == "printed") != (paper is not None) or asked != (paper is not None):
                yield Fault("batch_row_differs", f"{row.batch}/{row.row}")
            elif row.state == "numbered" and row.number is not None and held.get(row.serial) != row.number:
                yield Fault("batch_number_lost", f"{row.batch}/{row.row}")


def _number(block: NumberBlock, seq: int) -> str:
    try:
        return written(block.pattern, seq)
    except BadPattern:
        return f"{block.id}/{seq}"
