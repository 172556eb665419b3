"""Arrivals beside each other and beside other work: what one files half nobody else may count on, and no package stops a worker for ever."""

import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from service import archives, custody, jobs, retrieve, worker
from service.commands.serving import set_aside_in
from service.custody import examining, filing
from service.settings import Settings
from storage.check import check
from storage.errors import ObjectDamaged
from storage.records import Closure
from tests.conftest import (
    COUNTY,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    SCHOOL,
    SENIOR_SCHOOL,
    STUDENT,
    UNITS,
    as_role,
)
from tests.test_custody import THERE, acquainted, elsewhere, filed, handover, package_of, refusal, sound
from tests.test_file_index import picture

__all__ = ["acquainted", "elsewhere", "filed"]
HEIR = as_role("registrar", OTHER_SCHOOL)


def broken_off(office, monkeypatch, begin):
    """Begin something that files entry after entry, and die behind the first."""
    file, filed = filing._file, []

    def once(*arguments):
        if filed:
            raise KeyboardInterrupt
        filed.append(file(*arguments))

    with monkeypatch.context() as patch:
        patch.setattr(filing, "FILED_AT_ONCE", 1)
        patch.setattr(filing, "_file", once)
        with pytest.raises(KeyboardInterrupt):
            begin()


@pytest.fixture
def two_packages(filed, elsewhere, registrar, city):
    """Two packages of one student, the second with more in it: the first was refused for want of a key that is known by now."""
    here, there = filed, elsewhere
    custody.know(here, city, THERE, json.loads(there.keys.published()), [OTHER_COUNTY])
    first = custody.open_transfer(here, registrar, handover())
    came = custody.take(there, HEIR, OTHER_SCHOOL, package_of(here, registrar, first))
    assert custody.bring_receipt(here, registrar, first["id"], came["receipt"])["state"] == "refused"
    custody.know(there, city, here.settings.host, json.loads(here.keys.published()), [SCHOOL])
    archives.file_item(here, registrar, STUDENT, picture("more"), archives.NewItem("5", "三好学生"))
    second = custody.open_transfer(here, registrar, handover())
    return here, there, came["id"], package_of(here, registrar, second)


def test_two_packages_with_the_same_papers(two_packages, registrar, monkeypatch, clock):
    """The second is not answered as received while it counts on what only the first can show; then both are, and nothing twice."""
    here, there, held, out = two_packages
    broken_off(there, monkeypatch, lambda: custody.again(there, HEIR, held))
    (first,) = [one for one in custody.arrivals(there, HEIR)["arrivals"] if one["id"] != held]
    assert (first["state"], first["filed"]) == ("held", 1)
    assert refusal(custody.take, there, HEIR, OTHER_SCHOOL, out).code == "filed_elsewhere"
    second = custody.accept(there, HEIR, OTHER_SCHOOL, out)
    for _ in range(worker.MOST_ATTEMPTS + 1):
        assert worker.work_once(there, (worker.ARRIVAL,))
        clock.advance(seconds=worker.TURN_SECONDS + 1)
        told = custody.arrival(there, HEIR, second["id"])
        assert (told["state"], told["receipt"], told["filed"]) == ("received", None, 0)
    assert retrieve.archive(there, HEIR, STUDENT)["entries"] == []
    assert custody.again(there, HEIR, first["id"])["state"] == "filed"
    assert worker.work_once(there, (worker.ARRIVAL,))
    told = custody.arrival(there, HEIR, second["id"])
    assert (told["state"], told["filed"]) == ("filed", 1), told["checks"]
    entries = retrieve.archive(there, HEIR, STUDENT)["entries"]
    theirs = retrieve.archive(here, registrar, STUDENT)["entries"]
    assert [one["came_from"]["entry"] for one in entries] == [one["id"] for one in theirs]
    assert sound(there)


def test_a_package_over_which_workers_die_is_left_to_a_person(acquainted, registrar, monkeypatch, clock):
    """Killed without a word twice: the third worker does not look into it, and it stands on the desk and among the stopped jobs."""
    here, there = acquainted
    out = package_of(here, registrar, custody.open_transfer(here, registrar, handover()))
    came = custody.accept(there, HEIR, OTHER_SCHOOL, out)

    def die(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(examining, "checked", die)
        for _ in range(worker.MOST_ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                worker.work_once(there, (worker.ARRIVAL,))
            clock.advance(minutes=2)  # the lease of the worker that died
        assert worker.work_once(there, (worker.ARRIVAL,))
        assert not worker.work_once(there, (worker.ARRIVAL,))
    with there.archive.read() as reading:
        (job,) = reading.dead_jobs()
    assert (job.kind, job.message) == ("arrival", "worker gone")
    assert custody.arrival(there, HEIR, came["id"])["state"] == "held"
    custody.accept_again(there, HEIR, came["id"])
    assert worker.work_once(there, (worker.ARRIVAL,))
    assert custody.arrival(there, HEIR, came["id"])["state"] == "filed"


def test_nothing_leaves_while_something_comes(two_packages, monkeypatch):
    """Half of a package is in the file: neither the file, nor its school's, nor the school may go before all of it is there."""
    _, there, held, _ = two_packages
    broken_off(there, monkeypatch, lambda: custody.again(there, HEIR, held))
    onward = handover(receiver=SENIOR_SCHOOL, receiver_name=UNITS[SENIOR_SCHOOL]["name"])
    whole = replace(onward, owner=OTHER_SCHOOL, cause="2")
    ending = archives.Ending(on="2026-11-16", document="长教基〔2026〕31号", merged_into=SENIOR_SCHOOL)
    above = as_role("county", OTHER_COUNTY)
    tries = [
        (lambda: custody.open_transfer(there, HEIR, onward), "第二十二条"),
        (lambda: custody.open_transfer(there, HEIR, whole), "第八条"),
        (lambda: archives.close_school(there, above, OTHER_SCHOOL, ending), "第八条"),
    ]
    for attempt, article in tries:
        problem = refusal(attempt)
        assert (problem.code, problem.status, problem.article) == ("archive_coming", 409, article)
        assert "请" in problem.detail
    (begun, _) = custody.arrivals(there, HEIR)["arrivals"]
    (told,) = custody.waiting(there, HEIR)["waiting"]
    assert (told["id"], told["aside"]) == (begun["id"], None)
    assert "请把同一个档案包再上传一次" in told["advice"]
    custody.again(there, HEIR, begun["id"])
    assert refusal(tries[2][0]).code == "archives_not_handed_over"
    assert custody.open_transfer(there, HEIR, onward)["state"] == "open"


def kept_pieces(office, arrival):
    """The files in which the package of an arrival lies."""
    with office.archive.read() as reading:
        pieces = reading.pieces(reading.arrival(arrival).package)
    objects = office.settings.data
    return [next(objects.rglob(name)) for name, _ in pieces]


def half_filed(office, monkeypatch, held, *, lost):
    """An arrival of which a part was filed when its kept package was lost or damaged; gives its id."""
    broken_off(office, monkeypatch, lambda: custody.again(office, HEIR, held))
    (begun,) = [one for one in custody.arrivals(office, HEIR, held=True)["arrivals"] if one["filed"]]
    for file in kept_pieces(office, begun["id"]):
        file.unlink()
        if not lost:
            file.write_bytes(b"damaged")
    with pytest.raises(ObjectDamaged):
        custody.again(office, HEIR, begun["id"])
    return begun["id"]


@pytest.mark.parametrize("lost", [True, False])
def test_a_package_that_was_lost_half_filed_is_brought_again(two_packages, registrar, monkeypatch, lost):
    """The same bytes once more: the same arrival goes on from where it was, nothing is there twice, all is sound."""
    here, there, held, _ = two_packages
    out = io.BytesIO()
    custody.arrival_package(there, HEIR, held).write(out)
    begun = half_filed(there, monkeypatch, held, lost=lost)
    assert retrieve.archive(there, HEIR, STUDENT)["entries"] == []
    told = custody.accept(there, HEIR, OTHER_SCHOOL, out)
    assert told["id"] == begun
    assert worker.work_once(there, (worker.ARRIVAL,))
    assert custody.arrival(there, HEIR, begun)["state"] == "filed"
    came = [one["came_from"]["entry"] for one in retrieve.archive(there, HEIR, STUDENT)["entries"]]
    theirs = [one["id"] for one in retrieve.archive(here, registrar, STUDENT)["entries"]]
    assert came == theirs[: len(came)]
    assert len(came) == len(set(came)) > 1
    assert sound(there)


def test_an_authority_gives_up_what_can_never_be_whole(two_packages, registrar, monkeypatch):
    """With a reason: what was filed stays unseen and is told by the check, holds up nothing, and comes whole with another package."""
    here, there, held, out = two_packages
    begun = half_filed(there, monkeypatch, held, lost=True)
    above = as_role("county", OTHER_COUNTY)
    problem = refusal(custody.set_aside, there, HEIR, begun, "对方系统已停用")
    assert (problem.code, problem.status, "请" in problem.detail) == ("half_filed", 403, True)
    (waiting,) = custody.waiting(there, above)["waiting"]
    assert waiting["aside"]["path"] == f"/v1/arrivals/{begun}/aside"
    told = custody.set_aside(there, above, begun, "对方系统已停用")
    assert (told["state"], told["filed"], told["set_aside"]["role"]) == ("held", 1, "county")
    assert custody.waiting(there, above)["waiting"] == []
    assert retrieve.archive(there, HEIR, STUDENT)["entries"] == []
    left = [one for one in check(there.archive) if one.code == "arrival_left_half"]
    assert [one.harmless for one in left] == [True]
    assert {one.code for one in check(there.archive) if not one.harmless} == {"object_missing"}
    ending = archives.Ending(on="2026-11-16", document="长教基〔2026〕31号", merged_into=SENIOR_SCHOOL)
    closing = refusal(archives.close_school, there, above, OTHER_SCHOOL, ending)
    assert closing.code == "archives_not_handed_over"
    examining.process(there, begun, OTHER_SCHOOL, lambda: None)  # a worker that comes late
    assert custody.take(there, HEIR, OTHER_SCHOOL, out)["state"] == "filed"
    came = [one["came_from"]["entry"] for one in retrieve.archive(there, HEIR, STUDENT)["entries"]]
    assert came == [one["id"] for one in retrieve.archive(here, registrar, STUDENT)["entries"]]
    onward = handover(receiver=SENIOR_SCHOOL, receiver_name=UNITS[SENIOR_SCHOOL]["name"])
    assert custody.open_transfer(there, HEIR, onward)["state"] == "open"


def test_packages_that_tell_their_entries_in_any_order_never_wait_for_each_other():
    """Each begins with the same of what they share, so one of them always goes on."""
    names = ["10", "9", "7", "8"]
    for told in (names, names[::-1]):
        bag = TwoFolders([{"entry": {"id": name}} for name in told])
        load = filing.Load(SimpleNamespace(id="1"), bag, {"b": STUDENT})
        assert [one.told["entry"]["id"] for one in filing._items(load)] == ["7", "8", "9", "10"]


def test_the_holder_of_a_school_that_ended_lets_its_jobs_run_again(town, registrar, clock):
    """Art. 8: its stopped jobs are listed for whoever holds its files, who may requeue them; a neighbour may not."""
    custody.accept(town, registrar, SCHOOL, io.BytesIO(b"junk"))
    with town.archive.work() as transaction:
        transaction.bury_job(transaction.lease_job(["arrival"], 60).id, "x")
    assert jobs.dead(town, HEIR)["jobs"] == []
    ended = ("merged", OTHER_SCHOOL, clock().date(), "x", [], "x", "county", COUNTY, clock())
    with town.archive.begin() as transaction:
        transaction.add_closure(Closure(SCHOOL, *ended))
    (job,) = jobs.dead(town, HEIR)["jobs"]
    stranger = as_role("registrar", SENIOR_SCHOOL)
    assert jobs.dead(town, stranger)["jobs"] == []
    assert refusal(jobs.requeue, town, stranger, job["id"]).status in {403, 404}
    assert jobs.requeue(town, HEIR, job["id"])["state"] == "waiting"


def test_an_upload_is_put_aside_in_the_scratch_folder(tmp_path, monkeypatch):
    """What is too large for memory lies where the setting says, not in the system's folder."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    set_aside_in(Settings(data=tmp_path / "data"))
    assert tempfile.tempdir is None
    set_aside_in(Settings(data=tmp_path / "data", scratch=str(tmp_path / "scratch")))
    with tempfile.SpooledTemporaryFile(1) as spool:
        spool.write(b"more than one")
        path = Path(f"/proc/self/fd/{spool.fileno()}").readlink()
    assert path.is_relative_to(tmp_path / "scratch")


class TwoFolders:
    """A package that tells one file under two folders."""

    def __init__(self, told):
        self.told = {"log": {"origin": "there/log"}}
        self._entries = told

    def entries(self, _folder):
        """The same in each."""
        return iter(self._entries)


def test_an_entry_told_in_two_folders_of_one_owner_is_filed_once(town):
    """Both folders go into one file within one stretch: the second time it is left out, and the order stays."""
    bag = TwoFolders([{"entry": {"id": name}} for name in ("7", "8")])
    with town.archive.read() as reading:
        load = filing.Load(SimpleNamespace(id="1"), bag, {"a": STUDENT, "b": STUDENT})
        left = filing._left_out(reading, load, list(filing._items(load)))
    assert [(one.folder, one.told["entry"]["id"]) for one in left] == [("a", "7"), ("a", "8")]
