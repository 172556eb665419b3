"""Draws docs/pictures/growing.svg: how long answers take as an archive grows."""

import math
from collections.abc import Sequence
from typing import Any

from measuring import ROOT

PLOT = ROOT / "docs" / "pictures" / "growing.svg"
WIDE, HIGH, LEFT, BOTTOM, EDGE, LEGEND = 640, 360, 60, 50, 20, 190
COLOURS = ("#a33", "#36a", "#2a7", "#a70", "#758")


def write(grown: Sequence[Any]) -> None:
    """Draw p95 of each question against the number of papers, both by powers of ten."""
    names = list(grown[0].waits)
    low_x, high_x = math.log10(grown[0].size), math.log10(grown[-1].size)
    values = [waits[1] for one in grown for waits in one.waits.values()]
    low_y, high_y = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

    def at(size: int, value: float) -> tuple[float, float]:
        across = (WIDE - LEFT - LEGEND) * (math.log10(size) - low_x) / max(1e-9, high_x - low_x)
        up = (HIGH - BOTTOM - EDGE) * (math.log10(value) - low_y) / (high_y - low_y)
        return round(LEFT + across, 1), round(HIGH - BOTTOM - up, 1)

    def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
        return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'

    drawn = []
    for one in grown:
        x, bottom = at(one.size, 10.0**low_y)
        top = at(one.size, 10.0**high_y)[1]
        drawn += [
            f'<line x1="{x}" y1="{bottom}" x2="{x}" y2="{top}" stroke="#ddd"/>',
            text(x, HIGH - 32, f"{one.size:,}"),
        ]
    for power in range(low_y, high_y + 1):
        left, y = at(grown[0].size, 10.0**power)
        drawn += [
            f'<line x1="{left}" y1="{y}" x2="{WIDE - LEGEND}" y2="{y}" stroke="#ddd"/>',
            text(LEFT - 8, y + 4, f"{10.0**power:g}", "end"),
        ]
    for place, name in enumerate(names):
        colour = COLOURS[place]
        points = [at(one.size, one.waits[name][1]) for one in grown]
        ends = " ".join(f"{x},{y}" for x, y in points)
        drawn.append(f'<polyline points="{ends}" fill="none" stroke="{colour}" stroke-width="2"/>')
        drawn += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in points]
        last = grown[-1].waits[name][1]
        words = f'<tspan fill="{colour}">{name} {last:.1f} ms</tspan>'
        drawn.append(text(WIDE - LEGEND + 12, 40 + 20 * place, words, "start"))
    drawn += [
        text((WIDE - LEGEND + LEFT) / 2, HIGH - 10, "papers in the archive"),
        text(LEFT, 14, "p95 in ms over HTTP, one caller", "start"),
    ]
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" {style}>'
    body = "\n".join([head, f'<rect width="{WIDE}" height="{HIGH}" fill="white"/>', *drawn, "</svg>"])
    PLOT.write_text(body + "\n", encoding="utf-8")
