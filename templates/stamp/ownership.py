"""Says which paragraph of a filled Word template each run belongs to, and gives it a colour that finds it again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from templates.errors import NotStampable
from templates.runs import W, colour_of
from templates.word import Filled

_PARAGRAPH, _RUN, _TEXT = f"{{{W}}}p", f"{{{W}}}r", f"{{{W}}}t"
_CONTAINERS = frozenset({f"{{{W}}}tc", f"{{{W}}}txbxContent"})
_HIGHEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns what: paragraphs and containers (cells, text boxes, the flow of a part) are counted from 0.

    `containers` has the container of each owned paragraph, `marks` the paragraph of each traced text by number,
    `tints` the paragraph of each colour, `colours` what a colour (RRGGBB) shall be in the end; `statics` are the runs
    that print the template's own words, with their colours.
    """

    containers: Mapping[int, int]
    marks: Mapping[int, int]
    tints: Mapping[int, int]
    colours: Mapping[int, str]
    statics: Mapping[etree._Element, int]


def ownership(filled: Filled, paragraphs: Collection[int] | None = None) -> Ownership:
    """Own these paragraphs, or those of every container that prints a traced text.

    Raises NotStampable(colours) when there are not enough colours.
    """
    count, container_of = dict(_paragraphs(filled)), dict(_containers(filled))
    numbers = {element: number for number, element in count.items()}
    marks = {mark.number: numbers[_above(filled.runs(mark.number)[0])] for mark in filled.marks}
    if paragraphs is None:
        busy = {container_of[number] for number in marks.values()}
        paragraphs = {number for number, container in container_of.items() if container in busy}
    tints = {mark.tint: marks[mark.number] for mark in filled.marks}
    colours = {mark.tint: mark.colour for mark in filled.marks}
    own = {run for mark in filled.marks for run in filled.runs(mark.number)}
    statics: dict[etree._Element, int] = {}
    by_look: dict[tuple[int, str], int] = {}
    free = max((filled.reserved, *tints), default=0) + 1
    for number in sorted(paragraphs):
        for run in count[number].iter(_RUN):
            if run in own or run.find(_TEXT) is None or _above(run) is not count[number]:
                continue
            look = (number, colour_of(run))
            tint = by_look.setdefault(look, free + len(by_look))
            statics[run], tints[tint], colours[tint] = tint, number, look[1]
    if max(tints, default=0) > _HIGHEST:
        raise NotStampable("colours")
    return Ownership({number: container_of[number] for number in paragraphs}, marks, tints, colours, statics)


def _paragraphs(filled: Filled) -> Iterator[tuple[int, etree._Element]]:
    return enumerate(paragraph for tree in filled.trees for paragraph in tree.iter(_PARAGRAPH))


def _containers(filled: Filled) -> Iterator[tuple[int, int]]:
    """Give the container of each paragraph: the nearest cell or text box, else the flow of its part."""
    seen: dict[etree._Element, int] = {}
    for number, paragraph in _paragraphs(filled):
        element = paragraph.getparent()
        while element.tag not in _CONTAINERS and element.getparent() is not None:
            element = element.getparent()
        yield number, seen.setdefault(element, len(seen))


def _above(run: etree._Element) -> etree._Element:
    element = run.getparent()
    while element.tag != _PARAGRAPH:
        element = element.getparent()
    return element
