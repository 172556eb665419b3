"""The second tier: a filled template goes through LibreOffice whole, smaller and smaller until everything fits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

from templates import describe, pieces, places
from templates.catalogue import MAX_PAGES
from templates.errors import ConverterFailed, DoesNotFit, TooManyPages
from templates.libreoffice import Converter
from templates.order import Order
from templates.word import Filled

# When a paper comes out too long, the values that need more than one line are tried smaller, step by step.
SHRINK_STEPS = (1.0, 0.88, 0.76, 0.64, 0.56)
# On a pre-printed blank nobody can widen a gap: there each value that is too long shrinks by itself, step by step.
BLANK_STEP, BLANK_STEPS = 0.87, 7
SMALLEST_PT = 6.5  # below this a 200 dpi scan of 龘 cannot be read; nothing is set smaller
CONVERSIONS = 3  # in which a word must come out once; the fault is one of chance, never of the document
_NAMED = 5  # values that are named when a paper is too long as a whole


@dataclass(frozen=True, slots=True)
class Converted:
    """What LibreOffice made of a paper: its PDF with marker colours, and where everything stands.

    `docx` is the Word file it was made from, `steps` how often it was set smaller.
    """

    raw: bytes
    docx: bytes
    sheet: places.Sheet
    steps: int


def fit(
    converter: Converter,
    order: Order,
    filled: Filled,
    others: Mapping[etree._Element, int] = MappingProxyType({}),
) -> Converted:
    """Convert, and again with smaller long values, until the paper has its pages and nothing is cut.

    `others` are further runs with a tint. Raises DoesNotFit, TooManyPages, ConverterBusy, ConverterFailed.
    """
    form, cut = order.form, list[str]()
    lines = {pieces.whole(name): room.lines for name, room in order.rooms.items()}
    names = {mark.number: mark.name for mark in filled.marks if mark.kind == "value"}
    first: places.Sheet | None = None
    last: places.Sheet | None = None
    for number, step in enumerate((BLANK_STEP,) * BLANK_STEPS if order.rooms else SHRINK_STEPS):
        if first is not None and last is not None:
            if order.rooms:
                filled.resize(_tighter(lines, names, last, cut))
            else:
                filled.resize(_smaller(filled, first, step), closer=True)
        raw, docx, sheet, cut = convert(converter, filled, others, lines)
        if form.pages in {0, len(sheet.pages)} and not cut:
            return Converted(raw, docx, sheet, number)
        first, last = first or sheet, sheet
    raise DoesNotFit(cut or _longest(names, first or sheet), len(sheet.pages), form.pages)


def convert(
    converter: Converter, filled: Filled, others: Mapping[etree._Element, int], lines: Mapping[str, int]
) -> tuple[bytes, bytes, places.Sheet, list[str]]:
    """Convert once; again when LibreOffice left words out, which it does once in hundreds of papers.

    Gives PDF and Word file, what stands where, and the values that are cut; the others' words are then not asked for.
    """
    for _ in range(CONVERSIONS):
        answer = converter.submit(filled.marked(others))
        docx = filled.plain()  # made while LibreOffice works
        raw = converter.result(answer)
        sheet = places.read(raw, filled.tints())
        if len(sheet.pages) > MAX_PAGES:
            raise TooManyPages(len(sheet.pages), MAX_PAGES)
        cut = describe.cut(filled.marks, sheet, lines)
        if cut or not filled.letters() - Counter(sheet.letters):
            return raw, docx, sheet, cut
    raise ConverterFailed("words left out")


def _smaller(filled: Filled, first: places.Sheet, step: float) -> dict[int, int]:
    """Choose sizes in half points: values of several lines when there are any, else all values."""
    sizes = {spot.mark: spot.size_pt for spot in first.spots}
    values = {mark.number for mark in filled.marks if mark.kind == "value"} & set(sizes)
    long = {spot.mark for spot in first.spots if len(spot.lines) > 1 or spot.clipped} & values
    return {
        mark: round(2 * max(min(SMALLEST_PT, sizes[mark]), sizes[mark] * step)) for mark in long or values
    }


def _longest(names: Mapping[int, str], first: places.Sheet) -> list[str]:
    """Name the values that take the most room at their usual size: those of several lines, the longest first."""
    spots = sorted(first.spots, key=lambda spot: (-len(spot.lines), -len(spot.text)))
    found = [names[spot.mark] for spot in spots if spot.mark in names and len(spot.lines) > 1]
    return list(dict.fromkeys(found))[:_NAMED]


def _tighter(
    lines: Mapping[str, int], marks: Mapping[int, str], last: places.Sheet, cut: Sequence[str]
) -> dict[int, int]:
    """Choose the next smaller size, in half points, of values with too many lines, else of all that are `cut`.

    `lines` is the most each may take, `marks` names the values by number.
    """
    spots = [spot for spot in last.spots if marks.get(spot.mark) in cut]
    over = [spot for spot in spots if len(spot.lines) > lines.get(marks[spot.mark], len(spot.lines))]
    return {
        spot.mark: int(2 * max(min(SMALLEST_PT, spot.size_pt), spot.size_pt * BLANK_STEP))
        for spot in over or spots
    }
