"""What a bad recogniser does to a scan: tried again, then set aside for a person; never a match, and work goes on."""

import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from intake.recognise.guard import Guarded
from service import receive, supervisor, verify, worker
from service.supervisor import Supervisor, stop
from storage.check import check
from tests.conftest import STUDENT, issue_diploma, layout_of, pdf_of
from tests.engines import NONSENSE, VIOLENT, Fake, line
from tests.paper import Paper, Scanner

SECONDS = 240


@pytest.fixture
def brought(town, registrar):
    """A scan of an untouched diploma that waits for a worker, and the document's serial."""
    serial = issue_diploma(town, registrar, STUDENT).body["serial"]
    data = Paper(pdf_of(town, serial), layout_of(town, serial)).scan(Scanner(dpi=150))
    return receive.accept(town, registrar, data), serial, data


def outcome(office, who, scan):
    return receive.result(office, who, scan)


@pytest.mark.parametrize("kind", ["fail", *list(NONSENSE)[::4]])
def test_an_engine_that_fails_is_tried_twice(town, registrar, brought, kind):
    """An error or nonsense: the scan waits once more, then it is failed with a word for a person; nothing is filed."""
    scan, serial, _ = brought
    engine = Guarded(Fake((NONSENSE | VIOLENT)[kind]), lambda: None)
    office = replace(town, recogniser=lambda: engine)
    assert worker.work_once(office)
    assert outcome(town, registrar, scan)["state"] == "running"
    assert worker.work_once(office)
    told = outcome(town, registrar, scan)
    assert (told["state"], told["problem"]["code"]) == ("failed", "internal")
    assert "请" in told["problem"]["detail"]
    assert not worker.work_once(office)
    with town.archive.read() as reading:
        assert reading.document(serial).status == "pending"
        assert {entry.kind for entry in reading.entries_of(serial)} == {"document", "layout"}
    again = receive.accept(town, registrar, brought[2])
    assert worker.work_once(town)
    assert outcome(town, registrar, again)["documents"][0]["serial"] == serial


@pytest.mark.parametrize("kind", ["crash", "hang", "eat", "once"])
def test_an_engine_that_takes_its_worker_along(town, registrar, brought, kind, monkeypatch):
    """Crash, hang, hunger: the worker is replaced, the scan tried again, and set aside unless that helps; the next is read."""
    monkeypatch.setattr(supervisor, "QUICK_DEATH_SECONDS", 0.2)
    scan, serial, _ = brought
    keeper = Supervisor(town.settings.data)
    keeper._command = [sys.executable, "-m", "tests.hostile_worker", kind, str(town.settings.data)]
    keeper.start()
    try:
        end = time.monotonic() + SECONDS
        while (told := outcome(town, registrar, scan))["state"] in {"waiting", "running"}:
            assert time.monotonic() < end, told
            time.sleep(0.2)
    finally:
        stop([keeper])
    if kind == "once":
        assert told["state"] == "done"
        assert {field["result"] for field in told["documents"][0]["fields"]} <= {"match", "unreadable"}
    else:
        assert (told["state"], told["problem"]["code"]) == ("failed", "internal")
    with town.archive.read() as reading:
        assert reading.document(serial).status == "pending"
    assert [fault.code for fault in check(town.archive) if fault.code != "object_orphan"] == []


@pytest.mark.parametrize("kind", ["fail", "too few", "nan"])
def test_the_public_is_told_that_reading_failed(town, brought, kind):
    """A bad engine makes no paper genuine and none altered: cannot_check, with its reason."""
    engine = Guarded(Fake((NONSENSE | VIOLENT)[kind]), lambda: None)
    verdict = verify.by_image(replace(town, recogniser=lambda: engine), brought[2])
    assert (verdict.verdict, verdict.reasons) == ("cannot_check", ("reading_failed",))


def test_an_engine_that_reads_one_text_everywhere_matches_nothing(town, registrar, brought):
    """Sure of itself and wrong on every line: no field matches but one whose text that is."""
    engine = Guarded(Fake("全部改写"), lambda: None)
    assert worker.work_once(replace(town, recogniser=lambda: engine))
    told = outcome(town, registrar, brought[0])["documents"][0]
    assert "match" not in {field["result"] for field in told["fields"]}
    assert told["verdict"] != "genuine"


def test_an_engine_that_says_what_is_wanted_cannot_hide_other_ink(town, registrar):
    """Agreeing with the archive on every line is not enough where the ink is another's."""
    serial = issue_diploma(town, registrar, STUDENT).body["serial"]
    layout = layout_of(town, serial)
    paper = Paper(pdf_of(town, serial), layout)
    name = next(value for value in layout["pages"][0]["values"] if value["name"] == "student_name")
    scan = receive.accept(town, registrar, paper.alter("student_name", "赵国强").scan(Scanner(dpi=200)))
    texts = [one["text"] for value in layout["pages"][0]["values"] for one in value["lines"]]

    def agrees(crops):
        return [line(text) for text in texts] if len(crops) == len(texts) else [line("") for _ in crops]

    engine = Guarded(Fake(agrees), lambda: None)
    assert worker.work_once(replace(town, recogniser=lambda: engine))
    told = outcome(town, registrar, scan)["documents"][0]
    found = {field["name"]: field["result"] for field in told["fields"]}
    assert name["text"] == "文勇俊"
    assert found["student_name"] != "match"
    assert np.isfinite([field["confidence"] for field in told["fields"]]).all()
