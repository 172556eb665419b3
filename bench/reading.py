"""Every level read: exact fields, altered values, seals and signatures, found and missed, through the real service."""

import functools
import os
import random
from typing import Final

import changing
import counting
import desk
from cast import Issued, cast, values_of
from measuring import Row, line
from outcome import Known, counted

from service.demo.apart import JUDGING
from service.demo.levels import LEVELS, level

LONG: Final = os.environ.get("BENCH_LONG") == "1"
PEOPLE: Final = int(os.environ.get("BENCH_PEOPLE", "210" if LONG else "28"))
PAPERS: Final = int(os.environ.get("BENCH_PAPERS", "98" if LONG else "7"))
"""Papers of each level; every second one is altered, every fourth lacks a mark."""
ALTERED: Final = 3
"""Values altered on an altered paper."""
FLAT: Final = ("A", "B", "C", "D", "F")
SIX: Final = ("A", "B", "C", "D", "E", "F")
BAD: Final = ("E", "curled")
COLOUR: Final = ("A", "B", "C", "D", "F", "curled", "stapled", "moire", "shadow")
"""Levels with colour and at least 150 dpi: on these a seal must be found and named."""
INKY: Final = (*COLOUR, "E", "phone1200")
"""Levels with colour: on these a signature must be found."""


def levels(rows: list[Row]) -> None:
    """Papers of all forms on all levels: what is read right, what is found, what a person must look at."""
    tally = counting.Tally("levels")
    names = os.environ.get("BENCH_LEVELS", ",".join(LEVELS)).split(",")
    with desk.opened() as service:
        issued = cast(service, JUDGING, PEOPLE)
        pile: desk.Desk[Known] = desk.Desk(service.client, functools.partial(counted, tally))
        apart = max(len(issued) // len(names), 1)
        for number in range(PAPERS):
            for place, name in enumerate(names):
                known = _scanned(issued[(number + place * apart) % len(issued)], name, number)
                pile.hand(known, known.scan)
        pile.finish()
    place = tally.write()
    told(rows, tally, names)
    rows.append(
        line("… failures of the levels", f"{len(tally.failures)}, in {place.relative_to(counting.ROOT)}")
    )


def _scanned(issued: Issued, name: str, number: int) -> Known:
    """Sign, seal, perhaps alter and perhaps leave out, then scan; all by one seed of the judging side."""
    seed = JUDGING.seeds[number * len(LEVELS) + list(LEVELS).index(name)]
    dice = random.Random(seed)
    marks = [(m["block"], m["kind"]) for _, m in issued.paper.marks() if m["machine"] and m["required"]]
    left_out = frozenset({dice.choice(marks)} if marks and number % 4 == 2 else ())
    paper = issued.complete(seed, left_out)
    altered = {}
    for value in changing.chosen(values_of(paper), ALTERED, dice) if number % 2 else ():
        altered[value["name"]] = changing.altered(value, dice)
        paper = paper.alter(value["name"], altered[value["name"]])
    return Known(issued, name, seed, altered, left_out, paper.scan(level(name, seed)))


def told(rows: list[Row], tally: counting.Tally, names: list[str]) -> None:
    """Print the counts: level by level, then the sums that have an aim."""
    rows += [_level(tally, name) for name in names]
    rows += _fields(tally, names)
    rows += _wrong(tally)
    rows += _marks(tally, names)


def _level(tally: counting.Tally, name: str) -> Row:
    """What was read, found and sent back on one level."""
    note = (
        f"{tally.get('untouched unreadable', [name])} unreadable, {tally.get('untouched altered', [name])} false alarms; "
        f"altered found {tally.get('altered altered', [name])}/{tally.get('altered', [name])}; "
        f"{tally.get('rescan', [name])} of {tally.get('documents', [name])} papers to scan again"
    )
    return counting.share(
        f"{name}: exact fields",
        tally.get("untouched match", [name]),
        tally.get("untouched", [name]),
        note=note,
    )


def _fields(tally: counting.Tally, names: list[str]) -> list[Row]:
    """Values read exactly, alterations found, and false alarms."""
    present, six = ([one for one in group if one in names] for group in (FLAT, SIX))
    groups = [("A–D and F", present, "≥ 99.9 %"), *((one, [one], "≥ 99.5 %") for one in BAD if one in names)]
    exact = [
        counting.share(
            f"exact fields, {what}",
            tally.get("untouched match", group),
            tally.get("untouched", group),
            aim,
        )
        for what, group, aim in groups
    ]
    found = counting.share(
        "altered values found, A–F",
        tally.get("altered altered", six),
        tally.get("altered", six),
        "≥ 99.9 %",
        f"{tally.get('altered unreadable', six)} to a person, {tally.get('altered match', six)} missed",
    )
    alarms = counting.alarms(
        "false alarms, A–F",
        tally.get("untouched altered", six),
        tally.get("untouched", six),
        "≤ 1 per 2,000",
    )
    every = counting.alarms(
        "false alarms, all levels", tally.get("untouched altered"), tally.get("untouched")
    )
    return [*exact, found, alarms, every]


def _wrong(tally: counting.Tally) -> list[Row]:
    """What may never happen."""
    return [
        counting.none(
            "wrong match: altered values judged match, all levels",
            tally.get("altered match"),
            tally.get("altered"),
        ),
        counting.none(
            "wrong genuine: altered or unmarked papers, all levels",
            tally.get("wrong genuine"),
            tally.get("documents"),
        ),
    ]


def _marks(tally: counting.Tally, names: list[str]) -> list[Row]:
    """Seals and signatures, where the scan has colour enough to show them."""
    inky, colour = ([one for one in group if one in names] for group in (INKY, COLOUR))
    return [
        counting.share(
            "seal present or not, ≥ 150 dpi colour",
            tally.get("seal right", colour),
            tally.get("seal", colour),
            "≥ 99.5 %",
            f"{tally.get('seal unclear', colour)} unclear",
        ),
        counting.share(
            "whose seal, ≥ 150 dpi colour",
            tally.get("named right", colour),
            tally.get("named", colour),
            "≥ 98 %",
        ),
        counting.share(
            "signature present or not, colour",
            tally.get("signature right", inky),
            tally.get("signature", inky),
            "≥ 99.9 %",
            f"{tally.get('signature unclear', inky)} unclear",
        ),
    ]
