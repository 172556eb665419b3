"""Refuses a Word template that could harm before anything opens it: bombs, macros, links, hidden files."""

import zipfile
from io import BytesIO
from pathlib import PurePosixPath

from lxml import etree

from templates.errors import TemplateRefused

MAX_FILE = 8 << 20  # bytes of the .docx; ours are 20–60 KB, a scanned letterhead may take 2 MB
MAX_ENTRIES = 400  # parts of a normal document: 12–40
MAX_TOTAL = 48 << 20  # bytes unpacked, all parts together
MAX_RATIO = 100  # unpacked to packed; Word's own XML packs at most 40:1
_SMALL = 16 << 10  # below this a high ratio cannot hurt
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_XML = (".xml", ".rels", ".vml")
_EMBEDDED = ("word/embeddings/", "word/activex/", "customui/", "word/controls/")
_LINKED = ("altChunk", "object", "control", "subDoc", "movie")
_ALLOWED_FIELDS = frozenset({"PAGE", "NUMPAGES"})  # what neither changes by itself nor reads other files


def check(docx: bytes) -> None:
    """Check a template's bytes; raises TemplateRefused with the first reason found."""
    if len(docx) > MAX_FILE:
        raise TemplateRefused("too_large")
    try:
        with zipfile.ZipFile(BytesIO(docx)) as archive:
            _check_sizes(archive.infolist())
            _check_names(archive.infolist())
            for entry in archive.infolist():
                _check_entry(entry.filename, archive.read(entry))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as problem:
        raise TemplateRefused("not_docx") from problem


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    """Judge by the directory alone; reading later stops at the sizes given there."""
    if len(entries) > MAX_ENTRIES:
        raise TemplateRefused("entries")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_TOTAL or total > MAX_RATIO * max(packed, 1):
        raise TemplateRefused("ratio")
    for entry in entries:
        if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
            raise TemplateRefused("ratio")


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    lower = [name.lower() for name in names]
    if len(set(lower)) != len(lower):
        raise TemplateRefused("unsafe_path")
    for name, entry in zip(names, entries, strict=True):
        if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts or entry.flag_bits & 1:
            raise TemplateRefused("unsafe_path")
    if not {"[content_types].xml", "word/document.xml"} <= set(lower):
        raise TemplateRefused("not_docx")
    for name in lower:
        if "vbaproject" in name or "vbadata" in name:
            raise TemplateRefused("macros")
        if name.startswith(_EMBEDDED) or name.endswith((".bin", ".ole", ".exe")):
            raise TemplateRefused("embedded")


def _check_entry(name: str, data: bytes) -> None:
    if not name.lower().endswith(_XML):
        return
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise TemplateRefused("dtd")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\0" in data[:64]:
        raise TemplateRefused("bad_xml")  # UTF-16 or -32 would hide the words looked for above
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as problem:
        raise TemplateRefused("bad_xml") from problem
    if root.getroottree().docinfo.doctype:
        raise TemplateRefused("dtd")
    if name.endswith(".rels"):
        _check_relations(root)
    elif name == "[Content_Types].xml":
        _check_types(root)
    else:
        _check_content(root)


def _check_relations(root: etree._Element) -> None:
    for relation in root.iter("{*}Relationship"):
        kind = relation.get("Type", "").rpartition("/")[2].lower()
        if "vbaproject" in kind:
            raise TemplateRefused("macros")
        if relation.get("TargetMode", "").lower() == "external" or kind == "attachedtemplate":
            raise TemplateRefused("external")
        if ":" in relation.get("Target", ""):
            raise TemplateRefused("external")
        if kind in {"oleobject", "package", "control", "afchunk", "subdocument"}:
            raise TemplateRefused("embedded")


def _check_types(root: etree._Element) -> None:
    for item in root:
        kind = str(item.get("ContentType", "")).lower() if isinstance(item.tag, str) else ""
        if "macroenabled" in kind or "vba" in kind:
            raise TemplateRefused("macros")
        if "oleobject" in kind or "activex" in kind:
            raise TemplateRefused("embedded")


def _check_content(root: etree._Element) -> None:
    for element in root.iter("{*}*"):
        local = etree.QName(element).localname
        if local in _LINKED and etree.QName(element).namespace == _W[1:-1]:
            raise TemplateRefused("embedded")
        if local == "imagedata" and (element.get("src") or element.get("href")):
            raise TemplateRefused("external")
    _check_fields(root)


def _check_fields(root: etree._Element) -> None:
    """Allow only fields named in _ALLOWED_FIELDS, also when one is split over several runs."""
    for paragraph in root.iter(f"{_W}p"):
        code = "".join(part.text or "" for part in paragraph.iter(f"{_W}instrText")).split()
        if any(word.isalpha() and word.isupper() and word not in _ALLOWED_FIELDS for word in code):
            raise TemplateRefused("fields", code[0][:20])
        if code and code[0].upper() not in _ALLOWED_FIELDS:
            raise TemplateRefused("fields", code[0][:20])
    for simple in root.iter(f"{_W}fldSimple"):
        words = simple.get(f"{_W}instr", "").split()
        if not words or words[0].upper() not in _ALLOWED_FIELDS:
            raise TemplateRefused("fields", words[0][:20] if words else "")
