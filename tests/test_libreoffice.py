"""The pool of real LibreOffice processes answers whatever happens to them, and leaves none behind."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from docx import Document

from templates.errors import ConverterBusy, ConverterFailed, ConverterMissing, FontMissing
from templates.fonts import Fonts
from templates.libreoffice import DEADLINE_SECONDS, LIGHT_BYTES, Converter

PATIENCE = 60.0  # seconds for something that takes one on a quiet machine


def wait_for(condition, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def paper(text="编号 0001", pages=1) -> bytes:
    document = Document()
    for number in range(pages):
        document.add_paragraph(f"{text} {number}")
        document.add_page_break()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory):
    """One folder for all pools of this module: the profile is prepared once."""
    return tmp_path_factory.mktemp("libreoffice")


@pytest.fixture
def pool(skeleton, fonts):
    """Give a function that starts a pool; all are closed afterwards and must leave no process."""
    started = []

    def start(workers=1, **limits):
        converter = Converter(skeleton / str(len(started)), workers, fonts.conf, **limits)
        started.append(converter)
        converter.start()
        wait_for(converter.ready)
        return converter

    yield start
    for converter in started:
        pids = converter.pids()
        converter.close()
        assert not converter.ready()
        wait_for(lambda pids=pids: not any(running(pid) for pid in pids), 10)


def test_documents_become_pdf_a(pool):
    """A document becomes a PDF/A-2b; one it cannot open fails alone and the next one works."""
    converter = pool()
    pdf = converter.convert(paper())
    assert pdf.startswith(b"%PDF-1.")
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    with pytest.raises(ConverterFailed):
        converter.convert(b"not a document")
    assert converter.convert(paper()).startswith(b"%PDF-1.")


def test_children_see_an_allow_list_of_the_environment(pool, monkeypatch):
    """Nothing of the service's environment reaches LibreOffice."""
    monkeypatch.setenv("YINZHENG_SECRET", "x")
    converter = pool()
    environment = Path(f"/proc/{converter.pids()[0]}/environ").read_bytes()
    assert b"YINZHENG_SECRET" not in environment
    assert b"FONTCONFIG_FILE" in environment


def test_killed_office_still_answers(pool):
    """Kill -9 during work: the paper is tried again elsewhere and every caller gets its PDF."""
    converter = pool(workers=2)
    wait_for(lambda: len(converter.pids()) == 2)
    waiting = [converter.submit(paper(pages=30)) for _ in range(6)]
    time.sleep(0.1)
    victim = converter.pids()[0]
    os.kill(victim, signal.SIGKILL)
    assert all(converter.result(answer).startswith(b"%PDF-1.") for answer in waiting)
    wait_for(lambda: len(converter.pids()) == 2)
    assert victim not in converter.pids()


def test_office_killed_while_idle_is_replaced(pool):
    """An office that dies with nothing to do is noticed and replaced."""
    converter = pool()
    first = converter.pids()
    os.kill(first[0], signal.SIGKILL)
    wait_for(lambda: converter.pids() not in ([], first))
    assert converter.convert(paper()).startswith(b"%PDF-1.")


def test_hung_office_is_killed_at_the_deadline(pool):
    """An office that stops is killed at the deadline and the paper printed by its successor."""
    converter = pool(deadline=3.0)
    stopped = converter.pids()[0]
    os.kill(stopped, signal.SIGSTOP)
    assert converter.convert(paper()).startswith(b"%PDF-1.")
    assert not running(stopped)


def test_office_is_recycled_after_its_documents(pool):
    """A worker that has done its documents is replaced, so memory cannot grow without end."""
    converter = pool(recycle_documents=2)
    first = converter.pids()
    converter.convert(paper())
    converter.convert(paper())
    wait_for(lambda: converter.pids() not in ([], first))


def test_office_is_recycled_when_it_grows(pool):
    """A worker above its memory limit is replaced."""
    converter = pool(recycle_bytes=1 << 20)
    first = converter.pids()
    converter.convert(paper())
    wait_for(lambda: converter.pids() not in ([], first))


def test_full_queue_says_when_to_come_back(pool):
    """More waiting papers than the queue holds are refused at once with a time to retry."""
    converter = pool(queue=2)
    # an idle driver takes a LibreOffice that is stopped for one that died; one that is stopped itself keeps its document
    driver = int(Path(f"/proc/{converter.pids()[0]}/stat").read_text("ascii").rsplit(")", 1)[1].split()[1])
    os.kill(driver, signal.SIGSTOP)
    first = converter.submit(paper())
    wait_for(lambda: converter.figures()["waiting"] == 0)
    converter.submit(paper())
    converter.submit(paper())
    with pytest.raises(ConverterBusy) as busy:
        converter.submit(paper())
    assert busy.value.retry_after >= 1
    os.kill(driver, signal.SIGCONT)
    assert converter.result(first).startswith(b"%PDF-1.")


def test_closed_pool_refuses(pool):
    """After close nothing is accepted and nothing waits for ever."""
    converter = pool()
    converter.close()
    with pytest.raises(ConverterFailed, match="closed"):
        converter.submit(paper())


def test_office_dies_with_the_service(tmp_path, fonts):
    """Kill -9 of the service takes every LibreOffice with it; the next start removes the leftovers."""
    program = f"""
        import sys, time
        from pathlib import Path
        from templates.libreoffice import Converter
        converter = Converter(Path({str(tmp_path)!r}), 2, Path({str(fonts.conf)!r}))
        converter.start()
        while len(converter.pids()) < 2:
            time.sleep(0.05)
        print(*converter.pids(), flush=True)
        time.sleep(600)
    """
    service = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    with service:
        pids = [int(pid) for pid in service.stdout.readline().split()]
        assert len(pids) == 2
        assert all(map(running, pids))
        service.kill()
        service.wait()
        wait_for(lambda: not any(map(running, pids)))
    sockets = {path.name for path in Path("/tmp").glob("OSL_PIPE_*")}
    assert list(tmp_path.glob("worker-*"))
    converter = Converter(tmp_path, 0, fonts.conf)
    converter.start()
    assert not list(tmp_path.glob("worker-*"))
    assert len(sockets - {path.name for path in Path("/tmp").glob("OSL_PIPE_*")}) >= 4


def test_missing_programs_and_fonts_name_their_package(tmp_path, monkeypatch):
    """What is not installed is named with the Debian package that brings it."""
    with pytest.raises(FontMissing) as missing:
        Fonts.find(tmp_path, roots=(tmp_path,))
    assert missing.value.package == "fonts-lxgw-wenkai"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConverterMissing) as absent:
        Converter(tmp_path, 1, None).start()
    assert absent.value.package == "libreoffice-writer-nogui"


def test_fonts_know_their_characters(fonts):
    """Rare names are covered by the pinned fonts; what none has is named."""
    assert fonts.missing("文勇俊㛃䶮𬱖·Aé 〇") == ""
    assert fonts.missing("文😀文😀𝔘") == "😀𝔘"
    assert all(len(digest) == 64 for digest in fonts.hashes.values())
    assert "LXGWWenKai-Regular.ttf" in fonts.hashes


def test_a_long_roster_is_given_longer(tmp_path):
    """Thirty seconds for a form; as much for each megabyte of a roster."""
    waiting = Converter(tmp_path)  # not started: nothing is taken from its queue
    assert waiting.submit(b"x").deadline == DEADLINE_SECONDS
    assert waiting.submit(bytes(3 * LIGHT_BYTES)).deadline == 3 * DEADLINE_SECONDS
    waiting.close()


@pytest.fixture
def lazy(skeleton, fonts):
    """A pool that is started by its first document and rests soon."""
    converter = Converter(skeleton / "lazy", 2, fonts.conf, lazy=True, idle=3.0)
    yield converter
    converter.close()
    assert not converter.ready()


def test_a_lazy_pool_comes_with_work_and_goes_without(lazy):
    """No process before the first document, none after a rest, and others for the next document."""
    assert lazy.ready()
    assert lazy.pids() == []
    assert lazy.convert(paper()).startswith(b"%PDF-")
    first = lazy.pids()
    assert first
    wait_for(lambda: not lazy.pids())
    wait_for(lambda: not any(running(pid) for pid in first))
    assert lazy.ready()
    assert lazy.convert(paper()).startswith(b"%PDF-")
    assert set(lazy.pids()).isdisjoint(first)


def test_a_lazy_pool_without_libreoffice_says_so(tmp_path, fonts, monkeypatch):
    """The first document is refused as start() would be."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConverterMissing):
        Converter(tmp_path / "none", 1, fonts.conf, lazy=True).submit(paper())
