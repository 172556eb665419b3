"""The tools a user would pick instead, run on the same documents in the same run."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pypdfium2
import pytesseract
import typst
from docxtpl import DocxTemplate, InlineImage
from PIL import Image

from templates.catalogue import Catalogue
from templates.code import Symbol

SITE_PACKAGES: Final = Path(sys.prefix) / "lib" / "python3.11" / "site-packages"
PIXEL: Final = 120
TYPST_SOURCE: Final = Path(__file__).with_name("diploma.typ")
FORMS: Final = Catalogue.load()  # read once: not a part of what is timed


class Placeholder(dict):
    """The context of a plain docxtpl user: facts by name, marks as their labels."""

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: Path, facts: dict[str, str]) -> bytes:
    """Fill a template with docxtpl as its documentation shows, with one inline picture for the code."""
    document = DocxTemplate(str(template))
    picture = io.BytesIO()
    Image.new("1", (PIXEL, PIXEL)).save(picture, "PNG")
    picture.seek(0)
    form = FORMS.get(template.parent.name)
    names = {"title": form.title, "attachment": "", "copies_note": "", "photo": "", "raw": {}}
    names |= {"text": form.texts, "footnotes": form.footnotes, "code": InlineImage(document, picture)}
    context = {**names, **facts, "seal": lambda _: "", "sign": lambda _: ""}
    document.render(context, autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def soffice(docx: bytes) -> bytes:
    """Convert with one `soffice --convert-to pdf` process per file, profile kept warm on disk."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "paper.docx"
        source.write_bytes(docx)
        subprocess.run(
            [
                "soffice",
                "--headless",
                "--convert-to",
                'pdf:writer_pdf_Export:{"SelectPdfVersion":{"type":"long","value":"2"}}',
                "--outdir",
                folder,
                str(source),
            ],
            check=True,
            capture_output=True,
        )
        return (Path(folder) / "paper.pdf").read_bytes()


@contextlib.contextmanager
def unoserver(port: int = 20030) -> Iterator["Unoserver"]:
    """Run a warm unoserver and yield its converter."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            "/usr/bin/python3",
            "-m",
            "unoserver.server",
            "--port",
            str(port),
            "--uno-port",
            str(port + 1),
            "--user-installation",
            profile,
        ]
        environment = {**os.environ, "PYTHONPATH": str(SITE_PACKAGES)}
        environment.pop("PYTHONSAFEPATH", None)
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            server = Unoserver(port)
            server.wait()
            yield server
        finally:
            process.terminate()
            process.wait(20)


class Unoserver:
    """Calls a warm unoserver in process: faster than its own client command, so the stricter rival."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def wait(self, seconds: float = 60) -> None:
        """Wait until it answers."""
        end = time.monotonic() + seconds
        while True:
            try:
                with xmlrpc.client.ServerProxy(self._address, allow_none=True) as proxy:
                    proxy.info()
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def convert(self, docx: bytes) -> bytes:
        """Return the PDF of a Word file."""
        with xmlrpc.client.ServerProxy(self._address, allow_none=True) as proxy:
            options = ["SelectPdfVersion=2"]
            answer = proxy.convert(None, xmlrpc.client.Binary(docx), None, "pdf", None, options, True, None)
        return answer.data


class Typst:
    """A warm typst: one compiler with one font, of which only inputs and code picture change. PDF/A-2b, tagged, as ours."""

    def __init__(self, folder: Path, font: Path) -> None:
        fonts = folder / "fonts"
        fonts.mkdir(parents=True)
        shutil.copy(font, fonts)
        shutil.copy(TYPST_SOURCE, folder)
        found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
        self._code = folder / "code.png"
        self._compiler = typst.Compiler(
            folder / TYPST_SOURCE.name, font_paths=found, ignore_system_fonts=True
        )

    def picture(self, symbol: Symbol) -> None:
        """Lay out a code that somebody else has drawn: not a part of what is timed."""
        Image.frombytes("1", (symbol.side, symbol.side), symbol.bits).save(self._code)

    def compile(self, facts: dict[str, str]) -> bytes:
        """Return the PDF of a diploma's text."""
        pdf: bytes = self._compiler.compile(sys_inputs=facts, pdf_standards=["a-2b"])
        return pdf


def raster(pdf: bytes, dpi: int) -> Image.Image:
    """Return the first page as a picture."""
    with pypdfium2.PdfDocument(pdf) as document:
        return document[0].render(scale=dpi / 72).to_pil().convert("RGB")


def tesseract_page(page: Image.Image) -> str:
    """Read a whole page as a pytesseract user would."""
    return pytesseract.image_to_string(page, lang="chi_sim")


def ocrmypdf(scan: bytes) -> str:
    """Make a scan searchable with OCRmyPDF, the lighter way (no PDF/A), and return the text of its pages.

    The time limit is ours: with its own, a busy machine gets a page without text instead of a slow one.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "scan.pdf", Path(folder) / "searchable.pdf"
        source.write_bytes(scan)
        program = Path(sys.prefix) / "bin" / "ocrmypdf"
        subprocess.run(
            [
                program,
                "-q",
                "-l",
                "chi_sim",
                "--tesseract-timeout",
                "900",
                "--output-type",
                "pdf",
                source,
                result,
            ],
            check=True,
            capture_output=True,
        )
        with pypdfium2.PdfDocument(result) as document:
            return "\n".join(page.get_textpage().get_text_bounded() for page in document)


class RapidPage:
    """Reads a whole page with PP-OCR detection and recognition."""

    def __init__(self) -> None:
        import logging

        from rapidocr import RapidOCR

        logging.disable(logging.INFO)
        self._engine = RapidOCR()

    def read(self, page: Image.Image) -> str:
        """Return the text of a page."""
        import numpy as np

        answer = self._engine(np.asarray(page)[:, :, ::-1].copy())
        return "\n".join(answer.txts or ())
