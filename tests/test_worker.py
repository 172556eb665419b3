"""The worker: ends when told, is replaced before it grows, and survives a database that is away."""

import os
import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from intake.errors import UploadRefused
from service import receive, supervisor, worker
from service.receive.leafing import Leafing
from storage.archive import Archive
from storage.errors import LockNotHeld, StoreAway, StoreFull
from tests.test_verify import png


def test_it_stops_when_told(town):
    """A worker without work ends soon after it is told to."""
    stop = threading.Event()
    roomy = replace(town, settings=replace(town.settings, worker_memory_mb=1 << 20))
    thread = threading.Thread(target=worker.run, args=(roomy, stop))
    thread.start()
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_it_is_replaced_after_its_share(town, registrar):
    """After worker_jobs scans it ends by itself and leaves the rest to its successor."""
    # The process that runs the tests is far larger than a worker may grow.
    settings = replace(town.settings, worker_jobs=2, worker_memory_mb=1 << 20)
    few = replace(town, settings=settings)
    ids = [receive.accept(town, registrar, png("https://example.com"), None) for _ in range(3)]
    worker.run(few, threading.Event())
    states = [receive.result(town, registrar, scan)["state"] for scan in ids]
    assert states == ["done", "done", "waiting"]


def test_it_is_replaced_when_it_has_grown(town, registrar):
    """Above its memory it ends after the present scan."""
    small = replace(town, settings=replace(town.settings, worker_memory_mb=1))
    ids = [receive.accept(town, registrar, png("https://example.com"), None) for _ in range(2)]
    worker.run(small, threading.Event())
    assert [receive.result(town, registrar, scan)["state"] for scan in ids] == ["done", "waiting"]


def test_it_waits_for_a_database_that_is_away(town, registrar, monkeypatch):
    """An outage is waited for; the scan is read when the database is back."""
    scan = receive.accept(town, registrar, png("https://example.com"), None)
    work, outages = type(town.archive).work, iter(range(3))

    def work_after_outages(archive):
        if next(outages, None) is not None:
            raise StoreAway("SQLITE_BUSY")
        return work(archive)

    monkeypatch.setattr(type(town.archive), "work", work_after_outages)
    few = replace(town, settings=replace(town.settings, worker_jobs=1))
    worker.run(few, threading.Event())
    assert receive.result(town, registrar, scan)["state"] == "done"


def test_it_takes_no_job_while_its_clock_is_wrong(town, registrar, monkeypatch, caplog):
    """A host whose clock is ahead would take the jobs of others from them; it says so, and works when it is right."""
    scan = receive.accept(town, registrar, png("https://example.com"), None)
    ahead = iter([90.0, -90.0, 0.4])
    monkeypatch.setattr(type(town.archive), "skew", lambda _archive: next(ahead))
    few = replace(town, settings=replace(town.settings, worker_jobs=1))
    worker.run(few, threading.Event())
    assert receive.result(town, registrar, scan)["state"] == "done"
    assert "+90 s away" in caplog.text
    assert "-90 s away" in caplog.text
    assert next(ahead, None) is None


@pytest.fixture
def overtaken(town, registrar, clock, monkeypatch):
    """A scan whose last attempt hung until another worker had its job: its reading, and what the other has in hand."""
    scan = receive.accept(town, registrar, png("https://example.com"), None)
    for _ in range(worker.MOST_ATTEMPTS):
        with town.archive.work() as transaction:
            job = transaction.lease_job(worker.KINDS, worker.LEASE_SECONDS)
        clock.advance(seconds=worker.LEASE_SECONDS + 1)
    other = replace(town, archive=Archive.open(town.settings.data, clock))

    def hung(error, meanwhile=lambda _office, _job: None):
        def through(_leafing, _beat):
            monkeypatch.undo()
            with other.archive.work() as transaction:
                taken = transaction.lease_job(worker.KINDS, worker.LEASE_SECONDS)
            assert taken.id == job.id
            meanwhile(other, taken)
            raise error

        monkeypatch.setattr(Leafing, "through", through)
        worker.WORKS["scan"](town, job, lambda: False)
        return receive.result(town, registrar, scan)

    yield hung
    other.archive.close()


def test_who_lost_its_job_sets_nobodys_scan_aside(overtaken):
    """Another is reading it just now, and whoever waits for it is not told that it failed."""
    assert overtaken(RuntimeError("boom"))["state"] == "running"


def test_who_lost_its_job_refuses_nothing_that_was_read(overtaken):
    """What one worker's decoder had no time for another may have read: that stands."""

    def read(office, job):
        receive.process(office, str(job.payload["scan"]))

    told = overtaken(UploadRefused("decoder_limit"), read)
    assert told["state"] == "done"
    assert "problem" not in told


@pytest.mark.parametrize("error", [StoreAway("MaxRetryError"), StoreFull(), LockNotHeld("s3://x", [], [])])
def test_a_store_that_is_away_costs_no_attempt(town, registrar, monkeypatch, clock, error):
    """However often the store fails a reading, the scan is read when the store is back."""
    scan = receive.accept(town, registrar, png("https://example.com"), None)
    get, outages = type(town.archive.objects).get, iter(range(5))

    def get_after_outages(objects, name):
        if next(outages, None) is not None:
            raise error
        return get(objects, name)

    monkeypatch.setattr(type(town.archive.objects), "get", get_after_outages)
    for _ in range(5):
        assert worker.work_once(town)
        assert receive.result(town, registrar, scan)["state"] == "running"
        clock.advance(seconds=worker.AWAY_SECONDS + 1)
    assert worker.work_once(town)
    assert receive.result(town, registrar, scan)["state"] == "done"


def test_the_log_says_where_it_failed_and_never_what_was_said(town, registrar, monkeypatch, caplog):
    """An unforeseen error may carry a name or an id number in its words; the log gets its kind and its place."""
    receive.accept(town, registrar, png("https://example.com"), None)

    def broken(*_args, **_named):
        raise ValueError("文勇俊 140499201104120011")

    monkeypatch.setattr(receive, "process", broken)
    assert worker.work_once(town)
    assert "ValueError at " in caplog.text
    assert "test_worker.py:" in caplog.text
    assert "文勇俊" not in caplog.text
    assert "140499" not in caplog.text


def test_a_supervisor_goes_on_whatever_keeps_a_worker_from_starting(tmp_path, monkeypatch):
    """A program that ends at once and one that cannot be started are counted and tried again; a good one clears that."""
    monkeypatch.setattr(supervisor, "QUICK_DEATH_SECONDS", 0.2)
    good = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    bad = [["yinzheng-that-is-not-there"], [sys.executable, "-c", "raise SystemExit(3)"]]
    for command in bad:
        monkeypatch.setattr(supervisor, "worker_command", lambda *_arguments, command=command: command)
        keeper = supervisor.Supervisor(tmp_path)
        keeper.start()
        until(lambda keeper=keeper: keeper.failed_starts >= 2)
        keeper._command = good
        until(lambda keeper=keeper: keeper._process is not None and keeper._process.poll() is None)
        first = keeper.pid()
        time.sleep(2 * supervisor.QUICK_DEATH_SECONDS)  # it has now lived long enough not to count as failed
        os.kill(keeper.pid(), signal.SIGKILL)
        until(lambda keeper=keeper, first=first: keeper.pid() != first)
        assert keeper.failed_starts == 0
        supervisor.stop([keeper])


def until(holds):
    """Wait until something holds."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_reading_keeps_its_lease_between_pages(town, clock, monkeypatch):
    """However long a stack of foreign pages takes, no other worker begins it anew."""
    with town.archive.begin() as transaction:
        key = transaction.add_job("scan", {"scan": "1"}).id
        job = transaction.lease_job(worker.KINDS, worker.LEASE_SECONDS)
    beat = worker._beat(town, job)
    clock.advance(seconds=50)
    beat()  # too soon
    with town.archive.read() as reading:
        assert reading.job(key).lease_until == job.lease_until
    monkeypatch.setattr(worker, "BEAT_SECONDS", -1.0)
    beat()
    with town.archive.read() as reading:
        assert reading.job(key).lease_until == clock() + timedelta(seconds=worker.LEASE_SECONDS)


def test_told_to_stop_at_the_worst_moment():
    """SIGTERM while the loop is about to wait, and holds the event's own lock: it stops, instead of hanging for ever."""
    stop, before = threading.Event(), signal.getsignal(signal.SIGTERM)
    try:
        worker.signal_stop(stop, patient=True)
        with stop._cond:
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(5)
    finally:
        signal.signal(signal.SIGTERM, before)
