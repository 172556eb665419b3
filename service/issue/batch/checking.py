"""First step of a batch: every row judged by exactly the rules, completions and articles of a single paper."""

from dataclasses import replace
from typing import Any

from service.errors import Objection, Problem
from service.issue.batch.asking import BatchRequest, asked_again, line_of
from service.issue.batch.frozen import Desk, frozen, who_asked
from service.issue.batch.states import WAITING
from service.issue.drafting import Judged, judge_request, note_look
from service.office import Office
from service.regulation.case import judge
from service.regulation.rules import WARNINGS
from storage.archive import Transaction
from storage.errors import ObjectDamaged
from storage.records import Batch, BatchRow
from templates.errors import GlyphMissing, ValueRefused
from templates.job import legible

ERRORS_KEPT = 50
"""Objections kept of one row: whoever has more sees the rest when these are put right."""


def judged_rows(office: Office, batch: Batch, after: int, last: int) -> list[tuple[BatchRow, Judged | None]]:
    """Judge the rows of a chunk that still wait: each comes back ready, or refused with its objections."""
    with office.archive.read() as reading:
        desk, request = Desk.open(office, batch, reading), asked_again(batch)
        rows = reading.batch_rows(batch.id, WAITING, after, last)
        desk.reading.look_ahead([row.student_no for row in rows if row.student_no])
        return [_judged(office, desk, request, row) for row in rows]


def _judged(
    office: Office, desk: Desk, request: BatchRequest, row: BatchRow
) -> tuple[BatchRow, Judged | None]:
    if wrong := row.asked.get("wrong"):
        return replace(row, state="refused", errors=list(wrong)), None
    asked = request.one(line_of(row))
    try:
        judged = judge_request(
            office, desk.reading, who_asked(desk.batch), desk.form, asked, sheets=desk.sheet
        )
        legible(judged.sheet.form, judged.case.values, office.printer.fonts)
    except Problem as problem:
        return replace(row, state="refused", errors=told(problem)), None
    except (GlyphMissing, ValueRefused) as error:
        # Told before numbers are given: a row that cannot be printed would leave a hole among them.
        unprintable = Objection(error.field, error.code, error.message_zh)
        return replace(row, state="refused", errors=[unprintable.to_json()]), None
    except ObjectDamaged as error:
        damaged = Objection(None, error.code, error.message_zh)
        return replace(row, state="refused", errors=[damaged.to_json()]), None
    warnings = [warning.to_json() for warning in judge(judged.case, WARNINGS)]
    return replace(row, state="ready", values=frozen(judged), errors=warnings), judged


def told(problem: Problem) -> list[dict[str, Any]]:
    """The objections of a refusal as they are kept with its row."""
    if problem.errors:
        return [item.to_json() for item in problem.errors[:ERRORS_KEPT]]
    return [{"field": None, "code": problem.code, "message": problem.detail, "article": problem.article}]


def keep_judged(transaction: Transaction, batch: Batch, found: list[tuple[BatchRow, Judged | None]]) -> None:
    """Write what was found of rows that still wait; another worker may have been faster."""
    if not found:
        return
    rows = [row for row, _ in found]
    waiting = transaction.batch_rows(batch.id, WAITING, rows[0].row - 1, rows[-1].row)
    open_rows = {row.row for row in waiting}
    for row, judged in found:
        if judged is not None and row.row in open_rows:
            note_look(transaction, judged)
    transaction.put_batch_rows([row for row in rows if row.row in open_rows])
