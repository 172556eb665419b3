"""Decides which characters may stand on a paper: what is no text, no Chinese, or no character at all is refused."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from templates.errors import ValueRefused
from templates.form import Form

_FORBIDDEN = {
    "Cc": "含有控制字符",
    "Cf": "含有不可见字符",
    "Cs": "编码损坏",
    "Co": "含有自造字（私用区字符）；该字已有国家标准编码时请改用标准编码",
    "Zl": "含有换行",
    "Zp": "含有换行",
}
# By the first words of a character's Unicode name. Hangul and kana have glyphs in our Song font; they are
# refused all the same, as a paper is read, compared and looked up in Chinese.
_SCRIPTS = {
    "TIBETAN": "藏文",
    "MONGOLIAN": "蒙古文",
    "PHAGS-PA": "八思巴文",
    "ARABIC": "维吾尔文、哈萨克文等阿拉伯字母文字",
    "YI": "彝文",
    "HANGUL": "朝鲜文",
    "HALFWIDTH HANGUL": "朝鲜文",
    "TAI": "傣文",
    "NEW TAI": "傣文",
    "LISU": "傈僳文",
    "MIAO": "苗文",
    "NUSHU": "女书",
    "TANGUT": "西夏文",
    "THAI": "泰文",
    "LAO": "老挝文",
    "KHMER": "高棉文",
    "MYANMAR": "缅文",
    "DEVANAGARI": "天城文",
    "BENGALI": "孟加拉文",
    "CYRILLIC": "西里尔字母",
    "HEBREW": "希伯来文",
    "HIRAGANA": "日文假名",
    "KATAKANA": "日文假名",
    "HALFWIDTH KATAKANA": "日文假名",
}
_LETTERS = "LMN"  # letters, marks and digits of a script; its punctuation may be anybody's
# What looks like a character but is a piece of one, as copying from a PDF gives it.
_PIECES = {
    "KANGXI RADICAL": "部首符号（不是汉字）",
    "CJK RADICAL": "部首符号（不是汉字）",
    "CJK STROKE": "笔画符号（不是汉字）",
    "IDEOGRAPHIC DESCRIPTION": "拼字符号（不是汉字）",
}


def clean(form: Form, name: str, text: str) -> str:
    """Give the text of a field as it may be printed: NFC, single line breaks in type `text` only.

    Raises ValueRefused for control, invisible and private-use characters, line breaks elsewhere, scripts
    other than Chinese, Latin and Greek, and pieces of characters.
    """
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    lines_allowed = form.field(name).type == "text"
    if text.isascii() and text.isprintable():
        return text
    for char in text:
        if char == "\n" and lines_allowed:
            continue
        if why := _wrong(char):
            raise ValueRefused(name, why)
    return text


def cleaned(form: Form, texts: Mapping[str, str]) -> dict[str, str]:
    """Give all texts as they may be printed (see `clean`); raises ValueRefused."""
    return {name: clean(form, name, text) for name, text in texts.items()}


@lru_cache(16_384)
def _wrong(char: str) -> str:
    """Say why a character may not be printed; '' when it may (a font must still have it)."""
    category = unicodedata.category(char)
    if category in _FORBIDDEN:
        return "含有换行" if char == "\n" else _FORBIDDEN[category]
    words = unicodedata.name(char, "").split()
    first, pair = " ".join(words[:1]), " ".join(words[:2])
    if first == "VARIATION":
        return "含有字形选择符（异体写法标记）；请删去标记，写规范字形"
    if piece := _PIECES.get(pair):
        return f"含有{piece}；请用输入法重新输入这个字"
    script = _SCRIPTS.get(pair) or _SCRIPTS.get(first)
    if script and category[0] in _LETTERS:
        return (
            f"含有{script}；学籍文书印规范汉字，请按户口簿或居民身份证填写汉字（姓名、地名用汉字译写，"
            "没有汉字姓名的外籍学生用护照上的拉丁字母）"
        )
    return ""
