"""What whoever asks for a batch sees: it is taken in, can be followed, and can be cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service import bell
from service.access import Action, Who, may
from service.errors import Problem, refused
from service.issue.batch.asking import BatchRequest, Line, objections, rows_of
from service.issue.batch.states import OPEN
from service.issue.batch.steps import KIND, first_jobs
from service.issue.batch.telling import body_of, find
from service.issue.flow import claim
from service.office import Office
from service.office.lookups import require
from storage.archive import Transaction
from storage.records import Batch


@dataclass(frozen=True, slots=True)
class Accepted:
    """The answer to a batch that was taken in, and whether it was given before."""

    body: Mapping[str, Any]
    replay: bool = False


def accept(office: Office, who: Who | None, request: BatchRequest, key: str | None = None) -> Accepted:
    """Take a batch in and queue it for the workers; rows are judged later, each by itself.

    `key` is the Idempotency-Key. Raises Problem 401, 403, 404, 409, and 422 with everything that is wrong with the
    request as a whole; UnknownForm.
    """
    allowed = may(who, Action.ISSUE)
    form = office.catalogue.get(request.form)
    if found := objections(office, request, form):
        raise refused(found)
    with office.archive.read() as reading:
        require(reading, allowed, Action.ISSUE, allowed.org)
        lines = rows_of(reading, allowed, request)
    told = [(line.student, line.to_json()) for line in lines]
    with office.archive.begin() as transaction:
        if key is not None and (before := claim(transaction, allowed, key, _bound(request))) is not None:
            return Accepted(before.body, replay=True)
        batch = transaction.add_batch(
            form=form.name,
            org=allowed.org,
            role=allowed.role,
            by=allowed.token_digest,
            request=request.to_json(),
            rows=told,
        )
        transaction.add_jobs(KIND, first_jobs(batch.id, batch.total), batch.org)
        body = body_of(office, transaction, batch)
        if key is not None:
            transaction.put_answer(allowed.token_digest, key, 202, body)
    bell.ring(office.settings.data, "work")
    return Accepted(body)


def _bound(request: BatchRequest) -> dict[str, Any]:
    """What makes two requests the same one: everything asked for, row by row."""
    lines = None if request.lines is None else [_asked(line) for line in request.lines]
    return {"batch": request.form, "rows": lines, **request.to_json()}


def _asked(line: Line) -> dict[str, Any]:
    return {"student": line.student, **line.to_json()}


def cancel(office: Office, who: Who | None, batch_id: str) -> dict[str, Any]:
    """End a batch: what is printed stays, the other rows get no paper, and their numbers are free again.

    Raises Problem 401, 403, 404, 409 `batch_done`. A batch that was cancelled before is told as it is.
    """
    may(who, Action.ISSUE)
    with office.archive.begin() as transaction:
        batch = find(office, transaction, who, batch_id, Action.ISSUE)
        if batch.state == "done":
            raise Problem(
                "batch_done", 409, "批次已办完", "这一批已全部办完，不能再取消；要作废的文书请逐份作废。"
            )
        if batch.state != "cancelled":
            _cancel(transaction, batch)
        return body_of(office, transaction, transaction.batch(batch.id))


def _cancel(transaction: Transaction, batch: Batch) -> None:
    transaction.set_batch_state(batch.id, "cancelled")
    transaction.cancel_batch_rows(batch.id, OPEN)
