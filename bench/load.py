"""A bounded load on our own loopback server, and what the machine says of itself."""

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlparse

from measuring import percentile


def _request(base: str, path: str, body: bytes, token: str = "") -> bytes:
    host = urlparse(base).netloc
    who = f"Authorization: Bearer {token}\r\n" if token else ""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{who}"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    """Send a request and read its answer; anything but success ends the run: a refusal is no latency."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")
    )
    body = await reader.readexactly(length)
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise RuntimeError((head[:20] + body[:300]).decode())


def flood(base: str, path: str, body: bytes, *, seconds: float, connections: int) -> float:
    """Return answers per second with `connections` clients that ask again at once."""

    async def client(end: float) -> int:
        address = urlparse(base)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        count = 0
        while time.perf_counter() < end:
            await _exchange(reader, writer, request)
            count += 1
        writer.close()
        return count

    async def run() -> float:
        began = time.perf_counter()
        counts = await asyncio.gather(*(client(began + seconds) for _ in range(connections)))
        return sum(counts) / (time.perf_counter() - began)

    request = _request(base, path, body)
    return asyncio.run(run())


def steady(
    base: str, path: str, bodies: Sequence[bytes], *, per_second: int, token: str = ""
) -> tuple[float, float]:
    """Return the median and 95th percentile in ms of requests, one for each body, sent on a fixed timetable.

    Waiting counts: a request's time runs from when it was due, not from when a connection was free.
    """

    async def run() -> list[float]:
        address = urlparse(base)
        idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for _ in range(16):
            idle.put_nowait(await asyncio.open_connection(address.hostname, address.port))
        times: list[float] = []

        async def one(due: float, request: bytes) -> None:
            pair = await idle.get()
            await _exchange(*pair, request)
            idle.put_nowait(pair)
            times.append(time.perf_counter() - due)

        began = time.perf_counter() + 0.1
        tasks = []
        for k, body in enumerate(bodies):
            due = began + k / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(due, _request(base, path, body, token))))
        await asyncio.gather(*tasks)
        while not idle.empty():
            idle.get_nowait()[1].close()
        return times

    times = asyncio.run(run())
    return statistics.median(times) * 1000, percentile(times, 0.95) * 1000


def memory_below(pid: int) -> dict[str, int]:
    """Return resident MB of every process under `pid`, by name."""
    found: dict[str, int] = {}
    for child in _below(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_text().split("\0")
            pages = int(Path(f"/proc/{child}/statm").read_text().split()[1])
        except OSError:
            continue
        name = _named(words)
        while name in found:
            name += "′"
        found[name] = pages * os.sysconf("SC_PAGESIZE") // 2**20
    return found


def peaks_below(pid: int) -> dict[int, tuple[str, float]]:
    """Return of every process under `pid` its command line and the most MB it ever had in memory (VmHWM), by id."""
    found = {}
    for child in _below(pid):
        try:
            words = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
            status = Path(f"/proc/{child}/status").read_text()
        except OSError:
            continue
        if "VmHWM" in status:  # a process that has just ended has no memory any more
            found[child] = (words, _peak(status))
    return found


def own_peak() -> float:
    """Return the most MB this process ever had in memory."""
    return _peak(Path("/proc/self/status").read_text())


def _peak(status: str) -> float:
    return next(int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmHWM"))


def _below(pid: int) -> list[int]:
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parents[int(text.split()[0])] = int(text.rsplit(")", 1)[1].split()[1])
    below = []
    for child in parents:
        ancestor = child
        while ancestor in parents and ancestor != pid:
            ancestor = parents[ancestor]
        if ancestor == pid and child != pid:
            below.append(child)
    return below


def _named(words: list[str]) -> str:
    """Return what a process is: our command, the script a Python runs, or the program's own name."""
    command = next((w for w in words[1:5] if w in {"serve", "worker"}), None)
    script = next((Path(w).stem for w in words[1:4] if w.endswith(".py")), None)
    return command or script or Path(words[0]).name


def machine() -> str:
    """Return processor, cores and memory as the kernel names them."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((r.split(":")[1].strip() for r in info.splitlines() if r.startswith("model name")), "?")
    total = int(Path("/proc/meminfo").read_text().split()[1]) // 2**20
    return f"{model}, {os.cpu_count()} cores, {total} GiB, Debian {Path('/etc/debian_version').read_text().strip()}"
