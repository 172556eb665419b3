"""A database of an earlier schema opens under the present one with every row, and then keeps what it could not before."""

import json
import sqlite3
from collections import Counter
from dataclasses import replace

import psycopg
import pytest
from alembic import command
from alembic.config import Config

from storage import log, postgresql, sqlite
from storage.archive import DATABASE, Archive
from storage.check import HARMLESS, check
from storage.committed import CARRIED
from storage.database import prepare
from storage.errors import Frozen, NotFound, NotPrepared
from storage.records import Blank, LogHead, NewEntry
from storage.schema import upgrade as schema
from storage.sqlite import WRITES
from storage.tables import REVISION
from tests.postgresql import OWNER, SERVICE
from tests.shelf import COUNTY, FORM, PDF, SCHOOL, STUDENT, Clock, block, document, furnished, issue, serial


@pytest.fixture
def clock():
    return Clock()


LOG = "0009"
"""The revision from which the log has today's form."""


@pytest.fixture
def archive(tmp_path, clock, database):
    opened = furnished(tmp_path / "data", clock, database)
    yield opened
    opened.close()


def earlier_schema(engine, revision):
    """Make a database as an earlier release left it."""
    config = Config()
    config.set_main_option("script_location", str(schema.HERE))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def as_earlier_release(folder, revision):
    """Move all rows of a data folder into a database of an earlier schema, which takes its place."""
    new, old = folder / DATABASE, folder / "old.sqlite3"
    earlier_schema(sqlite.connect(old), revision)
    with sqlite3.connect(old) as database:
        database.execute("ATTACH ? AS new", (str(new),))
        tables = database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = ", ".join(f'"{row[1]}"' for row in database.execute(f"PRAGMA main.table_info({table})"))
            if table not in {"alembic_version", "leaves"}:
                database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
        database.executemany("INSERT INTO leaves VALUES (?, 'issue', ?, ?, ?, ?)", first_leaves(database))
    database.close()
    old.replace(new)
    for side in ("-wal", "-shm"):
        (folder / (DATABASE + side)).unlink(missing_ok=True)


def first_leaves(database):
    """The log as the first releases wrote it: a leaf for each document, in the clear, and none for anything else."""
    rows = database.execute("SELECT serial, pdf, created_at FROM documents ORDER BY id").fetchall()
    for index, (paper, pdf, at) in enumerate(rows):
        payload = json.dumps({"kind": "issue", "serial": paper, "pdf": pdf}).encode()
        yield index, paper, log.leaf_hash(payload), payload, at


def guard_text(folder, name):
    """What a guard says in the database."""
    with sqlite3.connect(folder / DATABASE) as database:
        wanted = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?"
        (text,) = database.execute(wanted, (name,)).fetchone()
    database.close()
    return text


def pictured(archive):
    """What the second release kept beside papers: a photo, a blank, a template version."""
    with archive.begin() as transaction:
        transaction.add_photo(STUDENT, archive.objects.put(b"photo"), "d1")
        transaction.put_blank(Blank("J-2026", COUNTY, FORM, {}, transaction._now(), "d1"))
        docx = archive.objects.put(b"PK")
        transaction.add_template_version(form=FORM, hash="0" * 64, docx=docx, note="", by="d1")


NEEDED = {"0001": {"student_no", "docx"}, "0002": {"docx"}}
"""What a document could not be without, and can be today."""


def schema_of(folder):
    """The revision of a database, and which of those columns of a document it insists on."""
    with sqlite3.connect(folder / DATABASE) as database:
        (revision,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
        columns = database.execute("PRAGMA table_info(documents)").fetchall()
    database.close()
    return revision, {row[1] for row in columns if row[3]} & {"student_no", "docx"}


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_earlier_release_opens(tmp_path, clock, revision):
    """Every row is there, the guards are today's, and papers without a student or a Word file can be kept."""
    folder = tmp_path / "data"
    archive = furnished(folder, clock)
    block(archive)
    made = [issue(archive, place) for place in (1, 2)]
    if revision != "0001":
        pictured(archive)
    with archive.begin() as transaction:
        job = transaction.add_job("scan", {})
        transaction.void_unused(1, 9, 9, "受潮")
        held = transaction.take_number(FORM, [SCHOOL], 2026, serial(4))
    archive.close()
    as_earlier_release(folder, revision)
    assert schema_of(folder) == (revision, NEEDED[revision])
    assert "tier" not in guard_text(folder, "documents_frozen")

    opened = Archive.open(folder, clock)
    assert schema_of(folder) == (REVISION, set())
    assert '"tier", "stamp"' in guard_text(folder, "documents_frozen")
    with opened.read() as reading:
        assert reading.documents() == made
        assert {(paper.tier, paper.stamp) for paper in made} == {(2, "")}
        assert reading.job(job.id) == job
        assert len(reading.all_photos()) == (revision != "0001")
        carried = [(leaf.kind, leaf.serial) for leaf in reading.leaves()]
        rows = [leaf.ref for leaf in reading.leaves() if leaf.kind == "row"]
        assert reading.log_head() == LogHead(len(carried), len(carried) - len(rows))
        assert reading.log_tree().root() == log.root([leaf.hash for leaf in reading.leaves()])
    papers = [("issue", paper.serial) for paper in made]
    entries = [("entry", paper.serial) for paper in made]
    assert carried == [*papers, *papers, ("void", None), *entries, *[("row", None)] * len(rows)]
    assert (rows[0], rows[-1]) == ("number_blocks/1", CARRIED)
    assert len([ref for ref in rows if ref.startswith("photos/")]) == (revision != "0001")
    assert [fault for fault in check(opened) if fault.code not in HARMLESS] == []
    stamped = document(opened, 4, held.number, docx=None, tier=1, stamp="5" * 64)
    with opened.begin() as transaction:
        transaction.add_document(document(opened, 3, student_no=None, school=COUNTY))
        transaction.add_document(stamped)
        assert transaction.take_numbers(FORM, [SCHOOL], 2026, [serial(4), serial(5)])[0] == held
        assert transaction.lease_job(["scan"], 60).id == job.id
    with opened.read() as reading:
        assert reading.document(serial(3)).student_no is None
        assert [paper.serial for paper in reading.documents(school=COUNTY)] == [serial(3)]
        assert reading.document(serial(4)) == stamped
    opened.close()
    with sqlite3.connect(folder / DATABASE) as database:
        for column in ("tier", "stamp", "docx"):
            with pytest.raises(sqlite3.IntegrityError, match="documents_frozen"):
                database.execute(f"UPDATE documents SET {column} = NULL")
        with pytest.raises(sqlite3.IntegrityError, match="blocks_forward"):
            database.execute("UPDATE number_blocks SET next = next + 1")
    database.close()


def moved_to_earlier(server, old, new, revision):
    """Move all rows of a server's database into one of an earlier schema; the tables that are not there yet are empty."""
    earlier_schema(postgresql.connect(server.url(OWNER, old)), revision)
    with (
        psycopg.connect(server.url("postgres", new)) as source,
        psycopg.connect(server.url("postgres", old)) as target,
    ):
        target.execute("SET session_replication_role = replica")
        columns = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
        there = target.execute(f"{columns} AND is_generated = 'NEVER' AND table_name <> 'alembic_version'")
        tables = {}
        for table, column in there:
            tables.setdefault(table, []).append(column)
        if revision < LOG:
            del tables["leaves"]
        for table, names in tables.items():
            target.execute(f"DELETE FROM {table}")  # what the migrations wrote by themselves
            listed, marks = ", ".join(f'"{name}"' for name in names), ", ".join(["%s"] * len(names))
            for row in source.execute(f"SELECT {listed} FROM {table}"):
                target.execute(f"INSERT INTO {table} ({listed}) VALUES ({marks})", row)
            if "id" in names and table not in {"blanks", "transfers"}:
                highest = f"(SELECT coalesce(max(id), 0) + 1 FROM {table})"
                target.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {highest}, false)")
        for leaf in first_leaves(target) if revision < LOG else ():
            target.execute("INSERT INTO leaves VALUES (%s, 'issue', %s, %s, %s, %s)", leaf)


@pytest.mark.parametrize("revision", [f"{number:04d}" for number in range(1, int(REVISION))])
def test_earlier_schema_of_a_server_is_upgraded(tmp_path, clock, server, on_server, revision):
    """From every revision: nothing opens before, every row is there afterwards, and the guards and scopes are today's."""
    folder = tmp_path / "data"
    archive = furnished(folder, clock, on_server)
    block(archive)
    made = [issue(archive, place) for place in (1, 2)]
    with archive.begin() as transaction:
        job = transaction.add_job("scan", {})
    archive.close()
    old = server.create()
    url = server.url(SERVICE, old)
    moved_to_earlier(server, old, on_server.rpartition("/")[2], revision)
    with pytest.raises(NotPrepared, match="yinzheng upgrade"):
        Archive.open(folder, clock, url)
    prepare(server.url(OWNER, old), SERVICE)
    prepare(server.url(OWNER, old), SERVICE)
    opened = Archive.open(folder, clock, url)
    with opened.read() as reading:
        assert reading.documents() == made
        assert reading.job(job.id) == job
        assert reading.missing_guards() == set()
    assert [fault for fault in check(opened) if fault.code not in HARMLESS] == []
    issue(opened, 3)
    with opened.begin() as transaction:
        transaction.add_document(document(opened, 4, student_no=None, school=COUNTY))
        for kind in ("evidence", "picture", "reading"):
            transaction.add_entry(
                archive=SCHOOL,
                kind=kind,
                archive_class="x",
                title="x",
                sha256=made[0].pdf,
                size=1,
                media_type="application/pdf",
                serial=None,
                by="x",
                evidence="x",
            )
    with opened.seen_by(COUNTY).read() as reading:
        assert len(reading.documents()) == 4
    opened.close()
    server.drop(old)


def test_a_long_log_is_carried_in(tmp_path, clock):
    """More leaves than are written at once: statuses as they stand, every entry, and a node for each whole tile."""
    folder = tmp_path / "data"
    archive = furnished(folder, clock)
    made = document(archive, 1)
    gone = document(archive, 2)
    with archive.begin() as transaction:
        transaction.add_documents([made, gone])
        size = archive.objects.size(made.pdf)
        item = NewEntry(STUDENT, "document", "学籍", "证书", made.pdf, size, PDF, made.serial, "d1")
        other = replace(item, sha256=gone.pdf, size=archive.objects.size(gone.pdf), serial=gone.serial)
        transaction.add_entries([item, other] * 1100)
        transaction.set_status(gone.serial, "revoked", "错发")
    archive.close()
    as_earlier_release(folder, "0008")
    opened = Archive.open(folder, clock)
    with opened.read() as reading:
        kinds = Counter(leaf.kind for leaf in reading.leaves())
        assert kinds == {"issue": 4, "revoke": 1, "entry": 2200, "row": 1}
        assert len(reading.log_nodes()) == 2206 // 256
    assert check(opened) == []
    with opened.begin() as transaction:
        transaction.set_status(made.serial, "revoked", "错发")
        transaction.add_entries([item] * 300)
    assert check(opened) == []
    opened.close()


def test_student_of_document_must_exist(archive):
    stranger = document(archive, 1, student_no="G140499201104120038")
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.add_document(stranger)


def test_photo(archive):
    with archive.begin() as transaction:
        assert transaction.photo(STUDENT) is None
        old = transaction.add_photo(STUDENT, archive.objects.put(b"old"), "d1")
        new = transaction.add_photo(STUDENT, archive.objects.put(b"new"), "d1")
    with archive.read() as reading:
        assert reading.photo(STUDENT) == new
        assert reading.all_photos() == [old, new]
    assert [fault.code for fault in check(archive)] == []
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.add_photo("G140499201104120038", "0" * 64, "d1")


def test_blank(archive, clock):
    first = Blank("J-2026", COUNTY, FORM, {"dx": 0.4, "dy": -1.2}, clock(), "d1")
    with archive.begin() as transaction:
        transaction.put_blank(first)
        transaction.put_blank(replace(first, data={"dx": 0.5}))
    with archive.read() as reading:
        assert reading.blank("J-2026").data == {"dx": 0.5}
        assert [blank.id for blank in reading.blanks(form=FORM)] == ["J-2026"]
        assert reading.blanks(form="diploma_senior") == []
    with pytest.raises(NotFound), archive.read() as reading:
        reading.blank("nobody")
    with pytest.raises(Frozen), archive.begin() as transaction:
        transaction.put_blank(replace(first, org=SCHOOL))


def test_template_versions(archive):
    wanted = {
        "form": FORM,
        "hash": "0" * 64,
        "docx": archive.objects.put(b"PK"),
        "note": "改了页脚",
        "by": "d1",
    }
    with archive.begin() as transaction:
        assert [transaction.add_template_version(**wanted).version for _ in range(2)] == [1, 2]
        assert transaction.add_template_version(**{**wanted, "form": "other"}).version == 1
    with archive.read() as reading:
        assert [row.version for row in reading.template_versions(form=FORM)] == [1, 2]
        assert len(reading.template_versions()) == 3
    assert [fault.code for fault in check(archive)] == []


def test_overrides(archive):
    made = document(archive, 1)
    row = {
        "form": FORM,
        "org": COUNTY,
        "rule": "学历证明一次",
        "document": "黎教函〔2026〕7号",
        "reason": "火灾",
        "by": "d1",
    }
    with archive.begin() as transaction:
        transaction.add_document(made)
        noted = transaction.note_override(serial=made.serial, **row)
    with archive.read() as reading:
        assert reading.overrides() == [noted]
    with pytest.raises(NotFound), archive.begin() as transaction:
        transaction.note_override(serial=serial(2), **row)
