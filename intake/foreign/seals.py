"""Finds the round seals of a foreign page, takes them off its print, and says whose they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice

import cv2
import numpy as np

from intake.foreign import Line, Seal
from intake.marks import ring
from intake.marks.ink import Density, densities, redness
from intake.marks.seals import Stamp, round_seals
from intake.marks.unrolled import strips
from intake.reading import Pixels
from intake.recognise import Recogniser
from intake.recognise.likelihood import fold

INK_PX_PER_MM = 6.0
"""Ink is looked at with 150 dpi: a letter of a ring is 35 pixels high then, and the page's ink takes half the memory."""
MOST_SEALS = 4
"""Seals of one page whose rings are read: each costs 0.2 s."""
MORE_ENDINGS = ("中学", "小学", "大学", "公司", "所", "法院", "检察院", "厂", "社", "队", "联")
ENDINGS = tuple(ending for ending in ring.UNIT_ENDINGS if ending != "学") + MORE_ENDINGS
"""A single 学 ends too many other words (医学)."""
LONGEST_NAME, SHORTEST_NAME = 30, 5
CUTS, AGREEING = 3, 2
"""Ways a ring is cut open to be read freely, and how many of them must show the winning name and nothing else."""
FOLLOWS = (
    "诊断", "疾病", "住院", "门诊", "出院", "入院", "病", "证明", "文件", "健康", "死亡", "成绩", "拘留", "通知", "届", "20",
    "复", "盖章", "公章", "印章", "章", "(",
)  # fmt: skip
"""What may follow the name of a unit in a heading or beside its seal."""
LABEL = re.compile(r"(?:签发|批准|发证|出具|填发|证明)(?:机关|单位)|单位盖章|[(](?:盖章|公章|印章|印)[)]")
"""What stands before or behind the name of a unit and is none of it."""
NO_UNIT = (
    "兹", "其子", "其女", "需在", "关于", "给予", "询问", "未到", "同学", "学生", "患者", "申请", "同意", "证明", "我", "贵", "该", "你",
)  # fmt: skip
"""Letters of a sentence, not of a unit's name."""
NAMES_ON_PAGE = 12
"""Names of units taken from the print: a paper names its own unit near the top and beside its seal."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The seals of an upright page and the ink they stand in, at `ink_px_per_mm`; the page itself has `px_per_mm`."""

    density: Density
    ink_px_per_mm: float
    px_per_mm: float
    stamps: tuple[Stamp, ...]

    def read(
        self, recogniser: Recogniser, registry: Sequence[str], lines: Sequence[Line]
    ) -> tuple[Seal, ...]:
        """Say whose each seal is: a name printed on the page, one of the registry, or what its ring surely reads as."""
        names = list(dict.fromkeys([*printed_units(lines), *registry]))
        return tuple(self._read(stamp, recogniser, names) for stamp in self.stamps[:MOST_SEALS])

    def _read(self, stamp: Stamp, recogniser: Recogniser, names: Sequence[str]) -> Seal:
        """Say whose a seal is; a name that wins must explain the whole ring, for there are more units than names given."""
        found = ring.owner(self.density, self.ink_px_per_mm, stamp, recogniser, names)
        unit = found.read
        if found.unit is not None and found.whole:
            cuts = islice(strips(self.density, self.ink_px_per_mm, stamp), CUTS)
            texts = [fold(line.text) for line in recogniser.read_lines(list(cuts))]
            unit = found.unit if sum(_is_whole(fold(found.unit), text) for text in texts) >= AGREEING else ""
        left, top, right, bottom = (side * self.px_per_mm for side in stamp.box)
        return Seal(unit, found.confidence if unit else 0.0, (left, top, right, bottom))


def _is_whole(name: str, text: str) -> bool:
    """Tell whether a name is all that a ring reads as: one letter more, less or misread is the scan's, two are a name's."""
    blocks = SequenceMatcher(None, name, text, autojunk=False).get_matching_blocks()
    return len(text) - len(name) <= 1 and len(name) - sum(block.size for block in blocks) <= 1


def sealed(page: Pixels, px_per_mm: float) -> Sealed:
    """Find the round seals of a colour page."""
    share = min(1.0, INK_PX_PER_MM / px_per_mm)
    small = page if share == 1.0 else cv2.resize(page, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    density = densities(np.asarray(small, np.uint8), px_per_mm * share)
    stamps = round_seals(redness(density), px_per_mm * share)
    return Sealed(density, px_per_mm * share, px_per_mm, tuple(stamps))


def without_seals(page: Pixels, seals: Sealed) -> Pixels:
    """Return the page with its red channel alone inside the seals: red vanishes there, print and a red heading stay."""
    clean = page.copy()
    for stamp in seals.stamps:
        left, top, right, bottom = (round(side * seals.px_per_mm) for side in stamp.box)
        part = clean[max(top, 0) : bottom, max(left, 0) : right]
        part[:] = part[:, :, 2:3]
    return clean


def printed_units(lines: Sequence[Line]) -> list[str]:
    """Return the names of units that stand on a page as the whole of a line, or after a colon: what a seal is compared with."""
    names: dict[str, None] = {}
    for line in lines:
        for part in LABEL.sub(":", fold(line.text)).split(":"):
            name = _unit_in(part)
            if name:
                names[name] = None
    return list(names)[:NAMES_ON_PAGE]


def _unit_in(part: str) -> str:
    """Return the unit a part of a line begins with (`黎城县人民医院诊断证明书`), '' for none."""
    ends = [
        place.end()
        for ending in ENDINGS
        for place in re.finditer(ending, part)
        if place.end() == len(part) or part.startswith(FOLLOWS, place.end())
    ]
    name = part[: max(ends, default=0)]
    hanzi = re.fullmatch(r"[\u4e00-\u9fff]+", name) is not None
    sentence = any(word in name for word in NO_UNIT)
    return name if hanzi and not sentence and SHORTEST_NAME <= len(name) <= LONGEST_NAME else ""
