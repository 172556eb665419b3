"""Turn our printed PDF and its layout into the paper that comes back: stamped, signed, dated, tampered with, scanned."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal
from zlib import crc32

import numpy as np
import pypdfium2 as pdfium

from service.demo import dates, forging, scanner
from service.demo.hand import PLAIN, Hand, handwriting
from service.demo.ink import (
    BLACK,
    BLUE,
    BLUE_BLACK,
    DARK_RED,
    ORANGE_RED,
    RED,
    Colour,
    Inking,
    Picture,
    inked,
    multiply,
    turned,
)
from service.demo.scanner import MM_PER_INCH, Capture, Scanner
from service.demo.seals import SealStyle, round_seal, square_seal

__all__ = [
    "ANYHOW",
    "Capture",
    "Impression",
    "Inking",
    "Paper",
    "Scanner",
    "SealStyle",
    "rasterised",
    "stack",
]

DPI = 300.0  # of the sheets: one pixel is thinner than a printed hair line
SCALE = DPI / MM_PER_INCH  # pixels per millimetre
PEN = Inking(BLACK, strength=0.9, uneven=0.25, gaps=0.01)
SQUARE_MM = 20.0  # side of a head's name seal
SIGNATURE_MM = (6.0, 10.0)  # letter height of a signature: what people write in a 10-15 mm box
BESIDE_MM = 24.0  # a name seal stands right behind the printed name, not in the middle of a wide box
NAME_SEALS = 0.5  # share of heads who use their name seal where both are allowed
PENS = (BLACK, BLUE, BLUE_BLACK)
DAYS_BETWEEN = 3  # at most, from one office's date to the next one's
WORN = 0.15  # share of seals that come out pale or worn in `complete`


@dataclass(frozen=True, slots=True)
class Impression:
    """How a seal was put down: offset from the box's centre (mm), turn (degrees), ink and cut; None is left to the dice."""

    offset: tuple[float, float] | None = None
    turn: float | None = None
    ink: Inking | None = None
    style: SealStyle | None = None


ANYHOW = Impression()


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed document as sheets of paper; every act returns a new paper, and the seed alone decides every chance.

    `pdf` and `layout` (the layout's JSON) are what the printer made; `sheets` (BGR, 300 dpi) are drawn from them.
    `hands` are those of the people who sign: each name keeps one of them.
    """

    pdf: bytes
    layout: Mapping[str, Any]
    seed: int = 0
    sheets: tuple[Picture, ...] = ()
    acts: int = field(default=0, repr=False)
    hands: tuple[Hand, ...] = (PLAIN,)

    def __post_init__(self) -> None:
        """Draw the sheets of a fresh print."""
        if not self.sheets:
            object.__setattr__(self, "sheets", tuple(rasterised(self.pdf)))

    def marks(self, block: str | None = None, kind: str | None = None) -> list[tuple[int, Mapping[str, Any]]]:
        """Return (page index, mark place) of every place for a signature or seal, optionally of one block or kind."""
        return [
            (number, mark)
            for number, page in enumerate(self.layout["pages"])
            for mark in page["marks"]
            if block in {None, mark["block"]} and kind in {None, mark["kind"]}
        ]

    def stamp(self, block: str, name: str, how: Impression = ANYHOW, shape: str | None = None) -> "Paper":
        """Return the paper with a seal in every seal place of a block (of one shape, if given).

        `name` is the unit's, or the person's where the place is square.
        """
        paper = self
        for number, mark in self.marks(block, "seal"):
            if shape in {None, mark["shape"]}:
                paper = paper.stamp_at(
                    number, _centre(mark["box"]), name, how, square=mark["shape"] == "square"
                )
        return paper

    def stamp_at(
        self,
        page: int,
        centre: tuple[float, float],
        name: str,
        how: Impression = ANYHOW,
        *,
        square: bool = False,
    ) -> "Paper":
        """Return the paper with one seal whose centre stands at (x, y) mm of a page, give or take its offset."""
        rng = self._dice()
        ink = how.ink or _any_red(rng)
        if square:
            mask = square_seal(name, SQUARE_MM, SCALE)
            spread = 1.0
        else:
            mask = round_seal(name, how.style or _any_style(rng), SCALE)
            spread = 3.0
        offset = how.offset or (float(rng.normal(0, spread)), float(rng.normal(0, spread)))
        mask = turned(inked(mask, ink, SCALE, rng), float(rng.normal(0, 6)) if how.turn is None else how.turn)
        return self._put(page, mask, (centre[0] + offset[0], centre[1] + offset[1]), ink.colour)

    def sign(self, block: str, name: str, colour: Colour | None = None) -> "Paper":
        """Return the paper with a person's signature in every signature place of a block."""
        paper = self
        for number, mark in self.marks(block, "signature"):
            rng = paper._dice()
            left, top, right, bottom = mark["box"]
            height = float(np.clip(rng.uniform(*SIGNATURE_MM), 3, max(0.85 * (bottom - top), 3)))
            height = min(height, (right - left) / (0.95 * len(name)))
            x = (
                left
                + rng.uniform(0.1, 0.35) * max(right - left - height * len(name), 0)
                + height * len(name) / 2
            )
            paper = paper.write(
                number, (x, (top + bottom) / 2 + rng.normal(0, 0.6)), name, height, colour, flourish=True
            )
        return paper

    def sign_by_seal(self, block: str, name: str) -> "Paper":
        """Return the paper with a person's square name seal where a signature may stand instead."""
        paper = self
        for number, mark in self.marks(block, "signature"):
            left, top, right, bottom = mark["box"]
            beside = min((left + right) / 2, left + BESIDE_MM)
            paper = paper.stamp_at(number, (beside, (top + bottom) / 2), name, square=True)
        return paper

    def write(
        self,
        page: int,
        centre: tuple[float, float],
        text: str,
        height: float,
        colour: Colour | None = None,
        *,
        flourish: bool = False,
        whose: str | None = None,
    ) -> "Paper":
        """Return the paper with handwriting around (x, y) mm, letters `height` mm high, in the hand of `whose` name."""
        rng = self._dice()
        ink = replace(PEN, colour=colour or PENS[int(rng.integers(len(PENS)))])
        hand = self.hands[crc32((whose or text).encode()) % len(self.hands)]
        strokes = handwriting(text, height, SCALE, rng, flourish=flourish, hand=hand)
        return self._put(page, inked(strokes, ink, SCALE, rng), centre, ink.colour)

    def dated(self, block: str, day: date, whose: str | None = None, colour: Colour | None = None) -> "Paper":
        """Return the paper with a date by hand in every place a block has for one."""
        paper = self
        for number, place in dates.rooms(self.pdf, self.layout):
            if place.block == block:
                for one in dates.written(place, day, paper._dice()):
                    paper = paper.write(
                        number, one.centre, one.text, one.height, colour, whose=whose or block
                    )
        return paper

    def complete(
        self,
        units: Mapping[str, str],
        names: Mapping[str, str],
        leave_out: frozenset[tuple[str, str]] = frozenset(),
        seed: int | None = None,
        *,
        begun: date = date(2026, 11, 2),
    ) -> "Paper":
        """Return the paper with every provable mark made: signatures first, then seals, as offices do, and dated.

        `units` maps a block to the unit whose seal it gets, `names` to the person who signs (or whose name seal it
        is); a block neither names stays empty, one that is filled is dated where it has room for that: the first
        `begun`, each next one the same day or up to three days later. `leave_out` holds (block, kind) pairs that were
        forgotten, of kind signature, seal or date; `seed` throws the dice anew.
        """
        paper = self if seed is None else replace(self, seed=seed)
        todo = [(mark["kind"], mark["block"], mark["shape"]) for _, mark in self.marks() if mark["machine"]]
        for kind, block, shape in dict.fromkeys(sorted(todo, key=lambda mark: mark[0] == "seal")):
            person = names.get(block)
            if (block, kind) in leave_out:
                continue
            if kind == "signature" and person:
                by_seal = shape == "square" and np.random.default_rng(paper.seed).random() < NAME_SEALS
                paper = paper.sign_by_seal(block, person) if by_seal else paper.sign(block, person)
            elif kind == "seal" and (name := person if shape == "square" else units.get(block)):
                paper = paper.stamp(block, name, shape=shape)
        filled = [block for _, block, _ in todo if names.get(block) or units.get(block)]
        return paper.with_dates(set(filled), names, leave_out, begun)

    def with_dates(
        self,
        filled: Collection[str],
        names: Mapping[str, str],
        leave_out: frozenset[tuple[str, str]],
        day: date,
    ) -> "Paper":
        """Date the filled blocks in the order of the print: who signs a block dates it, with the same pen."""
        paper = self
        for block in dict.fromkeys(place.block for _, place in dates.rooms(self.pdf, self.layout)):
            if block in filled and (block, "date") not in leave_out:
                dice = paper._dice()
                day += timedelta(days=int(dice.integers(DAYS_BETWEEN + 1)))
                pen = PENS[int(dice.integers(len(PENS)))]
                paper = paper.dated(block, day, names.get(block), pen)
        return paper

    def alter(
        self, name: str, new_text: str, how: Literal["reprint", "paste"] = "reprint", page: int | None = None
    ) -> "Paper":
        """Return the paper with a printed value replaced at every place it stands (of one page, if given), in the same font."""
        return self._on_value(
            name,
            lambda sheet, value, rng: forging.replaced(
                sheet, SCALE, value, new_text, paste=how == "paste", rng=rng
            ),
            page,
        )

    def overwrite(self, name: str, new_text: str, hand: Hand = PLAIN) -> "Paper":
        """Return the paper with the letters in which a value differs from `new_text`, as long, written over by pen."""
        return self._on_value(
            name,
            lambda sheet, value, rng: forging.overwritten(sheet, SCALE, value, new_text, rng=rng, hand=hand),
        )

    def draw(
        self,
        name: str,
        place: int,
        strokes: Sequence[Sequence[tuple[float, float]]],
        ink: Inking = PEN,
        width_mm: float = 0.25,
    ) -> "Paper":
        """Return the paper with strokes drawn on one letter of a value: points in shares of the letter's ink box."""
        return self._on_value(
            name,
            lambda sheet, value, rng: forging.stroked(
                sheet, SCALE, value, place, strokes, ink=ink, width_mm=width_mm, rng=rng
            ),
        )

    def join(self, name: str, letter: str, *, before: bool = False, gap_mm: float = 0.0) -> "Paper":
        """Return the paper with one more letter printed right before or behind a value, in its own font."""
        return self._on_value(
            name,
            lambda sheet, value, _: forging.joined(sheet, SCALE, value, letter, before=before, gap_mm=gap_mm),
        )

    def erase(self, name: str, *, fluid: bool) -> "Paper":
        """Return the paper with a value painted out with correction fluid, or scraped off."""
        return self._on_value(
            name, lambda sheet, value, rng: forging.erased(sheet, SCALE, value, fluid=fluid, rng=rng)
        )

    def paste(self, page: int, patch: Picture, left: float, top: float) -> "Paper":
        """Return the paper with a cut-out (BGR at 300 dpi) glued with its corner at (left, top) mm."""
        return self.with_sheet(
            page, forging.glued(self.sheets[page], patch, (round(left * SCALE), round(top * SCALE)), SCALE)
        )

    def look(self, settings: Scanner, page: int = 0) -> Capture:
        """Return one scanned side with the true map from page millimetres to its pixels."""
        return scanner.capture(self.sheets[page], SCALE, settings, page)

    def scan(self, settings: Scanner) -> bytes:
        """Return the file a scanner makes of the whole paper."""
        return scanner.scan(self.sheets, SCALE, settings)

    def _on_value(
        self,
        name: str,
        act: Callable[[Picture, Mapping[str, Any], np.random.Generator], Picture],
        page: int | None = None,
    ) -> "Paper":
        """Return the paper with an act done to a value wherever it is printed (of one page, if given); KeyError if nowhere."""
        paper = self
        for number, printed in enumerate(self.layout["pages"]):
            for value in printed["values"]:
                if value["name"] == name and page in {None, number}:
                    paper = paper.with_sheet(number, act(paper.sheets[number], value, paper._dice()))
        if paper is self:
            raise KeyError(name)
        return paper

    def _put(
        self,
        page: int,
        mask: np.ndarray[Any, np.dtype[np.float32]],
        centre: tuple[float, float],
        colour: Colour,
    ) -> "Paper":
        at = (round(centre[0] * SCALE - mask.shape[1] / 2), round(centre[1] * SCALE - mask.shape[0] / 2))
        return self.with_sheet(page, multiply(self.sheets[page], mask, at, colour))

    def with_sheet(self, page: int, sheet: Picture) -> "Paper":
        """Return the paper with one sheet (BGR, 300 dpi) in the place of its own."""
        sheets = (*self.sheets[:page], sheet, *self.sheets[page + 1 :])
        return replace(self, sheets=sheets, acts=self.acts + 1)

    def _dice(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.acts])


def stack(papers: list[Paper], settings: Scanner) -> bytes:
    """Return one file of several papers scanned as a stack through a feeder."""
    return scanner.scan([sheet for paper in papers for sheet in paper.sheets], SCALE, settings)


def rasterised(pdf: bytes) -> Iterator[Picture]:
    """Yield each page of a PDF as a sheet (BGR, 300 dpi)."""
    document = pdfium.PdfDocument(pdf)
    try:
        for page in document:
            yield np.ascontiguousarray(page.render(scale=DPI / 72).to_numpy()[..., :3])
    finally:
        document.close()


def _centre(box: tuple[float, float, float, float]) -> tuple[float, float]:
    left, top, right, bottom = box
    return (left + right) / 2, (top + bottom) / 2


def _any_red(rng: np.random.Generator) -> Inking:
    """Return the ink of some office's pad: mostly good, now and then pale or worn."""
    colour = (RED, RED, ORANGE_RED, DARK_RED)[int(rng.integers(4))]
    if rng.random() < WORN:
        return Inking(colour, strength=float(rng.uniform(0.4, 0.6)), uneven=0.5, gaps=0.12)
    return Inking(
        colour, strength=float(rng.uniform(0.7, 0.92)), uneven=float(rng.uniform(0.2, 0.5)), gaps=0.05
    )


def _any_style(rng: np.random.Generator) -> SealStyle:
    return SealStyle(diameter=float(rng.uniform(40, 42)), bold=bool(rng.random() < 0.3))
