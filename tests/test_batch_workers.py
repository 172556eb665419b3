"""Workers of batches: killed at any moment, two at once, a paper that takes its worker down, a stamp that differs."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service import worker
from service.issue import batch
from service.issue.batch import proving, steps
from service.issue.keeping import print_draft
from service.supervisor import worker_command
from storage.archive import Archive
from storage.check import check
from storage.errors import StoreAway, StoreFull
from templates.errors import ConverterBusy, ConverterFailed, ConverterMissing, FontMissing, StampDiffers
from tests.batched import admit, asked, county_block, ended, made, numbers, rows, states, working
from tests.bureau import bureau_of
from tests.conftest import COUNTY, STUDENT

SECONDS = 60


@pytest.fixture
def bureau(request):
    with bureau_of(request, reading=False) as bureau:
        yield bureau


@contextlib.contextmanager
def process(office):
    """A real worker process on the data folder; whoever leaves the block kills it."""
    child = subprocess.Popen(worker_command(office.settings.data, "batch"), stdin=subprocess.PIPE)
    try:
        yield child
    finally:
        child.kill()
        child.stdin.close()
        child.wait(SECONDS)


def test_killed_at_any_moment(bureau):
    """Two workers killed again and again: others end what they began, nothing lost, nothing twice, list order kept."""
    count = 600
    students = admit(bureau.office, count)
    county_block(bureau.office)
    caller, dice = bureau.caller("county", COUNTY), random.Random(4)
    number = made(caller.post("/v1/batches", json=asked(students)))
    for _ in range(5):
        with process(bureau.office) as one, process(bureau.office) as other:
            for child in (one, other):
                time.sleep(dice.uniform(0.7, 2.0))
                os.kill(child.pid, signal.SIGKILL)
    with process(bureau.office):
        body = ended(caller, number)
    assert (body["done"], body["failed"]) == (count, 0)
    mine = [f"14042620262012{seq:04d}" for seq in range(1, 401)]
    county = [f"140426202699{seq:05d}" for seq in range(1, count - 400 + 1)]
    assert numbers(bureau.office, number) == [*mine, *county]
    documents = caller.get("/v1/documents").json()["documents"]
    assert sorted(document["student"] for document in documents) == sorted(students)
    assert_clean(bureau.office)


def assert_clean(office):
    """`yinzheng check` finds nothing; bytes of papers that were never kept lie in nobody's way."""
    assert [fault for fault in check(office.archive) if fault.code != "object_orphan"] == []


MORTAL = """
import os, signal, sys, threading
from importlib import import_module
from pathlib import Path
from service import worker
from service.app import opened
from service.settings import Settings

data, module, name, when = sys.argv[1:]
room = import_module(module)
alive, calls = getattr(room, name), 0

def deadly(*arguments):
    global calls
    calls += 1
    if calls == 2 and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    told = alive(*arguments)
    if calls == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return told

setattr(room, name, deadly)
with opened(Settings(data=Path(data)), printing=True, lazy=True) as office:
    worker.run(office, threading.Event(), (worker.BATCH,))
"""
PLACES = [
    ("service.issue.batch.steps", "judged_rows", "after"),
    ("service.issue.batch.steps", "keep_judged", "after"),
    ("service.issue.batch.steps", "_done", "before"),
    ("service.issue.batch.steps", "_done", "after"),
    ("service.issue.batch.printing", "put_away", "after"),
    ("service.issue.batch.printing", "keep", "before"),
    ("service.issue.batch.printing", "keep", "after"),
    ("service.issue.batch.printing", "_write", "after"),
]


@pytest.mark.parametrize("place", PLACES, ids=" ".join)
def test_killed_at_the_worst_moment(bureau, place):
    """Between any two steps of a transaction and after it: the next worker goes on where that one was."""
    count = 410
    students = admit(bureau.office, count)
    county_block(bureau.office)
    caller = bureau.caller("county", COUNTY)
    number = made(caller.post("/v1/batches", json=asked(students)))
    dead = subprocess.run(
        [sys.executable, "-c", MORTAL, str(bureau.office.settings.data), *place],
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    assert dead.returncode == -signal.SIGKILL
    with working(bureau.office):
        body = ended(caller, number)
    assert (body["done"], body["failed"]) == (count, 0)
    given = numbers(bureau.office, number)
    assert given[:400] == [f"14042620262012{seq:04d}" for seq in range(1, 401)]
    assert given[400:] == [f"140426202699{seq:05d}" for seq in range(1, 11)]
    assert_clean(bureau.office)


def test_two_workers_and_a_single_request(bureau):
    """Chunks are shared, and a paper somebody waits for is issued meanwhile, with the number that comes next."""
    students = admit(bureau.office, 12)
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office, 2):
        single = bureau.issue(STUDENT)
        body = ended(caller, number)
    assert body["done"] == 12
    given = [*numbers(bureau.office, number), single["number"]]
    assert sorted(given) == [f"14042620262012{seq:04d}" for seq in range(1, 14)]
    bureau.assert_sound()


def test_two_workers_share_the_chunks(bureau, monkeypatch):
    """With small chunks both have work at the same time; list order and numbers stay together."""
    monkeypatch.setattr(steps, "CHECK_ROWS", 2)
    monkeypatch.setattr(steps, "NUMBER_ROWS", 3)
    monkeypatch.setattr(steps, "PRINT_ROWS", 2)
    students = admit(bureau.office, 11)
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    with working(bureau.office, 2):
        assert ended(caller, number)["done"] == 11
    assert numbers(bureau.office, number) == [f"14042620262012{seq:04d}" for seq in range(1, 12)]
    bureau.assert_sound()


def test_a_worker_that_is_told_to_stop_leaves_its_chunk(bureau):
    """What it has not kept yet is done by the next one, at once."""
    students = admit(bureau.office, 3)
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    while "numbered" not in states(bureau.office, number):
        assert worker.work_once(bureau.office, (worker.BATCH,))
    assert worker.work_once(bureau.office, (worker.BATCH,), lambda: True)
    assert states(bureau.office, number) == {"numbered": 3}
    assert worker.work_once(bureau.office, (worker.BATCH,))
    assert states(bureau.office, number) == {"printed": 3}


def test_a_paper_that_takes_its_worker_down(bureau, monkeypatch):
    """The job is cut in halves until the row stands alone; it is given up with its number, the others are printed."""
    students = admit(bureau.office, 6)
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    deadly = students[3]
    sheet = batch.frozen.Desk.draft

    def draft(desk, row):
        if row.student_no == deadly:
            raise MemoryError
        return sheet(desk, row)

    monkeypatch.setattr(batch.frozen.Desk, "draft", draft)
    with working(bureau.office):
        body = ended(caller, number)
    (error,) = body["errors"]
    assert (error["row"], error["code"], body["done"]) == (4, "given_up", 5)
    assert bureau.used() == {"used": 5, "free": 1}
    bureau.assert_sound()


def test_the_log_names_nobody(bureau, monkeypatch, caplog):
    """An unforeseen error is logged by its kind and place."""
    (student,) = admit(bureau.office, 1)
    number = made(bureau.caller().post("/v1/batches", json=asked([student])))

    def broken(*_arguments):
        raise ValueError(f"文勇俊 {student}")

    monkeypatch.setitem(steps.STEPS, "check", broken)
    with working(bureau.office):
        ended(bureau.caller(), number)
    assert "ValueError at " in caplog.text
    assert student not in caplog.text
    assert "文勇俊" not in caplog.text


class Ill:
    """The real printer, which raises an error for the papers of some students, or for whatever it is asked."""

    def __init__(self, printer, error, students=None):
        self._printer = printer
        self.fonts = printer.fonts
        self.error = error
        self.students = students

    def print(self, order):
        """Print, unless this is one of those papers."""
        if self.error and (self.students is None or order.data.get("student_no") in self.students):
            raise self.error
        return self._printer.print(order)

    def prove(self, order, paper):
        """As the real one."""
        self._printer.prove(order, paper)


def to_print(bureau, office, count):
    """A batch whose rows hold their numbers; gives it and its students."""
    students = admit(office, count)
    number = made(bureau.caller().post("/v1/batches", json=asked(students)))
    while "numbered" not in states(office, number):
        assert worker.work_once(office, (worker.BATCH,))
    return number, students


@pytest.mark.parametrize(
    "error",
    [ConverterFailed("timeout"), ConverterBusy(5), ConverterMissing("soffice", "x"), FontMissing("a", "x")],
    ids=lambda error: error.code,
)
def test_a_printer_that_is_ill_fails_nobody(bureau, slow_printer, error):
    """However often it is tried meanwhile: rows keep their numbers, the job waits, and then all are printed."""
    printer = Ill(slow_printer, error)
    office = replace(bureau.office, printer=printer)
    number, _ = to_print(bureau, office, 3)
    for _ in range(2 * steps.GIVE_UP_AT):
        assert worker.work_once(office, (worker.BATCH,))
        assert not worker.work_once(office, (worker.BATCH,))
        bureau.clock.ahead += timedelta(seconds=steps.PAUSE_SECONDS + 1)
    assert states(office, number) == {"numbered": 3}
    printer.error = None
    assert worker.work_once(office, (worker.BATCH,))
    assert numbers(office, number) == [f"14042620262012{seq:04d}" for seq in (1, 2, 3)]
    bureau.assert_sound()


def test_a_paper_that_libreoffice_falls_over(bureau, slow_printer):
    """It prints others, so this row is given up after its attempts, and the others are printed."""
    office = replace(bureau.office, printer=slow_printer)
    number, students = to_print(bureau, office, 3)
    office = replace(office, printer=Ill(slow_printer, ConverterFailed("timeout"), {students[1]}))
    with working(office):
        body = ended(bureau.caller(), number)
    (error,) = body["errors"]
    assert (error["row"], error["code"], body["done"]) == (2, "given_up", 2)
    bureau.assert_sound()


@pytest.mark.parametrize("error", [StoreFull(), StoreAway("EIO")], ids=lambda error: error.code)
@pytest.mark.parametrize("step", ["check", "number", "print"])
def test_an_archive_that_is_away_fails_nobody(bureau, monkeypatch, step, error):
    """No attempt counts, whatever step it is; afterwards everything goes on."""
    students = admit(bureau.office, 2)
    number = made(bureau.caller().post("/v1/batches", json=asked(students)))
    well = steps.STEPS[step]

    def away(*_arguments):
        raise error

    with monkeypatch.context() as patched:
        patched.setitem(steps.STEPS, step, away)
        for _ in range(2 * steps.GIVE_UP_AT):
            while worker.work_once(bureau.office, (worker.BATCH,)):
                pass
            bureau.clock.ahead += timedelta(seconds=steps.PAUSE_SECONDS + 1)
    assert steps.STEPS[step] is well
    with working(bureau.office):
        assert ended(bureau.caller(), number)["done"] == 2
    bureau.assert_sound()


def test_a_worker_that_waits_for_an_archive_says_that_it_goes_on(bureau, monkeypatch):
    """Or whoever started it would take it for one that hangs, and kill it."""
    office, said, tries = bureau.office, [], iter([StoreAway("EIO")] * 3)
    (number,) = [made(bureau.caller().post("/v1/batches", json=asked(admit(office, 1))))]
    with office.archive.work() as transaction:
        job = transaction.lease_job([worker.BATCH], 60)
    working_archive = office.archive.work

    def work():
        for error in tries:
            raise error
        return working_archive()

    monkeypatch.setattr(office.archive, "work", work)
    monkeypatch.setattr(office.archive, "beat", said.append)
    steps._leave(replace(office, sleep=lambda _seconds: None), job, "store_away", lambda: False, spent=False)
    assert said == [""] * 3
    with office.archive.read() as reading:
        assert reading.job(job.id).state == "waiting"
    with working(bureau.office):
        assert ended(bureau.caller(), number)["done"] == 1


def test_a_lost_lease_is_left_to_the_other_worker(bureau, slow_printer, monkeypatch):
    """Whoever finds its job taken stops: it neither ends the other's job nor makes a third one."""
    monkeypatch.setattr(steps, "BEAT_SECONDS", 0.0)
    office = bureau.office
    number, _ = to_print(bureau, office, 3)
    other = Archive.open(office.settings.data, office.now)
    taken = []

    class Slow(Ill):
        """Prints for so long that another worker takes the job."""

        def print(self, order):
            if not taken:
                bureau.clock.ahead += timedelta(seconds=steps.LEASE_SECONDS + 1)
                with other.begin() as transaction:
                    taken.append(transaction.lease_job([worker.BATCH], 60))
            return super().print(order)

    worker.work_once(replace(office, printer=Slow(slow_printer, None)), (worker.BATCH,))
    with other.begin() as transaction:
        assert transaction.lease_job([worker.BATCH], 60) is None
        job = transaction.job(taken[0].id)
        assert (job.state, job.attempts) == ("running", 2)
        assert transaction.renew_job(job.id, 60)
    worker.WORKS[worker.BATCH](replace(office, archive=other), taken[0], lambda: False)
    other.close()
    assert states(office, number) == {"printed": 3}
    assert not worker.work_once(office, (worker.BATCH,))
    bureau.assert_sound()


def test_a_damaged_photo_fails_its_row_alone(bureau):
    """At once and with the reason; nobody else waits."""
    office = bureau.office
    students = admit(office, 3)
    sha256 = office.archive.objects.put(b"a photo")
    with office.archive.begin() as transaction:
        transaction.add_photo(students[1], sha256, "x")
    file = office.settings.data / "objects" / sha256[:2] / sha256[2:4] / sha256
    file.unlink()
    number = made(bureau.caller().post("/v1/batches", json=asked(students)))
    for _ in range(3):
        assert worker.work_once(office, (worker.BATCH,))
    body = bureau.caller().get(f"/v1/batches/{number}").json()
    assert (body["state"], body["done"], body["failed"]) == ("done", 2, 1)
    assert [(error["row"], error["code"]) for error in body["errors"]] == [(2, "object_damaged")]
    assert rows(office, number)[1].values is None  # nothing is kept of a row without a paper


class Doubtful:
    """The real printer, whose papers pass for stamped ones, until the proof of one of them finds a difference."""

    def __init__(self, printer):
        self._printer = printer
        self.fonts = printer.fonts
        self.off = False
        self.proved = []

    def print(self, order):
        """Print for real; once the difference is found, as what LibreOffice made."""
        paper = self._printer.print(order)
        if self.off:
            return paper
        return replace(paper, tier=1, stamp="0" * 64, layout_classes=(order.data["sex"],))

    def prove(self, _order, paper):
        """Find the papers of one class different."""
        self.proved.extend(paper.layout_classes)
        if paper.layout_classes == ("1",):
            self.off = True
            raise StampDiffers(paper.template_hash, 0.2, 9)


def test_a_stamp_that_differs(bureau, slow_printer, caplog):
    """Each class is proved once before anything is kept; then the chunk is printed again by LibreOffice."""
    printer = Doubtful(slow_printer)
    office = replace(bureau.office, printer=printer)
    students = admit(office, 6)
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    with working(office):
        body = ended(caller, number)
    assert body["done"] == 6
    assert sorted(printer.proved) == ["1", "2"]
    with office.archive.read() as reading:
        assert {reading.document(row.serial).tier for row in rows(office, number)} == {2}
    text = caller.get("/metrics").text
    assert 'yinzheng_stamp_proofs{result="same"} 1' in text
    assert 'yinzheng_stamp_proofs{result="differs"} 1' in text
    assert "stamp differs" in caplog.text
    bureau.assert_sound()


def test_a_class_is_proved_once_for_all_workers(bureau, slow_printer):
    """What one worker has proved another one does not prove again."""
    printer = Doubtful(slow_printer)
    office = replace(bureau.office, printer=printer)
    students = admit(office, 4)[0::2]
    caller = bureau.caller()
    number = made(caller.post("/v1/batches", json=asked(students)))
    with working(office):
        ended(caller, number)
    assert len(printer.proved) == 1
    noted = proving.folder(office) / f"batch-{number}"
    assert not noted.exists()  # it goes with the batch
    again = Doubtful(slow_printer)
    other = replace(office, printer=again)
    with other.archive.read() as reading:
        desk = batch.frozen.Desk.open(other, reading.batch(int(number)), reading)
        drafts = [(row.row, desk.draft(row)) for row in rows(other, number)]
    proofs = [(place, print_draft(other, draft)) for place, draft in drafts]
    beats = []
    assert proving.Sample(office, int(number)).prove(proofs, lambda: beats.append(len(printer.proved)))
    assert len(printer.proved) == 2
    assert beats == [1]  # before the proof, which may take long
    assert proving.Sample(other, int(number)).prove(proofs, lambda: None)
    assert again.proved == []
    assert proving.counts(office) == {"same": 2, "differs": 0}
    bureau.assert_sound()


def test_the_batch_worker_is_light(bureau):
    """It holds no reading models, LibreOffice only while there is something to convert, and steps back from the processor."""
    students = admit(bureau.office, 2)
    with process(bureau.office) as child:
        number = made(bureau.caller().post("/v1/batches", json=asked(students)))
        ended(bureau.caller(), number)
        lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
        (resident,) = [int(line.split()[1]) for line in lines if line.startswith("VmRSS")]
        assert resident < 300 << 10
        mine = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(19, mine + worker.NICE)
