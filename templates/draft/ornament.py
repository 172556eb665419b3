"""Vector ornaments of certificates: rules, a braided band and cut lines, drawn behind the text."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml

from templates.draft.paper import xml

GOLD = "A8863C"
DEEP_GOLD = "86682A"
GRAY = "8C8C8C"
EMU_PER_MM = 36000
_PER_WAVE = 5  # Bézier pieces per wave: the curve is then true to a hundredth of a millimetre
_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle in mm from the page's top-left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def inset(self, by: float) -> "Frame":
        """Give the rectangle that lies `by` mm inside this one."""
        return Frame(self.left + by, self.top + by, self.right - by, self.bottom - by)


def rectangle(frame: Frame) -> str:
    """Give the path of a plain rectangle."""
    return (
        _move(frame.left, frame.top)
        + "".join(
            _line(x, y)
            for x, y in ((frame.right, frame.top), (frame.right, frame.bottom), (frame.left, frame.bottom))
        )
        + "<a:close/>"
    )


def line(start: Point, end: Point) -> str:
    """Give the path of one straight line."""
    return _move(*start) + _line(*end)


def braid(frame: Frame, *, radius: float, wave: float, swing: float, strands: int) -> str:
    """Give the paths of waves that run round a frame's middle line and cross each other, guilloche-like.

    `radius` rounds the corners, `wave` is about the length of one wave, `swing` its height, all in mm.
    """
    length = _length(frame, radius)
    waves = round(length / wave)
    steps = waves * _PER_WAVE
    paths = []
    for strand in range(strands):
        points = []
        for step in range(steps):
            (x, y), (nx, ny) = _walk(frame, radius, length * step / steps)
            off = swing * math.sin(2 * math.pi * (step / _PER_WAVE + strand / strands))
            points.append((x + nx * off, y + ny * off))
        paths.append(_smooth(points))
    return "".join(paths)


def rosette(centre: Point, *, radius: float, petals: int = 8) -> str:
    """Give the path of a small rose: one closed curve of so many petals round `centre`, in mm."""
    steps = petals * _PER_WAVE
    points = []
    for step in range(steps):
        turn = 2 * math.pi * step / steps
        reach = radius * (0.62 + 0.38 * math.cos(petals * turn))
        points.append((centre[0] + reach * math.sin(turn), centre[1] - reach * math.cos(turn)))
    return _smooth(points)


def _sides(frame: Frame, radius: float) -> Iterator[tuple[Point, Point, Point, float]]:
    """Give the four straight sides clockwise: start, direction, outward normal, length."""
    wide, high = frame.right - frame.left - 2 * radius, frame.bottom - frame.top - 2 * radius
    yield (frame.left + radius, frame.top), (1, 0), (0, -1), wide
    yield (frame.right, frame.top + radius), (0, 1), (1, 0), high
    yield (frame.right - radius, frame.bottom), (-1, 0), (0, 1), wide
    yield (frame.left, frame.bottom - radius), (0, -1), (-1, 0), high


def _length(frame: Frame, radius: float) -> float:
    return sum(side[3] for side in _sides(frame, radius)) + 2 * math.pi * radius


def _walk(frame: Frame, radius: float, at: float) -> tuple[Point, Point]:
    """Give the place and the outward normal after `at` mm along the rounded middle line."""
    for (x, y), (dx, dy), normal, length in _sides(frame, radius):
        if at <= length:
            return (x + dx * at, y + dy * at), normal
        at -= length
        bend = math.pi / 2 * radius
        if at <= bend:
            turn = at / radius
            nx = normal[0] * math.cos(turn) + dx * math.sin(turn)
            ny = normal[1] * math.cos(turn) + dy * math.sin(turn)
            centre = (x + dx * length - normal[0] * radius, y + dy * length - normal[1] * radius)
            return (centre[0] + nx * radius, centre[1] + ny * radius), (nx, ny)
        at -= bend
    return (frame.left + radius, frame.top), (0, -1)


def _smooth(points: Sequence[Point]) -> str:
    """Join points to a closed curve (Catmull-Rom pieces written as Bézier curves)."""
    count = len(points)
    pieces = [_move(*points[0])]
    for index in range(count):
        before, here, there, after = (points[(index + step) % count] for step in (-1, 0, 1, 2))
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        pieces.append(f"<a:cubicBezTo>{_point(*first)}{_point(*second)}{_point(*there)}</a:cubicBezTo>")
    return "".join(pieces) + "<a:close/>"


def _point(x: float, y: float) -> str:
    return f'<a:pt x="{round(x * 100)}" y="{round(y * 100)}"/>'


def _move(x: float, y: float) -> str:
    return f"<a:moveTo>{_point(x, y)}</a:moveTo>"


def _line(x: float, y: float) -> str:
    return f"<a:lnTo>{_point(x, y)}</a:lnTo>"


def draw(
    paragraph: Any, number: int, page: Point, path: str, *, points: float, colour: str, dash: str = ""
) -> None:
    """Anchor a path (mm from the page's corner) behind the text of a header paragraph."""
    width, height = (round(side * EMU_PER_MM) for side in page)
    dashes = f'<a:prstDash val="{dash}"/>' if dash else ""
    xml(paragraph.add_run()).append(
        parse_xml(
            f'<w:drawing {_SPACES}><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" '
            f'relativeHeight="{number}" behindDoc="1" locked="1" layoutInCell="1" allowOverlap="1">'
            '<wp:simplePos x="0" y="0"/>'
            '<wp:positionH relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionH>'
            '<wp:positionV relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionV>'
            f'<wp:extent cx="{width}" cy="{height}"/><wp:effectExtent l="0" t="0" r="0" b="0"/><wp:wrapNone/>'
            f'<wp:docPr id="{number}" name="ornament {number}"/><wp:cNvGraphicFramePr/>'
            '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
            f'<wps:wsp><wps:cNvSpPr/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
            "<a:custGeom><a:avLst/><a:gdLst/><a:ahLst/><a:cxnLst/>"
            '<a:rect l="0" t="0" r="r" b="b"/>'
            f'<a:pathLst><a:path w="{round(page[0] * 100)}" h="{round(page[1] * 100)}" fill="none">{path}</a:path></a:pathLst>'
            f'</a:custGeom><a:noFill/><a:ln w="{round(points * 12700)}"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
            f"{dashes}<a:round/></a:ln></wps:spPr><wps:bodyPr/></wps:wsp></a:graphicData></a:graphic>"
            "</wp:anchor></w:drawing>"
        )
    )
