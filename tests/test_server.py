"""A server as the place of the rows: how it is prepared, who may work on it, and what is said when it is away."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from service.app import faults
from storage import postgresql
from storage.archive import Archive
from storage.database import Rows, login_of, prepare
from storage.errors import NotPrepared, StorageError, StoreAway, StoreFull
from storage.objects.place import Place
from storage.postgresql import translate
from tests.postgresql import OWNER, SERVICE, started
from tests.shelf import CHILD, FORM, SCHOOL, Clock, block, furnished, serial


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def test_only_a_prepared_database_is_opened(folder, server):
    """Nothing is made by the service's own login: it says what to run, and no more of the address than that."""
    name = server.create()
    with pytest.raises(NotPrepared, match="yinzheng upgrade") as caught:
        Archive.open(folder, Clock(), server.url(SERVICE, name))
    assert "127.0.0.1" not in caught.value.message_zh
    prepare(server.url(OWNER, name), SERVICE)
    Archive.open(folder, Clock(), server.url(SERVICE, name)).close()
    server.drop(name)


@pytest.mark.parametrize("login", ["postgres", OWNER])
def test_a_login_that_no_policy_holds_is_refused(folder, server, prepared, login):
    """Superusers and the tables' owner are not held to row level security, so the service does not work as one."""
    with pytest.raises(NotPrepared, match="行级权限"):
        Archive.open(folder, Clock(), server.url(login, prepared))


@pytest.mark.parametrize(
    "how",
    ["ENCODING 'SQL_ASCII'", "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'zh'"],
    ids=["bytes", "pinyin"],
)
def test_a_database_that_sorts_by_a_language_is_refused(server, how):
    """Texts must sort by their code points, as SQLite sorts them, or two installations would list in two orders."""
    server.run(f"CREATE DATABASE sorted OWNER {OWNER} TEMPLATE template0 {how} LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(NotPrepared, match="UTF8"):
        prepare(server.url(OWNER, "sorted"), SERVICE)
    server.drop("sorted")


@pytest.mark.parametrize("url", ["postgresql://nobody", "http://x@y/z", "postgresql://a:b@h:none/x"])
def test_what_is_no_address_is_not_prepared(url):
    """A wrong address is told without repeating it: it may hold a password."""
    with pytest.raises(StorageError) as caught:
        login_of(url) and Rows(url, None).make_ready()
    assert url not in caught.value.message_zh


def test_two_who_prepare_at_once(server):
    """The second waits, and finds everything made."""
    name = server.create()
    with ThreadPoolExecutor(3) as pool:
        done = [pool.submit(prepare, server.url(OWNER, name), SERVICE) for _ in range(3)]
        assert [one.result() for one in done] == [None] * 3
    server.drop(name)


def test_a_server_that_goes_away_is_told_and_comes_back(folder):
    """Stopped: 503 and /readyz names the database. Started again: the next request works, nobody restarts anything."""
    with started() as own:
        name = own.create()
        prepare(own.url(OWNER, name), SERVICE)
        archive = furnished(folder, Clock(), own.url(SERVICE, name))
        block(archive)
        own.run(f"ALTER DATABASE {name} CONNECTION LIMIT 0", f"ALTER ROLE {SERVICE} CONNECTION LIMIT 0")
        own.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'yinzheng'")
        for attempt in (archive.probe, lambda: _take(archive)):
            with pytest.raises(StoreAway, match="PostgreSQL"):
                attempt()
        told = faults(archive, _Ready(), lambda: None)
        assert any("档案库暂时无法访问（PostgreSQL" in line for line in told)
        own.run(f"ALTER DATABASE {name} CONNECTION LIMIT -1", f"ALTER ROLE {SERVICE} CONNECTION LIMIT -1")
        archive.probe()
        assert _take(archive).seq == 1
        archive.close()


class _Ready:
    """A converter that is ready."""

    def ready(self):
        return True


def _take(archive):
    with archive.begin() as transaction:
        return transaction.take_number(FORM, [SCHOOL], 2026, serial(1))


def test_a_server_that_is_killed_forgets_nothing_it_answered(folder):
    """kill -9 of the server between two numbers: what was committed is there when it comes up again, nothing else."""
    with started(durable=True) as own:
        name = own.create()
        prepare(own.url(OWNER, name), SERVICE)
        archive = furnished(folder, Clock(), own.url(SERVICE, name))
        block(archive)
        taken = []
        for place in range(6):
            with archive.begin() as transaction:
                taken.append(transaction.take_number(FORM, [SCHOOL], 2026, serial(place)).number)

        def interrupted(transaction):
            transaction.take_number(FORM, [SCHOOL], 2026, "lost")
            own.kill()
            transaction.take_number(FORM, [SCHOOL], 2026, "never")

        with pytest.raises(StoreAway), archive.begin() as transaction:
            interrupted(transaction)
        own.start()
        with archive.read() as reading:
            assert [row.number for row in reading.numbers(1)] == taken
            assert reading.next_seqs() == {1: 7}
        archive.close()


def test_a_statement_that_runs_too_long_is_ended(folder, on_server, monkeypatch):
    """It is StoreAway, and the connection goes on working."""
    monkeypatch.setattr(postgresql, "STATEMENT_SECONDS", 2)
    archive = furnished(folder, Clock(), on_server)
    with pytest.raises(StoreAway, match="57014"), archive.read() as reading:
        reading._first("row", postgresql.text("SELECT pg_sleep(30)"))
    archive.probe()
    archive.close()


def test_a_writer_that_is_cut_off_lets_go_of_the_others(folder, on_server, monkeypatch):
    """Its machine may be gone for good: the server ends what was begun and never went on."""
    monkeypatch.setattr(postgresql, "WRITER_IDLE_SECONDS", 2)
    archive = furnished(folder, Clock(), on_server)

    def rest(transaction):
        archive.probe()
        transaction.add_job("scan", {})

    with pytest.raises(StoreAway), archive.begin() as transaction:
        rest(transaction)
    archive.close()


def test_a_host_whose_clock_is_wrong_says_so(folder, on_server, monkeypatch):
    """It is not ready, by how much and which way; a file on this machine has no other clock."""
    archive = furnished(folder, Clock(), on_server)
    assert abs(archive.skew()) < 2
    assert not [line for line in faults(archive, _Ready(), lambda: None) if "时钟" in line]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 90)
    (told,) = [line for line in faults(archive, _Ready(), lambda: None) if "时钟" in line]
    assert "慢 90 秒，请校准" in told
    archive.close()
    alone = Archive.open(folder.parent / "alone", Clock())
    assert alone.skew() == 0.0
    alone.close()


def test_what_is_away_does_not_answer(folder, on_server):
    """A worker's health check asks both, and proves no lock."""
    place = Place("http://127.0.0.1:9", "nowhere", "a", "s")
    archive = furnished(folder, Clock(), on_server, place)
    with pytest.raises(StoreAway):
        archive.answers()
    archive.close()
    archive = Archive.open(folder, Clock(), on_server)
    archive.answers()
    archive.close()


def test_no_room_on_the_servers_disk():
    """It is the same 507 as a full disk here."""
    error = psycopg.errors.DiskFull("no room")
    assert isinstance(translate(error, "row"), StoreFull)


def test_the_command_prepares_and_says_so(folder, server):
    """yinzheng upgrade, with the owner's address in the environment; without it the setting is named."""
    name = server.create()
    environment = {**CHILD, "YINZHENG_DATABASE": server.url(SERVICE, name)}
    command = [sys.executable, "-m", "service", "upgrade", "--data", str(folder)]
    without = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (without.returncode, "YINZHENG_DATABASE_OWNER" in without.stderr) == (2, True)
    environment["YINZHENG_DATABASE_OWNER"] = server.url(OWNER, name)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    Archive.open(folder, Clock(), server.url(SERVICE, name)).close()
    server.drop(name)
