"""Told to stop, a process loses nothing: requests under way are answered, jobs ended or given back, others take over."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace

import httpx
import pytest

from service import receive, worker
from storage.archive import Archive
from storage.check import HARMLESS, check
from tests.conftest import CITY, COUNTY, DIPLOMA, SCHOOL, STUDENT, UNITS, diploma_block
from tests.proxy import Proxy
from tests.shelf import CHILD, Clock
from tests.test_cli import ready, until
from tests.test_verify import png

DRAIN, GRACE = 2, 8
SECONDS = 90


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Services:
    """Service processes on one data folder, each on a port of its own."""

    def __init__(self, folder, log):
        self.folder = folder
        self.ports = [free_port(), free_port()]
        self.children = {}
        self._log = log

    def start(self, port):
        """Start the one on a port; it comes up in the background."""
        command = [sys.executable, "-m", "service", "serve", "--port", str(port), "--data", str(self.folder)]
        settings = {"YINZHENG_DRAIN": str(DRAIN), "YINZHENG_GRACE": str(GRACE), "YINZHENG_WORKERS": "1"}
        environment = {**CHILD, **settings}
        self.children[port] = subprocess.Popen(command, stdout=self._log, stderr=self._log, env=environment)

    def end(self):
        """Kill what is still there."""
        for child in self.children.values():
            child.kill()
            child.wait(10)


@pytest.fixture
def services(tmp_path):
    with (tmp_path / "log").open("wb") as log:
        running = Services(tmp_path / "data", log)
        yield running
        running.end()


def bureau(folder):
    """A token for the city on a fresh folder."""
    command = [sys.executable, "-m", "service", "token", "create", "--role", "city", "--org", CITY]
    made = subprocess.run(
        [*command, "--data", str(folder)], capture_output=True, text=True, check=True, env=CHILD
    )
    return made.stdout.strip()


def settle(client):
    """Register units, a student and numbers over HTTP; gives the code of a first diploma."""
    for code in (CITY, COUNTY, SCHOOL):
        client.put(f"/v1/organizations/{code}", json=UNITS[code]).raise_for_status()
    student = {
        "name": "文勇俊",
        "sex": "1",
        "birth_date": "2011-04-12",
        "id_type": "1",
        "id_number": STUDENT[1:],
    }
    student |= {"ethnic": "01", "school": SCHOOL, "grade": "J3", "class_no": "6"}
    client.put(f"/v1/students/{STUDENT}", json=student).raise_for_status()
    client.post("/v1/number-blocks", json=diploma_block()).raise_for_status()
    body = {"form": "diploma_junior", "student": STUDENT, "data": DIPLOMA}
    return client.post("/v1/documents", json=body).raise_for_status().json()["verify_url"]


class Load:
    """Callers that ask without a pause, each on connections that are kept; every answer that is no success is noted."""

    def __init__(self, base, token, code):
        self._base, self._token, self._code = base, token, code
        self.counts, self.failed, self.scans = Counter(), [], []
        self._over = threading.Event()
        works = (self._verify, self._verify, self._write, self._scan, self._wait)
        self._threads = [threading.Thread(target=self._keep, args=(work,)) for work in works]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(SECONDS)

    def _keep(self, work):
        headers = {"Authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._base, headers=headers, timeout=60, trust_env=False) as client:
            while not self._over.wait(0.02):
                try:
                    answer = work(client)
                    good = answer.is_success
                    said = f"{answer.status_code} {answer.text[:200]}"
                except httpx.HTTPError as error:
                    good, said = False, repr(error)
                self.counts[work.__name__] += 1
                if not good:
                    self.failed.append((work.__name__, said))

    def _verify(self, client):
        return client.post("/v1/verifications", json={"qr": self._code})

    def _write(self, client):
        return client.put(f"/v1/organizations/{COUNTY}", json=UNITS[COUNTY])

    def _scan(self, client):
        time.sleep(1.5)
        answer = client.post("/v1/scans", files={"file": ("a.png", png("https://example.com"), "image/png")})
        if answer.is_success:
            self.scans.append(answer.json()["id"])
        return answer

    def _wait(self, client):
        """Follow a scan by long poll, as a page does."""
        last = self.scans[-1] if self.scans else None
        return client.get("/healthz" if last is None else f"/v1/scans/{last}?wait=20")


def test_a_rolling_restart_fails_no_request(services, tmp_path):
    """Two services behind a proxy, one stopped and started after the other under load: 0 failed requests."""
    token = bureau(services.folder)
    for port in services.ports:
        services.start(port)
    for port in services.ports:
        until(lambda port=port: ready(port))
    with Proxy(services.ports) as proxy:
        until(lambda: len(proxy.ready) == 2)
        base = f"http://127.0.0.1:{proxy.port}"
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            code = settle(client)
        with Load(base, token, code) as load:
            time.sleep(1)
            for port in services.ports:
                old = services.children[port]
                old.send_signal(signal.SIGTERM)
                assert old.wait(SECONDS) == 0
                before = load.counts.total()
                services.start(port)
                until(lambda port=port: port in proxy.ready)
                assert load.counts.total() > before  # the other one answered meanwhile
        assert load.failed == []
        assert all(load.counts[work] > 1 for work in ("_verify", "_write", "_scan", "_wait"))
        assert all(proxy.passed.values())
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
            states = {client.get(f"/v1/scans/{scan}?wait=60").json()["state"] for scan in load.scans}
        assert states == {"done"}
    services.end()
    archive = Archive.open(services.folder, Clock())
    assert [fault for fault in check(archive) if fault.code not in HARMLESS] == []
    archive.close()
    assert b"Traceback" not in (tmp_path / "log").read_bytes()


def test_a_job_is_given_back_when_the_grace_is_over(town, registrar, monkeypatch):
    """The attempt does not count; the next worker takes it at once."""
    receive.accept(town, registrar, png("https://example.com"), None)
    stop, hold, within, ended = threading.Event(), worker.Hold(), threading.Event(), threading.Event()
    proceed = threading.Event()

    def slow(*_arguments):
        within.set()
        proceed.wait(20)

    monkeypatch.setattr(worker, "WORKS", {**worker.WORKS, worker.SCAN: slow})
    monkeypatch.setattr(worker.os, "_exit", lambda status: ended.set() if status == 0 else None)
    worker.end_in_time(replace(town, settings=replace(town.settings, grace=0)), hold, stop)
    thread = threading.Thread(target=worker.run, args=(town, stop, worker.KINDS, hold))
    thread.start()
    try:
        assert within.wait(10)
        with town.archive.read() as reading:
            (job,) = reading.open_jobs(worker.SCAN)
        assert (job.state, job.attempts) == ("running", 1)
        stop.set()
        assert ended.wait(10)
        with town.archive.read() as reading:
            (job,) = reading.open_jobs(worker.SCAN)
        assert (job.state, job.attempts) == ("waiting", 0)
    finally:
        proceed.set()
        thread.join(20)


def test_a_worker_told_to_stop_takes_no_new_job(town, registrar):
    """What waits is left to others."""
    scan = receive.accept(town, registrar, png("https://example.com"), None)
    stop = threading.Event()
    stop.set()
    worker.run(town, stop)
    assert receive.result(town, registrar, scan)["state"] == "waiting"


def test_a_worker_process_ends_its_job_and_then_itself(tmp_path):
    """`yinzheng worker` ends with 0 soon after SIGTERM."""
    command = [sys.executable, "-m", "service", "worker", "--only", "batch", "--data", str(tmp_path / "d")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=CHILD) as child:
        until((tmp_path / "d" / "yinzheng.sqlite3").exists)
        time.sleep(1.5)
        os.kill(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(20)
        status = child.returncode
        child.kill()
    assert status == 0
