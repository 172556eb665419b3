"""Attacks the judgement of values: pages on which a few values are altered by every known trick, read as a service would.

    python bench/adversary.py 250              so many pages; a wrong match is printed with its seed

Only the values are read. Seeds are those from FIRST on, of the tuning side: whoever sets a threshold may look at them.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import changing
import papers

from intake import align, codes, quality, shapes, uploads
from intake.fields import read_fields, touches
from intake.recognise.ppocr import PpOcr
from intake.reference import printed_page
from service.demo.apart import TUNING
from service.demo.forging import OVER
from service.demo.ink import BLACK, BLUE, BLUE_BLACK, Inking
from service.demo.levels import level
from service.demo.paper import Paper
from templates.fonts import KAI, SYSTEM_FOLDERS

FIRST: Final = 500_000
FORMS: Final = (
    "transfer_application",
    "diploma_junior",
    "academic_record_certificate",
    "record_cert_application",
    "suspension_application",
    "withdrawal_application",
)
LEVELS: Final = (*"ABCDEF", "gray100", "onebit150", "curled", "stapled", "fax100", "phone1200")
EACH: Final = 8
"""Values altered on a page; more of a short form's would make it another paper."""
GIVEN: Final = "人大日口木干王土十一三了月白田今万心又小尸禾斤古止乌免住休因志未天木由中申目子户市问间兵"
Strokes = tuple[tuple[tuple[float, float], ...], ...]
DRAWN: Final[dict[str, tuple[tuple[str, Strokes], ...]]] = {
    "王": (("玉", (((0.72, 0.62), (0.86, 0.78)),)), ("主", (((0.42, -0.2), (0.55, -0.08)),))),
    "人": (("大", (((0.2, 0.4), (0.8, 0.38)),)), ("个", (((0.5, 0.45), (0.5, 1.0)),))),
    "大": (("太", (((0.42, 0.78), (0.56, 0.92)),)), ("天", (((0.25, 0.04), (0.78, 0.0)),))),
    "日": (
        ("目", (((0.12, 0.72), (0.88, 0.72)),)),
        ("白", (((0.55, -0.02), (0.35, -0.2)),)),
        ("旦", (((-0.3, 1.12), (1.3, 1.12)),)),
    ),
    "口": (("日", (((0.1, 0.5), (0.9, 0.5)),)), ("中", (((0.5, -0.4), (0.5, 1.5)),))),
    "木": (
        ("本", (((0.35, 0.75), (0.66, 0.75)),)),
        ("禾", (((0.7, -0.12), (0.3, 0.0)),)),
        ("未", (((0.25, 0.08), (0.75, 0.06)),)),
    ),
    "干": (("千", (((0.75, -0.2), (0.25, -0.06)),)),),
    "十": (("千", (((0.72, 0.0), (0.3, 0.1)),)), ("土", (((0.15, 1.0), (0.88, 1.0)),))),
    "土": (("王", (((0.2, 0.0), (0.8, 0.0)),)),),
    "一": (
        ("二", (((0.2, -2.5), (0.8, -2.6)),)),
        ("十", (((0.5, -4.0), (0.5, 4.0)),)),
        ("七", (((0.45, -3.0), (0.45, 3.0), (0.9, 3.0), (0.92, 2.0)),)),
    ),
    "二": (("三", (((0.25, 0.5), (0.75, 0.48)),)), ("工", (((0.5, 0.1), (0.5, 0.9)),))),
    "三": (("王", (((0.5, 0.05), (0.5, 0.95)),)),),
    "了": (("子", (((0.0, 0.45), (1.05, 0.43)),)),),
    "月": (("用", (((0.55, 0.1), (0.55, 0.9)),)),),
    "白": (("百", (((-0.1, -0.06), (1.1, -0.08)),)),),
    "田": (
        ("由", (((0.5, -0.25), (0.5, 0.05)),)),
        ("甲", (((0.5, 0.95), (0.5, 1.3)),)),
        ("申", (((0.5, -0.25), (0.5, 1.3)),)),
    ),
    "今": (("令", (((0.5, 0.72), (0.62, 0.86)),)),),
    "万": (("方", (((0.45, -0.15), (0.55, -0.04)),)),),
    "心": (("必", (((0.75, 0.0), (0.2, 0.95)),)),),
    "又": (("叉", (((0.42, 0.14), (0.55, 0.28)),)),),
    "尸": (("户", (((0.5, -0.15), (0.6, -0.04)),)),),
    "斤": (("斥", (((0.6, 0.65), (0.75, 0.78)),)),),
    "止": (("正", (((0.15, -0.03), (0.85, -0.05)),)),),
    "乌": (("鸟", (((0.45, 0.25), (0.55, 0.36)),)),),
    "免": (("兔", (((0.75, 0.72), (0.88, 0.84)),)),),
    "中": (("申", (((0.15, 0.42), (0.85, 0.42)),)),),
    "年": (("午", ()),),
    "住": (("往", (((0.35, -0.02), (0.0, 0.2)),)),),
    "休": (("体", (((0.5, 0.78), (0.82, 0.78)),)),),
    "1": (("7", (((-0.7, 0.02), (0.5, 0.02)),)), ("4", (((0.4, 0.0), (-0.7, 0.68), (1.3, 0.68)),))),
    "3": (("8", (((0.2, 0.1), (0.05, 0.3), (0.35, 0.48), (0.02, 0.7), (0.2, 0.92)),)),),
    "0": (
        ("6", (((0.1, 0.62), (0.5, 0.42), (0.9, 0.6)),)),
        ("8", (((0.1, 0.45), (0.5, 0.52), (0.9, 0.45)),)),
        ("9", (((0.1, 0.4), (0.5, 0.58), (0.9, 0.4)),)),
    ),
    "5": (("6", (((0.1, 0.35), (0.05, 0.7), (0.25, 0.95)),)),),
    "6": (("8", (((0.4, 0.1), (0.85, 0.15), (0.85, 0.35), (0.5, 0.45)),)),),
    "7": (("2", (((0.4, 1.0), (1.0, 1.0)),)), ("1", ())),
    "9": (("8", (((0.2, 0.5), (0.1, 0.75), (0.35, 0.97)),)),),
}
"""What one or two strokes make of a printed letter: the other letter, and the strokes in shares of its ink box."""
VARIANTS: Final = dict(
    zip("市户黄青高吕录争内温查俞周郎别户县国强", "巿戸黃靑髙呂彔爭內溫査兪週郞別戶県囯强", strict=True)
)
"""Letters printed in another form that GB 2312 lacks: the same word to some readers, another name to a register."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A page as it came back: its scan, what was printed, and what became of each altered value (name → kind, told)."""

    seed: int
    form: str
    level: str
    pdf: bytes
    layout: dict[str, Any]
    scan: bytes
    altered: dict[str, tuple[str, str]]


def trials(count: int, first: int = FIRST) -> Iterator[Trial]:
    """Print, tamper and scan so many pages; the seed alone decides every chance."""
    with papers.press(lazy=True) as press:
        for number in range(count):
            seed = first + number
            dice = random.Random(seed)
            form = FORMS[number % len(FORMS)]
            on = LEVELS[(number // len(FORMS) + number) % len(LEVELS)]
            told = press.example(press.catalogue.get(form), **_names(press.catalogue.get(form), dice))
            printed = press.printer.print(told)
            layout = printed.layout.to_json()
            paper, altered = _forged(Paper(printed.pdf, layout, seed=seed), dice)
            yield Trial(seed, form, on, printed.pdf, layout, paper.scan(level(on, seed)), altered)


def _names(form: Any, dice: random.Random) -> dict[str, str]:
    """Names of letters that few strokes make into others."""
    asked = {field.name for field in form.fields}
    wanted = ("student_name", "guardian_name", "name_now", "head_name", "signer", "handler", "agent")
    return {name: _name(dice) for name in wanted if name in asked}


def _name(dice: random.Random) -> str:
    return dice.choice("王田白万古干" + TUNING.families) + "".join(
        dice.choice(GIVEN) for _ in range(dice.randint(1, 2))
    )


def _forged(paper: Paper, dice: random.Random) -> tuple[Paper, dict[str, tuple[str, str]]]:
    """Alter EACH values, each by a trick of its own, and complete the page."""
    page = paper.layout["pages"][0]
    values = [value for value in page["values"] if value["lines"] and value["text"]]
    names = [str(value["name"]) for value in values]
    pens = [mark["box"] for mark in page["marks"] if mark["kind"] == "signature"]
    altered: dict[str, tuple[str, str]] = {}
    for value in dice.sample(values, len(values)):
        name = str(value["name"])
        if len(altered) >= min(EACH, len(values) // 3) or names.count(name) != 1:
            continue
        signed = any(touches(line["box"], pens) for line in value["lines"])
        trick = dice.choice([trick for trick, fits in TRICKS.items() if fits != "signed" or signed])
        done = TRICK[trick](paper, value, dice)
        if done is not None:
            paper, told = done
            altered[name] = (trick, told)
    blocks = {mark["block"] for mark in page["marks"]}
    signer = dice.choice(TUNING.families) + dice.choice(TUNING.given)
    done = paper.complete(
        dict.fromkeys(blocks, "黎城县第一中学校"), dict.fromkeys(blocks, signer), seed=paper.seed
    )
    return done, altered


def drawn_on(paper: Paper, value: Any, dice: random.Random, *, pale: bool) -> tuple[Paper, str] | None:
    """A stroke that makes another letter of one of the value's; None where none does."""
    text = str(value["text"])
    places = [k for k, letter in enumerate(text) if any(strokes for _, strokes in DRAWN.get(letter, ()))]
    if not places:
        return None
    hanzi = [k for k in places if not text[k].isdigit()]
    place = dice.choice(hanzi if hanzi and dice.random() < 0.6 else places)
    other, strokes = dice.choice([one for one in DRAWN[text[place]] if one[1]])
    strength = dice.uniform(0.3, 0.65) if pale else dice.uniform(0.7, 1.0)
    ink = Inking(dice.choice((BLACK, BLUE, BLUE_BLACK)), strength, 0.1, 0.0)
    width = dice.uniform(0.15, 0.3) if pale else dice.uniform(0.2, 0.4)
    return paper.draw(
        value["name"], place, strokes, ink, width
    ), f"{text[place]}→{other} {strength:.2f} {width:.2f}"


def _pale(paper: Paper, value: Any, dice: random.Random) -> tuple[Paper, str] | None:
    return drawn_on(paper, value, dice, pale=True)


def _pen(paper: Paper, value: Any, dice: random.Random) -> tuple[Paper, str] | None:
    return drawn_on(paper, value, dice, pale=False)


def joined(paper: Paper, value: Any, dice: random.Random) -> tuple[Paper, str] | None:
    """One more letter right before or behind a value."""
    text, before = str(value["text"]), dice.random() < 0.35
    near = text[0] if before else text[-1]
    own = "1270345689" if near.isdigit() else "一二十人大子小明" + near
    letter = dice.choice(own)
    gap = dice.choice((0.0, 0.0, 0.2, 0.5, 1.0))
    return paper.join(
        value["name"], letter, before=before, gap_mm=gap
    ), f"{'before' if before else 'behind'} {letter} {gap}"


def _changed(paper: Paper, value: Any, dice: random.Random, table: Any, how: Any) -> tuple[Paper, str] | None:
    text = str(value["text"])
    places = [k for k, letter in enumerate(text) if table(letter)]
    if not places:
        return None
    place = dice.choice(places)
    letter = dice.choice(table(text[place]))
    new = text[:place] + letter + text[place + 1 :]
    changed = (
        paper.overwrite(value["name"], new) if how == "overwrite" else paper.alter(value["name"], new, how)
    )
    return changed, f"{text[place]}→{letter}"


def _alike(letter: str) -> str:
    forged = [one for group in changing.ALIKE if letter in group for one in group if one != letter]
    return shapes.lookalikes().get(letter, "") + "".join(forged)


def _digit(letter: str) -> str:
    return "0123456789".replace(letter, "") if letter.isdigit() else ""


def _erased(paper: Paper, value: Any, dice: random.Random) -> tuple[Paper, str] | None:
    return paper.erase(value["name"], fluid=dice.random() < 0.5), ""


TRICKS: Final = {
    "pale stroke": "",
    "pen stroke": "",
    "joined letter": "",
    "digit reprinted": "",
    "digit pasted": "",
    "numeral overwritten": "",
    "lookalike reprinted": "",
    "lookalike pasted": "",
    "variant reprinted": "",
    "erased": "",
    "overwritten below a signature": "signed",
}
TRICK: Final[dict[str, Any]] = {
    "pale stroke": _pale,
    "pen stroke": _pen,
    "joined letter": joined,
    "digit reprinted": lambda p, v, d: _changed(p, v, d, _digit, "reprint"),
    "digit pasted": lambda p, v, d: _changed(p, v, d, _digit, "paste"),
    "numeral overwritten": lambda p, v, d: _changed(p, v, d, lambda one: OVER.get(one, ""), "overwrite"),
    "lookalike reprinted": lambda p, v, d: _changed(p, v, d, _alike, "reprint"),
    "lookalike pasted": lambda p, v, d: _changed(p, v, d, _alike, "paste"),
    "variant reprinted": lambda p, v, d: _changed(p, v, d, lambda one: VARIANTS.get(one, ""), "reprint"),
    "erased": _erased,
    "overwritten below a signature": lambda p, v, d: _changed(p, v, d, _alike, "overwrite"),
}


def faces() -> dict[str, Path]:
    """The font file of the values."""
    return {KAI.name: next(path for root in SYSTEM_FOLDERS for path in root.rglob(KAI.files[0]))}


def seen(trial: Trial) -> Any:
    """Lay a scan over its archive: the registered page and the archived one; None where it must be scanned again."""
    page = next(iter(uploads.pages(trial.scan, uploads.sniff(trial.scan))))
    layout = trial.layout["pages"][0]
    archived = printed_page(trial.pdf, 0, float(layout["width"]), float(layout["height"]))
    found = codes.find(page)
    flat = align.register(page.pixels, layout, found[0] if found else None, archived.pixels)
    if flat is None or not quality.judged(flat, archived.pixels).ok:
        return None
    return page, flat, archived


def main(count: int, first: int) -> None:
    """Attack, count and tell."""
    recogniser, fonts = PpOcr(), faces()
    told: Counter[tuple[str, str, str]] = Counter()
    refused = 0
    for trial in trials(count, first):
        laid = seen(trial)
        if laid is None:
            refused += 1
            continue
        page, flat, archived = laid
        fields, _ = read_fields(
            flat, archived, trial.layout["pages"][0], recogniser, fonts, colour=page.colour
        )
        whole = quality.after_reading(page, flat, [field.result for field in fields]).ok
        for field in fields:
            kind, what = trial.altered.get(field.name, ("honest", ""))
            result = "unreadable" if not whole and field.result == "altered" else field.result
            told[kind, trial.level, result] += 1
            if (kind == "honest") == (result == "altered") or (kind != "honest" and result == "match"):
                print(
                    trial.seed,
                    trial.form,
                    trial.level,
                    field.name,
                    field.expected,
                    kind,
                    what,
                    "→",
                    result,
                    field.read,
                    flush=True,
                )
    for kind in ("honest", *TRICKS):
        sums = Counter(
            {
                result: sum(n for (k, _, r), n in told.items() if (k, r) == (kind, result))
                for result in ("match", "altered", "unreadable")
            }
        )
        print(f"{kind}: {sums['match']} match, {sums['altered']} altered, {sums['unreadable']} to a person")
    print(f"{refused} pages to be scanned again")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24, int(sys.argv[2]) if len(sys.argv) > 2 else FIRST)
