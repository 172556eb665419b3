"""Opens a safe Word file as the parts that are printed, and names any place in them for a person."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from posixpath import basename, dirname, join, normpath

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_PRINTED = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_ROOMS = {
    "document": "正文",
    "header": "页眉",
    "footer": "页脚",
    "footnotes": "脚注",
    "endnotes": "尾注",
    "styles": "样式",
}
_SHOWN = 24  # characters of the text around that are quoted


@dataclass(frozen=True, slots=True)
class Part:
    """One printed part: its name inside the file, its Chinese name, its XML, what it refers to by id."""

    name: str
    zh: str
    root: etree._Element
    targets: Mapping[str, str]

    def where(self, element: etree._Element) -> str:
        """Say where an element stands: 正文 第1个表格第2行第3格“姓名”, or 页眉 第1段."""
        paragraph = _up(element, "p")
        anchor = element if paragraph is None else paragraph
        quote = _quote(_text(anchor))
        cell = _up(anchor, "tc")
        if cell is None:
            listed = [item for item in self.root.iter(f"{W}p") if _up(item, "tc") is None]
            number = f" 第{listed.index(paragraph) + 1}段" if paragraph in listed else ""
            return f"{self.zh}{number}{quote}"
        row = cell.getparent()
        table = _up(row, "tbl")
        rows = list(table.iter(f"{W}tr")) if table is not None else []
        rows = [item for item in rows if _up(item, "tbl") is table]
        tables = list(self.root.iter(f"{W}tbl"))
        return (
            f"{self.zh} 第{tables.index(table) + 1}个表格第{rows.index(row) + 1}行"
            f"第{row.findall(f'{W}tc').index(cell) + 1}格{quote}"
        )

    def paragraphs(self) -> Iterator[etree._Element]:
        """Every paragraph, those in tables too."""
        yield from self.root.iter(f"{W}p")


@dataclass(frozen=True, slots=True)
class Parts:
    """A Word file's printed parts, its styles and theme (None without), and its pictures by name."""

    printed: tuple[Part, ...]
    styles: Part | None
    theme: etree._Element | None
    numbering: etree._Element | None
    pictures: Mapping[str, bytes]

    @property
    def body(self) -> Part:
        """The main part."""
        return self.printed[0]


def opened(docx: bytes) -> Parts:
    """Open a file that `word_safety.faults` found nothing in; the second copies of text boxes are left out."""
    with zipfile.ZipFile(BytesIO(docx)) as archive:
        names = archive.namelist()
        trees = {
            name: _tree(archive.read(name)) for name in names if name.lower().endswith((".xml", ".rels"))
        }
        pictures = {name: archive.read(name) for name in names if name.startswith("word/media/")}
    printed = sorted(
        (name for name in trees if _PRINTED.fullmatch(name)),
        key=lambda name: (name != "word/document.xml", name),
    )
    theme = next((tree for name, tree in trees.items() if name.startswith("word/theme/theme")), None)
    styles = _part("word/styles.xml", trees) if "word/styles.xml" in trees else None
    return Parts(
        tuple(_part(name, trees) for name in printed),
        styles,
        theme,
        trees.get("word/numbering.xml"),
        pictures,
    )


def text_of(paragraph: etree._Element) -> str:
    """The text of one paragraph as its marks are read: runs joined, without the paragraphs of boxes in it."""
    return "".join(node.text or "" for node in paragraph.iter(f"{W}t") if _up(node, "p") is paragraph)


def _part(name: str, trees: Mapping[str, etree._Element]) -> Part:
    word = re.sub(r"\d*\.xml$", "", basename(name))
    related = trees.get(join(dirname(name), "_rels", f"{basename(name)}.rels"))
    targets = {
        relation.get("Id", ""): normpath(join(dirname(name), relation.get("Target", ""))).lstrip("/")
        for relation in (() if related is None else related.iter("{*}Relationship"))
    }
    return Part(name, _ROOMS.get(word, word), trees[name], targets)


def _tree(data: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(data, parser)
    for fallback in list(root.iter(f"{_MC}Fallback")):
        fallback.getparent().remove(fallback)
    return root


def up(element: etree._Element, tag: str) -> etree._Element | None:
    """Give the element itself or the nearest one around it with this w: tag."""
    return _up(element, tag)


def _up(element: etree._Element, tag: str) -> etree._Element | None:
    node: etree._Element | None = element
    while node is not None and node.tag != f"{W}{tag}":
        node = node.getparent()
    return node


def _text(element: etree._Element) -> str:
    return "".join(node.text or "" for node in element.iter(f"{W}t")).strip()


def _quote(text: str) -> str:
    if not text:
        return ""
    return f"“{text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}”"
