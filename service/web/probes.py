"""Probes for the machines that watch the service: alive, ready, and figures without personal data."""

import threading
import time
from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse

from service.web import metrics
from service.web.auth import TheOffice

router = APIRouter(tags=["探针"])
READY_SECONDS: Final = 2.0
"""How long a good answer of /readyz stands: it writes to the database, and anybody may ask."""
NOT_READY_SECONDS: Final = 0.2
"""How long a bad one stands: whoever waits for the service wants to know at once."""

LEAVING: Final = "本进程正在停止，请改用另一个进程，或稍后重试"


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
    faults = [LEAVING] if request.app.state.leaving.begun else readiness.faults()
    headers = {"Retry-After": "5"} if faults else None
    return JSONResponse({"ready": not faults, "faults": faults}, 503 if faults else 200, headers)


@router.get("/metrics", summary="计数（Prometheus）", response_class=PlainTextResponse)
async def figures(request: Request, office: TheOffice) -> PlainTextResponse:
    """Requests by route template and what is kept by state; the counters belong to the event loop."""
    state = request.app.state
    kept = await run_in_threadpool(state.looking.kept)
    told = metrics.lines(office, state.counts, kept, leaving=state.leaving.begun)
    return PlainTextResponse("\n".join(told) + "\n", media_type=metrics.TYPE)
