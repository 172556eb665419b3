"""A job that died is seen by those whose scan or batch it is about, and tried again when a person says so."""

import io

import pytest
from PIL import Image

from service import jobs, receive, worker
from service.errors import Problem
from storage.jobs import MAX_ATTEMPTS
from tests.bureau import bureau_of, foreign_page, refused
from tests.conftest import COUNTY, OTHER_COUNTY, OTHER_SCHOOL, SCHOOL, UNITS, as_role


@pytest.fixture
def bureau(request):
    with bureau_of(request, reading=False) as made:
        yield made


def page():
    """A scan of a page that is none of ours."""
    file = io.BytesIO()
    Image.fromarray(foreign_page()).save(file, "PNG")
    return file.getvalue()


def died(office, kind="scan"):
    """Let every job of a kind wear its workers out."""
    for _ in range(MAX_ATTEMPTS):
        with office.archive.begin() as transaction:
            job = transaction.lease_job([kind], 60)
            transaction.give_back_job(job.id, "MemoryError")
    return job.id


def test_a_dead_job_is_listed_requeued_and_done(town, registrar):
    """The scan it is about is read at last, as if nothing had happened."""
    scan_id = receive.accept(town, registrar, page(), "a.png")
    job = died(town)
    assert not worker.work_once(town, ("scan",))
    (told,) = jobs.dead(town, registrar)["jobs"]
    assert told == {
        "id": job,
        "kind": "scan",
        "state": "dead",
        "attempts": MAX_ATTEMPTS,
        "scan": scan_id,
        "batch": None,
        "arrival": None,
        "org_name": UNITS[SCHOOL]["name"],
        "what": f"扫描件 {scan_id} 没有读成",
        "why": "处理时多次发生意外错误（MemoryError）",
        "advice": jobs.ADVICE["scan"],
    }
    fresh = {"state": "waiting", "attempts": 0, "why": None, "advice": None}
    assert jobs.requeue(town, registrar, job) == {**told, **fresh}
    assert jobs.dead(town, registrar) == {"jobs": []}
    with pytest.raises(Problem, match="job_not_dead"):
        jobs.requeue(town, registrar, job)
    assert worker.work_once(town, ("scan",))
    assert receive.result(town, registrar, scan_id)["state"] == "done"


def test_a_scan_that_was_set_aside_is_tried_again(town, registrar, monkeypatch):
    """After two attempts it has failed for whoever brought it, and a person finds its job; requeued it is read."""
    scan_id = receive.accept(town, registrar, page(), "a.png")
    process = receive.process

    def broken(*_arguments):
        raise MemoryError

    monkeypatch.setattr(receive, "process", broken)
    while worker.work_once(town, ("scan",)):
        pass
    told = receive.result(town, registrar, scan_id)
    assert (told["state"], told["problem"]["code"]) == ("failed", "internal")
    (job,) = jobs.dead(town, registrar)["jobs"]
    assert (job["scan"], job["attempts"]) == (scan_id, worker.MOST_ATTEMPTS)
    monkeypatch.setattr(receive, "process", process)
    jobs.requeue(town, registrar, job["id"])
    told = receive.result(town, registrar, scan_id)
    assert (told["state"], "problem" in told) == ("waiting", False)
    assert worker.work_once(town, ("scan",))
    assert receive.result(town, registrar, scan_id)["state"] == "done"


def test_whose_jobs_one_sees(bureau):
    """Its school and those above it; nobody else lists it, and nobody else lets it run."""
    office = bureau.office
    receive.accept(office, as_role("registrar", SCHOOL), page(), "a.png")
    job = died(office)
    for org, role, seen in (
        (SCHOOL, "head", 1),
        (COUNTY, "county", 1),
        (OTHER_COUNTY, "county", 0),
        (OTHER_SCHOOL, "registrar", 0),
    ):
        caller = bureau.caller(role, org)
        assert len(caller.get("/v1/jobs/dead").json()["jobs"]) == seen
        if not seen:
            assert caller.post(f"/v1/jobs/{job}/requeue").status_code in {403, 404}
    auditor = bureau.caller("auditor", SCHOOL)
    refused(auditor.post(f"/v1/jobs/{job}/requeue"), 403, "role_not_allowed")
    refused(bureau.caller("head", SCHOOL).post("/v1/jobs/999/requeue"), 404, "unknown_job")
    assert bureau.caller("head", SCHOOL).post(f"/v1/jobs/{job}/requeue").json()["state"] == "waiting"
    refused(bureau.caller("head", SCHOOL).post(f"/v1/jobs/{job}/requeue"), 409, "job_not_dead")
