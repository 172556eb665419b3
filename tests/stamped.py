"""Looks into stamped papers with other eyes than the product's, and prints them by the thousand in other processes."""

import io
import random
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from pypdf import PdfReader
from pypdf.generic import ContentStream

from templates.catalogue import Catalogue
from templates.fonts import Fonts
from templates.libreoffice import Converter
from templates.order import Printed
from templates.render import Printer, grouped
from templates.stamp.engine import engine
from templates.stamp.press import Press
from templates.wording import printed
from tests.records import alike, bare, example, kind

OBJECT = re.compile(rb"\n(\d+) 0 obj\n")
SHOWN = re.compile(rb"/(Y\d+) [\d.]+ Tf\[([^\]]*)\]TJ")
WHOLE = 100  # one paper in so many is read by pypdf from end to end


class NoOffice(Converter):
    """No LibreOffice at all: a paper that would need it fails."""

    def submit(self, _docx):
        """Fail."""
        raise AssertionError("LibreOffice was asked")


def printer_on(folder: Path, fonts: Fonts, converter: Converter) -> Printer:
    """Stamps from the compiled templates in a folder."""
    return Printer(Catalogue.load(), converter, fonts, Press(folder, fonts, engine()))


def said(pdf: bytes) -> list[tuple[bytes, str]]:
    """Give what a stamped file shows in its own fonts, in order: font and text."""
    objects = dict(_objects(pdf))
    resources = next(body for body in objects.values() if body.startswith(b"<</Font<<"))
    tables = {}
    for name, number in re.findall(rb"/(Y\d+) (\d+) 0 R", resources):
        table = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        lines = re.findall(rb"<(....)><([0-9A-F]+)>", _data(objects[int(table[1])]))
        tables[name] = {code: bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in lines}
    found = []
    for body in objects.values():
        if not body.startswith(b"<</Filter/FlateDecode/Length"):
            continue
        for name, items in SHOWN.findall(_data(body)):
            codes = b"".join(re.findall(rb"<([0-9A-F]*)>", items))
            shown = [tables[name][codes[at : at + 4]] for at in range(0, len(codes), 4)]
            found.append((name, "".join(shown)))
    return found


def _objects(pdf):
    """The objects each paper writes itself: all after the object stream, by number."""
    own = pdf.index(b"\nendstream", pdf.index(b"/Type/ObjStm"))
    for start in OBJECT.finditer(pdf, own):
        yield int(start[1]), pdf[start.end() : pdf.index(b"\nendobj", start.end())]


def _data(body):
    return zlib.decompress(body[body.index(b">>stream\n") + 9 : body.rindex(b"\nendstream")])


def shape(pdf: bytes) -> list[tuple[bytes, str]]:
    """Give what a stamped file shows, each hanzi, each digit and each letter of a serial as all of its kind."""
    return [(font, _kind(text)) for font, text in said(pdf)]


def proved(asked, paper: Printed, pattern: Printed, wanted) -> None:
    """Prove a stamped paper against its data, and against one of its class that is known to be right.

    `wanted` is the shape of the other.
    """
    facts = {key: text for key, text in printed(asked.form, asked.data).items() if text}
    assert paper.tier == 1
    assert (paper.stamp, paper.layout_classes) == (pattern.stamp, pattern.layout_classes)
    assert paper.facts.items() >= facts.items()
    shown = said(paper.pdf)
    assert [(font, _kind(text)) for font, text in shown] == wanted
    text = bare("".join(words for _, words in shown))
    assert grouped(asked.serial) in text
    assert [key for key, fact in facts.items() if bare(fact) not in text] == []
    for mine, its in zip(paper.layout.pages[0].values, pattern.layout.pages[0].values, strict=True):
        assert (mine.name, mine.text, mine.size_pt) == (its.name, facts[mine.name], its.size_pt)
        assert bare("".join(line.text for line in mine.lines)) == bare(mine.text)
        assert [line.box for line in mine.lines] == [line.box for line in its.lines]
        assert [len(line.text) for line in mine.lines] == [len(line.text) for line in its.lines]
    assert _marks(paper) == _marks(pattern)


def _kind(text):
    """A serial's letters are told from others by its dashes."""
    return re.sub("[0-9A-Z]", "0", text) if "-" in text else kind(text)


def _marks(paper):
    page = paper.layout.pages[0]
    return page.marks, page.codes, page.fiducials, page.photos, (page.width, page.height)


@dataclass(frozen=True, slots=True)
class Run:
    """What a worker process is asked: records of one form from one seed, from compiled templates only."""

    name: str
    stamps: Path
    fonts: Path
    seed: int
    records: int


_MACHINES: dict[tuple[Path, Path], Printer] = {}


def stamp_many(run: Run) -> tuple[int, list[bytes]]:
    """Print so many records like the form's example, prove each, and give their number and two of them."""
    key = (run.stamps, run.fonts)
    if key not in _MACHINES:
        fonts = Fonts.find(run.fonts)
        _MACHINES[key] = printer_on(run.stamps, fonts, NoOffice(run.stamps / "none", 0))
    printer = _MACHINES[key]
    asked, dice = example(run.name), random.Random(f"{run.name} {run.seed}")
    pattern = printer.print(asked)
    wanted, kept = shape(pattern.pdf), []
    for number in range(run.records):
        order = alike(asked, dice)
        paper = printer.print(order)
        proved(order, paper, pattern, wanted)
        if number % WHOLE == 0:
            proved_whole(order, paper)
            kept.append(paper.pdf)
    return run.records, kept[:2]


def proved_whole(asked, paper: Printed) -> None:
    """Read the file from end to end with pypdf: one page, and every value verbatim."""
    (page,) = PdfReader(io.BytesIO(paper.pdf)).pages
    text = bare(page.extract_text())
    assert [key for key, fact in paper.facts.items() if bare(fact) not in text] == []


def tagged(pdf: bytes) -> dict[int, str]:
    """Give what each marked-content sequence of the first page says, by its number, in the order of the content."""
    reader = PdfReader(io.BytesIO(pdf))
    page = reader.pages[0]
    tables = {name: _table(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    found: dict[int, str] = {}
    open_: list[int | None] = []
    font = ""
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator in {b"BDC", b"BMC"}:
            number = operands[1].get("/MCID") if operator == b"BDC" else None
            open_.append(number)
            if number is not None:
                assert number not in found, f"{number} is there twice"
                found[number] = ""
        elif operator == b"EMC":
            open_.pop()
        elif operator == b"Tf":
            font = operands[0]
        elif operator in {b"Tj", b"TJ"} and open_ and open_[-1] is not None:
            items = operands[0] if operator == b"TJ" else operands
            codes = b"".join(_bytes(item) for item in items if isinstance(item, str | bytes))
            found[open_[-1]] += _decoded(codes, *tables[font])
    return found


def _bytes(item):
    return item if isinstance(item, bytes) else item.original_bytes


def _table(font):
    table = font["/ToUnicode"].get_object().get_data()
    lines = re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", table.split(b"endcodespacerange")[1])
    texts = {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in lines}
    return texts, 2 if font["/Subtype"] == "/Type0" else 1


def _decoded(codes, texts, wide):
    return "".join(texts[int.from_bytes(codes[at : at + wide])] for at in range(0, len(codes), wide))


def read_out(pdf: bytes) -> list[tuple[str, str]]:
    """Give the elements of the structure tree that say something, in reading order: tag and text.

    Spans and links are told with what they stand in.
    """
    reader = PdfReader(io.BytesIO(pdf))
    texts = tagged(pdf)
    told: list[tuple[str, str]] = []
    seen: list[int] = []

    def walk(element, tag):
        tag = tag if element["/S"] == "/Span" else element["/S"]
        for kid in _kids(element):
            inner = kid.get_object()
            if isinstance(inner, int):
                seen.append(inner)
                told.append((tag, texts[inner]))
            elif "/MCID" in inner:
                seen.append(inner["/MCID"])
                told.append((tag, texts[inner["/MCID"]]))
            elif "/S" in inner:
                walk(inner, tag)

    root = reader.root_object["/StructTreeRoot"]
    for kid in _kids(root):
        walk(kid.get_object(), "")
    assert sorted(seen) == sorted(texts), "what is marked is not what the tree holds"
    return told


def _kids(element):
    kids = element.get("/K", [])
    inner = kids.get_object() if hasattr(kids, "get_object") else kids
    return list(inner) if isinstance(inner, list) else [inner]
