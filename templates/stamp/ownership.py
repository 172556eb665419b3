"""Says which paragraph of a filled Word template each run belongs to, and gives it a colour that finds it again."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from templates.errors import NotStampable
from templates.runs import W, colour_of
from templates.word import Filled

_PARAGRAPH, _RUN, _TEXT = f"{{{W}}}p", f"{{{W}}}r", f"{{{W}}}t"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
_TABLE, _CELL, _BOX, _ANCHOR = (
    f"{{{W}}}tbl",
    f"{{{W}}}tc",
    f"{{{W}}}txbxContent",
    f"{{{_DRAWING}}}anchor",
)
_FLOATING = (
    *(f"{{{_DRAWING}}}wrap{how}" for how in ("Square", "Tight", "Through", "TopAndBottom")),
    *(f"{{{W}}}{tag}" for tag in ("framePr", "tblpPr", "pict")),
)
_NO_LINE = frozenset({"none", "nil"})
_ON_THE_PAGE = frozenset({"page", "margin", "topMargin", "bottomMargin", "insideMargin", "outsideMargin"})
_HIGHEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns what: paragraphs and containers are counted from 0.

    A container is a cell, a text box, or all that stands in none: it alone decides how its texts break into lines.
    A group is what no other moves unseen: a cell of a table with lines, which show when a row grows; a text box that
    hangs on the page; all the rest together. In it a container may move the others, by the lines it takes.

    `containers` has the container of each owned paragraph, `groups` the group of each of these containers, `marks`
    the paragraph of each traced text by number,
    `tints` the paragraph of each colour, `colours` what a colour (RRGGBB) shall be in the end; `statics` are the runs
    that print the template's own words, with their colours.
    """

    containers: Mapping[int, int]
    groups: Mapping[int, int]
    marks: Mapping[int, int]
    tints: Mapping[int, int]
    colours: Mapping[int, str]
    statics: Mapping[etree._Element, int]


def ownership(filled: Filled, paragraphs: Collection[int] | None = None) -> Ownership:
    """Own these paragraphs, or those of every group that prints a traced text.

    Raises NotStampable(colours) when there are not enough colours.
    """
    count = dict(_paragraphs(filled))
    container_of, group_of = _dealt(filled)
    numbers = {element: number for number, element in count.items()}
    marks = {mark.number: numbers[_above(filled.runs(mark.number)[0])] for mark in filled.marks}
    if paragraphs is None:
        busy = {group_of[container_of[number]] for number in marks.values()}
        paragraphs = {number for number, container in container_of.items() if group_of[container] in busy}
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
    containers = {number: container_of[number] for number in sorted(paragraphs)}
    groups = {container: group_of[container] for container in sorted(set(containers.values()))}
    return Ownership(containers, groups, marks, tints, colours, statics)


def _paragraphs(filled: Filled) -> Iterator[tuple[int, etree._Element]]:
    return enumerate(paragraph for tree in filled.trees for paragraph in tree.iter(_PARAGRAPH))


def _dealt(filled: Filled) -> tuple[dict[int, int], dict[int, int]]:
    """Give the container of each paragraph, and the group of each container."""
    lined, whole = _lined_styles(filled.styles), _floating(filled)
    alone: dict[etree._Element, bool] = {}
    seen: dict[etree._Element | None, int] = {}
    containers: dict[int, int] = {}
    groups: dict[int, int] = {}
    for number, paragraph in _paragraphs(filled):
        around = [element for element in paragraph.iterancestors() if element.tag in {_CELL, _BOX}]
        group = next((one for one in around if alone.setdefault(one, _alone(one, lined))), None)
        container = group if whole or not around else around[0]
        containers[number] = seen.setdefault(container, len(seen))
        groups[containers[number]] = seen.setdefault(group, len(seen))
    return containers, groups


def _floating(filled: Filled) -> bool:
    """Tell whether lines may break around something: then where a cell stands decides how its texts fall."""
    trees = (*filled.trees, filled.styles)
    return any(next(tree.iter(*_FLOATING), None) is not None for tree in trees)


def _alone(element: etree._Element, lined: Collection[str]) -> bool:
    """Tell whether nothing moves what stands in a cell or a text box without something static moving too."""
    if element.tag == _BOX:
        anchor = next(element.iterancestors(_ANCHOR), None)
        place = None if anchor is None else anchor.find("{*}positionV")
        return place is not None and place.get("relativeFrom") in _ON_THE_PAGE
    table = next(element.iterancestors(_TABLE))
    properties = table.find(f"{{{W}}}tblPr")
    if properties is None:
        return False
    borders, style = properties.find(f"{{{W}}}tblBorders"), properties.find(f"{{{W}}}tblStyle")
    last = table.findall(f"{{{W}}}tr")[-1]
    own = [cell for cell in last.iter(f"{{{W}}}tcBorders") if cell.find(f"{{{W}}}bottom") is not None]
    if any(not _drawn(cell) for cell in own):
        return False
    if borders is not None and borders.find(f"{{{W}}}bottom") is not None:
        return _drawn(borders)
    return style is not None and style.get(f"{{{W}}}val") in lined


def _drawn(borders: etree._Element | None) -> bool:
    line = None if borders is None else borders.find(f"{{{W}}}bottom")
    return line is not None and line.get(f"{{{W}}}val") not in _NO_LINE


def _lined_styles(styles: etree._Element) -> frozenset[str]:
    """Give the table styles that draw a line below."""
    lines = f"{{{W}}}tblPr/{{{W}}}tblBorders"
    return frozenset(
        str(style.get(f"{{{W}}}styleId"))
        for style in styles.iter(f"{{{W}}}style")
        if _drawn(style.find(lines))
    )


def _above(run: etree._Element) -> etree._Element:
    element = run.getparent()
    while element.tag != _PARAGRAPH:
        element = element.getparent()
    return element
