"""Waiting, in tests, for what another process or thread is about to do."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

SECONDS = 60.0
"""What a busy machine may take for what takes a second: whoever waits longer waits in vain."""


def until(met: Callable[[], Found], seconds: float = SECONDS, pause: float = 0.02) -> Found:
    """Look again and again until `met` gives something true, and give that."""
    end = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < end
        time.sleep(pause)
    return found
