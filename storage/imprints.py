"""By what each stamping that came back is known again: derived from the scans, without text, picture or person."""

from dataclasses import fields

from sqlalchemy import bindparam, func, select

from storage.records import Imprint
from storage.session import Session, select_record
from storage.tables import imprints

_imprint = select_record(imprints, Imprint)
_latest = (
    _imprint.where(imprints.c.unit == bindparam("unit"))
    .order_by(imprints.c.id.desc())
    .limit(bindparam("count"))
)
_of_serial = _imprint.where(imprints.c.serial == bindparam("serial")).order_by(imprints.c.id)
_newest = select(func.coalesce(func.max(imprints.c.id), 0))


class ReadsImprints(Session):
    """Looks up imprints."""

    def imprints(self, unit: str, count: int) -> list[Imprint]:
        """List the latest imprints of a unit's seal, at most `count`, in the order they were kept."""
        rows = self._rows("imprint", _latest, {"unit": unit, "count": count})
        return [Imprint(*row) for row in reversed(rows)]

    def imprints_of(self, serial: str) -> list[Imprint]:
        """List the imprints on a document's paper in the order they were kept."""
        return [Imprint(*row) for row in self._rows("imprint", _of_serial, {"serial": serial})]

    def newest_imprint(self) -> int:
        """Give the id of the imprint that was kept last; 0 before the first."""
        return int(self._one("imprint", _newest)[0])


class WritesImprints(ReadsImprints):
    """Keeps imprints, for ever."""

    def add_imprint(self, imprint: Imprint) -> int:
        """Keep one and give its id; the id it came with does not count."""
        values = {field.name: getattr(imprint, field.name) for field in fields(Imprint) if field.name != "id"}
        return self._insert("imprint", imprints, {**values, "at": self._now()})
