"""The papers of a batch handed over: as a zip of archived PDFs, or as one file for the printer; never all in memory."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from service.access import Action, Who
from service.errors import Problem
from service.issue.batch.frozen import CLASS
from service.issue.batch.states import PRINTED
from service.issue.batch.telling import PAGE, find
from service.issue.compiling import class_order, in_order
from service.office import CHINA, Handing, Office
from service.office.lookups import PDF
from storage.errors import ObjectDamaged
from storage.records import Batch, BatchRow, Document
from templates import printfile
from templates.errors import PdfRefused

Format = Literal["zip", "print"]
Order = Literal["number", "class", "list"]
ZIP = "application/zip"
AT_ONCE = 100
"""Papers whose look is noted in one transaction, before their bytes are read."""
ENDED = frozenset({"revoked", "superseded"})
_UNSAFE = re.compile(r"[^\w.()（）〔〕-]+")


def content(
    office: Office,
    who: Who | None,
    batch_id: str,
    kind: Format = "zip",
    order: Order = "number",
    *,
    per_sheet: int = 1,
    duplex: bool = False,
) -> Handing:
    """Everything of a batch that is printed by now, in the order asked for.

    The zip holds the archived PDFs as they are; the print file is no archive copy, and leaves out what was revoked.
    Each look is noted before its bytes are read (art. 44). Raises Problem 401, 403, 404, 409 `nothing_printed`.
    """
    with office.archive.read() as reading:
        batch = find(office, reading, who, batch_id, Action.READ)
        if not reading.batch_rows(batch.id, PRINTED, limit=1):
            raise Problem(
                "nothing_printed", 409, "还没有印出的文书", "这一批还没有印出任何文书；请等办理后再取。"
            )
    assert who is not None
    papers = _Papers(office, who, batch, order)
    name = f"batch-{batch.id}"
    if kind == "zip":
        return Handing(ZIP, f"{name}.zip", papers.zipped)
    return Handing(
        PDF, f"{name}-print.pdf", lambda out: papers.printed(out, per_sheet=per_sheet, duplex=duplex)
    )


@dataclass(frozen=True, slots=True)
class _Papers:
    """The printed papers of a batch for somebody, in an order."""

    office: Office
    who: Who
    batch: Batch
    order: Order

    def zipped(self, out: BinaryIO) -> None:
        """Write a zip; the PDFs in it are compressed already."""
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
            for document in self._noted():
                at = document.created_at.astimezone(CHINA)
                member = zipfile.ZipInfo(_name(document), at.timetuple()[:6])
                member.external_attr = 0o600 << 16
                package.writestr(member, self._pdf(document))

    def printed(self, out: BinaryIO, *, per_sheet: int, duplex: bool) -> None:
        """Write the print file. Raises Problem 409 when nothing is left to print, 500 for a paper that cannot be read."""
        last = ""

        def papers() -> Iterator[bytes]:
            nonlocal last
            for document in self._noted():
                if document.status not in ENDED:
                    last = document.serial
                    yield self._pdf(document)

        try:
            printfile.write(papers(), out, per_sheet=per_sheet, duplex=duplex)
        except PdfRefused:
            raise (_unreadable(last) if last else _nothing_left()) from None

    def _pdf(self, document: Document) -> bytes:
        try:
            return self.office.archive.objects.get(document.pdf)
        except ObjectDamaged:
            raise _unreadable(document.serial) from None

    def _noted(self) -> Iterator[Document]:
        serials = [serial for _, serial in sorted(self._keys())]
        for start in range(0, len(serials), AT_ONCE):
            with self.office.archive.begin() as transaction:
                documents = [transaction.document(serial) for serial in serials[start : start + AT_ONCE]]
                for document in documents:
                    transaction.note_access(
                        who=self.who.token_digest,
                        role=self.who.role,
                        org=self.who.org,
                        archive=document.student_no or document.school,
                        what=f"batch {self.batch.id} {document.serial}",
                        approval=None,
                    )
            yield from documents

    def _keys(self) -> Iterator[tuple[tuple[object, ...], str]]:
        """Where each paper comes in the order, and its serial."""
        after = 0
        while True:
            with self.office.archive.read() as reading:
                rows = reading.batch_rows(self.batch.id, PRINTED, after, limit=PAGE)
            yield from ((_key(self.order, row), str(row.serial)) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1].row


def _key(order: Order, row: BatchRow) -> tuple[object, ...]:
    values = row.values or {}
    if order == "number":
        return (*in_order(row.number or ""), row.row)
    if order == "class":
        return str(values.get("unit", "")), class_order(values.get(CLASS, "")), row.row
    return (row.row,)


def _unreadable(serial: str) -> Problem:
    return Problem(
        "paper_unreadable",
        500,
        "存档件读不出",
        f"文书 {serial} 的存档 PDF 读不出，这一批的文件没有做完；请运行 yinzheng check 查明，从备份恢复后重取。",
    )


def _nothing_left() -> Problem:
    return Problem(
        "nothing_printed", 409, "没有可印的文书", "这一批印出的文书都已作废或被替代；要看原件请取 zip。"
    )


def _name(document: Document) -> str:
    """A member's name: number and serial, which say nothing of the holder."""
    number = _UNSAFE.sub("_", document.number or "").strip("._")
    return f"{number}_{document.serial}.pdf" if number else f"{document.serial}.pdf"
