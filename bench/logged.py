"""The log at a million leaves: how fast it grows, what a checkpoint and a proof out of it cost, how small the lists are."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from measuring import Row, line

from service.signing.listing import SerialSet
from service.signing.serial import serial_text
from storage import log
from storage.archive import Archive
from storage.records import NewEntry

LEAVES = 1_000_000
AT_ONCE = 100
"""Leaves in one transaction: twenty papers of a batch have as many."""
ASKED = 50
ENDED = 5_000
SPREAD = 0x9E3779B97F4A7C15
"""An odd number: its multiples modulo 2^60 are serials that look as random as real ones, and never repeat."""


def logged(rows: list[Row]) -> None:
    """Grow a log to a million leaves, then ask it; and make the lists of a million papers with 5,000 that ended."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive.open(Path(folder), lambda: datetime.now(UTC))
        seconds = _grown(archive)
        rows.append(
            line(f"log grown to {LEAVES:,} leaves, {AT_ONCE} a commit", f"{LEAVES / seconds:.0f} leaves/s")
        )
        for name, ask in _questions(archive).items():
            value = _milliseconds(ask)
            rows.append(line(f"{name} at {LEAVES:,} leaves", f"{value:.1f} ms", "≤ 10 ms"))
        archive.close()
    serials = [serial_text(number * SPREAD % 2**60) for number in range(LEAVES)]
    started = time.process_time()
    long = SerialSet.of(serials[ENDED:])
    took = time.process_time() - started
    short = SerialSet.of(serials[:ENDED])
    size = len(short.table) / 1024
    rows.append(line(f"status list, {ENDED:,} of {LEAVES:,} papers ended", f"{size:.1f} KB"))
    megabytes = len(long.table) / 2**20
    rows.append(
        line(f"status list, {LEAVES - ENDED:,} papers effective", f"{megabytes:.1f} MB, made in {took:.1f} s")
    )


def _grown(archive: Archive) -> float:
    """File a million entries, each with its leaf; seconds."""
    item = NewEntry("3114000123", "scan", "学校学籍档案", "扫描件", "0" * 64, 1, "application/pdf", None, "x")
    started = time.perf_counter()
    for _ in range(LEAVES // AT_ONCE):
        with archive.begin() as transaction:
            transaction.add_entries([item] * AT_ONCE)
    return time.perf_counter() - started


def _questions(archive: Archive) -> dict[str, Callable[[int], object]]:
    """What is asked, each with a place in the log; every answer is proved right before its time counts."""

    def root(_place: int) -> bytes:
        with archive.read() as reading:
            return reading.log_tree().root()

    def inclusion(place: int) -> list[bytes]:
        with archive.read() as reading:
            return reading.log_tree().inclusion(place)

    def consistency(place: int) -> list[bytes]:
        with archive.read() as reading:
            return reading.log_tree().consistency(place)

    with archive.read() as reading:
        hashes = [leaf.hash for leaf in reading.leaves()]
    head = log.root(hashes)
    assert root(0) == head
    for place in _places():
        assert log.verify_inclusion(hashes[place], place, LEAVES, inclusion(place), head)
    old = LEAVES // 3
    assert log.verify_consistency(old, log.root(hashes[:old]), LEAVES, head, consistency(old))
    return {"checkpoint": root, "inclusion proof": inclusion, "consistency proof": consistency}


def _milliseconds(ask: Callable[[int], object]) -> float:
    """The median of some fifty answers, each from a transaction of its own."""
    times = []
    for place in _places():
        started = time.perf_counter()
        ask(place)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def _places() -> Iterator[int]:
    return (place * (LEAVES // ASKED) + place for place in range(ASKED))
