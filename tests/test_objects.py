"""The objects folder keeps bytes under their sha256, once, on disk, and notices when they change."""

import ctypes
import errno
import os
import random
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from storage.errors import NotFound, ObjectDamaged, StoreAway
from storage.objects import syncing
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


MANY = [bytes([place]) * size for place in range(20) for size in (60_000, 4_000)]


@pytest.fixture
def trusted(tmp_path):
    """A place whose file system can be synced at once; in a container that is memory, not the overlay."""
    if syncing.at_once(tmp_path):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        yield Path(memory)


@pytest.fixture(params=["at once", "each by itself"])
def many(trusted, request):
    """A folder with either way of bringing many objects to the disk."""
    folder = Folder(trusted / "objects")
    assert folder._at_once
    folder._at_once = request.param == "at once"
    return folder


def test_many_that_are_put_come_back(many):
    """Each under its own sha256, in the order they were given, read-only in private directories."""
    names = many.put_many(MANY)
    assert names == [sha256(data).hexdigest() for data in MANY]
    assert [many.get(name) for name in names] == MANY
    assert set(many.names()) == set(names)
    for file in (path_of(many, name) for name in names):
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (file, file.parent, file.parent.parent)]
        assert modes == [0o444, 0o700, 0o700]
    assert drafts(many) == []


def test_none_at_all_and_the_same_twice(many):
    """Nothing for nothing; the same bytes are one object, also when it was there before."""
    assert many.put_many([]) == []
    before = path_of(many, many.put(b"paper")).stat()
    name, other, again = many.put_many([b"paper", b"other", b"paper"])
    assert name == again
    after = path_of(many, name).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert set(many.names()) == {name, other}
    assert drafts(many) == []


def test_a_changed_object_among_many_is_damage(many):
    """What is there is looked at as put does; no draft of the others stays."""
    file = path_of(many, many.put(MANY[3]))
    file.chmod(0o644)
    file.write_bytes(b"forged")
    with pytest.raises(ObjectDamaged) as caught:
        many.put_many(MANY)
    assert caught.value.sha256 == file.name
    assert drafts(many) == []
    assert list(many.names()) == [file.name]


def noted(monkeypatch):
    """What is synced and renamed from now on, in order: files and directories by path, `all` for the file system."""
    seen = []
    real_sync, real_rename, real_whole = os.fsync, Path.rename, syncing._system.syncfs

    def note_sync(handle):
        real_sync(handle)
        seen.append(("sync", str(Path(f"/proc/self/fd/{handle}").readlink())))

    def note_rename(self, target):
        seen.append(("rename", str(self), str(target)))
        return real_rename(self, target)

    def note_whole(handle):
        answer = real_whole(handle)
        seen.append(("sync", "all"))
        return answer

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)
    monkeypatch.setattr(syncing._system, "syncfs", note_whole, raising=False)
    return seen


def test_many_are_synced_before_their_names_and_the_names_before_the_answer(many, monkeypatch):
    """A power cut finds each object whole or not at all: by two syncs of everything, or by each file's and directory's own."""
    whole = many._at_once
    seen = noted(monkeypatch)
    names = many.put_many(MANY)
    renames = [place for place, step in enumerate(seen) if step[0] == "rename"]
    assert len(renames) == len(MANY)
    before, after = seen[: renames[0]], seen[renames[-1] + 1 :]
    if whole:
        assert (before, after) == ([("sync", "all")], [("sync", "all")])
        return
    assert {path for _, path in before} == {seen[place][1] for place in renames}
    files = [path_of(many, name) for name in names]
    directories = {file.parent for file in files} | {file.parent.parent for file in files} | {many._path}
    assert {path for _, path in after} == {str(directory) for directory in directories}


@pytest.mark.parametrize("failing", [0, 1])
def test_a_write_that_failed_is_never_answered(many, monkeypatch, failing):
    """When the system says that something did not reach the disk, nobody is told that it did, and no draft stays."""
    answers = iter([0] * failing + [-1])

    def fail(_handle):
        ctypes.set_errno(errno.EIO)
        return next(answers)

    if many._at_once:
        monkeypatch.setattr(syncing._system, "syncfs", fail, raising=False)
    else:
        monkeypatch.setattr(os, "fsync", refusing_directories if failing else failing_sync)
    with pytest.raises(StoreAway) as caught:
        many.put_many(MANY)
    assert caught.value.cause == "EIO"
    assert drafts(many) == []
    assert len(list(many.names())) == failing * len(MANY)


def failing_sync(_handle):
    raise OSError(errno.EIO, "")


def refusing_directories(handle, real_sync=os.fsync):
    if stat.S_ISDIR(os.fstat(handle).st_mode):
        raise OSError(errno.EIO, "")
    real_sync(handle)


@pytest.mark.parametrize("release", ["4.19.0", "5.16.20-generic", "odd"])
def test_an_old_kernel_is_not_believed(trusted, monkeypatch, release):
    """Before 5.17 a sync of everything could hide a failed write: each file is synced by itself."""
    assert syncing.at_once(trusted)
    system = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*system[:2], release, *system[3:])))
    assert not syncing.at_once(trusted)


def test_a_file_system_nobody_vouches_for_is_not_believed():
    """Here /proc stands for overlays, networks and FUSE; so does a place that is not there."""
    assert not syncing.at_once(Path("/proc"))
    assert not syncing.at_once(Path("/nowhere"))


def test_a_sandbox_that_forbids_the_call_is_noticed(trusted, monkeypatch):
    """Then each file is synced by itself; any other failure is told."""
    for code, expected in ((errno.ENOSYS, False), (errno.EPERM, False)):
        monkeypatch.setattr(syncing._system, "syncfs", failing_with(code), raising=False)
        assert syncing.at_once(trusted) is expected
    monkeypatch.setattr(syncing._system, "syncfs", failing_with(errno.EIO), raising=False)
    with pytest.raises(OSError, match="Input/output"):
        syncing.at_once(trusted)


def failing_with(code):
    def fail(_handle):
        ctypes.set_errno(code)
        return -1

    return fail


def test_many_writers_of_many(folder):
    """Threads that put overlapping lists at once all succeed."""
    lists = [MANY[start : start + 20] for start in (0, 5, 10, 15, 20)] * 2
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(folder.put_many, lists))
    for names, datas in zip(told, lists, strict=True):
        assert [folder.get(name) for name in names] == datas
    assert drafts(folder) == []


WRITER = """
import sys
from pathlib import Path
from storage.objects.folder import Folder
folder = Folder(Path(sys.argv[1]))
for place in range(100_000):
    print(folder.put(place.to_bytes(4) * 100_000), flush=True)
"""


MANY_WRITER = """
import sys
from pathlib import Path
from storage.objects.folder import Folder
folder = Folder(Path(sys.argv[1]))
folder._at_once = folder._at_once and sys.argv[2] == "at once"
for place in range(100_000):
    datas = [place.to_bytes(4) * 1000 + bytes([row]) * 50_000 for row in range(50)]
    print(*folder.put_many(datas), flush=True)
"""


@pytest.mark.parametrize(
    ("program", "way"), [(WRITER, ""), (MANY_WRITER, "at once"), (MANY_WRITER, "each by itself")]
)
def test_a_killed_writer_leaves_no_torn_object(tmp_path, program, way):
    """After kill -9 everything that was answered is there and whole, and the next start sweeps the rest."""
    command = [sys.executable, "-c", program, str(tmp_path), way]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=CHILD)
    answered = [writer.stdout.readline() for _ in range(5 if way else 20)]
    time.sleep(random.uniform(0, 0.05))  # somewhere in the middle of the next list
    writer.send_signal(signal.SIGKILL)
    answered += writer.communicate()[0].split("\n")[:-1]
    folder = Folder(tmp_path)
    assert {name for line in answered for name in line.split()} <= set(folder.names())
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
