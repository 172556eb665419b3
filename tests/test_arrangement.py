"""档号 are given once and for ever: no two alike, no gap, whatever is filed in which order and whenever it is numbered."""

import random
import re
import sqlite3
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.archives import numbering
from service.archives.numbering import Shelf, arrange, arrange_many, heads_of
from service.regulation.edition import Editions
from service.regulation.file_classes import class_of, classes, year_of, year_told
from storage.archive import DATABASE, Archive
from storage.check import HARMLESS, check
from storage.errors import AlreadyThere
from storage.records import ArchiveNumber, Student, Volume
from tests.conftest import OTHER_SCHOOL, SCHOOL
from tests.shelf import CITY, STUDENT, Clock, document, furnished

EDITION = Editions.load().on(date(2026, 9, 1))
TEXT = re.compile(r"XJ-\d{10}-\d{4}-Y-\d{4}-\d{4}-\d{4}")


class Desk:
    """As much of an office as numbering needs."""

    def __init__(self, archive):
        self.archive = archive
        self.editions = Editions.load()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock):
    opened = furnished(tmp_path / "data", clock)
    yield opened
    opened.close()


def pupil(place):
    return f"G14049920110412{place:04d}"


def put(archive, owner, serial=None, kind="scan", evidence=None):
    """File one thing in a file."""
    data = f"{owner}{serial}{kind}{random.random()}".encode()
    sha256 = archive.objects.put(data)
    with archive.begin() as transaction:
        return transaction.add_entry(
            archive=owner,
            kind=kind,
            archive_class="x",
            title="x",
            sha256=sha256,
            size=len(data),
            media_type="application/pdf",
            serial=serial,
            by="d1",
            evidence=evidence,
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["file", "file", "file", "number", "year"]), st.integers(0, 4)), max_size=40
    )
)
def test_no_two_items_have_one_number(tmp_path_factory, steps):
    """Any order of filing, numbering and passing years: distinct, without gaps, never changed, and nobody's 学籍号."""
    clock = Clock()
    archive = furnished(tmp_path_factory.mktemp("order"), clock)
    owners = [SCHOOL, *(pupil(place) for place in range(1, 5))]
    with archive.begin() as transaction:
        for owner in owners[1:]:
            transaction.put_student(Student(owner, "文远", SCHOOL, {"name": "文远"}))
    given_before = {}
    for step, place in [*steps, *(("number", place) for place in range(5))]:
        owner = owners[place]
        if step == "file":
            put(archive, owner)
        elif step == "year":
            clock.forward(days=200)
        else:
            arrange(Desk(archive), owner, "school" if owner == SCHOOL else "student", SCHOOL)
        with archive.read() as reading:
            now = {number.entry: number for number in reading.archive_numbers()}
        assert given_before.items() <= now.items()
        given_before = now
    texts = [number.text for number in given_before.values()]
    assert len(set(texts)) == len(texts)
    assert all(TEXT.fullmatch(text) and owner[1:] not in text for text in texts for owner in owners[1:])
    with archive.read() as reading:
        assert len(texts) == len(reading.all_entries())
    assert [fault for fault in check(archive) if fault.code not in HARMLESS] == []
    archive.close()


def test_a_students_file_is_one_volume_wherever_he_goes(archive, clock):
    """Art. 4: one file through all schools; what is filed elsewhere years later goes on in the volume of its opening."""
    office = Desk(archive)
    put(archive, STUDENT)
    arrange(office, STUDENT, "student", SCHOOL)
    clock.forward(days=800)
    put(archive, STUDENT)
    arrange(office, STUDENT, "student", OTHER_SCHOOL)
    with archive.read() as reading:
        assert [number.text for number in reading.archive_numbers(STUDENT)] == [
            f"XJ-{SCHOOL}-2025-Y-1101-0001-0001",
            f"XJ-{SCHOOL}-2025-Y-1101-0001-0002",
        ]
        assert reading.volume(STUDENT).text == f"XJ-{SCHOOL}-2025-Y-11-0001"


def test_a_full_volume_is_followed_by_another(archive, monkeypatch):
    """Four digits hold 9999 items of a school's class and year; here a volume is full with two."""
    monkeypatch.setattr(numbering, "MOST_ITEMS", 2)
    for _ in range(5):
        put(archive, SCHOOL)
    arrange(Desk(archive), SCHOOL, "school", SCHOOL)
    with archive.read() as reading:
        found = [(number.volume, number.item) for number in reading.archive_numbers(SCHOOL)]
    assert found == [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1)]


def test_many_files_at_once(archive, monkeypatch):
    """The files of a whole school are numbered a few to a transaction."""
    monkeypatch.setattr(numbering, "AT_ONCE", 2)
    students = [pupil(place) for place in range(1, 8)]
    with archive.begin() as transaction:
        for student in students:
            transaction.put_student(Student(student, "文远", SCHOOL, {"name": "文远"}))
    for student in students:
        for _ in range(3):
            put(archive, student)
    arrange_many(Desk(archive), SCHOOL, [(student, SCHOOL) for student in students])
    with archive.read() as reading:
        assert [volume.volume for volume in reading.volumes()] == [1, 2, 3, 4, 5, 6, 7]
        assert all(reading.unnumbered(student, 9) == [] for student in students)


def test_one_paper_is_one_item(archive):
    """The printed paper with all that came of it; each piece of evidence with its own reading; never what lies between."""
    paper = document(archive, 1)
    with archive.begin() as transaction:
        transaction.add_document(paper)
    kinds = [("document", None), ("layout", None), ("scan", None), ("check", None)]
    kinds += [("evidence", "hukou_copy"), ("reading", "hukou_copy"), ("evidence", "photo"), ("tick", None)]
    kinds += [("evidence", "hukou_copy"), ("reading", "hukou_copy")]
    entries = [put(archive, STUDENT, paper.serial, kind, evidence) for kind, evidence in kinds]
    with archive.read() as reading:
        heads = reading.unnumbered(STUDENT, 9)
    assert heads == [entries[0], entries[4], entries[6], entries[8]]
    assert heads_of(entries, heads[0]) == [entries[place] for place in (0, 1, 2, 3, 7)]
    assert heads_of(entries, heads[1]) == entries[4:6]
    assert heads_of(entries, heads[2]) == [entries[6]]
    assert heads_of(entries, heads[3]) == entries[8:]


def test_a_number_is_given_once(archive):
    """The database itself refuses a second item under a 档号, and a second 档号 for an item."""
    first, second = put(archive, SCHOOL), put(archive, SCHOOL)
    number = ArchiveNumber(first.id, SCHOOL, SCHOOL, 2025, "0610", 1, 1)
    with archive.begin() as transaction:
        transaction.add_archive_numbers([number])
    for again in (
        ArchiveNumber(second.id, SCHOOL, SCHOOL, 2025, "0610", 1, 1),
        ArchiveNumber(first.id, SCHOOL, SCHOOL, 2025, "0610", 1, 2),
    ):
        with pytest.raises(AlreadyThere), archive.begin() as transaction:
            transaction.add_archive_numbers([again])
    with archive.begin() as transaction:
        transaction.add_volume(Volume(STUDENT, SCHOOL, 2025, 1, first.created_at))
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.add_volume(Volume(pupil(1), SCHOOL, 2025, 1, first.created_at))


ALTERATIONS = {
    "archive_number_differs": "UPDATE archive_numbers SET archive = 'G140499201104129999'",
    "archive_number_gap": "DELETE FROM archive_numbers WHERE item = 1",
    "volume_gap": "UPDATE volumes SET volume = 3; UPDATE archive_numbers SET volume = 3",
    "location_without_item": "UPDATE locations SET entry = (SELECT min(id) FROM entries)",
}


@pytest.mark.parametrize("code", ALTERATIONS)
def test_an_altered_order_is_named(tmp_path, clock, code):
    """Rows changed with the guards taken away: `yinzheng check` names what no longer fits."""
    folder = tmp_path / "data"
    archive = furnished(folder, clock)
    two_items(archive)
    arrange(Desk(archive), STUDENT, "student", SCHOOL)
    with archive.begin() as transaction:
        (first, *_) = transaction.archive_numbers(STUDENT)
        transaction.add_location(
            first.entry, paper=True, parts=("", "", "1", ""), by="d", role="registrar", org=SCHOOL
        )
    assert [fault for fault in check(archive) if fault.code not in HARMLESS] == []
    archive.close()
    with sqlite3.connect(folder / DATABASE) as database:
        for name in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name[0]}")
        database.executescript(ALTERATIONS[code])
    database.close()
    opened = Archive.open(folder, clock)
    assert code in {fault.code for fault in check(opened)}
    opened.close()


def two_items(archive):
    """An entry that is no item's head, then two items."""
    put(archive, CITY, None, "layout")
    put(archive, STUDENT)
    put(archive, STUDENT)


def test_the_ten_classes_and_the_six():
    """Arts. 6 and 11 as data: numbered through, each form in one class, what no class names in the rest."""
    assert [one.number for one in EDITION.school_file] == list(range(1, 11))
    assert [one.number for one in EDITION.student_file] == list(range(1, 7))
    assert class_of(EDITION.school_file, "graduate_roster", evidence=False).article == "第六条（六）"
    assert class_of(EDITION.school_file, "diploma_junior", evidence=False).code == "0610"
    assert class_of(EDITION.school_file, "transfer_application", evidence=True).code == "0610"
    assert class_of(EDITION.student_file, "sanction_record", evidence=False).code == "1101"
    assert class_of(EDITION.student_file, "transfer_application", evidence=True).code == "1102"
    with pytest.raises(ValueError, match="file classes"):
        classes(
            [{"code": "0601", "title": "一", "rest": True, "evidence": True}, {"code": "0603", "title": "三"}]
        )


@pytest.mark.parametrize(
    ("values", "day", "year"),
    [
        ({"school_year": "2025—2026学年"}, date(2026, 9, 3), 2025),
        ({"grad_year": "2026"}, date(2026, 6, 30), 2025),
        ({"entry_year": "2026"}, date(2026, 8, 20), 2026),
        ({"school_year": "本学年"}, date(2026, 8, 31), 2025),
        ({}, date(2026, 9, 1), 2026),
    ],
)
def test_the_school_year_of_a_paper(values, day, year):
    """As it says itself, else by its day: a year begins in September."""
    assert year_told(values, day) == year
    assert year_of(date(year, 9, 1)) == year_of(date(year + 1, 8, 31)) == year


def test_shelves_are_for_one_file(archive):
    """Two shelves in one transaction do not give the same number, once the first has kept its own."""
    first, second = put(archive, SCHOOL), put(archive, SCHOOL)
    with archive.begin() as transaction:
        one = Shelf(transaction, SCHOOL, "school", SCHOOL).take(first, "0610", 2025)
        transaction.add_archive_numbers([one])
        other = Shelf(transaction, SCHOOL, "school", SCHOOL).take(second, "0610", 2025)
        transaction.add_archive_numbers([other])
    assert (one.item, other.item) == (1, 2)
