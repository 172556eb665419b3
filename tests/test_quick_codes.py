"""Codes drawn fast: the same symbol as the independent encoder's, sharp in a PDF, read again before it is used."""

import re
from fractions import Fraction

import cv2
import numpy as np
import pypdfium2
import pytest
import qrcode
import zxingcpp
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from qrcode.util import MODE_ALPHA_NUM, QRData

from templates import code, masks
from templates.code import MODULE_MM, QUIET_MODULES, Symbol, draw, proved, quick
from templates.errors import CodeUnreadable

CHARS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
TOKEN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=1, max_size=190)
ADDRESS = "HTTPS://YINZHENG.EXAMPLE/V/"
QR = zxingcpp.barcode_formats_from_str("QRCode")


def pixels(symbol: Symbol) -> np.ndarray:
    """Give the picture a PDF viewer sees: one pixel a module, 0 dark, 255 light."""
    rows = np.frombuffer(symbol.bits, np.uint8).reshape(symbol.side, -1)
    return np.unpackbits(rows, axis=1, count=symbol.side) * np.uint8(255)


def independent(text: str, mask: int) -> np.ndarray:
    """Give the independent encoder's picture with this mask, one pixel a module."""
    drawn = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4, mask_pattern=mask)
    drawn.add_data(QRData(text, mode=MODE_ALPHA_NUM))
    drawn.make(fit=True)
    return np.where(drawn.get_matrix(), 0, 255).astype(np.uint8)


def mask_of(symbol: Symbol) -> int:
    """Read the mask from the format information, where it stands masked with 101 (ISO/IEC 18004, 7.9.1)."""
    bits = pixels(symbol)[QUIET_MODULES + 8, QUIET_MODULES + 2 : QUIET_MODULES + 5] == 0
    return int("".join("01"[int(bit)] for bit in bits), 2) ^ 0b101


def as_number(picture: np.ndarray) -> int:
    inside = picture[QUIET_MODULES:-QUIET_MODULES, QUIET_MODULES:-QUIET_MODULES]
    return int("".join("10"[int(light > 0)] for light in inside.flat), 2)


def read(picture: np.ndarray) -> list[tuple[str, str]]:
    found = zxingcpp.read_barcodes(np.ascontiguousarray(picture), formats=QR)
    return [(one.text, one.ec_level) for one in found]


@given(st.one_of(TOKEN.map(lambda token: ADDRESS + token), st.text(CHARS, min_size=1, max_size=221)))
@settings(max_examples=120, deadline=None)
@example("A" * 221)
@example("A1" * 110 + "B")
@example("7")
@example("A" * 80 + "123456" + "B" * 80 + "654321")
@example("A" * 80 + "1234567890123" + "B" * 80 + "7654321")
@example("1234567" + "-" * 30)
def test_the_symbol_is_the_independent_encoders(text):
    """Every module is as `qrcode` sets it under this mask: mode, level and version are the ones asked for."""
    assume("0" * 50 not in text)  # `qrcode` cannot divide a block of zeros
    symbol = quick(text)
    assert np.array_equal(pixels(symbol), independent(text, mask_of(symbol)))
    drawn = draw(text)
    assert (symbol.modules, symbol.width_mm) == (drawn.modules, drawn.width_mm)
    assert symbol.side == symbol.modules + 2 * QUIET_MODULES


@given(TOKEN)
@settings(max_examples=20, deadline=None)
def test_no_other_mask_is_better(token):
    """Of the independent encoder's eight symbols none scores fewer points."""
    symbol = quick(ADDRESS + token)
    points = [
        masks.grid(symbol.modules).penalty(as_number(independent(ADDRESS + token, mask))) for mask in range(8)
    ]
    assert points[mask_of(symbol)] == min(points)


@given(TOKEN)
@settings(max_examples=300, deadline=None)
def test_every_symbol_says_its_text(token):
    """zxing-cpp reads every one at level M, and `proved` lets every one pass."""
    symbol = quick(ADDRESS + token)
    assert read(pixels(symbol)) == [(ADDRESS + token, "M")]
    proved(symbol, ADDRESS + token)


def test_another_decoder_reads_it_too():
    """OpenCV's own decoder, which shares no code with the encoder, reads all sizes."""
    for length in (10, 30, 50, 80, 110, 140, 170, 200):
        text = (ADDRESS + "A2B3C4D5E6" * 20)[:length]
        large = pixels(quick(text)).repeat(8, 0).repeat(8, 1)
        assert cv2.QRCodeDetector().detectAndDecode(large)[0] == text


@pytest.mark.parametrize("length", range(1, 222, 11))
def test_format_and_version_are_as_the_standard_says(length):
    """Level M stands in both copies of the format information; the version is the smallest that holds the text."""
    text = ("A:" * 111)[:length]
    symbol = quick(text)
    dark = pixels(symbol)[QUIET_MODULES:-QUIET_MODULES, QUIET_MODULES:-QUIET_MODULES] == 0
    # The two level bits are masked with 10 (ISO/IEC 18004, 7.9.1), and level M is 00.
    assert (dark[8, 0], dark[8, 1]) == (True, False)
    assert (dark[-1, 8], dark[-2, 8]) == (True, False)
    version = (symbol.modules - 17) // 4
    holds = [20, 38, 61, 90, 122, 154, 178, 221]  # ISO/IEC 18004, table 7
    assert version == next(number for number, most in enumerate(holds, 1) if length <= most)


@pytest.mark.parametrize("text", ["", "a", "文", "A" * 222, "7" * 222, "A" * 5000, "A\n", "HTTPS://X?Y"])
def test_what_draw_refuses_quick_refuses(text):
    """Other characters, nothing, too much: one error from both."""
    for drawing in (draw, quick):
        with pytest.raises(CodeUnreadable):
            drawing(text)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_symbol_that_does_not_say_the_text_is_refused(data):
    """Another text, a symbol of a lower level, one with a finder painted over: none passes."""
    text = ADDRESS + data.draw(TOKEN)
    symbol = quick(text)
    other = data.draw(st.text(CHARS, min_size=1, max_size=200).filter(lambda other: other != text))
    with pytest.raises(CodeUnreadable):
        proved(symbol, other)
    painted = pixels(symbol)
    painted[:12, :12] = 255
    with pytest.raises(CodeUnreadable):
        proved(Symbol(np.packbits(painted > 0, axis=1).tobytes(), symbol.modules), text)
    lower = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L")
    weak = np.asarray(zxingcpp.write_barcode_to_image(lower, add_quiet_zones=True))
    assert read(weak) == [(text, "L")]
    with pytest.raises(CodeUnreadable):
        proved(Symbol(np.packbits(weak > 0, axis=1).tobytes(), len(weak) - 2 * QUIET_MODULES), text)


@given(TOKEN, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_one_pixel_a_module_is_sharp_in_a_pdf(token, right, up):
    """Drawn at 150 dpi wherever it lies, all pixels are black or white and the code is read; at 300 dpi too."""
    symbol = quick(ADDRESS + token)
    pdf = one_page(symbol, 30 + right, 30 + up)
    for dpi in (150, 300):
        with pypdfium2.PdfDocument(pdf) as document:
            page = document[0].render(scale=dpi / 72, grayscale=True).to_numpy().copy()
        assert set(np.unique(page)) == {0, 255}
        assert read(page.reshape(page.shape[:2])) == [(ADDRESS + token, "M")]


def one_page(symbol: Symbol, x: float, y: float) -> bytes:
    """Write a one-page PDF with the picture in the size it has on paper."""
    side = symbol.side * MODULE_MM * 72 / 25.4
    content = b"q %.3f 0 0 %.3f %.3f %.3f cm /I Do Q" % (side, side, x, y)
    bodies = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 160 160]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray/Length %d>>"
        b"stream\n%s\nendstream" % (symbol.side, symbol.side, len(symbol.bits), symbol.bits),
    )
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(out + b"trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % at)


@given(st.integers(1, 8), st.integers(0), st.sampled_from((0.02, 0.3, 0.5, 0.8, 0.98)))
@settings(max_examples=40, deadline=None)
def test_penalties_are_counted_as_the_standard_counts_them(version, seed, share):
    """Looking at all modules at once scores what looking at them one by one scores, for any picture."""
    side = 4 * version + 17
    picture = (np.random.default_rng(seed).random((side, side)) < share).tolist()
    for row, column in ((0, 0), (side - 11, side - 11)):
        picture[row][column : column + 11] = [True, False, True, True, True, False, True, *[False] * 4]
    lines = ["".join("01"[dark] for dark in line) for line in (*picture, *zip(*picture, strict=True))]
    points = 0
    for line in lines:
        points += sum(len(run[0]) - 2 for run in re.finditer("0{5,}|1{5,}", line))
        points += 40 * len(re.findall("(?=10111010000)|(?=00001011101)", line))
    for row in range(side - 1):
        for column in range(side - 1):
            block = {picture[row + down][column + right] for down in (0, 1) for right in (0, 1)}
            points += 3 * (len(block) == 1)
    points += 10 * int(abs(Fraction(100 * sum(map(sum, picture)), side**2) - 50) / 5)
    assert masks.grid(side).penalty(int("".join(lines[:side]), 2)) == points


def test_changes_of_mask_hold_for_every_text():
    """What turns one text's symbol from mask 0 to another turns every text's."""
    for version in (1, 5, 8):
        for mask, change in enumerate(code._changes(version)):
            assert code._encoded("7-Z", version, mask) == code._encoded("7-Z", version, 0) ^ change
