"""Second step of a batch: serials and official numbers in list order, out of the authority's blocks (art. 34)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from service.errors import Objection, Problem
from service.issue.batch.checking import told
from service.issue.batch.frozen import FLAT
from service.issue.drafting import check_given, used_up
from service.office import Office
from service.signing import new_serial
from storage.archive import Transaction
from storage.records import BatchRow
from templates.form import Form

ONCE_ARTICLE = 38
MEANWHILE = "该生的这种证书在核对之后已由别处出具或取号；请核对，确需再办时另行提出"
STANDING = frozenset({"pending", "effective"})
Key = tuple[tuple[str, ...], int, str]
"""The organizations whose blocks a row draws on, the year, and the number its request names, '' for none."""


def number_rows(
    office: Office, transaction: Transaction, form: Form, rows: Sequence[BatchRow]
) -> Iterator[BatchRow]:
    """Give rows that are ready their serial and number: numbered, or refused when the blocks end.

    `rows` are in list order, and so are the numbers: a run of rows that draw on the same blocks takes them at once.
    """
    taken = _taken(transaction, form, rows)
    yield from (row for row in taken if row.state != "ready")
    for key, run in groupby((row for row in taken if row.state == "ready"), lambda row: _key(form, row)):
        yield from _run(office, transaction, form, key, list(run))


def _taken(transaction: Transaction, form: Form, rows: Sequence[BatchRow]) -> list[BatchRow]:
    """Refuse whoever was given such a paper by another batch since the check: the row would leave a hole (art. 38)."""
    if form.kind != "certificate" or not rows:
        return list(rows)
    students = [row.student_no for row in rows if row.student_no]
    began = transaction.batch(rows[0].batch).created_at
    elsewhere = transaction.numbered_elsewhere(rows[0].batch, form.name, students)
    elsewhere |= {
        student_no
        for student_no, papers in transaction.documents_of(students).items()
        if any(
            paper.form == form.name and paper.created_at >= began and paper.status in STANDING
            for paper in papers
        )
    }
    refusal = [Objection("student", "issued_meanwhile", MEANWHILE, ONCE_ARTICLE).to_json()]
    return [
        replace(row, state="refused", values=None, errors=refusal) if row.student_no in elsewhere else row
        for row in rows
    ]


def _key(form: Form, row: BatchRow) -> Key:
    values = row.values or {}
    # A number somebody gave may only repeat the one that comes next: such a row is a run of its own.
    given = "" if form.number_field is None else values[FLAT].get(form.number_field, "")
    return tuple(values["blocks"]), int(values["issued_on"][:4]), given


def _run(
    office: Office, transaction: Transaction, form: Form, key: Key, rows: list[BatchRow]
) -> Iterator[BatchRow]:
    orgs, year, given = key
    serials = [new_serial(office.randbytes) for _ in rows]
    if not orgs:
        for row, serial in zip(rows, serials, strict=True):
            # A number the school gives itself is the paper's; the row only tells of numbers held in a block.
            yield replace(row, state="numbered", serial=serial)
        return
    taken = transaction.take_numbers(form.name, orgs, year, serials)
    for row, serial, number in zip(rows, serials, taken, strict=False):
        try:
            check_given(form, given, number.number)
        except Problem as problem:
            transaction.give_back(serial)
            yield replace(row, state="refused", values=None, errors=told(problem))
        else:
            yield replace(row, state="numbered", serial=serial, number=number.number)
    for row in rows[len(taken) :]:
        yield replace(row, state="refused", values=None, errors=told(used_up(form, year)))
