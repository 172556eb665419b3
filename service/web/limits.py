"""How much one caller may ask for: requests a minute, and bytes of one body counted while they arrive."""

import asyncio
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Problem

SMALL_BODY: Final = 1 << 20
"""Bytes of a body that is no upload: the longest student record is a few kilobytes."""
LISTS: Final = {"/v1/batches": 32 << 20}
"""Bytes of a body that is a list, by path: fifty thousand rows with a few values each are 10 MB."""
PACKAGES: Final = {"/v1/arrivals": 4 << 30}
"""Bytes of a body that is a package of permanent files, by path: it is put aside on disk while it comes in."""
BARE_FILES: Final = ("image/", "application/pdf", "application/octet-stream")
"""Content types of a body that is itself the uploaded file."""
UPLOADS: Final = ("multipart/", *BARE_FILES)
FORM_OVERHEAD: Final = 64 << 10
"""Bytes that multipart boundaries and part headers may add to an upload."""
FIRST_SECONDS: Final = 30.0
SLOWEST: Final = 16 << 10
"""A body may take half a minute, and longer as it comes in at this many bytes a second: 50 MB over a line of 1 Mbit/s
take seven minutes and arrive, a body that trickles to hold a place does not."""
MAX_CALLERS: Final = 50_000
"""Callers remembered at once (about 10 MB); the one quiet for longest is forgotten first."""
IMAGE_COST: Final = 500
"""An image costs this many requests: it is read for a second, a code for less than a millisecond."""
PUBLISHED_COST: Final = 20
"""A checkpoint, a proof or the status list costs this many: each reads the whole log."""

IMAGES_RUNNING: Final = 2
IMAGES_WAITING: Final = 6
"""Public images read at once, and waiting: staff scans must still get their share of the machine."""
LISTENERS: Final = 40
"""Who may follow a batch by server-sent events at once: each is a look at the database twice a second."""
BUSY_SECONDS: Final = 10


@dataclass(slots=True)
class _Level:
    tokens: float
    at: float


class Buckets:
    """One token bucket per client address: `rate` requests a minute, and as many at once.

    `clock` gives monotonic seconds. An IPv6 caller is its /64, since one subscriber owns all of it.
    """

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def take(self, address: str, cost: int = 1) -> None:
        """Let a request pass, or raise Problem `too_many_requests` (429) that says when to come back."""
        now = self._clock()
        caller = network(address)
        level = self._levels.pop(caller, None) or _Level(self._rate, now)
        level.tokens = min(self._rate, level.tokens + (now - level.at) * self._rate / 60)
        level.at = now
        self._levels[caller] = level
        if len(self._levels) > MAX_CALLERS:
            self._levels.popitem(last=False)
        needed = min(cost, self._rate)
        if level.tokens < needed:
            raise too_many(int((needed - level.tokens) * 60 / self._rate) + 1)
        level.tokens -= needed


async def limited(request: Request) -> None:
    """Count a request for what is published from the whole log; the dependency of such routes."""
    charge(request, PUBLISHED_COST)


def charge(request: Request, cost: int = 1) -> None:
    """Take `cost` from the caller's bucket, or raise Problem `too_many_requests` (429)."""
    buckets: Buckets = request.app.state.buckets
    buckets.take(request.client.host if request.client else "", cost)


def network(address: str) -> str:
    """Return the caller an address stands for: an IPv4 address itself, the /64 of an IPv6 address."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))


def too_many(seconds: int) -> Problem:
    """Return the 429 that asks to wait `seconds`."""
    return Problem(
        "too_many_requests",
        429,
        "请求过于频繁",
        f"同一网络地址的核验次数过多；请等 {seconds} 秒再试。",
        extra={"retry_after": seconds},
    )


def too_large(limit: int) -> Problem:
    """Return the 413 for a body above `limit` bytes."""
    size = f"{limit >> 20} MB" if limit >= 1 << 20 else f"{limit >> 10} KB"
    return Problem(
        "too_large",
        413,
        "内容过大",
        f"上传的内容超过 {size}；请降低扫描分辨率（200–300 dpi 即可）或分几次上传。",
    )


def too_slow() -> Problem:
    """Return the 408 for a body that trickles."""
    return Problem(
        "too_slow",
        408,
        "上传太慢",
        "内容在限定时间内没有传完，已停止接收；请检查网络后重新上传，或降低扫描分辨率（200–300 dpi 即可）。",
    )


class BodyCap:
    """ASGI layer that stops a body above its limit while it streams: uploads `upload` bytes, lists 32 MB, others 1 MB.

    Whatever reads a too long body gets Problem `too_large`, at once when its declared length says so, and whatever
    reads one that trickles gets `too_slow`; the connection is given up, since the rest of the body is still on its way.
    """

    def __init__(self, app: ASGIApp, upload: int) -> None:
        self.app = app
        self.upload = upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, its body counted."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        content_type = headers.get("content-type", "")
        upload = content_type.startswith(UPLOADS)
        file = PACKAGES.get(scope["path"], self.upload) + FORM_OVERHEAD
        limit = file if upload else LISTS.get(scope["path"], SMALL_BODY)
        body = _Body(receive, send, limit, headers.get("content-length", "0"))
        await self.app(scope, body.receive, body.send)


class _Body:
    """One body on its way in: what came so far, and whether it is too long."""

    def __init__(self, receive: Receive, send: Send, limit: int, declared: str) -> None:
        self._receive = receive
        self._send = send
        self._limit = limit
        self._seen = 0
        self._began: float | None = None
        self._whole = False
        self._slow = False
        self._too_long = not (declared.isascii() and declared.isdigit()) or int(declared) > limit

    async def receive(self) -> Message:
        """Pass the next piece on while the body is within its limit and keeps coming."""
        if self._whole:  # what follows a body is that the caller hangs up, whenever that is
            return await self._receive()
        if not self._too_long:
            message = await self._next()
            self._seen += len(message.get("body", b""))
            self._too_long = self._seen > self._limit
            self._whole = not message.get("more_body", False)
        if self._too_long:
            self._whole = False
            raise too_large(self._limit)
        return message

    async def _next(self) -> Message:
        """The next piece, waited for as long as what came so far deserves."""
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        try:
            async with asyncio.timeout_at(self._began + FIRST_SECONDS + self._seen / SLOWEST):
                return await self._receive()
        except TimeoutError:
            self._slow = True
            raise too_slow() from None

    async def send(self, message: Message) -> None:
        """Pass the answer on; after a body that was given up it is the last one of the connection."""
        if (self._too_long or self._slow) and message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await self._send(message)


class Places:
    """So many may be inside at once; the next one is asked to come back. Used by one event loop."""

    def __init__(self, most: int) -> None:
        self._left = most

    def check(self) -> None:
        """Raise Problem `busy` (503) when no place is left."""
        if self._left <= 0:
            raise Problem(
                "busy",
                503,
                "同时跟踪进度的人过多",
                f"请等 {BUSY_SECONDS} 秒再试，或改为定时查看批次的进度。",
                extra={"retry_after": BUSY_SECONDS},
            )

    def __enter__(self) -> None:
        """Take a place."""
        self._left -= 1

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._left += 1


class Gate:
    """Lets a few image verifications be read at once and a few more wait; the rest are asked to come back."""

    def __init__(self, running: int, waiting: int) -> None:
        self._places = running + waiting
        self._inside = 0
        self._running = asyncio.Semaphore(running)

    async def __aenter__(self) -> None:
        """Enter, waiting for a reading place; Problem `busy` (503) when too many wait already."""
        if self._inside >= self._places:
            raise Problem(
                "busy",
                503,
                "正在核对的图像过多",
                f"请等 {BUSY_SECONDS} 秒再试；只想知道文书是否有效，可以直接扫二维码。",
                extra={"retry_after": BUSY_SECONDS},
            )
        self._inside += 1
        try:
            await self._running.acquire()
        except BaseException:
            self._inside -= 1
            raise

    async def __aexit__(self, *_: object) -> None:
        """Leave, and let the next one read."""
        self._running.release()
        self._inside -= 1
