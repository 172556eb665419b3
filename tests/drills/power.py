"""Drill: the power is cut at a random moment while papers are issued; no paper that was acknowledged loses a row or a byte.

`python -m tests.drills.power FOLDER CUTS SEED` plays it in a mount namespace of its own and tells each cut as JSON.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from storage.archive import Archive
from storage.check import check
from storage.errors import StorageError
from tests.drills.kept import now
from tests.drills.outcome import Outcome
from tests.power_cut import made, mounted, snapshot
from tests.shelf import CHILD, STUDENT, block, furnished, serial

LONGEST = 0.6
"""Seconds of writing before a cut, after the first paper."""
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from storage.archive import Archive
from tests.shelf import SCHOOL, issue
archive = Archive.open(Path(sys.argv[1]), lambda: datetime.now(UTC))
for place in range(1, 10**6):
    made = issue(archive, place, created_at=datetime.now(UTC))
    scan = archive.objects.put(b"scan %d" % place * 2000)
    with archive.begin() as transaction:
        kept = transaction.add_scan(kind="pdf", original=scan, org=SCHOOL, by="d1")
    print(place, made.pdf, kept.id, scan, flush=True)
"""


def power(folder: Path, cuts: int, seed: int) -> Outcome:
    """Cut it so often, each time on a disk of its own."""
    command = [
        "unshare",
        "--mount",
        sys.executable,
        "-m",
        "tests.drills.power",
        str(folder),
        str(cuts),
        str(seed),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=CHILD)
    told = json.loads(done.stdout)
    acknowledged = sum(cut["acknowledged"] for cut in told)
    return Outcome(
        {"power cuts": len(told), "papers and scans acknowledged": 2 * acknowledged},
        {name: sum(cut[name] for cut in told) for name in ("lost", "torn", "faults")},
        {"orphans of what was under way": sum(cut["orphans"] for cut in told)},
    )


def cut(folder: Path, seconds: float) -> dict[str, int]:
    """Write for a while, keep the disk as it is at that moment, and look at what a restart finds."""
    disk = made(folder)
    data = mounted(disk) / "data"
    archive = furnished(data, now)
    block(archive, last=10**6 - 1, pattern="140426202620{:06d}")
    archive.close()
    log = folder / "acknowledged"
    with log.open("w") as told:
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(data)], stdout=told, text=True, env=CHILD
        )
        try:
            while "\n" not in log.read_text():
                assert writer.poll() is None
                time.sleep(0.01)
            time.sleep(seconds)
            after = snapshot(disk, writer)
            lines = log.read_text().split("\n")[:-1]
        finally:
            writer.kill()
            writer.wait()
    subprocess.run(["umount", str(data.parent)], check=True)
    try:
        return _left(mounted(after) / "data", lines)
    finally:
        subprocess.run(["umount", str(after.with_suffix(".mounted"))], check=True)


def _left(data: Path, lines: list[str]) -> dict[str, int]:
    archive = Archive.open(data, now)
    lost = torn = 0
    with archive.read() as reading:
        for line in lines:
            place, pdf, scan, original = line.split()
            try:
                kept = reading.document(serial(int(place))).pdf, reading.scan(scan).original
                filed = pdf in {entry.sha256 for entry in reading.entries(STUDENT)}
            except StorageError:
                lost += 1
                continue
            lost += kept != (pdf, original) or not filed
            for name in (pdf, original):
                try:
                    archive.objects.get(name)
                except StorageError:
                    torn += 1
    faults = check(archive)
    archive.close()
    return {
        "acknowledged": len(lines),
        "lost": lost,
        "torn": torn,
        "faults": sum(not fault.harmless for fault in faults),
        "orphans": sum(fault.code == "object_orphan" for fault in faults),
    }


if __name__ == "__main__":
    base, dice = Path(sys.argv[1]), random.Random(int(sys.argv[3]))
    every = []
    for number in range(int(sys.argv[2])):
        room = base / str(number)
        room.mkdir(parents=True)
        every.append(cut(room, dice.uniform(0, LONGEST)))
        shutil.rmtree(room)
    os.write(1, json.dumps(every).encode())
