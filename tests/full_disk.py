"""Run by test_disk_full.py in a mount namespace of its own: fills a small real file system and tells what happened."""

import json
import subprocess
import sys
from pathlib import Path

from storage.archive import DATABASE, Archive
from storage.check import check
from storage.errors import StorageError
from storage.objects.folder import Folder
from storage.records import Student
from tests.shelf import FORM, SCHOOL, STUDENT, Clock, block, furnished, issue

SMALL = "2m"
LARGE_OBJECT = b"\xff" * (3 * 1024 * 1024)


def mounted(folder: Path, size: str = SMALL) -> Path:
    """Mount a tmpfs that holds so much."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", str(folder)], check=True)
    return folder


def attempt(work) -> str:
    """The code of the error that some work ends with."""
    try:
        work()
    except StorageError as error:
        return error.code
    return "done"


def fill(folder: Path) -> None:
    """Leave not a byte."""
    with (folder / "ballast").open("ab", buffering=0) as ballast:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    ballast.write(b"\xff" * size)
            except OSError:
                continue


def objects(folder: Path) -> dict[str, object]:
    """An object too large, then none at all, then room again."""
    store = Folder(folder)
    kept = store.put(b"small")
    told = {"large": attempt(lambda: store.put(LARGE_OBJECT))}
    pages = [bytes([place]) * 100_000 for place in range(40)]
    told["many too large"] = attempt(lambda: store.put_many(pages))
    store._at_once = False
    told["each too large"] = attempt(lambda: store.put_many(pages))
    told["left"] = sorted(store.names()) + [path.name for path in (folder / "tmp").iterdir()]
    fill(folder)
    told["many"] = attempt(lambda: store.put_many(pages[:1]))
    told |= {"full": attempt(lambda: store.put(b"x" * 9000)), "probe": attempt(store.probe)}
    told["read"] = store.get(kept) == b"small"
    (folder / "ballast").unlink()
    told |= {"room": attempt(lambda: store.put(b"x" * 9000)), "probe again": attempt(store.probe)}
    told["many with room"] = attempt(lambda: store.put_many(pages[:4]))
    told["kept"] = kept
    return told


def write_much(archive: Archive) -> None:
    """Write more rows than fit in any page that is still free."""
    with archive.begin() as transaction:
        for place in range(300):
            student = Student(f"{STUDENT}{place}", "某", SCHOOL, {"note": "x" * 4000})
            transaction.put_student(student)


def database(folder: Path) -> dict[str, object]:
    """A transaction too large, an issue on a full disk, then room again."""
    archive = furnished(folder / "data", Clock())
    block(archive)
    issue(archive, 1)
    fill(folder)
    told = {"rows": attempt(lambda: write_much(archive)), "issue": attempt(lambda: issue(archive, 2))}
    told["probe"] = attempt(archive.probe)
    with archive.read() as reading:
        told["counts"] = reading.counts()["documents"]
        told["strangers"] = len(reading.students(SCHOOL)) - 1
    told["open"] = attempt(lambda: Archive.open(folder / "data", Clock()))
    (folder / "ballast").unlink()
    with archive.begin() as transaction:
        transaction.give_back("7K00000000002")
    told["number"] = issue(archive, 2).number
    told["faults"] = [fault.code for fault in check(archive) if not fault.harmless]
    told["blocks"] = len(_blocks(archive))
    told["size"] = (folder / "data" / DATABASE).stat().st_size > 0
    return told


def _blocks(archive: Archive) -> list[object]:
    with archive.read() as reading:
        return list(reading.blocks(FORM))


def new(folder: Path) -> dict[str, object]:
    """A first start on a full disk."""
    fill(folder)
    told = {"open": attempt(lambda: Archive.open(folder / "data", Clock()))}
    (folder / "ballast").unlink()
    told["room"] = attempt(lambda: Archive.open(folder / "data", Clock()).close())
    return told


if __name__ == "__main__":
    story = {"objects": objects, "database": database, "new": new}[sys.argv[1]]
    sys.stdout.write(json.dumps(story(mounted(Path(sys.argv[2])))))
