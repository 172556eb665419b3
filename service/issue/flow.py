"""The flow itself: one short transaction before the printer, one after, and a third when it failed."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.access import Action, Who, may
from service.errors import Problem
from service.issue.drafting import make_draft
from service.issue.keeping import print_and_keep
from service.issue.request import IssueRequest
from service.office import Office
from service.office.lookups import canonical
from service.signing import sha256_hex
from storage.archive import Transaction
from storage.errors import KeyReused, StorageError
from storage.records import Answer


@dataclass(frozen=True, slots=True)
class Issued:
    """The answer to a request: the document as told, the HTTP status, and whether it was given before."""

    body: Mapping[str, Any]
    status: int = 201
    replay: bool = False


def issue(
    office: Office,
    who: Who | None,
    request: IssueRequest,
    key: str | None = None,
    bound: Mapping[str, Any] | None = None,
) -> Issued:
    """Print one document, all or nothing: row, number, log leaf, archive entries and answer together.

    `key` is the Idempotency-Key: the same request with it gets the same answer again; `bound` is what was asked for
    when the request is only what we made of it. Raises Problem (401, 403, 404, 409, 422), and the errors of templates
    and storage.
    """
    allowed = may(who, Action.ISSUE)
    form = office.catalogue.get(request.form)
    with office.archive.begin() as transaction:
        if key is not None:
            before = claim(transaction, allowed, key, request.to_json() if bound is None else bound)
            if before is not None:
                return Issued(before.body, before.status, replay=True)
        draft = make_draft(office, transaction, allowed, form, request)
    try:
        return Issued(print_and_keep(office, draft, key))
    except BaseException:
        with contextlib.suppress(StorageError), office.archive.begin() as transaction:
            transaction.give_back(draft.serial)
            if key is not None:
                transaction.drop_answer(allowed.token_digest, key)
        raise


def claim(transaction: Transaction, who: Who, key: str, asked: Mapping[str, Any]) -> Answer | None:
    """The answer this key was given before, or None: the work is now ours."""
    try:
        return transaction.claim_answer(who.token_digest, key, sha256_hex(canonical(asked)))
    except KeyReused as error:
        raise Problem("idempotency_key_reused", 409, "幂等键已用于另一请求", error.message_zh) from None
