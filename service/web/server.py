"""The server around the application: told to stop, it first says so, then answers what is under way, then ends."""

import signal
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI


class Leaving:
    """Whether this process is on its way out, and what is to be done as soon as it is."""

    def __init__(self) -> None:
        self.begun = False
        self._then: list[Callable[[], None]] = []

    def then(self, action: Callable[[], None]) -> None:
        """Do something when it begins; it has to be short, for a signal handler does it."""
        self._then.append(action)

    def begin(self) -> None:
        """Begin, once."""
        if not self.begun:
            self.begun = True
            for action in self._then:
                action()


class Server(uvicorn.Server):
    """uvicorn that goes on answering for `drain` seconds after SIGTERM, so that a proxy sends the next ones elsewhere.

    Meanwhile /readyz is 503 and every answer closes its connection. Then nothing new is accepted, and requests under
    way get `grace` seconds. SIGINT, or a second SIGTERM, ends the draining at once.
    """

    def __init__(
        self, app: FastAPI, leaving: Leaving, *, host: str, port: int, drain: int, grace: int
    ) -> None:
        # Addresses hold serials and 学籍号, so uvicorn's own access log stays off; its other lines go where ours go.
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=grace,
        )
        super().__init__(config)
        self._leaving = leaving
        self._drain = drain
        self._end = float("inf")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as a signal handler is called
        """Begin to leave; the signal is not raised again afterwards, so that everything is closed in order."""
        again = self._leaving.begun
        self._leaving.begin()
        if sig == signal.SIGTERM and self._drain and not again:
            self._end = time.monotonic() + self._drain
            return
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Stop accepting when the draining is over."""
        if time.monotonic() >= self._end:
            self.should_exit = True
        return await super().on_tick(counter)
