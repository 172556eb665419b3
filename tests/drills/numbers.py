"""Drill: eight writers take numbers of one block in ranges, as batches do, and are killed meanwhile; none is doubled, none unexplained."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from storage.archive import STALE, Archive
from tests.drills.kept import now
from tests.drills.outcome import Outcome
from tests.shelf import CHILD, Raw, block, furnished

WRITERS = 8
RANGE = 250
"""Numbers in one transaction: what a batch takes at once."""
SECONDS = 1800
WAITED = "waited"
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from storage.archive import Archive
from storage.errors import StoreAway
folder, database, name, size = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
archive = Archive.open(folder, lambda: datetime.now(UTC), database)


def patiently(work):
    while True:
        try:
            with archive.begin() as transaction:
                return work(transaction)
        except StoreAway:  # nobody let go in time: again, as a worker does
            print("waited", flush=True)


for place in range(10**9):
    serials = [f"{name}/{place}/{row}" for row in range(size)]
    take = lambda one: one.take_numbers("diploma_junior", ["3114000123", "140426"], 2026, serials)
    taken = patiently(take)
    patiently(lambda one: one.use_numbers(serials))
    print(f"{name}/{place}", taken[0].seq, taken[-1].seq, flush=True)
"""


@dataclass
class Writers:
    """Eight processes, each followed by another when it is killed; what they acknowledged lies in a file each."""

    folder: Path
    database: str
    files: list[Path] = field(default_factory=list)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self) -> None:
        """Start one more."""
        name = f"W{len(self.files)}"
        self.files.append(self.folder.parent / f"{self.folder.name}-{name}")
        command = [sys.executable, "-c", WRITER, str(self.folder), self.database, name, str(RANGE)]
        with self.files[-1].open("w") as told:
            self.running.append(subprocess.Popen(command, stdout=told, stderr=subprocess.DEVNULL, env=CHILD))

    def kill(self, place: int) -> None:
        """Kill -9 the one at a place."""
        process = self.running.pop(place)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def acknowledged(self) -> dict[str, tuple[int, int]]:
        """What was acknowledged so far: the running numbers (first, last) of each range. A line cut short was not said."""
        told = {}
        for file in self.files:
            for line in file.read_text().split("\n")[:-1]:
                if line != WAITED:
                    name, first, last = line.split()
                    told[name] = (int(first), int(last))
        return told

    def waited(self) -> int:
        """How often a writer's turn did not come in time."""
        return sum(file.read_text().split("\n").count(WAITED) for file in self.files)

    def gone(self) -> int:
        """How many ended by themselves."""
        return sum(process.poll() is not None for process in self.running)


def numbers(folder: Path, database: str, count: int, kills: int, seed: int) -> Outcome:
    """Let them take `count` numbers and kill one of them so often at random moments."""
    archive = furnished(folder, now, database)
    block(archive, last=99_999_999, pattern="1404262026{:08d}")
    archive.close()
    dice, writers = random.Random(seed), Writers(folder, database)
    for _ in range(WRITERS):
        writers.start()
    began, killed = 0.0, 0
    try:
        end = time.monotonic() + SECONDS
        while (done := len(writers.acknowledged()) * RANGE) < count or killed < kills:
            began = began or (time.monotonic() if done else 0.0)
            assert time.monotonic() < end
            assert not writers.gone()
            if done * kills > killed * count and killed < kills:
                writers.kill(dice.randrange(WRITERS))
                writers.start()
                killed += 1
            time.sleep(dice.uniform(0.0, 0.2))
        seconds = time.monotonic() - began
    finally:
        while writers.running:
            writers.kill(0)
    outcome = _judged(folder, database, writers.acknowledged(), killed, round(done / seconds))
    return replace(outcome, told={**outcome.told, "turns that did not come in 10 s": writers.waited()})


def _judged(folder: Path, database: str, told: dict[str, tuple[int, int]], killed: int, rate: int) -> Outcome:
    """Hold the ledger against what was acknowledged: every number up to the last has one line and one owner."""
    later = Archive.open(folder, lambda: now() + 2 * STALE + timedelta(hours=1), database)
    later.close()
    rows = Raw(folder, database).execute("SELECT seq, state, serial FROM numbers ORDER BY seq")
    used = Counter(serial.rpartition("/")[0] for _seq, state, serial in rows if state == "used")
    of = {seq: serial.rpartition("/")[0] for seq, state, serial in rows if state == "used"}
    owners = Counter(serial for _seq, state, serial in rows if state == "used")
    lost = sum(RANGE - used[name] for name in told)
    elsewhere = sum(of.get(first) != name or of.get(last) != name for name, (first, last) in told.items())
    gaps = len(set(range(1, rows[-1][0] + 1)) - {seq for seq, _state, _serial in rows})
    odd = sum(state not in {"used", "free"} for _seq, state, _serial in rows)
    return Outcome(
        done={"numbers acknowledged": len(told) * RANGE, "writers killed": killed},
        bad={
            "doubled": sum(owners.values()) - len(owners),
            "lost": lost,
            "told to another": elsewhere,
            "unexplained": gaps + odd,
        },
        told={
            "numbers/s": rate,
            "given back after a kill": sum(state == "free" for _seq, state, _serial in rows),
            "used by a killed writer that could not say so": sum(used.values()) - len(told) * RANGE,
        },
    )
