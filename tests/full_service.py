"""Run by test_accidents.py in a mount namespace of its own: a whole service whose disk fills up and is emptied again."""

import contextlib
import json
import os
import secrets
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

from service import worker
from service.app import build
from service.demo.people import GRADUATE, ORGANIZATIONS, PEOPLE, SCHOOL
from service.register import make_token
from service.settings import Settings
from service.web.http import create
from storage.check import check
from tests.full_disk import mounted
from tests.served import served
from tests.specimens import make

ROOM = "64m"
READY_SECONDS = 60
DIPLOMA = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
BLOCK = {
    "form": "diploma_junior",
    "year": 2026,
    "org": SCHOOL,
    "pattern": "14042620262012{:04d}",
    "first": 1,
    "last": 9,
}
LARGE = make.image("png") + secrets.token_bytes(3 << 20)


def fill(folder):
    """Leave not a byte."""
    with (folder / "ballast").open("ab", buffering=0) as ballast:
        for size in (1 << 20, 65536, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    ballast.write(b"\xff" * size)


def refusal(answer):
    """What an answer says, as far as the test asks."""
    body = answer.json()
    return {"status": answer.status_code, "type": answer.headers["content-type"]} | {
        name: body.get(name) for name in ("code", "detail")
    }


def settle(city):
    """Register the demo's invented town and a block."""
    for code, body in ORGANIZATIONS.items():
        city.put(f"/v1/organizations/{code}", json=body).raise_for_status()
    for person in PEOPLE:
        graduate = {**person.record(), "grade": "J3"}  # art. 34: nobody else gets a diploma
        city.put(f"/v1/students/{person.student_no}", json=graduate).raise_for_status()
    city.post("/v1/number-blocks", json=BLOCK).raise_for_status()


def ask(school, person):
    """Ask for a person's diploma."""
    return school.post(
        "/v1/documents", json={"form": "diploma_junior", "student": person.student_no, "data": DIPLOMA}
    )


def ready(client):
    """Wait for what the probe says."""
    end = time.monotonic() + READY_SECONDS
    while client.get("/readyz").status_code != 200 and time.monotonic() < end:
        time.sleep(0.2)
    return client.get("/readyz").status_code


def finished(school, scan):
    """The state of a scan when it is read."""
    return school.get(f"/v1/scans/{scan}", params={"wait": 30}).json()["state"]


def states(school):
    """The states of all scans that are listed."""
    return [scan["state"] for scan in school.get("/v1/scans").json()["scans"]]


def story(folder, office, school):
    """One paper, one scan; a full disk; and again."""
    third = PEOPLE[1]
    first = ask(school, GRADUATE).json()
    photo = make.image("jpeg")
    kept = school.post("/v1/scans", files={"file": ("a.jpg", photo)}).json()["id"]
    finished(school, kept)
    told = {"scans before": states(school), "pid": os.getpid()}
    fill(folder)
    told["issue"] = [refusal(ask(school, third)) for _ in range(2)]
    small, large = make.image("png"), LARGE
    told["upload"] = [
        refusal(school.post("/v1/scans", files={"file": ("a.png", data)})) for data in (small, large)
    ]
    bare = {"Content-Type": "image/png"}
    told["upload"].append(refusal(school.post("/v1/scans", content=large, headers=bare)))
    told["scans on a full disk"] = states(school)
    told["look"] = refusal(school.get(f"/v1/scans/{kept}/original"))
    told["verdict"] = school.post("/v1/verifications", json={"qr": first["verify_url"]}).json()["verdict"]
    end = time.monotonic() + READY_SECONDS
    while (probe := school.get("/readyz")).status_code == 200 and time.monotonic() < end:
        time.sleep(0.2)  # an answer stands for two seconds
    told |= {"ready": probe.status_code, "faults": probe.json()["faults"]}
    (folder / "ballast").unlink()
    told["ready again"] = ready(school)
    later = [ask(school, person).json() for person in PEOPLE[1:]]
    told["numbers"] = [document.get("number") for document in (first, *later)]
    again = school.post("/v1/scans", files={"file": ("a.png", small)}).json()["id"]
    told["kept"] = school.get(f"/v1/scans/{kept}/original").content == photo
    told["scan afterwards"] = finished(school, again)
    told["sound"] = [fault.code for fault in check(office.archive) if fault.code != "object_orphan"]
    told["drafts"] = len(list((folder / "data" / "objects" / "tmp").iterdir()))
    return told


def main(folder):
    """Serve a data folder on the small disk, temporary files included, and tell the story as JSON."""
    mounted(folder, ROOM)
    tempfile.tempdir = str(folder)
    office, close = build(Settings(data=folder / "data", workers=1))
    stop = threading.Event()
    reader = threading.Thread(target=worker.run, args=(office, stop), daemon=True)
    reader.start()
    try:
        with served(create(office)) as base:
            tokens = [
                make_token(office.archive, secrets.token_bytes, role, org)
                for role, org in (("city", "140400"), ("registrar", SCHOOL))
            ]
            city, school = (
                httpx.Client(
                    base_url=base,
                    timeout=90,
                    trust_env=False,
                    headers={"Authorization": f"Bearer {token}"},
                )
                for token in tokens
            )
            with city, school:
                ready(school)
                settle(city)
                sys.stdout.write(json.dumps(story(folder, office, school)) + "\n")
    finally:
        stop.set()
        reader.join(20)
        close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
