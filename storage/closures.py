"""Schools that were merged or closed (art. 8), and the units their files passed to: told once, for ever."""

from dataclasses import asdict

from sqlalchemy import bindparam

from storage.people import MAX_DEPTH
from storage.records import Closure
from storage.session import Session, select_record
from storage.tables import closures

_closure = select_record(closures, Closure)
_of = _closure.where(closures.c.org == bindparam("org"))


class ReadsClosures(Session):
    """Looks up which schools are gone, and who holds their files."""

    def closure(self, org: str) -> Closure | None:
        """Look up the end of a school; None while it is there."""
        row = self._first("closure", _of, {"org": org})
        return None if row is None else Closure(*row)

    def closures(self) -> list[Closure]:
        """List them all, by school."""
        return [Closure(*row) for row in self._rows("closure", _closure.order_by(closures.c.org))]

    def custody(self, org: str) -> list[Closure]:
        """List through whose hands an organization's files passed: its own end, then that of each holder that ended too."""
        found: list[Closure] = []
        last = self.closure(org)
        while last is not None and len(found) < MAX_DEPTH:
            found.append(last)
            last = self.closure(last.holder)
        return found


class WritesClosures(ReadsClosures):
    """Tells the end of a school."""

    def add_closure(self, closure: Closure) -> Closure:
        """Keep it; AlreadyThere when the school has ended before, NotFound for an unknown unit."""
        self._insert("closure", closures, asdict(closure))
        return closure
