"""A lock is proved, not believed: every promise that a store breaks is found, and such a store takes nothing."""

import contextlib
import io
import secrets
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import httpx
import pytest
from PIL import Image

from service.app import build
from service.register import make_token
from service.settings import Settings
from service.web.http import create
from storage.archive import Archive
from storage.errors import LockNotHeld, StoreAway
from storage.objects import bucket as buckets
from storage.objects.bucket import Bucket, moment
from storage.objects.canary import BROKEN, PREFIX, broken
from storage.objects.locked import Locked
from storage.objects.place import Place
from storage.objects.term import LAST, due, term
from tests.conftest import CITY, SCHOOL, as_role, settle
from tests.served import served
from tests.shelf import Clock
from tests.stores import liar


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """No test waits for a store as long as a service does."""
    monkeypatch.setattr(buckets, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(buckets, "BACKOFF_SECONDS", 0.01)


def now():
    return datetime.now(UTC)


@contextlib.contextmanager
def lying(*breaks, clock=now):
    with liar.served(*breaks) as (address, store):
        yield Locked(Bucket(Place(address, "archive", "a", "s")), clock), store


def test_a_store_that_holds_is_believed():
    """The store of these tests keeps every promise unless it is told otherwise: nothing is found, and it takes files."""
    with lying() as (objects, store):
        assert broken(objects._bucket, now()) == []
        name = objects.put(b"paper")
        assert objects.get(name) == b"paper"
        assert store.puts[-1] == name


@pytest.mark.parametrize("promise", sorted(BROKEN))
def test_every_broken_promise_is_found_and_the_store_takes_nothing(promise):
    """One promise broken behind a 200 is named, and no archive file goes there, alone or with many."""
    with lying(promise) as (objects, store):
        for put in (lambda: objects.put(b"paper"), lambda: objects.put_many([b"one", b"two"]), objects.probe):
            with pytest.raises(LockNotHeld) as caught:
                put()
            assert promise in caught.value.broken
            assert BROKEN[promise] in caught.value.message_zh
        assert all(key.startswith(PREFIX) for key in store.puts)


def test_a_liar_about_everything_keeps_the_versions_on():
    """What the canary tried on a store that let it is put back."""
    with lying(*(set(BROKEN) - {"not_versioned", "nothing_deleted"})) as (objects, store):
        with pytest.raises(LockNotHeld):
            objects.put(b"paper")
        assert store.versioned


def test_a_lock_that_is_not_there_after_a_put_is_noticed():
    """A store that held its canary and forgets the lock of a file is refused from then on."""
    with lying() as (objects, store):
        objects.probe()
        store.breaks = frozenset({"not_told"})
        for data in (b"paper", b"other"):
            with pytest.raises(LockNotHeld):
                objects.put(data)
        assert store.puts.count(sha256(b"other").hexdigest()) == 0


def test_another_writer_of_the_same_bytes_takes_no_lock_away():
    """Where its lock went to the other's version it is asked for again; a store that does not give it then is refused."""
    with lying() as (objects, store):
        store.crossed = sha256(b"paper").hexdigest()
        assert objects.put(b"paper") == store.crossed
        versions = store.keys[store.crossed]
        assert len(versions) == 2
        assert {(one.mode, one.hold) for one in versions} == {("COMPLIANCE", "ON")}
        assert all(moment(one.until) == moment(versions[0].until) for one in versions)
        objects.probe()
        store.crossed, store.breaks = sha256(b"other").hexdigest(), frozenset({"not_told"})
        with pytest.raises(LockNotHeld):
            objects.put(b"other")


def test_the_lock_is_proved_daily_and_a_liar_that_was_cured_is_believed():
    """A day after the proof it is done again; a refused store is tried again after a minute."""
    clock = Clock()
    clock.moment = now()
    with lying(clock=clock) as (objects, store):
        objects.put(b"one")
        store.breaks = frozenset({"suspended"})
        objects.put(b"two")
        clock.forward(hours=25)
        with pytest.raises(LockNotHeld):
            objects.put(b"three")
        store.breaks = frozenset()
        with pytest.raises(LockNotHeld):
            objects.put(b"three")
        clock.forward(minutes=2)
        objects.put(b"three")


def test_canaries_of_earlier_days_are_swept():
    """Their lock is over: only the yearly one and those of today stay."""
    with lying() as (objects, store):
        assert broken(objects._bucket, now()) == []
        for kept in store.keys[f"{PREFIX}retention"]:
            kept.until, kept.at = "2020-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"
        assert broken(objects._bucket, now()) == []
        assert len(store.keys[f"{PREFIX}retention"]) == 2
        assert len(store.keys[f"{PREFIX}far-{now().year}"]) == 1


def test_an_ill_store_is_away_and_recovers_alone():
    """5xx is tried twice and then told; the next caller hears at once; when the store is well, so are we."""
    with lying() as (objects, store):
        objects.put(b"paper")
        store.ill = True
        with pytest.raises(StoreAway):
            objects.put(b"other")
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises(StoreAway):
                objects.get(sha256(b"paper").hexdigest())
        assert time.monotonic() - began < 0.5
        store.ill = False
        time.sleep(1.05)
        assert objects.get(objects.put(b"other")) == b"other"


def test_a_store_that_is_not_there_lets_the_archive_open(tmp_path):
    """The service starts without its store, and says that it is away."""
    archive = Archive.open(tmp_path, Clock(), place=Place("http://127.0.0.1:1", "archive", "a", "s"))
    try:
        with pytest.raises(StoreAway) as caught:
            archive.probe()
        assert caught.value.cause == "NewConnectionError"
        assert "请" in caught.value.message_zh
    finally:
        archive.close()


def test_a_term_is_years_ahead_and_never_wraps():
    """Thirty years, renewed when one is over, and never beyond what 32 bits of seconds count."""
    day = datetime(2026, 7, 1, tzinfo=UTC)
    assert term(day) - day == timedelta(days=30 * 365)
    assert not due(term(day), day + timedelta(days=364))
    assert due(term(day), day + timedelta(days=366))
    assert due(None, day)
    late = datetime(2080, 1, 1, tzinfo=UTC)
    assert term(late) == LAST
    assert LAST.timestamp() < 2**32
    assert not due(LAST, late)


@pytest.mark.parametrize(
    "text", ["2026-11-30T13:23:43Z", "2026-11-30T13:23:43.547Z", "2026-11-30T13:23:43.547000000Z"]
)
def test_every_stores_dates_are_read(text):
    """To the second, however many digits follow; anything else is no moment."""
    assert moment(text) == datetime(2026, 11, 30, 13, 23, 43, tzinfo=UTC)
    for wrong in ("", "yesterday", text[:-1], text + "x"):
        with pytest.raises(ValueError, match="no moment"):
            moment(wrong)


@contextlib.contextmanager
def desk(folder, address):
    """A served office whose files lie in a bucket, and a registrar's client."""
    place = {"objects": "s3://archive", "objects_endpoint": address}
    keys = {"objects_access_key": "a", "objects_secret_key": "s"}
    office, close = build(Settings(data=folder, **place, **keys), printing=False)
    try:
        settle(office, as_role("city", CITY))
        token = make_token(office.archive, secrets.token_bytes, "registrar", SCHOOL)
        headers = {"Authorization": f"Bearer {token}"}
        with (
            served(create(office)) as base,
            httpx.Client(base_url=base, headers=headers, trust_env=False) as client,
        ):
            yield client
    finally:
        close()


def brought(client):
    data = io.BytesIO()
    Image.frombytes("L", (200, 200), secrets.token_bytes(200 * 200)).save(data, "PNG")
    return client.post("/v1/scans", files={"file": ("scan.png", data.getvalue())})


def test_a_service_on_a_lying_store_is_not_ready_and_takes_nothing(tmp_path):
    """/readyz names the store and the promise; an upload is answered 503 and not kept anywhere."""
    with liar.served("shortened") as (address, store), desk(tmp_path, address) as client:
        ready = client.get("/readyz")
        assert ready.status_code == 503
        (fault,) = [fault for fault in ready.json()["faults"] if "s3://archive" in fault]
        assert address in fault
        assert BROKEN["shortened"] in fault
        problem = brought(client)
        assert (problem.status_code, problem.json()["code"]) == (503, "lock_not_held")
        assert "请" in problem.json()["detail"]
        assert all(key.startswith(PREFIX) for key in store.puts)
        assert client.get("/v1/scans").json()["scans"] == []


def test_a_service_whose_store_goes_away_says_so_and_recovers_alone(tmp_path):
    """What needs the store meanwhile is answered 503 with a time to come back, an upload is taken in; no restart is needed."""
    with liar.served() as (address, store), desk(tmp_path, address) as client:
        first = brought(client).raise_for_status().json()["id"]
        store.ill = True
        problem = client.get(f"/v1/scans/{first}/original")
        assert (problem.status_code, problem.json()["code"]) == (503, "store_away")
        assert int(problem.headers["Retry-After"]) > 0
        assert "请稍后重试" in problem.json()["detail"]
        second = brought(client).raise_for_status().json()["id"]
        assert client.get(f"/v1/scans/{second}/original").status_code == 200
        assert any("档案库暂时无法访问" in fault for fault in client.get("/readyz").json()["faults"])
        store.ill = False
        time.sleep(1.1)
        assert client.get(f"/v1/scans/{first}/original").status_code == 200
        assert brought(client).status_code == 202
        assert not any("档案库" in fault for fault in client.get("/readyz").json()["faults"])
        assert len(client.get("/v1/scans").json()["scans"]) == 3
