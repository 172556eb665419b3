"""`make bench`: our service against what a user would pick instead, on the same documents, in one run."""

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import load
import papers
import peers

from intake import codes, read, uploads
from intake.recognise.ppocr import PpOcr
from service.demo import people, server
from service.demo.client import Client
from service.demo.paper import Paper
from service.demo.story import DIPLOMA, SCANNER, SIGNERS, TRANSFER, UNITS

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ROOT = Path(__file__).resolve().parent.parent


def timed(work: Callable[[], Any]) -> float:
    """Return the seconds one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def medians(works: dict[str, Callable[[], Any]], rounds: int = ROUNDS) -> dict[str, float]:
    """Run every work once a round, interleaved, after one warm-up each; return median seconds."""
    for work in works.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(timed(work))
    return {name: statistics.median(values) for name, values in times.items()}


def line(what: str, value: str, aim: str = "") -> dict[str, str]:
    """Print one row of the table and return it."""
    print(f"| {what} | {value} | {aim} |", flush=True)
    return {"what": what, "value": value, "aim": aim}


def setup(client: Client) -> None:
    """Register the demo's units and students, and a large block."""
    for code, body in people.ORGANIZATIONS.items():
        client.call("PUT", f"/v1/organizations/{code}", body)
    for person in people.PEOPLE:
        client.call("PUT", f"/v1/students/{person.student_no}", person.record())
    block = {"form": "diploma_junior", "year": 2026, "org": people.SCHOOL}
    client.call(
        "POST", "/v1/number-blocks", {**block, "pattern": "14042620262012{:04d}", "first": 1, "last": 900}
    )


def graduates(count: int) -> list[people.Person]:
    """Return invented graduates, one for each diploma of the run."""
    given = "安邦伯仲博文晨光楚天德才恩泽方圆"
    return [
        people.Person(
            f"文{given[k % 14]}{given[(k * 5 + 3) % 14]}",
            people.GRADUATE.birth,
            101 + 2 * k,
            "J3",
            "1",
            "文建国",
        )
        for k in range(count)
    ]


def printing(client: Client, rows: list[dict[str, str]]) -> dict[str, Any]:
    """One diploma and one form: our whole issue over HTTP against filling and converting alone."""
    queue = iter(graduates(ROUNDS * 2 + 4))
    documents: dict[str, Any] = {}

    def diploma() -> None:
        person = next(queue)
        client.call("PUT", f"/v1/students/{person.student_no}", person.record())
        body = {"form": "diploma_junior", "student": person.student_no, "data": DIPLOMA}
        documents["diploma_junior"] = client.call("POST", "/v1/documents", body)

    def form() -> None:
        body = {"form": "transfer_application", "student": people.MOVER.student_no, "data": TRANSFER}
        documents["transfer_application"] = client.call("POST", "/v1/documents", body)

    with peers.unoserver() as uno:
        for name, ours in (("diploma_junior", diploma), ("transfer_application", form)):
            ours()
            template = ROOT / "templates" / "forms" / name / "template.docx"
            layout = client.call("GET", documents[name]["links"]["layout"])
            facts = {v["name"]: v["text"] for p in layout["pages"] for v in p["values"]}
            result = medians(
                {
                    "ours": ours,
                    "unoserver": lambda t=template, f=facts: uno.convert(peers.fill(t, f)),
                    "soffice": lambda t=template, f=facts: peers.soffice(peers.fill(t, f)),
                }
            )
            for rival, aim in (("soffice", "≥ 4×"), ("unoserver", "≥ 1×")):
                rows.append(
                    line(
                        f"{name}: issued over HTTP against docxtpl + {rival}",
                        f"{result['ours'] * 1000:.0f} ms : {result[rival] * 1000:.0f} ms = "
                        f"{result[rival] / result['ours']:.1f}×",
                        aim,
                    )
                )
    return documents


def reader(scan: bytes, pdf: bytes, layout: dict[str, Any]) -> Callable[[], Any]:
    """Return our reading of one decoded page: code, registration, every value, every mark."""
    recogniser = PpOcr()
    page = next(iter(uploads.pages(scan, "pdf")))
    units = UNITS["transfer_application"]
    names = [str(unit["name"]) for unit in people.ORGANIZATIONS.values()]

    def read_once() -> Any:
        return read.read_page(
            page,
            layout["pages"][0],
            codes.find(page)[0],
            pdf,
            page_no=1,
            recogniser=recogniser,
            units=units,
            registry=names,
        )

    return read_once


def checking(client: Client, documents: dict[str, Any], rows: list[dict[str, str]]) -> None:
    """One form page at 200 and 300 dpi: seconds, fields right, and whole-page OCR of the same page."""
    document = documents["transfer_application"]
    pdf = client.content(document["links"]["content"])
    layout = client.call("GET", document["links"]["layout"])
    paper = Paper(pdf, layout).complete(UNITS["transfer_application"], SIGNERS, seed=99)
    rapid = peers.RapidPage()
    for dpi in (200, 300):
        scan = paper.scan(replace(SCANNER, dpi=dpi, seed=990 + dpi))
        fields = client.scan("paper.pdf", scan)["documents"][0]["fields"]
        right = sum(f["result"] == "match" for f in fields)
        rows.append(line(f"form page {dpi} dpi, fields right", f"{right}/{len(fields)}", "all"))
        page = peers.raster(scan, dpi)
        for rival, text in (("PP-OCR", rapid.read(page)), ("tesseract", peers.tesseract_page(page))):
            held = sum("".join(f["expected"].split()) in "".join(text.split()) for f in fields)
            rows.append(
                line(f"form page {dpi} dpi, values whole-page {rival} holds", f"{held}/{len(fields)}")
            )
        result = medians(
            {
                "page": reader(scan, pdf, layout),
                "verdict": lambda scan=scan: client.scan("paper.pdf", scan),
                "PP-OCR": lambda page=page: rapid.read(page),
                "tesseract": lambda page=page: peers.tesseract_page(page),
            }
        )
        for ours, what in (
            ("page", "page read: values, seals, signatures"),
            ("verdict", "upload to verdict over HTTP"),
        ):
            for rival, aim in (("PP-OCR", "≥ 3×"), ("tesseract", "")):
                rows.append(
                    line(
                        f"form page {dpi} dpi, {what}, against whole-page {rival}",
                        f"{result[ours]:.2f} s : {result[rival]:.2f} s = {result[rival] / result[ours]:.1f}×",
                        aim if ours == "page" else "",
                    )
                )


def verifying(base: str, documents: dict[str, Any], rows: list[dict[str, str]]) -> None:
    """Requests a second with eight open connections, then p95 at a steady 200 a second."""
    body = json.dumps({"qr": documents["diploma_junior"]["verify_url"]}).encode()
    rate = load.flood(base, "/v1/verifications", body, seconds=6, connections=8)
    rows.append(line("public verification, one process", f"{rate:.0f} requests/s", "≥ 800/s"))
    p50, p95 = load.steady(base, "/v1/verifications", body, per_second=200, seconds=6)
    rows.append(line("public verification at 200/s", f"p50 {p50:.1f} ms, p95 {p95:.1f} ms", "p95 ≤ 15 ms"))


def starting(store: Path, rows: list[dict[str, str]]) -> None:
    """Start a service again on the same store: seconds to ready, and the memory of each process."""
    seconds = []
    memory: dict[str, int] = {}
    for _ in range(3):
        began = time.perf_counter()
        with server.running(store, server.free_port()) as _:
            seconds.append(time.perf_counter() - began)
            memory = load.memory_below(os.getpid())
    rows.append(line("service start to ready", f"{statistics.median(seconds):.1f} s", "≤ 4 s"))
    rows.append(line("memory (RSS)", ", ".join(f"{k} {v} MB" for k, v in memory.items())))


def every_form(rows: list[dict[str, str]]) -> None:
    """Print all forms one after the other; the whole list goes to docs/papers.md."""
    listed = papers.measured(ROUNDS)
    papers.write_table(listed, load.machine())
    times = sorted(int(row["ms"]) for row in listed)
    sizes = sorted(int(row["bytes"]) for row in listed)
    value = (
        f"median {statistics.median(times):.0f} ms ({times[0]}–{times[-1]}), "
        f"{statistics.median(sizes) / 1024:.0f} KB ({sizes[0] // 1024}–{sizes[-1] // 1024})"
    )
    rows.append(line(f"all {len(listed)} forms printed ([list](docs/papers.md))", value))


def main() -> int:
    """Run everything once and write bench/result.json."""
    rows: list[dict[str, str]] = []
    print(f"machine: {load.machine()}, Python {platform.python_version()}\n")
    print("| what | measured | aim |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder)
        token = server.token(store, "city", people.CITY)
        os.environ["YINZHENG_RATE"] = "1000000"
        with server.running(store, server.free_port()) as base:
            client = Client(base, token)
            setup(client)
            documents = printing(client, rows)
            checking(client, documents, rows)
            verifying(base, documents, rows)
        starting(store, rows)
    every_form(rows)
    (ROOT / "bench" / "result.json").write_text(
        json.dumps({"machine": load.machine(), "rows": rows}, ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
    write_readme(rows)
    return 0


def write_readme(rows: list[dict[str, str]]) -> None:
    """Put the table into the README, between its marks, with the machine named."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    begin, end = "<!-- bench:begin -->", "<!-- bench:end -->"
    lines = [f"Machine: {load.machine()}, Python {platform.python_version()}.", ""]
    lines += ["| what | measured | aim |", "|---|---|---|"]
    lines += [f"| {r['what']} | {r['value']} | {r['aim']} |" for r in rows]
    head, tail = text.split(begin)[0], text.split(end)[1]
    readme.write_text(f"{head}{begin}\n{chr(10).join(lines)}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
