"""A bounded load on our own loopback server, and what the machine says of itself."""

import asyncio
import os
import statistics
import time
from pathlib import Path
from urllib.parse import urlparse


def _request(base: str, path: str, body: bytes) -> bytes:
    host = urlparse(base).netloc
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head[:200].decode())
    length = next(
        int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")
    )
    await reader.readexactly(length)


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


def steady(base: str, path: str, body: bytes, *, per_second: int, seconds: float) -> tuple[float, float]:
    """Return the median and 95th percentile in ms of requests sent on a fixed timetable.

    Waiting counts: a request's time runs from when it was due, not from when a connection was free.
    """

    async def run() -> list[float]:
        address = urlparse(base)
        idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        for _ in range(16):
            idle.put_nowait(await asyncio.open_connection(address.hostname, address.port))
        times: list[float] = []

        async def one(due: float) -> None:
            pair = await idle.get()
            await _exchange(*pair, request)
            idle.put_nowait(pair)
            times.append(time.perf_counter() - due)

        began = time.perf_counter() + 0.1
        tasks = []
        for k in range(int(per_second * seconds)):
            due = began + k / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(due)))
        await asyncio.gather(*tasks)
        while not idle.empty():
            idle.get_nowait()[1].close()
        return times

    request = _request(base, path, body)
    times = sorted(asyncio.run(run()))
    return statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000


def memory_below(pid: int) -> dict[str, int]:
    """Return resident MB of every process under `pid`, by name."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        parents[int(text.split()[0])] = int(text.rsplit(")", 1)[1].split()[1])
    found: dict[str, int] = {}
    for child in parents:
        ancestor = child
        while ancestor in parents and ancestor != pid:
            ancestor = parents[ancestor]
        if ancestor != pid or child == pid:
            continue
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
