"""Finds a name on a paper: whole, with an edge on either side, and every letter sure; or says what else stands there."""

import re
from collections.abc import Iterator, Sequence

from service.evidence.facts import Fact, Found
from service.evidence.letters import Row, spaced

SURE = 0.9
"""How sure every letter of a name must be for a match. Of 10,048 letters on 90 scans 9 were misread, no hanzi of them surer
than 0.7; 98.9 % of those read right are surer than this."""
PLAIN = 0.97
"""How sure the differing letter must be before another name is told, not a doubtful one."""
BEFORE = (
    "证明", "学生", "同学", "患者", "兹有", "我校", "该生", "姓名", "被告人", "其子", "其女", "子女", "之子", "之女",
    "居民", "村民", "新生", "我叫", "本人", "给予", "关于", "声明人", "申请人", "考生", "家长", "同意接收", "NAME",
    "Name", "迁入人", "监护人", "死者",
)  # fmt: skip
"""Words that may stand before a name without a gap; none of one letter, which may be a name's first."""
AFTER = (
    "同学", "同志", "性别", "出生", "身份证", "公民身份", "学籍", "民族", "年龄", "一家", "一户", "家中", "于20", "于二〇",
    "系我", "现为", "现在", "参加", "因病", "因患", "随父", "需在", "同年", "的父", "的母", "记过", "警告", "刑事拘留",
)  # fmt: skip
"""Words that may stand after a name without a gap; single letters are not among them: they may be a name's last."""
LABELS = (
    "姓名",
    "学生姓名",
    "患者姓名",
    "考生姓名",
    "死者姓名",
    "迁入人姓名",
    "学生",
    "患者",
    "患者姓名",
    "考生",
)
LABEL = re.compile("|".join(rf"(?<![\u4e00-\u9fff]){spaced(label)}(?:/Name)? ?:? ?" for label in LABELS))
VALUE = re.compile(r"[\u4e00-\u9fff](?: ?[\u4e00-\u9fff·])+")
NEXT_LABEL = re.compile(
    "|".join(
        spaced(word)
        for word in (
            "性别",
            "民族",
            "年龄",
            "出生",
            "与户主",
            "户主",
            "身份证",
            "公民",
            "班级",
            "科别",
            "住院",
            "门诊",
            "曾用",
            "证件",
            "得分",
            "科室",
            "病案",
            "就诊",
        )
    )
)


def name_fact(title: str, expected: str, rows: Sequence[Row]) -> Fact:
    """Say whether a person's (or a unit's) name stands on a paper."""
    doubtful: Found | None = None
    for row in rows:
        for hit in re.finditer(spaced(expected), row.text):
            sure = row.least(*hit.span())
            found = Found(expected, sure, row.page, row.box)
            if sure >= SURE and _stands_alone(row, *hit.span()):
                return Fact.of(title, expected, "match", found)
            doubtful = doubtful or found
    if doubtful is not None:
        return Fact.of(title, expected, "unreadable", doubtful, "unclear")
    other = next(_others(rows), None)
    if other is None:
        return Fact(title, expected, "", "not_found")
    near = _apart(other.text, expected) <= 1 and other.sure < PLAIN
    return Fact.of(title, expected, "unreadable" if near else "differs", other, "unclear" if near else "")


def _stands_alone(row: Row, start: int, end: int) -> bool:
    before, after = row.text[:start], row.text[end:]
    left = (
        (not before and not row.run_on)
        or bool(before and _gap(before[-1]))
        or before.rstrip().endswith(BEFORE)
    )
    right = (
        (not after and not row.runs_on)
        or after.lstrip().startswith(AFTER)
        or bool(after and _gap(after[0]) and not re.match(r" [\u4e00-\u9fff](?: |$)", after))
        or re.match(r" [男女汉子](?: |$)", after) is not None
    )
    return left and right


def _gap(letter: str) -> bool:
    """Tell whether a letter parts words: anything but hanzi, Latin letters and the dot inside a name."""
    return not (
        "\u4e00" <= letter <= "\u9fff" or (letter.isascii() and letter.isalnum()) or letter in "·々〇"
    )


def _others(rows: Sequence[Row]) -> Iterator[Found]:
    """Give the names behind a label, in the same line or alone in the next one."""
    for number, row in enumerate(rows):
        for label in LABEL.finditer(row.text):
            where, start = row, label.end()
            if start >= len(row.text) and number + 1 < len(rows):
                where, start = rows[number + 1], 0
            value = VALUE.match(where.text, start)
            if value is None or NEXT_LABEL.match(where.text, start):
                continue
            text = value.group()
            cut = NEXT_LABEL.search(text)
            text = (text[: cut.start()] if cut else text).strip()
            short = text.split(" ")[0] if len(text.split(" ")[0]) > 1 else text.replace(" ", "")
            if 2 <= len(short) <= 4:
                yield Found(short, where.least(start, start + len(short)), where.page, where.box)


def _apart(one: str, other: str) -> int:
    if len(one) != len(other):
        return max(len(one), len(other))
    return sum(a != b for a, b in zip(one, other, strict=True))
