"""Notes how bright each line of a photo lies: honest ones, and those from which a lamp's light took print."""

from dataclasses import replace
from typing import Any, Final

import adversary
from watching import Notes

from intake import lines, provable
from intake.glare import Glare
from service.demo.levels import level
from service.demo.paper import Paper

PHOTOS: Final = ("D", "E", "curled", "shadow")


def gleams(whole: Paper, layout: Any, pdf: bytes, seed: int, notes: Notes) -> None:
    """Note how bright each line lies in a photo: an honest one, and one that a gleam took print from."""
    for name in PHOTOS:
        for glare in (0.0, 1.0):
            scan = whole.scan(replace(level(name, seed), glare=glare))
            seen = adversary.seen(adversary.Trial(seed, "", name, pdf, layout, scan, {}))
            if seen is None:
                continue
            _, flat, archived = seen
            light, page = Glare(flat), lines.without_red(lines.evenly_lit(flat.pixels))
            for line in (line for value in layout["pages"][0]["values"] for line in value["lines"]):
                gone = provable.missing(lines.cut(page, archived.pixels, line["box"]))
                if gone or not glare:
                    notes.add("brighter", "drowned" if glare else "honest", light.brightest(line["box"]))
