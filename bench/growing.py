"""How the cost of verifying and retrieving grows with the archive: p95 over HTTP at a thousand papers, and at a million."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import growthplot
import httpx
from measuring import Row, line, percentile

from service.demo import people, server
from service.signing import KeyRing, Token, address
from service.signing.serial import serial_text
from storage import committed
from storage.archive import DATABASE, Archive
from storage.records import Document, NewEntry, Organization

SIZES = tuple(int(size) for size in os.environ.get("BENCH_GROWING", "1000,10000,100000,1000000").split(","))
AT_ONCE = 2000
"""Papers in one transaction."""
ASKED = 300
"""Papers that are asked for at each size, spread over all there are; each question is asked once of each."""
WARM = 30
SPREAD = 0x9E3779B97F4A7C15
FORM = "diploma_junior"
SCHOOLS = 200
PDF = b"%PDF-1.7 a paper of the bench\n" * 2000


@dataclass(frozen=True, slots=True)
class Growth:
    """What was measured at a size: milliseconds (p50, p95) by question, the database's MB, and what `yinzheng check` takes.

    That is seconds of processor, and the most memory in MB.
    """

    size: int
    waits: dict[str, tuple[float, float]]
    megabytes: float
    checked: tuple[float, float]


def growing(rows: list[Row]) -> None:
    """Grow one archive and ask it at each size."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        town = _Town(data)
        grown = []
        for size in SIZES:
            seconds = town.grow(size)
            grown.append(_measured(town, size))
            told = ", ".join(
                f"{name} p50 {p50:.1f} p95 {p95:.1f} ms" for name, (p50, p95) in grown[-1].waits.items()
            )
            print(
                f"{size:,} papers, {grown[-1].megabytes:.0f} MB, grown in {seconds:.0f} s: {told};"
                f" checked in {grown[-1].checked[0]:.0f} s with {grown[-1].checked[1]:.0f} MB",
                flush=True,
            )
    first, last = grown[0], grown[-1]
    for name, (_, p95) in last.waits.items():
        before = first.waits[name][1]
        rows.append(
            line(
                f"{name}, p95 at {last.size:,} papers : at {first.size:,}",
                f"{p95:.1f} ms : {before:.1f} ms = {p95 / before:.2f}×",
                "≤ 2×",
            )
        )
    rows.append(
        line(
            f"`yinzheng check` of {last.size:,} papers",
            f"{last.checked[0]:.0f} s of processor, {last.checked[1]:.0f} MB",
            "≤ 500 MB",
        )
    )
    growthplot.write(grown)


class _Town:
    """A data folder with schools, one pupil for each paper, and papers whose codes are truly signed."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.token = server.token(data, "city", people.CITY)
        self.keys = KeyRing.open(data / "keys", _now)
        self.size = 0
        with self._archive() as archive, archive.begin() as transaction:
            transaction.put_organization(Organization(people.CITY, "city", "长治市教育局", None, {}))
            transaction.put_organization(
                Organization("140426", "county", "黎城县教育体育局", people.CITY, {})
            )
            for place in range(SCHOOLS):
                school = Organization(_school(place), "school", f"第{place}中学", "140426", {"stages": ["J"]})
                transaction.put_organization(school)

    def _archive(self) -> "_Opened":
        return _Opened(self.data)

    def grow(self, size: int) -> float:
        """Issue papers until there are so many; seconds."""
        began = time.perf_counter()
        with self._archive() as archive:
            self._pdf = archive.objects.put(PDF)
            while self.size < size:
                places = range(self.size, min(size, self.size + AT_ONCE))
                papers = [self._paper(place) for place in places]
                self._students(papers)
                with archive.begin() as transaction:
                    transaction.add_documents(papers)
                    transaction.add_entries([_entry(paper) for paper in papers])
                self.size = places.stop
        return time.perf_counter() - began

    def _students(self, papers: Sequence[Document]) -> None:
        """Write the pupils past the service, which takes them one by one: they are not what is measured."""
        data, at = json.dumps({"name": "文某", "sex": "1"}, ensure_ascii=False), committed.moment(_now())
        rows = [(paper.student_no, "文某", paper.school, data, at) for paper in papers]
        new = "INSERT INTO students (student_no, name, school, data, updated_at) VALUES (?, ?, ?, ?, ?)"
        with closing(sqlite3.connect(self.data / DATABASE)) as database, database:
            database.executemany(new, rows)

    def _paper(self, place: int) -> Document:
        serial, school = serial_text(place * SPREAD % 2**60), _school(place % SCHOOLS)
        facts = {"student_name": "文某", "school_name": "中学", "certificate_no": f"{place:09d}"}
        digest = sha256(committed.canonical(facts))
        token = self.keys.sign(
            Token(self.keys.kid, 1, 1, 1, serial, school, date(2026, 7, 1), digest.digest()[:12])
        )
        return Document(
            serial=serial,
            form=FORM,
            student_no=student_no(place),
            school=school,
            number=f"1404262026{place:08d}",
            status="pending",
            facts=facts,
            data={"study_from": "2023-09"},
            issued_on=date(2026, 7, 1),
            digest=digest.hexdigest(),
            token=token,
            code_text=address("YINZHENG.EXAMPLE", token),
            pages=1,
            template_hash="0" * 64,
            font_hashes={},
            pdf=self._pdf,
            docx=self._pdf,
            layout=self._pdf,
            created_at=_now(),
            created_by="x",
            stage="J",
        )

    def asked(self) -> list[Document]:
        """Papers spread over all there are."""
        places = (place * self.size // ASKED for place in range(ASKED))
        serials = [serial_text(place * SPREAD % 2**60) for place in places]
        with self._archive() as archive, archive.read() as reading:
            return list(reading.documents_by(serials).values())


class _Opened:
    """The archive for as long as a block lasts."""

    def __init__(self, data: Path) -> None:
        self._archive = Archive.open(data, _now)

    def __enter__(self) -> Archive:
        return self._archive

    def __exit__(self, *_: object) -> None:
        self._archive.close()


def _now() -> datetime:
    return datetime.now(UTC)


def _school(place: int) -> str:
    return f"3114{place:06d}"


def student_no(place: int) -> str:
    """An invented 学籍号 of the division nobody is assigned to."""
    return f"G140499{place:012d}"


def _entry(paper: Document) -> NewEntry:
    title, kind = "初中毕业证书", "学生学籍档案"
    owner = str(paper.student_no)
    return NewEntry(owner, "document", kind, title, paper.pdf, len(PDF), "application/pdf", paper.serial, "x")


def _measured(town: _Town, size: int) -> Growth:
    papers = town.asked()
    questions: dict[str, Callable[[httpx.Client, Document], httpx.Response]] = {
        "verify a code": lambda caller, paper: caller.post("/v1/verifications", json={"qr": paper.code_text}),
        "a paper's data": lambda caller, paper: caller.get(f"/v1/documents/{paper.serial}"),
        "a paper's PDF": lambda caller, paper: caller.get(f"/v1/documents/{paper.serial}/content"),
        "a pupil's file": lambda caller, paper: caller.get(f"/v1/archives/{paper.student_no}"),
        "a proof from the log": lambda caller, paper: caller.get(f"/v1/log/proof/{paper.serial}"),
    }
    waits = {}
    with server.running(town.data, server.free_port()) as base:
        headers = {"Authorization": f"Bearer {town.token}"}
        with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as caller:
            for name, ask in questions.items():
                times = sorted(_times(caller, ask, papers))
                waits[name] = (percentile(times, 0.5), percentile(times, 0.95))
    return Growth(size, waits, (town.data / DATABASE).stat().st_size / 2**20, _checked(town.data))


def _checked(data: Path) -> tuple[float, float]:
    """Run `yinzheng check`: seconds of processor, and the most memory in MB."""
    measure = (
        "import resource, sys; from service.__main__ import main; code = main(sys.argv[1:]);"
        " used = resource.getrusage(resource.RUSAGE_SELF);"
        " print('used', used.ru_utime + used.ru_stime, used.ru_maxrss / 1024); sys.exit(code)"
    )
    command = [sys.executable, "-c", measure, "check", "--data", str(data)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^used (\S+) (\S+)$", told, re.MULTILINE)
    if found is None:
        raise RuntimeError(told[:300])
    return float(found[1]), float(found[2])


def _times(
    caller: httpx.Client, ask: Callable[[httpx.Client, Document], httpx.Response], papers: Sequence[Document]
) -> Iterator[float]:
    """Milliseconds of each answer, the first ones left out: connections and caches are made in them."""
    for place, paper in enumerate([*papers[:WARM], *papers]):
        began = time.perf_counter()
        answer = ask(caller, paper)
        took = (time.perf_counter() - began) * 1000
        told = answer.json() if answer.headers["content-type"].startswith("application/json") else {}
        if answer.status_code != 200 or told.get("verdict", "pending") != "pending":
            raise RuntimeError(answer.text[:300])
        if place >= WARM:
            yield took
