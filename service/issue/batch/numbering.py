"""Second step of a batch: serials and official numbers in list order, out of the authority's blocks (art. 34)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from service.errors import Problem
from service.issue.batch.checking import told
from service.issue.batch.frozen import FLAT
from service.issue.drafting import check_given, used_up
from service.office import Office
from service.signing import new_serial
from storage.archive import Transaction
from storage.records import BatchRow
from templates.form import Form

Key = tuple[tuple[str, ...], int, str]
"""The organizations whose blocks a row draws on, the year, and the number its request names, '' for none."""


def number_rows(
    office: Office, transaction: Transaction, form: Form, rows: Sequence[BatchRow]
) -> Iterator[BatchRow]:
    """Give rows that are ready their serial and number: numbered, or refused when the blocks end.

    `rows` are in list order, and so are the numbers: a run of rows that draw on the same blocks takes them at once.
    """
    for key, run in groupby(rows, lambda row: _key(form, row)):
        yield from _run(office, transaction, form, key, list(run))


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
            yield replace(row, state="refused", errors=told(problem))
        else:
            yield replace(row, state="numbered", serial=serial, number=number.number)
    for row in rows[len(taken) :]:
        yield replace(row, state="refused", errors=told(used_up(form, year)))
