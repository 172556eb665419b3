"""An upload that comes while the store is away: safe on this host, delivered and read when it is back, nothing lost."""

import os
import time
from dataclasses import replace
from hashlib import sha256

import pytest

from service import jobs, receive, worker
from service.app import utc_now
from service.receive import delivery
from storage.archive import SPOOL, Archive
from storage.backup import restore, take
from storage.check import HARMLESS, check
from storage.errors import StoreAway
from storage.objects.place import Place
from storage.spool import Spool
from tests.conftest import settle
from tests.stores.liar import served
from tests.test_verify import png

DATA = png("https://example.com")


@pytest.fixture
def store():
    """A store that can fall ill."""
    with served() as (address, store):
        store.address = address
        yield store


def on(office, folder, store, database=""):
    """The office on a bucket of that store."""
    place = Place(store.address, "archive", "a", "s")
    archive = Archive.open(folder, utc_now, database, place=place)
    return replace(
        office,
        archive=archive,
        now=utc_now,
        settings=replace(office.settings, data=folder, database=database),
    )


@pytest.fixture
def bureau(office, city, store, tmp_path, database):
    """An office whose files are kept in a bucket."""
    made = on(office, tmp_path / "host", store, database)
    settle(made, city)
    made.archive.objects.admit()
    yield made
    made.archive.close()


def ill(office, store):
    """Let the store be away, also for whoever was told otherwise a second ago."""
    store.ill = True
    with pytest.raises(StoreAway):
        office.archive.objects.put(b"x")


def well(office, store):
    """Let it be back."""
    store.ill = False
    office.archive.objects._bucket._gate._again = 0.0


def faults(office):
    return [fault for fault in check(office.archive) if fault.code not in HARMLESS]


def test_taken_in_while_the_store_is_away(bureau, store, registrar, tmp_path):
    """202 at once; it waits without an attempt spent, is delivered when the store is back, read, and whole."""
    ill(bureau, store)
    scan = receive.accept(bureau, registrar, DATA, None)
    assert receive.result(bureau, registrar, scan)["state"] == "waiting"
    assert receive.original(bureau, registrar, scan).data == DATA
    assert not worker.work_once(bureau, (worker.SCAN,))
    assert not delivery.deliver(bureau)
    with bureau.archive.read() as reading:
        (job,) = reading.open_jobs(bureau.archive.spool.kind())
        assert (job.attempts, job.message) == (0, "StoreAway")
        assert reading.spooled() == {reading.scan(scan).original}
    well(bureau, store)
    assert faults(bureau) == []
    later(bureau, job)
    assert delivery.deliver(bureau)
    assert not bureau.archive.spool.has(job.payload["name"])
    assert bureau.archive.objects.get(job.payload["name"]) == DATA
    assert worker.work_once(bureau, (worker.SCAN,))
    assert receive.result(bureau, registrar, scan)["state"] == "done"
    assert faults(bureau) == []
    assert not delivery.deliver(bureau)


def later(office, job):
    """Let the time pass after which a job is tried again."""
    with office.archive.begin() as transaction:
        transaction._do("job", delivery_due(job))


def delivery_due(job):
    from storage.tables import jobs as table

    return table.update().where(table.c.id == job.id).values(lease_until=None)


def aged(office, name):
    """Let what lies in the spool be old."""
    long_ago = time.time() - 2 * delivery.FORGOTTEN.total_seconds()
    os.utime(office.settings.data / SPOOL / "objects" / name[:2] / name[2:4] / name, (long_ago, long_ago))


def test_what_was_never_acknowledged_is_forgotten(bureau, store, registrar, monkeypatch):
    """Its process died before the row: it goes after an hour. What a job names stays, waiting or dead, however old."""
    spool = bureau.archive.spool
    ill(bureau, store)
    with monkeypatch.context() as patch:
        patch.setattr(type(bureau.archive), "begin", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            receive.accept(bureau, registrar, DATA, None)
    (lost,) = spool.names()
    assert delivery.forget(bureau) == 0
    aged(bureau, lost)
    assert (delivery.forget(bureau), list(spool.names())) == (1, [])
    receive.accept(bureau, registrar, DATA, None)
    aged(bureau, lost)
    assert delivery.forget(bureau) == 0
    with bureau.archive.work() as transaction:
        job = transaction.lease_job([spool.kind()], 60)
        transaction.bury_job(job.id, "x")
    assert (delivery.forget(bureau), list(spool.names())) == (0, [lost])
    with bureau.archive.begin() as transaction:
        transaction.requeue_job(job.id)
    well(bureau, store)
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "drop", lambda *_: None)  # killed between the delivery and this
        assert delivery.deliver(bureau)
    aged(bureau, lost)
    store.keys = {key: kept for key, kept in store.keys.items() if lost not in key}
    assert (delivery.forget(bureau), list(spool.names())) == (0, [lost])
    bureau.archive.objects.put(DATA)
    assert (delivery.forget(bureau), list(spool.names())) == (1, [])


def test_what_is_forgotten_while_it_comes_again_is_kept(bureau, store, registrar, monkeypatch):
    """The same bytes lay there unacknowledged, and go just before they are acknowledged: they are written once more."""
    ill(bureau, store)
    keep, kept = Spool.keep, []

    def keep_and_lose(spool, data):
        kept.append(keep(spool, data))
        if len(kept) == 1:
            spool.drop(kept[0][0])
        return kept[-1]

    monkeypatch.setattr(Spool, "keep", keep_and_lose)
    scan = receive.accept(bureau, registrar, DATA, None)
    assert len(kept) == 2
    assert receive.original(bureau, registrar, scan).data == DATA


def test_the_same_bytes_twice(bureau, store, registrar):
    """Both are read; the bytes are kept once."""
    ill(bureau, store)
    scans = [receive.accept(bureau, registrar, DATA, None) for _ in range(2)]
    well(bureau, store)
    assert [delivery.deliver(bureau) for _ in range(3)] == [True, True, False]
    while worker.work_once(bureau, (worker.SCAN,)):
        pass
    assert {receive.result(bureau, registrar, scan)["state"] for scan in scans} == {"done"}
    assert faults(bureau) == []


def test_the_same_bytes_go_while_they_are_looked_for(bureau, store, registrar, monkeypatch):
    """Two services on one data folder: what the other delivered between two looks is in the store, not lost."""
    ill(bureau, store)
    scans = [receive.accept(bureau, registrar, DATA, None) for _ in range(2)]
    well(bureau, store)
    assert delivery.deliver(bureau)
    monkeypatch.setattr(bureau.archive.spool, "has", lambda _name: True)
    assert receive.original(bureau, registrar, scans[1]).data == DATA
    assert delivery.deliver(bureau)
    monkeypatch.undo()
    while worker.work_once(bureau, (worker.SCAN,)):
        pass
    assert {receive.result(bureau, registrar, scan)["state"] for scan in scans} == {"done"}
    assert jobs.dead(bureau, registrar)["jobs"] == []


def test_a_wrong_clock_takes_nothing_from_others(bureau, store, registrar, monkeypatch):
    """A host that is a minute and more ahead would call everybody's lease over."""
    ill(bureau, store)
    receive.accept(bureau, registrar, DATA, None)
    well(bureau, store)
    monkeypatch.setattr(bureau.archive, "skew", lambda: 90.0)
    assert not delivery.deliver(bureau)
    monkeypatch.setattr(bureau.archive, "skew", lambda: -1.0)
    assert delivery.deliver(bureau)


def test_the_name_of_the_spool_is_on_disk_too(tmp_path, monkeypatch):
    """Before an upload is promised, every folder above it is synced, up to that of the data."""
    synced = []
    for module in ("storage.spool", "storage.objects.folder"):
        monkeypatch.setattr(f"{module}.sync_directory", synced.append)
    spool = Spool(tmp_path / SPOOL)
    name, _kind = spool.keep(b"paper")
    file = tmp_path / SPOOL / "objects" / name[:2] / name[2:4] / name
    assert file.read_bytes() == b"paper"
    assert set(file.parents) - set(tmp_path.parents) <= set(synced)


def test_what_a_killed_writer_left_is_swept(bureau, store, registrar):
    """A half-written upload is nobody's: it was never promised; one that waits stays."""
    ill(bureau, store)
    receive.accept(bureau, registrar, DATA, None)
    draft = bureau.settings.data / SPOOL / "objects" / "tmp" / "half"
    draft.write_bytes(b"ha")
    os.utime(draft, (0, 0))
    on(bureau, bureau.settings.data, store, bureau.settings.database).archive.close()
    assert not draft.exists()
    assert bureau.archive.spool.has(sha256(DATA).hexdigest())


def test_a_spool_that_cannot_forget_says_so(tmp_path):
    """As an error of ours, which the delivery outlives."""
    spool = Spool(tmp_path / SPOOL)
    name, _kind = spool.keep(b"paper")
    file = tmp_path / SPOOL / "objects" / name[:2] / name[2:4] / name
    file.unlink()
    file.mkdir()
    with pytest.raises(StoreAway):
        spool.drop(name)


def test_another_host_waits_for_it(bureau, store, registrar, office, tmp_path):
    """It neither reads it nor calls it damaged; and delivers nothing that is not its own."""
    if not bureau.settings.database:
        return  # hosts share rows on a server only
    other = on(office, tmp_path / "other", store, bureau.settings.database)
    ill(bureau, store)
    scan = receive.accept(bureau, registrar, DATA, None)
    well(other, store)
    with pytest.raises(StoreAway):
        receive.original(other, registrar, scan)
    assert not delivery.deliver(other)
    assert not worker.work_once(other, (worker.SCAN,))
    well(bureau, store)
    assert delivery.deliver(bureau)
    assert worker.work_once(other, (worker.SCAN,))
    assert receive.original(other, registrar, scan).data == DATA
    other.archive.close()


def test_what_would_be_refused_is_not_taken(bureau, store, registrar):
    """It could be kept nowhere, so that nothing is promised."""
    ill(bureau, store)
    with pytest.raises(StoreAway):
        receive.accept(bureau, registrar, b"no picture", None)
    assert bureau.archive.spool.kind() is None


def test_a_spool_that_lost_it_says_so(bureau, store, registrar):
    """A damaged file is told to a person with what to do, and never delivered."""
    ill(bureau, store)
    scan = receive.accept(bureau, registrar, DATA, None)
    well(bureau, store)
    (file,) = [path for path in (bureau.settings.data / SPOOL / "objects").rglob("*") if path.is_file()]
    file.chmod(0o600)
    file.write_bytes(b"x" * file.stat().st_size)
    assert delivery.deliver(bureau)
    assert receive.result(bureau, registrar, scan)["state"] == "failed"
    (told,) = jobs.dead(bureau, registrar)["jobs"]
    assert (told["kind"], told["what"]) == ("spool", f"扫描件 {scan} 没有送到存储")
    assert "请重新扫描上传" in told["advice"]
    file.write_bytes(DATA)
    jobs.requeue(bureau, registrar, told["id"])
    assert delivery.deliver(bureau)
    assert worker.work_once(bureau, (worker.SCAN,))
    assert receive.result(bureau, registrar, scan)["state"] == "done"


def backed_up(office, target, objects=None):
    settings = office.settings
    return take(
        settings.data,
        target,
        now=utc_now(),
        version="1",
        settings={},
        url=settings.database,
        objects=objects or office.archive.objects,
    )


class Overtaken:
    """A store into which something is brought as soon as somebody has walked its names."""

    def __init__(self, objects, bring):
        self._objects, self._bring = objects, bring

    def names(self):
        """Walk them, then bring it."""
        yield from list(self._objects.names())
        self._bring()

    def __getattr__(self, name):
        return getattr(self._objects, name)


def test_a_backup_holds_what_waits(bureau, store, registrar, tmp_path):
    """As an object, so that it is read after a restore, into whatever place; also what was delivered while it was taken."""
    ill(bureau, store)
    scan = receive.accept(bureau, registrar, DATA, None)
    well(bureau, store)

    def deliver():
        assert delivery.deliver(bureau)
        assert list(bureau.archive.spool.names()) == []

    taken = backed_up(bureau, tmp_path / "b", Overtaken(bureau.archive.objects, deliver))
    assert taken.manifest.missing == ()
    assert not any(SPOOL in part.path for part in taken.manifest.files)
    restore(tmp_path / "b", tmp_path / "folder")
    there = Archive.open(tmp_path / "folder", utc_now)
    back = replace(
        bureau, archive=there, settings=replace(bureau.settings, data=tmp_path / "folder", database="")
    )
    assert worker.work_once(back, (worker.SCAN,))
    assert receive.result(back, registrar, scan)["state"] == "done"
    assert receive.original(back, registrar, scan).data == DATA
    assert faults(back) == []
    there.close()


@pytest.mark.parametrize("to_bucket", [True, False])
def test_what_waits_on_another_host_is_told(bureau, store, registrar, tmp_path, to_bucket):
    """Its bytes are not here: a backup says so; its host delivers them after a restore, and without a bucket a person hears."""
    ill(bureau, store)
    scan = receive.accept(bureau, registrar, DATA, None)
    well(bureau, store)
    kind, name = bureau.archive.spool.kind(), sha256(DATA).hexdigest()
    spool = bureau.settings.data / SPOOL
    spool.rename(tmp_path / "elsewhere")
    assert backed_up(bureau, tmp_path / "b").manifest.missing == (name,)
    objects = bureau.archive.objects if to_bucket else None
    restore(tmp_path / "b", tmp_path / "there", objects=objects)
    place = Place(store.address, "archive", "a", "s") if to_bucket else None
    there = Archive.open(tmp_path / "there", utc_now, place=place)
    back = replace(
        bureau, archive=there, settings=replace(bureau.settings, data=tmp_path / "there", database="")
    )
    with there.read() as reading:
        assert len(reading.open_jobs(kind)) == to_bucket
    if to_bucket:
        (tmp_path / "elsewhere").rename(tmp_path / "there" / SPOOL)
        assert delivery.deliver(back)
    while worker.work_once(back, (worker.SCAN,)):
        pass
    assert receive.result(back, registrar, scan)["state"] == ("done" if to_bucket else "failed")
    there.close()


def test_a_folder_has_no_spool(town):
    """Its objects are on this host's disk already."""
    assert town.archive.spool is None
    assert not delivery.deliver(town)
