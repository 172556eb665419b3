"""A printed page with six sign-and-seal blocks, stamped by the simulator and laid straight, for the tests of marks.

The thresholds were tuned on seeds 1000-1004; the tests judge with other seeds.
"""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from intake.marks import MarkedPage, find
from intake.reading import STANDARD_DPI, Registered
from intake.recognise.ppocr import PpOcr
from service.demo.fonts import KAI, SONG, font
from tests.paper import Paper, level

PX = 300 / 25.4
SCALE = STANDARD_DPI / 25.4
WIDTH, HEIGHT = 210.0, 297.0
UNITS = {
    "out_school": "黎城县第三中学校",
    "in_school": "长治市实验中学",
    "out_auth": "黎城县教育体育局",
    "in_auth": "长治市潞州区教育局",
    "city": "长治市教育局",
}
NAMES = {
    "apply": "文建国",
    "out_school": "钟涛",
    "in_school": "李慧敏",
    "out_auth": "王旻",
    "in_auth": "赵一鸣",
    "city": "欧阳震",
}
REGISTRY = (
    *UNITS.values(),
    "黎城县第一中学校",
    "黎城县第二中学校",
    "平顺县第三中学校",
    "襄垣县教育体育局",
    "武乡县教育局",
    "长治市上党区教育局",
    "黎城县黎侯镇初级中学",
)
TITLES = (
    "监护人申请",
    "转出学校意见",
    "转入学校意见",
    "转出学校学籍主管部门审批",
    "转入学校学籍主管部门审批",
    "市教育局审批",
)


@cache
def recogniser():
    """Return the one recogniser of these tests."""
    return PpOcr()


@cache
def printed() -> tuple[bytes, dict[str, Any]]:
    """Return the printed page as a PDF and its layout."""
    image = Image.new("RGB", (round(WIDTH * PX), round(HEIGHT * PX)), "white")
    pen = ImageDraw.Draw(image)
    label, value = font(SONG, 50), font(KAI, 58)
    marks = []
    for k, (block, title) in enumerate(zip(NAMES, TITLES, strict=True)):
        left, top = 12 + 93 * (k % 2), 82 + 68 * (k // 2)
        pen.rectangle([left * PX, top * PX, (left + 93) * PX, (top + 68) * PX], outline=0, width=3)
        for x, y, text, face in (
            (3, 3, title, label),
            (3, 14, "同意。情况属实。", value),
            (8, 44, "签名：", label),
            (50, 44, "（章）", label),
            (40, 58, "年   月   日", label),
        ):
            pen.text(((left + x) * PX, (top + y) * PX), text, fill=0, font=face)
        place = {
            "block": block,
            "label": title,
            "role": "head",
            "required": True,
            "machine": True,
            "shape": "round",
        }
        marks.append(
            place | {"kind": "signature", "unit": None, "box": [left + 22, top + 38, left + 50, top + 53]}
        )
        if block in UNITS:
            marks.append(
                place | {"kind": "seal", "unit": block, "box": [left + 36, top + 24, left + 80, top + 66]}
            )
    out = io.BytesIO()
    image.save(out, "PDF", resolution=300)
    page = {"width": WIDTH, "height": HEIGHT, "values": [], "marks": marks, "codes": [], "fiducials": []}
    return out.getvalue(), {"version": 1, "form": "test", "pages": [page]}


@cache
def blank_paper() -> Paper:
    """Return the page as it left the printer."""
    pdf, layout = printed()
    return Paper(pdf, layout)


@cache
def reference():
    """Return the archived page in gray at the reading resolution."""
    gray = cv2.cvtColor(blank_paper().sheets[0], cv2.COLOR_BGR2GRAY)
    return cv2.resize(gray, (round(WIDTH * SCALE), round(HEIGHT * SCALE)), interpolation=cv2.INTER_AREA)


def straight(paper: Paper, scanner, off_mm: float = 0.12) -> Registered:
    """Scan a page and pull it straight by the true map, off by what registration leaves (sigma in mm)."""
    seen = paper.look(scanner)
    pixels = seen.pixels if seen.pixels.ndim == 3 else cv2.cvtColor(seen.pixels, cv2.COLOR_GRAY2BGR)
    pixels = cv2.imdecode(
        cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, scanner.jpeg])[1], cv2.IMREAD_COLOR
    )
    off = np.eye(3)
    off[:2, 2] = np.random.default_rng(scanner.seed).normal(0, off_mm, 2)
    to_scan = seen.matrix @ off
    size = (round(WIDTH * SCALE), round(HEIGHT * SCALE))
    matrix = to_scan @ np.diag([1 / SCALE, 1 / SCALE, 1.0])
    flat = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return Registered(flat, STANDARD_DPI, to_scan, off_mm, scanner.dpi, "fiducials")


@dataclass(frozen=True)
class Judged:
    """The findings of a page by (block, kind)."""

    findings: dict[tuple[str, str], Any]

    def results(self, kind: str) -> dict[str, str]:
        """Return block -> result of one kind of mark."""
        return {block: finding.result for (block, one), finding in self.findings.items() if one == kind}


def judged(
    paper: Paper, scanner=None, *, colour: bool = True, registry=REGISTRY, known: bool = True
) -> Judged:
    """Scan a page, lay it straight and judge its marks; `known` gives the archived page along."""
    flat = straight(paper, scanner or level("B", 5000))
    layout = printed()[1]["pages"][0]
    page = MarkedPage.of(flat, reference() if known else None, layout, colour=colour)
    found = find(
        page,
        flat,
        recogniser=recogniser(),
        units=UNITS,
        registry=registry,
    )
    assert [(f.block, f.kind) for f in found] == [(m["block"], m["kind"]) for m in layout["marks"]]
    return Judged({(finding.block, finding.kind): finding for finding in found})
