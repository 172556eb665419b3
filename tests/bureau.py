"""A bureau at work for the tests of bad input: real server, soffice, OCR and worker, and callers with tokens."""

import contextlib
import json
import os
import secrets
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from intake import align, codes
from intake.reference import printed_page
from intake.uploads import pages
from service import worker
from service.demo.paper import SCALE
from service.demo.people import id_number
from service.demo.scanner import scan
from service.office import Office
from service.register import make_token, put_student
from service.regulation.edition import Editions
from service.settings import Settings
from service.signing import KeyRing
from service.web.http import create
from storage.archive import Archive
from storage.check import check
from tests.conftest import (
    CITY,
    COUNTY,
    DIPLOMA,
    GUARDIAN,
    MOVER,
    OTHER_COUNTY,
    OTHER_SCHOOL,
    SCHOOL,
    TRANSFER,
    UNITS,
    as_role,
    settle,
)
from tests.paper import Paper
from tests.served import served
from tests.specimens.sheet import FONT

BIRTH = date(2011, 5, 6)
PROBLEM = "application/problem+json"
SEALS = {
    "school": UNITS[SCHOOL]["name"],
    "validation": UNITS[COUNTY]["name"],
    "out_school": UNITS[SCHOOL]["name"],
    "in_school": UNITS[OTHER_SCHOOL]["name"],
    "out_auth": UNITS[COUNTY]["name"],
    "in_auth": UNITS[OTHER_COUNTY]["name"],
}
SIGNERS = {
    "head": "钟涛",
    "apply": "欧阳明",
    "out_school": "钟涛",
    "in_school": "贺文婷",
    "out_auth": "申海",
    "in_auth": "段玉",
}
SECONDS = 90
"""A scan is waited for at most this long: a stack of ten pages takes fifteen on two busy cores."""


class LateClock:
    """The real time, and what a test adds to it."""

    def __init__(self):
        self.ahead = timedelta()

    def __call__(self):
        """Tell the time."""
        return datetime.now(UTC) + self.ahead


class Bureau:
    """A served office; callers are HTTP clients, one for each role and organization."""

    def __init__(self, office, base, clock, stack):
        self.office = office
        self.base = base
        self.clock = clock
        self._stack = stack
        self._callers = {}

    def caller(self, role="registrar", org=SCHOOL):
        """Whoever has a fresh token of that role and organization; role None has no token."""
        key = (role, org)
        if key not in self._callers:
            headers = {}
            if role is not None:
                token = make_token(self.office.archive, secrets.token_bytes, role, org)
                headers = {"Authorization": f"Bearer {token}"}
            client = httpx.Client(base_url=self.base, headers=headers, timeout=120, trust_env=False)
            self._callers[key] = self._stack.enter_context(client)
        return self._callers[key]

    def admit(self, name, order, school=SCHOOL, grade="J3", birth=BIRTH):
        """Register an invented student; odd orders are boys. Gives the 学籍号."""
        number = id_number(birth, order)
        record = {
            **GUARDIAN,
            "name": name,
            "sex": "1" if order % 2 else "2",
            "birth_date": birth.isoformat(),
            "id_type": "1",
            "id_number": number,
            "ethnic": "01",
            "grade": grade,
            "class_no": "1",
            "school": school,
        }
        put_student(self.office, as_role("city", CITY), "G" + number, record)
        return "G" + number

    def ask(self, student, form="diploma_junior", data=None, key=None, caller=None):
        """Ask for a document and give the answer as it came."""
        body = {"form": form, "student": student, "data": DIPLOMA if data is None else data}
        headers = {"Idempotency-Key": key} if key else {}
        return (caller or self.caller()).post("/v1/documents", json=body, headers=headers)

    def issue(self, *arguments, **named):
        """Ask for a document that must be given."""
        answer = self.ask(*arguments, **named)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def paper(self, document, seed=1):
        """The sheet of a document as the printer gave it."""
        links = document["links"]
        layout = json.loads(self.caller().get(links["layout"]).content)
        return Paper(self.caller().get(links["content"]).content, layout, seed=seed)

    def upload(self, data, name="scan.pdf", caller=None, path="/v1/scans"):
        """Hand a file in and give the answer as it came."""
        return (caller or self.caller()).post(path, files={"file": (name, data)})

    def brought(self, data, name="scan.pdf"):
        """Hand a scan in and give what was read on it."""
        answer = self.upload(data, name)
        assert answer.status_code == 202, answer.text
        return self.read(answer.json()["id"])

    def read(self, scan):
        """Wait until a scan is read."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            body = self.caller().get(f"/v1/scans/{scan}", params={"wait": 30}).json()
            if body["state"] in {"done", "failed"}:
                return body
        raise AssertionError(body)

    def verified(self, document):
        """The public verdict on a document's code."""
        answer = self.caller(None).post("/v1/verifications", json={"qr": document["verify_url"]})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def looked_at(self, data, name="photo.jpg"):
        """The public verdict on a picture."""
        answer = self.upload(data, name, self.caller(None), "/v1/verifications")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def assert_sound(self):
        """Rows, objects, numbers and log agree, and no number hangs in the air."""
        faults = [fault for fault in check(self.office.archive) if fault.code != "object_orphan"]
        assert faults == []

    def assert_kept(self, scan, data, state="failed"):
        """An upload stands in the list, and its bytes are still as they came."""
        listed = {item["id"]: item for item in self.caller().get("/v1/scans").json()["scans"]}
        assert listed[scan]["state"] == state
        assert self.caller().get(f"/v1/scans/{scan}/original").content == data

    def used(self, form="diploma_junior"):
        """How many numbers of a form's blocks are in which state."""
        with self.office.archive.read() as reading:
            return Counter(
                row.state for block in reading.blocks(form=form) for row in reading.numbers(block.id)
            )


@contextlib.contextmanager
def bureau_of(request, *, reading=True, **settings):
    """Yield a bureau with the session's machines, its town settled, and a worker when something is to be read."""
    machine = request.getfixturevalue
    folder = machine("tmp_path_factory").mktemp("bureau")
    clock, recogniser = LateClock(), machine("recogniser")
    database = machine("new_database")()
    archive = Archive.open(folder, clock, database)
    office = Office(
        settings=Settings(data=folder, database=database, **settings),
        archive=archive,
        catalogue=machine("catalogue"),
        printer=machine("printer"),
        keys=KeyRing.open(folder / "keys", clock),
        recogniser=lambda: recogniser,
        editions=Editions.load(),
        now=clock,
        randbytes=os.urandom,
        sleep=time.sleep,
        faults=list,
    )
    settle(office, as_role("city", CITY))
    with contextlib.ExitStack() as stack:
        stack.callback(archive.close)
        if reading:
            stack.enter_context(_reading(office))
        base = stack.enter_context(served(create(office)))
        yield Bureau(office, base, clock, stack)


def laid(paper, scanner):
    """A scan of a one-page paper laid straight over its archived page: the side, its layout, that page, and the flat one."""
    (seen,) = list(pages(paper.scan(scanner), "pdf"))[:1]
    layout = paper.layout["pages"][0]
    archived = printed_page(paper.pdf, 0, layout["width"], layout["height"])
    found = codes.find(seen)
    return seen, layout, archived, align.register(seen.pixels, layout, found[0], archived.pixels)


def marked_transfer(bureau, seed):
    """A transfer form with every mark."""
    document = bureau.issue(MOVER, "transfer_application", TRANSFER)
    return bureau.paper(document, seed=seed).complete(SEALS, SIGNERS)


def tireless(office):
    """The office of a worker that is a thread of the tests: nobody starts another when it has done its share.

    Nor when all tests together have grown this process too large.
    """
    return replace(office, settings=replace(office.settings, worker_jobs=1_000_000, worker_memory_mb=1 << 20))


@contextlib.contextmanager
def _reading(office):
    """Read scans meanwhile, as the worker process does."""
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(tireless(office), stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SECONDS)


def refused(answer, status, code, *says, article=None):
    """Prove that an answer is a refusal of that kind, that it says what to do, and give its body."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM), answer.text
    body = answer.json()
    assert (body["status"], body["code"], body.get("article")) == (status, code, article), body
    assert "请" in body["detail"]
    for words in says:
        assert words in body["detail"]
    return body


def reasons_of(result):
    """Which pages of a scan found no document, and why; each says what to do about it."""
    assert all("请" in line for page in result["unmatched"] for line in page["advice"])
    return [(page["page"], page["reason"]) for page in result["unmatched"] if page["advice"]]


def objections(body):
    """What a refusal names: (field, code, article) of each objection."""
    return {(item["field"], item["code"], item["article"]) for item in body["errors"]}


def file_of(sheet, settings):
    """The file a scanner makes of single pictures of sheets."""
    return scan(sheet if isinstance(sheet, list) else [sheet], SCALE, settings)


def foreign_page():
    """A page of somebody else's text, A4 at 300 dpi, BGR."""
    page = Image.new("RGB", (round(210 * SCALE), round(297 * SCALE)), "white")
    pen, face = ImageDraw.Draw(page), ImageFont.truetype(FONT, 60)
    for row in range(24):
        pen.text(
            (220, 400 + row * 110), "兹证明本店所售商品均为正品，假一罚十，欢迎选购。", fill=0, font=face
        )
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])
