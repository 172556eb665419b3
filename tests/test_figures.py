"""What a running installation says of itself: log lines and figures that name requests and parts, and nobody."""

import io
import json
import logging
import threading
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import receive, tallies, worker
from service.logs import about, carried, sane_id, to_lines
from service.register import make_token
from service.web.http import create
from service.web.metrics import HELP
from storage.errors import StoreAway
from tests.conftest import STUDENT
from tests.served import client_of
from tests.test_verify import png

NAMES = ("文勇俊", STUDENT, STUDENT[1:])


@pytest.fixture
def lines():
    """The log as a service writes it, until the test is over."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook, warnings.showwarning
    stream = io.StringIO()
    to_lines(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(capture=False)
    root.handlers[:], threading.excepthook = before[0], before[2]
    root.setLevel(before[1])
    warnings.showwarning = before[3]


@pytest.mark.parametrize("given_id", ["7f3c2a90-11d4-4b7e-9a55-3f2b1c0d9e8f", "req.2026_07-01", "A" * 64])
def test_a_sane_id_is_kept(given_id):
    """UUIDs and whatever proxies make."""
    assert sane_id(given_id) == given_id


@pytest.mark.parametrize(
    "given_id",
    ["", "short", "A" * 65, "a b c d e f g", "文勇俊文勇俊文勇俊", STUDENT, STUDENT[1:], "x\n{}1234567"],
)
def test_an_id_that_is_none_is_not(given_id):
    """Nothing that could hold a person's number, break a line, or fill a log."""
    assert sane_id(given_id) is None


@given(st.text())
def test_an_id_can_break_no_line(text):
    """Whatever comes in a header, what is kept is one short word."""
    kept = sane_id(text)
    assert kept is None or (kept == text and kept.isascii() and not set(kept) & set(' "\\\n{}'))


def test_of_others_only_the_place_is_told(lines):
    """Another library's words may be anybody's data, and so may an exception's."""
    logging.getLogger("somebody.else").warning("read %s", NAMES[0])
    logging.getLogger("somebody.else").info("chatter")
    try:
        raise ValueError(NAMES[1])
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(NAMES[2], stacklevel=1)
    thread = threading.Thread(target=lambda: [].index(NAMES[0]))
    thread.start()
    thread.join()
    told = lines()
    assert [line["logger"] for line in told] == [
        "somebody.else",
        "uvicorn.error",
        "py.warnings",
        "yinzheng.process",
    ]
    assert told[0]["where"].startswith("test_figures.py:")
    assert (told[1]["error"], told[3]["error"]) == ("ValueError", "ValueError")
    assert "test_figures.py:" in told[1]["places"]
    assert not any(name in json.dumps(told, ensure_ascii=False) for name in NAMES)


def test_one_id_from_the_request_to_the_worker(town, registrar, lines):
    """The id a proxy gave comes back in the answer and its problem, stands in the access line, and in the worker's line."""
    token = make_token(town.archive, town.randbytes, "registrar", registrar.org)
    mine = "proxy-2026-07-01.a1b2"
    with client_of(
        create(town), headers={"Authorization": f"Bearer {token}", "X-Request-ID": mine}
    ) as client:
        accepted = client.post(
            "/v1/scans", files={"file": ("a.png", png("https://example.com"), "image/png")}
        )
        refused = client.get("/v1/students/" + STUDENT[:-1] + "9")
        strange = client.get("/healthz", headers={"X-Request-ID": STUDENT})
    assert accepted.headers["x-request-id"] == mine
    assert refused.json()["request_id"] == refused.headers["x-request-id"] == mine
    assert len(strange.headers["x-request-id"]) == 16
    assert worker.work_once(town)
    told = lines()
    access = [line for line in told if line["logger"] == "yinzheng.access"]
    assert [(line["route"], line["status"], line["id"]) for line in access[:2]] == [
        ("/v1/scans", 202, mine),
        ("/v1/students/{student_no}", refused.status_code, mine),
    ]
    (job,) = [line for line in told if line["logger"] == "yinzheng.worker"]
    assert (job["kind"], job["outcome"], job["attempt"], job["id"]) == ("scan", "done", 1, mine)
    assert not any(name in json.dumps(told, ensure_ascii=False) for name in NAMES)
    with town.archive.read() as reading:  # what the verdict leaves to others goes on under the same id
        assert {job.payload.get("request") for job in reading.open_jobs("copies")} <= {mine}


def test_work_without_a_request_carries_none():
    """The command line has no id to pass on."""
    assert carried() == {}
    with about("12345678"):
        assert carried() == {"request": "12345678"}
    assert carried() == {}


def test_tallies_add_up_whoever_counts(tmp_path):
    """Threads and processes append; names are words of ours."""
    hands = [
        threading.Thread(target=lambda: [tallies.add(tmp_path, "reads", "match") for _ in range(200)])
        for _ in range(4)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    tallies.add(tmp_path, "reads", "altered")
    tallies.add(tmp_path, "jobs", "scan", "done")
    assert tallies.counts(tmp_path, "reads") == {("match",): 800, ("altered",): 1}
    assert tallies.counts(tmp_path, "jobs") == {("scan", "done"): 1}
    assert tallies.counts(tmp_path / "nowhere", "reads") == {}
    with pytest.raises(ValueError, match=STUDENT):
        tallies.add(tmp_path, "reads", STUDENT)


def figures(client):
    """Every figure of /metrics by name and labels."""
    text = client.get("/metrics").text
    return text, dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_figures_of_jobs_parts_and_build(town, registrar, clock, monkeypatch):
    """Jobs by kind with the age of the oldest, verdicts read, LibreOffice, database, store, build; all of them explained."""
    receive.accept(town, registrar, png("https://example.com"), None)
    receive.accept(town, registrar, png("https://example.com"), None)
    worker.work_once(town, (worker.SCAN,))
    clock.advance(seconds=90)
    tallies.add(town.settings.data, "reads", "genuine")
    app = create(town)
    with client_of(app) as client:
        client.get("/healthz")
        text, found = figures(client)
        assert found['yinzheng_jobs{kind="scan",state="waiting"}'] == "1"
        assert found['yinzheng_jobs{kind="scan",state="done"}'] == "1"
        assert float(found['yinzheng_jobs_oldest_waiting_seconds{kind="scan"}']) >= 90
        assert found['yinzheng_worker_jobs_total{kind="scan",outcome="done"}'] == "1"
        assert found['yinzheng_reads_total{verdict="genuine"}'] == "1"
        assert found['yinzheng_up{part="database"}'] == found['yinzheng_up{part="objects"}'] == "1"
        assert found["yinzheng_http_requests_running"] == "1"
        assert int(found["yinzheng_free_bytes"]) > 0
        assert found['yinzheng_http_request_seconds_bucket{route="/healthz",le="+Inf"}'] == "1"
        (build,) = [name for name in found if name.startswith("yinzheng_build_info")]
        assert 'version="' in build
        assert 'schema="' in build
        named = {name.split("{")[0].removeprefix("yinzheng_") for name in found}
        assert {name for name in HELP if f"# HELP yinzheng_{name} " in text} == set(HELP)
        assert not any(name in text for name in NAMES)
        assert {"converter_processes", "converter_waiting", "converter_queue"} <= named

        monkeypatch.setattr(
            type(town.archive), "read", lambda _archive: (_ for _ in ()).throw(StoreAway("X"))
        )
        monkeypatch.setattr("service.web.metrics.KEPT_SECONDS", -1.0)
        answer = client.get("/metrics")
        assert answer.status_code == 200  # whoever watches must see that it is away
        assert 'yinzheng_up{part="database"} 0' in answer.text


def test_a_service_that_leaves_says_so(town):
    """/readyz is 503 with a word of what to do, every answer closes its connection, a long poll ends, figures tell."""
    app = create(town)
    with client_of(app) as client:
        assert client.get("/healthz").headers.get("connection") != "close"
        app.state.leaving.begin()
        told = client.get("/readyz")
        assert (told.status_code, told.headers["connection"]) == (503, "close")
        assert "请" in told.json()["faults"][0]
        assert "yinzheng_leaving 1" in client.get("/metrics").text


def test_a_problem_is_told_under_its_id(town):
    """problem+json carries the id that the log has."""
    app = create(town)
    with client_of(app) as client:
        body = client.get("/v1/forms/none", headers={"X-Request-ID": "ask-0001"}).json()
    assert body["request_id"] == "ask-0001"
