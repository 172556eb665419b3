"""A database of the first schema opens under the present one with every row, and then keeps what it could not before."""

import sqlite3
from dataclasses import replace

import pytest
from alembic import command
from alembic.config import Config

from storage.archive import DATABASE, Archive
from storage.check import HARMLESS, check
from storage.database import WRITES, connect
from storage.errors import Frozen, NotFound
from storage.records import Blank
from storage.schema import upgrade as schema
from storage.tables import REVISION
from tests.shelf import COUNTY, FORM, SCHOOL, STUDENT, Clock, block, document, furnished, issue, serial


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock):
    opened = furnished(tmp_path / "data", clock)
    yield opened
    opened.close()


def first_schema(file):
    """Make a database as the first release left it."""
    engine = connect(file)
    config = Config()
    config.set_main_option("script_location", str(schema.HERE))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


def as_first_release(folder):
    """Move all rows of a data folder into a database of the first schema, which takes its place."""
    new, old = folder / DATABASE, folder / "old.sqlite3"
    first_schema(old)
    with sqlite3.connect(old) as database:
        database.execute("ATTACH ? AS new", (str(new),))
        tables = database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = ", ".join(f'"{row[1]}"' for row in database.execute(f"PRAGMA main.table_info({table})"))
            if table != "alembic_version":
                database.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}")
    database.close()
    old.replace(new)
    for side in ("-wal", "-shm"):
        (folder / (DATABASE + side)).unlink(missing_ok=True)


def test_first_release_opens(tmp_path, clock):
    folder = tmp_path / "data"
    archive = furnished(folder, clock)
    block(archive)
    made = [issue(archive, place) for place in (1, 2)]
    archive.close()
    as_first_release(folder)
    with sqlite3.connect(folder / DATABASE) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
            database.execute("INSERT INTO documents (serial) VALUES ('x')")
    database.close()

    opened = Archive.open(folder, clock)
    with sqlite3.connect(folder / DATABASE) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (REVISION,)
    database.close()
    with opened.read() as reading:
        assert reading.documents() == made
    assert [fault for fault in check(opened) if fault.code not in HARMLESS] == []
    with opened.begin() as transaction:
        transaction.add_document(document(opened, 3, student_no=None, school=COUNTY))
    with opened.read() as reading:
        assert reading.document(serial(3)).student_no is None
        assert [paper.serial for paper in reading.documents(school=COUNTY)] == [serial(3)]
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
