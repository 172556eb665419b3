"""The outermost layer: a request id, safe headers, one log line and counters per request, and the last catch.

Nothing here knows a path as it was asked for, only the route's template: tokens and 学籍号 stand in paths.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import whereabouts
from service.logs import about, sane_id
from service.web.problems import answer, as_problem

UNROUTED: Final = "(none)"
HUNG_UP: Final = 499
"""The status noted when the caller was gone before there was an answer."""
EDGES_MS: Final = (2, 5, 10, 15, 25, 50, 100, 250, 500, 1000, 2500, 10_000, 60_000)
"""Upper edges of the duration histogram: fine where verifications live, coarse where papers are printed."""
HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
DEFAULTS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Sent where a route has not said otherwise."""
CLOSE: Final = ((b"connection", b"close"),)

_access = logging.getLogger("yinzheng.access")
_log = logging.getLogger("yinzheng.web")


class Counts:
    """Requests counted by method, route and status, with their durations; no personal data can enter."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.within: Counter[tuple[str, int]] = Counter()
        self.seconds: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.running = 0

    def add(self, method: str, route: str, status: int, ms: float) -> None:
        """Count one answered request."""
        self.requests[method, route, status] += 1
        self.seconds[route] += ms / 1000  # type: ignore[assignment]  # a Counter adds fractions as well
        edge = next((index for index, limit in enumerate(EDGES_MS) if ms <= limit), len(EDGES_MS))
        self.within[route, edge] += 1


class Journal:
    """ASGI layer around everything else; `clock` gives monotonic seconds.

    A request keeps the id it came with (X-Request-ID) when that is sane, else `new_id` names it.

    While the process is `leaving` every answer closes its connection: the next request of the caller goes elsewhere.
    """

    def __init__(
        self,
        app: ASGIApp,
        counts: Counts,
        new_id: Callable[[], str],
        clock: Callable[[], float] = time.perf_counter,
        leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self.app = app
        self.leaving = leaving
        self.counts = counts
        self.new_id = new_id
        self.clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whatever comes out of it is answered, counted and noted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = sane_id(Headers(scope=scope).get("x-request-id", "")) or self.new_id()
        with about(request_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        began = self.clock()
        scope["request_id"] = request_id
        sender = _Sender(send, request_id, CLOSE if self.leaving() else ())
        self.counts.running += 1
        try:
            await self.app(scope, receive, sender)
        except ClientDisconnect:
            sender.status = HUNG_UP
        except Exception as error:
            await _last_catch(error, scope, receive, sender)
        finally:
            self.counts.running -= 1
            self._note(scope, sender.status, (self.clock() - began) * 1000)

    def _note(self, scope: Scope, status: int, ms: float) -> None:
        route = getattr(scope.get("route"), "path", UNROUTED)
        method = scope["method"] if route != UNROUTED else "ANY"
        self.counts.add(method, route, status, ms)
        line = {
            "route": route,
            "method": method,
            "status": status,
            "ms": round(ms, 1),
            "id": scope["request_id"],
        }
        _access.info("%s", _Line(line), extra={"fields": line})


class _Line:
    """A log line that is only put into words when somebody listens."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def __str__(self) -> str:
        return json.dumps(self.fields, separators=(",", ":"))


class _Sender:
    """Passes an answer on with the headers every answer has, and remembers its status."""

    def __init__(self, send: Send, request_id: str, more: tuple[tuple[bytes, bytes], ...]) -> None:
        self._send = send
        self._more = more
        self._id = request_id.encode()
        self.started = False
        self.status = 500

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            message["headers"] = self._with_headers(list(message.get("headers", ())))
        await self._send(message)

    def _with_headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        said = {name for name, _ in headers}
        missing = [pair for pair in (*DEFAULTS, *self._more) if pair[0] not in said]
        return [*headers, *HEADERS, *missing, (b"x-request-id", self._id)]


async def _last_catch(error: Exception, scope: Scope, receive: Receive, sender: _Sender) -> None:
    """Answer what nobody foresaw with a 500 problem, unless the answer is under way already."""
    note_unexpected(error, scope)
    if sender.started:
        raise ConnectionAbortedError("answer broken off after an unexpected error") from None
    await answer(Request(scope), as_problem(error))(scope, receive, sender)


def note_unexpected(error: Exception, scope: Scope) -> None:
    """Log where an unforeseen error happened, never what it said: that may be anybody's data."""
    _log.error("unexpected %s id=%s at %s", type(error).__name__, scope["request_id"], whereabouts(error))
