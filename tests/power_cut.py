"""Run by test_power_cut.py in a mount namespace of its own: cuts the power of a small disk and tells what is left on it."""

import filecmp
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from storage.errors import ObjectDamaged
from storage.objects.folder import Folder
from tests.shelf import CHILD

DISK_BYTES = 96 << 20
WRITER = """
import sys
from contextlib import nullcontext
from pathlib import Path
from storage.objects import folder as module
folder, way = module.Folder(Path(sys.argv[1])), sys.argv[2]
assert folder._at_once
folder._at_once = way in {"at once", "never"}
if way == "never":
    module.whole = lambda path: nullcontext(lambda: None)
for place in range(100_000):
    datas = [place.to_bytes(4) * size + bytes([row]) for row in range(10) for size in (15_000, 1_000)]
    print(*(folder.put_many(datas) if way != "one by one" else map(folder.put, datas)), flush=True)
"""


def made(folder: Path) -> Path:
    """Make a small disk: a file with a file system in it."""
    disk = folder / "disk"
    with disk.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", str(disk)], check=True)
    return disk


def mounted(disk: Path) -> Path:
    """Mount a disk beside its file; a journal left by a cut is replayed as after any power cut."""
    place = disk.with_suffix(".mounted")
    place.mkdir()
    subprocess.run(["mount", "-o", "loop", str(disk), str(place)], check=True)
    return place


def snapshot(disk: Path, writer: subprocess.Popen[str]) -> Path:
    """Stop a writer and copy its disk as it is then: the whole copy is of one moment, though the system still works."""
    writer.send_signal(signal.SIGSTOP)
    threads = Path(f"/proc/{writer.pid}/task")
    while any(") T " not in (thread / "stat").read_text() for thread in threads.iterdir()):
        time.sleep(0.001)  # one that waits for the disk stops only afterwards
    after = disk.with_name("after")
    while True:
        shutil.copyfile(disk, after)
        if filecmp.cmp(disk, after, shallow=False):
            return after


def cut(folder: Path, way: str, seconds: float) -> dict[str, int]:
    """Write for a while, then keep the disk as it is at that moment, and look at what a restart finds."""
    disk = made(folder)
    place = mounted(disk)
    command = [sys.executable, "-c", WRITER, str(place / "objects"), way]
    log = folder / "answered"
    with log.open("w") as answers:
        writer = subprocess.Popen(command, stdout=answers, text=True, env=CHILD)
        try:
            while "\n" not in log.read_text():
                assert writer.poll() is None
                time.sleep(0.01)
            time.sleep(seconds)
            after = snapshot(disk, writer)
        finally:
            writer.kill()
            writer.wait()
    # Only whole lines were answered.
    answered = {name for line in log.read_text().split("\n")[:-1] for name in line.split()}
    subprocess.run(["umount", str(place)], check=True)
    left = Folder(mounted(after) / "objects")
    kept, torn = set(left.names()), 0
    for name in kept:
        try:
            left.get(name)
        except ObjectDamaged:
            torn += 1
    subprocess.run(["umount", str(after.with_suffix(".mounted"))], check=True)
    return {"answered": len(answered), "lost": len(answered - kept), "torn": torn}


if __name__ == "__main__":
    base, chosen = Path(sys.argv[1]), sys.argv[2]
    told = []
    for number in range(int(sys.argv[3])):
        room = base / str(number)
        room.mkdir(parents=True)
        told.append(cut(room, chosen, random.uniform(0, 0.5)))
        shutil.rmtree(room)
    os.write(1, json.dumps(told).encode())
