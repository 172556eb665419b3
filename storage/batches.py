"""Batches of papers and their rows: how far each row has come is a row of the database, so a killed worker loses nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from storage.errors import Frozen, NotFound
from storage.records import Batch, BatchRow, BatchState, RowState
from storage.session import Session, select_record
from storage.tables import batch_rows, batches, numbers

ENDED: frozenset[BatchState] = frozenset({"done", "cancelled"})

_batches = select_record(batches, Batch)
_batch = _batches.where(batches.c.id == bindparam("id"))
_rows = select_record(batch_rows, BatchRow).order_by(batch_rows.c.row)
_counts = (
    select(batch_rows.c.state, func.count())
    .where(batch_rows.c.batch == bindparam("batch"))
    .group_by(batch_rows.c.state)
)
_change = (
    batch_rows.update()
    .where(batch_rows.c.batch == bindparam("of_batch"), batch_rows.c.row == bindparam("of_row"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=batch_rows.c[name].type)
            for name in ("state", "values", "errors", "serial", "number")
        }
    )
)


class ReadsBatches(Session):
    """Looks up batches and their rows."""

    def batch(self, batch_id: int) -> Batch:
        """Look one up; NotFound when there is none."""
        return Batch(*self._one("batch", _batch, {"id": batch_id}))

    def batches(self, orgs: Collection[str] | None = None) -> list[Batch]:
        """List batches, of these organizations when given, newest first."""
        wanted = _batches.order_by(batches.c.id.desc())
        if orgs is not None:
            wanted = wanted.where(batches.c.org.in_(orgs))
        return [Batch(*row) for row in self._rows("batch", wanted)]

    def batch_counts(self, batch_id: int) -> dict[RowState, int]:
        """Count a batch's rows by state; states without a row are left out."""
        return {row[0]: row[1] for row in self._rows("batch", _counts, {"batch": batch_id})}

    def batch_rows(
        self,
        batch_id: int,
        states: Collection[RowState] = (),
        after: int = 0,
        last: int | None = None,
        limit: int | None = None,
        *,
        told: bool = False,
    ) -> list[BatchRow]:
        """List a batch's rows in list order: those after one row, up to a last one, of these states when given.

        With `told` only those whose `errors` say something.
        """
        wanted = _rows.where(batch_rows.c.batch == batch_id, batch_rows.c.row > after)
        if states:
            wanted = wanted.where(batch_rows.c.state.in_(states))
        if told:
            wanted = wanted.where(batch_rows.c.errors != [])
        if last is not None:
            wanted = wanted.where(batch_rows.c.row <= last)
        return [BatchRow(*row) for row in self._rows("batch", wanted.limit(limit))]

    def numbered_elsewhere(self, batch_id: int, form: str, student_nos: Collection[str]) -> set[str]:
        """Tell which of these students hold a number for this form in another batch, not printed yet."""
        wanted = (
            select(batch_rows.c.student_no)
            .join(batches, batches.c.id == batch_rows.c.batch)
            .where(
                batches.c.form == form,
                batches.c.state.in_(("numbering", "printing")),
                batches.c.id != batch_id,
            )
            .where(batch_rows.c.state == "numbered", batch_rows.c.student_no.in_(student_nos))
        )
        with self.beyond_scope():
            return {row.student_no for row in self._rows("batch", wanted)}


class WritesBatches(ReadsBatches):
    """Adds batches and writes how far they are."""

    def add_batch(
        self,
        *,
        form: str,
        org: str,
        role: str,
        by: str,
        request: Mapping[str, Any],
        rows: Iterable[tuple[str | None, Mapping[str, Any]]],
    ) -> Batch:
        """Add a batch in state checking with its rows (student_no, what is asked), all of them waiting."""
        asked = list(rows)
        now = self._now()
        values = {
            "form": form,
            "org": org,
            "role": role,
            "by": by,
            "state": "checking",
            "request": dict(request),
            "total": len(asked),
            "created_at": now,
            "ended_at": None,
        }
        key = self._insert("batch", batches, values)
        self._insert_many(
            "batch",
            batch_rows,
            [
                {"batch": key, "row": row, "student_no": student_no, "state": "waiting"}
                | {"asked": dict(said), "values": None, "errors": [], "serial": None, "number": None}
                for row, (student_no, said) in enumerate(asked, 1)
            ],
        )
        return Batch(key, form, org, role, by, "checking", dict(request), len(asked), now, None)

    def set_batch_state(self, batch_id: int, state: BatchState) -> None:
        """Move a batch on; done and cancelled set `ended_at` and are the end: Frozen when it ended otherwise before."""
        present = self.batch(batch_id).state
        if present == state:
            return
        if present in ENDED:
            raise Frozen
        ended_at: datetime | None = self._now() if state in ENDED else None
        row = batches.update().where(batches.c.id == batch_id)
        self._do("batch", row.values(state=state, ended_at=ended_at))

    def put_batch_rows(self, rows: Sequence[BatchRow]) -> None:
        """Write state, values, errors, serial and number of these rows.

        Frozen when one of them is printed: its paper is out. NotFound for a row that is not in its batch.
        """
        changes = [
            {"of_batch": row.batch, "of_row": row.row, "new_state": row.state, "new_values": row.values}
            | {"new_errors": row.errors, "new_serial": row.serial, "new_number": row.number}
            for row in rows
        ]
        if changes and self._do_many("batch", _change, changes) != len(changes):
            raise NotFound("batch")

    def cancel_batch_rows(self, batch_id: int, states: Collection[RowState]) -> int:
        """Cancel a batch's rows in these states; the numbers they held are free again. Tells how many rows.

        What was gathered for them is not kept.
        """
        chosen = (batch_rows.c.batch == batch_id) & batch_rows.c.state.in_(states)
        holders = select(batch_rows.c.serial).where(chosen, batch_rows.c.serial.is_not(None))
        held = numbers.update().where(numbers.c.state == "held", numbers.c.serial.in_(holders))
        self._do("number", held.values(state="free", serial=None, changed_at=self._now()))
        rows = batch_rows.update().where(chosen)
        return self._do(
            "batch", rows.values({"state": "cancelled", "values": None, "serial": None, "number": None})
        )
