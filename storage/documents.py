"""Issued documents: added once, then only their status moves, and only forward; with the exceptions they rest on."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, func, select

from storage.committed import ended, issued
from storage.errors import Frozen
from storage.records import Document, DocumentStatus, OverrideRow
from storage.session import Session, portions, select_record
from storage.tables import documents, overrides

MOVES: dict[DocumentStatus, frozenset[DocumentStatus]] = {
    "pending": frozenset({"pending", "effective", "revoked", "superseded"}),
    "effective": frozenset({"effective", "revoked", "superseded"}),
    "superseded": frozenset({"superseded", "revoked"}),
    "revoked": frozenset({"revoked"}),
}
"""Where a status may go; the trigger of the same meaning is the last line behind this."""

_document = select_record(documents, Document)
_by_serial = _document.where(documents.c.serial == bindparam("serial"))
_by_token = _document.where(documents.c.token == bindparam("token"))
_statuses = select(documents.c.serial, documents.c.status).order_by(documents.c.id)
_of_status = (
    select(documents.c.serial).where(documents.c.status == bindparam("status")).order_by(documents.c.id)
)
_stamped = select(documents.c.serial).where(documents.c.tier == 1).order_by(documents.c.id)
_status_counts = select(documents.c.status, func.count()).group_by(documents.c.status)


class ReadsDocuments(Session):
    """Looks up what was issued."""

    def document(self, serial: str) -> Document:
        """Look one up by serial; NotFound when it was not issued here."""
        return Document(*self._one("document", _by_serial, {"serial": serial}))

    def document_by_token(self, token: str) -> Document:
        """Look one up by the token in its QR code; NotFound when it was not issued here."""
        return Document(*self._one("document", _by_token, {"token": token}))

    def documents(
        self, student_no: str | None = None, form: str | None = None, school: str | None = None
    ) -> list[Document]:
        """List documents in the order of issue, narrowed by whatever is given."""
        wanted = _document.order_by(documents.c.id)
        if student_no is not None:
            wanted = wanted.where(documents.c.student_no == student_no)
        if form is not None:
            wanted = wanted.where(documents.c.form == form)
        if school is not None:
            wanted = wanted.where(documents.c.school == school)
        return [Document(*row) for row in self._rows("document", wanted)]

    def documents_of(self, student_nos: Collection[str]) -> dict[str, list[Document]]:
        """List many students' documents at once, each student's in the order of issue; who has none is left out."""
        found: dict[str, list[Document]] = {}
        for some in portions(student_nos):
            wanted = _document.where(documents.c.student_no.in_(some)).order_by(documents.c.id)
            for row in self._rows("document", wanted):
                found.setdefault(row.student_no, []).append(Document(*row))
        return found

    def documents_by(self, serials: Collection[str]) -> dict[str, Document]:
        """Look many documents up at once, by serial."""
        found = {}
        for some in portions(serials):
            for row in self._rows("document", _document.where(documents.c.serial.in_(some))):
                found[row.serial] = Document(*row)
        return found

    def statuses(self) -> list[tuple[str, DocumentStatus]]:
        """List (serial, status) of every document in the order of issue: a document keeps its place for ever."""
        return [(row.serial, row.status) for row in self._rows("document", _statuses)]

    def serials_of(self, status: DocumentStatus) -> list[str]:
        """List the serials of the documents that stand so, in the order of issue."""
        return [row.serial for row in self._rows("document", _of_status, {"status": status})]

    def stamped(self) -> list[str]:
        """List the serials of the papers that were stamped, in the order of issue."""
        return [row.serial for row in self._rows("document", _stamped)]

    def overrides(self) -> list[OverrideRow]:
        """List every exception ever allowed, oldest first."""
        every = select_record(overrides, OverrideRow).order_by(overrides.c.id)
        return [OverrideRow(*row) for row in self._rows("override", every)]


class WritesDocuments(ReadsDocuments):
    """Adds documents and moves their status."""

    def add_document(self, document: Document) -> None:
        """Freeze a document; AlreadyThere when serial or token is taken, or the number at this school, NotFound for an unknown student."""
        self.add_documents([document])

    def add_documents(self, new: Sequence[Document]) -> None:
        """Freeze several documents at once, all of them or none; errors as for one."""
        names = Document.__slots__
        rows = [{name: getattr(document, name) for name in names} for document in new]
        self._insert_many("document", documents, rows)
        self._facts += map(issued, rows)

    def set_status(
        self,
        serial: str,
        status: DocumentStatus,
        reason: str | None = None,
        superseded_by: str | None = None,
    ) -> None:
        """Move a document's status; Frozen when that would be backwards, NotFound when it was not issued here.

        Setting the status it already has changes nothing.
        """
        present = self.document(serial).status
        if status not in MOVES[present]:
            raise Frozen
        if status != present:
            row = documents.update().where(documents.c.serial == serial)
            values = {"status": status, "reason": reason, "superseded_by": superseded_by}
            self._do("document", row.values(values))
            self._facts.append(ended({**values, "serial": serial}))

    def note_override(
        self, *, serial: str, form: str, org: str, rule: str, document: str, reason: str, by: str
    ) -> OverrideRow:
        """Note an exception in the transaction that keeps its document; it can never be changed."""
        row = OverrideRow(0, serial, form, org, rule, document, reason, self._now(), by)
        values = {field: getattr(row, field) for field in OverrideRow.__slots__ if field != "id"}
        return replace(row, id=self._insert("override", overrides, values))
