"""A lamp's light on glossy paper is known by how it fades; white patches, white paper and light from one side are none."""

import cv2
import numpy as np
import pytest

from intake.glare import Glare
from intake.reading import Registered


def lamp(wide, paper=200.0, far=(150, 105)):
    """A page of so bright paper with a gleam on it, `wide` mm and twice as long."""
    rows, columns = np.indices((297, 210), np.float32)
    away = ((columns - far[1]) / wide) ** 2 + ((rows - far[0]) / (wide / 2)) ** 2
    return paper + 260 * np.exp(-away)


def strip(margin, paper=200.0):
    """A page with a white strip over a line, and so many millimetres around it."""
    page = np.full((297, 210), paper, np.float32)
    page[148 - margin : 152 + margin, 85 - margin : 125 + margin] = 253
    return page


def flat_page(light):
    """A page so lit (grey levels, a pixel a millimetre), as it would be straightened."""
    gray = np.clip(cv2.resize(light, (1654, 2339), interpolation=cv2.INTER_NEAREST), 0, 255)
    pixels = np.repeat(gray.astype(np.uint8)[..., None], 3, axis=2)
    return Registered(pixels, 200.0, np.eye(3), 0.0, 200.0, "fiducials")


LINE = (85.0, 148.0, 125.0, 152.0)


@pytest.mark.parametrize("wide", [13, 26, 40])
@pytest.mark.parametrize("paper", [160.0, 200.0, 230.0])
def test_a_lamp_fades_out(wide, paper):
    light = Glare(flat_page(lamp(wide, paper)))
    assert light.over(LINE)
    assert not light.over((20.0, 20.0, 60.0, 24.0))


@pytest.mark.parametrize("margin", [0, 1, 3, 5, 8])
@pytest.mark.parametrize("paper", [200.0, 230.0])
def test_fluid_and_strips_end_at_once(margin, paper):
    assert not Glare(flat_page(strip(margin, paper))).over(LINE)


def test_a_lamp_from_one_side_is_no_gleam():
    side = np.repeat(np.linspace(120, 250, 210, dtype=np.float32)[None], 297, axis=0)
    light = Glare(flat_page(side))
    assert not any(light.over((left, 148.0, left + 40.0, 152.0)) for left in (5.0, 85.0, 165.0))
