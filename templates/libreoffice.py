"""Keeps a pool of real LibreOffice processes and turns Word documents into PDF/A-2b with them."""

import contextlib
import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path

from templates.errors import ConverterBusy, ConverterFailed
from templates.libreoffice_worker import (
    Program,
    Worker,
    WorkerLost,
    WorkerRefused,
    make_skeleton,
    remove_traces,
)

DEADLINE_SECONDS = 30.0  # a paper takes 0.1 s; thirty seconds is a hang, even on a loaded machine
LIGHT_BYTES = (
    1 << 20
)  # a form has 0.3 MB; a roster of 1000 rows has 8, takes 15 s and is given as much longer
QUEUE = 16  # more waiting papers than this are refused with a time to come back
RECYCLE_DOCUMENTS = 250  # evidence.md §1: memory and time per document grow slowly
RECYCLE_BYTES = 500 << 20
_STAGGER = 20  # documents by which the next worker recycles earlier, so that not all restart at once
_TRIES = 2  # a paper that was there when LibreOffice died is tried once more, on another worker
IDLE_SECONDS = 20.0  # a lazy pool without a document for so long gives the memory back: 80 MB and more each
_LOOK_SECONDS = 0.5  # how often an idle worker is looked after
_BACK_OFF_SECONDS = (0.2, 1.0, 5.0, 15.0)  # pause after the first, second, … failed start
_QUEUE_SECONDS = 30.0  # what a caller waits for its turn, beyond two deadlines of its own
_CLOSE_SECONDS = 5.0
_APART_SECONDS = (
    5.0  # the first worker has the machine to itself for so long: one that works soon beats two later
)


class Answer(Future[bytes]):
    """PDF bytes to come; `deadline` is the seconds one try may take."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline


@dataclass(slots=True)
class _Request:
    docx: bytes
    answer: Answer
    tries: int = 0


class Converter:
    """A pool of `workers` LibreOffice processes; `folder` holds their profiles.

    start() returns at once: workers come up in the background, ready() tells when one works. A `lazy` pool is
    started by its first document, and its processes go when there was none for `idle` seconds.
    A worker is replaced after RECYCLE_DOCUMENTS, above RECYCLE_BYTES, when it dies and when it hangs.
    """

    def __init__(
        self,
        folder: Path,
        workers: int = 2,
        fonts_conf: Path | None = None,
        *,
        queue: int = QUEUE,
        deadline: float = DEADLINE_SECONDS,
        recycle_documents: int = RECYCLE_DOCUMENTS,
        recycle_bytes: int = RECYCLE_BYTES,
        lazy: bool = False,
        idle: float = IDLE_SECONDS,
    ) -> None:
        self._folder = folder.absolute()
        self._count = workers
        self._conf = fonts_conf
        self._queue = queue
        self._deadline = deadline
        self._recycle_documents = recycle_documents
        self._recycle_bytes = recycle_bytes
        self._state = threading.Condition()
        self._waiting: deque[_Request] = deque()
        self._workers: dict[int, Worker] = {}
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._idle = idle if lazy else None
        self._program: Program | None = None
        self._born = 0
        self._skeleton_lock = threading.Lock()

    def start(self) -> None:
        """Start the workers in the background; raises ConverterMissing when LibreOffice is not there."""
        with self._state:
            self._start()

    def _start(self) -> None:
        """Start the workers; whoever calls holds the lock."""
        if self._program is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_leftovers()
            self._program = Program.find(self._folder, self._conf)
        for place in range(self._count):
            # A number of its own: the profile of one that rests may still be on its way out.
            index, self._born = self._born, self._born + 1
            thread = threading.Thread(
                target=self._supervise,
                args=(self._program, index, place),
                name=f"soffice-{index}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Let running conversions end, refuse the rest, and leave no process behind."""
        with self._state:
            self._closing = True
            left, self._waiting = list(self._waiting), deque()
            self._state.notify_all()
        for request in left:
            request.answer.set_exception(ConverterFailed("closed"))
        threads = list(self._threads)
        for thread in threads:
            thread.join(_CLOSE_SECONDS)
        for worker in list(self._workers.values()):
            worker.kill()
        for thread in threads:
            thread.join(_CLOSE_SECONDS)
        self._threads.clear()

    def submit(self, docx: bytes) -> Answer:
        """Queue one document; the answer gives PDF bytes or raises ConverterFailed.

        Raises ConverterBusy at once when too many are waiting; a lazy pool ConverterMissing as start() does.
        """
        request = _Request(docx, Answer(self._deadline * max(1.0, len(docx) / LIGHT_BYTES)))
        with self._state:
            if self._closing:
                raise ConverterFailed("closed")
            if len(self._waiting) >= self._queue:
                raise ConverterBusy(max(1, len(self._waiting) // max(1, self._count)))
            if self._idle is not None and not self._threads:
                self._start()
            self._waiting.append(request)
            self._state.notify_all()
        return request.answer

    def result(self, answer: Answer) -> bytes:
        """Wait for a submitted document; raises ConverterFailed."""
        try:
            return answer.result(_TRIES * answer.deadline + _QUEUE_SECONDS)
        except FutureTimeout:
            answer.cancel()
            raise ConverterFailed("no_worker") from None

    def convert(self, docx: bytes) -> bytes:
        """Turn .docx bytes into PDF/A-2b bytes; raises ConverterBusy or ConverterFailed."""
        return self.result(self.submit(docx))

    def ready(self) -> bool:
        """Tell whether at least one LibreOffice is up and would take the next document, or would be started for it."""
        resting = self._idle is not None and not self._threads
        return not self._closing and (
            resting or any(worker.alive() for worker in list(self._workers.values()))
        )

    def pids(self) -> list[int]:
        """Process ids of the LibreOffice processes that are up."""
        return [worker.pid for worker in list(self._workers.values()) if worker.alive()]

    def figures(self) -> dict[str, int]:
        """Tell how many processes are up, how many documents wait for one, and how many may."""
        return {"processes": len(self.pids()), "waiting": len(self._waiting), "queue": self._queue}

    def _supervise(self, program: Program, index: int, place: int) -> None:
        """Keep one worker running until close() or a long rest; runs in a thread that outlives each of its workers.

        `index` names its profile; `place` is its number among those started together.
        """
        failed = 0
        if place:
            with self._state:
                self._state.wait_for(lambda: self._closing or bool(self._workers), _APART_SECONDS)
        while not self._ended():
            try:
                worker = self._start_worker(program, index)
            except (WorkerLost, OSError):
                pause = _BACK_OFF_SECONDS[min(failed, len(_BACK_OFF_SECONDS) - 1)]
                failed += 1
                with self._state:
                    self._state.wait_for(lambda: self._closing, pause)
                continue
            failed = 0
            with self._state:
                self._workers[index] = worker
                self._state.notify_all()
            try:
                self._serve(worker, self._recycle_documents - place * _STAGGER)
            finally:
                with self._state:
                    self._workers.pop(index, None)
                worker.end()

    def _start_worker(self, program: Program, index: int) -> Worker:
        with self._skeleton_lock:
            skeleton = make_skeleton(program, self._folder)
        return Worker(program, skeleton, self._folder / f"worker-{os.getpid()}-{index}")

    def _serve(self, worker: Worker, documents: int) -> None:
        """Convert until the worker is worn out, lost, or the pool closes."""
        for _ in range(max(1, documents)):
            request = self._next(worker)
            if request is None:
                return
            request.tries += 1
            try:
                pdf = worker.ask(request.docx, request.answer.deadline)
            except WorkerRefused as refusal:
                _fail(request, str(refusal))
            except WorkerLost as loss:
                self._again(request, str(loss))
                return
            else:
                with contextlib.suppress(Exception):  # the caller has given up waiting
                    request.answer.set_result(pdf)
            if worker.resident() > self._recycle_bytes:
                return

    def _next(self, worker: Worker) -> _Request | None:
        """Wait for a document; None when the pool closes or rests, or the worker died while idle."""
        until = None if self._idle is None else time.monotonic() + self._idle
        with self._state:
            while not self._closing and worker.alive():
                if self._waiting:
                    request = self._waiting.popleft()
                    if not request.answer.cancelled():
                        return request
                    continue
                if until is not None and time.monotonic() > until:
                    # From here on a document finds no thread, and starts others.
                    self._threads.remove(threading.current_thread())
                    return None
                self._state.wait(_LOOK_SECONDS)
        return None

    def _ended(self) -> bool:
        """Tell whether this thread has no worker to keep any more."""
        return self._closing or threading.current_thread() not in self._threads

    def _again(self, request: _Request, why: str) -> None:
        """Put a document whose worker died in front of the queue, unless it was its second."""
        with self._state:
            if request.tries < _TRIES and not self._closing:
                self._waiting.appendleft(request)
                self._state.notify()
                return
        _fail(request, why)

    def _remove_leftovers(self) -> None:
        """Remove the profiles of services that were killed."""
        for profile in self._folder.glob("worker-*"):
            owner = profile.name.split("-")[1]
            if owner == str(os.getpid()) or not Path("/proc", owner).exists():
                remove_traces(profile)


def _fail(request: _Request, why: str) -> None:
    with contextlib.suppress(Exception):  # the caller has given up waiting
        request.answer.set_exception(ConverterFailed(why))
