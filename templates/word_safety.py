"""Refuses a Word template that could harm before anything opens it: bombs, macros, links, hidden files."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath

from lxml import etree

from templates.errors import TemplateRefused

MAX_FILE = 8 << 20  # bytes of the .docx; ours are 20–60 KB, a scanned letterhead may take 2 MB
MAX_ENTRIES = 400  # parts of a normal document: 12–40
MAX_TOTAL = 48 << 20  # bytes unpacked, all parts together
MAX_RATIO = 100  # unpacked to packed; Word's own XML packs at most 40:1
_SMALL = 16 << 10  # below this a high ratio cannot hurt
_WORD = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
"""Word's own words, as every program writes them and as the strict kind of file spells them."""
_XML = (".xml", ".rels", ".vml")
_MARKUP = (
    b"<",
    b"\0<",
    b"<\0",
    b"\xff\xfe",
    b"\xfe\xff",
)  # LibreOffice reads a part as its relation says, not its name
_EMBEDDED = ("word/embeddings/", "word/activex/", "customui/", "word/controls/")
_FONT_FILES = (".odttf", ".ttf", ".ttc", ".otf", ".fntdata")
_LINKED = ("altChunk", "object", "control", "subDoc", "movie")
_UNREADABLE = frozenset({"entries", "ratio", "unsafe_path"})  # then nothing is unpacked
_ALLOWED_FIELDS = frozenset({"PAGE", "NUMPAGES"})  # what neither changes by itself nor reads other files


def check(docx: bytes) -> None:
    """Check a template's bytes; raises TemplateRefused with the first reason found."""
    for _, fault in faults(docx):
        raise fault


def faults(docx: bytes) -> Iterator[tuple[str, TemplateRefused]]:
    """Give everything that is wrong with a template's bytes, each with the part it stands in ('' for the file).

    Nothing is unpacked from a file whose directory alone is wrong.
    """
    if len(docx) > MAX_FILE:
        yield "", TemplateRefused("too_large")
        return
    try:
        with zipfile.ZipFile(BytesIO(docx)) as archive:
            outside = [*_sizes(archive.infolist()), *_names(archive.infolist())]
            yield from (("", fault) for fault in outside)
            if {fault.reason for fault in outside} & _UNREADABLE:
                return
            for entry in archive.infolist():
                yield from ((entry.filename, fault) for fault in _entry(entry.filename, archive.read(entry)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        yield "", TemplateRefused("not_docx")


def _sizes(entries: list[zipfile.ZipInfo]) -> Iterator[TemplateRefused]:
    """Judge by the directory alone; reading later stops at the sizes given there."""
    if len(entries) > MAX_ENTRIES:
        yield TemplateRefused("entries")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    bombs = [entry for entry in entries if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size)]
    if total > MAX_TOTAL or total > MAX_RATIO * max(packed, 1) or bombs:
        yield TemplateRefused("ratio")


def _names(entries: list[zipfile.ZipInfo]) -> Iterator[TemplateRefused]:
    names = [entry.filename for entry in entries]
    lower = [name.lower() for name in names]
    if len(set(lower)) != len(lower) or any(_hidden(entry) for entry in entries):
        yield TemplateRefused("unsafe_path")
    if not {"[content_types].xml", "word/document.xml"} <= set(lower):
        yield TemplateRefused("not_docx")
    if any("vbaproject" in name or "vbadata" in name for name in lower):
        yield TemplateRefused("macros")
    if any(name.startswith(_EMBEDDED) or name.endswith((".bin", ".ole", ".exe")) for name in lower):
        yield TemplateRefused("embedded")
    if any(name.startswith("word/fonts/") or name.endswith(_FONT_FILES) for name in lower):
        yield TemplateRefused("fonts")  # LibreOffice would set ours with it: a 3 could look like an 8


def _hidden(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename
    outside = name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts
    return outside or bool(entry.flag_bits & 1)


def _entry(name: str, data: bytes) -> Iterator[TemplateRefused]:
    if not name.lower().endswith(_XML) and not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_MARKUP):
        return
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        yield TemplateRefused("dtd")
        return
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:64]:
        yield TemplateRefused("bad_xml")  # UTF-16 or -32 would hide the words looked for above
        return
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        yield TemplateRefused("bad_xml")
        return
    if root.getroottree().docinfo.doctype:
        yield TemplateRefused("dtd")
    elif name.lower().endswith(".rels"):
        yield from _relations(root)
    elif name.lower() == "[content_types].xml":
        yield from _types(root)
    else:
        yield from _content(root)


def _relations(root: etree._Element) -> Iterator[TemplateRefused]:
    for relation in root.iter("{*}Relationship"):
        kind = relation.get("Type", "").rpartition("/")[2].lower()
        if "vbaproject" in kind:
            yield TemplateRefused("macros")
        elif (
            relation.get("TargetMode", "").lower() == "external"
            or kind == "attachedtemplate"
            or ":" in relation.get("Target", "")
        ):
            yield TemplateRefused("external")
        elif kind in {"oleobject", "package", "control", "afchunk", "subdocument"}:
            yield TemplateRefused("embedded")


def _types(root: etree._Element) -> Iterator[TemplateRefused]:
    for item in root:
        kind = str(item.get("ContentType", "")).lower() if isinstance(item.tag, str) else ""
        if "macroenabled" in kind or "vba" in kind:
            yield TemplateRefused("macros")
        elif "oleobject" in kind or "activex" in kind:
            yield TemplateRefused("embedded")


def _content(root: etree._Element) -> Iterator[TemplateRefused]:
    for element in root.iter("{*}*"):
        local = etree.QName(element).localname
        if local in _LINKED and etree.QName(element).namespace in _WORD:
            yield TemplateRefused("embedded")
        if local == "imagedata" and (element.get("src") or element.get("href")):
            yield TemplateRefused("external")
    yield from _fields(root)


def _fields(root: etree._Element) -> Iterator[TemplateRefused]:
    """Allow only fields named in _ALLOWED_FIELDS, also when one is split over several runs."""
    for word in _WORD:
        for paragraph in root.iter(f"{{{word}}}p"):
            code = "".join(part.text or "" for part in paragraph.iter(f"{{{word}}}instrText")).split()
            strange = any(name.isalpha() and name.isupper() and name not in _ALLOWED_FIELDS for name in code)
            if strange or (code and code[0].upper() not in _ALLOWED_FIELDS):
                yield TemplateRefused("fields", code[0][:20])
        for simple in root.iter(f"{{{word}}}fldSimple"):
            names = simple.get(f"{{{word}}}instr", "").split()
            if not names or names[0].upper() not in _ALLOWED_FIELDS:
                yield TemplateRefused("fields", names[0][:20] if names else "")
