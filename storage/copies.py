"""What was made from a scan and lies beside it: searchable copies and thumbnails, each written once."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import bindparam

from storage.records import Copy
from storage.session import Session, id_number, select_record
from storage.tables import copies

WHOLE = -1
"""The page of a copy that is one of the whole scan."""

_copy = select_record(copies, Copy).order_by(copies.c.id)
_of_scan = _copy.where(copies.c.scan == bindparam("scan"))


def _record(row: tuple[object, ...]) -> Copy:
    found = Copy(*row)  # type: ignore[arg-type]
    return replace(found, scan=str(found.scan))


class ReadsCopies(Session):
    """Looks up what was made from scans."""

    def copies(self, scan_id: str) -> list[Copy]:
        """List what was made from a scan, nothing while that was not done."""
        return [
            _record(tuple(row)) for row in self._rows("copy", _of_scan, {"scan": id_number(scan_id, "scan")})
        ]

    def all_copies(self) -> list[Copy]:
        """List every copy of every scan."""
        return [_record(tuple(row)) for row in self._rows("copy", _copy)]


class WritesCopies(ReadsCopies):
    """Notes what was made from scans."""

    def add_copies(self, items: Sequence[Copy]) -> None:
        """Note copies whose bytes are already in the objects folder; AlreadyThere for one that was noted before."""
        rows = [
            {name: getattr(item, name) for name in Copy.__slots__} | {"scan": id_number(item.scan, "scan")}
            for item in items
        ]
        self._insert_many("copy", copies, rows)
