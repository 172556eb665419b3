"""The service as a whole: how soon it is ready, what it holds in memory, how long one waits for a single paper."""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import batches
import county
import house
import load
from measuring import Row, line

from service.demo import people, server

PER_SECOND = 20
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
WARM = int(os.environ.get("BENCH_WARM", "5000"))
"""Diplomas of a batch before: of the next hundred, one has a layout class of its own, which LibreOffice compiles."""
LOADED = int(os.environ.get("BENCH_LOADED", "10000"))
"""Diplomas of the batch that is printed meanwhile."""
STARTS = 3


def starting(rows: list[Row]) -> None:
    """Start a service again and again on the same store: seconds to ready, and the memory of each process."""
    seconds = []
    memory: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        server.token(store, "city", people.CITY)
        for _ in range(STARTS + 1):
            began = time.perf_counter()
            with server.running(store, server.free_port()):
                seconds.append(time.perf_counter() - began)
                memory = load.memory_below(os.getpid())
    rows.append(line("service start to ready", f"{statistics.median(seconds[1:]):.1f} s", "≤ 4 s"))
    rows.append(line("memory (RSS)", ", ".join(f"{k} {v} MB" for k, v in memory.items())))


def issuing(rows: list[Row]) -> None:
    """Single diplomas at a steady rate, each another student's: alone, and while a large batch is printed."""
    count = PER_SECOND * SECONDS
    with house.opened() as service:
        batches.run(service, service.admit(0, WARM))
        _steady(service, service.admit(WARM, PER_SECOND))  # connections, caches of this process
        _told(rows, "", _steady(service, service.admit(WARM + PER_SECOND, count)))
        singles = service.admit(WARM + PER_SECOND + count, count)
        batch = batches.start(service, service.admit(WARM + PER_SECOND + 2 * count, LOADED))
        path = batch["links"]["self"]
        while batch["state"] != "printing":
            time.sleep(batches.POLL_SECONDS)
            batch = service.client.call("GET", path)
        waits = _steady(service, singles)
        batch = service.client.call("GET", path)
        meanwhile = f" while a batch of {LOADED:,} is printed ({batch['done']:,} done, {batch['state']})"
        _told(rows, meanwhile, waits)
        service.client.call("POST", batch["links"]["cancel"], {})


def _steady(service: house.House, graduates: Sequence[county.Graduate]) -> tuple[float, float]:
    bodies = [
        json.dumps({"form": county.FORM, "student": one.student_no, "data": county.DATA}).encode()
        for one in graduates
    ]
    return load.steady(service.base, "/v1/documents", bodies, per_second=PER_SECOND, token=service.token)


def _told(rows: list[Row], when: str, waits: tuple[float, float]) -> None:
    what = f"POST /v1/documents at {PER_SECOND}/s, warm{when}"
    rows.append(line(what, f"p50 {waits[0]:.0f} ms, p95 {waits[1]:.0f} ms", "p95 ≤ 60 ms"))
