"""Official numbers: blocks handed down by an authority, and a ledger of them without gaps or repeats (art. 34)."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice, takewhile

from sqlalchemy import bindparam, func, literal, literal_column, or_, select

from storage.committed import voided
from storage.each import Each, among, array
from storage.errors import AlreadyThere, BadPattern, NoNumberLeft, NotFound
from storage.patterns import Pattern, collide, within, written
from storage.records import NumberBlock, NumberRow, TakenNumber
from storage.session import AnyRow, Session, select_record
from storage.tables import batch_rows, documents, number_blocks, numbers

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
_of_serials = among(numbers.c.serial, "serials")
_by_serials = select(
    numbers.c.state, numbers.c.serial, numbers.c.block_id, numbers.c.seq, numbers.c.number
).where(_of_serials)
_use = (
    numbers.update()
    # The serials are what to look by: in a server's index of the held, those used since lie until it is swept.
    .where(numbers.c.state.op("||")(literal_column("''")) == "held", _of_serials)
    .values(state="used", reason=None, changed_at=bindparam("at"))
)
_free = (
    select(numbers.c.seq, numbers.c.number)
    # In so many words: the engine finds the few that are free in an index of those alone.
    .where(numbers.c.block_id == bindparam("block_id"), numbers.c.state == literal_column("'free'"))
    .order_by(numbers.c.seq)
)
_ahead = select(numbers.c.seq).where(
    numbers.c.block_id == bindparam("block_id"), numbers.c.seq >= bindparam("seq")
)
_hold = (
    numbers.update()
    .where(numbers.c.block_id == bindparam("of_block"), numbers.c.seq == bindparam("of_seq"))
    .values(state="held", serial=bindparam("to_serial"), reason=None, changed_at=bindparam("at"))
)
_row = Each("rows")
_new = numbers.insert().from_select(
    ["block_id", "seq", "form", "number", "state", "serial", "changed_at"],
    select(
        bindparam("block_id", type_=numbers.c.block_id.type),
        _row.whole(0),
        bindparam("form", type_=numbers.c.form.type),
        _row.text(1),
        literal("held"),
        _row.text(2),
        bindparam("at", type_=numbers.c.changed_at.type),
    ),
)
_repeated = (
    select(numbers.c.number)
    .join(number_blocks, number_blocks.c.id == numbers.c.block_id)
    .group_by(number_blocks.c.form, numbers.c.number)
    .having(func.count() > 1)
)
_awaited = select(batch_rows.c.row).where(
    batch_rows.c.serial == numbers.c.serial, batch_rows.c.state == "numbered"
)
_held_by = select(numbers.c.block_id, numbers.c.seq, numbers.c.number).where(
    numbers.c.serial == bindparam("serial"), numbers.c.state == "held"
)


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

    def repeated_numbers(self) -> list[str]:
        """List the numbers that stand in the ledgers of a form more than once."""
        return [row.number for row in self._rows("number", _repeated)]


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
        with self.beyond_scope():
            others = self.blocks(form=form)
            borne = self._rows("document", _borne, {"form": form, "org": org})
        if any(collide(block, other) for other in others) or any(within(block, row.number) for row in borne):
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
                free = self._first("number", _free.limit(1), {"block_id": block.id})
                if free is not None:
                    self._change_number(block.id, free.seq, "held", serial)
                    return TakenNumber(block.id, free.seq, free.number)
                seq = self._next_left(block.id, block.next, block.last)
                if seq is not None:
                    return self._next_number(block.id, seq, form, written(block.pattern, seq), serial)
        raise NoNumberLeft(form, orgs[0] if orgs else "")

    def take_numbers(
        self, form: str, orgs: Sequence[str], year: int, serials: Sequence[str]
    ) -> list[TakenNumber]:
        """Hold the lowest numbers left for these documents, one each in this order, as take_number would one by one.

        A serial that already holds a number gets the same again. The list ends early when the blocks do.
        """
        wanted = list(dict.fromkeys(serials))
        taken = self._held_by(wanted)
        without = [serial for serial in wanted if serial not in taken]
        for org in orgs:
            for block in self._rows("block", _open_blocks, {"form": form, "year": year, "org": org}):
                if not without:
                    break
                free = self._take_free(block.id, without)
                new = self._take_new(form, block, without[len(free) :])
                taken |= dict(zip(without, [*free, *new], strict=False))
                without = without[len(free) + len(new) :]
        return [taken[serial] for serial in takewhile(taken.__contains__, serials)]

    def use_number(self, serial: str) -> None:
        """Make the held number the document's for good; NotFound when the hold was given back meanwhile."""
        held = self._one("number", _held_by, {"serial": serial})
        self._change_number(held.block_id, held.seq, "used", serial)

    def use_numbers(self, serials: Collection[str]) -> None:
        """Make the held numbers of these documents theirs for good; NotFound when one was given back meanwhile."""
        once = set(serials)
        done = self._do("number", _use, {"serials": array(once), "at": self._now()})
        if done != len(once):
            raise NotFound("number")

    def give_back(self, serial: str) -> None:
        """Free the number a failed attempt held; it is the next to be taken. Nothing held: nothing done."""
        held = self._first("number", _held_by, {"serial": serial})
        if held is not None:
            self._change_number(held.block_id, held.seq, "free", None)

    def void_number(self, serial: str, reason: str) -> None:
        """Write off the held number of a spoilt blank: its row stays for ever. NotFound when none is held."""
        held = self._one("number", _held_by, {"serial": serial})
        at = self._change_number(held.block_id, held.seq, "void", serial, reason)
        self._note_void(TakenNumber(held.block_id, held.seq, held.number), serial, reason, at)

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
            number = written(block.pattern, seq)
            if seq in states:
                at = self._change_number(block_id, seq, "void", None, reason)
            else:
                at = self._now()
                row = {"block_id": block_id, "seq": seq, "form": block.form, "number": number}
                more = {"serial": None, "reason": reason, "state": "void", "changed_at": at}
                self._insert("number", numbers, {**row, **more})
            self._note_void(TakenNumber(block_id, seq, number), None, reason, at)
        return last - first + 1

    def give_back_stale(self, before: datetime) -> int:
        """Free every number held since before a moment, by processes that died; tell how many.

        What a batch holds for a paper still to be printed stays held, however long the batch rests.
        """
        stale = numbers.update().where(
            numbers.c.state == literal_column("'held'"), numbers.c.changed_at < before, ~_awaited.exists()
        )
        return self._do("number", stale.values(state="free", serial=None, changed_at=self._now()))

    def _held_by(self, serials: Sequence[str]) -> dict[str, TakenNumber]:
        """The numbers these serials hold already."""
        found = self._rows("number", _by_serials, {"serials": array(serials)})
        return {
            row.serial: TakenNumber(row.block_id, row.seq, row.number) for row in found if row.state == "held"
        }

    def _take_free(self, block_id: int, serials: Sequence[str]) -> list[TakenNumber]:
        """Hold the numbers of a block that were given back, lowest first, as far as they go or are wanted."""
        free = self._rows("number", _free.limit(len(serials)), {"block_id": block_id})
        now = self._now()
        changes = [
            {"of_block": block_id, "of_seq": row.seq, "to_serial": serial, "at": now}
            for row, serial in zip(free, serials, strict=False)
        ]
        if changes:
            self._do_many("number", _hold, changes)
        return [TakenNumber(block_id, row.seq, row.number) for row in free]

    def _take_new(self, form: str, block: AnyRow, serials: Sequence[str]) -> list[TakenNumber]:
        """Hold the numbers of a block that were never taken, from its next on, stepping over those written off ahead."""
        if not serials:
            return []
        ahead = {row.seq for row in self._rows("number", _ahead, {"block_id": block.id, "seq": block.next})}
        left = (seq for seq in range(block.next, block.last + 1) if seq not in ahead)
        seqs = list(islice(left, len(serials)))
        pattern = Pattern.read(block.pattern)
        made = [TakenNumber(block.id, seq, pattern.number(seq)) for seq in seqs]
        rows = array((one.seq, one.number, serial) for one, serial in zip(made, serials, strict=False))
        self._do("number", _new, {"block_id": block.id, "form": form, "rows": rows, "at": self._now()})
        after = seqs[-1] + 1 if len(seqs) == len(serials) else block.last + 1
        if after > block.next:
            self._do("block", number_blocks.update().where(number_blocks.c.id == block.id).values(next=after))
        return made

    def _next_left(self, block_id: int, seq: int, last: int) -> int | None:
        """The running number taken next; those that were written off ahead are stepped over. None when all are gone."""
        while seq <= last and self._first("number", _row_of, {"block_id": block_id, "seq": seq}) is not None:
            seq += 1
            self._do("block", number_blocks.update().where(number_blocks.c.id == block_id).values(next=seq))
        return seq if seq <= last else None

    def _next_number(self, block_id: int, seq: int, form: str, number: str, serial: str) -> TakenNumber:
        # The row first: the block's guard lets it step only over numbers that have one.
        row = {"block_id": block_id, "seq": seq, "form": form, "number": number, "serial": serial}
        self._insert("number", numbers, {**row, "state": "held", "changed_at": self._now()})
        step = number_blocks.update().where(number_blocks.c.id == block_id).values(next=seq + 1)
        self._do("block", step)
        return TakenNumber(block_id, seq, number)

    def _change_number(
        self, block_id: int, seq: int, state: str, serial: str | None, reason: str | None = None
    ) -> datetime:
        """Change a number's row, and tell when."""
        row = numbers.update().where(numbers.c.block_id == block_id, numbers.c.seq == seq)
        at = self._now()
        self._do("number", row.values(state=state, serial=serial, reason=reason, changed_at=at))
        return at

    def _note_void(self, number: TakenNumber, serial: str | None, reason: str, at: datetime) -> None:
        row = {**asdict(number), "state": "void", "serial": serial, "reason": reason, "changed_at": at}
        self._facts.append(voided(row))
