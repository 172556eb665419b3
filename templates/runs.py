"""Runs of a Word part: gives every traced text one of its own, and sets a run's colour and size."""

import copy
import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from lxml import etree

from templates.sandbox import END, MIDDLE, START

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BLACK = "000000"
_RUN, _TEXT, _PROPERTIES, _BREAK = (f"{{{W}}}{name}" for name in ("r", "t", "rPr", "br"))
_VAL = f"{{{W}}}val"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_PIECE = re.compile(f"{START}(\\d+){MIDDLE}(.*?){END}", re.DOTALL)
BEFORE_COLOUR: tuple[str, ...] = (
    "rStyle",
    "rFonts",
    "b",
    "bCs",
    "i",
    "iCs",
    "caps",
    "smallCaps",
    "strike",
    "dstrike",
)
BEFORE_COLOUR += ("outline", "shadow", "emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden")
BEFORE_SIZE = (*BEFORE_COLOUR, "color", "spacing", "w", "kern", "position")


def split(
    tree: etree._Element, special: Mapping[str, str], fonts: Mapping[int, str]
) -> Iterator[tuple[int, etree._Element]]:
    """Give every traced text runs of its own: one, and more where characters need a `special` font.

    Yields its number and each run; `fonts` sets whole texts, by number, in a font of their own. Left to itself
    LibreOffice would draw special characters after the others of their line, and choose the font by itself.
    """
    touched = [text.getparent() for text in tree.iter(_TEXT) if text.text and START in text.text]
    for run in dict.fromkeys(touched):
        yield from _split_run(run, special, fonts)


def _split_run(
    run: etree._Element, special: Mapping[str, str], fonts: Mapping[int, str]
) -> Iterator[tuple[int, etree._Element]]:
    properties = run.find(_PROPERTIES)
    pieces: list[etree._Element] = []
    for child in run:
        if child is properties:
            continue
        if child.tag != _TEXT:
            pieces.append(_new_run(properties, [child]))
            continue
        parts = _PIECE.split(child.text or "")
        for before, number, body in zip(parts[::3], [*parts[1::3], ""], [*parts[2::3], ""], strict=True):
            if before:
                pieces.append(_new_run(properties, _texts(before)))
            for font, part in _by_font(body, special) if number else ():
                pieces.append(_new_run(properties, _texts(part)))
                if chosen := font or fonts.get(int(number)):
                    _set_font(pieces[-1], chosen)
                yield int(number), pieces[-1]
    for piece in pieces:
        run.addprevious(piece)
    run.getparent().remove(run)


def _by_font(text: str, special: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give a text in parts of one font each; '' is the font of the template."""
    if not special.keys() & set(text):
        yield "", text
        return
    for font, chars in groupby(text, lambda char: special.get(char, "")):
        yield font, "".join(chars)


def _set_font(run: etree._Element, font: str) -> None:
    properties = properties_of(run)
    for old in properties.findall(f"{{{W}}}rFonts"):
        properties.remove(old)
    names = {f"{{{W}}}{script}": font for script in ("ascii", "hAnsi", "eastAsia", "cs")}
    place = sum(etree.QName(child).localname == "rStyle" for child in properties)
    properties.insert(place, etree.Element(f"{{{W}}}rFonts", names))


def _new_run(properties: etree._Element | None, children: list[etree._Element]) -> etree._Element:
    run = etree.Element(_RUN)
    if properties is not None:
        run.append(copy.deepcopy(properties))
    run.extend(children)
    return run


def _texts(text: str) -> list[etree._Element]:
    """Give the elements for a text; its line breaks become Word's."""
    made: list[etree._Element] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            made.append(etree.Element(_BREAK))
        element = etree.Element(_TEXT, {_SPACE: "preserve"})
        element.text = line
        made.append(element)
    return made


def properties_of(run: etree._Element) -> etree._Element:
    """Give a run's properties, made when it has none."""
    found = run.find(_PROPERTIES)
    if found is None:
        found = etree.Element(_PROPERTIES)
        run.insert(0, found)
    return found


def set_property(run: etree._Element, tag: str, value: str, before: tuple[str, ...]) -> None:
    """Set one run property, in the order the schema wants: after those named in `before`."""
    properties = properties_of(run)
    for old in properties.findall(f"{{{W}}}{tag}"):
        properties.remove(old)
    place = sum(etree.QName(child).localname in before for child in properties)
    properties.insert(place, etree.Element(f"{{{W}}}{tag}", {_VAL: value}))


def colour_of(run: etree._Element) -> str:
    """Give a run's own colour as RRGGBB; black when it is automatic."""
    colour = run.find(f"{_PROPERTIES}/{{{W}}}color")
    value = "" if colour is None else colour.get(_VAL, "")
    return value.upper() if re.fullmatch(r"[0-9A-Fa-f]{6}", value) else BLACK
