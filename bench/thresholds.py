"""Derives the thresholds of judgement again, from tuning papers that are printed, marked, altered and scanned.

Every number a judgement looks at is noted with the truth; each threshold is told with the nearest figure on both sides.

    python bench/thresholds.py 24        pages of each kind; the table goes to docs/thresholds.md
"""

import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import adversary
import changing
import numpy as np
import papers
from gleaming import gleams
from watching import Notes, watched

from intake import codes, quality, read, shapes, thresholds, uploads
from intake.fields import touches
from intake.reading import PageImage
from intake.recognise.ppocr import PpOcr
from service.demo.apart import TUNING
from service.demo.levels import level
from service.demo.paper import Paper
from service.demo.people import ORGANIZATIONS
from service.demo.scanner import Scanner
from templates.fonts import KAI, SYSTEM_FOLDERS

ROOT = Path(__file__).resolve().parent.parent
TABLE, DATA = ROOT / "docs" / "thresholds.md", ROOT / "data" / "thresholds.json"
FORMS = ("transfer_application", "academic_record_certificate", "diploma_junior")
LEVELS = ("A", "B", "C", "D", "F")
ALTERED = ("student_name", "birth_date", "id_number", "issued_on", "reason")
OTHER = {"一": "二", "年": "月", "1": "7", "3": "8", "0": "6"}
BLANKS = 12
STROKES = 4  # values of a page that are drawn on, or a letter is joined to
BLOT_MM = 0.9


@dataclass(frozen=True)
class Rule:
    """A threshold: the figure it cuts, which truth lies above it and which below, and what it is for."""

    name: str
    figure: str
    above: str
    below: str


RULES = (
    Rule("ALTERED_MARGIN", "margin", "honest", "altered"),
    Rule("DOUBT_MARGIN", "margin", "honest", "altered"),
    Rule("OTHER_INK", "ink", "honest", "altered"),
    Rule("CHECKED_INK", "ink", "honest", "altered"),
    Rule("ALIEN_INK", "ink", "honest", "altered"),
    Rule("SAME_INK", "ink", "honest", "altered"),
    Rule("GONE_INK", "lost", "altered", "honest"),
    Rule("ALL_INK", "lost", "altered", "honest"),
    Rule("GUESS", "weakest", "honest", "misread"),
    Rule("UNSURE", "weakest", "honest", "misread"),
    Rule("MIN_CONFIDENCE", "confidence", "honest", "unfit"),
    Rule("MIN_CONTRAST", "contrast", "honest", "unfit"),
    Rule("MIN_SHARPNESS", "sharpness", "honest", "unfit"),
    Rule("BLANK_SHARE", "dark", "honest", "blank"),
    Rule("RIVAL", "rival", "honest", "lookalike"),
    Rule("ANOTHER_SHAPE", "instead", "honest", "altered"),
    Rule("PROVEN_RIVAL", "rival", "honest", "lookalike"),
    Rule("PROVEN_LETTER", "unexplained", "altered", "honest"),
    Rule("PROVEN_LETTER", "unexplained", "lookalike", "honest"),
    Rule("TOUCHED", "touched", "over", "honest"),
    Rule("STROKE", "stroke", "drawn", "honest"),
    Rule("JOINED", "joined", "joined", "crossed"),
    Rule("DRAWN_OVER", "drawn rival", "blot", "over"),
    Rule("KEPT_WITHIN", "within", "over", "crossed"),
    Rule("ANOTHER", "another", "over", "crossed"),
    Rule("CROWDED", "crowding", "over", "crossed"),
    Rule("GLARE", "brighter", "drowned", "honest"),
    Rule("ENOUGH_MM2", "ink_mm2", "signed", "unsigned"),
    Rule("ENOUGH_WIDE_MM", "ink_mm", "signed", "unsigned"),
)


@dataclass(frozen=True)
class Kind:
    """One paper of a page and how it is scanned, with what is true of it: the lines changed, written over, drawn on, blotted."""

    paper: Paper
    camera: Scanner
    signed: bool = False
    fit: bool = True
    alike: bool = False
    changed: frozenset[str] = frozenset()
    over: frozenset[str] = frozenset()
    drawn: frozenset[str] = frozenset()
    blotted: frozenset[str] = frozenset()


def other(text: str, dice: random.Random) -> str:
    """A text with one character changed into another of its kind."""
    places = [at for at, character in enumerate(text) if character.isdigit() or "一" <= character <= "龥"]
    at = dice.choice(places)
    if text[at].isdigit():
        new = dice.choice([digit for digit in "0123456789" if digit != text[at]])
    else:
        new = OTHER.get(text[at]) or dice.choice([one for one in TUNING.given if one != text[at]])
    return text[:at] + new + text[at + 1 :]


def alike(text: str, dice: random.Random) -> str | None:
    """A text with one letter changed into one that looks like it; None where none does."""
    places = [at for at, letter in enumerate(text) if shapes.lookalikes().get(letter)]
    if not places:
        return None
    at = dice.choice(places)
    return text[:at] + dice.choice(shapes.lookalikes()[text[at]]) + text[at + 1 :]


def crossed_name(layout: Any) -> Any:
    """A value of one line, without numerals, that is printed where somebody signs; None when there is none."""
    page = layout["pages"][0]
    pens = [mark["box"] for mark in page["marks"] if mark["kind"] == "signature"]
    for value in page["values"]:
        (line, *more) = value["lines"] or [None]
        if line and not more and touches(line["box"], pens) and len(line["text"]) in {2, 3}:
            return value
    return None


def penned(whole: Paper, dice: random.Random, camera: Scanner) -> list[Kind]:
    """The same paper with strokes on several values, each alone; with a digit written over; with a blot on one."""
    values = [one for one in whole.layout["pages"][0]["values"] if len(one["lines"]) == 1]
    values = [
        one
        for one in values
        if not any(other is not one and other["name"] == one["name"] for other in values)
    ]
    drawn, on = whole, set()
    for value in dice.sample(values, min(STROKES, len(values))):
        tried = adversary.drawn_on(drawn, value, dice, pale=False) if dice.random() < 0.5 else None
        done = tried or adversary.joined(drawn, value, dice)
        if done is not None:
            drawn, on = done[0], on | {value["text"]}
    kinds = [Kind(drawn, camera, drawn=frozenset(on))]
    numbers = [one for one in values if one["text"].isdigit() and changing.overwritable(one)]
    if numbers:
        value = dice.choice(numbers)
        mine, text = frozenset({value["text"]}), changing.overwritten(value, dice)
        kinds.append(Kind(whole.overwrite(value["name"], text), camera, over=mine))
        spot, place = (((0.45, 0.5), (0.55, 0.5)),), dice.randrange(len(value["text"]))
        kinds.append(Kind(whole.draw(value["name"], place, spot, width_mm=BLOT_MM), camera, blotted=mine))
    return kinds


def measured(pages: int, say: Callable[[str], None]) -> Notes:
    """Print, mark, alter, scan and read so many pages of each kind."""
    notes, recogniser = Notes(), PpOcr()
    registry = sorted(str(unit["name"]) for unit in ORGANIZATIONS.values())
    faces = {KAI.name: next(path for root in SYSTEM_FOLDERS for path in root.rglob(KAI.files[0]))}
    with papers.press(lazy=True) as press:
        printed = [(form, press.print(press.catalogue.get(form))) for form in FORMS]
    for number in range(pages):
        seed = TUNING.seeds[number]
        dice = random.Random(seed)
        form, paper_of = printed[number % len(printed)]
        layout = paper_of.layout.to_json()
        whole = Paper(paper_of.pdf, layout, seed=seed)
        blocks = {mark["block"] for _, mark in whole.marks()}
        units = {block: dice.choice(registry) for block in blocks}
        names = {block: dice.choice(TUNING.families) + dice.choice(TUNING.given) * 2 for block in blocks}
        bare = frozenset((mark["block"], mark["kind"]) for _, mark in whole.marks())
        values = [
            value for value in layout["pages"][0]["values"] if value["name"] in ALTERED and value["text"]
        ]
        chosen = dice.choice(values)
        wrong = other(chosen["text"], dice)
        scanner = level(LEVELS[number % len(LEVELS)], seed)
        unfit = replace(scanner, blur=dice.uniform(2.5, 4.0)) if number % 2 else replace(scanner, dpi=70)
        kinds = [
            Kind(whole.complete(units, names), scanner, signed=True),
            Kind(whole.complete(units, names, leave_out=bare), scanner),
            Kind(whole.alter(chosen["name"], wrong), scanner, changed=_lines_changed(chosen, wrong)),
            Kind(whole, unfit, fit=False),
        ]
        twin = alike(chosen["text"], dice)
        if twin is not None:
            paper = whole.alter(chosen["name"], twin)
            kinds.append(Kind(paper, scanner, changed=_lines_changed(chosen, twin), alike=True))
        name = crossed_name(layout)
        if name is not None:
            forged = alike(name["text"], dice) or other(name["text"], dice)
            mine = frozenset({name["text"]})
            paper = whole.overwrite(name["name"], forged).complete(units, names)
            kinds.append(Kind(paper, scanner, signed=True, over=mine))
            paper = whole.join(name["name"], dice.choice(TUNING.given)).complete(units, names)
            kinds.append(Kind(paper, scanner, signed=True, drawn=mine))
        kinds += penned(whole, dice, scanner)
        gleams(whole, layout, paper_of.pdf, seed, notes)
        for kind in kinds:
            paper, camera = kind.paper, kind.camera
            notes.signed, notes.changed, notes.over, notes.fit = (
                kind.signed,
                kind.changed,
                kind.over,
                kind.fit,
            )
            notes.alike, notes.drawn, notes.blotted = kind.alike, kind.drawn, kind.blotted
            page = next(iter(uploads.pages(paper.scan(camera), "pdf")))
            found = codes.find(page)
            with watched(notes):
                read.read_page(
                    page,
                    layout["pages"][0],
                    found[0] if found else None,
                    paper_of.pdf,
                    page_no=1,
                    recogniser=recogniser,
                    units=units,
                    registry=registry,
                    faces=faces,
                )
            if notes.fit:
                notes.add("dark", "honest", dark_share(page))
        say(f"{number + 1}/{pages} {form}")
    for number in range(BLANKS):
        notes.add("dark", "blank", dark_share(blank(TUNING.seeds[number])))
    return notes


def _lines_changed(chosen: Any, wrong: str) -> frozenset[str]:
    """The archived lines of a value that now read otherwise: those whose part of the text changed."""
    changed, at = set(), 0
    for line in chosen["lines"]:
        part = wrong[at : at + len(line["text"])]
        if part != line["text"]:
            changed.add(line["text"])
        at += len(line["text"])
    return frozenset(changed)


def blank(seed: int) -> PageImage:
    """The back of a sheet: paper, the scanner's noise, a little dust."""
    rng = np.random.default_rng(seed)
    page = rng.normal(244, 4, (2338, 1654, 3))
    for x, y in rng.integers(0, 1600, (30, 2)):
        page[y : y + 3, x : x + 3] = 120
    return PageImage(0, page.clip(0, 255).astype(np.uint8), 200.0, colour=True)


def dark_share(page: PageImage) -> float:
    """The share of a page that is_blank calls dark: found by trying its threshold."""
    low, high = 0.0, 0.5
    kept = quality.BLANK_SHARE
    try:
        for _ in range(16):
            quality.BLANK_SHARE = (low + high) / 2
            low, high = (
                (low, quality.BLANK_SHARE) if quality.is_blank(page.pixels) else (quality.BLANK_SHARE, high)
            )
    finally:
        quality.BLANK_SHARE = kept
    return high


def table(notes: Notes) -> list[dict[str, Any]]:
    """For each rule: its value, the nearest figures on both sides, the shares on the wrong side, and the middle of the gap."""
    rows = []
    for rule in RULES:
        above, below = notes.seen[rule.figure, rule.above], notes.seen[rule.figure, rule.below]
        value = getattr(thresholds, rule.name)
        low = float(np.min(above)) if above else None
        high = float(np.max(below)) if below else None
        clear = low is not None and high is not None and low > high
        rows.append(
            {
                "name": rule.name,
                "value": value,
                "figure": rule.figure,
                "above": rule.above,
                "least above": low,
                "1 % above": float(np.quantile(above, 0.01)) if above else None,
                "n above": len(above),
                "wrong above": sum(one < value for one in above),
                "below": rule.below,
                "most below": high,
                "99 % below": float(np.quantile(below, 0.99)) if below else None,
                "n below": len(below),
                "wrong below": sum(one >= value for one in below),
                "recommended": round((low + high) / 2, 4)
                if clear and low is not None and high is not None
                else None,
            }
        )
    return rows


def show(value: float | None) -> str:
    """A figure in four digits."""
    return "–" if value is None else f"{value:.4g}"


def told(rows: list[dict[str, Any]], pages: int) -> str:
    """The table as Markdown."""
    intro = (
        f"Written by `make thresholds` on {pages} tuning pages of each kind (marked, bare, one value altered), levels "
        f"{', '.join(LEVELS)}, forms {', '.join(FORMS)}; seeds from {TUNING.seeds.start} on, which judging never uses. "
        "The thresholds stand in `intake/thresholds.py`. A figure alone never decides: text, ink and what lies over it "
        "judge together, so the shares on the wrong side of one threshold are no errors. *Middle* is the middle of the "
        "gap where the two kinds do not overlap."
    )
    lines = [
        "# Thresholds of judgement, measured again",
        "",
        intro,
        "",
        "| threshold | value | figure | above it | least (1 %) | n, under it | below it | most (99 %) | n, over it | middle |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | {row['value']} | {row['figure']} | {row['above']} | {show(row['least above'])} "
        f"({show(row['1 % above'])}) | {row['n above']}, {row['wrong above']} | {row['below']} | "
        f"{show(row['most below'])} ({show(row['99 % below'])}) | {row['n below']}, {row['wrong below']} | "
        f"{show(row['recommended'])} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def main(pages: int) -> None:
    """Measure, print and write."""
    notes = measured(pages, lambda text: print(text, file=sys.stderr, flush=True))
    rows = table(notes)
    text = told(rows, pages)
    TABLE.write_text(text, "utf-8")
    DATA.parent.mkdir(exist_ok=True)
    seen = {f"{figure} {truth}": values for (figure, truth), values in notes.seen.items()}
    DATA.write_text(json.dumps({"pages": pages, "rows": rows, "seen": seen}, ensure_ascii=False), "utf-8")
    print(text)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
