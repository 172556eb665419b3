"""Runs one batch of diplomas over HTTP and watches it: seconds by step, memory of each process, samples proved."""

import os
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import county
import house
import load

ENDED = frozenset({"done", "cancelled"})
POLL_SECONDS = 0.25
COMMANDS = {"--only batch": "worker", " serve ": "serve", "soffice.bin": "soffice"}
"""What in a command line tells a process; `worker` is one that prints batches."""


@dataclass(frozen=True, slots=True)
class Run:
    """One batch that has ended.

    `steps` are seconds by state, `compiled` the variants LibreOffice had to be asked for, `classes` the layout classes
    in it, `proved` the samples proved equal, `tiers` papers by tier, `peaks` the most MB any process of a kind had.
    """

    count: int
    failed: int
    seconds: float
    steps: dict[str, float]
    compiled: int
    classes: int
    proved: int
    tiers: dict[str, int]
    peaks: dict[str, float]

    @property
    def per_second(self) -> float:
        """Papers a second, from the request to the last commit."""
        return self.count / self.seconds


def start(service: house.House, people: Sequence[county.Graduate]) -> Any:
    """Ask for the diplomas of registered people."""
    body = {"form": county.FORM, "students": county.listed(people), "data": county.DATA}
    return service.client.call("POST", "/v1/batches", body)


def run(service: house.House, people: Sequence[county.Graduate]) -> Run:
    """Ask for the diplomas of registered people and follow the batch to its end."""
    compiled, tiers, proved = _compiled(service), _tiers(service), _proved(service)
    began, state_began = time.time(), time.perf_counter()
    body = start(service, people)
    steps: dict[str, float] = defaultdict(float)
    peaks: dict[str, float] = {}
    classes: set[str] = set()
    while body["state"] not in ENDED:
        time.sleep(POLL_SECONDS)
        before, body = body["state"], service.client.call("GET", body["links"]["self"])
        steps[before] += time.perf_counter() - state_began
        state_began = time.perf_counter()
        classes |= _classes(service, body["id"])
        for name, peak in _peaks().items():
            peaks[name] = max(peak, peaks.get(name, 0))
    ended = datetime.fromisoformat(body["ended_at"]).timestamp()
    return Run(
        count=body["done"],
        failed=body["failed"] + body["cancelled"],
        seconds=ended - began,
        steps=dict(steps),
        compiled=_compiled(service) - compiled,
        classes=len(classes),
        proved=_proved(service) - proved,
        tiers={tier: count - tiers.get(tier, 0) for tier, count in _tiers(service).items()},
        peaks=peaks,
    )


def _peaks() -> dict[str, float]:
    """The most MB any process of each kind ever had."""
    found: dict[str, float] = {}
    for words, peak in load.peaks_below(os.getpid()).values():
        name = next((name for mark, name in COMMANDS.items() if mark in words), None)
        if name is not None:
            found[name] = max(peak, found.get(name, 0))
    return found


def _compiled(service: house.House) -> int:
    """Files of compiled templates: frames, and each variant of a container."""
    files = (service.store / "stamps").glob("*/*")
    return sum(file.is_file() and not file.name.startswith("shape-") for file in files)


def _classes(service: house.House, batch: str) -> set[str]:
    """The layout classes of a running batch of which a paper was proved equal to LibreOffice's."""
    try:
        lines = (service.store / "proofs" / f"batch-{batch}").read_text("ascii").splitlines()
    except FileNotFoundError:  # none was proved yet, or the batch has ended
        return set()
    return {name for line in lines if line.startswith("same ") for name in line.split(" ")[1:-1]}


def _proved(service: house.House) -> int:
    """Papers ever proved equal to LibreOffice's, as the metrics tell."""
    return _metric(service, "yinzheng_stamp_proofs", "result").get("same", 0)


def _tiers(service: house.House) -> dict[str, int]:
    """Documents by tier, as the metrics tell."""
    return _metric(service, "yinzheng_document_tiers", "state")


def _metric(service: house.House, name: str, label: str) -> dict[str, int]:
    rows = service.client.content("/metrics").decode().splitlines()
    told = [row.rpartition(" ") for row in rows if row.startswith(f'{name}{{{label}="')]
    return {what.split('"')[1]: int(float(number)) for what, _, number in told}
