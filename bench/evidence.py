"""Papers of other offices read whole: which kind, which facts, what goes to a person; and what no other person's record may match."""

import os
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Final

from measuring import Row, line, percentile

from intake.foreign import PageText
from intake.foreign.detector import Detector
from intake.foreign.read import read_foreign
from intake.reading import PageImage
from intake.recognise.ppocr import PpOcr
from service.demo import people
from service.demo.foreign import Person, Specimen, person, specimens
from service.demo.foreign.sheet import PX_PER_MM, drawn
from service.demo.scanner import Scanner, capture
from service.evidence.judged import Case, judged
from service.evidence.kinds import serves
from service.regulation.identity import id_check

SEEDS: Final = int(os.environ.get("BENCH_EVIDENCE_SEEDS", "1"))
"""Rounds over all judging papers, each of other people, in another look and at another level."""
FIRST_SEED: Final = 101
"""Judging seeds begin here; those below were looked at while the reading was built."""
TODAY: Final = date(2026, 11, 16)
LEVELS: Final = {
    "200 dpi": Scanner(dpi=200, tilt=1.3, shift=(1.5, -1.0), noise=3, blur=0.5, jpeg=75),
    "150 dpi": Scanner(dpi=150, tilt=-2.0, shift=(-2.0, 1.0), noise=5, blur=0.6, jpeg=55),
    "phone": Scanner(
        dpi=190, tilt=2.5, perspective=0.015, margin=12, bed=(52, 66, 84), lighting=0.35, noise=3, blur=0.7
    ),
    "stained, upside down": Scanner(
        dpi=200, tilt=2, turn=180, noise=4, blur=0.6, jpeg=60, stains=3, creases=2, tone=(214, 234, 240)
    ),
}
REGISTRY: Final = [str(unit["name"]) for unit in people.ORGANIZATIONS.values()]
SCHOOLS: Final = {"school_proof", "student_info_copy"}


def evidence(rows: list[Row]) -> None:
    """Every judging paper at one level a round: kinds and facts against the truth, then against other people."""
    finder, recogniser = Detector(), PpOcr()
    counts: Counter[str] = Counter()
    seconds: list[float] = []
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for paper in specimens("judging", seed):
            name = list(LEVELS)[(paper.number + seed) % len(LEVELS)]
            page = _scanned(paper, seed, name)
            began = time.process_time()
            text = read_foreign(page, finder, recogniser, REGISTRY)
            seconds.append(time.process_time() - began)
            _count(counts, paper, text, name)
            _count_strangers(counts, paper, text, seed)
    _tell(rows, counts, seconds)


def _scanned(paper: Specimen, seed: int, level: str) -> PageImage:
    scanner = replace(LEVELS[level], seed=1000 * seed + paper.number)
    sheet = drawn(paper, "judging", paper.number + seed)
    dpi = None if level == "phone" else scanner.dpi
    return PageImage(0, capture(sheet, PX_PER_MM, scanner).pixels, dpi, True)


def case_of(paper: Specimen, who: Person) -> Case:
    """What the records would say of a person, for this paper."""
    return Case(
        form="suspension_application",
        stage="J",
        name=who.name,
        id_number=who.id_number,
        birth_date=who.birth.isoformat(),
        guardian=who.guardian,
        guardian_id=who.guardian_id,
        relative=who.guardian,
        school=paper.seal if paper.kind in SCHOOLS else "",
    )


def _count(counts: Counter[str], paper: Specimen, text: PageText, level: str) -> None:
    """Hold a reading against the truth of its own paper."""
    found = judged(paper.kind or "other_proof", case_of(paper, paper.person), [(0, text)], TODAY)
    suggested = found.likeness.suggested
    group = "evidence" if paper.kind else "other"
    if paper.kind:
        right = paper.kind in serves(suggested)
        verdict = "right" if right else "person" if suggested is None else "wrong"
    else:
        verdict = "right" if suggested is None else "wrong"
    counts[f"{group} {verdict}"] += 1
    counts[f"{level} {verdict}"] += 1
    if paper.kind:
        counts["whole" if not found.person else "to a person"] += 1
        _count_facts(counts, paper, {fact.name: (fact.result, fact.read) for fact in found.facts})
    if paper.level and found.level is not None:
        result = found.level.result
        counts[
            f"level {'right' if result == paper.level else 'person' if result == 'unknown' else 'wrong'}"
        ] += 1


def _count_facts(counts: Counter[str], paper: Specimen, facts: dict[str, tuple[str, str]]) -> None:
    guardian = paper.subject == "guardian"
    gaps = {
        "name": "guardian_name" if guardian else "name",
        "id_number": "guardian_id" if guardian else "id_number",
        "birth_date": "birth_date",
        "issued_on": "issued_on",
    }
    for name, (result, read) in facts.items():
        if name in gaps and (paper.subject == "other" or gaps[name] not in paper.facts):
            counts["fact wrong"] += result == "match" and name != "name"
            continue
        truth = {"issued_on": paper.issued_on.isoformat(), "unit": paper.seal}.get(name)
        if truth == "":
            continue
        counts[f"{name} found"] += result == "match" or (truth is not None and read == truth)
        counts[f"{name} of"] += 1


def _count_strangers(counts: Counter[str], paper: Specimen, text: PageText, seed: int) -> None:
    """Hold a paper against people it is not about: somebody else, and those one letter or one digit away."""
    own, other = paper.person, person("judging", 10**6 + 100 * seed + paper.number)
    letter = next(one for one in "俊静涛婷浩" if one not in own.name and one not in own.guardian)
    near = replace(
        own,
        name=own.name[:-1] + letter,
        guardian=own.guardian[:-1] + letter,
        id_number=_neighbour(own.id_number),
        guardian_id=_neighbour(own.guardian_id),
        birth=own.birth.replace(day=own.birth.day % 28 + 1),
    )
    short = replace(own, name=own.name[:-1] or letter, guardian=own.guardian[:-1])
    for who in (other, near, short):
        if len(who.name) < 2 or {who.name, who.guardian} & {own.name, own.guardian}:
            continue
        found = judged(paper.kind or "other_proof", case_of(paper, who), [(0, text)], TODAY)
        for fact in found.facts:
            same = who is short and fact.name in {"id_number", "birth_date"}
            if fact.name in {"name", "id_number", "birth_date"} and fact.expected and not same:
                counts["stranger wrong"] += fact.result == "match"
                counts["stranger of"] += 1


def _neighbour(number: str) -> str:
    """Return the id number of somebody born on the same day in the same place."""
    body = f"{number[:14]}{(int(number[14:17]) + 2) % 1000:03d}"
    return body + id_check(body)


def _tell(rows: list[Row], counts: Counter[str], seconds: list[float]) -> None:
    def share(what: str, names: tuple[str, ...], aim: str = "") -> None:
        told = " / ".join(f"{counts[name]}" for name in names)
        rows.append(line(what, told, aim))

    kinds = tuple(f"evidence {one}" for one in ("right", "person", "wrong"))
    share("foreign papers, kind right / to a person / wrong", kinds, "0 wrong")
    share(
        "papers that are no evidence, left alone / taken for some", ("other right", "other wrong"), "0 taken"
    )
    for level in LEVELS:
        share(
            f"foreign papers, {level}: right / to a person / wrong",
            tuple(f"{level} {one}" for one in ("right", "person", "wrong")),
        )
    rows += [
        line(f"foreign papers, {name} found", f"{counts[f'{name} found']}/{counts[f'{name} of']}")
        for name in ("name", "id_number", "birth_date", "issued_on", "unit", "school_name")
    ]
    share(
        "foreign papers, level of the unit right / to a person / wrong",
        ("level right", "level person", "level wrong"),
        "0 wrong",
    )
    wrong = counts["stranger wrong"] + counts["fact wrong"]
    rows.append(
        line("foreign papers, facts that match another person", f"{wrong}/{counts['stranger of']}", "0")
    )
    share("foreign papers, nobody need look / a person must", ("whole", "to a person"))
    rows.append(
        line(
            "foreign page read, processor time",
            f"{percentile(seconds, 0.5):.2f} s median, {max(seconds):.2f} s longest",
        )
    )
