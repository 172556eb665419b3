"""Codes: QR symbols are found however the page lies, with their corners and module size, and several on one page."""

import numpy as np
import pytest

from intake import codes
from intake.reading import PageImage
from tests.specimens import sheet


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_code_is_found_however_the_page_lies(turn):
    """Each quarter turn gives the same text and module size."""
    picture, _ = sheet.drawn()
    found = codes.find(sheet.scanned(picture, 1, tilt=2.0, turn=turn))
    assert [code.text for code in found] == [sheet.CODE_TEXT]
    assert found[0].module_px == pytest.approx(0.55 * 200 / 25.4, rel=0.03)


def test_corners_are_the_symbols_own():
    """Corners come as the symbol's TL, TR, BR, BL to a pixel, on a page that lies upside down too."""
    picture, layout = sheet.drawn()
    left, top, right, bottom = layout["codes"][0]["box"]
    wanted = np.array([(left, top), (right, top), (right, bottom), (left, bottom)]) * 200 / 25.4
    upright = sheet.scanned(picture, 0, tilt=0.0)
    straight = np.array(codes.find(upright)[0].corners)
    assert np.abs(straight - wanted).max() < 7  # the scan itself is shifted by up to 4 pixels
    turned = PageImage(0, np.rot90(upright.pixels, 2).copy(), None, colour=True)
    height, width = upright.pixels.shape[:2]
    assert np.abs((width - 1, height - 1) - np.array(codes.find(turned)[0].corners) - straight).max() <= 2


def test_several_codes_come_largest_first():
    """A page with two codes gives both."""
    page = np.full((900, 1600, 3), 255, np.uint8)
    for text, at, module in (("A" * 40, 100, 4), ("B" * 40, 800, 6)):
        picture, layout = sheet.drawn(code_text=text)
        left, top, right, bottom = (round(edge * sheet.MM) for edge in layout["codes"][0]["box"])
        symbol = np.asarray(picture)[top:bottom, left:right]
        side = 30 * module
        rows = np.arange(side) * symbol.shape[0] // side
        page[200 : 200 + side, at : at + side] = symbol[rows][:, rows][:, :, None]
    found = codes.find(PageImage(0, page, None, colour=True))
    assert [code.text[0] for code in found] == ["B", "A"]
    assert found[0].module_px > found[1].module_px


def test_a_red_seal_over_a_code_does_not_hide_it():
    """Red ink is paper in the channel that is read."""
    picture, layout = sheet.drawn()
    page = sheet.scanned(picture, 2)
    left, top, right, bottom = (round(edge * 200 / 25.4) for edge in layout["codes"][0]["box"])
    area = page.pixels[top:bottom, left:right]
    area[:, : area.shape[1] // 2, :2] = np.minimum(area[:, : area.shape[1] // 2, :2], 60)
    assert codes.find(page)


def test_a_page_without_a_code_gives_none():
    """Noise and blank paper hold no code."""
    noise = np.random.default_rng(0).integers(0, 256, (400, 300, 3), dtype=np.uint8)
    assert codes.find(PageImage(0, noise, None, colour=True)) == []
