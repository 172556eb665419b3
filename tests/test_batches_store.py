"""Batches keep how far each row has come; what ended stays ended, and many rows at once are as good as one by one."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest

from storage.archive import STALE, Archive
from storage.check import check
from storage.errors import AlreadyThere, BadRow, Frozen, NotFound
from storage.log import root
from storage.records import NewEntry, Student
from storage.session import KEYS_AT_ONCE
from tests.shelf import COUNTY, FORM, REFUSED, SCHOOL, STUDENT, Clock, Raw, block, document, furnished, serial


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock, database):
    opened = furnished(tmp_path / "data", clock, database)
    yield opened
    opened.close()


def batch(archive, rows=3, **changed):
    """A batch of the school's for so many rows of the same student."""
    wanted = {"form": FORM, "org": SCHOOL, "role": "registrar", "by": "d1", "request": {"grade": "J3"}}
    asked = [(STUDENT, {"place": place}) for place in range(1, rows + 1)]
    with archive.begin() as transaction:
        return transaction.add_batch(**{**wanted, **changed}, rows=asked)


def number(archive, made):
    """Hold a number for each row, as the flow does."""
    with archive.begin() as transaction:
        rows = transaction.batch_rows(made.id)
        serials = [serial(row.row) for row in rows]
        taken = transaction.take_numbers(FORM, [SCHOOL, COUNTY], 2026, serials)
        transaction.put_batch_rows(
            [
                replace(row, state="numbered", serial=one, number=held.number)
                for row, one, held in zip(rows, serials, taken, strict=True)
            ]
        )
        return transaction.batch_rows(made.id)


def printed(archive, rows):
    """Keep the papers of these rows with everything that belongs to them, as the flow does."""
    stamped = {"docx": None, "tier": 1, "stamp": "5" * 64, "created_at": archive._now()}
    papers = [document(archive, row.row, row.number, **stamped) for row in rows]
    with archive.begin() as transaction:
        transaction.keep_source_template(papers[0].template_hash, papers[0].layout)
        transaction.add_documents(papers)
        transaction.use_numbers([paper.serial for paper in papers])
        transaction.add_entries([filed(archive, paper) for paper in papers])
        transaction.put_batch_rows([replace(row, state="printed") for row in rows])
    return papers


def filed(archive, paper):
    size = archive.objects.size(paper.pdf)
    return NewEntry(
        STUDENT,
        "document",
        "学生学籍档案",
        "毕业证书",
        paper.pdf,
        size,
        "application/pdf",
        paper.serial,
        "d1",
    )


def states(archive, made):
    with archive.read() as reading:
        return [row.state for row in reading.batch_rows(made.id)]


def codes(archive):
    return {fault.code for fault in check(archive) if not fault.harmless}


def test_a_batch_and_its_rows_come_back(archive, clock):
    """Rows in list order, waiting; batches newest first, by organization when asked."""
    made = batch(archive)
    clock.forward(minutes=1)
    other = batch(archive, rows=0, org=COUNTY)
    with archive.read() as reading:
        assert reading.batch(made.id) == made
        assert (made.state, made.total, made.request, made.ended_at) == ("checking", 3, {"grade": "J3"}, None)
        assert reading.batches() == [other, made]
        assert reading.batches([SCHOOL]) == [made]
        assert reading.batches([]) == []
        rows = reading.batch_rows(made.id)
        assert [(row.row, row.student_no, row.asked) for row in rows] == [
            (place, STUDENT, {"place": place}) for place in (1, 2, 3)
        ]
        assert {(row.state, row.values, row.serial, row.number) for row in rows} == {
            ("waiting", None, None, None)
        }
        assert reading.batch_counts(made.id) == {"waiting": 3}
        assert reading.batch_counts(other.id) == {}
        assert reading.counts()["batches"] == {"checking": 2}
        with pytest.raises(NotFound):
            reading.batch(99)


def test_rows_are_found_by_place_and_state(archive):
    """Those after one, up to a last one, so many, of these states."""
    made = batch(archive, rows=9)
    with archive.begin() as transaction:
        rows = transaction.batch_rows(made.id)
        transaction.put_batch_rows([replace(row, state="ready") for row in rows[::2]])
        transaction.put_batch_rows([])
        found = {
            "ready": transaction.batch_rows(made.id, ["ready"]),
            "next": transaction.batch_rows(made.id, ["ready"], after=3, limit=2),
            "chunk": transaction.batch_rows(made.id, after=3, last=6),
            "both": transaction.batch_rows(made.id, {"ready", "waiting"}, after=7),
        }
    places = {name: [row.row for row in rows] for name, rows in found.items()}
    assert places == {"ready": [1, 3, 5, 7, 9], "next": [5, 7], "chunk": [4, 5, 6], "both": [8, 9]}


def test_a_row_is_written_whole(archive):
    """State, values, errors, serial and number; what was asked stays whatever is given."""
    made = batch(archive)
    with archive.begin() as transaction:
        row = transaction.batch_rows(made.id)[1]
        wanted = replace(
            row,
            state="failed",
            values={"姓名": ["文"]},
            errors=[{"code": "x"}],
            serial="7K1",
            number="第1号",
        )
        transaction.put_batch_rows([replace(wanted, asked={"forged": 1}, student_no=None)])
        assert transaction.batch_rows(made.id)[1] == wanted
        with pytest.raises(NotFound):
            transaction.put_batch_rows([wanted, replace(wanted, row=4)])


@pytest.mark.parametrize("changed", [{"state": "lost"}, {"state": "numbered"}, {"state": "printed"}])
def test_a_row_cannot_say_what_makes_no_sense(archive, changed):
    """An unknown state, or one that needs a serial."""
    made = batch(archive)
    with archive.read() as reading:
        row = reading.batch_rows(made.id)[0]
    with pytest.raises(BadRow), archive.begin() as transaction:
        transaction.put_batch_rows([replace(row, **changed)])


def test_a_serial_is_of_one_row(archive):
    """No paper is printed for two rows, of whichever batch."""
    block(archive)
    (row,) = number(archive, batch(archive, rows=1))
    other = replace(row, batch=batch(archive, rows=1).id)
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.put_batch_rows([other])


@pytest.mark.parametrize("end", ["done", "cancelled"])
def test_what_ended_stays_ended(archive, clock, tmp_path, database, end):
    """Through the door and by SQL; saying it again changes nothing."""
    made = batch(archive)
    with archive.begin() as transaction:
        for state in ("numbering", "printing", end):
            transaction.set_batch_state(made.id, state)
        ended = transaction.batch(made.id)
        assert (ended.state, ended.ended_at) == (end, clock.moment)
        clock.forward(minutes=1)
        transaction.set_batch_state(made.id, end)
        assert transaction.batch(made.id) == ended
    with pytest.raises(Frozen), archive.begin() as transaction:
        transaction.set_batch_state(made.id, "printing")
    with pytest.raises(REFUSED, match="batches_final"):
        Raw(tmp_path / "data", database).execute("UPDATE batches SET state = 'printing'")


def test_a_printed_row_is_final(archive):
    """A second worker with the same chunk is undone, whatever it wants to write."""
    block(archive)
    rows = number(archive, batch(archive))
    printed(archive, rows[:1])
    for state in ("printed", "failed"):
        with pytest.raises(Frozen), archive.begin() as transaction:
            transaction.put_batch_rows([replace(row, state=state) for row in rows])
    with archive.begin() as transaction:
        assert transaction.cancel_batch_rows(rows[0].batch, ["waiting", "ready", "numbered"]) == 2


def test_cancelled_rows_give_their_numbers_back(archive):
    """At once, and only those that were still to be printed: the next taker gets the lowest."""
    block(archive)
    made = batch(archive, rows=4)
    rows = number(archive, made)
    printed(archive, rows[:2])
    with archive.begin() as transaction:
        assert transaction.cancel_batch_rows(made.id, ["numbered"]) == 2
        assert transaction.take_number(FORM, [SCHOOL], 2026, "next").seq == 3
        left = transaction.batch_rows(made.id, ["cancelled"])
    assert [(row.serial, row.number, row.values) for row in left] == [(None, None, None)] * 2
    assert states(archive, made) == ["printed", "printed", "cancelled", "cancelled"]
    assert codes(archive) == set()


def test_a_resting_batch_keeps_its_numbers(archive, clock, tmp_path, database):
    """However long nobody works: a number is free again only when its row failed, or nobody ever wanted it."""
    found = block(archive)
    made = batch(archive, rows=3)
    rows = number(archive, made)
    with archive.begin() as transaction:
        transaction.take_number(FORM, [SCHOOL], 2026, "single")
        transaction.put_batch_rows([replace(rows[2], state="failed")])
    clock.forward(seconds=(STALE + timedelta(days=3)).total_seconds())
    Archive.open(tmp_path / "data", clock, database).close()
    with archive.read() as reading:
        assert [row.state for row in reading.numbers(found.id)] == ["held", "held", "free", "free"]
    printed(archive, rows[:2])
    assert codes(archive) == set()


def test_many_papers_at_once(archive):
    """Documents, leaves and entries of a chunk come back as if each had been added alone."""
    block(archive)
    made = batch(archive, rows=5)
    papers = printed(archive, number(archive, made))
    with archive.begin() as transaction:
        transaction.add_documents([])
        transaction.add_entries([])
        assert transaction.documents() == papers
        assert transaction.documents_of([STUDENT, "nobody"]) == {STUDENT: papers}
        every = transaction.leaves()
        assert [leaf.index for leaf in every] == list(range(len(every)))
        leaves = [leaf for leaf in every if leaf.kind != "row"]
        assert [leaf.serial for leaf in leaves[:5]] == [paper.serial for paper in papers]
        assert [leaf.kind for leaf in leaves] == ["issue"] * 5 + ["entry"] * 5
        assert [entry.sha256 for entry in transaction.entries(STUDENT)] == [paper.pdf for paper in papers]
    assert codes(archive) == set()


def test_one_bad_paper_stops_them_all(archive):
    """A serial that was issued before: AlreadyThere, and no row of the others."""
    with archive.begin() as transaction:
        transaction.add_document(document(archive, 2))
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.add_documents([document(archive, place) for place in (1, 2, 3)])
    with archive.read() as reading:
        assert [paper.serial for paper in reading.documents()] == [serial(2)]


@pytest.mark.parametrize("changed", [{"docx": None}, {"tier": 1}, {"tier": 3}, {"stamp": "5" * 64}])
def test_only_a_stamped_paper_has_no_word_file(archive, changed):
    """Tier, stamp and Word file say the same."""
    with pytest.raises(BadRow), archive.begin() as transaction:
        transaction.add_document(document(archive, 1, **changed))


def test_writers_at_once_leave_no_gap_in_the_log(archive):
    """Eight threads file lists and single entries; the log counts through, each list stands together, the nodes fit."""
    with archive.begin() as transaction:
        transaction.add_documents([document(archive, place) for place in range(8)])
        papers = transaction.documents()
    together = threading.Barrier(8)

    def write(place):
        together.wait()
        for step in range(10):
            with archive.begin() as transaction:
                transaction.add_entries([filed(archive, papers[place])] * (1 if step % 2 else 7))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with archive.read() as reading:
        leaves = reading.leaves()
        assert reading.log_tree().root() == root([leaf.hash for leaf in leaves])
        assert len(reading.log_nodes()) == len(leaves) // 256 == 1
    assert [leaf.index for leaf in leaves] == list(range(8 + 8 * 5 * 8))
    runs = [len(list(run)) for _, run in groupby(leaf.serial for leaf in leaves[8:])]
    assert all(run % 8 in {0, 1, 7} for run in runs)
    assert codes(archive) <= {"document_not_filed", "template_lost"}


def test_many_students_at_once(archive, database):
    """More than one statement can name; those on file, with their portraits; id numbers by the index."""
    wanted = [f"G{place}" for place in range(KEYS_AT_ONCE + 7)]
    with archive.begin() as transaction:
        for number in wanted:
            transaction.put_student(Student(number, "某", SCHOOL, {"id_number": number[1:]}))
        transaction.put_student(Student("L1", "某", SCHOOL, {"id_number": "3"}))
        transaction.add_photo("G1", "a" * 64, "x")
        newest = [transaction.add_photo(number, "b" * 64, "x") for number in ("G1", "G2")]
        found = transaction.students_of([*wanted, "nobody", "G1"])
        assert found.keys() == set(wanted)
        assert found["G9"] == transaction.student("G9")
        assert transaction.photos_of([*wanted, "L1"]) == {photo.student_no: photo for photo in newest}
        assert transaction.bearers(["3", "9", "none"]) == {"3": ["G3", "L1"], "9": ["G9"]}
        assert transaction.students_of([]) == transaction.bearers([]) == transaction.documents_of([]) == {}
        ask = transaction._connection.exec_driver_sql
        explain = "EXPLAIN" if database else "EXPLAIN QUERY PLAN"
        if database:  # a table that small is read whole unless that is forbidden
            ask("SET LOCAL enable_seqscan = off")
        plan = ask(f"{explain} SELECT student_no FROM students WHERE id_number IN ('3', '9')").all()
    assert "ix_students_id_number" in str(plan)


def test_a_stamped_paper_without_its_template_is_named(archive):
    """Its Word file could not be made any more."""
    block(archive)
    (row,) = number(archive, batch(archive, rows=1))
    with archive.begin() as transaction:
        transaction.add_document(
            document(archive, row.row, row.number, docx=None, tier=1, stamp="5" * 64, template_hash="7" * 64)
        )
    assert "template_lost" in codes(archive)


def test_rows_of_which_something_is_told(archive):
    """Only those with errors or warnings, in the states asked for."""
    made = batch(archive, rows=3)
    with archive.begin() as transaction:
        rows = transaction.batch_rows(made.id)
        transaction.put_batch_rows([replace(rows[1], state="ready", errors=[{"code": "late"}])])
        assert [row.row for row in transaction.batch_rows(made.id, told=True)] == [2]
        assert transaction.batch_rows(made.id, ["waiting"], told=True) == []


ALTERED = {
    "a printed row without its paper": (
        "UPDATE batch_rows SET serial = 'nobody' WHERE row = 1",
        {"batch_row_differs"},
    ),
    "a paper of another form": ("UPDATE batches SET form = 'other'", {"batch_row_differs"}),
    "another number": ("UPDATE batch_rows SET number = 'other' WHERE row = 1", {"batch_row_differs"}),
    "another student": (
        "UPDATE batch_rows SET student_no = 'other' WHERE row = 1",
        {"batch_row_differs"},
    ),
    "a printed row set back": (
        "UPDATE batch_rows SET state = 'numbered' WHERE row = 1",
        {"batch_row_differs"},
    ),
    "a number taken from a waiting row": (
        "UPDATE numbers SET state = 'free', serial = NULL WHERE seq = 2",
        {"batch_number_lost"},
    ),
}


@pytest.mark.parametrize("what", ALTERED)
def test_the_check_holds_rows_against_papers_and_numbers(archive, tmp_path, database, what):
    """What does not fit is named, and nothing else."""
    block(archive)
    rows = number(archive, batch(archive, rows=2))
    printed(archive, rows[:1])
    assert codes(archive) == set()
    statement, expected = ALTERED[what]
    Raw(tmp_path / "data", database).tamper(statement)
    assert codes(archive) == expected
