"""Official numbers: blocks handed down by an authority, and a ledger of them without gaps or repeats (art. 34)."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Self

from sqlalchemy import bindparam, func, or_, select

from storage.errors import AlreadyThere, BadPattern, NoNumberLeft
from storage.records import NumberBlock, NumberRow, TakenNumber
from storage.session import Session, select_record
from storage.tables import documents, number_blocks, numbers

SLOT = re.compile(r"\{:(?:0([1-9]))?d\}")
"""The one place of a pattern that counts, with zeros in front or (`{:d}`) without; anything else in braces would be
Python's format language."""
MAX_DIGITS = 9
AUTHORITY_DIGITS = 6
"""A city's or county's code; its block serves every school below it."""

_blocks = select_record(number_blocks, NumberBlock).order_by(number_blocks.c.first, number_blocks.c.id)
_block = select_record(number_blocks, NumberBlock).where(number_blocks.c.id == bindparam("id"))
_row_of = select(numbers.c.seq).where(
    numbers.c.block_id == bindparam("block_id"), numbers.c.seq == bindparam("seq")
)
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


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text before and after the running number, and its digits; `width` 0 writes as many as it has."""

    before: str
    after: str
    width: int

    @classmethod
    def read(cls, text: str) -> Self:
        """Take a pattern apart; BadPattern unless it has exactly one slot and no other brace."""
        slots = list(SLOT.finditer(text))
        if len(slots) != 1:
            raise BadPattern
        before, after = text[: slots[0].start()], text[slots[0].end() :]
        if any(brace in before + after for brace in "{}"):
            raise BadPattern
        return cls(before, after, int(slots[0].group(1) or 0))

    def number(self, seq: int) -> str:
        """Write a running number; BadPattern when it does not fit."""
        if seq < 1 or len(str(seq)) > (self.width or MAX_DIGITS):
            raise BadPattern
        return f"{self.before}{seq:0{self.width}d}{self.after}"

    def seq(self, number: str) -> int | None:
        """Read a running number back out of a printed one; None when the pattern does not write it."""
        digits = number.removeprefix(self.before).removesuffix(self.after)
        if len(digits) > MAX_DIGITS or not (digits.isascii() and digits.isdecimal()):
            return None
        found = int(digits)
        fits = found >= 1 and len(str(found)) <= (self.width or MAX_DIGITS)
        return found if fits and self.number(found) == number else None

    def meets(self, other: Self) -> bool:
        """Tell whether the texts around the number leave it possible that both write the same."""
        if self.width and other.width and self._length() != other._length():
            return False
        before, after = min(len(self.before), len(other.before)), min(len(self.after), len(other.after))
        tails = self.after[len(self.after) - after :], other.after[len(other.after) - after :]
        return self.before[:before] == other.before[:before] and tails[0] == tails[1]

    def _length(self) -> int:
        return len(self.before) + self.width + len(self.after)


def written(pattern: str, seq: int) -> str:
    """Write a running number into its pattern; BadPattern unless there is exactly one slot and the number fits it."""
    return Pattern.read(pattern).number(seq)


def within(block: NumberBlock, number: str) -> bool:
    """Tell whether a printed number is one of a block's."""
    try:
        seq = Pattern.read(block.pattern).seq(number)
    except BadPattern:
        return False
    return seq is not None and block.first <= seq <= block.last


def collide(one: NumberBlock, two: NumberBlock) -> bool:
    """Tell whether two blocks have a number in common, however their patterns split it into text and digits."""
    mine, theirs = Pattern.read(one.pattern), Pattern.read(two.pattern)
    if mine == theirs:
        return one.first <= two.last and two.first <= one.last
    if not mine.meets(theirs):
        return False
    few, pattern, many = (
        (one, mine, two) if one.last - one.first <= two.last - two.first else (two, theirs, one)
    )
    return any(within(many, pattern.number(seq)) for seq in range(few.first, few.last + 1))


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

    def block(self, block_id: int) -> NumberBlock:
        """Look one up; NotFound when there is none."""
        return NumberBlock(*self._one("block", _block, {"id": block_id}))

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
        made = Pattern.read(pattern)
        made.number(first)
        made.number(last)
        if first > last:
            raise BadPattern
        block = NumberBlock(0, form, year, org, pattern, first, last, by)
        if any(collide(block, other) for other in self.blocks(form=form)):
            raise AlreadyThere("block")
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
                seq = self._next_left(block.id, block.next, block.last)
                if seq is not None:
                    return self._next_number(block.id, seq, form, written(block.pattern, seq), serial)
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

    def void_unused(self, block_id: int, first: int, last: int, reason: str) -> int:
        """Write off numbers that nobody bears, spoilt before anything was printed on them; tell how many.

        NotFound for an unknown block; BadPattern for numbers outside it; AlreadyThere, and nothing done, when one of
        them is held, used or void.
        """
        block = self.block(block_id)
        if not block.first <= first <= last <= block.last:
            raise BadPattern
        states = {row.seq: row.state for row in self.numbers(block_id) if first <= row.seq <= last}
        if any(state != "free" for state in states.values()):
            raise AlreadyThere("number")
        for seq in range(first, last + 1):
            if seq in states:
                self._change_number(block_id, seq, "void", None, reason)
                continue
            row = {
                "block_id": block_id,
                "seq": seq,
                "form": block.form,
                "number": written(block.pattern, seq),
            }
            more = {"serial": None, "reason": reason, "state": "void", "changed_at": self._now()}
            self._insert("number", numbers, {**row, **more})
        return last - first + 1

    def give_back_stale(self, before: datetime) -> int:
        """Free every number held since before a moment, by processes that died; tell how many."""
        stale = numbers.update().where(numbers.c.state == "held", numbers.c.changed_at < before)
        return self._do("number", stale.values(state="free", serial=None, changed_at=self._now()))

    def _next_left(self, block_id: int, seq: int, last: int) -> int | None:
        """The running number taken next; those that were written off ahead are stepped over. None when all are gone."""
        while seq <= last and self._first("number", _row_of, {"block_id": block_id, "seq": seq}) is not None:
            seq += 1
            self._do("block", number_blocks.update().where(number_blocks.c.id == block_id).values(next=seq))
        return seq if seq <= last else None

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
