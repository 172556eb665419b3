"""A host of workers only: whoever watches it sees that a worker hangs, is gone or cannot start, and the figures of that host."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from intake import packages
from service import supervisor
from service.__main__ import main
from service.custody.keeping import MOST_GB
from storage import tables
from storage.archive import WORKERS
from storage.presence import BEAT_SECONDS, last_sign
from tests.patience import until
from tests.shelf import CHILD, Clock, furnished

SECONDS = 60


class Host:
    """A running `yinzheng worker --health-port`."""

    def __init__(self, process, port, folder):
        self.process = process
        self.port = port
        self.folder = folder

    def ask(self, path):
        """The answer, or None while nobody listens."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10, trust_env=False)
        except httpx.ConnectError:
            return None

    def status(self, path="/healthz"):
        """The status of an answer, None while nobody listens."""
        answer = self.ask(path)
        return None if answer is None else answer.status_code

    def workers(self):
        """The processes that work."""
        of = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for task in of.iterdir() for pid in (task / "children").read_text().split()]

    def worker(self):
        """The first of them; None while there is none."""
        return next(iter(self.workers()), None)

    def beating(self):
        """The file of the worker that has said what it does, and that nobody else has taken the place of."""
        files = [file for file in (self.folder / WORKERS).glob("*") if file.read_text()]
        return max(files, key=lambda file: file.stat().st_mtime, default=None)


@contextmanager
def host(folder, count=1):
    """Start it, and end it as whoever runs it would."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "service", "worker", "--only", "batch", "--health-port", str(port)]
    command += ["--count", str(count)]
    with subprocess.Popen([*command, "--data", str(folder)], env=CHILD, stderr=subprocess.DEVNULL) as process:
        try:
            yield Host(process, port, folder)
        finally:
            process.terminate()
            assert process.wait(SECONDS) == 0


@pytest.fixture
def folder(tmp_path):
    furnished(tmp_path / "data", Clock()).close()
    return tmp_path / "data"


def test_a_worker_that_hangs_is_seen(folder):
    """Stopped by a signal it holds its lock and says nothing: 503 with what to do; when it goes on, 200; killed, another one comes."""
    with host(folder) as watched:
        until(lambda: watched.status() == 200 and watched.beating())
        first, file = watched.worker(), watched.beating()
        assert watched.status("/readyz") == 200
        assert main(["health", "--port", str(watched.port), "--data", str(folder)]) == 0
        os.kill(first, signal.SIGSTOP)
        long_ago = time.time() - 600
        until(lambda: Path(f"/proc/{first}/stat").read_text().split()[2] == "T")
        os.utime(file, (long_ago, long_ago))
        answer = watched.ask("/healthz")
        assert (answer.status_code, answer.json()["alive"]) == (503, False)
        assert "请" in answer.json()["faults"][0]
        assert main(["health", "--port", str(watched.port), "--data", str(folder)]) == 1
        figures = watched.ask("/metrics").text
        assert 'yinzheng_workers{kinds="copies,arrival,batch"} 1' in figures
        (silent,) = (
            line for line in figures.split("\n") if line.startswith("yinzheng_worker_silent_seconds{")
        )
        assert float(silent.split()[1]) >= 600
        assert 'yinzheng_up{part="database"} 1' in figures
        os.kill(first, signal.SIGCONT)
        until(lambda: watched.status() == 200)
        os.kill(first, signal.SIGKILL)
        until(lambda: watched.worker() not in {None, first} and watched.beating() not in {None, file})
        until(lambda: watched.status() == 200)
        last = watched.worker()
        assert watched.status("/nothing") == 404
    assert not Path(f"/proc/{last}").exists()


def test_no_step_of_a_job_is_as_long_as_a_worker_may_be_silent():
    """A package whose one file fills it gives no sign until that file is out."""
    longest = packages.SECONDS + packages.SECONDS_PER_GB * MOST_GB
    assert 1.5 * longest < supervisor.HUNG_SECONDS


def test_a_sign_is_told_by_whoever_holds_its_file(tmp_path):
    """Also when the file was removed; a process that holds none has given none, nor one that is no more."""
    with (tmp_path / "w").open("w") as held:
        os.utime(held.fileno(), (1, 2))
        assert last_sign(tmp_path, os.getpid()) == 2
        (tmp_path / "w").unlink()
        assert last_sign(tmp_path, os.getpid()) == 2
    assert last_sign(tmp_path, os.getpid()) is None
    assert last_sign(tmp_path, 2**22 + 1) is None


def attempts(archive, job_id):
    """How often a job was taken."""
    with archive.read() as reading:
        return reading.job(job_id).attempts


def test_a_worker_that_hangs_is_killed_and_its_job_goes_to_another(folder, monkeypatch):
    """Stopped by a signal with a job in hand: killed when its time is over, not before, and the job is the next one's."""
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.25)
    monkeypatch.setattr(supervisor, "HUNG_SECONDS", 20.0)
    archive = furnished(folder, Clock())
    kept = supervisor.Supervisor(folder, "batch")
    try:
        kept.start()
        until(lambda: kept.pid() and last_sign(folder / WORKERS, kept.pid()))
        first = kept.pid()
        (name,) = (file.name for file in (folder / WORKERS).iterdir() if file.read_text())
        time.sleep(supervisor.LOOK_SECONDS * 4)
        assert kept.pid() == first  # idle, it goes on
        os.kill(first, signal.SIGSTOP)
        stopped = time.monotonic()
        with archive.work() as transaction:
            transaction.add_job("batch", {"batch": 1})
            job = transaction.lease_job(["batch"], 10**8)
            transaction._do("job", tables.jobs.update().values(owner=name))
        until(lambda: kept.pid() not in {None, first})
        assert time.monotonic() - stopped >= supervisor.HUNG_SECONDS - supervisor.LOOK_SECONDS - BEAT_SECONDS
        assert not Path(f"/proc/{first}").exists()
        until(lambda: attempts(archive, job.id) > job.attempts)
    finally:
        supervisor.stop([kept])
        archive.close()


def test_several_workers_beside_one_that_answers(folder):
    """All of them are counted, and all of them end with it."""
    with host(folder, 2) as watched:
        two = 'yinzheng_workers{kinds="copies,arrival,batch"} 2'
        until(lambda: watched.status("/metrics") == 200 and two in watched.ask("/metrics").text)
        workers = watched.workers()
        assert len(workers) == 2
        assert watched.status() == 200
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_what_cannot_be_answered_is_told_before_a_worker_starts(tmp_path, capsys):
    """A port that is taken, and a count that nobody watches over."""
    folder = tmp_path / "data"
    furnished(folder, Clock()).close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["worker", "--health-port", port, "--data", str(folder)]) == 1
    assert "请换一个 --health-port" in capsys.readouterr().err
    assert main(["worker", "--count", "2", "--data", str(folder)]) == 1
    assert "--health-port" in capsys.readouterr().err
