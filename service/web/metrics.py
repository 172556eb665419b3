"""The figures of /metrics in Prometheus' text format: route templates and our own words, nothing of anybody."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from service import fixity, tallies
from service.issue import batch
from service.office import Office
from service.web.journal import EDGES_MS, Counts
from storage.archive import Archive
from storage.errors import StorageError
from storage.presence import Beat
from storage.records import JobFigures
from storage.tables import REVISION

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
HELP: Final = {
    "build_info": "Release, schema and Python of this process.",
    "process_start_time_seconds": "When this process began, seconds since 1970.",
    "process_resident_memory_bytes": "Memory of this process that is really in use.",
    "http_requests_total": "Answers of this process by method, route template and status.",
    "http_requests_running": "Requests under way in this process.",
    "http_request_seconds": "Time from a request to the end of its answer, by route template.",
    "verifications_total": "Public verifications answered by this process, by verdict.",
    "reads_total": "Returned papers judged by any process of this data folder, by verdict.",
    "worker_jobs_total": "Jobs that any worker of this data folder ended, by kind and outcome.",
    "jobs": "Jobs by kind and state; dead ones wait for a person.",
    "jobs_oldest_waiting_seconds": "Age of the oldest job that waits, by kind.",
    "converter_processes": "LibreOffice processes that are up in this process.",
    "converter_waiting": "Papers that wait for LibreOffice in this process.",
    "converter_queue": "How many may wait; beyond it callers are asked to come back.",
    "up": "1 while a part answers, 0 when it does not.",
    "workers": "Worker processes of this data folder that live, by kinds of jobs.",
    "worker_silent_seconds": "How long the most silent of them has not said that it goes on.",
    "look_seconds": "How long looking at a part took just now.",
    "free_bytes": "Free bytes of the disk of the data folder.",
    "leaving": "1 when this process was told to stop.",
    "scrub_objects": "Objects of the present round of the scrub, and its findings, open and repaired.",
    "stamp_proofs": "Stamped papers of batches held against LibreOffice's, by result.",
    "stamps_stopped": "Templates that are no longer stamped, because a proof differed.",
}
KEPT_SECONDS: Final = 5.0
"""How long the figures of the archive stand: counting a million rows for each scrape would be a load of its own."""
_STARTED: Final = time.time()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the archive says: rows by state, jobs, proofs, and of each part whether it answered and in what time."""

    rows: Mapping[str, Mapping[str, int]]
    jobs: JobFigures
    proofs: Mapping[str, int]
    up: Mapping[str, bool]
    seconds: Mapping[str, float]
    scrub: Mapping[str, float]


class Looking:
    """Looks at the archive when the last look is stale; a part that is away is a figure like any other."""

    def __init__(self, office: Office, clock: Callable[[], float] = time.monotonic) -> None:
        self._office = office
        self._clock = clock
        self._at = float("-inf")
        self._kept: Kept | None = None

    def kept(self) -> Kept:
        """The figures of the archive."""
        if self._kept is None or self._clock() - self._at >= KEPT_SECONDS:
            self._kept, self._at = self._look(), self._clock()
        return self._kept

    def _look(self) -> Kept:
        rows: Mapping[str, Mapping[str, int]] = {}
        jobs, proofs = JobFigures({}, {}), dict[str, int]()
        up, seconds = {}, {}
        began = time.perf_counter()
        try:
            with self._office.archive.read() as reading:
                rows, jobs = reading.counts(), reading.job_figures()
            up["database"] = True
        except StorageError:
            up["database"] = False
        seconds["database"] = time.perf_counter() - began
        began = time.perf_counter()
        try:
            self._office.archive.objects.probe()
            proofs = batch.proof_counts(self._office)
            up["objects"] = True
        except StorageError:
            up["objects"] = False
        seconds["objects"] = time.perf_counter() - began
        scrub = fixity.figures(self._office.archive.scrub.progress())
        return Kept(rows, jobs, proofs, up, seconds, scrub)


def lines(office: Office, counts: Counts, kept: Kept, *, leaving: bool) -> Iterator[str]:
    """Every figure, each under what it is."""
    yield from _process(leaving=leaving)
    yield from _requests(counts)
    yield from _worked(office.settings.data, kept.jobs)
    yield from _workers(office.archive.workers())
    yield from _parts(office, kept)
    for name, by_state in sorted(kept.rows.items()):
        yield from _figure(name, "gauge", [(("state", state), n) for state, n in sorted(by_state.items())])
    results = {("result", result): number for result, number in sorted(kept.proofs.items())}
    yield from _figure("stamp_proofs", "gauge", results.items())
    yield from _figure("scrub_objects", "gauge", [(("state", state), n) for state, n in kept.scrub.items()])
    yield from _figure("stamps_stopped", "gauge", [((), len(office.printer.stopped()))])


def host_lines(archive: Archive, data: Path, workers: Sequence[Beat], *, leaving: bool) -> Iterator[str]:
    """The figures of a host of workers only: its processes, what they ended, and whether they reach rows and objects."""
    jobs, up = JobFigures({}, {}), {"database": True, "objects": True}
    try:
        with archive.read() as reading:
            jobs = reading.job_figures()
    except StorageError:
        up["database"] = False
    try:
        archive.objects.has("0" * 64)
    except StorageError:
        up["objects"] = False
    yield from _process(leaving=leaving)
    yield from _worked(data, jobs)
    yield from _workers(workers)
    yield from _figure("up", "gauge", [(("part", part), answers) for part, answers in up.items()])
    yield from _figure("free_bytes", "gauge", [((), shutil.disk_usage(data).free)])


def _workers(workers: Sequence[Beat]) -> Iterator[str]:
    kinds = sorted({one.what for one in workers})
    alive = [(("kinds", what), sum(one.what == what for one in workers)) for what in kinds]
    yield from _figure("workers", "gauge", alive)
    silent = [(("kinds", what), max(one.silent for one in workers if one.what == what)) for what in kinds]
    yield from _figure("worker_silent_seconds", "gauge", silent)


def _figure(name: str, kind: str, values: Iterable[tuple[tuple[str, ...], float]]) -> Iterator[str]:
    """One figure; each value's key is its labels, name after name and value."""
    full = f"yinzheng_{name}"
    yield f"# HELP {full} {HELP.get(name, f'Rows of {name} by state.')}"
    yield f"# TYPE {full} {kind}"
    for labels, value in values:
        told = ",".join(f'{labels[at]}="{labels[at + 1]}"' for at in range(0, len(labels), 2))
        yield f"{full}{{{told}}} {value:.15g}" if told else f"{full} {value:.15g}"


def _process(*, leaving: bool) -> Iterator[str]:
    python = ".".join(map(str, sys.version_info[:3]))
    build = ("version", version("yinzheng"), "schema", REVISION, "python", python)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    yield from _figure("build_info", "gauge", [(build, 1)])
    yield from _figure("process_start_time_seconds", "gauge", [((), _STARTED)])
    yield from _figure("process_resident_memory_bytes", "gauge", [((), pages * os.sysconf("SC_PAGE_SIZE"))])
    yield from _figure("leaving", "gauge", [((), leaving)])


def _requests(counts: Counts) -> Iterator[str]:
    asked = {
        ("method", method, "route", route, "status", str(status)): number
        for (method, route, status), number in sorted(counts.requests.items())
    }
    yield from _figure("http_requests_total", "counter", asked.items())
    yield from _figure("http_requests_running", "gauge", [((), counts.running)])
    yield f"# HELP yinzheng_http_request_seconds {HELP['http_request_seconds']}"
    yield "# TYPE yinzheng_http_request_seconds histogram"
    for route, seconds in sorted(counts.seconds.items()):
        total = 0
        for index, edge in enumerate((*EDGES_MS, None)):
            total += counts.within[route, index]
            limit = "+Inf" if edge is None else f"{edge / 1000:g}"
            yield f'yinzheng_http_request_seconds_bucket{{route="{route}",le="{limit}"}} {total}'
        yield f'yinzheng_http_request_seconds_sum{{route="{route}"}} {seconds:.6f}'
        yield f'yinzheng_http_request_seconds_count{{route="{route}"}} {total}'
    verdicts = {("verdict", verdict): number for verdict, number in sorted(counts.verdicts.items())}
    yield from _figure("verifications_total", "counter", verdicts.items())


def _worked(data: Path, jobs: JobFigures) -> Iterator[str]:
    reads = {("verdict", *names): number for names, number in tallies.counts(data, "reads").items()}
    yield from _figure("reads_total", "counter", reads.items())
    ended = {
        ("kind", kind, "outcome", outcome): number
        for (kind, outcome), number in tallies.counts(data, "jobs").items()
    }
    yield from _figure("worker_jobs_total", "counter", ended.items())
    waiting = {
        ("kind", kind, "state", state): number for (kind, state), number in sorted(jobs.counts.items())
    }
    yield from _figure("jobs", "gauge", waiting.items())
    ages = {("kind", kind): seconds for kind, seconds in sorted(jobs.oldest.items())}
    yield from _figure("jobs_oldest_waiting_seconds", "gauge", ages.items())


def _parts(office: Office, kept: Kept) -> Iterator[str]:
    pool = office.printer.pool()
    up = {
        ("part", part): answers for part, answers in {**kept.up, "converter": pool["processes"] > 0}.items()
    }
    yield from _figure("up", "gauge", up.items())
    looks = {("part", part): taken for part, taken in kept.seconds.items()}
    yield from _figure("look_seconds", "gauge", looks.items())
    for name, number in pool.items():
        yield from _figure(f"converter_{name}", "gauge", [((), number)])
    yield from _figure("free_bytes", "gauge", [((), shutil.disk_usage(office.settings.data).free)])
