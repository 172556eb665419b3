"""The service, its workers, tokens, and the demonstration."""

import contextlib
import secrets
import signal
import sys
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from intake.errors import IntakeError
from service.commands.speaking import DONE, FAILED, say
from service.errors import Problem
from service.logs import to_lines
from service.settings import Settings, database_owner
from storage.objects.folder import system_errors

if TYPE_CHECKING:  # the heavy rooms are imported by the commands that need them
    from service.office import Office
    from service.supervisor import Supervisor

DEMO_DATA = Path("data/demo")
HEALTH_SECONDS = 10.0
"""What a service gets to say whether it is ready."""
LATER_SECONDS = 3
"""A worker gives its job back when its grace is over; its supervisor waits so much longer before it kills."""
SCRUB_SECONDS = 3.0
"""What the scrub gets to end the reading of one file: it goes on from there at the next start."""
READY_SECONDS, LATEST_SECONDS = 0.2, 30.0
"""Pause between two looks whether the service is ready, when the workers for batches start; and when they do anyway."""


def serve(options: Namespace) -> int:
    """Serve HTTP until told to stop, with supervised workers: one for scans, and one for batches on each core.

    LibreOffice and the reading models come up while the rest is imported; the workers start when the service is ready,
    so that they do not fight with it for the processor before the first answer. Told to stop, the workers end their jobs while the
    last requests are answered.
    """
    from service.app import opened

    to_lines(sys.stderr)
    with opened(Settings.from_env(options.data), printing=True, apart=True) as office:
        threading.Thread(target=_models, args=(office,), name="models", daemon=True).start()
        from service.receive.delivery import run as deliver
        from service.supervisor import Supervisor, stop
        from service.web.http import create
        from service.web.server import Server
        from service.worker import BATCH, SCAN

        settings = office.settings
        set_aside_in(settings)
        kinds, grace = [SCAN, *[BATCH] * settings.workers], settings.grace + LATER_SECONDS
        kinds = kinds if options.workers else []
        workers, closing = [Supervisor(options.data, kind, grace) for kind in kinds], threading.Event()
        app = create(office)
        app.state.leaving.then(closing.set)
        for worker in workers:
            app.state.leaving.then(worker.close)
        warm = threading.Thread(target=_warm, args=(office, workers, closing), name="warm-up", daemon=True)
        warm.start()
        scrub = threading.Thread(target=office.archive.scrub.run, args=(closing,), name="scrub", daemon=True)
        scrub.start()
        delivery = threading.Thread(target=deliver, args=(office, closing), name="spool", daemon=True)
        delivery.start()
        try:
            given = {
                "host": options.host,
                "port": options.port,
                "drain": settings.drain,
                "grace": settings.grace,
            }
            Server(app, app.state.leaving, **given).run()
        finally:
            closing.set()
            scrub.join(SCRUB_SECONDS)
            delivery.join(SCRUB_SECONDS)
            warm.join()
            stop(workers)
    return DONE


def set_aside_in(settings: Settings) -> None:
    """Let what is uploaded be put aside in the scratch folder while it comes in, when there is one.

    A package takes gigabytes, for which the system's own folder may have no room.
    """
    if settings.scratch:
        folder = Path(settings.scratch) / "uploads"
        with system_errors():
            folder.mkdir(parents=True, exist_ok=True)
        tempfile.tempdir = str(folder)


def _models(office: "Office") -> None:
    """Load the reading models, or wait for whoever does; models that are missing are told by /readyz."""
    with contextlib.suppress(IntakeError):
        office.recogniser()


def _warm(office: "Office", workers: "Sequence[Supervisor]", closing: threading.Event) -> None:
    """Wait for the reading models, then start the workers."""
    _models(office)
    if closing.is_set():
        return
    for worker in workers[:1]:
        worker.start()
    end = time.monotonic() + LATEST_SECONDS
    while office.faults() and time.monotonic() < end:
        if closing.wait(READY_SECONDS):
            return
    for worker in workers[1:]:
        worker.start()


def work(options: Namespace) -> int:
    """Read scans, make their copies and print batches until told to stop, or until it is time for a fresh process.

    With a health port this process only starts those that work, another when one ends, and answers for them: so it
    can also tell of one that hangs.
    """
    if options.health_port is not None and not options.child:
        return _watched(options)
    if options.count > 1:
        raise Problem(
            "no_health_port",
            400,
            "缺少端口",
            "--count 要与 --health-port 同用；请给出端口，或多次启动 worker",
        )
    from service import worker

    to_lines(sys.stderr)
    worker.keep_small()
    kinds = worker.KINDS if options.only is None else worker.SHARES[options.only]
    if worker.SCAN not in kinds:
        worker.step_back()
    from service.app import opened

    stop, hold = threading.Event(), worker.Hold()
    worker.signal_stop(stop, patient=options.child)
    if options.child:
        worker.end_with_parent(sys.stdin.buffer, stop)
    with opened(Settings.from_env(options.data), printing=True, lazy=True) as office:
        set_aside_in(office.settings)
        worker.limit_memory(office.settings.worker_memory_mb)
        if worker.SCAN in kinds:
            with contextlib.suppress(IntakeError):  # missing models are told when a scan is read
                office.recogniser()
        worker.end_in_time(office, hold, stop)
        worker.run(office, stop, kinds, hold)
    return DONE


def _watched(options: Namespace) -> int:
    """Keep worker processes alive, and answer how they are, until told to stop."""
    from service.app import utc_now
    from service.commands.watched import Watched, answering
    from service.supervisor import Supervisor
    from service.supervisor import stop as end
    from storage.archive import Archive

    to_lines(sys.stderr)
    settings, stop = Settings.from_env(options.data), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own, as the handler may interrupt the very wait below.
        signal.signal(number, lambda *_: threading.Thread(target=stop.set, daemon=True).start())
    archive = Archive.open(options.data, utc_now, settings.database, place=settings.place())
    grace = settings.grace + LATER_SECONDS
    workers = [Supervisor(options.data, options.only, grace) for _ in range(options.count)]
    watched = Watched(archive, options.data, workers)
    try:
        with answering(watched, options.health_host, options.health_port):
            for worker in workers:
                worker.start()
            stop.wait()
            watched.leaving = True
            end(workers)
    finally:
        end(workers)
        archive.close()
    return DONE


def health(options: Namespace) -> int:
    """Ask the service of a port on this machine, or else the archive itself; 1 with the faults when not ready."""
    import json
    import urllib.error
    import urllib.request

    if options.port is None:
        from service.app import utc_now
        from storage.archive import Archive

        settings = Settings.from_env(options.data)
        archive = Archive.open(options.data, utc_now, settings.database, place=settings.place())
        try:
            archive.answers()
        finally:
            archive.close()
        return DONE
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{options.port}/readyz", timeout=HEALTH_SECONDS):
            return DONE
    except urllib.error.HTTPError as error:
        for fault in json.load(error)["faults"]:
            say(fault)
    except (OSError, ValueError, KeyError):
        say(f"端口 {options.port} 上没有服务应答，请查看它的日志")
    return FAILED


def create_token(options: Namespace) -> int:
    """Print a fresh token alone; the data folder is made when missing."""
    from service.app import utc_now
    from service.register import make_token
    from storage.archive import Archive

    settings = Settings.from_env(options.data)
    archive = Archive.open(options.data, utc_now, settings.database, place=settings.place())
    try:
        say(make_token(archive, secrets.token_bytes, options.role, options.org))
    finally:
        archive.close()
    return DONE


def upgrade(options: Namespace) -> int:
    """Make or upgrade the tables: on a server as their owner, who lets the service's login work on them."""
    from service.app import utc_now
    from storage.archive import Archive
    from storage.database import login_of, prepare

    settings = Settings.from_env(options.data)
    if settings.database:
        prepare(database_owner(), login_of(settings.database))
    Archive.open(options.data, utc_now, settings.database, place=settings.place()).close()
    say("数据库结构已是本版本的。")
    return DONE


def demo(options: Namespace) -> int:
    """Play the story; a folder that holds something else is left alone, since the story empties its own."""
    from service.demo.story import run

    folder: Path = options.data
    if folder.exists() and any(folder.iterdir()) and not (folder / "store").is_dir():
        raise Problem(
            "not_a_demo_folder", 422, "不能清空这个文件夹", f"{folder} 不是演示文件夹；请换一个空文件夹。"
        )
    return run(folder, serve=options.serve)
