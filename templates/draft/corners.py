"""Puts the four ArUco corner marks into a form's header, anchored to the page."""

import io
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm

from templates import fiducial
from templates.draft.paper import xml

_SPACE = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'


def mark(paragraph: Any, page: tuple[float, float]) -> None:
    """Anchor marks 0…3 clockwise from the top-left corner; `page` is width and height in mm."""
    near = fiducial.MARGIN_MM
    right, bottom = (side - near - fiducial.SIZE_MM for side in page)
    for number, place in enumerate(((near, near), (right, near), (right, bottom), (near, bottom))):
        run = paragraph.add_run()
        run.add_picture(io.BytesIO(fiducial.draw(number)), width=Mm(fiducial.SIZE_MM))
        inline = next(xml(run).iter(qn("wp:inline")))
        inline.getparent().replace(inline, _anchored(inline, number, place))


def _anchored(inline: Any, number: int, place: tuple[float, float]) -> Any:
    """Turn a picture that stands in the text into one that stands at a place (mm) of the page."""
    x, y = (Mm(mm) for mm in place)
    anchor = parse_xml(
        f'<wp:anchor {_SPACE} distT="0" distB="0" distL="0" distR="0" simplePos="0" '
        f'relativeHeight="{number + 1}" behindDoc="1" locked="1" layoutInCell="1" allowOverlap="1">'
        '<wp:simplePos x="0" y="0"/>'
        f'<wp:positionH relativeFrom="page"><wp:posOffset>{x}</wp:posOffset></wp:positionH>'
        f'<wp:positionV relativeFrom="page"><wp:posOffset>{y}</wp:posOffset></wp:positionV>'
        "</wp:anchor>"
    )
    extent, described = inline.find(qn("wp:extent")), inline.find(qn("wp:docPr"))
    described.set("name", f"corner {number}")
    anchor.append(extent)
    anchor.append(parse_xml(f"<wp:wrapNone {_SPACE}/>"))
    for tag in ("wp:docPr", "wp:cNvGraphicFramePr", "a:graphic"):
        anchor.append(inline.find(qn(tag)))
    return anchor
