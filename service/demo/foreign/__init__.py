"""Draws papers that are not ours (户口簿, 诊断证明 …) and papers that are no evidence at all, of invented people and units."""

import random
import tomllib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal

from service.demo.people import id_number

Purpose = Literal["tuning", "judging"]
NAMES: Final[dict[Purpose, tuple[str, str]]] = {
    "tuning": ("文郝欧贺秦钟蔺申段崔", "勇俊思远雨晴建国明涛静婷梓涵志强佳怡浩然子轩"),
    "judging": ("赵魏司马苗原靳暴牛路", "思琪彦辰诗瑶嘉懿宇航若曦书豪一鸣晓峰雪莹泽楷"),
}
"""Letters of family and given names: the people of judging are never those of tuning."""
DIGITS: Final = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever a paper is about, and the guardian."""

    name: str
    sex: Literal["男", "女"]
    birth: date
    id_number: str
    guardian: str
    guardian_id: str


@dataclass(frozen=True, slots=True)
class Specimen:
    """One paper as it is drawn: its kind of evidence ('' for none), its text with the marks of the files, and its truth.

    `seal` is the unit of its round seal ('' for none), `bottom` the line in it; `facts` names what stands on it.
    """

    number: int
    kind: str
    text: str
    seal: str
    bottom: str
    person: Person
    subject: str
    facts: frozenset[str]
    level: str
    issued_on: date
    lined: bool = False
    values: dict[str, str] = field(default_factory=dict)


def person(purpose: Purpose, seed: int) -> Person:
    """Invent a student of ten to seventeen years, and a guardian of the same family."""
    dice = random.Random(f"{purpose}-{seed}")
    families, given = NAMES[purpose]
    family = dice.choice(families)
    birth = date(dice.randint(2009, 2016), dice.randint(1, 12), dice.randint(1, 28))
    order = dice.randint(1, 899)
    grown = date(dice.randint(1975, 1989), dice.randint(1, 12), dice.randint(1, 28))
    return Person(
        family + "".join(dice.sample(given, dice.choice((1, 2, 2, 2)))),
        "男" if order % 2 else "女",
        birth,
        id_number(birth, order),
        family + "".join(dice.sample(given, 2)),
        id_number(grown, dice.randint(1, 899)),
    )


def specimens(purpose: Purpose, seed: int, who: Person | None = None) -> list[Specimen]:
    """Give every paper of a purpose, each about a person of its own, or all about one."""
    with Path(__file__).with_name(f"{purpose}.toml").open("rb") as file:
        papers = tomllib.load(file)["paper"]
    return [_specimen((purpose, number, seed), paper, who) for number, paper in enumerate(papers)]


def _specimen(dealt: tuple[Purpose, int, int], paper: dict[str, object], given: Person | None) -> Specimen:
    purpose, number, seed = dealt
    dice = random.Random(f"{purpose}-{seed}-{number}")
    who = given or person(purpose, 1000 * seed + number)
    issued = date(2026, dice.randint(9, 10), dice.randint(1, 28))
    subject = str(paper.get("subject", "student"))
    text = str(paper["text"])
    values = {
        "name": who.name,
        "sex": who.sex,
        "id": who.id_number,
        "birth": f"{who.birth.year}年{who.birth.month}月{who.birth.day}日",
        "birth_dots": f"{who.birth:%Y.%m.%d}",
        "birth_cn": chinese(who.birth),
        "guardian": who.guardian,
        "guardian_id": who.guardian_id,
        "other": person(purpose, 777_000 + number).name,
        "date": dice.choice((f"{issued.year}年{issued.month}月{issued.day}日", chinese(issued))),
    }
    return Specimen(
        number=number,
        kind=str(paper["kind"]),
        text=text.format(**values).strip("\n"),
        seal=str(paper["seal"]),
        bottom=str(paper.get("bottom", "")),
        person=who,
        subject=subject,
        facts=_facts(text),
        level=str(paper.get("level", "")),
        issued_on=issued,
        lined=bool(paper.get("lined", False)),
        values=values,
    )


def _facts(text: str) -> frozenset[str]:
    """Return which facts stand on a paper: those its text has a gap for."""
    named = {
        "name": "{name}",
        "id_number": "{id}",
        "guardian_name": "{guardian}",
        "guardian_id": "{guardian_id}",
    }
    found = {fact for fact, gap in named.items() if gap in text}
    return frozenset(
        found
        | ({"birth_date"} if "{birth" in text else set())
        | ({"issued_on"} if "{date}" in text else set())
    )


def chinese(day: date) -> str:
    """Write a date in Chinese numerals: 二〇二六年十月二十一日."""
    return (
        f"{''.join(DIGITS[int(digit)] for digit in str(day.year))}年{_small(day.month)}月{_small(day.day)}日"
    )


def _small(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十") + (DIGITS[ones] if ones else "")
