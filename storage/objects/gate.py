"""Keeps callers from waiting, one after another, for a store that does not answer."""

import threading
import time
from collections.abc import Callable

from storage.errors import StoreAway

AGAIN_SECONDS = 1.0
"""A store that did not answer is asked again by one caller a second; the others hear at once that it is away."""


class Gate:
    """Open while the store answers. `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._cause: str | None = None
        self._again = 0.0

    def enter(self) -> None:
        """Let a caller ask, or tell it the StoreAway that another met less than a second ago."""
        with self._lock:
            if self._cause is None:
                return
            if self._clock() < self._again:
                raise StoreAway(self._cause)
            self._again = self._clock() + AGAIN_SECONDS

    def answered(self) -> None:
        """The store is there."""
        self._cause = None

    def silent(self, cause: str) -> StoreAway:
        """The store did not answer; gives the error to raise."""
        with self._lock:
            self._cause, self._again = cause, self._clock() + AGAIN_SECONDS
        return StoreAway(cause)
