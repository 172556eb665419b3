"""Engines behind the one interface: nonsense is no answer, and one that crashes, hangs or eats memory ends alone."""

import sys
import threading
import time

import numpy as np
import pytest

from intake import compare
from intake.errors import RecogniserFailed, RecogniserMissing
from intake.lines import Cut
from intake.recognise import LineReading, apart
from intake.recognise.apart import Apart
from intake.recognise.both import Both
from intake.recognise.engines import ENGINES, load
from intake.recognise.guard import Guarded, checked
from service.settings import RECOGNISERS
from tests.engines import NONSENSE, Fake, fail, hang

CROPS = [np.full((40, 200, 3), 250, np.uint8), np.full((30, 90), 250, np.uint8)]


def never():
    raise AssertionError


def child(name, seconds=20.0):
    """A recogniser in a child of its own."""
    return Apart([sys.executable, "-m", "tests.engines", name], seconds)


def test_the_settings_know_every_engine():
    """The names of the settings are the engines, the default first."""
    assert tuple(ENGINES) == RECOGNISERS


@pytest.mark.parametrize("kind", NONSENSE)
def test_nonsense_is_no_answer(kind):
    """Wrong counts, NaN, huge texts, logits for probabilities: an error, and so never a match."""
    with pytest.raises(RecogniserFailed) as caught:
        Guarded(Fake(NONSENSE[kind]), never).read_lines(CROPS)
    assert "请" in caught.value.message_zh


def test_an_answer_is_passed_on_as_it_is():
    """A good engine is not changed by being watched."""
    readings = [LineReading("甲", 0.9), LineReading("乙", 0.8)]
    assert Guarded(Fake(lambda _: readings), never).read_lines(CROPS) is readings
    assert Guarded(Fake(), never).name == "fake"
    assert checked([], 0) == []


def test_an_engines_own_error_tells_its_kind_only():
    """What a library says may hold what it read."""
    with pytest.raises(RecogniserFailed) as caught:
        Guarded(Fake(fail), never).read_lines(CROPS)
    assert caught.value.what == "RuntimeError"
    assert "1404" not in str(caught.value)


def test_who_hangs_is_told_on():
    """After its time whoever can end the process is called; an engine in time never is."""
    late, go = threading.Event(), threading.Event()

    def slow(crops):
        go.wait(20)
        return [LineReading("甲", 0.9) for _ in crops]

    thread = threading.Thread(target=Guarded(Fake(slow), late.set, 0.1).read_lines, args=(CROPS,))
    thread.start()
    assert late.wait(20)
    go.set()
    thread.join(20)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("crash", {"died"}),
        ("killed", {"died"}),
        ("hang", {"too_late"}),
        ("spin", {"too_late"}),
        ("eat", {"MemoryError", "died", "_ArrayMemoryError"}),
        ("fail", {"RuntimeError"}),
        ("too few", {"nonsense"}),
        ("nan", {"nonsense"}),
        ("nan table", {"nonsense"}),
        ("none", {"died", "TypeError"}),
    ],
)
def test_a_child_ends_alone(name, what):
    """Crash, kill, hang, hunger and nonsense of an engine in a child are an error here, and the next call gets a new child."""
    engine = child(name, 3.0 if name in {"hang", "spin"} else 60.0)
    try:
        first = engine._child.pid
        with pytest.raises(RecogniserFailed) as caught:
            engine.read_lines(CROPS)
        assert caught.value.what in what
        engine._start = [sys.executable, "-m", "tests.engines", "good"]
        engine._seconds = 60.0
        assert [one.text for one in engine.read_lines(CROPS)] == ["文勇俊"] * 2
        assert engine._child.pid != first
    finally:
        engine.close()


def test_a_child_that_says_nothing_or_babbles_is_missing(monkeypatch):
    """Who does not say who it is cannot be used; nothing of it stays."""
    monkeypatch.setattr(apart, "START_SECONDS", 3.0)
    for name in ("mute", "babble", "unknown"):
        with pytest.raises(RecogniserMissing):
            child(name)


def test_a_child_reads_what_the_engine_reads(recogniser):
    """The same texts, confidences, probabilities and margins as in this process."""
    rng = np.random.default_rng(3)
    crops = [*CROPS, rng.integers(0, 255, (50, 300, 3), dtype=np.uint8)]
    name = "ppocr" if recogniser.name == "ppocr" else "tesseract"
    engine = Apart(apart.command(name))
    try:
        assert engine.name == name
        for ours, theirs in zip(load(name).read_lines(crops), engine.read_lines(crops), strict=True):
            assert (ours.text, ours.confidence, ours.weakest) == (
                theirs.text,
                theirs.confidence,
                theirs.weakest,
            )
            assert ours.margin("文") == theirs.margin("文")
    finally:
        engine.close()


def test_a_closed_child_is_gone():
    """Closing ends it at once, also while it hangs."""
    engine = child("hang")
    process = engine._child
    engine.close()
    assert process.poll() is not None


def test_where_two_disagree_a_person_looks():
    """Both must read the same text; else neither match nor altered, however sure the first one is."""
    both = Both(Fake("文勇俊"), Fake("文勇峻"))
    reading = both.read_lines(CROPS)[0]
    assert (reading.text, reading.disputed, both.name) == ("文勇俊", True, "fake+fake")
    ink = Cut(CROPS[1], 0.99)
    assert compare.line("文勇俊", reading, ink).result == "unreadable"
    assert compare.line("李四", reading, Cut(CROPS[1], 0.3, 0.0, 0.9)).result == "unreadable"
    agreed = Both(Fake("文勇俊"), Fake("文 勇俊")).read_lines(CROPS)[0]
    assert compare.line("文勇俊", agreed, ink).result == "match"


def test_hanging_threads_do_not_hold_the_others():
    """While one caller waits for a hanging child, the next one waits no longer than its deadline."""
    engine = child("hang", 2.0)
    failures = []

    def ask():
        try:
            engine.read_lines(CROPS)
        except RecogniserFailed as error:
            failures.append(error.what)

    began = time.monotonic()
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    engine.close()
    assert failures == ["too_late"] * 2
    assert time.monotonic() - began < 100
    assert hang.__doc__
