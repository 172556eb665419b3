"""Fills a Word template with one paper's values, each in a run of its own that can be found again.

What a template may say (conventions for authors): `{{ field }}` for each declared field, `{{ code }}` for the
QR picture, `{{ serial }}`, `{{ title }}`, `{{ attachment }}`, `{{ authority }}`; `{{ seal('block') }}` and
`{{ sign('block') }}` print a block's label; `raw.field` in conditions, `{{ plain.field }}` for an untraced
repeat. In the body, headers, footers and footnotes; a mark keeps the font and size of its first letter.
"""

import copy
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from docx.opc.part import Part
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from lxml import etree

from templates import word_safety
from templates.code import Drawn
from templates.errors import TemplateRefused
from templates.sandbox import END, MIDDLE, START, Kind, Picture, Program, Shown

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_RUN, _TEXT, _PROPERTIES, _BREAK = (f"{{{_W}}}{name}" for name in ("r", "t", "rPr", "br"))
_VAL = f"{{{_W}}}val"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DOC_PR = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_RENDERED = ("/header", "/footer", "/footnotes", "/endnotes")
# Parts that never reach paper; LibreOffice would read them for every document.
_USELESS = ("stylesWithEffects", "customXml", "thumbnail", "extended-properties", "custom-properties")
_PIECE = re.compile(f"{START}(\\d+){MIDDLE}(.*?){END}", re.DOTALL)
_CODE = re.compile(r"\{\{\s*code\s*\}\}")
_BEFORE_COLOUR: tuple[str, ...] = (
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
_BEFORE_COLOUR += ("outline", "shadow", "emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden")
_BEFORE_SIZE = (*_BEFORE_COLOUR, "color", "spacing", "w", "kern", "position")
_NEAR_BLACK = re.compile(r'<w:color w:val="(00[0-9A-Fa-f]{4})"')
_STYLE_USE = re.compile(r'<w:(?:pStyle|rStyle|tblStyle|styleLink|numStyleLink) w:val="([^"]+)"')
_STYLE_LINKS = ("basedOn", "link", "next")
_FIXED_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # the paper's own date is on the paper
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
BLACK = "000000"


@dataclass(frozen=True, slots=True)
class Mark:
    """One traced text: its number is its colour while LibreOffice works; `colour` is what it shall be."""

    number: int
    kind: Kind
    name: str
    text: str
    colour: str

    @property
    def marker(self) -> str:
        """The marker colour as RRGGBB: red is always 0, green and blue hold the number."""
        return f"00{self.number:04X}"


class Filled:
    """A filled template: `marked` goes to LibreOffice, `plain` to the archive."""

    def __init__(self, parts: dict[str, bytes], trees: dict[str, etree._Element], shown: list[Shown]) -> None:
        self._parts = parts
        self._trees = trees
        self._runs: dict[int, etree._Element] = {}
        for tree in trees.values():
            self._runs.update(_split_runs(tree))
        self.marks = tuple(
            Mark(number, text.kind, text.name, str(text), _colour_of(self._runs[number]))
            for number, text in enumerate(shown, 1)
            if number in self._runs
        )
        if len(self.marks) != len(shown):
            raise TemplateRefused("syntax", "标记必须写在正文文字里")

    def resize(self, half_points: Mapping[int, int]) -> None:
        """Set the size of some marks, by number, in half points."""
        for number, size in half_points.items():
            for tag in ("sz", "szCs"):
                _set(self._runs[number], tag, str(size), _BEFORE_SIZE)

    def marked(self) -> bytes:
        """Give the .docx in which every traced text has its marker colour (not compressed: it goes next door)."""
        before = {mark.number: copy.deepcopy(_properties(self._runs[mark.number])) for mark in self.marks}
        for mark in self.marks:
            _set(self._runs[mark.number], "color", mark.marker, _BEFORE_COLOUR)
        made = self._pack(zipfile.ZIP_STORED)
        for number, properties in before.items():
            self._runs[number].replace(_properties(self._runs[number]), properties)
        return made

    def plain(self) -> bytes:
        """Give the .docx as a clerk may open it: no marker colours."""
        return self._pack(zipfile.ZIP_DEFLATED)

    def _pack(self, method: int) -> bytes:
        buffer = BytesIO()
        with zipfile.ZipFile(buffer, "w", method, compresslevel=6) as archive:
            for name, data in self._parts.items():
                tree = self._trees.get(name)
                body = data if tree is None else etree.tostring(tree, encoding="UTF-8", standalone=True)
                entry = zipfile.ZipInfo(name, _ZIP_TIME)
                entry.compress_type = method
                archive.writestr(entry, body)
        return buffer.getvalue()


class Template:
    """A checked and compiled Word template for QR pictures of one size; safe to share between threads."""

    def __init__(self, docx: bytes, drawn: Drawn, title: str) -> None:
        """Check and compile; `drawn` gives the picture's size. Raises TemplateRefused."""
        word_safety.check(docx)
        try:
            self._compile(docx, drawn, title)
        except (KeyError, ValueError, etree.LxmlError, zipfile.BadZipFile) as problem:
            raise TemplateRefused("not_docx") from problem

    def _compile(self, docx: bytes, drawn: Drawn, title: str) -> None:
        source = DocxTemplate(BytesIO(docx))
        source.render_init()
        self._programs: dict[str, Program] = {}
        self._pictures: dict[str, Picture] = {}
        self._picture_part = ""
        for part in _rendered_parts(source):
            name = str(part.partname).lstrip("/")
            xml = source.patch_xml(_without_fallback(part.blob))
            if "{{" not in xml and "{%" not in xml:
                continue
            if _CODE.search(xml):
                self._pictures[name], self._picture_part = _place_picture(source, part, drawn)
            self._programs[name] = Program(xml)
        if not self._pictures:
            raise TemplateRefused("no_code")
        _anonymise(source, title)
        _drop_unused_styles(source)
        saved = BytesIO()
        source.docx.save(saved)
        with zipfile.ZipFile(saved) as archive:
            self._parts = {name: archive.read(name) for name in archive.namelist()}

    def fill(self, context: Mapping[str, Any], code_png: bytes) -> Filled:
        """Carry out the marks with these names (traced texts, functions, asides); raises TemplateRefused."""
        trees: dict[str, etree._Element] = {}
        shown: list[Shown] = []
        for name, program in self._programs.items():
            names = {**context, "code": self._pictures.get(name)}
            xml, printed = program.run(names, len(shown) + 1)
            shown += printed
            taken = {int(colour, 16) for colour in _NEAR_BLACK.findall(xml)}
            if taken & set(range(1, len(shown) + 1)):
                raise TemplateRefused("marker_colour")
            try:
                trees[name] = etree.fromstring(xml.encode())
            except etree.XMLSyntaxError as problem:
                raise TemplateRefused("bad_xml") from problem
        _renumber_drawings(trees)
        return Filled({**self._parts, self._picture_part: code_png}, trees, shown)


def _rendered_parts(source: DocxTemplate) -> Iterator[Part]:
    main = source.docx.part
    yield main
    for relation in main.rels.values():
        if relation.reltype.endswith(_RENDERED):
            yield relation.target_part


def _without_fallback(xml: bytes) -> str:
    """Drop the second copy of each text box: it would be traced but never printed."""
    root = etree.fromstring(xml)
    for fallback in list(root.iter(f"{{{_MC}}}Fallback")):
        fallback.getparent().remove(fallback)
    text: str = etree.tostring(root, encoding="unicode")
    return text


def _place_picture(source: DocxTemplate, part: Part, drawn: Drawn) -> tuple[Picture, str]:
    source.current_rendering_part = part
    side = Mm(drawn.width_mm)
    xml = str(InlineImage(source, BytesIO(drawn.png), width=side, height=side))
    relation = re.search(r'r:embed="([^"]+)"', xml)
    assert relation is not None
    return Picture(xml), str(part.related_parts[relation[1]].partname).lstrip("/")


def _anonymise(source: DocxTemplate, title: str) -> None:
    """Leave nobody's name in the document's properties, and no part that is never printed."""
    core = source.docx.core_properties
    core.title, core.author = title, "印证"
    for name in ("comments", "keywords", "last_modified_by", "subject", "category", "identifier", "version"):
        setattr(core, name, "")
    core.created = core.modified = core.last_printed = _FIXED_TIME
    for holder in (source.docx.part.package, source.docx.part):
        for key in [key for key, item in holder.rels.items() if item.reltype.endswith(_USELESS)]:
            del holder.rels[key]


def _drop_unused_styles(source: DocxTemplate) -> None:
    """Leave only the styles that are used: LibreOffice spends a third of its time on Word's other 160."""
    sheet = source.docx.styles.element
    by_id = {style.get(f"{{{_W}}}styleId"): style for style in sheet.findall(f"{{{_W}}}style")}
    used = [key for key, style in by_id.items() if style.get(f"{{{_W}}}default") in {"1", "true", "on"}]
    for part in source.docx.part.package.iter_parts():
        if str(part.partname).endswith(".xml") and part is not source.docx.part._styles_part:  # noqa: SLF001 - python-docx has no public name for it
            used += _STYLE_USE.findall(part.blob.decode(errors="replace"))
    kept: set[str] = set()
    while used:
        key = used.pop()
        if key not in kept and key in by_id:
            kept.add(key)
            used += [link.get(_VAL) for tag in _STYLE_LINKS for link in by_id[key].findall(f"{{{_W}}}{tag}")]
    for key, style in by_id.items():
        if key not in kept:
            sheet.remove(style)


def _renumber_drawings(trees: Mapping[str, etree._Element]) -> None:
    """Give each drawing an id of its own, as Word wants."""
    drawings = [drawing for tree in trees.values() for drawing in tree.iter(_DOC_PR)]
    for number, drawing in enumerate(drawings, 1):
        drawing.set("id", str(number))


def _split_runs(tree: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    """Give every traced text a run of its own; yields its number and run."""
    touched = [text.getparent() for text in tree.iter(_TEXT) if text.text and START in text.text]
    for run in dict.fromkeys(touched):
        yield from _split_run(run)


def _split_run(run: etree._Element) -> Iterator[tuple[int, etree._Element]]:
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
            if number:
                pieces.append(_new_run(properties, _texts(body)))
                yield int(number), pieces[-1]
    for piece in pieces:
        run.addprevious(piece)
    run.getparent().remove(run)


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


def _properties(run: etree._Element) -> etree._Element:
    found = run.find(_PROPERTIES)
    if found is None:
        found = etree.Element(_PROPERTIES)
        run.insert(0, found)
    return found


def _set(run: etree._Element, tag: str, value: str, before: tuple[str, ...]) -> None:
    """Set one run property, in the order the schema wants: after those named in `before`."""
    properties = _properties(run)
    for old in properties.findall(f"{{{_W}}}{tag}"):
        properties.remove(old)
    place = sum(etree.QName(child).localname in before for child in properties)
    properties.insert(place, etree.Element(f"{{{_W}}}{tag}", {_VAL: value}))


def _colour_of(run: etree._Element) -> str:
    colour = _properties(run).find(f"{{{_W}}}color")
    value = "" if colour is None else colour.get(_VAL, "")
    return value.upper() if re.fullmatch(r"[0-9A-Fa-f]{6}", value) else BLACK
