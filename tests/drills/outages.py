"""Drill: the disk full, the object store away, the database away, the clock wrong; clear refusals, nothing lost, well again alone."""

import json
import secrets
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import httpx

from service.app import build
from service.register import make_token
from service.settings import Settings
from service.web.http import create
from storage.check import check
from tests.batched import admit
from tests.bureau import LateClock
from tests.conftest import CITY, as_role, settle
from tests.drills.house import House, asked, digest, house, problem
from tests.drills.outcome import Outcome
from tests.served import served
from tests.shelf import CHILD
from tests.test_disk_full import NAMESPACE
from tests.test_verify import png

CLEAR = {"503 store_away", "202 ", "201 ", "200 "}
"""What may be answered while something is away: a refusal with its code and advice, or what can be done without it."""
DAY = timedelta(days=1)


def disk_full(folder: Path) -> Outcome:
    """A whole service on a small disk that is filled to the last byte and emptied again."""
    command = [*NAMESPACE, sys.executable, "-m", "tests.full_service", str(folder / "small")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=CHILD, timeout=300)
    told = json.loads(done.stdout.splitlines()[-1])
    refused = [*told["issue"], *told["upload"], told["look"]]
    first = int(told["numbers"][0])
    return Outcome(
        {"requests on a full disk": len(refused), "papers": len(told["numbers"])},
        {
            "not 507 store_full with advice": sum(
                (one["status"], one["code"]) != (507, "store_full") or "请" not in one["detail"]
                for one in refused
            ),
            "numbers lost": sum(int(number) != first + place for place, number in enumerate(told["numbers"])),
            "faults": len(told["sound"]) + told["drafts"],
            "not as before": sum(
                [not told["kept"], told["ready again"] != 200, told["scan afterwards"] != "done"]
            ),
        },
    )


def away(folder: Path, what: str, seconds: int) -> Outcome:
    """The store or the database away for so long, while papers are asked for and scans brought."""
    with house(folder, apart=True) as town, town_ready(town) as (students, caller):
        kept = [_paper(caller, students.pop()) for _ in range(3)]
        part = town.store if what == "store" else town.server
        part.kill()
        said: Counter[str] = Counter()
        taken: dict[str, str] = {}
        slowest, end = 0.0, time.monotonic() + seconds
        while time.monotonic() < end:
            for ask in (_issue, _bring):
                began = time.monotonic()
                said[ask(caller, students.pop(), taken)] += 1
                slowest = max(slowest, time.monotonic() - began)
            said[f"readyz {httpx.get(f'{town.base}/readyz', timeout=30, trust_env=False).status_code}"] += 1
        part.start()
        back = town.until_ready()
        kept += [_paper(caller, students.pop()) for _ in range(3)]
        lost = sum(caller.get(f"/v1/documents/{serial}/content").status_code != 200 for serial in kept)
        for scan, data in taken.items():
            state = caller.get(f"/v1/scans/{scan}?wait=60").json()["state"]
            lost += state != "done" or digest(caller.get(f"/v1/scans/{scan}/original").content) != data
        faults = town.faults()
    unclear = sum(count for answer, count in said.items() if answer not in CLEAR and answer != "readyz 503")
    return Outcome(
        {"seconds away": seconds, "requests meanwhile": said.total()},
        {"unclear answers": unclear, "lost": lost, "faults": len(faults)},
        {
            "answers": ", ".join(f"{count} × {answer.strip()}" for answer, count in said.items()),
            "longest wait (s)": round(slowest, 1),
            "ready after (s)": round(back, 1),
        },
    )


class town_ready:  # noqa: N801 -- read as a block of the house
    """The house's pupils, and a caller, once it is ready."""

    def __init__(self, town: House) -> None:
        self._town = town

    def __enter__(self) -> tuple[list[str], httpx.Client]:
        students = self._town.settle(2000, 20_000)
        self._caller = self._town.caller()
        return students, self._caller

    def __exit__(self, *_: object) -> None:
        self._caller.close()


def _paper(caller: httpx.Client, student: str) -> str:
    return caller.post("/v1/documents", json=asked(student)).raise_for_status().json()["serial"]


def _said(answer: httpx.Response) -> str:
    return f"{answer.status_code} {problem(answer)}"


def _issue(caller: httpx.Client, student: str, _taken: dict[str, str]) -> str:
    return _said(caller.post("/v1/documents", json=asked(student)))


def _bring(caller: httpx.Client, _student: str, taken: dict[str, str]) -> str:
    data = png("https://example.com/" + secrets.token_hex(4))
    answer = caller.post("/v1/scans", files={"file": ("a.png", data, "image/png")})
    if answer.status_code == 202:
        taken[answer.json()["id"]] = digest(data)
    return _said(answer)


def clock_jumps(folder: Path) -> Outcome:
    """Forward a day, back a day, a day into the past, and right again: papers, numbers, log and jobs go on."""
    clock = LateClock()
    office, close = build(Settings(data=folder / "data", workers=1), now=clock)
    steps = (timedelta(), DAY, timedelta(), -DAY, timedelta(), 2 * DAY, timedelta())
    refused, verdicts, numbers = Counter(), Counter(), []
    try:
        settle(office, as_role("city", CITY))
        students = admit(office, len(steps))
        with served(create(office)) as base:
            token = make_token(office.archive, secrets.token_bytes, "city", CITY)
            headers = {"Authorization": f"Bearer {token}"}
            with httpx.Client(base_url=base, headers=headers, timeout=90, trust_env=False) as caller:
                for ahead, student in zip(steps, students, strict=True):
                    clock.ahead = ahead
                    answer = caller.post("/v1/documents", json=asked(student))
                    refused[_said(answer)] += answer.status_code != 201
                    numbers.append(int(answer.json().get("number", 0)))
                    code = {"qr": answer.json().get("verify_url", "")}
                    verdicts[caller.post("/v1/verifications", json=code).json()["verdict"]] += 1
        faults = check(office.archive)
    finally:
        close()
    return Outcome(
        {"jumps": len(steps) - 1, "papers": len(numbers)},
        {
            "refused": refused.total(),
            "numbers out of order": sum(number != numbers[0] + place for place, number in enumerate(numbers)),
            "not verified": len(numbers) - verdicts["pending"],
            "faults": sum(not fault.harmless for fault in faults),
        },
        {"hints": sum(fault.harmless for fault in faults)},
    )
