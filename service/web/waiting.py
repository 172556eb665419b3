"""Long poll: the state of work that goes on elsewhere, answered when it is finished or the caller's patience is over."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from service import bell

MAX_WAIT: Final = 60
"""Seconds one poll may last, however long it asked for: below the idle limits of common proxies."""
FIRST_PAUSE: Final = 0.1
LEAST_PAUSE: Final = 0.05
"""However often it rings: a batch ends ten jobs a second, and each ring wakes all who wait."""


async def finished(
    request: Request,
    look: Callable[[], Mapping[str, Any]],
    ends: Collection[str],
    wait: float,
    longest_pause: float,
) -> dict[str, Any]:
    """Look until the state is one of `ends`; waiting holds no thread, and ends when the caller hangs up or we leave.

    A worker of this host that has ended some work is heard at once. `wait` and `longest_pause`, between two looks, are
    seconds.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + min(wait, MAX_WAIT)
    pause = FIRST_PAUSE
    with _heard(request.app.state.office.settings.data if wait else None) as rung:
        while True:
            rung.clear()
            rested = clock() + LEAST_PAUSE
            body = dict(await run_in_threadpool(look))
            left = end - clock()
            if (
                body["state"] in ends
                or left <= 0
                or request.app.state.leaving.begun
                or await request.is_disconnected()
            ):
                return body
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), min(pause, left))
                await asyncio.sleep(rested - clock())
            pause = min(pause * 1.5, longest_pause)


@contextmanager
def _heard(data: Path | None) -> Iterator[asyncio.Event]:
    """Give an event that is set when work has ended on this host; without `data` nobody listens."""
    rung = asyncio.Event()
    if data is None:
        yield rung
        return
    loop = asyncio.get_running_loop()

    def called() -> None:
        bell.hushed(ear)
        rung.set()

    with bell.listening(data, "ended") as ear:
        if ear is not None:
            loop.add_reader(ear, called)
        try:
            yield rung
        finally:
            if ear is not None:
                loop.remove_reader(ear)
