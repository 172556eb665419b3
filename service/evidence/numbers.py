"""Finds id numbers on a paper; the checksum (GB 11643) tells a misread digit from another person's number."""

import re
from collections.abc import Iterator, Sequence

from service.evidence.facts import Fact, Found
from service.evidence.letters import Row
from service.regulation.identity import read_id_number

SURE = 0.9
RUN = re.compile(
    r"(?:(?<![0-9A-Za-z])|(?<![0-9A-Za-z])G ?)(?P<id>[1-9](?: ?[0-9]){14,16}(?: ?[0-9Xx])?)(?![0-9A-Za-z])"
)
"""An id number, or a 学籍号 of kind G, which is one behind a G."""
LENGTH = 18


def id_fact(title: str, expected: str, rows: Sequence[Row]) -> Fact:
    """Say whether an id number stands on a paper.

    A number whose checksum fails was misread (or mistyped): `unreadable` with the note `checksum`, never `differs`.
    """
    wrong: Found | None = None
    other: Found | None = None
    for found in _runs(rows):
        if read_id_number(found.text) is None or len(found.text) != LENGTH:
            wrong = wrong or found
        elif found.text == expected:
            if found.sure >= SURE:
                return Fact.of(title, expected, "match", found)
            return Fact.of(title, expected, "unreadable", found, "unclear")
        else:
            other = other or found
    if wrong is not None:
        return Fact.of(title, expected, "unreadable", wrong, "checksum")
    if other is not None:
        if other.sure >= SURE:
            return Fact.of(title, expected, "differs", other)
        return Fact.of(title, expected, "unreadable", other, "unclear")
    return Fact(title, expected, "", "not_found")


def _runs(rows: Sequence[Row]) -> Iterator[Found]:
    for row in rows:
        for run in RUN.finditer(row.text):
            text = run["id"].replace(" ", "").upper()
            yield Found(text, row.least(*run.span("id")), row.page, row.box)
