"""Templates that could harm are refused before anything opens them."""

import io
import zipfile

import pytest
from docx import Document

from templates import word_safety
from templates.errors import TemplateRefused

_RELS = "word/_rels/document.xml.rels"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

FIELD = (
    '<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>'
    '<w:fldSimple w:instr="INCLUDETEXT /etc/passwd"/></w:p></w:hdr>'
)


def plain_docx() -> bytes:
    document = Document()
    document.add_paragraph("{{ student_name }}")
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def changed(edits=(), extra=()) -> bytes:
    """Give a normal .docx with (entry, old, new) replacements and further (entry, bytes)."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(plain_docx())) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            data = source.read(name)
            for entry, old, new in edits:
                if entry == name:
                    assert old in data
                    data = data.replace(old, new)
            target.writestr(name, data)
        for name, data in extra:
            target.writestr(name, data)
    return buffer.getvalue()


def relation(kind: str, target: str, mode: str = "") -> tuple[str, bytes, bytes]:
    mode = f' TargetMode="{mode}"' if mode else ""
    item = f'<Relationship Id="rId99" Type="{_OFFICE}/{kind}" Target="{target}"{mode}/></Relationships>'
    return (_RELS, b"</Relationships>", item.encode())


def in_body(xml: str) -> tuple[str, bytes, bytes]:
    return ("word/document.xml", b"<w:body>", f"<w:body>{xml}".encode())


REFUSED = {
    "a link to a web page": ("external", [relation("hyperlink", "http://127.0.0.1/x", "External")], []),
    "a linked picture": ("external", [relation("image", "file:///etc/passwd", "External")], []),
    "a file address without the word External": ("external", [relation("image", "file:///etc/passwd")], []),
    "a template fetched from elsewhere": ("external", [relation("attachedTemplate", "x.dotm")], []),
    "an embedded object": ("embedded", [relation("oleObject", "embeddings/a.docx")], []),
    "another document as a chunk": ("embedded", [relation("aFChunk", "afchunk.html")], []),
    "a macro": ("macros", [], [("word/vbaProject.bin", b"x")]),
    "a macro's relation": ("macros", [relation("vbaProject", "vba.xml")], []),
    "an embedded file": ("embedded", [], [("word/embeddings/oleObject1.bin", b"x")]),
    "a font of its own": ("fonts", [], [("word/fonts/font1.odttf", b"x")]),
    "an entity": (
        "dtd",
        [],
        [("word/footnotes.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')],
    ),
    "UTF-16, where a DTD would hide": ("bad_xml", [], [("word/x.xml", "<a/>".encode("utf-16"))]),
    "broken XML": ("bad_xml", [("word/document.xml", b"</w:body>", b"</w:bod>")], []),
    "a path out of the archive": ("unsafe_path", [], [("../../etc/cron.d/x", b"x")]),
    "two entries of one name": ("unsafe_path", [], [("word/Document.xml", b"<a/>")]),
    "a field that reads a file": (
        "fields",
        [in_body('<w:p><w:fldSimple w:instr="INCLUDETEXT /etc/passwd"/></w:p>')],
        [],
    ),
    "a date field": (
        "fields",
        [in_body("<w:p><w:r><w:instrText>DA</w:instrText></w:r><w:r><w:instrText>TE</w:instrText></w:r></w:p>")],
        [],
    ),
    "a field inside an allowed one": (
        "fields",
        [in_body("<w:p><w:r><w:instrText>PAGE INCLUDETEXT x</w:instrText></w:r></w:p>")],
        [],
    ),
    "a field in a strict part": (
        "fields",
        [],
        [("word/header9.xml", FIELD.replace("schemas.openxmlformats.org/wordprocessingml/2006", "purl.oclc.org/ooxml/wordprocessingml").encode())],
    ),
    "a field in a part that is called a picture": ("fields", [], [("word/media/header9.png", FIELD.encode())]),
    "a link in relations of another spelling": (
        "external",
        [],
        [("word/_rels/header9.xml.RELS", f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="a" Type="{_OFFICE}/image" Target="file:///etc/passwd" TargetMode="External"/></Relationships>'.encode())],
    ),
    "a bomb": ("ratio", [], [("word/media/a.xml", b"<a>" + b" " * (6 << 20) + b"</a>")]),
    "too many entries": ("entries", [], [(f"word/media/{n}.png", b"") for n in range(500)]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_harmful_template_is_refused_with_its_reason(name):
    """Each harmful kind of template is refused under its own reason, with a Chinese sentence."""
    reason, edits, extra = REFUSED[name]
    with pytest.raises(TemplateRefused) as refusal:
        word_safety.check(changed(edits, extra))
    assert refusal.value.reason == reason
    assert refusal.value.code == f"template_{reason}"
    assert "请" in refusal.value.message_zh


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"%PDF-1.7", b"\xd0\xcf\x11\xe0" * 100])
def test_what_is_no_docx_is_refused(data):
    """Bytes that are no .docx are refused as such."""
    with pytest.raises(TemplateRefused, match="not_docx"):
        word_safety.check(data)


def test_large_file_is_refused_unread():
    """A file over the limit is refused by its size."""
    with pytest.raises(TemplateRefused, match="too_large"):
        word_safety.check(b"\0" * (word_safety.MAX_FILE + 1))


def test_word_s_own_documents_pass():
    """An ordinary document passes, page numbers included."""
    word_safety.check(plain_docx())
    word_safety.check(changed([in_body('<w:p><w:fldSimple w:instr=" PAGE "/></w:p>')]))
