"""Stubs (存根) that were cut off and scanned apart: found among the pages without a code, and laid against their main part."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from intake.foreign import PageText
from intake.marks import halves
from intake.reading import PageImage
from service.office import Office
from service.office.judgement import SheetReading
from service.office.papers import Paper, joined_parts, read_stub
from storage.archive import Reading
from storage.records import Document

SLIM = (1.6, 2.6)
"""A stub's long side by its short one; A4 and everything else people scan has 1.3 to 1.5."""
MOST = 12
"""Pages held back to be tried: their pixels stay in memory, 5 MB each at 200 dpi."""
TRIES = 3
"""Papers a stub is tried on: main parts of its own upload, the nearest first, since people scan the two one after the
other; else the newest papers of the student it names."""
NUMBERS = re.compile(r"(?<![0-9])[0-9]{17}[0-9X](?![0-9])")
"""The id number in a 学籍号, and the id number itself: every stub of ours prints both."""
KINDS_OF_NUMBER = ("G", "J", "L", "")
"""Letters a 学籍号 begins with; the machine reads G as 6 or C now and then, so the letter it read is not asked."""

Main = tuple[int, str, SheetReading]
"""A sheet's index in the upload, its document, and what was read."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A page that could be a stub, with the print that was read on it; None when none was."""

    page: PageImage
    text: PageText | None


def may_be_one(page: PageImage, reason: str | None, *, blank: bool) -> bool:
    """Tell whether a page that names no document could be a stub, by its shape."""
    height, width = page.pixels.shape[:2]
    return reason == "no_code" and not blank and SLIM[0] <= max(height, width) / min(height, width) <= SLIM[1]


def placed(
    office: Office, papers: Mapping[str, Paper], sheets: Sequence[Main], loose: Sequence[Loose]
) -> Iterator[Main]:
    """Yield the index, document and reading of each page that proves to be the stub of a main part of this upload."""
    mains = [one for one in sheets if one[2].reading.part == "main"]
    for page in (one.page for one in loose):
        near = sorted(mains, key=lambda main: abs(main[0] - page.index))[:TRIES]
        for main in near:
            _, serial, read = main
            reading = read_stub(office, papers[serial], page, read.page)
            if reading is not None:
                mains.remove(main)
                yield page.index, serial, SheetReading(read.page, reading)
                break


def candidates(office: Office, reading: Reading, loose: Loose) -> list[Document]:
    """List the papers with a stub of the student whose number can be read on a page, newest first, at most TRIES.

    What was read only says where to look: `on_file` proves that it is that paper's.
    """
    lines = () if loose.text is None else loose.text.lines
    found = {number for line in lines for number in NUMBERS.findall(line.text.upper().replace(" ", ""))}
    named = reading.documents_of({letter + number for number in found for letter in KINDS_OF_NUMBER})
    cut = [one for documents in named.values() for one in documents if _is_cut(office, one)]
    return sorted(cut, key=lambda one: one.created_at, reverse=True)[:TRIES]


def _is_cut(office: Office, document: Document) -> bool:
    form = office.catalogue.forms.get(document.form)
    return form is not None and any(block.shape == "half" for block in form.blocks)


def on_file(office: Office, loose: Loose, papers: Iterable[Paper]) -> tuple[Paper, SheetReading] | None:
    """Give the one paper whose stub a page proves to be, with its reading; None for none, and for more than one."""
    proved = [
        (paper, SheetReading(number, reading))
        for paper in papers
        if (number := cut_page(paper)) and (reading := read_stub(office, paper, loose.page, number))
    ]
    return proved[0] if len(proved) == 1 else None


def cut_page(paper: Paper) -> int | None:
    """Give the page of a paper (from 1) that is cut in two; None when none is."""
    pages = enumerate(paper.layout["pages"], 1)
    return next((number for number, page in pages if halves.across(page) is not None), None)


def joined(office: Office, paper: Paper, reads: Sequence[SheetReading]) -> list[SheetReading]:
    """Return a document's sheets with the seal across the line of each cut page judged on both its parts."""
    told = list(reads)
    for k, stub in enumerate(told):
        for j, main in enumerate(told):
            if (stub.reading.part, main.reading.part) == ("stub", "main") and stub.page == main.page:
                both = joined_parts(office, paper, stub.page, stub.reading, main.reading)
                told[k], told[j] = (
                    replace(one, reading=reading) for one, reading in zip((stub, main), both, strict=True)
                )
    return told
