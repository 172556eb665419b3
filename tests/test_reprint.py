"""Stamped papers stamped again out of the archive: the same bytes, and everything that keeps that from being tried."""

import json
import sqlite3
from dataclasses import replace

import pytest

from service.errors import Problem
from service.issue.batch.frozen import Desk
from service.issue.keeping import print_draft, put_away
from service.office import reprint
from service.office.reprint import RECIPE, differing, order_of
from storage.archive import DATABASE
from storage.objects import syncing
from tests.batched import admit, asked, ended, made, rows, working
from tests.bureau import bureau_of


@pytest.fixture(scope="module")
def stamped(request):
    """An office with five stamped diplomas, and their documents."""
    with bureau_of(request, reading=False) as bureau:
        caller = bureau.caller()
        batch = made(caller.post("/v1/batches", json=asked(admit(bureau.office, 5))))
        with working(bureau.office):
            assert ended(caller, batch)["done"] == 5
        with bureau.office.archive.read() as reading:
            papers = [reading.document(row.serial) for row in rows(bureau.office, batch)]
        assert {paper.tier for paper in papers} == {1}
        yield bureau.office, papers


def test_the_same_bytes_in_slices(stamped, monkeypatch):
    """All are the same; no look at the database lasts longer than a slice."""
    office, papers = stamped
    monkeypatch.setattr(reprint, "AT_ONCE", 2)
    with office.archive.read() as reading:
        assert reading.stamped() == [paper.serial for paper in papers]
    assert list(differing(office)) == []


class Changed:
    """The real printer, whose papers come out otherwise by one byte."""

    def __init__(self, printer):
        self._printer = printer

    def again(self, order, stamp):
        """Stamp once more, and add a byte."""
        pdf = self._printer.again(order, stamp)
        return None if pdf is None else pdf + b"\n"


def test_a_paper_that_comes_out_otherwise(stamped):
    """It is named."""
    office, papers = stamped
    found = list(differing(replace(office, printer=Changed(office.printer))))
    assert found == [("reprint_differs", paper.serial) for paper in papers]


@pytest.mark.parametrize("spoilt", [b"{", b"[]", b"{}", {"rooms": 1}, {"size_mm": [1]}, {"places": [["x"]]}])
def test_a_recipe_that_is_not_understood(stamped, spoilt):
    """Of another version of this program, or none: it is said that the paper was not tried."""
    office, papers = stamped
    layout = json.loads(office.archive.objects.get(papers[0].layout))
    if isinstance(spoilt, dict):
        layout[RECIPE] |= spoilt
        spoilt = json.dumps(layout).encode()
    document = replace(papers[0], layout=office.archive.objects.put(spoilt))
    with office.archive.read() as reading, pytest.raises(Problem) as refused:
        order_of(office, reading, document)
    assert refused.value.code == "not_reprintable"


def test_a_paper_of_another_artefact_is_not_compared(stamped):
    """What is compiled now may differ from what it was stamped from: that is no fault of the paper."""
    office, papers = stamped
    with sqlite3.connect(office.settings.data / DATABASE) as database:
        database.execute("DROP TRIGGER documents_frozen")
        database.execute("UPDATE documents SET stamp = ? WHERE serial = ?", ("5" * 64, papers[4].serial))
    assert list(differing(office)) == [("not_reprinted", papers[4].serial)]


def test_a_single_paper_does_not_wait_for_the_whole_disk(stamped, monkeypatch):
    """Each of its files is brought to the disk by itself."""
    office, papers = stamped

    def whole_disk(_handle):
        raise AssertionError

    with office.archive.read() as reading:
        (batch,) = reading.batches()
        desk = Desk.open(office, batch, reading)
        draft = desk.draft(reading.batch_rows(batch.id)[0])
    monkeypatch.setattr(syncing._system, "syncfs", whole_disk, raising=False)
    (kept,) = put_away(office, [print_draft(office, draft)])
    assert kept.document.pdf == papers[0].pdf
