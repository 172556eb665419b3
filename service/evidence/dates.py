"""Finds dates on a paper, in digits and in Chinese numerals: a birth against the records, a day of issue against today."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from service.evidence.facts import Fact, Found
from service.evidence.letters import Row

SURE = 0.9
NUMERALS = {
    **{letter: number for number, letter in enumerate("〇一二三四五六七八九")},
    "零": 0,
    "O": 0,
    "○": 0,
}
DIGITS = re.compile(r"(?<!\d)((?:19|20)\d{2}) ?[年—·/] ?(\d{1,2}) ?[月—·/] ?(\d{1,2})(?: ?日)?(?!\d)")
CHINESE = re.compile(
    r"([二一][〇零O○九][〇零O○一二三四五六七八九]{2}) ?年 ?([一二三四五六七八九十]{1,2}) ?月 ?([一二三四五六七八九十]{1,3}) ?日"
)
BROKEN = re.compile(
    r"[一二三四五六七八九十\d] ?年 ?[一二三四五六七八九十\d]{1,3} ?月|月 ?[一二三四五六七八九十\d]{1,3} ?日"
)
"""What is left of a date that stands under a seal."""
BIRTH = re.compile(r"出 ?生|生于|[Bb]irth")
NOT_ISSUE = re.compile(r"出 ?生|生于|[Bb]irth|有效期|期限|至 ?$|自 ?$|[—-] ?$")
"""What stands before a birth, and before the days a paper is good for."""
ISSUE = re.compile(r"签发|登记日期|发证|出具|打印日期|填发")
YEARS = 12
"""Papers older than this are not dated by what they show: a birth or a period is meant."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A day on a paper, and the letters around it that say what it is the day of."""

    day: date
    found: Found
    before: str
    after: str


def birth_fact(expected: str, rows: Sequence[Row]) -> Fact:
    """Say whether a birth date (YYYY-MM-DD) stands on a paper; no other day of a paper can be the same one by chance."""
    labelled: Dated | None = None
    for dated in _dates(rows):
        if dated.day.isoformat() == expected:
            if dated.found.sure >= SURE:
                return Fact.of("birth_date", expected, "match", dated.found)
            return Fact.of("birth_date", expected, "unreadable", dated.found, "unclear")
        if labelled is None and (
            BIRTH.search(dated.before[-12:]) or dated.after.lstrip().startswith(("出生", "生"))
        ):
            labelled = dated
    if labelled is None:
        return Fact("birth_date", expected, "", "not_found")
    sure = labelled.found.sure >= SURE
    return Fact.of(
        "birth_date", expected, "differs" if sure else "unreadable", labelled.found, "" if sure else "unclear"
    )


def issue_fact(today: date, birth: str, rows: Sequence[Row]) -> Fact:
    """Tell the day a paper was written: the one so labelled, else the last on it; a day to come `differs` from any record."""
    days = [
        one
        for one in _dates(rows)
        if one.day.isoformat() != birth
        and today.year - one.day.year <= YEARS
        and not NOT_ISSUE.search(one.before[-12:])
    ]
    chosen = next((one for one in days if ISSUE.search(one.before[-12:])), days[-1] if days else None)
    if chosen is None:
        broken = next((row for row in rows if BROKEN.search(row.text)), None)
        if broken is None:
            return Fact("issued_on", "", "", "not_found")
        return Fact.of("issued_on", "", "unreadable", Found("", 0.0, broken.page, broken.box), "unclear")
    if chosen.found.sure < SURE:
        return Fact.of("issued_on", "", "unreadable", chosen.found, "unclear")
    if chosen.day > today:
        return Fact.of("issued_on", "", "differs", chosen.found, "future")
    return Fact.of("issued_on", "", "not_checked", chosen.found)


def _dates(rows: Sequence[Row]) -> Iterator[Dated]:
    before = ""
    for row in rows:
        for pattern, number in ((DIGITS, int), (CHINESE, _numeral)):
            for hit in pattern.finditer(row.text):
                day = _day(*(number(part) for part in hit.groups()))
                if day is not None:
                    found = Found(day.isoformat(), row.least(*hit.span()), row.page, row.box)
                    yield Dated(day, found, before + row.text[: hit.start()], row.text[hit.end() :])
        before = row.text + " "


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numeral(text: str) -> int:
    """Return the number of a year (二〇二六) or of a month or day (二十一)."""
    if len(text) == 4:
        return int("".join(str(NUMERALS[letter]) for letter in text))
    tens, ten, ones = text.rpartition("十")
    return (NUMERALS.get(tens, 1) * 10 if ten else 0) + (
        NUMERALS[ones] if len(ones) == 1 else 99 if ones else 0
    )
