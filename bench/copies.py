"""The searchable copy of a scan against OCRmyPDF's, on the same scans: values that can be found, seconds, bytes."""

import io
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import house
import pypdf
from measuring import Row, line, timed

from service.demo.paper import Paper
from service.demo.story import SCANNER, SIGNERS, UNITS

AIM = "≥ 4×"


def copies(rows: list[Row]) -> None:
    """Two scans of one form page, 200 dpi: one as it is fed, one upside down."""
    with house.opened() as service:
        client, document = service.client, service.transfer()
        layout = client.call("GET", document["links"]["layout"])
        pdf = client.content(document["links"]["content"])
        paper = Paper(pdf, layout).complete(UNITS["transfer_application"], SIGNERS, seed=99)
        client.scan("warm.pdf", paper.scan(replace(SCANNER, seed=989)))
        for number, turn in enumerate((0, 180)):
            scan = paper.scan(replace(SCANNER, seed=990 + number, turn=turn))
            _compared(rows, client, layout, scan, "fed upside down" if turn else "as fed")


def _compared(rows: list[Row], client: Any, layout: dict[str, Any], scan: bytes, how: str) -> None:
    texts = [value["text"] for page in layout["pages"] for value in page["values"]]
    made: dict[str, bytes] = {}

    def ours() -> None:
        found = client.scan("paper.pdf", scan)
        made["ours"] = client.content(f"/v1/scans/{found['id']}/copy?wait=60")

    def theirs() -> None:
        made["theirs"] = ocrmypdf(scan)

    seconds = {"ours": timed(ours), "theirs": timed(theirs)}
    held = {name: _held(copy, texts) for name, copy in made.items()}
    rows.append(
        line(
            f"searchable copy, form page {how}: values found, ours : OCRmyPDF's",
            f"{held['ours']}/{len(texts)} : {held['theirs']}/{len(texts)}",
            "all",
        )
    )
    rows.append(
        line(
            f"searchable copy, form page {how}: upload to verdict and copy, against OCRmyPDF",
            f"{seconds['ours']:.1f} s : {seconds['theirs']:.1f} s = {seconds['theirs'] / seconds['ours']:.1f}×,"
            f" {len(made['ours']) // 1024} : {len(made['theirs']) // 1024} KB, scan {len(scan) // 1024} KB",
            AIM,
        )
    )


def ocrmypdf(scan: bytes) -> bytes:
    """Make a copy as its documentation advises for Chinese scans: turned, deskewed, PDF/A-2b."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "scan.pdf", Path(folder) / "copy.pdf"
        source.write_bytes(scan)
        options = ["-l", "chi_sim", "--rotate-pages", "--deskew", "--output-type", "pdfa-2", "-q"]
        subprocess.run(
            [sys.executable, "-m", "ocrmypdf", *options, str(source), str(target)],
            check=True,
            capture_output=True,
        )
        return target.read_bytes()


def _held(copy: bytes, texts: list[str]) -> int:
    """Count the values that stand in a copy's text, blanks aside."""
    whole = "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(copy)).pages)
    return sum("".join(text.split()) in whole for text in texts)
