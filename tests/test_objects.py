"""The objects folder keeps bytes under their sha256, once, on disk, and notices when they change."""

import os
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from storage.errors import NotFound, ObjectDamaged, StoreAway
from storage.objects.folder import Folder
from tests.shelf import CHILD


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "objects")


def path_of(folder, name):
    return folder._path / name[:2] / name[2:4] / name


def drafts(folder):
    return list((folder._path / "tmp").iterdir())


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 1000], ids=["empty", "one", "large"])
def test_what_is_put_comes_back(folder, data):
    """Bytes come back as they went in, under the sha256 they have."""
    name = folder.put(data)
    assert name == sha256(data).hexdigest()
    assert folder.get(name) == data
    assert folder.has(name)
    assert folder.size(name) == len(data)


def test_objects_are_read_only_in_a_private_folder(folder):
    """Nobody writes to an object, and nobody else walks in."""
    file = path_of(folder, folder.put(b"paper"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
    for directory in (folder._path, file.parent, file.parent.parent, folder._path / "tmp"):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_putting_again_changes_nothing(folder):
    """The same bytes are one object, written once."""
    file = path_of(folder, folder.put(b"paper"))
    before = file.stat()
    folder.put(b"paper")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert list(folder.names()) == [file.name]
    assert drafts(folder) == []


def test_bytes_are_synced_before_the_name_and_the_name_before_the_answer(folder, monkeypatch):
    """A power cut finds the whole object or none: file fsynced, renamed, directory fsynced."""
    seen = []
    real_sync, real_rename = os.fsync, Path.rename

    def note_sync(handle):
        seen.append("directory" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        real_sync(handle)

    def note_rename(self, target):
        seen.append("rename")
        return real_rename(self, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)
    folder.put(b"paper")
    assert seen[-3:] == ["file", "rename", "directory"]
    assert seen[:-3] == ["directory", "directory"]  # the two new levels of names


def test_a_changed_object_is_never_given_out(folder):
    """One flipped bit is damage, on the way out and when the same bytes are put again."""
    name = folder.put(b"paper")
    file = path_of(folder, name)
    file.chmod(0o644)
    file.write_bytes(b"Paper")
    with pytest.raises(ObjectDamaged) as caught:
        folder.get(name)
    assert (caught.value.sha256, caught.value.missing) == (name, False)
    with pytest.raises(ObjectDamaged):
        folder.put(b"paper")


def test_a_lost_object_is_damage(folder):
    """What should be there and is not is said so, not answered with silence."""
    name = sha256(b"never put").hexdigest()
    assert not folder.has(name)
    with pytest.raises(ObjectDamaged) as caught:
        folder.get(name)
    assert caught.value.missing
    with pytest.raises(ObjectDamaged):
        folder.size(name)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_sha256_is_a_name(folder, name):
    """Nothing else reaches the file system."""
    for ask in (folder.get, folder.has, folder.size):
        with pytest.raises(NotFound):
            ask(name)


def test_many_writers_of_the_same_bytes(folder):
    """Threads that put the same objects at once all succeed, and each object is whole."""
    data = [bytes([place]) * 50_000 for place in range(10)] * 4
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(folder.put, data))
    assert [folder.get(name) for name in names] == data
    assert len(set(folder.names())) == 10
    assert drafts(folder) == []


WRITER = """
import sys
from pathlib import Path
from storage.objects.folder import Folder
folder = Folder(Path(sys.argv[1]))
for place in range(100_000):
    print(folder.put(place.to_bytes(4) * 100_000), flush=True)
"""


def test_a_killed_writer_leaves_no_torn_object(tmp_path):
    """After kill -9 everything that was answered is there and whole, and the next start sweeps the rest."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD)
    answered = [writer.stdout.readline().strip() for _ in range(20)]
    writer.send_signal(signal.SIGKILL)
    answered += writer.communicate()[0].split("\n")[:-1]
    folder = Folder(tmp_path)
    assert set(answered) <= set(folder.names())
    for name in folder.names():
        folder.get(name)
    folder.sweep(time.time() + 60)
    assert drafts(folder) == []


def test_sweeping_spares_what_is_being_written(folder):
    """Only drafts older than the given moment go."""
    draft = folder._path / "tmp" / "draft"
    draft.write_bytes(b"half")
    folder.sweep(draft.stat().st_mtime - 1)
    assert drafts(folder) == [draft]
    folder.sweep(draft.stat().st_mtime + 1)
    assert drafts(folder) == []


def test_a_stranger_in_the_folder_is_named(folder):
    """A file that is no object of ours shows in the walk by its path."""
    name = folder.put(b"paper")
    (folder._path / name[:2] / "note.txt").write_text("hello")
    (folder._path / "top.txt").write_text("hello")
    (folder._path / "00" / "00").mkdir(parents=True)
    (folder._path / "00" / "00" / name).write_bytes(b"paper")
    assert set(folder.names()) == {name, f"{name[:2]}/note.txt", f"00/00/{name}", "top.txt"}


def test_a_folder_that_is_away_says_so(tmp_path):
    """A file where the folder should be, or a folder that vanished, is StoreAway with the system's word."""
    (tmp_path / "objects").write_text("a file")
    with pytest.raises(StoreAway) as caught:
        Folder(tmp_path / "objects")
    assert caught.value.cause in {"ENOTDIR", "EEXIST"}
    folder = Folder(tmp_path / "other")
    (tmp_path / "other" / "tmp").rmdir()
    with pytest.raises(StoreAway):
        folder.probe()
