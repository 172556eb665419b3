"""Counts of rows for metrics, and what the database says of its own state."""

from sqlalchemy import Column, Table, func, select

from storage.database import DATABASE_ERRORS
from storage.records import JobFigures
from storage.session import Session
from storage.tables import batch_rows, batches, documents, jobs, numbers, scans

_COUNTED: dict[str, tuple[Table, str]] = {
    "documents": (documents, "status"),
    "numbers": (numbers, "state"),
    "scans": (scans, "state"),
    "batches": (batches, "state"),
    "batch_rows": (batch_rows, "state"),
    "document_tiers": (documents, "tier"),
}


class ReadsFigures(Session):
    """Counts rows."""

    def job_figures(self) -> JobFigures:
        """Count jobs by kind and state, and tell how long the oldest of each kind has waited."""
        by = select(jobs.c.kind, jobs.c.state, func.count()).group_by(jobs.c.kind, jobs.c.state)
        oldest = select(jobs.c.kind, func.min(jobs.c.created_at)).where(jobs.c.state == "waiting")
        now = self._now()
        return JobFigures(
            counts={(row[0], row[1]): row[2] for row in self._rows("job", by)},
            oldest={
                row[0]: max(0.0, (now - row[1]).total_seconds())
                for row in self._rows("job", oldest.group_by(jobs.c.kind))
            },
        )

    def counts(self) -> dict[str, dict[str, int]]:
        """Count documents by status and by tier, and numbers, scans, batches and their rows by state."""
        return {name: self._count(table, table.c[by]) for name, (table, by) in _COUNTED.items()}

    def _count(self, table: Table, by: Column[str]) -> dict[str, int]:
        rows = self._rows("row", select(by, func.count()).select_from(table).group_by(by))
        return {str(row[0]): row[1] for row in rows}

    def missing_guards(self) -> set[str]:
        """Name the guards that should stand in the database and do not."""
        try:
            return self._engine.missing_guards(self._connection)
        except DATABASE_ERRORS as error:
            raise self._translate(error, "row") from None

    def engine_faults(self) -> list[str]:
        """Ask the database engine to prove its own file; one line for each fault it finds."""
        try:
            return self._engine.faults(self._connection)
        except DATABASE_ERRORS as error:
            raise self._translate(error, "row") from None

    def unreadable_rows(self) -> list[str]:
        """Name, as table/key, the rows that hold what their columns cannot."""
        try:
            return list(self._engine.unreadable(self._connection))
        except DATABASE_ERRORS as error:
            raise self._translate(error, "row") from None
