"""Mixed stacks from the feeder: what is filed right, and what is listed for a person."""

import functools
import io
import random
import statistics
from dataclasses import dataclass
from typing import Any, Final

import counting
import desk
import numpy as np
import qrcode
from cast import Issued, cast
from measuring import Row, line, processor_seconds
from PIL import Image, ImageDraw
from reading import LONG

from service.demo.apart import JUDGING
from service.demo.fonts import KAI, font
from service.demo.ink import Picture
from service.demo.levels import level
from service.demo.paper import SCALE
from service.demo.scanner import scan

PAGES: Final = 60
STACKS: Final = 8 if LONG else 1
PEOPLE: Final = 42
FIRST_SEED: Final = 80_000
A4: Final = (round(210 * SCALE), round(297 * SCALE))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One side of a stack, and whose it is: a document's serial, or none for blank backs and foreign pages."""

    picture: Picture
    serial: str | None
    page: int = 0


def stacks(rows: list[Row]) -> None:
    """Stacks of 60 pages: several forms, shuffled, upside down, doubled, blank, foreign, one page missing."""
    tally, spent = counting.Tally("stacks"), list[float]()
    with desk.opened() as service:
        issued = cast(service, JUDGING, PEOPLE)
        for number in range(STACKS):
            seed = JUDGING.seeds[FIRST_SEED + number]
            stack = mixed(issued, random.Random(seed), seed)
            data = scan([sheet.picture for sheet in stack], SCALE, level("C" if number % 2 else "B", seed))
            pile: desk.Desk[list[Sheet]] = desk.Desk(service.client, functools.partial(counted, tally, seed))
            before = processor_seconds()
            pile.hand(stack, data, "stack.pdf")
            pile.finish()
            spent.append((processor_seconds() - before) / len(stack))
    tally.write()
    filed, listed, wrong = (tally.get(what) for what in ("filed", "listed", "wrong"))
    value = f"{filed}/{tally.get('ours')} filed right, {listed} listed for a person, {wrong} wrong"
    rows.append(line(f"stack of {PAGES} mixed pages, ours", value, "100 % or listed"))
    foreign = f"{tally.get('foreign listed')}/{tally.get('foreign')} listed and bound to nothing"
    rows.append(line(f"stack of {PAGES} mixed pages, blank and foreign ones", foreign, "all"))
    named = f"{tally.get('named')}/{tally.get('to name')}"
    rows.append(line("… missing and doubled pages named", named, "all"))
    rows.append(line("… processor time of a page, copies and all", f"{statistics.median(spent):.2f} s"))


def mixed(issued: list[Issued], dice: random.Random, seed: int) -> list[Sheet]:
    """Lay a stack: every paper whole, but for one page that is missing; in any order, some upside down."""
    sheets = []
    people = iter(issued)
    while len(sheets) < PAGES - 16:
        one = next(people)
        sheets += [
            Sheet(picture, one.serial, page + 1) for page, picture in enumerate(one.complete(seed).sheets)
        ]
    second = next(sheet for sheet in sheets if sheet.page == 2)
    sheets = [sheet for sheet in sheets if sheet is not second]
    sheets += dice.sample(sheets, 4)  # doubled
    sheets += [Sheet(_white(), None) for _ in range(4)]
    sheets += [Sheet(_foreign(dice, coded=len(sheets) % 2 == 0), None) for _ in range(PAGES - len(sheets))]
    dice.shuffle(sheets)
    turned = [dice.random() < 0.3 for _ in sheets]
    return [
        Sheet(np.ascontiguousarray(one.picture[::-1, ::-1]), one.serial, one.page) if turn else one
        for one, turn in zip(sheets, turned, strict=True)
    ]


def counted(tally: counting.Tally, seed: int, stack: list[Sheet], result: dict[str, Any]) -> None:
    """Count where each sheet of a stack went, and whether missing and doubled pages are named."""
    bound = {index: one["serial"] for one in result["documents"] for index in one["pages"]}
    listed = {one["page"] for one in result["unmatched"]}
    for index, sheet in enumerate(stack):
        if sheet.serial is None:
            tally.add("stack", "foreign")
            tally.add("stack", "foreign listed", int(index in listed and index not in bound))
            right = index not in bound
        else:
            tally.add("stack", "ours")
            right = bound.get(index) == sheet.serial or (index not in bound and index in listed)
            tally.add("stack", "filed", int(bound.get(index) == sheet.serial))
            tally.add("stack", "listed", int(index not in bound and index in listed))
        if not right:
            tally.add("stack", "wrong")
            tally.fail("wrong_place", None, seed=seed, index=index, page=sheet.page, bound=bound.get(index))
    times = [(sheet.serial, sheet.page) for sheet in stack if sheet.serial]
    for document in result["documents"]:
        pages = [page for serial, page in times if serial == document["serial"]]
        missing = (
            [page for page in range(1, max(2, *pages) + 1) if page not in pages] if _two(document) else []
        )
        told = {int(reason[13:]) for reason in document["reasons"] if reason.startswith("page_missing:")}
        doubled = sorted({page for page in pages if pages.count(page) > 1})
        for truth, said in ((missing, sorted(told)), (doubled, document["doubled"])):
            if truth or said:
                tally.add("stack", "to name")
                tally.add("stack", "named", int(truth == said))
                if truth != said:
                    tally.fail("not_named", None, seed=seed, truth=truth, said=said, form=document["form"])


def _two(document: dict[str, Any]) -> bool:
    return document["form"] == "student_info"


def _white() -> Picture:
    return np.full((A4[1], A4[0], 3), 255, np.uint8)


def _foreign(dice: random.Random, *, coded: bool) -> Picture:
    """Somebody else's page, with or without somebody else's code."""
    page = Image.new("RGB", A4, "white")
    pen, face = ImageDraw.Draw(page), font(KAI, 60)
    words = "兹证明本店所售商品均为正品，假一罚十，欢迎选购。"
    for row in range(dice.randint(8, 26)):
        start = dice.randrange(6)
        pen.text((220, 900 + row * 100), words[start:], fill=0, font=face)
    if coded:
        code = qrcode.QRCode(box_size=dice.randint(8, 14))
        code.add_data(f"https://pay.example/{dice.getrandbits(40):010x}")
        out = io.BytesIO()
        code.make_image().get_image().convert("RGB").save(out, "PNG")
        page.paste(Image.open(out), (dice.randint(150, 1500), dice.randint(150, 300)))
    return np.ascontiguousarray(np.asarray(page)[..., ::-1])
