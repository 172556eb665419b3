"""Long poll: the state of work that goes on elsewhere, answered when it is finished or the caller's patience is over."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

MAX_WAIT: Final = 60
"""Seconds one poll may last, however long it asked for: below the idle limits of common proxies."""
FIRST_PAUSE: Final = 0.1


async def finished(
    request: Request,
    look: Callable[[], Mapping[str, Any]],
    ends: Collection[str],
    wait: float,
    longest_pause: float,
) -> dict[str, Any]:
    """Look until the state is one of `ends`; waiting holds no thread, and ends when the caller hangs up or we leave.

    `wait` and `longest_pause`, between two looks, are seconds.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + min(wait, MAX_WAIT)
    pause = FIRST_PAUSE
    while True:
        body = dict(await run_in_threadpool(look))
        left = end - clock()
        if (
            body["state"] in ends
            or left <= 0
            or request.app.state.leaving.begun
            or await request.is_disconnected()
        ):
            return body
        await asyncio.sleep(min(pause, left))
        pause = min(pause * 1.5, longest_pause)
