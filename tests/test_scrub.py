"""The scrub reads every object, names what is wrong, repairs it from the second copy, and goes on after a kill."""

import json
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from service.__main__ import main
from service.access import Role, Who
from service.app import build
from service.errors import Problem
from service.fixity import report
from service.settings import Settings
from service.web.http import create
from storage import duty
from storage.archive import MOST_SKEW, OBJECTS, Archive
from storage.errors import StoreAway
from storage.jobs import MAX_ATTEMPTS
from storage.objects.folder import Folder
from storage.objects.place import Place
from storage.scrub import LEAST_PAUSE, MOST_PAUSE, ROUND, STATE, Progress, lacking
from tests.served import served
from tests.shelf import Clock, block, furnished, issue
from tests.stores.liar import served as stored


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock):
    """Twenty documents on their shelf, a second copy in another folder."""
    opened = Archive.open(tmp_path / "data", clock, copy=tmp_path / "copy")
    furnished(tmp_path / "data", clock).close()
    block(opened)
    for place in range(6):
        issue(opened, place)
    yield opened
    opened.close()


@pytest.fixture
def copy(tmp_path, archive):
    return Folder(tmp_path / "copy")


def file_of(folder, name):
    return folder / name[:2] / name[2:4] / name


def spoil(folder, name, data=b"other bytes"):
    file_of(folder, name).chmod(0o644)
    file_of(folder, name).write_bytes(data)


def found(archive):
    return {(one.name, one.kind, one.repaired is not None) for one in archive.scrub.progress().findings}


def test_a_round_reads_everything_and_fills_the_copy(archive, copy):
    """Nothing is wrong: every object is read once, and the second copy holds each of them."""
    names = list(archive.objects.names())
    told = archive.scrub.whole()
    assert (told.last_seen, told.copied, told.findings) == (len(names), len(names), [])
    assert list(copy.names()) == names
    assert archive.scrub.whole().copied == 0


def test_every_damaged_and_lost_object_is_named_and_repaired(archive, copy, tmp_path):
    """Flipped, emptied and deleted files of either store come back from the other, and the report says which."""
    archive.scrub.whole()
    names = list(archive.objects.names())
    objects = tmp_path / "data" / OBJECTS
    spoil(objects, names[0])
    spoil(objects, names[1], b"")
    file_of(objects, names[2]).unlink()
    spoil(tmp_path / "copy", names[3])
    whole = {name: archive.objects.get(name) for name in names[3:]}
    archive.scrub.whole()
    assert found(archive) == {
        (names[0], "damaged", True),
        (names[1], "damaged", True),
        (names[2], "missing", True),
        (names[3], "copy_damaged", True),
    }
    assert {name: archive.objects.get(name) for name in names[3:]} == whole
    assert all(archive.objects.get(name) == copy.get(name) for name in names)
    archive.scrub.whole()
    assert found(archive) == set()


def test_without_a_whole_copy_it_stays_open_until_it_is_put_right(tmp_path, clock):
    """What cannot be repaired is named in every round, since when, until somebody brings it back."""
    archive = furnished(tmp_path / "data", clock)
    block(archive)
    made = issue(archive, 0)
    data = archive.objects.get(made.pdf)
    spoil(tmp_path / "data" / OBJECTS, made.pdf)
    for _ in range(2):
        archive.scrub.whole()
        clock.forward(days=1)
    (finding,) = archive.scrub.progress().findings
    assert (finding.name, finding.kind, finding.repaired) == (made.pdf, "damaged", None)
    assert finding.at.startswith("2026-07-01T08:00")
    archive.objects.restore(made.pdf, data)
    archive.scrub.whole()
    assert archive.scrub.progress().findings == []
    archive.close()


def test_a_copy_that_is_damaged_too_repairs_nothing(archive, tmp_path):
    """Bytes that are not the object's are never written over anything."""
    archive.scrub.whole()
    name = next(archive.objects.names())
    for folder in (tmp_path / "data" / OBJECTS, tmp_path / "copy"):
        spoil(folder, name)
    archive.scrub.whole()
    assert found(archive) == {(name, "damaged", False), (name, "copy_damaged", False)}
    assert file_of(tmp_path / "data" / OBJECTS, name).read_bytes() == b"other bytes"


def test_a_stranger_is_named_and_left_alone(archive, tmp_path):
    """A file that is no object of ours is told, as harmless."""
    stranger = tmp_path / "data" / OBJECTS / "note.txt"
    stranger.write_text("hello")
    archive.scrub.whole()
    assert found(archive) == {("note.txt", "foreign", False)}
    assert stranger.exists()


def test_it_goes_on_after_a_restart(archive, tmp_path, clock):
    """The next process begins after the last object that was examined; each is read once in the round."""
    total = len(list(archive.objects.names()))
    assert not archive.scrub.step(5)
    archive.close()
    again = Archive.open(tmp_path / "data", clock, copy=tmp_path / "copy")
    read = []
    get = again.objects.get
    again.objects.get = lambda name: read.append(name) or get(name)
    told = again.scrub.whole()
    assert told.last_seen == total
    assert len(read) == total - 5
    assert not set(read) & set(list(again.objects.names())[:5])
    again.close()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"began": "2026-07-01T08:00:00+00:00", "findings": [1]}'])
def test_a_broken_note_begins_a_new_round(archive, tmp_path, text):
    """Nobody's disk full or edit stops the scrub."""
    (tmp_path / "data" / STATE).write_text(text)
    archive.scrub.whole()
    assert json.loads((tmp_path / "data" / STATE).read_text())["last_seen"] > 0


def test_a_store_that_is_away_is_no_finding(archive, monkeypatch):
    """The scrub stops where it is and goes on there; nothing is called damaged, nothing overwritten."""
    archive.scrub.step(3)
    away = StoreAway("MaxRetryError")

    def fail(*_arguments):
        raise away

    with monkeypatch.context() as patch:
        for call in ("get", "probe"):
            patch.setattr(archive.objects, call, fail)
        with pytest.raises(StoreAway):
            archive.scrub.step(3)
    progress = archive.scrub.progress()
    assert (progress.seen, progress.findings) == (3, [])
    archive.scrub.whole()
    assert archive.scrub.progress().findings == []


def test_a_bad_place_on_a_disk_is_one_object(archive, copy, monkeypatch):
    """Where only one file cannot be read, it is named and written anew."""
    archive.scrub.whole()
    name = next(archive.objects.names())
    get, failing = archive.objects.get, iter(range(1))

    def get_failing_once(wanted):
        if wanted == name and next(failing, None) is not None:
            raise StoreAway("EIO")
        return get(wanted)

    monkeypatch.setattr(archive.objects, "get", get_failing_once)
    archive.scrub.whole()
    assert found(archive) == {(name, "unreadable", True)}


def test_the_pace_spreads_a_round_and_never_hurries(archive, clock):
    """A month's round, at most twenty objects a second; what was lost while the machine was off is caught up."""
    began = clock().isoformat()
    million = Progress(began=began, total=1_000_000)
    assert archive.scrub.pause(million) == pytest.approx(ROUND.total_seconds() / 1_000_000)
    assert archive.scrub.pause(Progress(began=began, total=10)) == MOST_PAUSE
    assert archive.scrub.pause(Progress(began=began, total=10**9)) == LEAST_PAUSE
    clock.forward(days=20)
    assert archive.scrub.pause(million) == pytest.approx(timedelta(days=5).total_seconds() / 1_000_000)
    assert not archive.scrub.late(million)
    clock.forward(days=41)
    assert archive.scrub.late(million)


def test_one_process_at_a_time_works(archive, tmp_path, clock):
    """Of two services on one folder one scrubs; when it ends, the other may."""
    stop, looked = threading.Event(), []

    def pause(progress):
        looked.append(progress.seen)
        return 0.01

    first = threading.Thread(target=archive.scrub.run, args=(stop,), kwargs={"pause": pause})
    first.start()
    while len(looked) < 3:
        time.sleep(0.01)
    other, idle, ended = Archive.open(tmp_path / "data", clock), [], threading.Event()
    second = threading.Thread(target=other.scrub.run, args=(ended,), kwargs={"pause": idle.append})
    second.start()
    time.sleep(0.3)
    ended.set()
    stop.set()
    first.join()
    second.join()
    assert idle == []
    other.close()


def test_one_host_at_a_time_reads_a_bucket(tmp_path, on_server, monkeypatch):
    """Of two hosts with folders of their own one scrubs, both tell how far it is, and the other goes on there when it ends."""
    monkeypatch.setattr(duty, "NOTED_SECONDS", 0.0)
    clock = Clock()
    clock.moment = datetime.now(UTC)  # the store's own clock is the machine's
    with stored() as (address, _), ExitStack() as opened:
        hosts = [
            furnished(tmp_path / name, clock, on_server, Place(address, "archive", "a", "s"))
            for name in ("one", "two")
        ]
        for one in hosts:
            opened.callback(one.close)
        hosts[0].objects.admit()
        block(hosts[0])
        for place in range(3):
            issue(hosts[0], place)
        names = list(hosts[0].objects.names())
        half = len(names) // 2
        first, last = watching(hosts[0], half), watching(hosts[1], len(names) + 2)
        first.start()
        until(lambda: hosts[0].scrub.duty.held)
        other = threading.Event()
        idle = threading.Thread(target=hosts[1].scrub.run, args=(other,))
        idle.start()
        first.thread.join()
        assert not hosts[1].scrub.duty.held
        other.set()
        idle.join()
        assert first.looked[-1] == half
        assert [one.scrub.progress().seen for one in hosts] == [half, half]
        last.start()
        last.thread.join()
        assert last.looked[0] == half + 1
        assert last.looked[: len(names) - half] == list(range(half + 1, len(names) + 1))
        assert hosts[0].scrub.progress().last_seen == len(names)
        monkeypatch.setattr(duty, "RENEWED_SECONDS", 0.0)
        cut_off(hosts, clock)
        clock_wrong(hosts, clock, monkeypatch)


def clock_wrong(hosts, clock, monkeypatch):
    """A host whose clock is wrong lets go of the turn, and takes neither it nor a job of anybody else."""
    one, two = hosts
    with one.begin() as transaction:
        transaction.add_job("x", {})
    with one.work() as transaction:
        job = transaction.lease_job(["x"], 60)
    clock.forward(seconds=duty.LEASE_SECONDS + 1)
    with monkeypatch.context() as patch:
        patch.setattr(two, "skew", lambda: MOST_SKEW + 1)
        assert not two.scrub.duty.take()
        with one.read() as reading:
            assert reading.job(job.id).state == "running"
    assert two.scrub.duty.take()
    monkeypatch.setattr(two, "skew", lambda: MOST_SKEW + 1)
    assert not two.scrub.duty.take()
    assert not two.scrub.duty.held


def cut_off(hosts, clock):
    """Whoever has the turn and is heard of no more loses it after the lease, however often that happens."""
    one, two = (host.scrub.duty for host in hosts)
    for _ in range(MAX_ATTEMPTS + 1):
        assert one.take()
        assert not two.take()
        clock.forward(seconds=duty.LEASE_SECONDS + 1)
        assert two.take()
        assert not one.take()
        clock.forward(seconds=duty.LEASE_SECONDS + 1)
    assert one.take()


class watching:  # noqa: N801
    """A scrub that runs until it has looked at so many objects, and what it told meanwhile."""

    def __init__(self, archive, most):
        self.looked, self.stop, self.most = [], threading.Event(), most
        self.thread = threading.Thread(
            target=archive.scrub.run, args=(self.stop,), kwargs={"pause": self.pause}
        )

    def start(self):
        """Begin."""
        self.thread.start()

    def pause(self, progress):
        """Note how far it is."""
        self.looked.append(progress.seen)
        if len(self.looked) >= self.most:
            self.stop.set()
        return 0.05


def until(met):
    """Wait for something."""
    end = time.monotonic() + 20
    while not met():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_a_copy_lacks_is_found_by_names_alone(archive, copy, tmp_path):
    """An hourly look brings over what is new; strangers on either side do not confuse it."""
    archive.scrub.fill()
    fresh = archive.objects.put(b"fresh")
    (tmp_path / "copy" / "aa").mkdir(exist_ok=True)
    (tmp_path / "copy" / "aa" / "note.txt").write_text("hello")
    (tmp_path / "data" / OBJECTS / "zz.txt").write_text("hello")
    assert list(lacking(archive.objects, copy)) == [fresh]
    assert archive.scrub.fill() == 1
    assert copy.get(fresh) == b"fresh"


def test_the_command_names_what_is_wrong_and_ends_with_1(archive, tmp_path, monkeypatch, capsys):
    """0 when all is right or was put right, 1 while something is not."""
    monkeypatch.setenv("YINZHENG_COPY", str(tmp_path / "copy"))
    data = ["--data", str(tmp_path / "data")]
    assert main(["scrub", *data]) == 0
    name = next(archive.objects.names())
    spoil(tmp_path / "data" / OBJECTS, name)
    assert main(["scrub", *data]) == 0
    assert f"已修复  damaged  {name}" in capsys.readouterr().out
    for folder in (tmp_path / "data" / OBJECTS, tmp_path / "copy"):
        spoil(folder, name)
    assert main(["scrub", "--anew", *data]) == 1
    assert f"错误  damaged  {name}" in capsys.readouterr().out
    assert main(["scrub", "--data", str(tmp_path / "nothing")]) != 0


def test_an_auditor_sees_the_report_and_a_registrar_does_not(tmp_path):
    """Progress, promise and findings over HTTP and as figures; files by their hash, nobody by name."""
    office, close = build(Settings(data=tmp_path / "data", copy=str(tmp_path / "copy")), printing=False)
    try:
        name = office.archive.objects.put(b"paper")
        spoil(tmp_path / "data" / OBJECTS, name)
        office.archive.scrub.whole()
        told = report(office, Who(Role.AUDITOR, "140400", "d"))
        assert (told["open"], told["late"], told["second_copy"], told["promised_days"]) == (
            1,
            False,
            True,
            30,
        )
        (finding,) = told["findings"]
        assert (finding["name"], finding["kind"], finding["open"]) == (name, "damaged", True)
        with pytest.raises(Problem) as caught:
            report(office, Who(Role.REGISTRAR, "3114000123", "d"))
        assert caught.value.code == "role_not_allowed"
        with served(create(office)) as base, httpx.Client(base_url=base, trust_env=False) as client:
            assert client.get("/v1/fixity").status_code == 401
            assert 'yinzheng_scrub_objects{state="open"} 1' in client.get("/metrics").text
    finally:
        close()
