"""Probes for the machines that watch the service: alive, ready, and figures without personal data."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse

from service.issue import batch
from service.office import Office
from service.web.auth import TheOffice
from service.web.journal import EDGES_MS, Counts

router = APIRouter(tags=["探针"])
PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"
READY_SECONDS: Final = 2.0
"""How long a good answer of /readyz stands: it writes to the database, and anybody may ask."""
NOT_READY_SECONDS: Final = 0.2
"""How long a bad one stands: whoever waits for the service wants to know at once."""


class Readiness:
    """Asks the office for its faults, and again when the last answer is stale."""

    def __init__(self, faults: Callable[[], list[str]], clock: Callable[[], float] = time.monotonic) -> None:
        self._faults = faults
        self._clock = clock
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._found: list[str] = []

    def faults(self) -> list[str]:
        """What would make the next request fail, in Chinese; empty when ready."""
        with self._lock:
            stands = NOT_READY_SECONDS if self._found else READY_SECONDS
            if self._clock() - self._asked >= stands:
                self._found = self._faults()
                self._asked = self._clock()
            return self._found


@router.get("/healthz", summary="进程是否活着")
async def healthz() -> JSONResponse:
    """Alive; says nothing about what it depends on."""
    return JSONResponse({"alive": True})


@router.get("/readyz", summary="能否办事；不能时说明缺什么")
def readyz(request: Request) -> JSONResponse:
    """503 with the faults when the next request would fail."""
    readiness: Readiness = request.app.state.readiness
    faults = readiness.faults()
    headers = {"Retry-After": "5"} if faults else None
    return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200, headers)


@router.get("/metrics", summary="计数（Prometheus）", response_class=PlainTextResponse)
async def metrics(request: Request, office: TheOffice) -> PlainTextResponse:
    """Requests by route template and what is kept by state; the counters belong to the event loop."""
    kept = await run_in_threadpool(_count, office)
    proofs = await run_in_threadpool(batch.proof_counts, office)
    stopped = len(office.printer.stopped())
    lines = [*_requests(request.app.state.counts), *_kept(kept), *_proofs(proofs, stopped)]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=PROMETHEUS)


def _count(office: Office) -> dict[str, dict[str, int]]:
    with office.archive.read() as reading:
        return reading.counts()


def _requests(counts: Counts) -> Iterator[str]:
    yield "# TYPE yinzheng_http_requests_total counter"
    for (method, route, status), number in sorted(counts.requests.items()):
        yield f'yinzheng_http_requests_total{{method="{method}",route="{route}",status="{status}"}} {number}'
    yield "# TYPE yinzheng_http_request_seconds histogram"
    for route, seconds in sorted(counts.seconds.items()):
        total = 0
        for index, edge in enumerate((*EDGES_MS, None)):
            total += counts.within[route, index]
            limit = "+Inf" if edge is None else f"{edge / 1000:g}"
            yield f'yinzheng_http_request_seconds_bucket{{route="{route}",le="{limit}"}} {total}'
        yield f'yinzheng_http_request_seconds_sum{{route="{route}"}} {seconds:.6f}'
        yield f'yinzheng_http_request_seconds_count{{route="{route}"}} {total}'
    yield "# TYPE yinzheng_verifications_total counter"
    for verdict, number in sorted(counts.verdicts.items()):
        yield f'yinzheng_verifications_total{{verdict="{verdict}"}} {number}'


def _kept(kept: dict[str, dict[str, int]]) -> Iterator[str]:
    for name, by_state in sorted(kept.items()):
        yield f"# TYPE yinzheng_{name} gauge"
        for state, number in sorted(by_state.items()):
            yield f'yinzheng_{name}{{state="{state}"}} {number}'


def _proofs(proofs: dict[str, int], stopped: int) -> Iterator[str]:
    """How many stamped papers of batches were held against LibreOffice's, and how many templates are not stamped any more."""
    yield "# TYPE yinzheng_stamp_proofs gauge"
    for result, number in sorted(proofs.items()):
        yield f'yinzheng_stamp_proofs{{result="{result}"}} {number}'
    yield "# TYPE yinzheng_stamps_stopped gauge"
    yield f"yinzheng_stamps_stopped {stopped}"
