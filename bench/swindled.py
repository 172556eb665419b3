"""The tampers of the corpus: every kind of the issue as a paper that must not come back `genuine`."""

import contextlib
import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import changing
import numpy as np
from cast import ABROAD, COUNTY, SCHOOL, Issued, values_of

from service.demo import swindles
from service.demo.apart import JUDGING
from service.demo.levels import level
from service.demo.paper import Paper
from service.demo.portrait import portrait


@dataclass(frozen=True, slots=True)
class Swindle:
    """A forged paper, the values that show another text than was printed, and honest scans the forger had before."""

    paper: Paper
    altered: dict[str, str]
    before: tuple[Paper, ...] = ()


Forger = Callable[[Issued, Issued, int, random.Random], Swindle]
"""Makes a swindle of a paper, with another of the same form (or any) at hand; LookupError where the form gives no chance."""


def _changed(issued: Issued, _: Issued, seed: int, dice: random.Random, *, how: str) -> Swindle:
    """One value altered: reprinted, pasted over, written over by pen, erased."""
    paper = issued.complete(seed)
    values = [v for v in values_of(paper) if how != "overwrite" or changing.overwritable(v)]
    (value,) = changing.chosen(values, 1, dice) or (None,)
    if value is None:
        raise LookupError(how)
    name = value["name"]
    if how == "erase":
        return Swindle(paper.erase(name, fluid=dice.random() < 0.5), {name: ""})
    if how == "overwrite":
        text = changing.overwritten(value, dice)
        return Swindle(paper.overwrite(name, text, dice.choice(JUDGING.hands)), {name: text})
    text = changing.altered(value, dice)
    return Swindle(paper.alter(name, text, "paste" if how == "paste" else "reprint"), {name: text})


def _covered(issued: Issued, _: Issued, seed: int, dice: random.Random) -> Swindle:
    page = dice.randrange(len(issued.paper.sheets))
    return Swindle(swindles.covered(issued.complete(seed), page, np.random.default_rng(seed))[0], {})


def _photo(issued: Issued, _: Issued, seed: int, dice: random.Random) -> Swindle:
    return Swindle(
        swindles.swapped_photo(issued.complete(seed), portrait(seed), glued=dice.random() < 0.5), {}
    )


def _page(issued: Issued, other: Issued, seed: int, dice: random.Random) -> Swindle:
    """One sheet of another's paper in ours; half the forgers think of the code and copy ours onto it."""
    if len(issued.paper.sheets) < 2 or other is issued:
        raise LookupError("one page")
    mine, page = issued.complete(seed), dice.randrange(2)
    swapped = swindles.swapped_page(mine, page, other.complete(seed + 1))
    return Swindle(swindles.recoded(swapped, mine, page, glued=False) if dice.random() < 0.5 else swapped, {})


def _wrong_unit(issued: Issued, _: Issued, seed: int, dice: random.Random) -> Swindle:
    """A seal of another unit in a block that needs a known one."""
    blocks = [
        m["block"] for _, m in issued.paper.marks(kind="seal") if m["required"] and m["shape"] == "round"
    ]
    block = dice.choice([one for one in blocks if one in issued.units])
    wrong = dice.choice([one for one in (SCHOOL, COUNTY, ABROAD) if one != issued.units[block]])
    return Swindle(issued.complete(seed, **{block: wrong}), {})


def _code(issued: Issued, other: Issued, seed: int, dice: random.Random) -> Swindle:
    """Another paper's code over ours: the record it names is the other's."""
    if other is issued:
        raise LookupError("no other paper")
    mine = issued.complete(seed)
    return Swindle(swindles.recoded(mine, other.paper, glued=dice.random() < 0.5), {})


def _twice(issued: Issued, _: Issued, seed: int, __: random.Random) -> Swindle:
    """One impression in two blocks of one unit: the second is a print of the first."""
    seals = _round(issued)
    pairs = [
        (a, b)
        for a in seals
        for b in seals
        if a != b and issued.units.get(a) == issued.units.get(b) is not None
    ]
    if not pairs:
        raise LookupError("no two blocks of one unit")
    first, second = pairs[0]
    paper = issued.complete(seed, frozenset({(second, "seal")}))
    seal = swindles.lifted(paper.sheets[seals[first][0]], seals[first][1])
    return Swindle(swindles.printed_seal(paper, *seals[second], seal), {})


def _copied(issued: Issued, other: Issued, seed: int, dice: random.Random) -> Swindle:
    """A seal lifted off the scan of another's paper of the same form and printed on ours."""
    seals = _round(issued)
    if other is issued or not seals:
        raise LookupError("no seal")
    block = dice.choice(sorted(seals))
    number, centre = seals[block]
    honest = other.complete(seed + 1)
    page = honest.layout["pages"][number]
    seen = honest.look(level("A", seed), number)
    seal = swindles.lifted(swindles.straightened(seen, page["width"], page["height"]), centre)
    paper = swindles.printed_seal(issued.complete(seed, frozenset({(block, "seal")})), number, centre, seal)
    return Swindle(paper, {}, (honest,))


def _round(issued: Issued) -> dict[str, tuple[int, tuple[float, float]]]:
    """Page and centre (mm) of every required round seal of a known unit."""
    return {
        mark["block"]: (
            number,
            ((mark["box"][0] + mark["box"][2]) / 2, (mark["box"][1] + mark["box"][3]) / 2),
        )
        for number, mark in issued.paper.marks(kind="seal")
        if mark["required"]
        and mark["machine"]
        and mark["block"] in issued.units
        and mark["shape"] != "square"
    }


KINDS: Final[dict[str, Forger]] = {
    "reprinted value": functools.partial(_changed, how="reprint"),
    "overwritten digit": functools.partial(_changed, how="overwrite"),
    "erased value": functools.partial(_changed, how="erase"),
    "pasted strip over a value": functools.partial(_changed, how="paste"),
    "pasted strip over static print": _covered,
    "swapped photo": _photo,
    "swapped page": _page,
    "seal of another unit": _wrong_unit,
    "one seal used twice": _twice,
    "code of another paper of the form": _code,
    "code of a paper of another form": _code,
    "seal copied from a picture": _copied,
}


def forged(kind: str, issued: Sequence[Issued], number: int, seed: int) -> tuple[Issued, Issued, Swindle]:
    """Make the `number`-th swindle of a kind: of the first paper, from that number on, that gives the chance."""
    for step in range(len(issued)):
        mine = issued[(number + step) % len(issued)]
        same = [one for one in issued if one.form == mine.form and one is not mine]
        others = [one for one in issued if one.form != mine.form]
        foreign = kind == "code of a paper of another form"
        pool = others if foreign else same
        other = pool[number % len(pool)] if pool else mine
        with contextlib.suppress(LookupError):
            return mine, other, KINDS[kind](mine, other, seed, random.Random(seed))
    raise LookupError(kind)
