"""Draws a scan and its archived record side by side with the differences marked."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pypdfium2
from PIL import Image, ImageDraw, ImageFont

DPI: Final = 130
GAP: Final = 40
HEAD: Final = 90
COLOURS: Final = {
    "match": (46, 125, 50),
    "altered": (198, 40, 40),
    "unreadable": (239, 108, 0),
    "unclear": (239, 108, 0),
}
FONT: Final = Path("/usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf")


def side_by_side(scan: bytes, record: bytes, layout: Mapping[str, Any], result: Mapping[str, Any]) -> bytes:
    """Return a PNG: the scan's first page left, the archived page right, each finding framed on both.

    `result` is what `GET /v1/scans/{id}` tells of a one-page scan, boxes in pixels of the page it read;
    `layout` is the archived layout (mm).
    """
    document, sheet = result["documents"][0], result["sheets"][0]
    left, right = _page(scan), _page(record)
    width, height = left.width + GAP + right.width, max(left.height, right.height) + HEAD
    canvas = Image.new("RGB", (width, height), (246, 244, 238))
    canvas.paste(left, (0, HEAD))
    canvas.paste(right, (left.width + GAP, HEAD))
    draw = ImageDraw.Draw(canvas)
    title, small = ImageFont.truetype(str(FONT), 30), ImageFont.truetype(str(FONT), 22)
    draw.text((20, 24), f"扫描件 · {document['verdict']}", font=title, fill=(40, 40, 40))
    draw.text((left.width + GAP + 20, 24), "存档", font=title, fill=(40, 40, 40))
    for finding in document["fields"]:
        _on_scan(draw, finding, (left.width / sheet["width"], left.height / sheet["height"]), small)
        _on_record(draw, finding, layout["pages"][0], (left.width + GAP, right), small)
    for difference in document["differences"]:
        _on_scan(draw, difference, (left.width / sheet["width"], left.height / sheet["height"]), small)
    buffer = io.BytesIO()
    canvas.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _page(pdf: bytes) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        picture: Image.Image = document[0].render(scale=DPI / 72).to_pil().convert("RGB")
        return picture


def _pen(finding: Mapping[str, Any]) -> tuple[tuple[int, int, int], int]:
    return COLOURS.get(finding["result"], (120, 120, 120)), 2 if finding["result"] == "match" else 4


def _on_scan(
    draw: ImageDraw.ImageDraw,
    finding: Mapping[str, Any],
    scale: tuple[float, float],
    font: ImageFont.FreeTypeFont,
) -> None:
    colour, pen = _pen(finding)
    if not finding["box"]:
        return
    x0, y0, x1, y1 = finding["box"]
    frame = (x0 * scale[0], y0 * scale[1] + HEAD, x1 * scale[0], y1 * scale[1] + HEAD)
    draw.rectangle(frame, outline=colour, width=pen)
    if finding["result"] == "altered" and "read" in finding:
        _label(draw, (frame[0], frame[1]), f"读到 {finding['read']}", colour, font)


def _on_record(
    draw: ImageDraw.ImageDraw,
    finding: Mapping[str, Any],
    page: Mapping[str, Any],
    place: tuple[int, Image.Image],
    font: ImageFont.FreeTypeFont,
) -> None:
    colour, pen = _pen(finding)
    left, picture = place
    sx, sy = picture.width / page["width"], picture.height / page["height"]
    boxes = [line["box"] for v in page["values"] if v["name"] == finding["name"] for line in v["lines"]]
    for x0, y0, x1, y1 in boxes:
        frame = (x0 * sx + left - 3, y0 * sy + HEAD - 3, x1 * sx + left + 3, y1 * sy + HEAD + 3)
        draw.rectangle(frame, outline=colour, width=pen)
    if finding["result"] == "altered":
        _label(
            draw,
            (boxes[0][0] * sx + left, boxes[0][1] * sy + HEAD),
            f"存档 {finding['expected']}",
            colour,
            font,
        )


def _label(
    draw: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    text: str,
    colour: tuple[int, int, int],
    font: ImageFont.FreeTypeFont,
) -> None:
    at = (corner[0], corner[1] - 36)
    draw.rectangle(draw.textbbox(at, text, font=font), fill=(255, 255, 255))
    draw.text(at, text, font=font, fill=colour)
