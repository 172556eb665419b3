"""One contract for every store, on real servers: a folder, Ceph's S3 gateway and Versity's, each started on loopback."""

import contextlib
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from storage.archive import Archive
from storage.check import check
from storage.errors import LockNotHeld, NotFound, ObjectDamaged, StoreAway
from storage.objects import bucket as buckets
from storage.objects.bucket import Bucket
from storage.objects.canary import PREFIX, broken
from storage.objects.folder import Folder
from storage.objects.locked import Locked
from storage.objects.place import Place
from storage.objects.term import LAST, term
from tests.shelf import Clock, block, furnished, issue
from tests.stores import rgw, versity

REAL = {"rgw": rgw, "versity": versity}
DATAS = [b"", b"x", bytes(range(256)) * 1000]
MANY = [bytes([place]) * size for place in range(10) for size in (60_000, 4_000)]


@pytest.fixture(scope="module")
def servers():
    """Start each real store when it is first asked for; a missing one fails in CI, and is skipped on a desk."""
    started = {}
    with contextlib.ExitStack() as stack:

        def server(kind):
            if kind not in started:
                if not REAL[kind].installed():
                    assert not os.environ.get("CI"), f"{kind} is not installed"
                    pytest.skip(f"{kind} is not installed")
                started[kind] = stack.enter_context(REAL[kind].served())
            return started[kind]

        yield server


class Around:
    """A store, and what somebody with its keys can do behind its back."""

    def __init__(self, kind, servers, tmp_path, clock):
        self.kind, self.clock, self.place, self.path = kind, clock, None, tmp_path / "objects"
        if kind == "folder":
            self.store = Folder(self.path)
            return
        server = servers(kind)
        self.place = Place(server.endpoint, f"archive-{time.time_ns()}", server.access_key, server.secret_key)
        self.store = Locked(Bucket(self.place), clock)
        self.plain = Minio(
            server.endpoint.partition("://")[2], server.access_key, server.secret_key, secure=False, region="us-east-1"
        )  # fmt: skip

    def file(self, name):
        """Where the folder keeps an object."""
        return self.path / name[:2] / name[2:4] / name

    def overwrite(self, name, data):
        """Put other bytes in an object's place."""
        if self.kind == "folder":
            self.file(name).chmod(0o644)
            self.file(name).write_bytes(data)
        else:
            self.plain.put_object(self.place.bucket, name, io.BytesIO(data), len(data))

    def stranger(self):
        """Lay something there that is no object."""
        if self.kind == "folder":
            (self.path / "note.txt").write_text("hello")
        else:
            self.plain.put_object(self.place.bucket, "note.txt", io.BytesIO(b"hello"), 5)


@pytest.fixture
def clock():
    """The real time when the test begins: a store compares locks with its own clock."""
    told = Clock()
    told.moment = datetime.now(UTC)
    return told


@pytest.fixture(params=["folder", *REAL])
def around(request, servers, tmp_path, clock):
    return Around(request.param, servers, tmp_path, clock)


@pytest.fixture(params=list(REAL))
def locked(request, servers, tmp_path, clock):
    return Around(request.param, servers, tmp_path, clock)


def test_what_is_put_comes_back(around):
    """Bytes come back as they went in, under the sha256 they have; putting them again changes nothing."""
    names = [around.store.put(data) for data in DATAS + DATAS]
    assert names == [sha256(data).hexdigest() for data in DATAS] * 2
    for name, data in zip(names, DATAS, strict=False):
        assert around.store.get(name) == data
        assert around.store.has(name)
        assert around.store.size(name) == len(data)
    assert list(around.store.names()) == sorted(set(names))


def test_a_large_one_goes_in_one_piece(around):
    """Twelve megabytes: what S3's clients send in parts by themselves is one object with one lock."""
    data = os.urandom(1 << 20) * 12
    assert around.store.get(around.store.put(data)) == data


def test_many_that_are_put_come_back(around):
    """Each under its own sha256, in the order they were given; nothing for nothing, and the same twice is one."""
    assert around.store.put_many([]) == []
    names = around.store.put_many([*MANY, MANY[0]])
    assert names == [sha256(data).hexdigest() for data in [*MANY, MANY[0]]]
    assert [around.store.get(name) for name in names] == [*MANY, MANY[0]]
    assert list(around.store.names()) == sorted(set(names))


def test_many_writers_of_the_same_bytes(around):
    """Threads that put the same objects at once all succeed, and each object is whole."""
    data = [bytes([place]) * 5_000 for place in range(4)] * 4
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(around.store.put, data))
    assert [around.store.get(name) for name in names] == data
    assert len(set(around.store.names())) == 4


def test_a_lost_object_is_damage(around):
    """What should be there and is not is said so, not answered with silence."""
    around.store.put(b"paper")
    name = sha256(b"never put").hexdigest()
    assert not around.store.has(name)
    for ask in (around.store.get, around.store.size):
        with pytest.raises(ObjectDamaged) as caught:
            ask(name)
        assert (caught.value.sha256, caught.value.missing) == (name, True)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_sha256_is_a_name(around, name):
    """Nothing else reaches the store."""
    for ask in (around.store.get, around.store.has, around.store.size):
        with pytest.raises(NotFound):
            ask(name)


def test_other_bytes_are_never_given_out(around):
    """Where somebody wrote over an object, the folder says damage, and a bucket gives the version that is locked."""
    name = around.store.put(b"paper")
    around.overwrite(name, b"Paper")
    if around.kind == "folder":
        with pytest.raises(ObjectDamaged) as caught:
            around.store.get(name)
        assert not caught.value.missing
        with pytest.raises(ObjectDamaged):
            around.store.put(b"paper")
    else:
        assert around.store.get(name) == b"paper"
        assert around.store.put(b"paper") == name
        assert around.store.get(name) == b"paper"


def test_a_stranger_is_named_and_a_probe_leaves_nothing(around):
    """What is no object of ours shows in the walk by its own name; a probe does not."""
    name = around.store.put(b"paper")
    around.stranger()
    around.store.probe()
    assert set(around.store.names()) == {name, "note.txt"}


def test_a_whole_archive_stands_on_it(around, tmp_path, clock):
    """Documents are issued, found again and proved, and what somebody lays beside them is named."""
    archive = furnished(tmp_path / "data", clock, place=around.place)
    try:
        block(archive)
        made = [issue(archive, place, created_at=clock()) for place in range(3)]
        assert check(archive) == []
        assert archive.objects.get(made[0].pdf).startswith(b"%PDF")
        orphan = archive.objects.put(b"printed, then killed")
        assert [(fault.code, fault.about) for fault in check(archive)] == [("object_orphan", orphan)]
    finally:
        archive.close()


def lock_of(around, name, version=None):
    return around.store._bucket.head(name, version).lock


def test_nothing_is_deleted_by_whoever_has_the_keys(locked):
    """Each object is locked for its term and held: no version goes, by one request or by many, not even by a bypass."""
    name = locked.store.put(b"paper")
    lock = lock_of(locked, name)
    assert lock.holds(term(locked.clock()))
    (version,) = locked.store._versions(name)
    with pytest.raises(S3Error, match="AccessDenied"):
        locked.plain.remove_object(locked.place.bucket, name, version.id)
    assert not locked.store._bucket.remove_bypassing(name, version.id)
    locked.plain.disable_object_legal_hold(locked.place.bucket, name, version.id)
    assert not locked.store._bucket.remove(name, version.id)
    assert locked.store.get(name) == b"paper"
    locked.store.put(b"paper")
    assert lock_of(locked, name).held


def test_a_deletion_hides_nothing(locked):
    """A marker of deletion, which everybody with the keys may write, is looked through."""
    name = locked.store.put(b"paper")
    locked.plain.remove_object(locked.place.bucket, name)
    with pytest.raises(S3Error, match="NoSuchKey"):
        locked.plain.get_object(locked.place.bucket, name)
    assert (locked.store.get(name), locked.store.size(name), locked.store.has(name)) == (b"paper", 5, True)
    assert list(locked.store.names()) == [name]
    assert locked.store.covered(name)
    assert locked.store.put(b"paper") == name
    assert not locked.store.covered(name)


def test_a_lock_is_renewed_by_the_year(locked):
    """Within a year nothing is asked of the store; then the term begins anew, and never ends after 2099."""
    name = locked.store.put(b"paper")
    first = lock_of(locked, name).until
    locked.clock.forward(days=300)
    locked.store.renew(name)
    assert lock_of(locked, name).until == first
    locked.clock.forward(days=100)
    locked.store.renew(name)
    assert lock_of(locked, name).until - first == timedelta(days=400)
    locked.clock.moment = datetime(2085, 1, 1, tzinfo=UTC)
    locked.store.renew(name)
    assert lock_of(locked, name).until == LAST


def test_the_canary_believes_them(locked):
    """Both real stores keep every promise."""
    locked.store._bucket.make()
    assert broken(locked.store._bucket, datetime.now(UTC)) == []


def test_a_bucket_without_a_lock_is_refused(locked):
    """A bucket that somebody made without Object Lock keeps no versions, and takes no archive file."""
    locked.plain.make_bucket(locked.place.bucket)
    with pytest.raises(LockNotHeld) as caught:
        locked.store.put(b"paper")
    assert caught.value.broken == ("not_versioned",)
    assert list(locked.store.names()) == []


def test_why_no_lock_reaches_beyond_2106(servers, clock, tmp_path):
    """On Ceph 16 it ends in the past, and the file can be deleted at once: the end of this century is the last that counts."""
    around = Around("rgw", servers, tmp_path, clock)
    bucket = around.store._bucket
    bucket.make()
    key = PREFIX + "wrapped"
    version = bucket.put(key, b"paper", datetime(2126, 12, 31, tzinfo=UTC))
    assert bucket.head(key, version).lock.until < datetime(2000, 1, 1, tzinfo=UTC)
    assert bucket.remove(key, version)
    assert bucket.get(key, version) is None
    version = bucket.put(key, b"paper", LAST)
    assert bucket.head(key, version).lock.until == LAST
    assert not bucket.remove(key, version)


def test_a_store_that_hangs_is_away_and_comes_back(servers, clock, tmp_path, monkeypatch):
    """Nobody waits longer than two tries; the others hear at once; it goes on as soon as the store does."""
    monkeypatch.setattr(buckets, "ANSWER_SECONDS", 0.5)
    around = Around("versity", servers, tmp_path, clock)
    name = around.store.put(b"paper")
    server = servers("versity")
    server.freeze()
    try:
        began = time.monotonic()
        with pytest.raises(StoreAway) as caught:
            around.store.put(b"other")
        assert time.monotonic() - began < 10
        assert "请" in caught.value.message_zh
        began = time.monotonic()
        with pytest.raises(StoreAway):
            around.store.get(name)
        assert time.monotonic() - began < 0.2
    finally:
        server.thaw()
    time.sleep(1.05)
    assert around.store.get(around.store.put(b"other")) == b"other"
    assert around.store.get(name) == b"paper"


def test_wrong_keys_are_away_not_a_traceback(servers, clock, tmp_path):
    """The store's word is told, not the key."""
    around = Around("versity", servers, tmp_path, clock)
    wrong = Place(around.place.endpoint, around.place.bucket, around.place.access_key, "wrong-secret")
    with pytest.raises(StoreAway) as caught:
        Locked(Bucket(wrong), clock).put(b"paper")
    assert "wrong-secret" not in caught.value.message_zh + repr(wrong)
    assert caught.value.cause != "StoreAway"


def test_a_retention_by_another_client_is_read(locked):
    """Whoever put a file with a longer lock: putting it again leaves that lock as it is."""
    locked.store._bucket.make()
    far = Retention(COMPLIANCE, LAST)
    name = sha256(b"paper").hexdigest()
    locked.plain.put_object(locked.place.bucket, name, io.BytesIO(b"paper"), 5, retention=far)
    assert locked.store.put(b"paper") == name
    assert (lock_of(locked, name).until, lock_of(locked, name).held) == (LAST, True)


def test_an_archive_reopens_on_its_bucket(locked, tmp_path):
    """Another process with the same place finds what the first put."""
    archive = Archive.open(tmp_path / "data", locked.clock, place=locked.place)
    name = archive.objects.put(b"paper")
    archive.close()
    again = Archive.open(tmp_path / "data", locked.clock, place=locked.place)
    assert again.objects.get(name) == b"paper"
    again.close()
