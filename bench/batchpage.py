"""Writes docs/batches.md: how batches were measured, the table and plot of their cost, the profile of a worker."""

import math
import platform
from collections.abc import Sequence

import load
from batches import Run
from measuring import ROOT

PAGE = ROOT / "docs" / "batches.md"
PLOT = ROOT / "docs" / "pictures" / "batches.svg"
WIDE, HIGH, LEFT, BOTTOM, EDGE = 640, 360, 70, 50, 20
TEXT = """# What a batch costs

Written by `BENCH_LONG=1 BENCH_PARTS=batching make bench`. Machine: {machine}.

**Method.** An invented county of 20 schools; graduates with names of 2 (8 %), 3 (88 %) and 4 hanzi (3 %) or with 间隔号 (1 %), one in 500 with a rare hanzi, birthdays all over a year, 学籍号 with right check characters. They are imported, then `POST /v1/batches` names them in the order of school and class. The clock runs from that request to the last commit, over HTTP, with one worker a core and the service itself on the same cores. Each paper is judged by every rule, numbered from the county's block, signed, stamped, its QR code decoded again, its PDF and layout written and synced, and kept with row, number, entries and log leaf in one transaction, twenty papers at a time. One store takes all batches, so the archive grows too; each batch has other people.

| diplomas | seconds | papers/s | ms a paper | check | number | print | stamped | layout classes | samples proved | newly compiled | worker MB | service MB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
{rows}

The first line is the first batch ever: LibreOffice compiles the template for every length of name, date and school it meets. Every batch also re-renders samples through LibreOffice, one for each layout class and one in 500, before their chunk is kept: a cost that is nearly fixed, and so weighs most on small batches. {marginal}

![seconds against papers](pictures/batches.svg)

**Where a worker's time goes** (cProfile of one of two workers, {profiled:,} papers on the same store; its own cost swells what is Python, so read shares):

| step | share |
|---|---|
{shares}

**What bounds it.** Largest first: {bounds}. {sync}
"""


def write(first: Run, runs: Sequence[Run], shares: Sequence[tuple[str, float]], profiled: int) -> None:
    """Write the page and its plot."""
    PLOT.write_text(_plot(runs), encoding="utf-8")
    steps = [(label, share) for label, share in shares if not label.startswith("…")]
    largest = sorted(steps, key=lambda step: -step[1])[:4]
    synced = sum(share for label, share in steps if "synced" in label)
    last, before = runs[-1], runs[-2]
    more = (last.seconds - before.seconds) / (last.count - before.count)
    page = TEXT.format(
        marginal=f"From {before.count:,} to {last.count:,} papers each further one costs {more * 1000:.1f} ms "
        f"({1 / more:.0f}/s).",
        machine=f"{load.machine()}, Python {platform.python_version()}",
        rows="\n".join([_row(first, " (first ever)"), *(_row(run) for run in runs)]),
        profiled=profiled,
        shares="\n".join(f"| {label} | {share:.1%} |" for label, share in shares),
        bounds=", ".join(f"{label} ({share:.0%})" for label, share in largest),
        sync=f"Waiting for the disk is {synced:.0%}: syncs are shared by a chunk of papers "
        "([decision 8](decisions/0008-syncs-of-a-batch.md)), none is left out.",
    )
    PAGE.write_text(page, encoding="utf-8")


def _row(run: Run, which: str = "") -> str:
    count = run.count + run.failed
    cells = [
        f"{count:,}{which}",
        f"{run.seconds:.1f}",
        f"{run.per_second:.0f}",
        f"{run.seconds / count * 1000:.1f}",
        *(f"{run.steps.get(step, 0):.1f} s" for step in ("checking", "numbering", "printing")),
        f"{run.tiers.get('1', 0) / max(1, sum(run.tiers.values())):.2%}",
        str(run.classes),
        str(run.proved),
        str(run.compiled),
        f"{run.peaks['worker']:.0f}",
        f"{run.peaks['serve']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _plot(runs: Sequence[Run]) -> str:
    """Seconds against papers, both by powers of ten, with the line of equal cost through the largest batch."""
    points = [(math.log10(run.count), math.log10(run.seconds)) for run in runs]
    low_x, high_x = math.floor(points[0][0]), math.ceil(points[-1][0])
    linear = [points[-1][1] + x - points[-1][0] for x in (points[0][0], points[-1][0])]
    low_y = math.floor(min(*linear, *(y for _, y in points)))
    high_y = math.ceil(max(y for _, y in points))

    def at(x: float, y: float) -> tuple[float, float]:
        across = (WIDE - LEFT - EDGE) * (x - low_x) / (high_x - low_x)
        up = (HIGH - BOTTOM - EDGE) * (y - low_y) / (high_y - low_y)
        return round(LEFT + across, 1), round(HIGH - BOTTOM - up, 1)

    def line(ends: Sequence[tuple[float, float]], look: str) -> str:
        return f'<polyline points="{" ".join(f"{x},{y}" for x, y in ends)}" fill="none" {look}/>'

    def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
        return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>'

    drawn = []
    for x in range(low_x, high_x + 1):
        drawn += [
            line([at(x, low_y), at(x, high_y)], 'stroke="#ddd"'),
            text(at(x, low_y)[0], HIGH - 32, f"{10**x:,}"),
        ]
    for y in range(low_y, high_y + 1):
        drawn += [
            line([at(low_x, y), at(high_x, y)], 'stroke="#ddd"'),
            text(LEFT - 8, at(low_x, y)[1] + 4, f"{10.0**y:g}", "end"),
        ]
    drawn.append(
        line(
            [at(points[0][0], linear[0]), at(points[-1][0], linear[1])],
            'stroke="#999" stroke-dasharray="5 4"',
        )
    )
    drawn.append(line([at(*point) for point in points], 'stroke="#a33" stroke-width="2"'))
    for run, point in zip(runs, points, strict=True):
        x, y = at(*point)
        drawn += [
            f'<circle cx="{x}" cy="{y}" r="4" fill="#a33"/>',
            text(x + 8, y + 16, f"{run.per_second:.0f}/s", "start"),
        ]
    drawn += [
        text((WIDE + LEFT) / 2, HIGH - 10, "diplomas in one batch"),
        text(LEFT, 14, "seconds; dashed: equal cost a paper", "start"),
    ]
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" {style}>'
    return "\n".join([head, f'<rect width="{WIDE}" height="{HIGH}" fill="white"/>', *drawn, "</svg>"]) + "\n"
