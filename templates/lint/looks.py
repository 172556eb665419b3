"""Looks at how a template's text is set: pinned fonts only, no near-black and no red ink."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from io import BytesIO

import numpy as np
from lxml import etree
from PIL import Image, UnidentifiedImageError

from templates.fonts import FAMILIES
from templates.lint.finding import Finding, found
from templates.lint.parts import A, Part, Parts, R, W, up

PINNED = frozenset(family.name for family in FAMILIES)
_SLOTS = ("ascii", "hAnsi", "eastAsia", "cs")
_ASCII_END = 0x80
_HAN_FROM = 0x2E80  # radicals, kana, hanzi, full-width forms and the planes above
_COMPLEX = re.compile("[\u0590-\u08ff\u0900-\u0eff\u0f00-\u109f\u1780-\u18af]")  # Hebrew … Tibetan, Mongolian
_MIXED = re.compile("[\u00b7\u2010-\u2027\u2030-\u203b\u3000]")  # punctuation that takes the side of its text
NEAR_BLACK = 0x30  # marker colours are green and blue up to a few thousand; white paper needs no darker gray
PALE = 0x80  # lighter text than this is lost on a copy
_UNCOMPARED = re.compile(r"\{\{\s*(plain\.|seal\(|sign\(|code\b)[^}]*\}\}")
_DRESS = {
    "i": "斜体",
    "strike": "删除线",
    "dstrike": "双删除线",
    "caps": "全部大写",
    "smallCaps": "小型大写",
    "vertAlign": "上标或下标",
    "outline": "空心",
    "shadow": "阴影",
    "emboss": "阳文",
    "imprint": "阴文",
    "em": "着重号",
}
RED = 60  # how far red stands above green and blue before a seal's colour is met
_PICTURE_RED = 0.004  # share of a picture's pixels
_COLOURED = (
    (f"{W}color", f"{W}val", "文字"),
    (f"{W}highlight", f"{W}val", "突出显示"),
    (f"{W}shd", f"{W}fill", "底纹"),
    (f"{A}srgbClr", "val", "图形"),
)
_UNSAID = "Times New Roman"  # what Word sets when nobody names a font


def check(parts: Parts) -> Iterator[Finding]:
    """Give every font that is not pinned and every colour that is not allowed."""
    fonts = _Fonts(parts)
    for part in parts.printed:
        for run in part.root.iter(f"{W}r"):
            yield from _fonts(part, run, fonts)
            yield from _ink(part, run)
            yield from _dress(part, run)
        yield from _hidden(part)
        yield from _red(part, parts.theme)
        yield from _pictures(part, parts.pictures)
    yield from _styles(parts)
    if parts.numbering is not None and any(
        next(part.root.iter(f"{W}numPr"), None) is not None for part in parts.printed
    ):
        yield from _numbers(parts.numbering)


class _Fonts:
    """Says which font a run is set in: from the run, its styles, the defaults, the theme."""

    def __init__(self, parts: Parts) -> None:
        self._root = None if parts.styles is None else parts.styles.root
        styles = () if self._root is None else self._root.findall(f"{W}style")
        self._by_id: Mapping[str, etree._Element] = {style.get(f"{W}styleId", ""): style for style in styles}
        self._normal = next(
            (
                style
                for style in styles
                if style.get(f"{W}type") == "paragraph" and style.get(f"{W}default") == "1"
            ),
            None,
        )
        self._theme = parts.theme
        self.of_style = lru_cache(None)(self._of_style)

    def of(self, run: etree._Element, slot: str) -> tuple[str, str]:
        """Give the font of a run in one slot, and who says so."""
        own = self._said(run.find(f"{W}rPr"), slot)
        if own:
            return own, "文字"
        paragraph = up(run, "p")
        character = _value(run, f"{W}rPr/{W}rStyle")
        wanted = [character] if character else []
        style = _value(paragraph, f"{W}pPr/{W}pStyle") if paragraph is not None else ""
        if style or self._normal is not None:
            wanted.append(style or (self._normal.get(f"{W}styleId", "") if self._normal is not None else ""))
        for name in wanted:
            font = self.of_style(name, slot)
            if font:
                return font, f"样式“{self._called(name)}”"
        defaults = None if self._root is None else self._root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        font = self._said(defaults, slot)
        return (font, "默认样式") if font else (_UNSAID, "没有指定字体")

    def _of_style(self, name: str, slot: str) -> str:
        met: set[str] = set()
        while name in self._by_id and name not in met:
            met.add(name)
            font = self._said(self._by_id[name].find(f"{W}rPr"), slot)
            if font:
                return font
            name = _value(self._by_id[name], f"{W}basedOn")
        return ""

    def _called(self, name: str) -> str:
        return _value(self._by_id[name], f"{W}name") or name if name in self._by_id else name

    def _said(self, properties: etree._Element | None, slot: str) -> str:
        fonts = None if properties is None else properties.find(f"{W}rFonts")
        if fonts is None:
            return ""
        themed = fonts.get(f"{W}{slot}Theme") or (fonts.get(f"{W}cstheme") if slot == "cs" else None)
        return (themed and self._themed(themed)) or fonts.get(f"{W}{slot}", "")

    def _themed(self, name: str) -> str:
        """Look a theme font up: minorEastAsia is the theme's Chinese text font."""
        if self._theme is None:
            return ""
        scheme = self._theme.find(f".//{A}{'major' if name.startswith('major') else 'minor'}Font")
        kind = {"EastAsia": "ea", "Bidi": "cs"}.get(name[5:], "latin")
        if scheme is None:
            return ""
        font = scheme.find(f"{A}{kind}")
        said = "" if font is None else font.get("typeface", "")
        if not said and kind == "ea":
            said = next((item.get("typeface", "") for item in scheme if item.get("script") == "Hans"), "")
        return said


def _fonts(part: Part, run: etree._Element, fonts: _Fonts) -> Iterator[Finding]:
    symbol = run.find(f"{W}sym")
    if symbol is not None and symbol.get(f"{W}font") not in PINNED:
        yield found("font", part.where(run), symbol.get(f"{W}font"))
    text = "".join(node.text or "" for node in run.findall(f"{W}t"))
    said = dict.fromkeys(fonts.of(run, slot) for slot in _slots(text, run))
    for font, source in said:
        if font not in PINNED:
            where = part.where(run) + ("" if source == "文字" else f"（{source}）")
            yield found("font", where, font)


def _slots(text: str, run: etree._Element) -> list[str]:
    """Give the font slots that the characters of a run are set in."""
    bare = _MIXED.sub("", "".join(text.split()))
    if not bare or bare == "{{code}}":
        return []
    properties = run.find(f"{W}rPr")
    if properties is not None and any(properties.find(f"{W}{tag}") is not None for tag in ("cs", "rtl")):
        return ["cs"]
    used = {
        "cs": bool(_COMPLEX.search(bare)),
        "ascii": any(ord(char) < _ASCII_END for char in bare),
        "eastAsia": "{{" in bare or any(ord(char) >= _HAN_FROM for char in bare),
        "hAnsi": any(_ASCII_END <= ord(char) < _HAN_FROM and not _COMPLEX.match(char) for char in bare),
    }
    return [slot for slot in _SLOTS if used[slot]]


def _numbers(numbering: etree._Element) -> Iterator[Finding]:
    for fonts in numbering.iter(f"{W}rFonts"):
        for slot in _SLOTS:
            if fonts.get(f"{W}{slot}") not in {None, *PINNED}:
                yield found("font", "编号样式", fonts.get(f"{W}{slot}"))
                return


def _ink(part: Part, run: etree._Element) -> Iterator[Finding]:
    """Find text so dark that it could be taken for one of our marker colours."""
    colour = _value(run, f"{W}rPr/{W}color")
    if _is_near_black(colour):
        yield found("near_black", part.where(run), colour)


def _is_near_black(colour: str) -> bool:
    hexadecimal = re.fullmatch("[0-9A-Fa-f]{6}", colour) is not None
    return hexadecimal and colour != "000000" and max(bytes.fromhex(colour)) <= NEAR_BLACK


def _dress(part: Part, run: etree._Element) -> Iterator[Finding]:
    """Find marks that would be printed pale, distorted or turned: nobody could compare them on a scan."""
    text = "".join(node.text or "" for node in run.findall(f"{W}t"))
    properties = run.find(f"{W}rPr")
    if "{{" not in _UNCOMPARED.sub("", text):
        return
    colour = _value(run, f"{W}rPr/{W}color")
    if re.fullmatch("[0-9A-Fa-f]{6}", colour) and max(bytes.fromhex(colour)) > PALE:
        yield found("pale", part.where(run), colour)
    for tag, named in _DRESS.items():
        worn = None if properties is None else properties.find(f"{W}{tag}")
        if worn is not None and worn.get(f"{W}val") not in {"0", "false", "baseline", "none"}:
            yield found("dressed", part.where(run), named)
    cell = up(run, "tc")
    turned = "" if cell is None else _value(cell, f"{W}tcPr/{W}textDirection")
    if turned not in {"", "lrTb"}:
        yield found("upright", part.where(run))


def _styles(parts: Parts) -> Iterator[Finding]:
    """Find styles in use, and the styles they are based on, whose colour is not allowed."""
    if parts.styles is None:
        return
    tags = (f"{W}pStyle", f"{W}rStyle", f"{W}tblStyle")
    wanted = [item.get(f"{W}val", "") for part in parts.printed for item in part.root.iter(*tags)]
    by_id = {style.get(f"{W}styleId", ""): style for style in parts.styles.root.findall(f"{W}style")}
    wanted += [name for name, style in by_id.items() if style.get(f"{W}default") == "1"]
    met: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in met or name not in by_id:
            continue
        met.add(name)
        wanted.append(_value(by_id[name], f"{W}basedOn"))
        for colour in by_id[name].iter(f"{W}color"):
            said = colour.get(f"{W}val", "")
            where = f"样式“{_value(by_id[name], f'{W}name') or name}”"
            if _is_red(said):
                yield found("red", where, "文字")
            elif _is_near_black(said):
                yield found("near_black", where, said)


def _hidden(part: Part) -> Iterator[Finding]:
    for hidden in part.root.iter(f"{W}vanish"):
        run = up(hidden, "r")
        said = "" if run is None else "".join(node.text or "" for node in run.iter(f"{W}t"))
        if "{" in said and hidden.get(f"{W}val") not in {"0", "false"}:
            yield found("hidden", part.where(hidden))


def _red(part: Part, theme: etree._Element | None) -> Iterator[Finding]:
    """Find red text, lines, fillings and drawings."""
    for tag, attribute, named in _COLOURED:
        for element in part.root.iter(tag):
            if _is_red(element.get(attribute, "")):
                yield found("red", part.where(element), named)
    for element in part.root.iter(f"{W}*"):
        if element.tag not in {f"{W}color", f"{W}shd"} and _is_red(element.get(f"{W}color", "")):
            yield found("red", part.where(element), "线")
    for element in part.root.iter(f"{A}schemeClr"):
        said = None if theme is None else theme.find(f".//{A}clrScheme/{A}{element.get('val')}/{A}srgbClr")
        if said is not None and _is_red(said.get("val", "")):
            yield found("red", part.where(element), "图形")


def _is_red(colour: str) -> bool:
    if colour in {"red", "darkRed", "magenta"}:
        return True
    if not re.fullmatch("[0-9A-Fa-f]{6}", colour):
        return False
    red, green, blue = bytes.fromhex(colour)
    return red - max(green, blue) >= RED


def _pictures(part: Part, pictures: Mapping[str, bytes]) -> Iterator[Finding]:
    for blip in part.root.iter(f"{A}blip"):
        data = pictures.get(part.targets.get(blip.get(f"{R}embed", ""), ""))
        if data and _reddish(data):
            yield found("red", part.where(blip), "图片")


@lru_cache(64)
def _reddish(data: bytes) -> bool:
    try:
        with Image.open(BytesIO(data)) as picture:
            pixels = np.asarray(picture.convert("RGB"), np.int16)
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return False
    above = pixels[..., 0] - pixels[..., 1:].max(axis=2)
    return bool((above >= RED).mean() > _PICTURE_RED)


def _value(element: etree._Element, path: str) -> str:
    found_element = element.find(path)
    return "" if found_element is None else found_element.get(f"{W}val", "")
