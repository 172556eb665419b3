"""Batches of diplomas end to end: rules, numbers, PDF, code decoded again, synced archive, log; as they grow."""

import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import batches
import batchpage
import house
import profiled
from measuring import Row, line

LONG = 40_000
"""A city's graduates: minutes, so only with BENCH_LONG=1, which also writes docs/batches.md."""
SIZES = [int(size) for size in os.environ.get("BENCH_SIZES", "100,1000,10000").split(",")]
FIRST = int(os.environ.get("BENCH_FIRST", "500"))
"""Papers of the first batch ever, for which LibreOffice compiles the template."""
PROFILED = int(os.environ.get("BENCH_PROFILED", "10000"))


def batching(rows: list[Row]) -> None:
    """One store, one batch after the other, each of other people; then one more with a worker under cProfile."""
    sizes = [*SIZES, LONG] if os.environ.get("BENCH_LONG") else SIZES
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        store.mkdir()
        with house.opened(store) as service:
            first = batches.run(service, service.admit(0, FIRST))
            _told(rows, first, ", the first of all")
            at, runs = FIRST, []
            for size in sizes:
                runs.append(batches.run(service, service.admit(at, size)))
                _told(rows, runs[-1], "")
                at += size
        shares = _profiled(store, Path(folder) / "stats", at)
    _memory(rows, runs)
    most = sorted((share for share in shares if share[0][0] != "…"), key=lambda share: -share[1])
    spent = ", ".join(f"{label} {share:.0%}" for label, share in most if share >= 0.03)
    rows.append(line("where a worker's time goes ([profile](docs/batches.md))", spent))
    if LONG in sizes or not batchpage.PAGE.exists():
        batchpage.write(first, runs, shares, PROFILED)


def _told(rows: list[Row], run: batches.Run, which: str) -> None:
    stamped = run.tiers.get("1", 0) / max(1, sum(run.tiers.values()))
    value = (
        f"{run.seconds:.1f} s = {run.per_second:.0f}/s; {stamped:.1%} stamped, "
        f"{run.classes} layout classes, {run.proved} samples proved"
        + (f", {run.failed} failed" * bool(run.failed))
    )
    aim = "≥ 150/s" if run.count + run.failed == max(SIZES) and not which else ""
    rows.append(line(f"batch of {run.count + run.failed:,} diplomas end to end{which}", value, aim))
    print(asdict(run), flush=True)


def _memory(rows: list[Row], runs: list[batches.Run]) -> None:
    told = ", ".join(f"{run.peaks['worker']:.0f} MB at {run.count:,}" for run in runs)
    rows.append(line("most memory of a worker that prints batches (VmHWM)", told, "≤ 300 MB, flat"))
    served = ", ".join(f"{run.peaks['serve']:.0f} MB at {run.count:,}" for run in runs)
    rows.append(line("most memory of the service meanwhile", served))


def _profiled(store: Path, stats: Path, at: int) -> list[tuple[str, float]]:
    """Print one more batch with two workers, one of them under cProfile."""
    with house.opened(store, workers=1) as service:
        people = service.admit(at, PROFILED)
        with profiled.worker(store, stats):
            batches.run(service, people)
    return profiled.shares(stats)
