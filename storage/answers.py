"""Answers to idempotent requests: the first request claims its key, its repetitions get the same answer."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_

from storage.errors import AlreadyThere, KeyReused, StillRunning
from storage.records import Answer
from storage.session import Session
from storage.tables import answers

ABANDONED_SECONDS = 60
"""A claim without an answer for this long was left by a process that died."""


class WritesAnswers(Session):
    """Claims keys and keeps the answers."""

    def claim_answer(self, scope: str, key: str, request_hash: str) -> Answer | None:
        """Claim a key: None means do the work now, an Answer means give that again.

        KeyReused when the key was used for another request; StillRunning while the first is being worked on,
        unless that claim is older than ABANDONED_SECONDS: then it is taken over.
        """
        now = self._now()
        row = self._first("answer", answers.select().where(_is(scope, key)))
        if row is None:
            claim = {"scope": scope, "key": key, "request_hash": request_hash, "claimed_at": now}
            self._insert("answer", answers, claim)
            return None
        if row.request_hash != request_hash:
            raise KeyReused
        if row.status is not None:
            return Answer(row.request_hash, row.status, row.body)
        if row.claimed_at > now - timedelta(seconds=ABANDONED_SECONDS):
            raise StillRunning
        self._do("answer", answers.update().where(_is(scope, key)).values(claimed_at=now))
        return None

    def put_answer(self, scope: str, key: str, status: int, body: Mapping[str, Any]) -> None:
        """Answer a claimed key in the transaction that does the work.

        AlreadyThere when another process took the claim over and answered first, or dropped it: the whole
        transaction must then be rolled back, so that the work is done once.
        """
        unanswered = and_(_is(scope, key), answers.c.status.is_(None))
        if not self._do("answer", answers.update().where(unanswered).values(status=status, body=dict(body))):
            raise AlreadyThere("answer")

    def drop_answer(self, scope: str, key: str) -> None:
        """Give a claim up after a failure, so that the key can be tried again; a finished answer stays."""
        self._do("answer", answers.delete().where(_is(scope, key), answers.c.status.is_(None)))


def _is(scope: str, key: str) -> ColumnElement[bool]:
    return and_(answers.c.scope == scope, answers.c.key == key)
