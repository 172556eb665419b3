"""Drill: service, worker, database and object store killed at random moments while papers are issued, scans brought and batches printed."""

import contextlib
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from storage.answers import ABANDONED_SECONDS
from tests.drills.house import House, asked, digest, house, problem
from tests.drills.outcome import Outcome
from tests.test_verify import png

PUPILS_EACH = 60
"""Pupils for each kill: each gets one diploma."""
BATCH = 10
READY_SECONDS = 5.0


@dataclass
class Load:
    """Callers that ask without a pause and remember what was acknowledged: serials with the sha256 of their PDF, scans with theirs."""

    town: House
    students: list[str]
    papers: dict[str, str] = field(default_factory=dict)
    scans: dict[str, str] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    batches: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def going(self) -> Iterator[None]:
        """Have the callers ask meanwhile."""
        works = (self.issue, self.issue, self.issue, self.scan, self.batch)
        threads = [threading.Thread(target=self._keep, args=(one,)) for one in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _keep(self, work: object) -> None:
        with self.town.caller() as client:
            while not self.over.wait(0.05):
                work(client)

    def taken(self, count: int) -> list[str]:
        """The next pupils."""
        with self.lock:
            some, self.students[:] = self.students[:count], self.students[count:]
        return some

    def asked(self, status: int, ask: object) -> httpx.Response | None:
        """Ask, and note what came instead of an answer of that status."""
        try:
            answer = ask()
        except httpx.HTTPError as error:
            self.refusals[type(error).__name__] += 1
            return None
        if answer.status_code == status:
            return answer
        self.refusals[f"{answer.status_code} {problem(answer)}"] += 1
        return None

    def issue(self, client: httpx.Client) -> None:
        """Ask for a diploma; what was not given is asked for again later, under the same key."""
        for student in self.taken(1):
            if not self.issued(client, student):
                self.pending.append(student)
            time.sleep(0.3)

    def issued(self, client: httpx.Client, student: str) -> bool:
        """Ask for one diploma; tell whether it was given."""
        key = {"Idempotency-Key": student}
        answer = self.asked(201, lambda: client.post("/v1/documents", json=asked(student), headers=key))
        if answer is not None:
            self.papers[answer.json()["serial"]] = student
        return answer is not None

    def scan(self, client: httpx.Client) -> None:
        """Bring a picture without a code of ours."""
        data = png("https://example.com/" + secrets.token_hex(4))
        answer = self.asked(
            202, lambda: client.post("/v1/scans", files={"file": ("a.png", data, "image/png")})
        )
        if answer is not None:
            self.scans[answer.json()["id"]] = digest(data)
        time.sleep(0.3)

    def batch(self, client: httpx.Client) -> None:
        """Ask for a batch, under a key, until it is taken in."""
        students = self.taken(BATCH)
        if not students:
            return
        body = {"form": "diploma_junior", "students": students, "data": asked("")["data"]}
        key = {"Idempotency-Key": f"batch-{students[0]}"}
        while not self.over.wait(3):
            answer = self.asked(202, lambda: client.post("/v1/batches", json=body, headers=key))
            if answer is not None:
                self.batches.append(answer.json()["links"]["self"])
                return

    def settled(self) -> int:
        """Ask again for what was not given, until it is; how many never were."""
        end = time.monotonic() + ABANDONED_SECONDS + 60
        with self.town.caller() as client:
            while self.pending and time.monotonic() < end:
                self.pending = [student for student in self.pending if not self.issued(client, student)]
                time.sleep(0.5 if self.pending else 0)
        return len(self.pending)


def killing(folder: Path, kills: int, seed: int) -> Outcome:
    """Kill one of the four so often at random moments, and hold what is there afterwards against what was acknowledged."""
    dice, done, waits, slow = random.Random(seed), Counter(), [], 0
    with house(folder, apart=True) as town:
        load = Load(town, town.settle(PUPILS_EACH * kills, 100 * PUPILS_EACH * kills))
        with load.going():
            for place in range(kills):
                time.sleep(dice.uniform(0.2, 2.5))
                victim = ("service", "worker", "database", "store")[place % 4]
                _killed(town, victim)
                done[f"{victim} killed"] += 1
                waits.append((town.until_ready(), victim))
        slow = sum(seconds > READY_SECONDS for seconds, _victim in waits)
        never = load.settled()
        lost, torn = _looked_at(town, load)
        with town.archive() as archive, archive.read() as reading:
            papers = reading.documents()
        faults = town.faults()
    numbers = Counter(paper.number for paper in papers)
    students = Counter(paper.student_no for paper in papers)
    longest, victim = max(waits)
    acknowledged = {"papers acknowledged": len(load.papers), "scans acknowledged": len(load.scans)}
    return Outcome(
        {**done, **acknowledged, "batches": len(load.batches)},
        {
            "lost": lost,
            "torn": torn,
            "never given": never,
            "numbers doubled": sum(count - 1 for count in numbers.values()),
            "pupils with two diplomas": sum(count - 1 for count in students.values()),
            "gaps and other faults": len(faults),
        },
        {
            "ready again within 5 s": f"{len(waits) - slow} of {len(waits)}",
            "longest until ready (s)": round(longest, 1),
            "after": victim,
            "first start (s)": round(town.first_start, 1),
            "refused meanwhile": ", ".join(f"{count} × {why}" for why, count in load.refusals.items())
            or "none",
            "faults": "; ".join(faults[:5]) or "none",
        },
    )


def _killed(town: House, victim: str) -> None:
    """Kill it, and start it again where nobody else does."""
    if victim == "worker" and town.kill_worker():
        return
    if victim == "database":
        town.server.kill()
        town.server.start()
    elif victim == "store":
        town.store.kill()
        town.store.start()
    else:
        town.kill()
        town.start()


def _looked_at(town: House, load: Load) -> tuple[int, int]:
    """Wait until batches are printed and scans read, then fetch everything that was acknowledged: (lost, torn)."""
    lost = torn = 0
    with town.caller() as client:
        for link in load.batches:
            end = time.monotonic() + 300
            while (told := client.get(f"{link}?wait=20").json())[
                "state"
            ] != "done" and time.monotonic() < end:
                pass
            lost += told["total"] - told["done"]
        for scan, kept in load.scans.items():
            state = client.get(f"/v1/scans/{scan}?wait=60").json().get("state")
            lost += state != "done"
            torn += digest(client.get(f"/v1/scans/{scan}/original").content) != kept
        for serial, student in load.papers.items():
            told = client.get(f"/v1/documents/{serial}")
            lost += told.status_code != 200 or told.json()["student"] != student
            torn += not client.get(f"/v1/documents/{serial}/content").content.startswith(b"%PDF")
    return lost, torn
