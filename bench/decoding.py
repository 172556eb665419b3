"""How many codes of our papers are decoded from a scanned page, and how long that takes."""

import os
import random
import statistics
import time
from typing import Final

import counting
import house
from cast import Issued, cast
from measuring import Row, line, percentile
from reading import LONG, PEOPLE, SIX

from intake import codes, uploads
from service.demo.apart import JUDGING
from service.demo.ink import Picture
from service.demo.levels import LEVELS, level
from service.demo.paper import SCALE
from service.demo.scanner import Scanner, scan

PAGES: Final = int(os.environ.get("BENCH_CODES", "1000" if LONG else "84"))
FIRST_SEED: Final = 60_000


def decoding(rows: list[Row]) -> None:
    """Pages of signed and sealed papers on the levels A-F, decoded as an upload is; then the other levels, as many in all."""
    tally = counting.Tally("codes")
    times: list[float] = []
    with house.opened(workers=1) as service:
        issued = cast(service, JUDGING, min(PEOPLE, 28))
    papers = [
        (one.form, page, sheet) for k, one in enumerate(issued) for page, sheet in enumerate(_sheets(one, k))
    ]
    printed = [_texts(sheet, Scanner(dpi=300, noise=0, blur=0)) for _, _, sheet in papers]
    dice = random.Random(FIRST_SEED)
    others = [name for name in LEVELS if name not in SIX]
    for number in range(2 * PAGES):
        name = SIX[number % len(SIX)] if number < PAGES else others[number % len(others)]
        which = dice.randrange(len(papers))
        form, page, sheet = papers[which]
        seed = JUDGING.seeds[FIRST_SEED + 100 + number]
        scanner = level(name, seed)
        data = scan([sheet], SCALE, scanner)
        image = next(iter(uploads.pages(data, "pdf")))
        began = time.perf_counter()
        found = codes.find(image)
        if name in SIX:
            times.append(time.perf_counter() - began)
        tally.add(name, "pages")
        if {code.text for code in found} == printed[which]:
            tally.add(name, "decoded")
        else:
            tally.fail("not_decoded", data, level=name, form=form, seed=seed, page=page)
    tally.write()
    rows.append(
        counting.share("QR decoded, A–F", tally.get("decoded", SIX), tally.get("pages", SIX), "≥ 99.5 %")
    )
    spread = f"{statistics.median(times) * 1000:.0f} ms, p95 {percentile(times, 0.95) * 1000:.0f} ms"
    rows.append(line("QR decoded, A–F: median time a page", spread, "≤ 30 ms"))
    rows.extend(
        counting.share(f"QR decoded, {name}", tally.get("decoded", [name]), tally.get("pages", [name]))
        for name in others
    )


def _sheets(issued: Issued, number: int) -> tuple[Picture, ...]:
    return issued.complete(JUDGING.seeds[FIRST_SEED + number]).sheets


def _texts(sheet: Picture, scanner: Scanner) -> set[str]:
    """What the codes of a sheet say, read off a scan without faults."""
    (page,) = uploads.pages(scan([sheet], SCALE, scanner), "pdf")
    return {code.text for code in codes.find(page)}
