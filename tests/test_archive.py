"""The archive keeps everything or nothing, changes nothing that is kept for ever, and says in our words what went wrong."""

import json
import os
import stat
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import storage.postgresql
import storage.sqlite
from storage import committed, log
from storage.answers import ABANDONED_SECONDS
from storage.archive import DATABASE, WORKERS, Archive
from storage.errors import (
    AlreadyThere,
    BadRow,
    Frozen,
    KeyReused,
    NotFound,
    StillRunning,
    StorageError,
    StoreAway,
)
from storage.jobs import MAX_ATTEMPTS
from storage.records import (
    ArchiveNumber,
    Arrival,
    Arrived,
    Aside,
    Blank,
    Closure,
    Copy,
    Doubt,
    Imprint,
    Organization,
    Partner,
    Student,
    Transfer,
    TransferStep,
    Volume,
)
from storage.schema.guards import GUARDS, ddl
from storage.schema.upgrade import HERE
from storage.tables import REVISION, metadata
from tests.shelf import (
    CHILD,
    CITY,
    COUNTY,
    FORM,
    NAME,
    REFUSED,
    SCHOOL,
    STUDENT,
    Clock,
    Raw,
    block,
    columns_of,
    document,
    furnished,
    issue,
    serial,
)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock, database):
    opened = furnished(tmp_path / "data", clock, database)
    yield opened
    opened.close()


# -- opening


def test_opening_again_loads_no_alembic(archive, tmp_path, database):
    """A start on a present schema has nothing to do for Alembic: it is not even imported."""
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from storage.archive import Archive\n"
        "Archive.open(Path(sys.argv[1]), lambda: datetime.now(UTC), sys.argv[2]).close()\n"
        "assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "data"), database], check=True, env=CHILD)


def test_processes_that_open_a_new_folder_at_once_all_can(tmp_path, database):
    """Server and worker start together on nothing: one makes the tables, the others find them."""
    program = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from storage.archive import Archive\n"
        "with Archive.open(Path(sys.argv[1]), lambda: datetime.now(UTC), sys.argv[2]).read() as r: print(r.counts())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "new"), database]
    started = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=CHILD) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    assert [process.returncode for process in started] == [0, 0, 0]


def test_the_migrations_make_the_tables_that_the_code_expects(archive):
    """Tables, guards and revision say the same in code and in a database made by the migrations."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]
    with archive.read() as reading:
        options = {
            "include_object": lambda _object, name, *_rest: name != "id_number"
        }  # generated as each engine can
        context = MigrationContext.configure(reading._connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert reading.missing_guards() == set()


def test_every_commit_is_on_disk_and_references_are_checked(tmp_path, clock):
    """WAL, synchronous FULL and foreign keys are on, on every connection."""
    archive = furnished(tmp_path / "data", clock)
    with archive.read() as reading:
        ask = reading._connection.exec_driver_sql
        pragmas = [ask(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    archive.close()
    assert pragmas == ["wal", 2, 1]


def test_opening_gives_back_numbers_of_processes_that_died(archive, clock, tmp_path, database):
    """A number held for more than ten minutes is free at the next start, and taken first."""
    block(archive)
    with archive.begin() as transaction:
        lost = transaction.take_number(FORM, [SCHOOL], 2026, "A")
    clock.forward(minutes=9)
    Archive.open(tmp_path / "data", clock, database).close()
    with archive.begin() as transaction:
        assert transaction.take_number(FORM, [SCHOOL], 2026, "B").seq == lost.seq + 1
    clock.forward(minutes=2)
    Archive.open(tmp_path / "data", clock, database).close()
    with archive.begin() as transaction:
        assert transaction.take_number(FORM, [SCHOOL], 2026, "C") == lost
        with pytest.raises(NotFound):
            transaction.use_number("A")


def test_nobody_else_reads_the_database(tmp_path, clock):
    """Rows are personal data: the folder and each file of the database are the service's own."""
    folder = tmp_path / "data"
    archive = furnished(folder, clock)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = [stat.S_IMODE(file.stat().st_mode) for file in folder.glob(f"{DATABASE}*")]
    archive.close()
    assert modes == [0o600] * 3


# -- transactions


def test_threads_share_an_archive(archive):
    """A web server's threads read and write through one archive, each in its own transaction."""

    def work(place):
        with archive.begin() as transaction:
            key = transaction.add_job("read", {"place": place}).id
        with archive.read() as reading:
            return reading.job(key).payload["place"]

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(work, range(100))) == list(range(100))


def test_all_or_nothing(archive):
    """An exception undoes everything the block did, and comes out as it was."""
    block(archive)

    def fail(transaction):
        transaction.take_number(FORM, [SCHOOL], 2026, "A")
        transaction.add_document(document(archive, 1))
        transaction.add_job("read", {})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), archive.begin() as transaction:
        fail(transaction)
    with archive.read() as reading:
        assert not any(reading.counts().values())


def test_a_reader_sees_one_moment(archive):
    """What is committed while a reader looks shows only to the next reader, and nobody waits."""
    with archive.read() as reading:
        assert reading.documents() == []
        with archive.begin() as transaction:
            transaction.add_document(document(archive, 1))
        assert reading.documents() == []
    with archive.read() as reading:
        assert len(reading.documents()) == 1


HOLD = {"": "BEGIN IMMEDIATE", "server": f"SELECT pg_advisory_lock({storage.postgresql.WRITERS})"}
TOLD = {"": "SQLITE_BUSY", "server": "PostgreSQL 55P03"}


def test_a_lock_that_is_never_given_up_is_told(tmp_path, clock, database, monkeypatch):
    """A writer that hangs makes the others StoreAway after the wait, and reading goes on."""
    for engine in (storage.sqlite, storage.postgresql):
        monkeypatch.setattr(engine, "BUSY_SECONDS", 0.1)
    archive = furnished(tmp_path / "data", clock, database)
    with closing(Raw(tmp_path / "data", database).connect()) as other:
        other.execute(HOLD[database and "server"])
        with pytest.raises(StoreAway) as caught, archive.begin():
            pass
        assert caught.value.cause == TOLD[database and "server"]
        with pytest.raises(StoreAway):
            archive.probe()
        with archive.read() as reading:
            assert reading.student(STUDENT).name == NAME
    archive.probe()
    archive.close()


def test_a_database_that_is_none_is_away(tmp_path, clock):
    """Garbage in place of the database is StoreAway, not a traceback of the engine."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / DATABASE).write_bytes(b"not a database" * 100)
    with pytest.raises(StoreAway):
        Archive.open(folder, clock)


# -- people


def test_people_come_back_and_change(archive):
    """Organizations and students are written over; chains go up to the city."""
    moved = Student(STUDENT, NAME, SCHOOL, {"name": NAME, "grade": "J3"})
    with archive.begin() as transaction:
        transaction.put_student(moved)
        transaction.put_organization(Organization(SCHOOL, "school", "黎城三中", COUNTY, {"stages": ["J"]}))
    with archive.read() as reading:
        assert reading.student(STUDENT) == moved
        assert reading.students(SCHOOL) == [moved]
        assert reading.organization(SCHOOL).name == "黎城三中"
        assert [found.code for found in reading.organizations()] == sorted([SCHOOL, CITY, COUNTY])
        assert reading.chain(SCHOOL) == [SCHOOL, COUNTY, CITY]


def test_no_ring_of_organizations(archive):
    """A parent below itself, or one nobody knows, is refused."""
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.put_organization(Organization(CITY, "city", "市", SCHOOL, {}))
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.put_organization(Organization("999999", "county", "县", "888888", {}))


# -- what is kept for ever


def test_a_document_comes_back_as_it_went_in(archive):
    """By serial, by token and in lists."""
    made = document(archive, 1, "140426202620120001")
    with archive.begin() as transaction:
        transaction.add_document(made)
    with archive.read() as reading:
        assert reading.document(made.serial) == made
        assert reading.document_by_token(made.token) == made
        assert reading.documents(student_no=STUDENT, form=FORM, school=SCHOOL) == [made]
        assert reading.documents(form="other") == []
        assert reading.statuses() == [(made.serial, "pending")]


@pytest.mark.parametrize("same", ["serial", "token", "number"])
def test_nothing_is_issued_twice(archive, same):
    """Serial, token and a school's number belong to one document."""
    first = document(archive, 1, "140426202620120001")
    with archive.begin() as transaction:
        transaction.add_document(first)
    second = replace(document(archive, 2, "140426202620120002"), **{same: getattr(first, same)})
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.add_document(second)


MOVES = [
    ("pending", "effective"),
    ("pending", "revoked"),
    ("effective", "superseded"),
    ("superseded", "revoked"),
]
BACK = [
    ("effective", "pending"),
    ("revoked", "effective"),
    ("superseded", "effective"),
    ("revoked", "pending"),
]


@pytest.mark.parametrize(("old", "new"), MOVES)
def test_a_status_moves_forward(archive, old, new):
    """A revocation keeps its reason; the same status again changes nothing."""
    made = document(archive, 1, status=old)
    with archive.begin() as transaction:
        transaction.add_document(made)
        transaction.set_status(made.serial, new, reason="填写有误")
        transaction.set_status(made.serial, new, reason="另一个理由")
        assert transaction.document(made.serial) == replace(made, status=new, reason="填写有误")


@pytest.mark.parametrize(("old", "new"), BACK)
def test_a_status_never_moves_back(archive, tmp_path, old, new, database):
    """Neither through the door nor by SQL."""
    made = document(archive, 1, status=old)
    with archive.begin() as transaction:
        transaction.add_document(made)
    with pytest.raises(Frozen), archive.begin() as transaction:
        transaction.set_status(made.serial, new)
    with pytest.raises(REFUSED, match="documents_forward"):
        Raw(tmp_path / "data", database).execute("UPDATE documents SET status = ?", [new])


def everything(archive):
    """One row in every guarded table; the log gets its first node with its 256th leaf."""
    block(archive, last=1000)
    made = issue(archive, 1)
    with archive.begin() as transaction:
        transaction.void_unused(1, 600, 900, "受潮")
    with archive.begin() as transaction:
        scan = transaction.add_scan(kind="pdf", original=made.pdf, org=SCHOOL, by="x")
        copy = Copy(scan.id, "thumbnail", 0, made.pdf, 1, "image/jpeg", made.created_at)
        transaction.add_copies([copy])
        transaction.note_access(
            who="x", role="head", org=SCHOOL, archive=STUDENT, what="entries", approval=None
        )
        transaction.add_photo(STUDENT, made.pdf, "x")
        transaction.put_blank(Blank("b", SCHOOL, FORM, {}, made.created_at, "x"))
        transaction.add_template_version(form=FORM, hash="0" * 64, docx=made.docx, note="", by="x")
        transaction.keep_source_template("0" * 64, made.docx)
        transaction.note_override(
            serial=made.serial, form=FORM, org=COUNTY, rule="x", document="x", reason="x", by="x"
        )
        transaction.add_imprint(Imprint(0, made.serial, 1, 1.5, 2.5, "x", b"rim", b"face", None))
        doubt = Doubt(
            "page", SCHOOL, None, None, 0, "1", None, None, None, None, "unmatched", "no_code", holds=False
        )
        transaction.open_reviews(scan.id, [doubt])
        (review,) = transaction.reviews_of(scan.id)
        transaction.add_decision(
            review.id, answer="match", paper=False, note="", serial=None, by="x", role="head", org=SCHOOL
        )
        transaction.add_batch(form=FORM, org=SCHOOL, role="head", by="x", request={}, rows=[(STUDENT, {})])
        (entry, *_) = transaction.entries(STUDENT)
        transaction.add_volume(Volume(STUDENT, SCHOOL, 2025, 1, made.created_at))
        transaction.add_archive_numbers([ArchiveNumber(entry.id, STUDENT, SCHOOL, 2025, "1101", 1, 1)])
        place = ("", "", "1", "")
        transaction.add_location(entry.id, paper=True, parts=place, by="x", role="registrar", org=SCHOOL)
        day = made.issued_on
        transaction.add_closure(
            Closure(SCHOOL, "revoked", COUNTY, day, "x", [], "x", "county", COUNTY, made.created_at)
        )
        transaction.add_signing_keys({1: ("Ed25519", "x")})
    custody(archive, made)


def custody(archive, made):
    """A file that was handed over and answered, and one that came."""
    at = made.created_at
    with archive.begin() as transaction:
        paper = {"cause": "01", "document": "x", "approved_on": at.date(), "due": at.date(), "lists": []}
        more = {"package": made.pdf, "size": 1, "told": {}, "restricted": False}
        who = {"by": "x", "role": "head", "org": SCHOOL}
        units = {"kind": "student", "sender": SCHOOL, "receiver": COUNTY, "receiver_name": "x"}
        transaction.add_transfer(Transfer(id="t", archive=STUDENT, **units, **paper, **more, **who, at=at))
        transaction.add_transfer_step(TransferStep(0, "t", "received", "x", "x", "head", SCHOOL, at))
        transaction.add_pieces(made.pdf, [(made.pdf, 1)])
        arrival = transaction.add_arrival(
            Arrival("", SCHOOL, made.pdf, 1, None, {}, True, {}, 1, None, "x", "head", at)
        )
        transaction.add_arrived([Arrived("1", arrival.id, "x", "x", "x", None, None, False)])
        transaction.add_partner(Partner(0, "x", {}, "x", "head", SCHOOL, at), [SCHOOL])
        transaction.add_arrival_result(arrival.id, arrival)
        transaction.add_aside(Aside(arrival.id, "x", "x", "head", SCHOOL, at))


def test_what_is_kept_for_ever_is_guarded_in_the_database(archive, tmp_path, database):
    """Each guard refuses its change or deletion, whoever asks: every frozen column of every table."""
    everything(archive)
    connection = Raw(tmp_path / "data", database)
    for guard in GUARDS:
        if guard.event == "DELETE":
            attempts = [f"DELETE FROM {guard.table}"]
        elif guard.when:
            continue  # these depend on values and have tests of their own
        else:
            every = [name for name in columns_of(guard.table) if name != "id_number"]
            attempts = [f'UPDATE {guard.table} SET "{name}" = "{name}"' for name in guard.frozen or every]
        for attempt in attempts:
            with pytest.raises(REFUSED, match=f"^{guard.table.removeprefix('number_')}_"):
                connection.execute(attempt)


def test_every_column_of_a_document_but_its_status_is_frozen(archive):
    """A column that joins later must be put under the guard, or named here."""
    guard = next(guard for guard in GUARDS if guard.name == "documents_frozen")
    columns = set(metadata.tables["documents"].columns.keys())
    assert columns - set(guard.frozen) == {"status", "reason", "superseded_by"}


def test_a_used_or_void_number_is_final(archive, tmp_path, database):
    """The ledger's past is not rewritten; a block never steps back, nor over a number without its row."""
    everything(archive)
    with pytest.raises(REFUSED, match="numbers_final"):
        Raw(tmp_path / "data", database).execute("UPDATE numbers SET state = 'free', serial = NULL")
    for step in ("next - 1", "next", "next + 1"):
        with pytest.raises(REFUSED, match="blocks_forward"):
            Raw(tmp_path / "data", database).execute(f"UPDATE number_blocks SET next = {step}")


def test_guards_are_written_for_known_engines_only():
    """An engine without triggers of ours is refused, not left unguarded."""
    with pytest.raises(ValueError, match="oracle"):
        ddl(GUARDS[0], "oracle")


def test_files_and_their_register(archive, clock):
    """Entries come back in order, by archive, by document and by id; each look is a row."""
    block(archive)
    made = issue(archive, 1)
    with archive.begin() as transaction:
        transaction.note_access(
            who="d1", role="county", org=COUNTY, archive=STUDENT, what="entries", approval="批准-7"
        )
    with archive.read() as reading:
        (entry,) = reading.entries(STUDENT)
        assert (entry.serial, entry.sha256, entry.created_at) == (made.serial, made.pdf, clock.moment)
        assert reading.entry(entry.id) == entry
        assert reading.entries_of(made.serial) == reading.all_entries() == [entry]
        (access,) = reading.accesses(STUDENT)
        assert (access.who, access.org, access.approval, access.at) == ("d1", COUNTY, "批准-7", clock.moment)
        assert reading.entries(SCHOOL) == reading.accesses(SCHOOL) == []


@pytest.mark.parametrize("text", ["", "1x", "-1", "٣", "9" * 30, "1;DROP"])
def test_an_id_that_can_be_none_is_not_found(archive, text):
    """Ids come from URLs."""
    with archive.read() as reading:
        for ask in (reading.entry, reading.scan):
            with pytest.raises(NotFound):
                ask(text)


def test_the_log_tells_of_everything(archive):
    """Whatever is issued, filed, ended or written off has its leaf, in the order it was done, without being asked for."""
    block(archive)
    first, second = issue(archive, 1), issue(archive, 2)
    with archive.begin() as transaction:
        transaction.set_status(first.serial, "effective")
        transaction.set_status(first.serial, "effective")
        transaction.set_status(first.serial, "superseded", "换发", second.serial)
        transaction.set_status(second.serial, "revoked", "错发")
        transaction.void_unused(1, 5, 6, "受潮")
        transaction.take_number(FORM, [SCHOOL], 2026, "spoilt")
        transaction.void_number("spoilt", "打印时卡纸")
    with archive.read() as reading:
        told = [(leaf.kind, leaf.serial, leaf.ref) for leaf in reading.leaves()]
        assert [leaf.index for leaf in reading.leaves_of(second.serial)] == [3, 4, 7]
        assert reading.log_size() == len(told)
        assert reading.log_tree().root() == log.root([leaf.hash for leaf in reading.leaves()])
    assert told == [
        ("row", None, "number_blocks/1"),
        ("issue", first.serial, None),
        ("entry", first.serial, "1"),
        ("issue", second.serial, None),
        ("entry", second.serial, "2"),
        ("effective", first.serial, None),
        ("supersede", first.serial, None),
        ("revoke", second.serial, None),
        ("void", None, "1/5"),
        ("void", None, "1/6"),
        ("void", None, "1/3"),
    ]


def test_what_is_undone_leaves_nothing_in_the_log(archive):
    """A transaction that fails appends no leaf, and the next one goes on where the log stood."""
    block(archive)
    with pytest.raises(AlreadyThere), archive.begin() as transaction:
        transaction.add_documents([document(archive, 1), document(archive, 1)])
    made = issue(archive, 2)
    with archive.read() as reading:
        assert [(leaf.index, leaf.serial) for leaf in reading.leaves()] == [
            (0, None),
            (1, made.serial),
            (2, made.serial),
        ]


def test_a_leaf_names_nobody(archive):
    """Neither name nor 学籍号 stand in a leaf, and two leaves of the same row differ by their salt."""
    block(archive)
    issue(archive, 1)
    with archive.read() as reading:
        leaves = reading.leaves()
        entry = reading.all_entries()[0]
    for leaf in leaves:
        assert set(json.loads(leaf.payload)) <= {"v", "kind", "at", "row", "serial", "token", "pdf", "layout"}
        assert STUDENT not in leaf.payload.decode()
        assert serial(1) not in leaf.payload.decode()
    row = {name: getattr(entry, name) for name in entry.__slots__}
    fact = committed.filed(row)
    assert committed.leaf_bytes(fact, leaves[2].created_at, leaves[2].salt) == leaves[2].payload
    assert committed.leaf_bytes(fact, leaves[2].created_at, b"0" * 16) != leaves[2].payload


# -- scans, jobs, tokens, answers


def test_a_scan_on_its_way(archive):
    """What is not given stays; lists narrow by organization and state."""
    with archive.begin() as transaction:
        scan = transaction.add_scan(kind="pdf", original="a" * 64, org=SCHOOL, by="d1")
        transaction.set_scan(scan.id, "running", pages=3)
        transaction.set_scan(scan.id, "done", result={"documents": []})
        done = transaction.scan(scan.id)
        assert done == replace(scan, state="done", pages=3, result={"documents": []})
        assert transaction.scans([SCHOOL], "done") == transaction.all_scans() == [done]
        assert transaction.scans([COUNTY]) == transaction.scans([SCHOOL], "failed") == []
        with pytest.raises(NotFound):
            transaction.set_scan("999", "done")


def test_a_job_is_leased_to_one_worker_at_a_time(archive, clock):
    """Oldest first, by kind; done jobs are gone; a lease that ran out is given again."""
    with archive.begin() as transaction:
        first = transaction.add_job("read", {"scan": "1"})
        second = transaction.add_job("read", {"scan": "2"})
        assert transaction.lease_job(["print"], 60) is None
        leased = transaction.lease_job(["read"], 60)
        assert (leased.id, leased.payload, leased.attempts) == (first.id, {"scan": "1"}, 1)
        assert transaction.lease_job(["read"], 60).id == second.id
        assert transaction.lease_job(["read"], 60) is None
        transaction.finish_job(second.id)
        clock.forward(seconds=61)
        again = transaction.lease_job(["read", "print"], 60)
        assert (again.id, again.attempts) == (first.id, 2)
        assert transaction.job(second.id).state == "done"


def test_many_jobs_wait_behind_the_kind_that_is_named_first(archive):
    """A scan that comes last is taken before thousands of others; those keep their order."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", ({"place": place} for place in range(5000)))
        scan = transaction.add_job("scan", {})
        kinds = ["scan", "print"]
        assert transaction.lease_job(kinds, 60).id == scan.id
        leased = [transaction.lease_job(kinds, 60) for _ in range(3)]
        assert [job.payload["place"] for job in leased] == [0, 1, 2]
        transaction.add_jobs("print", [])


def test_a_lease_is_kept_while_work_goes_on(archive, clock, tmp_path, database):
    """Renewed in time it stays; renewed after another took the job, or nobody has it, it is not."""
    other = Archive.open(tmp_path / "data", clock, database)
    with archive.begin() as transaction:
        job = transaction.add_job("print", {})
        assert not transaction.renew_job(job.id, 60)
        transaction.lease_job(["print"], 60)
        clock.forward(seconds=50)
        assert transaction.renew_job(job.id, 60)
        clock.forward(seconds=50)
        assert transaction.lease_job(["print"], 60) is None
        clock.forward(seconds=11)
    with other.begin() as transaction:
        assert transaction.lease_job(["print"], 60).id == job.id
    with archive.begin() as transaction:
        assert not transaction.renew_job(job.id, 60)
        transaction.finish_job(job.id)
        assert not transaction.renew_job(job.id, 60)
    other.close()


def test_a_job_that_is_given_back_waits(archive, clock, tmp_path, database):
    """Not before its time is it taken again; an attempt that was none does not count, and nobody else's job is moved."""
    other = Archive.open(tmp_path / "data", clock, database)
    with archive.begin() as transaction:
        job = transaction.add_job("print", {})
        for _ in range(2 * MAX_ATTEMPTS):
            assert transaction.lease_job(["print"], 60).attempts == 1
            assert transaction.give_back_job(job.id, "away", seconds=10, spent=False)
            assert transaction.lease_job(["print"], 60) is None
            clock.forward(seconds=11)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            assert transaction.lease_job(["print"], 60).attempts == attempt
            transaction.give_back_job(job.id, "ValueError")
        assert transaction.job(job.id).state == "dead"
        taken = transaction.add_job("print", {})
        transaction.lease_job(["print"], 60)
    clock.forward(seconds=61)
    with other.begin() as transaction:
        assert transaction.lease_job(["print"], 60).id == taken.id
    with archive.begin() as transaction:
        assert not transaction.give_back_job(taken.id, "late")
        assert transaction.job(taken.id).state == "running"
    other.close()


HOLDER = """
import sys, time
from pathlib import Path
from storage.archive import Archive
from tests.shelf import Clock
archive = Archive.open(Path(sys.argv[1]), Clock(), sys.argv[2])
with archive.begin() as transaction:
    jobs = [transaction.lease_job(["print"], 3600).id for _ in range(2)]
print(*jobs, flush=True)
time.sleep(600)
"""


def test_jobs_of_a_killed_worker_are_taken_over_at_once(archive, tmp_path, database):
    """While it lives its jobs are its own; after kill -9 all of them wait again, long before the lease is over."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", [{"place": place} for place in range(2)])
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "data"), database]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD) as holder:
        held = [int(job) for job in holder.stdout.readline().split()]
        with archive.begin() as transaction:
            assert transaction.lease_job(["print"], 60) is None
        holder.kill()
    with archive.begin() as transaction:
        again = [transaction.lease_job(["print"], 60) for _ in range(2)]
    assert [(job.id, job.attempts) for job in again] == [(job, 2) for job in held]


def test_a_worker_of_another_machine_keeps_its_lease(archive, tmp_path, clock, database):
    """Of a name that never worked on this folder nothing is known: its job waits for the lease to run out."""
    with archive.begin() as transaction:
        job = transaction.add_job("print", {})
        transaction.lease_job(["print"], 60)
    Raw(tmp_path / "data", database).execute("UPDATE jobs SET owner = 'elsewhere'")
    with archive.begin() as transaction:
        assert transaction.lease_job(["print"], 60) is None
        clock.forward(seconds=61)
        assert transaction.lease_job(["print"], 60).id == job.id


def test_files_of_workers_long_gone_are_swept(archive, tmp_path, clock, database):
    """The next opening removes them, but never one that is held or new."""
    names = [archive._presence.name, "gone", "new"]
    files = [tmp_path / "data" / WORKERS / name for name in names]
    for file in files[1:]:
        file.touch()
    for file in files[:2]:
        os.utime(file, (0, 0))
    Archive.open(tmp_path / "data", clock, database).close()
    assert [file.exists() for file in files] == [True, False, True]


def test_a_forked_worker_has_a_name_of_its_own(archive):
    """A child that goes on with its parent's archive must not pass for it."""
    mine = archive._presence.name
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, archive._presence.name.encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 64).decode() not in {"", mine}
    assert archive._presence.name == mine
    os.close(reader)
    os.close(writer)


def test_a_job_that_fails_or_kills_again_and_again_is_dead(archive, clock):
    """After so many attempts, whether they end in an error or in a worker's death."""
    with archive.begin() as transaction:
        failing, killing = transaction.add_job("fail", {}), transaction.add_job("kill", {})
        for _ in range(MAX_ATTEMPTS):
            transaction.give_back_job(transaction.lease_job(["fail"], 60).id, "decoder_limit")
            assert transaction.lease_job(["kill"], 60).id == killing.id
            clock.forward(seconds=61)
        assert transaction.lease_job(["fail", "kill"], 60) is None
        assert transaction.job(failing.id).state == transaction.job(killing.id).state == "dead"


def test_tokens(archive, clock):
    """A token is found by its digest, and given out once."""
    with archive.begin() as transaction:
        record = transaction.put_token("d" * 64, "registrar", SCHOOL)
        assert transaction.token("d" * 64) == record
        assert record.created_at == clock.moment
        with pytest.raises(NotFound):
            transaction.token("e" * 64)
        with pytest.raises(AlreadyThere):
            transaction.put_token("d" * 64, "city", CITY)


def test_an_idempotent_request_is_worked_on_once(archive, clock):
    """Claimed, answered, repeated; another request with the key, or a second one too early, is refused."""
    with archive.begin() as transaction:
        assert transaction.claim_answer("token", "key", "hash") is None
        with pytest.raises(StillRunning):
            transaction.claim_answer("token", "key", "hash")
        with pytest.raises(KeyReused):
            transaction.claim_answer("token", "key", "other")
        assert transaction.claim_answer("other token", "key", "other") is None
        transaction.put_answer("token", "key", 201, {"serial": "7K"})
        transaction.drop_answer("token", "key")
        answer = transaction.claim_answer("token", "key", "hash")
        assert (answer.status, answer.body) == (201, {"serial": "7K"})
        transaction.drop_answer("other token", "key")
        assert transaction.claim_answer("other token", "key", "hash") is None


def test_an_abandoned_claim_is_taken_over_and_answered_once(archive, clock):
    """The slow first process that comes back after all is told to roll back."""
    with archive.begin() as transaction:
        transaction.claim_answer("token", "key", "hash")
        clock.forward(seconds=ABANDONED_SECONDS)
        assert transaction.claim_answer("token", "key", "hash") is None
        transaction.put_answer("token", "key", 201, {})
        with pytest.raises(AlreadyThere):
            transaction.put_answer("token", "key", 201, {})


# -- errors


def test_errors_name_no_person(archive):
    """Neither text nor traceback of a refused row holds a name or a number of it."""
    faulty = [
        lambda transaction: transaction.add_document(document(archive, 1)),
        lambda transaction: transaction.put_student(Student(STUDENT, NAME, "0000000000", {})),
        lambda transaction: transaction.student(STUDENT + "9"),
        lambda transaction: transaction.put_student(Student(STUDENT, NAME + "\ud800", SCHOOL, {})),
        lambda transaction: transaction.put_organization(Organization("1", "village", NAME, None, {})),
    ]
    with archive.begin() as transaction:
        transaction.add_document(document(archive, 1))
    for attempt in faulty:
        with pytest.raises(StorageError) as caught, archive.begin() as transaction:
            attempt(transaction)
        told = "".join(traceback.format_exception(caught.value))
        assert NAME not in told
        assert STUDENT not in told
        assert caught.value.code
        assert "。" in caught.value.message_zh


def test_a_value_that_cannot_be_kept_is_refused(archive):
    """A lone surrogate, an unknown word and a number beyond 64 bits are BadRow."""
    bad = [
        lambda transaction: transaction.put_student(Student(STUDENT, "\ud800", SCHOOL, {})),
        lambda transaction: transaction.put_organization(Organization("1", "village", "村", None, {})),
        lambda transaction: transaction.take_number(FORM, [SCHOOL], 2**70, "A"),
        lambda transaction: transaction.add_job("read", {"scan": object()}),
    ]
    for attempt in bad:
        with pytest.raises(BadRow), archive.begin() as transaction:
            attempt(transaction)


def test_a_look_up_by_serial_is_quick(archive):
    """Verification waits for one look-up: well under a millisecond among 2,000 documents."""
    with archive.begin() as transaction:
        template = document(archive, 0)
        for place in range(2000):
            transaction.add_document(replace(template, serial=f"S{place}", token=f"T{place}"))
    started = time.process_time()
    for place in range(500):
        with archive.read() as reading:
            reading.document(f"S{place}")
    assert (time.process_time() - started) / 500 < 0.002
