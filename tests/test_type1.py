"""Type 1 fonts lose what tells one process of LibreOffice from another, and nothing else."""

import hashlib
import io

import pytest
from fontTools.misc import eexec
from fontTools.pens.recordingPen import RecordingPen
from fontTools.t1Lib import T1Font
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from templates import type1
from templates.lint import trial

SALT = b"HDU "
IDENTITIES = st.integers(4_000_000, 4_999_999)


def program(identity, clear=b"", private=b"", tail=b"\ncleartomark\n"):
    """A font program in its three parts: its bytes and the lengths of the first two."""
    number = b"/UniqueID %d def\n" % identity
    head = b"%!FontType1-1.0: A\n" + number + clear
    inner = eexec.encrypt(SALT + b"dup /Private\n" + number + private, type1.KEY)[0]
    return head + inner + tail, len(head), len(inner)


def plain(font, clear, private):
    """A program's three parts, the middle one decrypted by another's hand."""
    inner = eexec.decrypt(font[clear : clear + private], type1.KEY)[0]
    return font[:clear], inner, font[clear + private :]


@given(st.binary(max_size=300))
def test_encryption_is_adobes(data):
    """Both ways as fontTools does it, of any length."""
    assert type1.decrypted(data) == eexec.decrypt(data, type1.KEY)[0]
    assert type1.encrypted(data) == eexec.encrypt(data, type1.KEY)[0]


@given(IDENTITIES, IDENTITIES, st.binary(max_size=60), st.binary(max_size=200))
def test_one_font_is_one_program(first, second, clear, private):
    """Whatever number it was given; its lengths and all else stay, and doing it twice does nothing more."""
    font, *lengths = program(first, clear, private)
    made = type1.normalised(font, *lengths)
    assert made == type1.normalised(program(second, clear, private)[0], *lengths)
    assert made == type1.normalised(made, *lengths)
    assert len(made) == len(font)
    for before, after in zip(plain(font, *lengths), plain(made, *lengths), strict=True):
        assert type1._IDENTITY.sub(b"", before) == type1._IDENTITY.sub(b"", after)


def test_two_fonts_have_two_numbers():
    """A printer keeps glyphs under a font's number: two fonts of one number would show each other's."""
    fonts = [type1.normalised(*program(4_100_007, private=private)) for private in (b"one", b"other")]
    assert len({type1._IDENTITY.search(font)[0] for font in fonts}) == 2


@pytest.mark.parametrize("font", [b"", b"nothing of a font", program(4_000_000)[0][:40]])
def test_no_font_is_left_alone(font):
    """What has no such number in both its parts is given back."""
    assert type1.normalised(font, 10, 20) == font


def outlines(font):
    """Every glyph's outline and advance."""
    font.parse()
    drawn = {}
    for name, glyph in font.getGlyphSet().items():
        pen = RecordingPen()
        glyph.draw(pen)
        drawn[name] = (pen.value, glyph.width)
    return drawn


def test_a_real_fonts_glyphs_stay(catalogue, printer, tmp_path):
    """The Song font of a printed paper, given another number and taken back, draws what it drew."""
    form = catalogue.get("transfer_application")
    paper = printer.print(trial.order(form, form.template.read_bytes()))
    (page,) = PdfReader(io.BytesIO(paper.pdf)).pages
    fonts = page["/Resources"]["/Font"].values()
    descriptors = [font["/FontDescriptor"] for font in fonts if font["/Subtype"] != "/Type0"]
    found = [descriptor["/FontFile"] for descriptor in descriptors if "/FontFile" in descriptor]
    assert found
    for stream in found:
        data, lengths = stream.get_data(), (stream["/Length1"], stream["/Length2"])
        assert type1.normalised(data, *lengths) == data
        head, inner, tail = plain(data, *lengths)
        other = (
            type1._IDENTITY.sub(b"4100007", head)
            + eexec.encrypt(type1._IDENTITY.sub(b"4100007", inner), type1.KEY)[0]
            + tail
        )
        assert other != data
        assert type1.normalised(other, *lengths) == data
        drawn = []
        for number, each in enumerate((other, data)):
            file = tmp_path / f"{hashlib.sha256(each).hexdigest()[:8]}-{number}.pfa"
            file.write_bytes(each)
            drawn.append(outlines(T1Font(file, kind="OTHER")))
        assert drawn[0] == drawn[1]
        assert len(drawn[0]) > 2
