"""How far a batch is, and what is wrong with its rows: as JSON, and as a table to work through."""

from collections.abc import Iterator
from typing import Any

from service.access import Action, Role, Who, may, reads_restricted, restricted
from service.issue.batch.states import WITH_PAPER, WITHOUT_PAPER
from service.office import Content, Office
from service.office.lookups import form_title, require, unknown
from service.spreadsheet.writing import XLSX, listing
from storage.archive import Reading
from storage.errors import NotFound
from storage.records import Batch, BatchRow, RowState
from templates.form import Form

TOLD = 200
"""Objections in the progress of a batch; the table of errors has them all."""
PAGE = 1000
"""Rows read at a time where all are gone through: memory does not grow with the batch."""
MAX_ID_DIGITS = 18
WIDTHS = (8, 24, 24, 70, 16, 28)


def find(office: Office, reading: Reading, who: Who | None, batch_id: str, action: Action) -> Batch:
    """The batch of an id, for whoever may see its papers: who asked for it, and the units above.

    Raises Problem 401, 403, 404.
    """
    allowed = may(who, action)
    try:
        batch = reading.batch(_number(batch_id))
    except NotFound:
        raise unknown("batch", "批次", "请核对编号") from None
    require(reading, allowed, action, batch.org)
    form = office.catalogue.forms.get(batch.form)
    if form is not None and form.access and not reads_restricted(allowed, batch.by):
        raise restricted()
    return batch


def _number(text: str) -> int:
    """An id as it stands in an address."""
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS):
        raise NotFound("batch")
    return int(text)


def progress(office: Office, who: Who | None, batch_id: str) -> dict[str, Any]:
    """State and counts of a batch, and its first errors. Raises Problem 401, 403, 404."""
    with office.archive.read() as reading:
        batch = find(office, reading, who, batch_id, Action.READ)
        return body_of(office, reading, batch)


def counted(office: Office, who: Who | None, batch_id: str) -> dict[str, Any]:
    """State and counts alone, for those who look twice a second."""
    with office.archive.read() as reading:
        batch = find(office, reading, who, batch_id, Action.READ)
        return line_of(office, reading, batch)


def batches(office: Office, who: Who | None) -> dict[str, Any]:
    """The batches in scope, newest first, without their errors. Raises Problem 401, 403."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        below = _below(reading, allowed)
        listed = [
            line_of(office, reading, batch)
            for batch in reading.batches(below)
            if _seen(office, allowed, batch)
        ]
    return {"batches": listed}


def _below(reading: Reading, who: Who) -> list[str]:
    if who.role in {Role.REGISTRAR, Role.HEAD}:
        return [who.org]
    return [unit.code for unit in reading.organizations() if who.org in reading.chain(unit.code)]


def _seen(office: Office, who: Who, batch: Batch) -> bool:
    form = office.catalogue.forms.get(batch.form)
    return form is None or not form.access or reads_restricted(who, batch.by)


def line_of(office: Office, reading: Reading, batch: Batch) -> dict[str, Any]:
    """A batch as it stands in a list: `done` are printed, `failed` refused by a rule or by the printer."""
    counts = reading.batch_counts(batch.id)
    path = f"/v1/batches/{batch.id}"
    return {
        "id": str(batch.id),
        "form": batch.form,
        "title": form_title(office, batch.form),
        "org": batch.org,
        "state": batch.state,
        "total": batch.total,
        "done": counts.get("printed", 0),
        "failed": sum(counts.get(state, 0) for state in WITHOUT_PAPER),
        "cancelled": counts.get("cancelled", 0),
        "rows": dict(sorted(counts.items())),
        "created_at": batch.created_at.isoformat(),
        "ended_at": None if batch.ended_at is None else batch.ended_at.isoformat(),
        "links": {"self": path}
        | {name: f"{path}/{name}" for name in ("events", "errors", "content", "cancel")},
    }


def body_of(office: Office, reading: Reading, batch: Batch) -> dict[str, Any]:
    """A batch with its first errors."""
    rows = reading.batch_rows(batch.id, WITHOUT_PAPER, limit=TOLD)
    told = [error for row in rows for error in _errors(row)]
    return line_of(office, reading, batch) | {"errors": told[:TOLD]}


def _errors(row: BatchRow) -> Iterator[dict[str, Any]]:
    """The objections to a row; `line` is where it stands in the table that was handed in."""
    place: dict[str, Any] = {"row": row.row, "student": row.student_no}
    if line := row.asked.get("line"):
        place["line"] = line
    for error in row.errors:
        yield {**place, **error}


def _every_error(office: Office, batch: Batch, states: tuple[RowState, ...]) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with office.archive.read() as reading:
            rows = reading.batch_rows(batch.id, states, after, limit=PAGE, told=True)
        for row in rows:
            yield from _errors(row)
        if len(rows) < PAGE:
            return
        after = rows[-1].row


def errors(office: Office, who: Who | None, batch_id: str) -> dict[str, Any]:
    """Every error of a batch by row, and what is only told of rows that got their paper. Raises Problem 401, 403, 404."""
    with office.archive.read() as reading:
        batch = find(office, reading, who, batch_id, Action.READ)
    told = {"errors": WITHOUT_PAPER, "warnings": WITH_PAPER}
    return {"id": str(batch.id)} | {
        name: list(_every_error(office, batch, states)) for name, states in told.items()
    }


def errors_table(office: Office, who: Who | None, batch_id: str) -> Content:
    """Every error of a batch as .xlsx, to be worked through; below them the warnings. Raises Problem 401, 403, 404."""
    with office.archive.read() as reading:
        batch = find(office, reading, who, batch_id, Action.READ)
    form = office.catalogue.forms.get(batch.form)
    lines = [_line(form, error) for error in _every_error(office, batch, WITHOUT_PAPER)]
    warnings = _every_error(office, batch, WITH_PAPER)
    lines += [_line(form, {**told, "message": f"已出具；提示：{told['message']}"}) for told in warnings]
    data = listing("未出具", ("行号", "学籍号", "栏目", "原因", "条款", "代码"), WIDTHS, lines)
    return Content(data, XLSX, f"batch-{batch.id}-errors.xlsx")


def _line(form: Form | None, error: dict[str, Any]) -> tuple[str, ...]:
    where = str(error.get("line") or error["row"])
    return (
        where,
        error["student"] or "",
        _label(form, error["field"]),
        error["message"],
        error["article"] or "",
        error["code"],
    )


def _label(form: Form | None, field: str | None) -> str:
    """A field in the words of the form; a name it does not have, as `student`, stands for itself."""
    if form is None or not field:
        return field or ""
    try:
        return form.label(field)
    except KeyError:
        return field
