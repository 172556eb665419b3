"""Fills a Word template with one paper's values, each in a run of its own that can be found again.

What a template may say (conventions for authors): `{{ field }}` for each declared field, photos too;
`{%tr for row in table %}` … `{{ row.column }}` … `{%tr endfor %}`, or `{{ table[0].column }}`; `{{ code }}` for
the QR picture, `{{ serial }}`, `{{ title }}`, `{{ attachment }}`, `{{ authority }}`, `{{ school }}`,
`{{ copies_note }}`; `{{ text.name }}` and a loop over `footnotes` for wordings (not traced);
`{{ total.table.length }}` and `{{ total.table.column }}` for the sum of a table (not traced);
`{{ seal('block') }}` and `{{ sign('block') }}` print a block's label; `raw.field` in conditions,
`{{ plain.field }}` for an untraced repeat. In the body, headers, footers and footnotes; a mark keeps the
font and size of its first letter.
"""

import copy
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from types import MappingProxyType
from typing import Any

from docx.opc.part import Part
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from lxml import etree

from templates import word_safety, words
from templates.code import Drawn
from templates.errors import TemplateRefused
from templates.fonts import SERIAL
from templates.pictures import Photo
from templates.runs import BEFORE_COLOUR, BEFORE_SIZE, colour_of, properties_of, set_property, split
from templates.sandbox import Kind, Picture, Program, Shown

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_VAL = f"{{{_W}}}val"
_DOC_PR = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_STYLES = "word/styles.xml"
_RENDERED = ("/header", "/footer", "/footnotes", "/endnotes")
# Parts that never reach paper; LibreOffice would read them for every document.
_USELESS = ("stylesWithEffects", "customXml", "thumbnail", "extended-properties", "custom-properties")
_CODE = re.compile(r"\{\{\s*code\s*\}\}")
_NEAR_BLACK = re.compile(r'(?:<w:color w:val|w:color|w:fill)="(00[0-9A-Fa-f]{4})"')
_PHOTO = re.compile(r'r:embed="(rIdPhoto[0-9a-f]+)"')
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_IMAGE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"
_JPEG = "{http://schemas.openxmlformats.org/package/2006/content-types}Default"
_STYLE_USE = re.compile(r'<w:(?:pStyle|rStyle|tblStyle|styleLink|numStyleLink) w:val="([^"]+)"')
_STYLE_LINKS = ("basedOn", "link", "next")
_FIXED_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # the paper's own date is on the paper
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_LINE = 1.2  # of the largest character: as near as lines may come
TINTS = 2000  # more cells than any page can hold
_HUGE = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)  # our own output
_CLOSE = (
    'distT="0" distB="0" distL="0" distR="0"'  # LibreOffice puts 3.2 mm beside a picture that does not say
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One traced text: `tint` is its colour while LibreOffice works, `colour` (RRGGBB) what it shall be."""

    number: int
    kind: Kind
    name: str
    text: str
    colour: str
    tint: int


def marker(tint: int) -> str:
    """Write a marker colour as RRGGBB: red is always 0, green and blue hold the tint."""
    return f"00{tint:04X}"


class Filled:
    """A filled template: `marked` goes to LibreOffice, `plain` to the archive.

    No tint up to `reserved` is free: the template has colours that look like them.
    """

    def __init__(
        self,
        parts: dict[str, bytes],
        trees: dict[str, etree._Element],
        shown: list[Shown],
        code_part: str,
        *,
        special: Mapping[str, str],
        reserved: int,
    ) -> None:
        self.reserved = reserved
        self._parts = parts
        self._trees = trees
        self._code_part = code_part
        self._runs: dict[int, list[etree._Element]] = {}
        serials = (
            number
            for number, text in enumerate(shown, 1)
            if text.name == "serial" and text.kind == "furniture"
        )
        fonts = dict.fromkeys(serials, SERIAL.name)
        for tree in trees.values():
            for number, run in split(tree, special, fonts):
                self._runs.setdefault(number, []).append(run)
        if self._runs.keys() != set(range(1, len(shown) + 1)):
            raise TemplateRefused("syntax", "标记必须写在正文文字里")
        colours = [colour_of(self._runs[number][0]) for number in range(1, len(shown) + 1)]
        self.marks = tuple(
            Mark(number, text.kind, text.name, str(text), colour, tint)
            for number, (text, colour, tint) in enumerate(
                zip(shown, colours, _tints(shown, colours), strict=True), 1
            )
        )

    @property
    def colours(self) -> dict[int, str]:
        """What each marker colour shall be in the end, by tint."""
        return {mark.tint: mark.colour for mark in self.marks}

    def tints(self) -> dict[int, list[int]]:
        """Give the numbers of the marks of each marker colour, in the order they are printed."""
        found: dict[int, list[int]] = {}
        for mark in self.marks:
            found.setdefault(mark.tint, []).append(mark.number)
        return found

    def letters(self) -> Counter[str]:
        """Count the letters that must be on the finished paper."""
        return words.wanted(self._trees.values())

    def resize(self, half_points: Mapping[int, int], *, closer: bool = False) -> None:
        """Set the size of some marks, by number, in half points; `closer` brings lines of fixed height along."""
        for number, size in half_points.items():
            for run in self._runs[number]:
                for tag in ("sz", "szCs"):
                    set_property(run, tag, str(size), BEFORE_SIZE)
                if closer:
                    _tighten(run.getparent())

    def recode(self, code_png: bytes) -> None:
        """Put another QR picture of the same size in the place of the first."""
        self._parts[self._code_part] = code_png

    @property
    def trees(self) -> Sequence[etree._Element]:
        """The Word parts that print something, in the order their texts are numbered."""
        return tuple(self._trees.values())

    @property
    def styles(self) -> etree._Element:
        """The styles of the whole document."""
        return etree.fromstring(self._parts[_STYLES])

    def runs(self, number: int) -> Sequence[etree._Element]:
        """The runs of one traced text."""
        return self._runs[number]

    def marked(self, others: Mapping[etree._Element, int] = MappingProxyType({})) -> bytes:
        """Give the .docx in which every traced text has its marker colour (not compressed: it goes next door).

        `others` are further runs, each with its tint.
        """
        tints = {run: mark.tint for mark in self.marks for run in self._runs[mark.number]} | dict(others)
        before = [(run, copy.deepcopy(run.find(f"{{{_W}}}rPr"))) for run in tints]
        for run, tint in tints.items():
            set_property(run, "color", marker(tint), BEFORE_COLOUR)
        made = self._pack(zipfile.ZIP_STORED)
        for run, properties in before:
            run.remove(properties_of(run))
            if properties is not None:
                run.insert(0, properties)
        return made

    def bare(self) -> bytes:
        """Give the .docx without marker colours, not compressed: it goes next door."""
        return self._pack(zipfile.ZIP_STORED)

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

    def outline(self, context: Mapping[str, Any]) -> tuple[tuple[tuple[str, ...], ...], list[Shown]]:
        """Give what stands around the printed texts in each part, and all of these (see `Program.outline`)."""
        parts: list[tuple[str, ...]] = []
        shown: list[Shown] = []
        for name, program in self._programs.items():
            part, printed = program.outline({**context, "code": self._pictures.get(name)})
            parts.append(part)
            shown += printed
        return tuple(parts), shown

    def fill(
        self,
        context: Mapping[str, Any],
        code_png: bytes,
        photos: Sequence[Photo] = (),
        special: Mapping[str, str] = MappingProxyType({}),
        dress: Callable[[Shown], str] | None = None,
    ) -> Filled:
        """Carry out the marks with these names (traced texts, functions, asides); raises TemplateRefused.

        `special` gives characters that are set in a font of their own; `dress` other words for every text.
        """
        trees: dict[str, etree._Element] = {}
        shown: list[Shown] = []
        parts = {**self._parts, self._picture_part: code_png}
        by_relation = {photo.relation: photo for photo in photos}
        reserved = 0
        for name, program in self._programs.items():
            names = {**context, "code": self._pictures.get(name)}
            xml, printed = program.run(names, len(shown) + 1, dress)
            shown += printed
            taken = {int(colour, 16) for colour in _NEAR_BLACK.findall(xml)}
            if taken & set(range(1, len(shown) + 1)):
                raise TemplateRefused("marker_colour")
            reserved = max((reserved, *taken))
            try:
                trees[name] = etree.fromstring(xml.encode(), _HUGE)
            except etree.XMLSyntaxError as problem:
                raise TemplateRefused("bad_xml") from problem
            _add_photos(parts, name, [by_relation[key] for key in dict.fromkeys(_PHOTO.findall(xml))])
        _renumber_drawings(trees)
        return Filled(parts, trees, shown, self._picture_part, special=special, reserved=reserved)


def _tints(shown: Sequence[Shown], colours: Sequence[str]) -> Iterator[int]:
    """Choose marker colours: one for each text, but cells of a long roster share theirs, TINTS apart.

    LibreOffice's time grows with the square of the number of colours (1000 rows: 14 s against 5 s); cells so
    far apart never stand on one page, so the page tells them apart.
    """
    cells = {number for number, text in enumerate(shown) if "." in text.name and text.kind == "value"}
    if len(cells) <= TINTS or len({colours[number] for number in cells}) > 1:
        yield from range(1, len(shown) + 1)
        return
    alone, shared = 0, 0
    for number in range(len(shown)):
        if number in cells:
            yield len(shown) - len(cells) + 1 + shared % TINTS
            shared += 1
        else:
            alone += 1
            yield alone


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
    xml = xml.replace("<wp:inline", f"<wp:inline {_CLOSE}", 1)
    return Picture(xml), str(part.related_parts[relation[1]].partname).lstrip("/")


def _add_photos(parts: dict[str, bytes], name: str, photos: Sequence[Photo]) -> None:
    """Add the photos one part shows: their bytes, their relations, and the kind of file they are."""
    if not photos:
        return
    folder, _, file = name.rpartition("/")
    place = f"{folder}/_rels/{file}.rels"
    relations = etree.fromstring(parts[place])
    for photo in photos:
        parts[f"{folder}/{photo.file}"] = photo.jpeg
        etree.SubElement(relations, _RELATION, Id=photo.relation, Type=_IMAGE, Target=photo.file)
    parts[place] = etree.tostring(relations, encoding="UTF-8", standalone=True)
    kinds = etree.fromstring(parts["[Content_Types].xml"])
    if not any(kind.get("Extension", "").lower() == "jpeg" for kind in kinds):
        kinds.insert(0, kinds.makeelement(_JPEG, Extension="jpeg", ContentType="image/jpeg"))
        parts["[Content_Types].xml"] = etree.tostring(kinds, encoding="UTF-8", standalone=True)


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


def _tighten(paragraph: etree._Element) -> None:
    """Bring the lines of a paragraph as near as its largest character allows, when their height is set in points."""
    spacing = paragraph.find(f"{{{_W}}}pPr/{{{_W}}}spacing")
    sizes = [run.find(f"{{{_W}}}rPr/{{{_W}}}sz") for run in paragraph.iter(f"{{{_W}}}r")]
    if spacing is None or spacing.get(f"{{{_W}}}lineRule") not in {"exact", "atLeast"} or None in sizes:
        return
    largest = max(float(size.get(f"{{{_W}}}val", 0)) for size in sizes if size is not None)
    line = round(largest * 10 * _LINE)  # twentieths of a point, from half points
    if line < float(spacing.get(f"{{{_W}}}line", 0)):
        spacing.set(f"{{{_W}}}line", str(line))
