"""Official numbers: blocks handed down by an authority, and a ledger of them without gaps or repeats (art. 34)."""

import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select

from storage.errors import AlreadyThere, BadPattern, NoNumberLeft
from storage.records import NumberBlock, NumberRow, TakenNumber
from storage.session import Session, select_record
from storage.tables import documents, number_blocks, numbers

SLOT = re.compile(r"\{:0([1-9])d\}")
"""The one place of a pattern that counts; anything else in braces would be Python's format language."""
AUTHORITY_DIGITS = 6
"""A city's or county's code; its block serves every school below it."""

_blocks = select_record(number_blocks, NumberBlock).order_by(number_blocks.c.first, number_blocks.c.id)
_open_blocks = (
    select(number_blocks.c.id, number_blocks.c.pattern, number_blocks.c.next, number_blocks.c.last)
    .where(
        number_blocks.c.form == bindparam("form"),
        number_blocks.c.year == bindparam("year"),
        number_blocks.c.org == bindparam("org"),
    )
    .order_by(number_blocks.c.first, number_blocks.c.id)
    .with_for_update()
)
_lowest_free = (
    select(numbers.c.seq, numbers.c.number)
    .where(numbers.c.block_id == bindparam("block_id"), numbers.c.state == "free")
    .order_by(numbers.c.seq)
    .limit(1)
)
_borne = (
    select(documents.c.number)
    .outerjoin(numbers, numbers.c.serial == documents.c.serial)
    .where(
        documents.c.form == bindparam("form"),
        documents.c.number.is_not(None),
        numbers.c.serial.is_(None),
        or_(documents.c.school == bindparam("org"), func.length(bindparam("org")) == AUTHORITY_DIGITS),
    )
)
_held_by = select(numbers.c.block_id, numbers.c.seq, numbers.c.number).where(
    numbers.c.serial == bindparam("serial"), numbers.c.state == "held"
)


def written(pattern: str, seq: int) -> str:
    """Write a running number into its pattern; BadPattern unless there is exactly one slot and the number fits it."""
    slots = list(SLOT.finditer(pattern))
    if len(slots) != 1:
        raise BadPattern
    slot = slots[0]
    before, after, width = pattern[: slot.start()], pattern[slot.end() :], int(slot.group(1))
    if seq < 1 or len(str(seq)) > width or any(brace in before + after for brace in "{}"):
        raise BadPattern
    return f"{before}{seq:0{width}d}{after}"


def within(block: NumberBlock, number: str) -> bool:
    """Tell whether a printed number is one of a block's."""
    slot = SLOT.search(block.pattern)
    if slot is None:
        return False
    middle = number[slot.start() : len(number) - (len(block.pattern) - slot.end())]
    if not (middle.isascii() and middle.isdecimal() and len(middle) == int(slot.group(1))):
        return False
    return block.first <= int(middle) <= block.last and written(block.pattern, int(middle)) == number


class ReadsNumbers(Session):
    """Shows blocks and their ledgers."""

    def blocks(self, form: str | None = None, org: str | None = None) -> list[NumberBlock]:
        """List blocks, of one form and one organization when given, lowest number first."""
        wanted = _blocks
        if form is not None:
            wanted = wanted.where(number_blocks.c.form == form)
        if org is not None:
            wanted = wanted.where(number_blocks.c.org == org)
        return [NumberBlock(*row) for row in self._rows("block", wanted)]

    def next_seqs(self) -> dict[int, int]:
        """Tell, for every block by id, the running number that would be taken next; last + 1 when all are taken."""
        rows = self._rows("block", select(number_blocks.c.id, number_blocks.c.next))
        return {row.id: row.next for row in rows}

    def numbers(self, block_id: int) -> list[NumberRow]:
        """List every number of a block that was ever taken, in order; those never taken have no row."""
        ledger = select_record(numbers, NumberRow).where(numbers.c.block_id == block_id)
        return [NumberRow(*row) for row in self._rows("number", ledger.order_by(numbers.c.seq))]


class WritesNumbers(ReadsNumbers):
    """Hands numbers out, takes them back, and writes off spoilt ones."""

    def add_block(
        self, *, form: str, year: int, org: str, pattern: str, first: int, last: int, by: str
    ) -> NumberBlock:
        """Register a block.

        BadPattern; AlreadyThere when it would give a number that another block gives, or that a document of
        its school bears already from the time before there was a block.
        """
        ends = written(pattern, first), written(pattern, last)
        if first > last:
            raise BadPattern
        for other in self.blocks(form=form):
            low, high = written(other.pattern, other.first), written(other.pattern, other.last)
            if (
                len(low) == len(ends[0])
                and low <= ends[1]
                and ends[0] <= high
                and _tails_meet(other, pattern)
            ):
                raise AlreadyThere("block")
        block = NumberBlock(0, form, year, org, pattern, first, last, by)
        if any(
            within(block, row.number) for row in self._rows("document", _borne, {"form": form, "org": org})
        ):
            raise AlreadyThere("block")
        values = {**asdict(block), "next": first, "created_at": self._now()}
        del values["id"]
        return replace(block, id=self._insert("block", number_blocks, values))

    def take_number(self, form: str, orgs: Sequence[str], year: int, serial: str) -> TakenNumber:
        """Hold the lowest number left for a document that is being made.

        `orgs` are asked in order (the school, then those above it). A serial that already holds a number gets
        the same again. NoNumberLeft when no block of the form and year has one.
        """
        held = self._first("number", _held_by, {"serial": serial})
        if held is not None:
            return TakenNumber(*held)
        for org in orgs:
            for block in self._rows("block", _open_blocks, {"form": form, "year": year, "org": org}):
                free = self._first("number", _lowest_free, {"block_id": block.id})
                if free is not None:
                    self._change_number(block.id, free.seq, "held", serial)
                    return TakenNumber(block.id, free.seq, free.number)
                if block.next <= block.last:
                    return self._next_number(
                        block.id, block.next, form, written(block.pattern, block.next), serial
                    )
        raise NoNumberLeft(form, orgs[0] if orgs else "")

    def use_number(self, serial: str) -> None:
        """Make the held number the document's for good; NotFound when the hold was given back meanwhile."""
        held = self._one("number", _held_by, {"serial": serial})
        self._change_number(held.block_id, held.seq, "used", serial)

    def give_back(self, serial: str) -> None:
        """Free the number a failed attempt held; it is the next to be taken. Nothing held: nothing done."""
        held = self._first("number", _held_by, {"serial": serial})
        if held is not None:
            self._change_number(held.block_id, held.seq, "free", None)

    def void_number(self, serial: str, reason: str) -> None:
        """Write off the held number of a spoilt blank: its row stays for ever. NotFound when none is held."""
        held = self._one("number", _held_by, {"serial": serial})
        self._change_number(held.block_id, held.seq, "void", serial, reason)

    def give_back_stale(self, before: datetime) -> int:
        """Free every number held since before a moment, by processes that died; tell how many."""
        stale = numbers.update().where(numbers.c.state == "held", numbers.c.changed_at < before)
        return self._do("number", stale.values(state="free", serial=None, changed_at=self._now()))

    def _next_number(self, block_id: int, seq: int, form: str, number: str, serial: str) -> TakenNumber:
        step = number_blocks.update().where(number_blocks.c.id == block_id).values(next=seq + 1)
        self._do("block", step)
        row = {"block_id": block_id, "seq": seq, "form": form, "number": number, "serial": serial}
        self._insert("number", numbers, {**row, "state": "held", "changed_at": self._now()})
        return TakenNumber(block_id, seq, number)

    def _change_number(
        self, block_id: int, seq: int, state: str, serial: str | None, reason: str | None = None
    ) -> None:
        row = numbers.update().where(numbers.c.block_id == block_id, numbers.c.seq == seq)
        self._do("number", row.values(state=state, serial=serial, reason=reason, changed_at=self._now()))


def _tails_meet(other: NumberBlock, pattern: str) -> bool:
    mine, theirs = SLOT.split(pattern)[-1], SLOT.split(other.pattern)[-1]
    return mine.endswith(theirs) or theirs.endswith(mine)
