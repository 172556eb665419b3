"""How things are timed and told: medians of interleaved rounds, and rows of the table."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
RECORDS = int(os.environ.get("BENCH_RECORDS", "200"))
"""Papers of different people that the single figures are medians of."""
ROOT = Path(__file__).resolve().parent.parent

Row = dict[str, str]


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def processor_seconds() -> float:
    """Return the processor time that the processes started by this one, and theirs, have taken so far."""
    ticks, children = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended: whoever waited for it has its time
        number = int(folder.name)
        ticks[number] = sum(map(int, told[11:15]))  # its own, and those it waited for
        children.setdefault(int(told[1]), []).append(number)
    below, found = [os.getpid()], set()
    while below:
        found.update(mine := children.get(below.pop(), []))
        below += mine
    return sum(ticks[number] for number in found) / os.sysconf("SC_CLK_TCK")


def medians(works: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Run every work once a round, interleaved, after one warm-up each; return median seconds."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(timed(work))
    return {name: statistics.median(values) for name, values in times.items()}


def percentile(times: list[float], share: float) -> float:
    """Return the time that `share` of all times stay below."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def line(what: str, value: str, aim: str = "") -> Row:
    """Print one row of the table and return it."""
    print(f"| {what} | {value} | {aim} |", flush=True)
    return {"what": what, "value": value, "aim": aim}


def against(what: str, ours: float, theirs: float, aim: str = "", note: str = "") -> Row:
    """Tell two median times (seconds) and how many times faster ours is."""
    value = f"{_ms(ours)} : {_ms(theirs)} = {theirs / ours:.1f}×"
    return line(what, value + (f", {note}" if note else ""), aim)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.{1 if seconds < 0.1 else 0}f} ms"
