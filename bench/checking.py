"""One form page read and compared: seconds and fields right, against whole-page OCR of the same page; then many pages."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import desk
import house
import load
import peers
from measuring import Row, line, medians

from intake import codes, read, uploads
from intake.recognise.ppocr import PpOcr
from service.demo import people
from service.demo.paper import Paper
from service.demo.story import SCANNER, SIGNERS, UNITS
from templates.fonts import KAI, SYSTEM_FOLDERS

MANY: Final = int(os.environ.get("BENCH_PAGES", "120"))
"""Pages read one after the other by two workers: their models are loaded long before the last."""
KINDS: Final = 6  # of scans among them, so that no page is like the one before


def reader(scan: bytes, pdf: bytes, layout: dict[str, Any]) -> Callable[[], Any]:
    """Return our reading of one decoded page: code, registration, every value, every mark."""
    recogniser = PpOcr()
    page = next(iter(uploads.pages(scan, "pdf")))
    units = UNITS["transfer_application"]
    names = [str(unit["name"]) for unit in people.ORGANIZATIONS.values()]
    files = (path for root in SYSTEM_FOLDERS for path in root.rglob(KAI.files[0]))
    faces = {KAI.name: next(files)}

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
            faces=faces,
        )

    return read_once


def checking(rows: list[Row]) -> None:
    """One form page at 200 and 300 dpi, read by us and by whole-page OCR; then pages a minute, and memory."""
    with desk.opened() as service:
        client, document = service.client, service.transfer()
        pdf = client.content(document["links"]["content"])
        layout = client.call("GET", document["links"]["layout"])
        paper = Paper(pdf, layout).complete(UNITS["transfer_application"], SIGNERS, seed=99)
        for warm in range(KINDS):  # both workers have loaded their models before anything is timed
            service.client.scan("paper.pdf", paper.scan(replace(SCANNER, seed=900 + warm)))
        for dpi in (200, 300):
            scan = paper.scan(replace(SCANNER, dpi=dpi, seed=990 + dpi))
            _right(service, scan, dpi, rows)
            _fast(service, scan, dpi, reader(scan, pdf, layout), rows)
        _many(service, paper, rows)


def _right(service: house.House, scan: bytes, dpi: int, rows: list[Row]) -> None:
    """Fields we read right, and values that the text of whole-page OCR holds."""
    fields = service.client.scan("paper.pdf", scan)["documents"][0]["fields"]
    right = sum(f["result"] == "match" for f in fields)
    rows.append(line(f"form page {dpi} dpi, fields right", f"{right}/{len(fields)}", "all"))
    page = peers.raster(scan, dpi)
    texts = {
        "PP-OCR": peers.RapidPage().read(page),
        "tesseract": peers.tesseract_page(page),
        "OCRmyPDF": peers.ocrmypdf(scan),
    }
    for rival, text in texts.items():
        held = sum("".join(f["expected"].split()) in "".join(text.split()) for f in fields)
        rows.append(line(f"form page {dpi} dpi, values whole-page {rival} holds", f"{held}/{len(fields)}"))


def _fast(service: house.House, scan: bytes, dpi: int, read_once: Callable[[], Any], rows: list[Row]) -> None:
    """Median seconds of interleaved rounds: ours from upload to verdict, and the page alone, against all three."""
    rapid, page = peers.RapidPage(), peers.raster(scan, dpi)
    result = medians(
        {
            "page": read_once,
            "verdict": lambda: service.client.scan("paper.pdf", scan),
            "PP-OCR": lambda: rapid.read(page),
            "tesseract": lambda: peers.tesseract_page(page),
            "OCRmyPDF": lambda: peers.ocrmypdf(scan),
        }
    )
    rows.append(
        line(f"form page {dpi} dpi, upload to verdict, median", f"{result['verdict']:.2f} s", "≤ 0.8 s")
    )
    for ours, what in (
        ("verdict", "upload to verdict over HTTP"),
        ("page", "page read: values, seals, signatures"),
    ):
        for rival, aim in (("PP-OCR", "≥ 6×"), ("OCRmyPDF", "≥ 4×"), ("tesseract", "")):
            ratio = f"{result[ours]:.2f} s : {result[rival]:.2f} s = {result[rival] / result[ours]:.1f}×"
            rows.append(line(f"form page {dpi} dpi, {what}, against {rival}", ratio, aim))


def _many(service: house.House, paper: Paper, rows: list[Row]) -> None:
    """Single pages at 200 dpi, as many as MANY, read by two worker processes."""
    scans = [paper.scan(replace(SCANNER, seed=2000 + k)) for k in range(KINDS)]
    read: list[bool] = []
    pile: desk.Desk[int] = desk.Desk(service.client, lambda _, result: read.append(result["state"] == "done"))
    for warm in range(KINDS):
        pile.hand(warm, scans[warm])
    pile.finish()
    began = time.perf_counter()
    for number in range(MANY):
        pile.hand(number, scans[number % KINDS])
    pile.finish()
    rate = 60 * MANY / (time.perf_counter() - began)
    value = f"{rate:.0f} pages a minute, {sum(read)} of {len(read)} read"
    rows.append(line(f"{MANY} single pages at 200 dpi, two workers that read", value, "≥ 100"))
    peaks = load.peaks_below(os.getpid()).values()
    readers = [peak for words, peak in peaks if " worker " in words and "--only scan" in words]
    told = ", ".join(f"{peak:.0f} MB" for peak in sorted(readers))
    rows.append(
        line(f"most memory of a worker that reads (VmHWM), after {MANY + KINDS} pages", told, "≤ 450 MB")
    )
