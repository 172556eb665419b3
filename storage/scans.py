"""Uploads and how far their reading has come."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, bindparam

from storage.records import Scan, ScanState
from storage.session import Session, id_number, select_record
from storage.tables import scans

_scan = select_record(scans, Scan)
_newest = _scan.order_by(scans.c.id.desc())
_by_id = _scan.where(scans.c.id == bindparam("id"))


def _record(row: tuple[object, ...]) -> Scan:
    found = Scan(*row)  # type: ignore[arg-type]
    return replace(found, id=str(found.id))


class ReadsScans(Session):
    """Looks up scans."""

    def scan(self, scan_id: str) -> Scan:
        """Look one up; NotFound when there is none."""
        return _record(tuple(self._one("scan", _by_id, {"id": id_number(scan_id, "scan")})))

    def scans(self, org_codes: Collection[str], state: ScanState | None = None) -> list[Scan]:
        """List scans uploaded by any of the organizations, newest first, of one state when given."""
        return self._scans(_newest.where(scans.c.org.in_(org_codes)), state)

    def all_scans(self, state: ScanState | None = None) -> list[Scan]:
        """List every scan, whoever uploaded it, newest first, of one state when given."""
        return self._scans(_newest, state)

    def scans_of(self, original: str) -> list[Scan]:
        """List the uploads of these very bytes (sha256), newest first: the same file may be brought twice."""
        return self._scans(_newest.where(scans.c.original == original), None)

    def _scans(self, wanted: Select[*tuple[Any, ...]], state: ScanState | None) -> list[Scan]:
        if state is not None:
            wanted = wanted.where(scans.c.state == state)
        return [_record(tuple(row)) for row in self._rows("scan", wanted)]


class WritesScans(ReadsScans):
    """Registers uploads and what became of them."""

    def add_scan(self, *, kind: str, original: str, org: str, by: str) -> Scan:
        """Register an upload whose bytes are already in the objects folder (`original` is their sha256); state waiting."""
        uploaded_at = self._now()
        values = {"state": "waiting", "kind": kind, "original": original, "org": org, "by": by}
        key = self._insert("scan", scans, {**values, "uploaded_at": uploaded_at})
        return Scan(str(key), "waiting", kind, original, org, by, uploaded_at, None, None, None)

    def set_scan(
        self,
        scan_id: str,
        state: ScanState,
        result: Mapping[str, Any] | None = None,
        problem: Mapping[str, Any] | None = None,
        pages: int | None = None,
    ) -> None:
        """Write how far it is; result, problem and pages stay as they were when not given. NotFound for no scan."""
        self.scan(scan_id)
        given = {"result": result, "problem": problem, "pages": pages}
        values = {name: value for name, value in given.items() if value is not None}
        row = scans.update().where(scans.c.id == id_number(scan_id, "scan"))
        self._do("scan", row.values(state=state, **values))

    def reopen_scan(self, scan_id: str) -> None:
        """Let a scan that failed wait again; one in any other state stays as it is. NotFound for no scan."""
        self.scan(scan_id)
        failed = scans.update().where(scans.c.id == id_number(scan_id, "scan"), scans.c.state == "failed")
        self._do("scan", failed.values(state="waiting", problem=None))
