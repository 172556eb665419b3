"""Accidents while people work: soffice killed, too many papers at once, a full disk, a worker killed -9."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from service import worker
from tests.bureau import PROBLEM, SEALS, SIGNERS, bureau_of, refused
from tests.conftest import STUDENT
from tests.paper import LEVELS, stack
from tests.patience import until
from tests.shelf import CHILD
from tests.test_disk_full import NAMESPACE


@pytest.fixture
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


def warm(bureau, converter):
    """Issue one paper, so that LibreOffice is up; gives its number."""
    number = bureau.issue(STUDENT)["number"]
    until(converter.pids)
    return int(number)


def kill(pids):
    """Kill -9 these processes of ours; one may be gone already."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def halted(pids):
    """Stop processes for a while, as a machine that swaps does."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_libreoffice_killed_under_a_request(bureau, converter, slow_printer):
    """Killed while it prints: the paper is printed by its successor, and nobody notices but the clock."""
    object.__setattr__(bureau.office, "printer", slow_printer)
    first = warm(bureau, converter)
    student = bureau.admit("魏来", 2)
    with ThreadPoolExecutor(1) as pool:
        with halted(converter.pids()):
            answer = pool.submit(bureau.ask, student, key="k")
            until(lambda: bureau.used()["held"])
            time.sleep(0.3)  # the request is at LibreOffice by now
            kill(converter.pids())
        told = answer.result()
    assert told.status_code == 201, told.text
    assert int(told.json()["number"]) == first + 1
    assert bureau.used() == {"used": 2}
    bureau.assert_sound()


def test_libreoffice_killed_again_and_again(bureau, converter, slow_printer):
    """When its successor dies too: 503 with a time to come back, the number free again; then all goes on."""
    object.__setattr__(bureau.office, "printer", slow_printer)
    first = warm(bureau, converter)
    students = [bureau.admit(name, order) for name, order in (("魏一", 2), ("魏二", 4), ("魏三", 6))]
    over = threading.Event()

    def keep_killing():
        while not over.wait(0.02):
            kill(converter.pids())

    killer = threading.Thread(target=keep_killing)
    killer.start()
    try:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda student: bureau.ask(student, key=student), students))
    finally:
        over.set()
        killer.join()
    for answer in answers:
        if answer.status_code != 201:
            refused(answer, 503, "converter_failed", "请重试")
            assert int(answer.headers["retry-after"]) > 0
    assert 503 in {answer.status_code for answer in answers}
    assert bureau.used()["held"] == 0
    bureau.assert_sound()
    numbers = sorted(int(bureau.issue(student, key=student)["number"]) for student in students)
    assert numbers == [first + 1, first + 2, first + 3]
    bureau.assert_sound()


def test_more_papers_than_may_wait(bureau, converter, slow_printer, monkeypatch):
    """Beyond the queue: 503 at once with Retry-After; those let in are printed, the others later; no gap."""
    object.__setattr__(bureau.office, "printer", slow_printer)
    first = warm(bureau, converter)
    monkeypatch.setattr(converter, "_queue", 2)
    students = [bureau.admit(f"焦{'一二三四五六'[order]}", 2 * order + 2) for order in range(6)]
    with ThreadPoolExecutor(6) as pool:
        with halted(converter.pids()):
            asked = [pool.submit(bureau.ask, student, key=student) for student in students]
            until(lambda: sum(answer.done() for answer in asked) >= 3)
            for answer in asked:
                if answer.done():
                    refused(answer.result(), 503, "converter_busy", "秒后重试")
                    assert int(answer.result().headers["retry-after"]) > 0
        answers = [answer.result() for answer in asked]
    # One runs and two wait; a third that comes before the first is taken up finds the queue full.
    assert sorted(answer.status_code for answer in answers)[:2] == [201, 201]
    assert sorted(answer.status_code for answer in answers)[3:] == [503, 503, 503]
    bureau.assert_sound()
    numbers = sorted(int(bureau.issue(student, key=student)["number"]) for student in students)
    assert numbers == list(range(first + 1, first + 7))
    bureau.assert_sound()


def test_a_worker_killed_during_a_scan(bureau):
    """kill -9 in the middle of a stack: nothing half is filed; the next worker reads it at once."""
    document = bureau.issue(STUDENT)
    paper = bureau.paper(document).complete(SEALS, SIGNERS)
    scan = bureau.upload(stack([paper] * 4, replace(LEVELS["C"], seed=71))).json()["id"]
    folder = bureau.office.settings.data
    command = [sys.executable, "-m", "service", "worker", "--data", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, env=CHILD) as child:
        until(lambda: bureau.caller().get(f"/v1/scans/{scan}").json()["state"] == "running")
        time.sleep(0.5)
        child.kill()
    assert bureau.caller().get(f"/v1/scans/{scan}").json()["state"] == "running"
    entries = bureau.caller().get(f"/v1/archives/{STUDENT}").json()["entries"]
    assert {entry["kind"] for entry in entries} == {"document", "layout"}
    assert worker.work_once(bureau.office)
    result = bureau.read(scan)
    assert (result["pages"], [item["verdict"] for item in result["documents"]]) == (4, ["genuine"])
    assert bureau.verified(document)["verdict"] == "genuine"
    bureau.assert_sound()


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the story of full_service.py tells, played on a small real file system of its own."""
    folder = tmp_path_factory.mktemp("full")
    command = [*NAMESPACE, sys.executable, "-m", "tests.full_service", str(folder / "small")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=CHILD, timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_disk_that_fills_while_issuing(told):
    """507 with its code and advice; the number is given to the next request, once there is room."""
    for answer in told["issue"]:
        assert (answer["status"], answer["type"], answer["code"]) == (507, PROBLEM, "store_full")
        assert "请" in answer["detail"]
    assert told["numbers"] == ["140426202620120001", "140426202620120002", "140426202620120003"]


def test_a_disk_that_fills_while_uploading(told):
    """507 for small and large files, and nothing half stands in the list.

    Art. 44: a look that cannot be registered is not given; afterwards the bytes are as they were.
    """
    for answer in told["upload"]:
        assert (answer["status"], answer["type"], answer["code"]) == (507, PROBLEM, "store_full")
        assert "请" in answer["detail"]
    assert told["scans on a full disk"] == told["scans before"] == ["done"]
    assert (told["look"]["status"], told["look"]["code"]) == (507, "store_full")
    assert told["kept"]


def test_what_needs_no_room_goes_on(told):
    """Verification is answered; the probe says what is wrong, and all is well again with room."""
    assert (told["verdict"], told["ready"], told["ready again"]) == ("pending", 503, 200)
    assert "已满" in "".join(told["faults"])


def test_nothing_is_torn(told):
    """Once there is room: the archive is sound, the same upload is read, and the service was never restarted."""
    assert told["sound"] == []
    assert told["drafts"] == 0
    assert told["scan afterwards"] == "done"
    assert Path(f"/proc/{told['pid']}").exists() is False
