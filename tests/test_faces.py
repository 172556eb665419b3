"""Faces: the few glyphs cut out of a pinned font look, measure and copy out as the whole font's."""

import hashlib
import io
import random
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from templates.errors import FontMissing, GlyphMissing
from templates.fonts import FAMILIES, KAI, RARE, SYSTEM_FOLDERS, family_of
from templates.stamp import embedding
from templates.stamp.embedding import Embedded, embed, embed_pairs
from templates.stamp.faces import Face

FILES = tuple(file for family in FAMILIES for file in family.files if file.endswith(".ttf"))
REGULAR = KAI.files[0]
HERE = Path(__file__).parent.parent


def found(file):
    return next(path for root in SYSTEM_FOLDERS for path in root.rglob(file))


@cache
def face_of(file):
    return Face.open(found(file))


@cache
def oracle_of(file):
    return TTFont(found(file), lazy=True)


def drawn(font, gid):
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[font.getGlyphName(gid)].draw(pen)
    return pen.value


def page(font: Embedded, text: str, size: int = 20) -> bytes:
    """Write a one-page PDF that shows `text`, thirty characters a line."""
    lines = [text[at : at + 30] for at in range(0, len(text), 30)]
    shown = b" ".join(b"<%s>Tj T*" % font.hex(line) for line in lines)
    content = b"BT /F %d Tf %d TL 20 560 Td %s ET" % (size, size + 4, shown)
    return assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 680 600]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
            *font.objects(5),
        ]
    )


def assembled(bodies: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    at = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, at))
    return out.getvalue()


def whole(face: Face, file: str, text: str) -> Embedded:
    """Embed the font file as it is; codes are the font's own glyph numbers."""
    part = embed(face, text)
    data = found(file).read_bytes()
    codes = {char: face.gid(char) for char in text}
    widths = " ".join(f"{gid}[{face.width(gid)}]" for gid in codes.values())
    return Embedded(
        name=part.name,
        codes=codes,
        pair_codes={},
        font=part.font,
        descendant=part.descendant[: part.descendant.index(b"/W[")] + f"/W[{widths}]".encode(),
        descriptor=part.descriptor,
        program=b"<</Length %d/Length1 %d>>stream\n%s\nendstream" % (len(data), len(data), data),
        to_unicode=part.to_unicode,
    )


def pixels(pdf: bytes) -> bytes:
    with pypdfium2.PdfDocument(pdf) as document:
        bitmap = document[0].render(scale=150 / 72)
        return bytes(bitmap.buffer)


def copied(pdf: bytes) -> str:
    return PdfReader(io.BytesIO(pdf)).pages[0].extract_text().replace("\n", "")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_outlines_and_advances_are_the_fonts_own(data):
    """Any glyphs of any pinned TrueType font, composites too, come out in the order asked for."""
    file = data.draw(st.sampled_from(FILES))
    face, whole_font = face_of(file), oracle_of(file)
    gids = data.draw(st.lists(st.integers(1, face.glyph_count - 1), max_size=60))
    part = TTFont(io.BytesIO(face.subset(gids)), checkChecksums=2)
    for at, gid in enumerate([0, *gids]):
        assert drawn(part, at) == drawn(whole_font, gid)
        assert part["hmtx"][part.getGlyphName(at)] == whole_font["hmtx"][whole_font.getGlyphName(gid)]
        assert face.advance(gid) == whole_font["hmtx"][whole_font.getGlyphName(gid)][0]


@pytest.mark.parametrize("file", FILES)
def test_characters_lead_to_the_fonts_own_glyphs(file):
    """Every code point of Unicode has the glyph fontTools finds, or none."""
    face, font = face_of(file), oracle_of(file)
    best = font.getBestCmap()
    wanted = {point: font.getGlyphID(name) for point, name in best.items() if font.getGlyphID(name)}
    assert {point: gid for point in range(0x110000) if (gid := face.gid(chr(point)))} == wanted


@pytest.mark.parametrize("file", [file for file in FILES if file not in RARE.files])  # that has none
def test_every_composite_finds_its_parts(file):
    """All composites of a font at once: parts are renumbered, shared parts are there once, nothing else is."""
    face, font = face_of(file), oracle_of(file)
    composites = [gid for gid in range(1, face.glyph_count) if face.outline(gid)[:1] >= b"\x80"]
    assert composites
    assert all(font["glyf"][font.getGlyphName(gid)].isComposite() for gid in composites)
    part = TTFont(io.BytesIO(face.subset(composites)))
    for at, gid in enumerate(composites, 1):
        assert drawn(part, at) == drawn(font, gid)
        pen = RecordingPen()
        part.getGlyphSet()[part.getGlyphName(at)].draw(pen)
        assert {step for step, _ in pen.value} == {"addComponent"}
    needed = {
        name
        for gid in composites
        for name in font["glyf"][font.getGlyphName(gid)].getComponentNames(font["glyf"])
    }
    assert part["maxp"].numGlyphs <= 1 + len(composites) + len(needed)


@pytest.mark.parametrize("file", FILES)
def test_outlines_keep_their_bytes(file):
    """A simple outline, its instructions too, is copied byte for byte."""
    face = face_of(file)
    gids = [face.gid(char) for char in "0A%g"]
    part = TTFont(io.BytesIO(face.subset(gids)))
    table, places = part.reader["glyf"], part["loca"]
    for at, gid in enumerate(gids, 1):
        outline = face.outline(gid)
        assert outline
        assert table[places[at] : places[at + 1]] == outline + bytes(-len(outline) % 4)


def characters(file):
    """Characters of a font that a page can show and a reader copies: no blanks, controls or combining marks."""
    known = sorted(oracle_of(file).getBestCmap())
    points = [point for point in known if chr(point).isalnum() or 0x4E00 <= point < 0x2FA20]
    return [char for point in points if (char := chr(point)) == unicodedata.normalize("NFC", char)]


@pytest.mark.parametrize("file", FILES)
def test_a_page_looks_the_same_as_with_the_whole_font(file):
    """Not one pixel differs at 150 dpi between the subset and the file itself embedded."""
    face = face_of(file)
    dice = random.Random(file)
    for size in (9, 16, 22):
        text = "".join(dice.sample([char for char in characters(file) if face.gid(char)], 90)) + "2026G140499"
        part = pixels(page(embed(face, text), text, size))
        assert len(set(part)) > 2
        assert part == pixels(page(whole(face, file, text), text, size))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_text_is_copied_out_verbatim(data):
    """Characters beyond the first plane and many on one page too, in the order of the content stream."""
    file = data.draw(st.sampled_from(FILES))
    some = st.sampled_from(characters(file))
    text = "".join(data.draw(st.lists(some, min_size=1, max_size=300)))
    assert copied(page(embed(face_of(file), text), text)) == text


def test_one_glyph_for_two_characters_is_copied_as_each():
    """⼀ (a radical) and 一, drawn by one glyph, get a code each; so does one character with two glyphs."""
    face = face_of(REGULAR)
    shared = {}
    for char in characters(REGULAR):
        shared.setdefault(face.gid(char), []).append(char)
    twins = "".join(next(chars for chars in shared.values() if len(chars) > 1)[:2])
    font = embed(face, twins)
    assert face.gid(twins[0]) == face.gid(twins[1])
    assert font.codes == {twins[0]: 1, twins[1]: 2}
    assert copied(page(font, twins)) == twins
    two = embed_pairs(face, [("1", face.gid("1")), ("1", face.gid("一")), ("1", face.gid("1"))])
    assert two.pair_codes == {("1", face.gid("1")): 1, ("1", face.gid("一")): 2}
    assert two.codes == {"1": 1}


@pytest.mark.parametrize("file", FILES)
def test_widths_agree_with_the_program(file):
    """/W says for every code what the program says, to less than a thousandth (ISO 19005-2, 6.2.11.5)."""
    face = face_of(file)
    text = "".join(characters(file)[:200])
    font = embed(face, text)
    document = PdfReader(io.BytesIO(page(font, text)))
    top = document.pages[0]["/Resources"]["/Font"]["/F"]
    inner = top["/DescendantFonts"][0]
    program = inner["/FontDescriptor"]["/FontFile2"].get_data()
    part = TTFont(io.BytesIO(program))
    first, widths = inner["/W"]
    em = part["head"].unitsPerEm
    for code, width in enumerate(widths, first):
        assert 0 <= part["hmtx"][part.getGlyphName(code)][0] * 1000 / em - width < 1
    assert len(widths) == len(text) == part["maxp"].numGlyphs - 1 - parts_of(file, text)
    assert top["/BaseFont"] == inner["/BaseFont"] == inner["/FontDescriptor"]["/FontName"] == f"/{font.name}"
    assert family_of(font.name)


def parts_of(file, text):
    """How many glyphs the composites of `text` add."""
    glyf, best = oracle_of(file)["glyf"], oracle_of(file).getBestCmap()
    named, wanted = [best[ord(char)] for char in text], set()
    queue = list(named)
    for name in queue:
        inner = glyf[name].getComponentNames(glyf)
        queue += [part for part in inner if part not in wanted]
        wanted.update(inner)
    return len(wanted - set(named))


def test_the_same_characters_give_the_same_bytes_in_another_process():
    """Bytes depend on the font and the characters alone; other characters have another name."""
    text = "文勇俊黎城县第三中学校㛃䶮𬱖2026"
    command = (
        "import hashlib, sys; from pathlib import Path\n"
        "from templates.stamp.faces import Face; from templates.stamp.embedding import embed\n"
        "font = embed(Face.open(Path(sys.argv[1])), sys.argv[2])\n"
        "print(hashlib.sha256(b''.join(font.objects(9))).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", command, str(found(REGULAR)), text],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(HERE)},
    )
    font = embed(face_of(REGULAR), text)
    assert hashlib.sha256(b"".join(font.objects(9))).hexdigest() == run.stdout.strip()
    assert embed(face_of(REGULAR), text[::-1]).name != font.name
    assert embed(face_of(REGULAR), text * 2).objects(1) == font.objects(1)


def test_threads_share_a_face():
    """Many threads cutting from one face get what one thread gets."""
    face = face_of(REGULAR)
    dice = random.Random(7)
    texts = ["".join(dice.sample(characters(REGULAR), 40)) for _ in range(64)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: embed(face, text), texts)) == [embed(face, text) for text in texts]


def test_a_character_the_face_lacks_is_refused_by_name():
    """No paper with an empty box: the missing characters are named, each once."""
    face = face_of(REGULAR)
    with pytest.raises(GlyphMissing) as refused:
        embed(face, "文𩽹俊𩽹\U0010fffd", "student_name")
    assert (refused.value.field, refused.value.chars) == ("student_name", "𩽹\U0010fffd")
    assert face.missing("文𩽹俊𩽹") == "𩽹"
    for pair in (("文", 0), ("文", face.glyph_count), ("", face.gid("文"))):
        with pytest.raises(ValueError, match="not glyphs"):
            embed_pairs(face, [pair])


def test_a_file_that_is_no_truetype_font_is_refused(tmp_path):
    """Missing, empty, cut short or with other outlines: named, with the package that brings it."""
    bad = tmp_path / REGULAR
    data = found(REGULAR).read_bytes()
    for content in (b"", b"OTTO" + data[4:], data[:200], data[:5000], data[: len(data) // 2]):
        bad.write_bytes(content)
        with pytest.raises(FontMissing) as refused:
            Face.open(bad)
        assert refused.value.package == KAI.package
    with pytest.raises(FontMissing):
        Face.open(tmp_path / "none.ttf")


def test_no_text_is_a_font_without_glyphs():
    """A paper without personal glyphs may ask for none: .notdef alone."""
    font = embed(face_of(REGULAR), "")
    assert font.codes == {}
    assert font.hex("") == b""
    assert b"/W[1[]]" in font.descendant
    assert len(font.objects(1)) == embedding.OBJECTS
