"""Stamping alone, without rules, numbers or archive: papers a second of one process and of two."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import county
import load
import papers
from measuring import Row, line

PAPERS = int(os.environ.get("BENCH_PAPERS", "5000"))


def stamping(rows: list[Row]) -> None:
    """Compile what the papers have in common, then let one process and two stamp all of them."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = _compiled(Path(folder))
        for processes in (1, 2):
            parts = [numbers[k::processes] for k in range(processes)]
            seconds, memory = _raced(Path(folder), parts)
            what = f"stamping alone, {len(numbers):,} diplomas, {processes} process{'es' * (processes > 1)}"
            value = f"{len(numbers) / seconds:.0f}/s, {memory:.0f} MB each at most"
            rows.append(line(what, value, "≥ 500/s" if processes > 1 else ""))


def _compiled(folder: Path) -> list[int]:
    """Print everything once; gives the numbers of what is stamped (a name with a very rare hanzi is not)."""
    with papers.press(folder) as press:
        people = county.graduates(0, PAPERS)
        return [
            number
            for number, one in enumerate(people)
            if press.printer.print(press.diploma(one, number)).tier == 1
        ]


def _raced(folder: Path, parts: list[list[int]]) -> tuple[float, float]:
    """Let processes stamp their parts at the same time; seconds until the last is done, and the largest one's MB."""
    command = [sys.executable, __file__, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen(command, **pipes) for _ in parts]
    try:
        for child, part in zip(children, parts, strict=True):
            child.stdin.write(json.dumps(part) + "\n")
            child.stdin.flush()
        for child in children:
            assert child.stdout.readline() == "ready\n"
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        told = [json.loads(child.stdout.readline()) for child in children]
    finally:
        for child in children:
            child.stdin.close()
            child.wait(60)
            child.stdout.close()
    assert all(one["stamped"] == len(part) for one, part in zip(told, parts, strict=True)), told
    return max(one["ended"] for one in told) - min(one["began"] for one in told), max(
        one["mb"] for one in told
    )


def child(folder: Path) -> None:
    """One process: reads its numbers, says that it is ready, stamps, and tells when."""
    import time

    numbers = json.loads(sys.stdin.readline())
    with papers.press(folder, lazy=True) as press:
        orders = [press.diploma(county.graduates(number, 1)[0], number) for number in numbers]
        for order in orders[:20]:
            press.printer.print(order)  # the artefacts are read into memory
        press.printer.counts.clear()
        print("ready", flush=True)
        sys.stdin.readline()
        began = time.monotonic()  # of the machine, not of the process
        for order in orders:
            press.printer.print(order)
        ended = time.monotonic()
        told = {"began": began, "ended": ended, "stamped": press.printer.counts["stamped"]}
        print(json.dumps({**told, "mb": load.own_peak()}), flush=True)


if __name__ == "__main__":
    child(Path(sys.argv[1]))
