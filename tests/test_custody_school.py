"""A whole school arrives from another installation: some hundred entries, killed in the middle, seen by nobody before all of it is there."""

import io
import os
import signal
import subprocess
import sys
import time
from datetime import date

import pytest
from PIL import Image

from service import archives, custody, register, retrieve, worker
from service.custody import examining, filing
from service.custody.telling import NOT_FINISHED
from service.demo.people import id_number
from service.errors import Problem
from storage.records import NewEntry
from tests.conftest import GUARDIAN, OTHER_SCHOOL, SCHOOL, as_role, issue_diploma
from tests.test_custody import (
    acquainted,
    differences,
    elsewhere,
    filed,
    handover,
    package_of,
    sound,
)

__all__ = ["acquainted", "elsewhere", "filed"]
PUPILS, EACH = 40, 15
SECONDS = 120
HEIR = as_role("registrar", OTHER_SCHOOL)


def admitted(office, city, school, count=PUPILS):
    """Invented students at a school, by 学籍号."""
    numbers = [id_number(date(2011, 5, 6), order) for order in range(1, count + 1)]
    for place, number in enumerate(numbers, 1):
        record = {
            **GUARDIAN,
            "name": f"学生{'甲乙丙丁戊己庚辛壬癸'[place % 10]}{'一二三四五六七八九十'[place // 10]}",
            "sex": "1" if place % 2 else "2",
            "birth_date": "2011-05-06",
            "id_type": "1",
            "id_number": number,
            "ethnic": "01",
            "grade": "J3",
            "class_no": "1",
            "school": school,
        }
        register.put_student(office, city, f"G{number}", record)
    return [f"G{number}" for number in numbers]


def drawing(place):
    """A small picture of its own."""
    out = io.BytesIO()
    Image.new("RGB", (12, 12), (place % 256, place // 256, 7)).save(out, "PNG")
    return out.getvalue()


def furnish(office, pupils, each=EACH):
    """Give every student so many pictures, as scans that were filed by themselves; gives how many there are."""
    made = [(owner, drawing(place)) for place, owner in enumerate(pupils * each)]
    names = office.archive.objects.put_many([data for _, data in made])
    rows = [
        NewEntry(owner, "scan", "5", "三好学生", name, len(data), "image/png", None, "registrar")
        for (owner, data), name in zip(made, names, strict=True)
    ]
    with office.archive.begin() as transaction:
        transaction.add_entries(rows)
    return len(rows)


@pytest.fixture
def moving(acquainted, registrar, city):
    """A school with its students on the way to its heir, where they are registered: the transfer, the package, how many entries."""
    here, there = acquainted
    pupils = admitted(here, city, SCHOOL)
    admitted(there, city, OTHER_SCHOOL)
    furnish(here, pupils)
    issue_diploma(here, registrar, pupils[0])
    told = custody.open_transfer(here, registrar, handover(owner=SCHOOL, cause="2"))
    return here, there, pupils, told, package_of(here, registrar, told)


def seen(there, pupils):
    """How many entries and items whoever may look sees in the files of the students."""
    entries = [retrieve.archive(there, HEIR, one)["entries"] for one in pupils]
    indexes = [archives.index(there, HEIR, one)["classes"] for one in pupils[:3]]
    return sum(map(len, entries)), sum(len(one["items"]) for classes in indexes for one in classes)


def killed_in_the_middle(office, arrival):
    """Let a process of its own go on with an arrival, and kill it as soon as something is filed; gives how much."""
    command = [sys.executable, "-m", "service", "arrival", "again", arrival, "--org", OTHER_SCHOOL]
    env = {**os.environ, "YINZHENG_HOST": office.settings.host, "YINZHENG_DATABASE": office.settings.database}
    with subprocess.Popen(
        [*command, "--data", str(office.settings.data)], env=env, stdout=subprocess.DEVNULL
    ) as process:
        end = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < end:
            with office.archive.read() as reading:
                if reading.coming([arrival]):
                    break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with office.archive.read() as reading:
        return reading.coming([arrival]).get(arrival, 0)


def refuse_late(office, arrival, monkeypatch):
    """Another process ends its check of the same package, with other keys, when this one has begun to file."""
    with office.archive.read() as reading:
        kept = reading.arrival(arrival)
    with monkeypatch.context() as patch, examining.scratch(office) as file:
        patch.setattr(examining, "checked", lambda *_arguments: NOT_FINISHED)
        examining.pour(office, kept.package, file, lambda: None)
        file.flush()
        with examining.unpacked(file, office.settings.workshop() / "packing", lambda: None) as files:
            bag = examining.Bag(files, lambda: None)
            examining._examine(office, kept, OTHER_SCHOOL, bag, begun=False)


def test_a_school_arrives_whole_or_not_at_all(moving, registrar, clock, monkeypatch):
    """Taken in at once; killed while it is filed and once more before the end; seen only then, and nothing twice."""
    here, there, pupils, told, out = moving
    came = custody.accept(there, HEIR, OTHER_SCHOOL, out)
    assert (came["state"], came["filed"], came["receipt"]) == ("received", 0, None)
    assert custody.accept(there, HEIR, OTHER_SCHOOL, out)["id"] == came["id"]
    assert [one["state"] for one in custody.arrivals(there, HEIR)["arrivals"]] == ["received"]
    half = killed_in_the_middle(there, came["id"])
    assert 0 < half < told["counts"]["entries"]
    assert seen(there, pupils) == (0, 0)
    half_way = custody.arrival(there, HEIR, came["id"])
    assert (half_way["state"], half_way["filed"], half_way["receipt"]) == ("filing", half, None)
    refuse_late(there, came["id"], monkeypatch)
    assert custody.arrival(there, HEIR, came["id"]) == half_way

    def crash(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(examining, "checked", crash)  # what passed once is not checked a second time
    for place in (filing, "_put"), (examining, "_end"):
        with monkeypatch.context() as patch:
            patch.setattr(*place, crash)
            with pytest.raises(KeyboardInterrupt):
                worker.work_once(there, (worker.ARRIVAL,))
        assert seen(there, pupils) == (0, 0)
        clock.advance(minutes=2)  # the lease of the worker that died
    assert worker.work_once(there, (worker.ARRIVAL,))
    done = custody.arrival(there, HEIR, came["id"])
    assert (done["state"], done["filed"]) == ("filed", told["counts"]["entries"]), done["checks"]
    with there.archive.read() as reading:
        came_of_it = reading.results([came["id"]])[came["id"]]
    with pytest.raises(Problem, match="unknown_arrival"):
        custody.arrival(there, HEIR, came_of_it.id)
    shown, items = seen(there, pupils)
    assert (shown, items) == (PUPILS * EACH + 2, 3 * EACH + 1)
    with there.archive.read() as reading:
        originals = [reading.arrived([one.id for one in reading.entries(owner)]) for owner in pupils]
        numbered = [len(reading.archive_numbers(owner)) for owner in pupils]
    came_from = [one.original for some in originals for one in some.values()]
    assert len(came_from) == len(set(came_from)) == shown
    assert numbered == [EACH + 1, *[EACH] * (PUPILS - 1)]
    assert sound(there)
    after = custody.bring_receipt(here, registrar, told["id"], done["receipt"])
    assert (after["state"], after["copy"], after["article"]) == ("received", True, "第八条")
    monkeypatch.undo()
    twice = custody.take(there, HEIR, OTHER_SCHOOL, out)
    assert (twice["state"], twice["filed"]) == ("filed", 0)
    assert seen(there, pupils) == (shown, items)


def test_a_job_that_fails_again_and_again_is_left_to_a_person(acquainted, registrar, monkeypatch):
    """The package is held, it stands on the desk and among the stopped jobs; asked once more it goes on."""
    here, there = acquainted
    out = package_of(here, registrar, custody.open_transfer(here, registrar, handover()))
    came = custody.accept(there, HEIR, OTHER_SCHOOL, out)

    def fail(*_arguments):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(examining, "checked", fail)
        for _ in range(worker.MOST_ATTEMPTS):
            assert worker.work_once(there, (worker.ARRIVAL,))
    assert not worker.work_once(there, (worker.ARRIVAL,))
    assert custody.arrival(there, HEIR, came["id"])["state"] == "held"
    (waiting,) = custody.waiting(there, HEIR)["waiting"]
    assert (waiting["kind"], waiting["action"]["path"]) == ("held", f"/v1/arrivals/{came['id']}/again")
    assert custody.accept_again(there, HEIR, came["id"])["state"] == "received"
    assert custody.waiting(there, HEIR)["waiting"] == []
    assert worker.work_once(there, (worker.ARRIVAL,))
    assert custody.arrival(there, HEIR, came["id"])["state"] == "filed"


def test_a_student_of_the_school_is_not_registered(moving, city):
    """One who is nowhere to be found holds the whole school: nothing of it is filed, and the folder is named."""
    _, there, pupils, _, out = moving
    register.put_student(there, city, pupils[7], {**there_record(there, pupils[7]), "school": SCHOOL})
    came = custody.take(there, HEIR, OTHER_SCHOOL, out)
    assert (came["state"], came["filed"], came["receipt"]) == ("held", 0, None)
    (missing,) = differences(came, "registered")
    assert missing[0] == "student_not_registered"
    assert pupils[7] not in str(came)
    assert seen(there, [*pupils[:7], *pupils[8:]]) == (0, 0)


def there_record(there, number):
    """What is on record of a student."""
    with there.archive.read() as reading:
        found = reading.student(number)
    return {name: value for name, value in found.data.items() if name != "student_no"}
