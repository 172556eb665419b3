"""Backup and restore of rows on a server and files in a bucket: the same two commands, from either place to either place."""

import importlib
import os
import threading

import pytest

from service.__main__ import main
from service.app import utc_now
from service.signing import shared
from storage import backup as rooms
from storage.archive import DATABASE, Archive
from storage.check import HARMLESS, check
from storage.database import Rows
from storage.errors import BackupUnusable
from storage.objects.locked import opened
from storage.objects.place import Place
from storage.schema.scopes import EVERYTHING
from storage.tables import metadata
from tests.postgresql import OWNER, SERVICE
from tests.shelf import STUDENT, Clock, block, furnished, issue
from tests.stores import versity
from tests.test_archive import everything
from tests.test_backup import take


@pytest.fixture(scope="module")
def store():
    """A real object store."""
    with versity.served() as running:
        yield running


def place(store, bucket):
    """A bucket of its own."""
    return Place(store.endpoint, bucket, store.access_key, store.secret_key)


@pytest.fixture
def empty(server, prepared):
    """A database without rows: what the service and what the owner reach it by."""
    name = server.create(prepared)
    yield rooms.Server(server.url(SERVICE, name), server.url(OWNER, name))
    server.drop(name)


@pytest.fixture
def settled(monkeypatch, store):
    """Make the settings those of an installation on a server and in a bucket."""

    def settle(url, bucket, owner=""):
        told = {
            "DATABASE": url,
            "DATABASE_OWNER": owner,
            "OBJECTS": f"s3://{bucket}",
            "OBJECTS_ENDPOINT": store.endpoint,
            "OBJECTS_ACCESS_KEY": store.access_key,
            "OBJECTS_SECRET_KEY": store.secret_key,
        }
        for name, value in told.items():
            monkeypatch.setenv(f"YINZHENG_{name}", value)

    return settle


def table_rows(url_or_file, folder):
    """Every row of every table."""
    rows = Rows(url_or_file, folder)
    try:
        with rows.reading(EVERYTHING) as connection:
            found = {}
            for table in metadata.sorted_tables:
                wanted = table.select().order_by(*table.primary_key.columns)
                found[table.name] = connection.execute(wanted).fetchall()
            return found
    finally:
        rows.close()


def faults(archive):
    return [fault for fault in check(archive) if fault.code not in HARMLESS]


def full(folder, url=""):
    """An archive with a row in every guarded table, papers that replace each other, and jobs."""
    archive = furnished(folder, Clock(), url)
    everything(archive)
    made = issue(archive, 2)
    issue(archive, 3)
    with archive.begin() as transaction:
        transaction.set_status(made.serial, "revoked", "错发")
        transaction.add_job("scan", {"scan": "1"}, "x")
        transaction.put_token("d" * 64, "head", made.school)
    archive.close()


@pytest.mark.parametrize("way", ["to server", "from server"])
def test_every_row_arrives_as_it_was(tmp_path, on_server, empty, way):
    """Of every table, in either direction; and a server's numbers go on behind those that came."""
    here, there = tmp_path / "here", tmp_path / "there"
    url = "" if way == "to server" else on_server
    full(here, url)
    before = table_rows(url or here / DATABASE, here)
    assert all(before[name] for name in ("documents", "imprints", "leaves", "jobs", "tokens", "signing_keys"))
    take(here, tmp_path / "b", url=url)
    target = None if url else empty
    rooms.restore(tmp_path / "b", there, server=target)
    assert table_rows(empty.url if target else there / DATABASE, there) == before
    assert (there / DATABASE).exists() == (target is None)
    again = Archive.open(there, Clock(), empty.url if target else "")
    with again.read() as reading:
        assert reading.missing_guards() == set()
    issue(again, 4)
    with again.begin() as transaction:
        transaction.add_job("scan", {})
    again.close()


def test_rehearsed_on_a_server_and_a_bucket(tmp_path, on_server, empty, store, settled):
    """Backed up by the command while somebody writes, brought back into an empty database and an empty bucket; it is whole."""
    here, there, target = tmp_path / "here", tmp_path / "there", tmp_path / "b"
    archive = furnished(here, utc_now, on_server, place(store, "first"))
    keys = shared.ring(archive, here / "keys", utc_now)
    block(archive)
    over, kept = threading.Event(), []

    def work():
        number = 10
        while not over.is_set():
            issue(archive, number, created_at=utc_now())
            with archive.begin() as transaction:
                transaction.add_photo(STUDENT, archive.objects.put(os.urandom(2000)), "x")
            kept.append(number)
            number += 1

    hand = threading.Thread(target=work)
    hand.start()
    try:
        while len(kept) < 2:
            over.wait(0.01)
        before = len(kept)
        settled(on_server, "first")
        assert main(["backup", str(target), "--data", str(here)]) == 0
    finally:
        over.set()
        hand.join()
    archive.close()
    told = (target / "backups").iterdir().__next__() / "manifest.json"
    assert store.secret_key not in told.read_text("utf-8")
    settled(empty.url, "second", empty.owner)
    assert main(["restore", str(target), "--data", str(there)]) == 0
    assert not {DATABASE, "objects"} & {path.name for path in there.iterdir()}
    again = Archive.open(there, utc_now, empty.url, place=place(store, "second"))
    assert faults(again) == []
    with again.read() as reading:
        papers = reading.documents()
    assert before <= len(papers) <= len(kept)
    assert shared.ring(again, there / "keys", utc_now).published() == keys.published()
    issue(again, 500, created_at=utc_now())
    again.close()
    assert main(["check", "--data", str(there)]) == 0


def test_a_database_with_rows_is_never_written_over(tmp_path, on_server, server, store):
    """Refused before anything is brought anywhere: no file, no object, no row."""
    full(tmp_path / "here")
    take(tmp_path / "here", tmp_path / "b")
    furnished(tmp_path / "theirs", Clock(), on_server).close()
    before = table_rows(on_server, tmp_path)
    there, bucket = tmp_path / "there", opened(place(store, "third"), utc_now)
    owner = on_server.replace(f"//{SERVICE}@", f"//{OWNER}@")
    with pytest.raises(BackupUnusable, match="已有记录"):
        rooms.restore(tmp_path / "b", there, server=rooms.Server(on_server, owner), objects=bucket)
    assert not there.exists()
    assert table_rows(on_server, tmp_path) == before


def test_a_restore_that_is_broken_off_leaves_no_row(tmp_path, empty, monkeypatch):
    """The rows are committed last, all or none; the next attempt begins anew."""
    full(tmp_path / "here")
    take(tmp_path / "here", tmp_path / "b")

    def broken(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(importlib.import_module("storage.backup.restore"), "_placed", broken)
        with pytest.raises(KeyboardInterrupt):
            rooms.restore(tmp_path / "b", tmp_path / "there", server=empty)
    found = table_rows(empty.url, tmp_path)
    assert {name for name, rows in found.items() if rows} == {"log_head"}
    rooms.restore(tmp_path / "b", tmp_path / "there", server=empty)
    assert table_rows(empty.url, tmp_path)["documents"]


def test_only_todays_tables_are_copied(tmp_path, server):
    """A server's tables of another release are told, and nothing is taken for a backup."""
    from storage.errors import NotPrepared

    name = server.create()
    (tmp_path / "here").mkdir()
    with pytest.raises(NotPrepared, match="yinzheng upgrade"):
        take(tmp_path / "here", tmp_path / "b", url=server.url(SERVICE, name))
    assert list((tmp_path / "b" / "backups").iterdir()) == []
    server.drop(name)
