"""Which keys sign in this installation: their public halves, written down when each is first used."""

from collections.abc import Mapping

from sqlalchemy import select

from storage.session import Session
from storage.tables import signing_keys

_all = select(signing_keys.c.kid, signing_keys.c.algorithm, signing_keys.c.public_key)


class ReadsKeys(Session):
    """Looks up signing keys."""

    def signing_keys(self) -> dict[int, tuple[str, str]]:
        """Algorithm and public key, as they are published, by the key's id; empty before the first start."""
        return {row.kid: (row.algorithm, row.public_key) for row in self._rows("key", _all)}


class WritesKeys(ReadsKeys):
    """Writes signing keys down."""

    def add_signing_keys(self, keys: Mapping[int, tuple[str, str]]) -> None:
        """Write down keys that are new here; AlreadyThere for an id that another key has."""
        at = self._now()
        rows = [
            {"kid": kid, "algorithm": algorithm, "public_key": public, "first_used_at": at}
            for kid, (algorithm, public) in keys.items()
        ]
        self._insert_many("key", signing_keys, rows)
