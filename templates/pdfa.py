"""Turns LibreOffice's PDF into the archive copy (PDF/A-2b, black text, no dates, no names) and proves that it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import (
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from templates.code import Drawn
from templates.errors import PdfRefused
from templates.fonts import family_of
from templates.packing import packed
from templates.pagecodes import recoded, streams
from templates.profile import srgb
from templates.type1 import normalised

PRODUCER = "Yinzheng; LibreOffice"
_NUMBER = rb"(\d+(?:\.\d+)?|\.\d+)"
_COLOUR = re.compile(rb"(?<![\d.])0 " + _NUMBER + b" " + _NUMBER + rb" (rg|RG)\b")
_PATH = re.compile(rb"(?:-?[\d.]+\s+){2,6}[mlcvy]\b")
_PART = re.compile(rb"pdfaid:part(?:>|=\")\s*2")
_CONFORMANCE = re.compile(rb"pdfaid:conformance(?:>|=\")\s*B")
_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<pdf:Producer>{producer}</pdf:Producer>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def finish(pdf: bytes, colours: Mapping[int, str], title: str, codes: Sequence[Drawn] = ()) -> bytes:
    """Set marker colours (number → RRGGBB) back, title the file, and take out dates and names.

    With `codes` (one per page, all of one size) each page shows its own where a code of that size stands;
    LibreOffice knows only one picture for a header on all pages. The same content gives the same bytes, whichever
    process of LibreOffice wrote it. Raises PdfRefused when the PDF cannot be read.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        root = reader.root_object
        changed: list[PdfObject] = [_described(reader, title), *_described_root(root, title)]
        changed += [*_profiled(root), *_same_fonts(reader)]
        if codes:
            changed += recoded(reader, codes)
        for page in reader.pages:
            changed += _recoloured(page, colours)
        return packed(pdf, reader, changed)
    except (PyPdfError, KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise PdfRefused("无法整理") from problem


def xmp(title: str, producer: str) -> bytes:
    """Write the metadata of an archive copy: PDF/A-2b, its title, what made it; no date and no person."""
    return _XMP.format(title=escape(title), producer=escape(producer)).encode()


def check(pdf: bytes) -> tuple[str, ...]:
    """Prove the archive copy's structure and give the text of each page; raises PdfRefused.

    Proved: no encryption, the file's mark, output intent, XMP saying PDF/A-2b, every font embedded and of a pinned
    family, no picture that PDF/A or an RGB intent forbids, no scripts, no actions, no attachments, no forms. What takes
    reading the fonts themselves (veraPDF does) is proved of every form in the tests, not of every paper.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        if reader.is_encrypted:
            raise PdfRefused("文件被加密")
        if "/ID" not in reader.trailer:
            raise PdfRefused("没有文件标识（ID）")
        _check_root(reader.root_object)
        for page in reader.pages:
            if "/AA" in page or "/Annots" in page:
                raise PdfRefused("页面带有动作或批注")
            for font in _fonts(page):
                _check_font(font)
            for picture in _items(_resources(page), "/XObject"):
                _check_picture(picture)
        return tuple(_text(page) for page in reader.pages)
    except (PyPdfError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise PdfRefused("结构损坏") from problem


def _text(page: PageObject) -> str:
    """Give a page's text; lines and curves are left out first: an ornament takes longer than all words."""
    for content in streams(page):
        data = content.get_data()
        if b"(" not in data:  # only words in brackets could look like a path; LibreOffice writes none
            content.set_data(_PATH.sub(b"", data))
    return page.extract_text()


def _recoloured(page: DictionaryObject, colours: Mapping[int, str]) -> Iterator[StreamObject]:
    for content in streams(page):
        fresh = DecodedStreamObject()
        fresh.set_data(_COLOUR.sub(lambda found: _colour(found, colours), content.get_data()))
        fresh.indirect_reference = content.indirect_reference
        yield fresh


def _colour(found: re.Match[bytes], colours: Mapping[int, str]) -> bytes:
    green, blue, operator = found.groups()
    wanted = colours.get(round(float(green) * 255) << 8 | round(float(blue) * 255))
    if wanted is None:
        return found[0]
    parts = [int(wanted[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    return " ".join(f"{part:.4g}" for part in parts).encode() + b" " + operator


def _described(reader: PdfReader, title: str) -> DictionaryObject:
    """Say in the document information what the XMP says, and nothing more."""
    info: Any = reader.trailer["/Info"].get_object()
    info.clear()
    info[NameObject("/Title")] = TextStringObject(title)
    info[NameObject("/Producer")] = TextStringObject(PRODUCER)
    assert isinstance(info, DictionaryObject)
    return info


def _described_root(root: DictionaryObject, title: str) -> Iterator[PdfObject]:
    metadata: Any = root["/Metadata"].get_object()
    metadata.set_data(xmp(title, PRODUCER))
    yield metadata
    root[NameObject("/Lang")] = TextStringObject("zh-CN")
    shown = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    root[NameObject("/ViewerPreferences")] = shown
    root.pop("/OpenAction", None)
    yield root


def _profiled(root: DictionaryObject) -> Iterator[PdfObject]:
    """Put our colour profile in place of LibreOffice's, which says when it was made and is ten times as large."""
    intents: Any = root["/OutputIntents"].get_object()
    for intent in intents:
        profile = intent.get_object()["/DestOutputProfile"].get_object()
        profile.set_data(srgb())
        yield profile


def _same_fonts(reader: PdfReader) -> Iterator[PdfObject]:
    """Take out of the Type 1 fonts what tells one process of LibreOffice from another."""
    programs: dict[int, Any] = {}
    for page in reader.pages:
        for font in _fonts(page):
            descriptor: Any = font.get("/FontDescriptor", DictionaryObject()).get_object()
            if "/FontFile" in descriptor:
                program = descriptor["/FontFile"].get_object()
                programs[program.indirect_reference.idnum] = program
    for program in programs.values():
        program.set_data(normalised(program.get_data(), program["/Length1"], program["/Length2"]))
        yield program


def _check_root(root: DictionaryObject) -> None:
    intents: Any = root.get("/OutputIntents")
    if not intents or "/DestOutputProfile" not in intents.get_object()[0].get_object():
        raise PdfRefused("没有输出意图（OutputIntent）")
    metadata: Any = root.get("/Metadata")
    xmp = metadata.get_object().get_data() if metadata else b""
    if not (_PART.search(xmp) and _CONFORMANCE.search(xmp)):
        raise PdfRefused("元数据没有声明 PDF/A-2b")
    names: Any = root["/Names"].get_object() if "/Names" in root else {}
    for key, holder in (("/OpenAction", root), ("/AA", root), ("/AcroForm", root), ("/JavaScript", names)):
        if key in holder:
            raise PdfRefused(f"带有脚本、动作或表单（{key}）")
    if "/EmbeddedFiles" in names:
        raise PdfRefused("带有附件")


def _fonts(holder: DictionaryObject, depth: int = 3) -> Iterator[DictionaryObject]:
    """Walk a page's fonts, those of drawings inside it too."""
    yield from _items(_resources(holder), "/Font")
    for drawing in _items(_resources(holder), "/XObject"):
        if depth and drawing.get("/Subtype") == "/Form":
            yield from _fonts(drawing, depth - 1)


def _resources(holder: DictionaryObject) -> DictionaryObject:
    found: Any = holder.get("/Resources", DictionaryObject()).get_object()
    assert isinstance(found, DictionaryObject)
    return found


def _items(resources: DictionaryObject, kind: str) -> Iterator[DictionaryObject]:
    group: PdfObject = resources.get(kind, DictionaryObject()).get_object()
    assert isinstance(group, DictionaryObject)
    for item in group.values():
        found = item.get_object()
        assert isinstance(found, DictionaryObject)
        yield found


def _check_font(font: DictionaryObject) -> None:
    name = str(font.get("/BaseFont", ""))
    if family_of(name) is None:
        raise PdfRefused(f"字体被替换为 {name.lstrip('/')[:60]}")
    inner: Any = font
    if "/DescendantFonts" in font:
        inner = inner["/DescendantFonts"].get_object()[0].get_object()
    descriptor = inner["/FontDescriptor"].get_object()
    if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
        raise PdfRefused(f"字体 {name.lstrip('/')[:60]} 没有嵌入")


def _check_picture(picture: DictionaryObject) -> None:
    if picture.get("/ColorSpace") == "/DeviceCMYK":
        raise PdfRefused("图片是四色印刷（CMYK）的")
    if picture.get("/Subtype") == "/PS" or picture.get("/Interpolate") or "/Alternates" in picture:
        raise PdfRefused("图片含有存档格式不许的内容")
