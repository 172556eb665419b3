"""Names the units that may exist beside one, though no register here knows them: another number, place or stage, one letter off."""

from functools import lru_cache
from typing import Final

GROUPS: Final = ("一二三四五六七八九十", "县市区旗", "东西南北中", "小中大", "高初", "局院校")
"""Letters in whose place units beside each other have another of the group: 第二中学, 第三中学; 长治县, 长治市."""
LETTERS: Final = "".join(GROUPS)


@lru_cache(maxsize=1024)
def of(name: str) -> tuple[str, ...]:
    """Return every name that differs from this one in one letter of a group."""
    found = {
        name[:at] + other + name[at + 1 :]
        for at, letter in enumerate(name)
        for group in GROUPS
        if letter in group
        for other in group
        if other != letter
    }
    return tuple(sorted(found))
