"""Measures the ranges of the quick twin's numbers on lines of tuning papers and writes intake/recognise/ranges.json.

    PYTHONPATH=bench .venv/bin/python bench/ranges.py

Needed again when the model of the recogniser changes: until then a new one has no twin, and is merely slower.
"""

import json
import random
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import onnxruntime
import papers

from intake import codes, read, uploads
from intake.reading import Pixels
from intake.recognise import LineReading
from intake.recognise.ppocr import installed_model, prepared
from intake.recognise.twin import RANGES, heavy_layers, optimised
from service.demo.apart import TUNING
from service.demo.levels import LEVELS, level
from service.demo.paper import Paper
from service.demo.story import SIGNERS, UNITS

FORMS: Final = ("transfer_application", "diploma_junior", "student_info", "suspension_application")
LINES: Final = 8
"""Of each page: names, numbers and sentences, and a seal's ring among them on most."""
SAME: Final = 4
"""Digits kept: more would say what no line can know."""


class Listener:
    """Reads nothing, and keeps what it was to read."""

    name = "listener"

    def __init__(self) -> None:
        self.heard: list[Pixels] = []

    def read_lines(self, crops: Any) -> list[LineReading]:
        """Keep the crops."""
        self.heard += crops
        return [LineReading("", 0.0) for _ in crops]


def lines() -> Iterator[Pixels]:
    """Yield lines of signed and sealed papers scanned on every level."""
    units = UNITS["transfer_application"]
    with papers.press(lazy=True) as press:
        printed = [press.print(press.catalogue.get(name)) for name in FORMS]
    for k, name in enumerate(LEVELS):
        sheet, seed = printed[k % len(printed)], TUNING.seeds[7000 + k]
        layout = sheet.layout.to_json()
        paper = Paper(sheet.pdf, layout, seed=seed, hands=TUNING.hands).complete(units, SIGNERS, seed=seed)
        listener = Listener()
        for number, page in enumerate(uploads.pages(paper.scan(level(name, seed)), "pdf")):
            found = codes.find(page)
            read.read_page(
                page,
                layout["pages"][number],
                found[0] if found else None,
                sheet.pdf,
                page_no=number + 1,
                recogniser=listener,
                units=units,
                registry=sorted(set(units.values())),
            )
        yield from random.Random(seed).sample(listener.heard, min(LINES, len(listener.heard)))


def measured(crops: Iterator[Pixels]) -> dict[str, list[list[float]]]:
    """Return the least and greatest number before and after each heavy layer, by the name of its weights."""
    network = optimised(installed_model())
    layers = heavy_layers(network)
    ends = sorted({end for layer in layers.values() for end in layer} - {"x"})
    for end in ends:
        network.graph.output.add(name=end)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        bytes(network.SerializeToString()), options, providers=["CPUExecutionProvider"]
    )
    low: dict[str, float] = dict.fromkeys(["x", *ends], np.inf)
    high: dict[str, float] = dict.fromkeys(["x", *ends], -np.inf)
    for crop in crops:
        line = prepared(crop)
        for end, values in [("x", line), *zip(ends, session.run(ends, {"x": line}), strict=True)]:
            low[end], high[end] = min(low[end], values.min()), max(high[end], values.max())
    return {
        weights: [[float(f"{value:.{SAME}g}") for value in (low[end], high[end])] for end in layer]
        for weights, layer in layers.items()
    }


def main() -> None:
    """Measure and write."""
    told = [f" {json.dumps(name)}: {json.dumps(ends)}" for name, ends in measured(lines()).items()]
    RANGES.write_text("{\n" + ",\n".join(told) + "\n}\n", "ascii")
    print(f"{len(told)} layers in {RANGES.name}")


if __name__ == "__main__":
    main()
