"""Run by test_hostile.py as a process of its own: a whole service that is handed the hostile set, and what each file cost.

Processor time is that of this process and of the children it has reaped, memory the greatest of any child.
"""

import contextlib
import json
import resource
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

from service import worker
from service.app import opened
from service.demo.people import GRADUATE, ORGANIZATIONS, SCHOOL
from service.demo.scanner import Scanner
from service.register import make_token
from service.settings import Settings
from service.web.http import create
from tests.full_service import BLOCK, DIPLOMA
from tests.paper import Paper
from tests.served import served
from tests.specimens.hostile.museum import MUSEUM

PEAKS = [0]
"""Memory (KiB) of each look at a child since the last file."""
LOOKS = 0.05
WATCHING = [0.0]
"""Processor time of the watching itself, which no service spends."""
WAIT = 120
PUBLIC = (
    "empty.pdf",
    "text.pdf",
    "html-inside.pdf",
    "zip-behind.pdf",
    "locked-open.pdf",
    "noise.png",
    "30000x30000.png",
    "80-pages.tif",
    "nested-bomb.pdf",
    "endless.pdf",
    "javascript.pdf",
)
"""Files shown to the public door too: one of each way to be refused."""


def watch_children(stop):
    """Look at the memory of every child again and again; what it is born with by its parent does not count."""
    while not stop.wait(LOOKS):
        for listing in Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for pid in listing.read_text().split():
                    with contextlib.suppress(OSError, IndexError):
                        told = Path(f"/proc/{pid}/status").read_text()
                        PEAKS.append(int(told.partition("VmHWM:")[2].split()[0]))
        WATCHING[0] = time.thread_time()


def seconds():
    """Processor time of this process, and of its reaped children, the decoders."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, decoders = (one.ru_utime + one.ru_stime for one in used)
    return own - WATCHING[0], decoders


def since(before):
    """What was used since: all together, and by decoders alone."""
    own, decoders = (now - then for now, then in zip(seconds(), before, strict=True))
    return {"seconds": round(own + decoders, 2), "decoders": round(decoders, 2)}


@contextlib.contextmanager
def service(folder):
    """Serve a data folder, with a worker for scans; yields what makes clients of a role and organization."""
    with opened(Settings(data=folder, workers=1, rate=1_000_000), printing=True, lazy=True) as office:
        stop = threading.Event()
        reader = threading.Thread(target=worker.run, args=(office, stop, (worker.SCAN,)), daemon=True)
        reader.start()
        with served(create(office)) as base, contextlib.ExitStack() as stack:

            def caller(role, org):
                headers = {}
                if role:
                    headers["Authorization"] = (
                        f"Bearer {make_token(office.archive, secrets.token_bytes, role, org)}"
                    )
                return stack.enter_context(
                    httpx.Client(base_url=base, timeout=WAIT, trust_env=False, headers=headers)
                )

            try:
                yield caller
            finally:
                stop.set()
                reader.join(WAIT)


def honest_scan(caller):
    """Print one diploma, and scan it as an office does."""
    city, school = caller("city", "140400"), caller("registrar", SCHOOL)
    for code, body in ORGANIZATIONS.items():
        city.put(f"/v1/organizations/{code}", json=body).raise_for_status()
    graduate = {**GRADUATE.record(), "grade": "J3"}
    city.put(f"/v1/students/{GRADUATE.student_no}", json=graduate).raise_for_status()
    city.post("/v1/number-blocks", json=BLOCK).raise_for_status()
    body = {"form": "diploma_junior", "student": GRADUATE.student_no, "data": DIPLOMA}
    document = school.post("/v1/documents", json=body).raise_for_status().json()
    layout = json.loads(school.get(document["links"]["layout"]).content)
    paper = Paper(school.get(document["links"]["content"]).content, layout)
    return document["serial"], paper.scan(Scanner(dpi=150))


def outcome(school, answer):
    """What became of an upload, in the words of the set; then the scan, if there is one."""
    body = answer.json()
    if answer.status_code != 202:
        return f"{answer.status_code} {body.get('code')}", body, body.get("scan")
    scan = body["id"]
    while (body := school.get(f"/v1/scans/{scan}", params={"wait": 30}).json())["state"] in {
        "waiting",
        "running",
    }:
        pass
    if body["state"] == "failed":
        return f"failed {body['problem']['code']}", body["problem"], scan
    return "filed" if body["documents"] else "done", body, scan


def measured(school, file):
    """Hand one file in, and tell what came of it and what it cost."""
    data = file.read_bytes()
    PEAKS[:] = [0]
    before = seconds()
    answer = school.post("/v1/scans", files={"file": (file.name, data)})
    found, body, scan = outcome(school, answer)
    cost = since(before)
    kept = school.get(f"/v1/scans/{scan}/original")
    return {
        "bytes": len(data),
        "outcome": found,
        "detail": body.get("detail", ""),
        "type": answer.headers["content-type"],
        **cost,
        "mb": max(PEAKS) // 1024,
        "kept": kept.content == data,
        "sent": [kept.headers["content-disposition"].split(";")[0], kept.headers["x-content-type-options"]],
        "alive": school.get("/healthz").status_code,
    }


def looked_at(public, file):
    """Show one file to the public door, and tell its answer and what it cost."""
    data = file.read_bytes()
    before = seconds()
    answer = public.post("/v1/verifications", files={"file": (file.name, data)})
    told = answer.json()
    return {
        "status": answer.status_code,
        "says": told.get("verdict") or told.get("code"),
        **since(before),
    }


def main(folder):
    """Hand the whole set in, an honest scan afterwards, and tell all as JSON."""
    tempfile.tempdir = str(folder)
    files = folder / "files"
    files.mkdir()
    # Made by another process: what it needed must not be taken for what the service needs.
    subprocess.run([sys.executable, "-m", "tests.specimens.hostile.museum", str(files)], check=True)
    with service(folder / "data") as caller:
        serial, scan = honest_scan(caller)
    stop = threading.Event()
    threading.Thread(target=watch_children, args=(stop,), daemon=True).start()
    with service(folder / "data") as caller:
        school, public = caller("registrar", SCHOOL), caller(None, None)
        told = {name: measured(school, files / name) for name in MUSEUM}
        shown = {name: looked_at(public, files / name) for name in PUBLIC}
        answer = school.post("/v1/scans", files={"file": ("scan.pdf", scan)})
        found = outcome(school, answer)[1]
        after = {
            "serials": [document["serial"] for document in found.get("documents", [])],
            "issued": serial,
            "ready": school.get("/readyz").status_code,
            "states": Counter(row["state"] for row in school.get("/v1/scans").json()["scans"]),
            "drafts": len(list((folder / "data" / "objects" / "tmp").iterdir())),
        }
    stop.set()
    sys.stdout.write(json.dumps({"files": told, "public": shown, "after": after}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
