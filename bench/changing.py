"""Chooses what a forger changes: a printed value and the text it is given instead, alike enough to pass a hurried eye."""

import random
from collections.abc import Sequence
from typing import Any, Final

from service.demo.forging import OVER

ALIKE: Final = (
    "己已",
    "日曰目",
    "土士",
    "千干",
    "大太天",
    "人入",
    "末未",
    "辰晨宸",
    "桐铜",
    "明朋",
    "红江",
    "娟捐",
    "静净",
    "建健",
    "辉挥",
    "宁于",
    "彤彭",
    "诺若",
    "莹萤",
    "智晢",
    "乐东",
    "中申由",
    "王玉主",
    "李季",
    "陈阵",
    "张弘",
    "刘列",
    "杨扬",
    "黄寅",
    "周同",
    "徐除",
    "朱未",
    "马鸟",
    "梁粱",
    "郑邓",
    "韩朝",
    "董重",
    "袁哀",
    "沈沉",
    "傅博",
    "孙孔",
    "胡故",
    "林休",
    "郭敦",
    "罗岁",
    "宋末",
    "谢射",
    "曹槽",
    "彭膨",
    "吕占",
    "一二三",
    "四西",
    "五丑",
    "六大",
    "七匕",
    "八入",
    "九丸",
    "十干",
    "男另",
    "女如",
    "是足",
    "否吞",
    "县具",
    "第笫",
    "校较",
    "学字",
    "初衲",
    "年午",
    "月用",
    "路露",
    "号弓",
    "村材",
    "街衔",
    "父交",
    "母毋",
)
"""Characters that look alike; a forger takes one for the other, in either direction."""
ANY: Final = "平国清河安乐民生长方正光成山石云"


def altered(value: dict[str, Any], dice: random.Random) -> str:
    """Return the text of a value with one character exchanged for another of its kind."""
    text = str(value["text"])
    places = [k for k, letter in enumerate(text) if letter.isdigit() or _hanzi(letter)]
    place = dice.choice(places)
    return text[:place] + _another(text[place], dice) + text[place + 1 :]


def overwritable(value: dict[str, Any]) -> bool:
    """Tell whether a pen can make something else of a value."""
    return any(letter in OVER for letter in str(value["text"]))


def overwritten(value: dict[str, Any], dice: random.Random) -> str:
    """Return the text of a value with one numeral made into another that a pen can make of it."""
    text = str(value["text"])
    place = dice.choice([k for k, letter in enumerate(text) if letter in OVER])
    return text[:place] + dice.choice(OVER[text[place]]) + text[place + 1 :]


def chosen(values: Sequence[dict[str, Any]], count: int, dice: random.Random) -> list[dict[str, Any]]:
    """Choose values to change, none twice: those that can be changed, as often one letter long as not."""
    fit = {str(value["name"]): value for value in values if any(map(_changeable, str(value["text"])))}
    return dice.sample(list(fit.values()), min(count, len(fit)))


def _changeable(letter: str) -> bool:
    return letter.isdigit() or _hanzi(letter)


def _hanzi(letter: str) -> bool:
    return "一" <= letter <= "鿿"


def _another(letter: str, dice: random.Random) -> str:
    if letter.isdigit():
        return dice.choice([one for one in "0123456789" if one != letter])
    alike = [one for group in ALIKE if letter in group for one in group if one != letter]
    return dice.choice(alike or [one for one in ANY if one != letter])
