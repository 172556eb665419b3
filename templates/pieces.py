"""Takes dates apart for blanks that have 年, 月 and 日 printed already: each number goes into a gap of its own."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

PIECES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"date": ("year", "month", "day"), "year_month": ("year", "month")}
)
_DATE = re.compile("(?P<year>.+)年(?P<month>.+)月(?:(?P<day>.+)日)?")


def whole(room: str) -> str:
    """Name the field a room belongs to: birth_date of birth_date.year."""
    return room.partition(".")[0]


def pieces(facts: Mapping[str, str], rooms: Iterable[str]) -> dict[str, str]:
    """Give what goes into each room that holds a part of a date: 二〇一一 for birth_date.year."""
    found = {}
    for room in rooms:
        name, _, piece = room.partition(".")
        if piece:
            parts = _DATE.fullmatch(facts.get(name, ""))
            found[room] = (parts[piece] or "") if parts else ""
    return found
