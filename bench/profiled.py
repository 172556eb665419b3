"""A worker of batches under cProfile, and what its profile says: the share of each step in some ten lines."""

import cProfile
import pstats
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COMMIT = ("~", "<method 'commit' of 'sqlite3.Connection' objects>")
WORK = ("service/issue/batch/steps.py", "work")
LEARNED = (("templates/render.py", "_learned"), ("templates/render.py", "_converted"))
STEPS = (
    ("rules: every row judged", (("batch/checking.py", "judged_rows"),), ()),
    (
        "judged rows and numbers written",
        (("batch/checking.py", "keep_judged"), ("batch/steps.py", "_number")),
        (),
    ),
    ("drafts made of frozen rows", (("batch/frozen.py", "draft"),), ()),
    ("stamping: QR, glyphs, fonts, PDF, proof", (("issue/keeping.py", "print_draft"),), LEARNED),
    ("LibreOffice: new layout classes, rare hanzi", LEARNED, ()),
    ("LibreOffice: samples proved", (("batch/proving.py", "prove"),), ()),
    ("objects written", (("objects/folder.py", "put_many"),), (("objects/syncing.py", "sync"),)),
    ("objects synced to the disk", (("objects/syncing.py", "sync"),), ()),
    ("documents, leaves, entries written", (("issue/keeping.py", "keep"),), ()),
    ("commits synced to the disk", (COMMIT,), ()),
)
"""Label, the functions whose time it is, and functions below them whose time is another line's."""
PARTS = (
    ("QR drawn", ("templates/code.py", "quick")),
    ("QR decoded again", ("templates/code.py", "proved")),
    ("PDF written, fonts cut, proved", ("stamp/press.py", "write")),
    ("template filled", ("templates/word.py", "outline")),
    ("code signed", ("signing/keys.py", "sign")),
)
"""What stamping is made of."""


@contextmanager
def worker(store: Path, stats: Path) -> Iterator[None]:
    """Let a worker under cProfile take jobs; its statistics are in the file when the block has ended."""
    process = subprocess.Popen([sys.executable, __file__, str(store), str(stats)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(60)


def shares(stats: Path) -> list[tuple[str, float]]:
    """Give each step's share of the time in which the worker had work; what stamping is made of comes indented."""
    cumulative: dict[tuple[str, str], float] = {}
    for (file, _, name), (_, _, _, seconds, _) in pstats.Stats(str(stats)).stats.items():
        cumulative[file, name] = cumulative.get((file, name), 0) + seconds

    def spent(function: tuple[str, str]) -> float:
        return sum(
            seconds
            for (file, name), seconds in cumulative.items()
            if name == function[1] and file.endswith(function[0])
        )

    total = spent(WORK)
    found = []
    rest = total
    for label, functions, without in STEPS:
        seconds = sum(map(spent, functions)) - sum(map(spent, without))
        rest -= seconds
        found.append((label, seconds / total))
        if label.startswith("stamping"):
            found += [(f"… {part}", spent(function) / total) for part, function in PARTS]
    return [*found, ("the rest", rest / total)]


def child(store: Path, stats: Path) -> None:
    """The worker itself, until its input ends."""
    from service import worker as workers
    from service.app import opened
    from service.settings import Settings

    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop.set()), daemon=True).start()
    workers.step_back()
    profile = cProfile.Profile()
    with opened(Settings.from_env(store), printing=True, lazy=True) as office:
        profile.enable()
        workers.run(office, stop, (workers.BATCH,))
        profile.disable()
    profile.dump_stats(stats)


if __name__ == "__main__":
    child(Path(sys.argv[1]), Path(sys.argv[2]))
