"""Bearer tokens, kept as digests only."""

from dataclasses import asdict

from sqlalchemy import bindparam

from storage.records import TokenRecord
from storage.session import Session, select_record
from storage.tables import tokens

_token = select_record(tokens, TokenRecord).where(tokens.c.digest == bindparam("digest"))


class ReadsTokens(Session):
    """Looks tokens up."""

    def token(self, digest: str) -> TokenRecord:
        """Look one up by the digest of the token; NotFound when it was never given out."""
        return TokenRecord(*self._one("token", _token, {"digest": digest}))


class WritesTokens(ReadsTokens):
    """Registers tokens."""

    def put_token(self, digest: str, role: str, org: str) -> TokenRecord:
        """Register a token by its digest; AlreadyThere when it exists."""
        record = TokenRecord(digest, role, org, self._now())
        self._insert("token", tokens, asdict(record))
        return record
