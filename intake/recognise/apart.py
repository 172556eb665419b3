"""Runs a recogniser in a child process with limits, for a service that must outlive it: crash, hang, or hunger.

    python -m intake.recognise.apart ppocr

The child says who it is in a line of JSON, then answers each request: a line of JSON with the shapes of the crops and
their bytes, answered by a line of JSON with the readings and the bytes of their probabilities. A line `{"failed": …}`
is an engine's own error. What it says is checked like any engine's answer.
"""

import contextlib
import json
import os
import resource
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Any, Final

import numpy as np

from intake.errors import IntakeError, RecogniserFailed, RecogniserMissing
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser
from intake.recognise.guard import checked
from intake.recognise.likelihood import Alphabet

START_SECONDS: Final = 60.0
"""The models load in half a second, on a crowded machine in ten."""
SECONDS: Final = 60.0
"""Wall clock for the lines of one page: forty of them take 2 s."""
MEMORY: Final = 2 << 30
"""Bytes of data (RLIMIT_DATA) of the child: PP-OCR has 0.3 GB."""
LONGEST_LINE: Final = 64 << 20
"""Bytes of one line of JSON: an alphabet of twenty thousand characters is 200 KB."""
LARGEST_TABLE: Final = 1 << 30


def command(name: str) -> list[str]:
    """Return how the child of an engine is started."""
    return [sys.executable, "-m", "intake.recognise.apart", name]


class Apart:
    """An engine in a child that is started when it is needed, and again after it died; used by many threads in turn."""

    def __init__(self, start: Sequence[str], seconds: float = SECONDS) -> None:
        self._start = list(start)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._name = ""
        self._alphabet: Alphabet | None = None
        with self._lock:
            self._running()

    @property
    def name(self) -> str:
        """Return the word the settings and findings know it by."""
        return self._name

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop; raises RecogniserFailed when the child dies, hangs, fails or talks nonsense."""
        with self._lock:
            try:
                return checked(self._asked(self._running(), crops), len(crops))
            except (RecogniserFailed, RecogniserMissing):
                self._end()
                raise
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                self._end()
                raise RecogniserFailed("died") from None

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        self._child = subprocess.Popen(
            self._start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._child.stdout
        try:
            hello = _Pipe(self._child.stdout, time.monotonic() + START_SECONDS).line()
            self._name = str(hello["name"])
            characters = hello["alphabet"]
        except (RecogniserFailed, ValueError, KeyError, TypeError):
            self._end()
            raise RecogniserMissing(self._start[-1]) from None
        self._alphabet = {character: int(at) for character, at in characters.items()} if characters else None
        return self._child

    def _asked(self, child: "subprocess.Popen[bytes]", crops: Sequence[Pixels]) -> list[LineReading]:
        assert child.stdin
        assert child.stdout
        shapes = [list(crop.shape) for crop in crops]
        # Written by a thread of its own: a child that hangs before it has read everything must not hold us.
        question = (
            json.dumps({"shapes": shapes}).encode() + b"\n" + b"".join(crop.tobytes() for crop in crops)
        )
        threading.Thread(target=_write, args=(child.stdin, question), daemon=True).start()
        pipe = _Pipe(child.stdout, time.monotonic() + self._seconds)
        answer = pipe.line()
        if "failed" in answer:
            raise RecogniserFailed(str(answer["failed"])[:60])
        return [self._reading(one, pipe) for one in answer["readings"]]

    def _reading(self, one: Any, pipe: "_Pipe") -> LineReading:
        shape, table = one["shape"], None
        if shape:
            rows, columns = int(shape[0]), int(shape[1])
            if not 0 < rows * columns * 4 <= LARGEST_TABLE:
                raise RecogniserFailed("nonsense")
            table = np.frombuffer(pipe.exactly(rows * columns * 4), np.float32).reshape(rows, columns)
        alphabet = self._alphabet if table is not None else None
        return LineReading(one["text"], one["confidence"], table, alphabet, one["weakest"], one["disputed"])

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()


def _write(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):  # it died, and whoever reads its answer notices
        pipe.write(data)
        pipe.flush()


class _Pipe:
    """What the child says, until a deadline."""

    def __init__(self, pipe: IO[bytes], deadline: float) -> None:
        self._descriptor = pipe.fileno()
        self._deadline = deadline
        self._rest = b""

    def line(self) -> dict[str, Any]:
        """The next line as a mapping. ValueError when it is none."""
        found = [self._rest]
        while b"\n" not in found[-1]:
            found.append(self._more())
            if len(found) * 4096 > LONGEST_LINE:
                raise RecogniserFailed("nonsense")
        line, _, self._rest = b"".join(found).partition(b"\n")
        answer = json.loads(line)
        if not isinstance(answer, dict):
            raise RecogniserFailed("nonsense")
        return answer

    def exactly(self, size: int) -> bytes:
        """The next so many bytes."""
        found, have = [self._rest], len(self._rest)
        while have < size:
            found.append(self._more())
            have += len(found[-1])
        data = b"".join(found)
        self._rest = data[size:]
        return data[:size]

    def _more(self) -> bytes:
        waiting = select.poll()
        waiting.register(self._descriptor, select.POLLIN)
        if not waiting.poll(max(0.0, self._deadline - time.monotonic()) * 1000):
            raise RecogniserFailed("too_late")
        part = os.read(self._descriptor, 1 << 20)
        if not part:
            raise RecogniserFailed("died")
        return part


def serve(engine: Recogniser, alphabet: Alphabet | None) -> None:
    """Answer on the standard pipes until they end; the engine's own output goes nowhere."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(os.dup(1), "wb") as out, os.fdopen(os.dup(0), "rb") as questions:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _say(out, {"name": engine.name, "alphabet": dict(alphabet) if alphabet else None})
        while line := questions.readline():
            shapes = json.loads(line)["shapes"]
            crops = [
                np.frombuffer(questions.read(int(np.prod(shape))), np.uint8).reshape(shape)
                for shape in shapes
            ]
            try:
                readings = engine.read_lines(crops)
            except Exception as error:
                _say(out, {"failed": type(error).__name__})
                continue
            tables = [one.probabilities for one in readings]
            rows = [
                {
                    "text": one.text,
                    "confidence": float(one.confidence),
                    "weakest": float(one.weakest),
                    "disputed": one.disputed,
                    "shape": None if table is None else list(table.shape),
                }
                for one, table in zip(readings, tables, strict=True)
            ]
            _say(out, {"readings": rows}, *[table for table in tables if table is not None])


def _say(out: IO[bytes], answer: dict[str, Any], *tables: Any) -> None:
    out.write(json.dumps(answer).encode() + b"\n")
    for table in tables:
        out.write(np.ascontiguousarray(table, np.float32).tobytes())
    out.flush()


def main(name: str) -> None:
    """Load an engine and serve it; its alphabet is taken from a first reading of nothing."""
    from intake.recognise.engines import load

    try:
        engine = load(name)
        probe = engine.read_lines([np.full((48, 96, 3), 255, np.uint8)])
    except IntakeError:
        sys.exit(1)
    serve(engine, probe[0].alphabet)


if __name__ == "__main__":
    main(sys.argv[1])
