"""Backup and restore of a whole installation: rehearsed while people work, broken off, damaged, and proved afterwards."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from service.__main__ import main
from service.app import opened
from service.settings import Settings
from service.signing import KeyRing
from storage import backup as rooms
from storage.archive import Archive
from storage.backup.manifest import MANIFEST, Manifest
from storage.backup.restore import STAGE, backups
from storage.check import HARMLESS, check
from storage.errors import BackupUnusable
from storage.named import NAMED
from storage.tables import metadata
from tests.conftest import STUDENT, issue_diploma
from tests.shelf import CHILD, Clock, block, furnished, issue
from tests.test_migration import as_earlier_release

NOT_OBJECTS = {
    ("documents", "digest"),
    ("documents", "template_hash"),
    ("documents", "stamp"),
    ("tokens", "digest"),
    ("answers", "request_hash"),
    ("template_versions", "hash"),
    ("source_templates", "hash"),
    ("jobs", "owner"),
    ("numbers", "form"),
    ("number_blocks", "form"),
    ("documents", "form"),
    ("batches", "form"),
    ("blanks", "id"),
    ("blanks", "form"),
    ("template_versions", "form"),
    ("overrides", "form"),
}
"""Columns as wide as a sha256 that name no object."""


def take(data, target, **changes):
    given = {"now": datetime.now(UTC), "version": "1", "settings": {}, **changes}
    return rooms.take(data, target, **given)


def faults(archive):
    return [fault for fault in check(archive) if fault.code not in HARMLESS]


@pytest.fixture
def shelf(tmp_path):
    """A small archive with three papers and a key, closed again; gives its folder."""
    archive = furnished(tmp_path / "data", Clock())
    block(archive)
    for place in (1, 2, 3):
        issue(archive, place)
    archive.close()
    KeyRing.open(tmp_path / "data" / "keys", Clock())
    return tmp_path / "data"


def test_no_column_that_names_an_object_is_forgotten():
    """Whoever adds a column as wide as a sha256 says whether it names an object: checked, and backed up."""
    wide = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if getattr(column.type, "length", None) == 64
    }
    named = {(column.table.name, column.name) for column in NAMED}
    assert named <= wide
    assert wide - named == NOT_OBJECTS


def test_rehearsed_while_people_work(town, registrar, tmp_path, capsys):
    """Three hands put objects, rows and jobs all the while; each backup holds what was acknowledged before it, whole."""
    data, target = town.settings.data, tmp_path / "backup"
    issue_diploma(town, registrar)  # LibreOffice comes up
    over, lock, acknowledged = threading.Event(), threading.Lock(), []

    def work(hand):
        while not over.is_set():
            with town.archive.begin() as transaction:
                transaction.add_job("scan", {"by": hand})
            name = town.archive.objects.put(os.urandom(20_000))
            with town.archive.begin() as transaction:
                transaction.add_photo(STUDENT, name, f"hand {hand}")
            with lock:
                acknowledged.append(name)

    hands = [threading.Thread(target=work, args=(hand,)) for hand in range(3)]
    for hand in hands:
        hand.start()
    before = []
    try:
        for _ in range(3):
            time.sleep(0.2)
            with lock:
                before.append(set(acknowledged))
            assert main(["backup", str(target), "--data", str(data)]) == 0
    finally:
        over.set()
        for hand in hands:
            hand.join()
    assert len(before[0]) < len(before[1]) < len(before[2])
    assert len(backups(target)) == 3
    for name, earlier in zip(backups(target), before, strict=True):
        folder = tmp_path / f"restored-{name}"
        assert main(["restore", str(target), "--at", name, "--data", str(folder)]) == 0
        with opened(Settings(data=folder), printing=False) as again:
            assert faults(again.archive) == []
            with again.archive.read() as reading:
                kept = {photo.sha256 for photo in reading.all_photos()}
                papers = reading.documents()
            assert earlier <= kept
            assert [again.archive.objects.get(paper.pdf)[:5] for paper in papers] == [b"%PDF-"]
            assert again.keys.published() == town.keys.published()
    capsys.readouterr()
    assert main(["check", "--data", str(tmp_path / f"restored-{backups(target)[-1]}")]) == 0
    assert "0 处错误" in capsys.readouterr().out


def test_what_a_backup_says_can_be_proved_without_this_software(shelf, tmp_path):
    """sha256sum proves the manifest; the manifest names the hash of everything else; nobody else may look."""
    taken = take(shelf, tmp_path / "b", settings={"YINZHENG_HOST": "X.CN"})
    proof = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(proof, cwd=taken.folder, check=False).returncode == 0
    told = json.loads((taken.folder / MANIFEST).read_text("utf-8"))
    assert told["settings"] == {"YINZHENG_HOST": "X.CN"}
    assert {part["path"] for part in told["files"]} == {"files/keys/1.pem", "files/keys/keys.json"}
    assert told["object_count"] == 9
    loose = [path for path in (tmp_path / "b").rglob("*") if path.stat().st_mode & 0o077 and path.is_dir()]
    assert loose == []
    assert [path for path in taken.folder.rglob("*.pem") if path.stat().st_mode & 0o077] == []


def test_the_second_backup_copies_only_what_is_new(shelf, tmp_path):
    """Objects lie once in a target, whoever names them; each backup can be restored as it was."""
    first = take(shelf, tmp_path / "b")
    archive = Archive.open(shelf, Clock())
    issue(archive, 4)
    archive.close()
    second = take(shelf, tmp_path / "b")
    assert (first.fresh, second.fresh) == (9, 3)
    for name, count in ((first.folder.name, 3), (None, 4)):
        folder = tmp_path / f"restored {count}"
        rooms.restore(tmp_path / "b", folder, name)
        again = Archive.open(folder, Clock())
        with again.read() as reading:
            assert len(reading.documents()) == count
        assert faults(again) == []
        again.close()


def some_object(folder):
    return next(path for path in sorted((folder / "objects").rglob("*")) if path.is_file())


def spoil(path):
    path.chmod(0o600)
    path.write_bytes(b"x" * path.stat().st_size)


def test_what_is_damaged_here_is_told_and_the_rest_saved(shelf, tmp_path, capsys):
    """A damaged and a missing object end the command with 1, by name; restored, the check names the same two."""
    damaged = some_object(shelf)
    spoil(damaged)
    archive = Archive.open(shelf, Clock())
    with archive.read() as reading:
        missing = next(name for name in reading.named_objects() if name != damaged.name)
    archive.close()
    (shelf / "objects" / missing[:2] / missing[2:4] / missing).unlink()
    assert main(["backup", str(tmp_path / "b"), "--data", str(shelf)]) == 1
    said = capsys.readouterr().out
    assert damaged.name in said
    assert missing in said
    assert main(["restore", str(tmp_path / "b"), "--data", str(tmp_path / "r")]) == 1
    again = Archive.open(tmp_path / "r", Clock())
    assert {fault.about for fault in check(again) if fault.code == "object_missing"} == {
        damaged.name,
        missing,
    }
    again.close()


def test_a_backup_that_was_damaged_is_found_and_mended(shelf, tmp_path):
    """A restore names the object that rotted in the target; --verify writes it again from the installation."""
    target = tmp_path / "b"
    take(shelf, target)
    rotten = some_object(target)
    spoil(rotten)
    assert rooms.restore(target, tmp_path / "r1").lost == (rotten.name,)
    assert take(shelf, target).fresh == 0  # as large as it should be
    assert take(shelf, target, verify=True).fresh == 1
    assert rooms.restore(target, tmp_path / "r2").lost == ()


@pytest.mark.parametrize("part", [MANIFEST, "yinzheng.sqlite3", "objects.txt", "files/keys/1.pem"])
def test_a_damaged_part_is_never_restored(shelf, tmp_path, part):
    """One wrong byte in anything but an object: refused with the reason, and no installation is left."""
    taken = take(shelf, tmp_path / "b")
    data = bytearray((taken.folder / part).read_bytes())
    data[len(data) // 2] ^= 1
    (taken.folder / part).write_bytes(data)
    with pytest.raises(BackupUnusable, match="请"):
        rooms.restore(tmp_path / "b", tmp_path / "r")
    assert not (tmp_path / "r" / "yinzheng.sqlite3").exists()
    assert not (tmp_path / "r" / "keys").exists()


def test_a_path_that_leads_out_is_refused(shelf, tmp_path):
    """Whoever forged a manifest with its hash cannot write beside the folder."""
    taken = take(shelf, tmp_path / "b")
    told = json.loads((taken.folder / MANIFEST).read_bytes())
    told["files"][0]["path"] = "files/../../../stolen"
    (taken.folder / "files" / "..").mkdir(exist_ok=True)
    (tmp_path / "b" / "stolen").write_bytes((taken.folder / "files/keys/1.pem").read_bytes())
    text = json.dumps(told).encode()
    (taken.folder / MANIFEST).write_bytes(text)
    (taken.folder / "SHA256SUMS").write_text(f"{sha256(text).hexdigest()}  {MANIFEST}\n")
    with pytest.raises(BackupUnusable):
        rooms.restore(tmp_path / "b", tmp_path / "r")
    assert not (tmp_path / "stolen").exists()


def test_only_an_empty_folder_is_restored_to(shelf, tmp_path, capsys):
    """An installation is never written over, and a backup never lies inside what it copies; each says what to do."""
    take(shelf, tmp_path / "b")
    before = sorted(shelf.rglob("*"))
    assert main(["restore", str(tmp_path / "b"), "--data", str(shelf)]) == 1
    assert main(["backup", str(shelf / "b"), "--data", str(shelf)]) == 1
    assert main(["restore", str(tmp_path / "nothing"), "--data", str(tmp_path / "r")]) == 1
    assert main(["restore", str(tmp_path / "b"), "--at", "1999", "--data", str(tmp_path / "r")]) == 1
    assert main(["backup", str(tmp_path / "b"), "--data", str(tmp_path / "nobody")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 5
    assert all("请" in line for line in said)
    assert sorted(shelf.rglob("*")) == before


KILLED = """
import os, sys, time
from pathlib import Path
from datetime import UTC, datetime
from hashlib import sha256
from storage import backup
from storage.objects.folder import Folder
def slowly(self, datas):
    print("here", flush=True)
    time.sleep(30)
Folder.put_many = slowly
if sys.argv[3] == "take":
    backup.take(Path(sys.argv[1]), Path(sys.argv[2]), now=datetime.now(UTC), version="1", settings={})
else:
    backup.restore(Path(sys.argv[2]), Path(sys.argv[1]))
"""


def killed(data, target, what):
    """Kill -9 a backup or a restore in the middle."""
    command = [sys.executable, "-c", KILLED, str(data), str(target), what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=CHILD) as child:
        assert child.stdout.readline() == b"here\n"
        os.kill(child.pid, signal.SIGKILL)


def test_killed_in_the_middle(shelf, tmp_path):
    """Neither a backup nor an installation is there; the next attempt finds its way, and nothing is left of the first."""
    target, folder = tmp_path / "b", tmp_path / "r"
    killed(shelf, target, "take")
    assert backups(target) == []
    taken = take(shelf, target)
    assert [path.name for path in (target / "backups").iterdir()] == [taken.folder.name]
    killed(folder, target, "restore")
    assert [path.name for path in folder.iterdir()] == [STAGE]
    rooms.restore(target, folder)
    assert not (folder / STAGE).exists()
    again = Archive.open(folder, Clock())
    assert faults(again) == []
    again.close()


def test_an_earlier_schema_is_copied_as_it_is(shelf, tmp_path):
    """A backup before an upgrade holds the old database, so that one can go back; today's release opens it."""
    as_earlier_release(shelf, "0005")
    taken = take(shelf, tmp_path / "b")
    (tmp_path / "r" / "lost+found").mkdir(parents=True)  # a disk of its own
    assert Manifest.read(taken.folder).schema == "0005"
    assert taken.manifest.missing == ()
    rooms.restore(tmp_path / "b", tmp_path / "r")
    again = Archive.open(tmp_path / "r", Clock())
    assert faults(again) == []
    with again.read() as reading:
        assert len(reading.documents()) == 3
    again.close()
