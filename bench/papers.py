"""Prints the example of every form with the product's own printer, edition and fonts; for gallery and bench."""

import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from service.app import utc_now
from service.demo.portrait import portrait
from service.regulation.edition import Editions
from service.settings import DEFAULT_HOST
from service.signing import KeyRing, Token, address, new_serial
from templates.catalogue import Catalogue, Form
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.render import Order, Printed, Printer

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "papers.md"
SERIAL = new_serial(lambda count: bytes(range(7, 7 + count)))  # any good serial, the same in each run
SCHOOL = "3114000123"
DAY = date(2026, 7, 1)


class Press:
    """A printer with signing keys, on a folder of its own."""

    def __init__(self, folder: Path, catalogue: Catalogue, printer: Printer) -> None:
        self.catalogue = catalogue
        self._printer = printer
        self._keys = KeyRing.open(folder / "keys", utc_now)
        self.edition = Editions.load().on(DAY)

    def print(self, form: Form) -> Printed:
        """Print a form's example as the default edition words it, with real codes."""
        example = json.loads(form.example.read_text("utf-8"))
        paper = self.edition.paper(form)
        data, photos = form.example_data(), {}
        if any(field.name == "photo" and field.type == "photo" for field in form.fields):
            photos["photo"] = portrait(form.code)
            data["photo"] = hashlib.sha256(photos["photo"]).hexdigest()
        furniture = {
            "authority": example.get("authority", ""),
            "school": example.get("school", {}).get("name", ""),
            "title": paper.title,
            "attachment": paper.attachment,
        }
        return self._printer.print(
            Order(
                form=form,
                data=data,
                serial=SERIAL,
                codes=lambda pages: [self._code(form, number, pages) for number in range(1, pages + 1)],
                furniture=furniture,
                texts=paper.texts,
                footnotes=paper.footnotes,
                photos=photos,
            )
        )

    def _code(self, form: Form, page: int, pages: int) -> str:
        token = Token(self._keys.kid, form.code, page, pages, SERIAL, SCHOOL, DAY, bytes(12))
        return address(DEFAULT_HOST, self._keys.sign(token))


@contextmanager
def press() -> Iterator[Press]:
    """A press on a temporary folder; LibreOffice is stopped at the end."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        fonts = Fonts.find(folder / "fonts")
        converter = Converter(folder / "soffice", 1, fonts.conf)
        converter.start()
        try:
            catalogue = Catalogue.load()
            yield Press(folder, catalogue, Printer(catalogue, converter, fonts))
        finally:
            converter.close()


def measured(rounds: int) -> list[dict[str, str]]:
    """Print every form's example `rounds` times after a warm-up; rows with median ms, pages and bytes."""
    rows = []
    with press() as printing:
        edition = printing.edition
        for form in sorted(printing.catalogue.forms.values(), key=lambda form: form.code):
            paper = printing.print(form)
            seconds = []
            for _ in range(rounds):
                began = time.perf_counter()
                printing.print(form)
                seconds.append(time.perf_counter() - began)
            rows.append(
                {
                    "form": form.name,
                    "title": form.title,
                    "attachment": edition.paper(form).attachment,
                    "pages": str(paper.pages),
                    "values": str(sum(len(page.values) for page in paper.layout.pages)),
                    "ms": f"{statistics.median(seconds) * 1000:.0f}",
                    "bytes": str(len(paper.pdf)),
                }
            )
            print(f"| {' | '.join(rows[-1].values())} |", flush=True)
    return rows


def write_table(rows: list[dict[str, str]], machine: str) -> None:
    """Write docs/papers.md: one line for each form."""
    head = "| 表样 | 名称 | 附件 | 页 | 印出的栏 | 毫秒 | 字节 |\n|---|---|---|---|---|---|---|"
    lines = [f"| {' | '.join(row.values())} |" for row in rows]
    text = (
        "# 每种纸的打印时间和大小\n\n"
        f"`make bench` 写出。每个表样打印自己的例子（example.json）：填写、LibreOffice 排版、每页二维码复核、PDF/A-2b 校验，"
        f"不含取号和归档；中位数。机器：{machine}。\n\n{head}\n"
    )
    TABLE.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
