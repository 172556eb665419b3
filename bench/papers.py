"""Prints papers with the product's own printer, edition and fonts, without service or archive; for gallery and bench."""

import hashlib
import json
import random
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import county
import load
from measuring import ROOT, ROUNDS, Row, line, timed

from service.app import utc_now
from service.demo.people import COUNTY, ORGANIZATIONS
from service.demo.portrait import portrait
from service.regulation.edition import Editions
from service.settings import DEFAULT_HOST
from service.signing import KeyRing, Token, address, new_serial
from templates.catalogue import Catalogue, Form
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.render import Order, Printed, Printer
from templates.stamp.engine import engine
from templates.stamp.press import Press as Stamps

TABLE = ROOT / "docs" / "papers.md"
SERIAL = new_serial(lambda count: bytes(range(7, 7 + count)))  # any good serial, the same in each run
SCHOOL = "3114000123"
DAY = date(2026, 7, 1)


class Press:
    """A printer with signing keys, on a folder of its own; `slow` is one that never stamps."""

    def __init__(self, folder: Path, converter: Converter, fonts: Fonts) -> None:
        self.catalogue = Catalogue.load()
        self.printer = Printer(self.catalogue, converter, fonts, Stamps(folder / "stamps", fonts, engine()))
        self.slow = Printer(self.catalogue, converter, fonts)
        self._keys = KeyRing.open(folder / "keys", utc_now)
        self.edition = Editions.load().on(DAY)

    def print(self, form: Form) -> Printed:
        """Print a form's example as the default edition words it, with real codes."""
        return self.printer.print(self.example(form))

    def example(self, form: Form, **changes: str) -> Order:
        """Ask for a form's example; `changes` are values to print instead of its own."""
        example = json.loads(form.example.read_text("utf-8"))
        data, photos = {**form.example_data(), **changes}, {}
        if any(field.name == "photo" and field.type == "photo" for field in form.fields):
            photos["photo"] = portrait(form.code)
            data["photo"] = hashlib.sha256(photos["photo"]).hexdigest()
        names = (example.get("authority", ""), example.get("school", {}).get("name", ""))
        return self._order(form, data, SERIAL, names, photos)

    def diploma(self, graduate: county.Graduate, number: int) -> Order:
        """Ask for a graduate's diploma with a serial and number of its own."""
        serial = new_serial(random.Random(number).randbytes)
        names = (str(ORGANIZATIONS[COUNTY]["name"]), graduate.school.name)
        return self._order(self.catalogue.get(county.FORM), graduate.values(number), serial, names)

    def _order(
        self,
        form: Form,
        data: Mapping[str, str],
        serial: str,
        names: tuple[str, str],
        photos: Mapping[str, bytes] | None = None,
    ) -> Order:
        """Ask for a paper; `names` are those of the authority and of the school."""
        paper = self.edition.paper(form)
        furniture = dict(zip(("authority", "school"), names, strict=True))
        return Order(
            form=form,
            data=data,
            serial=serial,
            codes=lambda pages: [self._code(form, serial, number, pages) for number in range(1, pages + 1)],
            furniture={**furniture, "title": paper.title, "attachment": paper.attachment},
            texts=paper.texts,
            footnotes=paper.footnotes,
            photos=photos or {},
        )

    def _code(self, form: Form, serial: str, page: int, pages: int) -> str:
        token = Token(self._keys.kid, form.code, page, pages, serial, SCHOOL, DAY, bytes(12))
        return address(DEFAULT_HOST, self._keys.sign(token))


@contextmanager
def press(folder: Path | None = None, *, lazy: bool = False) -> Iterator[Press]:
    """A press on a folder, or on a temporary one; LibreOffice is started at once, `lazy` by need, and stopped at the end."""
    with tempfile.TemporaryDirectory() as temporary:
        own = folder or Path(temporary)
        fonts = Fonts.find(own / "fonts")
        converter = Converter(Path(temporary) / "soffice", 1, fonts.conf, lazy=lazy)
        if not lazy:
            converter.start()
        try:
            yield Press(own, converter, fonts)
        finally:
            converter.close()


def every_form(rows: list[Row]) -> None:
    """Print all forms one after the other; the whole list goes to docs/papers.md."""
    listed = measured(ROUNDS)
    _write_table(listed, load.machine())
    for tier, what in (("1", "stamped"), ("2", "by LibreOffice")):
        some = [row for row in listed if row["tier"] == tier]
        times = [float(row["ms"]) for row in some]
        sizes = [int(row["bytes"]) / 1024 for row in some]
        value = (
            f"median {statistics.median(times):.1f} ms ({min(times):.1f}–{max(times):.1f}), "
            f"{statistics.median(sizes):.0f} KB ({min(sizes):.0f}–{max(sizes):.0f})"
        )
        rows.append(line(f"{len(some)} of {len(listed)} forms {what} ([list](docs/papers.md))", value))


def measured(rounds: int) -> list[Row]:
    """Print every form's example `rounds` times after a warm-up, in both ways; rows with median ms, pages and bytes."""
    rows = []
    with press() as printing:
        for form in sorted(printing.catalogue.forms.values(), key=lambda form: form.code):
            order = printing.example(form)
            printing.printer.print(order)
            paper = printing.printer.print(order)
            fast, slow = [], []
            for _ in range(rounds):
                fast.append(timed(lambda order=order: printing.printer.print(order)))
                slow.append(timed(lambda order=order: printing.slow.print(order)))
            rows.append(
                {
                    "form": form.name,
                    "title": form.title,
                    "attachment": printing.edition.paper(form).attachment,
                    "pages": str(paper.pages),
                    "values": str(sum(len(page.values) for page in paper.layout.pages)),
                    "tier": str(paper.tier),
                    "ms": f"{statistics.median(fast) * 1000:.1f}",
                    "slow": f"{statistics.median(slow) * 1000:.0f}",
                    "bytes": str(len(paper.pdf)),
                }
            )
            print(f"| {' | '.join(rows[-1].values())} |", flush=True)
    return rows


def _write_table(rows: list[Row], machine: str) -> None:
    """Write docs/papers.md: one line for each form."""
    head = "| 表样 | 名称 | 附件 | 页 | 印出的栏 | 档 | 毫秒 | 经 LibreOffice 毫秒 | 字节 |\n|---|---|---|---|---|---|---|---|---|"
    lines = [f"| {' | '.join(row.values())} |" for row in rows]
    text = (
        "# 每种纸的打印时间和大小\n\n"
        "`make bench` 写出。每个表样打印自己的例子（example.json）：填写、排版、每页二维码复核、PDF/A-2b 校验，不含取号和归档；"
        "中位数。档 1 由编译好的模板直接写出，档 2 每份都经 LibreOffice 排版；后一栏是同一份纸全部经 LibreOffice 的时间。"
        f"机器：{machine}。\n\n{head}\n"
    )
    TABLE.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
