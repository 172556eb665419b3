"""Official numbers: the pattern of a block and its limits; storage hands the numbers out."""

import re
from dataclasses import dataclass

from service.errors import Objection

MAX_PATTERN = 60
"""Characters of a pattern: longer than any number an authority has printed, short enough for its line."""
MAX_BLOCK = 100_000
"""Numbers in one block: more than a county's graduates of a year, few enough to be compared one by one."""
SLOT = re.compile(r"\{:(?:0([1-9]))?d\}")
MAX_DIGITS = 9
ARTICLE = 34


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text before and after one running number of `width` digits, 0 for as many as it has."""

    before: str
    after: str
    width: int

    @classmethod
    def parse(cls, text: str) -> "Pattern | None":
        """Read a pattern such as `14042620262012{:04d}` or `晋高毕证字第{:d}号`; None unless it has exactly one slot.

        Nothing else in braces is let through, so a pattern never reaches into an object.
        """
        slots = list(SLOT.finditer(text))
        if len(slots) != 1 or len(text) > MAX_PATTERN or not text.isprintable():
            return None
        before, after = text[: slots[0].start()], text[slots[0].end() :]
        if any(brace in before + after for brace in "{}"):
            return None
        return cls(before, after, int(slots[0].group(1) or 0))

    def number(self, seq: int) -> str:
        """The official number of a running number."""
        return f"{self.before}{seq:0{self.width}d}{self.after}"


def block_objections(pattern: str, first: int, last: int) -> list[Objection]:
    """What is wrong with a new block, before it is compared with others (art. 34: the authority numbers)."""
    parsed = Pattern.parse(pattern)
    found = []
    if parsed is None:
        found.append(
            Objection(
                "pattern",
                "bad_pattern",
                "编号样式须恰好含一个序号位，如 14042620262012{:04d} 或 晋高毕证字第{:d}号，不能有其他花括号；请改正样式",
                ARTICLE,
            )
        )
    if not 1 <= first <= last:
        found.append(
            Objection("first", "bad_range", "起始号须从1起且不大于终止号；请改正 first 与 last", ARTICLE)
        )
    elif last - first >= MAX_BLOCK:
        found.append(
            Objection("last", "block_too_large", f"一个号段最多 {MAX_BLOCK} 个号；请分段下达", ARTICLE)
        )
    elif parsed is not None and len(str(last)) > (parsed.width or MAX_DIGITS):
        found.append(
            Objection(
                "last",
                "bad_range",
                f"终止号超出样式的 {parsed.width or MAX_DIGITS} 位；请缩小号段或加宽样式",
                ARTICLE,
            )
        )
    return found
