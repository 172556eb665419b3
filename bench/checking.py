"""One form page read and compared: seconds and fields right, against whole-page OCR of the same page."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import house
import peers
from measuring import Row, line, medians

from intake import codes, read, uploads
from intake.recognise.ppocr import PpOcr
from service.demo import people
from service.demo.paper import Paper
from service.demo.story import SCANNER, SIGNERS, UNITS


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


def checking(rows: list[Row]) -> None:
    """One form page at 200 and 300 dpi, read by us and by whole-page OCR."""
    with house.opened() as service:
        _checked(service, rows)


def _checked(service: house.House, rows: list[Row]) -> None:
    client, document = service.client, service.transfer()
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
