"""Run by test_bad_engines.py as a worker process whose recogniser is hostile: python -m tests.hostile_worker ENGINE FOLDER."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

from intake.recognise.engines import load
from intake.recognise.guard import Guarded
from service import app, worker
from service.settings import Settings
from tests.engines import VIOLENT, Fake, crash

HANGS_AFTER = 3.0


def once(folder):
    """Die at the first page, and read as one should after that."""
    mark = folder / "died"
    if mark.exists():
        return load("ppocr")
    mark.touch()
    return Fake(crash)


def main(name, folder):
    """Work as `yinzheng worker --only scan` does, with another engine."""
    stop = threading.Event()
    worker.signal_stop(stop, patient=True)
    worker.end_with_parent(sys.stdin.buffer, stop)
    engine = once(folder) if name == "once" else Fake(VIOLENT[name])
    guarded = Guarded(engine, app._give_up, HANGS_AFTER if name == "hang" else 120.0)
    settings = Settings(data=folder, worker_memory_mb=512)
    with app.opened(settings, printing=True, lazy=True) as office:
        worker.limit_memory(settings.worker_memory_mb)
        worker.run(replace(office, recogniser=lambda: guarded), stop, (worker.SCAN,))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
