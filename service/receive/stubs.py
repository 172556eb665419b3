"""Stubs (存根) that were cut off and scanned apart: found among the pages without a code, and laid against their main part."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from intake.reading import PageImage
from service.office import Office
from service.office.judgement import SheetReading
from service.office.papers import Paper, joined_parts, read_stub

SLIM = (1.6, 2.6)
"""A stub's long side by its short one; A4 and everything else people scan has 1.3 to 1.5."""
MOST = 12
"""Pages held back to be tried: their pixels stay in memory, 5 MB each at 200 dpi."""
TRIES = 3
"""Main parts a stub is tried on, the nearest in the stack first: people scan the two one after the other."""

Main = tuple[int, str, SheetReading]
"""A sheet's index in the upload, its document, and what was read."""


def may_be_one(page: PageImage, reason: str | None, *, blank: bool) -> bool:
    """Tell whether a page that names no document could be a stub, by its shape."""
    height, width = page.pixels.shape[:2]
    return reason == "no_code" and not blank and SLIM[0] <= max(height, width) / min(height, width) <= SLIM[1]


def placed(
    office: Office, papers: Mapping[str, Paper], sheets: Sequence[Main], pages: Sequence[PageImage]
) -> Iterator[Main]:
    """Yield the index, document and reading of each page that proves to be the stub of a main part of this upload."""
    mains = [one for one in sheets if one[2].reading.part == "main"]
    for page in pages:
        near = sorted(mains, key=lambda main: abs(main[0] - page.index))[:TRIES]
        for main in near:
            _, serial, read = main
            reading = read_stub(office, papers[serial], page, read.page)
            if reading is not None:
                mains.remove(main)
                yield page.index, serial, SheetReading(read.page, reading)
                break


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
