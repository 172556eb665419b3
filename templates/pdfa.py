"""Turns LibreOffice's PDF into the archive copy (PDF/A-2b, black text, no dates, no names) and proves that it is."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import (
    BooleanObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from templates.code import Drawn
from templates.errors import PdfRefused
from templates.fonts import family_of
from templates.pagecodes import recoded, streams

PRODUCER = "Yinzheng; LibreOffice"
_HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_NUMBER = rb"(\d+(?:\.\d+)?|\.\d+)"
_COLOUR = re.compile(rb"(?<![\d.])0 " + _NUMBER + b" " + _NUMBER + rb" (rg|RG)\b")
_PATH = re.compile(rb"(?:-?[\d.]+\s+){2,6}[mlcvy]\b")
_ICC_DATE = slice(24, 36)  # creation date and time in an ICC profile's header: six 16-bit numbers
_ICC_FIXED = bytes([0x07, 0xE6, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])
_ICC_ID = slice(84, 100)  # a checksum that may be left zero
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
    LibreOffice knows only one picture for a header on all pages. The same input gives the same bytes (LibreOffice itself salts the Song font it embeds). Raises PdfRefused when the PDF cannot be read.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        changed: list[PdfObject] = [_described(reader, title), *_described_root(reader.root_object, title)]
        for page in reader.pages:
            changed += _recoloured(page, colours)
        if codes:
            changed += recoded(reader, codes)
        changed += _fixed_profiles(reader.root_object)
        return _spliced(pdf, reader, changed)
    except (PyPdfError, KeyError, TypeError, ValueError, AttributeError, IndexError) as problem:
        raise PdfRefused("无法整理") from problem


def check(pdf: bytes) -> tuple[str, ...]:
    """Prove the archive copy's structure and give the text of each page; raises PdfRefused.

    Proved: no encryption, output intent, XMP saying PDF/A-2b, every font embedded and of a pinned family,
    no scripts, no actions, no attachments, no forms.
    """
    try:
        reader = PdfReader(BytesIO(pdf))
        if reader.is_encrypted:
            raise PdfRefused("文件被加密")
        _check_root(reader.root_object)
        for page in reader.pages:
            if "/AA" in page or "/Annots" in page:
                raise PdfRefused("页面带有动作或批注")
            for font in _fonts(page):
                _check_font(font)
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
        content.set_data(_COLOUR.sub(lambda found: _colour(found, colours), content.get_data()))
        yield content


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
    xmp: Any = root["/Metadata"].get_object()
    xmp.set_data(_XMP.format(title=escape(title), producer=PRODUCER).encode())
    yield xmp
    root[NameObject("/Lang")] = TextStringObject("zh-CN")
    shown = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    root[NameObject("/ViewerPreferences")] = shown
    root.pop("/OpenAction", None)
    yield root


def _spliced(pdf: bytes, reader: PdfReader, changed: list[PdfObject]) -> bytes:
    """Write the file again with some objects replaced; all others keep their bytes.

    pypdf's own writer reads and writes every object: thirty times slower on a form with its 600 tags.
    """
    places = {number: start for number, start in reader.xref[0].items() if number}
    if reader.xref_objStm:
        raise ValueError("object streams are not what LibreOffice 7 writes")
    fresh = {_number(item): item for item in changed}
    starts = sorted((start, number) for number, start in places.items())
    ends = [start for start, _ in starts[1:]] + [pdf.rindex(b"xref\n0 ")]
    out = BytesIO()
    out.write(_HEADER)
    seal = hashlib.sha256()
    table = [b"0000000000 65535 f \n"] + [b"0000000000 00000 f \n"] * max((*places, *fresh))
    pieces = {number: pdf[start:end] for (start, number), end in zip(starts, ends, strict=True)}
    for number in (*pieces, *sorted(fresh.keys() - pieces.keys())):
        table[number] = b"%010d 00000 n \n" % out.tell()
        if number not in fresh:
            out.write(pieces[number])
            continue
        out.write(b"%d 0 obj\n" % number)
        begin = out.tell()
        fresh[number].write_to_stream(out)
        seal.update(out.getbuffer()[begin:])
        out.write(b"\nendobj\n")
    mark = seal.hexdigest()[:32].encode()
    root, info = _number(reader.root_object), _number(reader.trailer["/Info"].get_object())
    at = out.tell()
    out.write(b"xref\n0 %d\n%s" % (len(table), b"".join(table)))
    out.write(b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R" % (len(table), root, info))
    out.write(b"/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n" % (mark, mark, at))
    return out.getvalue()


def _number(item: PdfObject | None) -> int:
    assert item is not None
    reference = item.indirect_reference
    assert reference is not None
    return reference.idnum


def _fixed_profiles(root: DictionaryObject) -> Iterator[PdfObject]:
    """Take the moment of export out of the colour profile LibreOffice writes."""
    intents: Any = root["/OutputIntents"].get_object()
    for intent in intents:
        profile = intent.get_object()["/DestOutputProfile"].get_object()
        data = bytearray(profile.get_data())
        data[_ICC_DATE] = _ICC_FIXED
        data[_ICC_ID] = bytes(16)
        profile.set_data(bytes(data))
        yield profile


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
    resources: Any = holder.get("/Resources", DictionaryObject()).get_object()
    yield from _items(resources, "/Font")
    for drawing in _items(resources, "/XObject"):
        if depth and drawing.get("/Subtype") == "/Form":
            yield from _fonts(drawing, depth - 1)


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
