"""Which objects the rows name: what a check must find in the store, and a backup must hold."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from sqlalchemy import union_all

from storage.jobs import ReadsJobs
from storage.tables import (
    copies,
    documents,
    entries,
    package_pieces,
    photos,
    scans,
    source_templates,
    template_versions,
)
from storage.walk import ReadsAlong

NAMED: Final = (
    documents.c.pdf,
    documents.c.docx,
    documents.c.layout,
    entries.c.sha256,
    scans.c.original,
    copies.c.sha256,
    photos.c.sha256,
    template_versions.c.docx,
    source_templates.c.docx,
    package_pieces.c.sha256,
)
"""Every column that holds an object's name; tests/test_backup.py finds one that was forgotten."""

_all = union_all(
    *(column.table.select().with_only_columns(column).where(column.is_not(None)) for column in NAMED)
)


class ReadsNamed(ReadsJobs, ReadsAlong):
    """Names objects."""

    def named_objects(self) -> frozenset[str]:
        """Give the sha256 of every object that a row names, but for what waits on a host for the store to be back."""
        return frozenset(str(row[0]) for row in self._rows("row", _all)) - self.spooled()

    def named_along(self) -> Iterator[Sequence[str]]:
        """The same some at a time, each as often as it is named, also what waits."""
        for table, columns in groupby(NAMED, lambda column: column.table):
            for rows in self.along(list(columns), list(table.primary_key)):
                yield [name for row in rows for name in row if name is not None]
