"""The simulator of returned papers: what it draws is what was asked for, and the seed alone decides the rest."""

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from pillow_heif import open_heif

from service.demo.curl import Curl
from service.demo.fonts import SONG, font
from tests.paper import (
    LEVELS,
    Impression,
    Paper,
    Scanner,
    SealStyle,
    capture,
    copied,
    level,
    rasterised,
    stack,
)

PX = 300 / 25.4
NAME = {
    "name": "student_name",
    "text": "文勇俊",
    "lines": [{"text": "文勇俊", "box": [30.0, 30.0, 45.0, 35.5]}],
    "font": "LXGW WenKai",
    "size_pt": 14.0,
    "key": True,
}
MARKS = [
    {
        "block": "school",
        "label": "学校（章）",
        "kind": kind,
        "unit": "school",
        "role": "head",
        "box": box,
        "required": True,
        "machine": True,
        "shape": "round",
    }
    for kind, box in (("signature", [20.0, 70.0, 50.0, 82.0]), ("seal", [55.0, 55.0, 97.0, 97.0]))
]
STEEL = {**MARKS[1], "block": "photo", "machine": False}
LAYOUT = {
    "version": 1,
    "form": "test",
    "pages": [
        {
            "width": 105.0,
            "height": 148.0,
            "values": [NAME],
            "marks": [*MARKS, STEEL],
            "codes": [],
            "fiducials": [],
        }
    ],
}


@pytest.fixture(scope="module")
def paper():
    image = Image.new("RGB", (round(105 * PX), round(148 * PX)), "white")
    pen = ImageDraw.Draw(image)
    pen.text((30 * PX, 30 * PX), "文勇俊", fill=0, font=font("LXGW WenKai", round(14 / 72 * 300)))
    pen.text((60 * PX, 95 * PX), "年 月 日", fill=0, font=font(SONG, 50))
    out = io.BytesIO()
    image.save(out, "PDF", resolution=300)
    return Paper(out.getvalue(), LAYOUT, seed=1)


def red_pixels(picture):
    return int(((picture[..., 2].astype(int) - picture[..., 1]) > 60).sum())


def test_the_seed_alone_decides(paper):
    """The same acts with the same seed give the same sheet, another seed gives another."""
    units, names = {"school": "黎城县第三中学校"}, {"school": "钟涛"}
    one, same, other = (paper.complete(units, names, seed=seed).sheets[0] for seed in (5, 5, 6))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_acts_leave_the_first_paper_as_it_was(paper):
    """Stamping returns a new paper; the printed one keeps its sheets."""
    before = paper.sheets[0].copy()
    stamped = paper.stamp("school", "黎城县第三中学校")
    assert np.array_equal(paper.sheets[0], before)
    assert red_pixels(stamped.sheets[0]) > 20_000
    assert red_pixels(paper.sheets[0]) == 0


def test_a_seal_has_its_size_and_place(paper):
    """A 42 mm seal put down straight covers 42 mm around the centre of its box."""
    how = Impression(offset=(0.0, 0.0), turn=0.0, style=SealStyle(diameter=42.0))
    sheet = paper.stamp("school", "黎城县第三中学校", how).sheets[0].astype(int)
    rows, columns = np.nonzero(sheet[..., 2] - sheet[..., 1] > 40)
    assert abs((columns.max() - columns.min()) / PX - 42) < 1
    assert abs((rows.max() + rows.min()) / 2 / PX - 76) < 0.5


def test_forgotten_and_unprovable_marks_stay_empty(paper):
    """A left-out seal is not there, and a steel seal leaves no ink anywhere."""
    bare = paper.complete({"school": "甲", "photo": "乙"}, {}, frozenset({("school", "seal")}))
    assert np.array_equal(bare.sheets[0], paper.sheets[0])


def test_altering_a_value_touches_only_its_letters(paper):
    """One changed letter leaves its neighbours to the pixel, and the rest of the sheet."""
    changed = np.nonzero((paper.alter("student_name", "文勇杰").sheets[0] != paper.sheets[0]).any(axis=2))
    left, right, bottom = changed[1].min() / PX, changed[1].max() / PX, changed[0].max() / PX
    assert left > 39
    assert right < 46
    assert bottom < 37
    with pytest.raises(KeyError):
        paper.alter("no_such_field", "甲")


def test_a_pasted_slip_hides_the_old_text(paper):
    """A pasted value brings its own, slightly darker paper."""
    pasted = paper.alter("student_name", "武国栋", how="paste").sheets[0]
    around = pasted[round(30 * PX) : round(35 * PX), round(30 * PX) : round(44 * PX)]
    assert 240 <= int(np.percentile(around, 95)) <= 252


def test_scans_keep_resolution_and_the_true_map(paper):
    """The picture has the asked resolution, and the map finds the printed name in it."""
    for name, quarter in (("B", 0), ("F", 180)):
        seen = paper.look(level(name, seed=3))
        x, y, w = seen.matrix @ (37.0, 33.0, 1.0)
        x, y = round(x / w), round(y / w)
        assert abs(seen.pixels.shape[1] - 105 * LEVELS[name].dpi / 25.4) < 3
        assert seen.pixels[y - 15 : y + 15, x - 30 : x + 30].min() < 110
        assert LEVELS[name].turn == quarter


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_true_map_follows_quarter_turns(paper, turn):
    """A black corner dot is found where the map says, whichever way the sheet was fed."""
    sheet = paper.sheets[0].copy()
    cv2.circle(sheet, (round(10 * PX), round(20 * PX)), 12, (0, 0, 0), -1)
    seen = capture(sheet, PX, Scanner(dpi=150, turn=turn, tilt=2, perspective=0.01, margin=3))
    x, y, w = seen.matrix @ (10.0, 20.0, 1.0)
    assert seen.pixels[round(y / w), round(x / w)].max() < 60


def test_copies_without_colour(paper):
    """A gray copy has one channel, a 1-bit copy two levels."""
    stamped = paper.stamp("school", "黎城县第三中学校")
    gray = stamped.look(copied(LEVELS["B"])).pixels
    bilevel = stamped.look(copied(LEVELS["B"], bilevel=True)).pixels
    assert gray.ndim == 2
    assert set(np.unique(bilevel)) == {0, 255}


def dotted(paper):
    """The sheet with four round dots of 1 mm, and where they stand."""
    sheet = paper.sheets[0].copy()
    places = [(15.0, 15.0), (90.0, 20.0), (52.0, 125.0), (88.0, 138.0)]
    for x, y in places:
        cv2.circle(sheet, (round(x * PX), round(y * PX)), 14, (0, 0, 0), -1)
    return sheet, places


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_tells_where_the_page_lies(paper, name):
    """Dots are found where the capture says, curled or flat, unless a corner was lost with its dot."""
    sheet, places = dotted(paper)
    for seed in (1, 2):
        seen = capture(sheet, PX, level(name, seed))
        gray = seen.pixels if seen.pixels.ndim == 2 else seen.pixels.min(axis=2)
        paper_tone = int(np.median(gray))
        for x, y in places[1:3] if name == "stapled" else places:
            column, row = (round(value) for value in seen.at(x, y))
            assert gray[row - 1 : row + 2, column - 1 : column + 2].mean() < 0.55 * paper_tone, (x, y)


@pytest.mark.parametrize("name", ["gray100", "onebit150", "fax100"])
def test_copies_have_their_resolution_and_no_colour(paper, name):
    """One channel at the asked dpi; two levels where one bit was asked."""
    pixels = paper.look(level(name, 1)).pixels
    assert pixels.ndim == 2
    assert abs(pixels.shape[1] - 105 * LEVELS[name].dpi / 25.4) < 2
    assert (set(np.unique(pixels)) == {0, 255}) == (name != "gray100")


def test_a_fax_line_adds_specks(paper):
    """The clean part of a faxed page is not clean."""
    clean = paper.look(replace(level("fax100", 1), fax=0.0)).pixels
    faxed = paper.look(level("fax100", 1)).pixels
    assert (clean[200:400, 20:380] == 0).sum() < (faxed[200:400, 20:380] == 0).sum()


def test_a_small_phone_picture_is_1200_pixels_long(paper):
    """Whatever the paper's size, the longer side keeps 1200 pixels."""
    assert max(paper.look(level("phone1200", 1)).pixels.shape) == 1200


def test_no_homography_explains_a_curled_page():
    """The best flat map leaves millimetres, and what is seen leads back to the page."""
    grid = np.stack(np.meshgrid(np.linspace(5, 205, 21), np.linspace(5, 292, 29)), axis=2).reshape(-1, 2)
    for seed in range(8):
        curl = Curl.thrown(210, 297, LEVELS["curled"].curl, np.random.default_rng(seed))
        seen = curl.seen(grid)
        flat, _ = cv2.findHomography(grid, seen)
        off = np.linalg.norm(cv2.perspectiveTransform(grid[None], flat)[0] - seen, axis=1)
        assert 1.0 < off.max() < 9.0
        assert np.abs(curl.page(seen) - grid).max() < 0.01


def test_a_staple_takes_a_corner(paper):
    """The upper left corner shows the bed and the sheet's back; now and then a lower one is gone too."""
    sheet = np.zeros_like(paper.sheets[0])
    lost = set()
    for seed in range(6):
        seen = capture(sheet, PX, level("stapled", seed))
        bright = [
            all(seen.pixels[row, column] > 150)
            for row, column in [
                [round(value) for value in seen.at(*corner)[::-1]] for corner in ((9, 9), (96, 139), (9, 139))
            ]
        ]
        assert bright[0]
        lost.add(sum(bright))
    assert lost == {1, 2}


def test_a_hand_takes_light_away(paper):
    """Under the hand the paper is much darker, elsewhere as it was."""
    plain = paper.look(replace(level("shadow", 4), shadow=0.0)).pixels.astype(float)
    dark = paper.look(level("shadow", 4)).pixels.astype(float)
    share = cv2.GaussianBlur(dark, (0, 0), 5) / np.maximum(cv2.GaussianBlur(plain, (0, 0), 5), 1)
    assert share.min() < 0.55
    assert np.percentile(share, 95) > 0.9


def test_a_screen_beats_with_the_sensor(paper):
    """Broad coloured stripes stand on blank paper, far stronger than noise."""
    pixels = paper.look(level("moire", 1)).pixels[150:450, 150:450].astype(np.float32)
    assert (pixels[..., 2] - pixels[..., 1]).std() > 8


@pytest.mark.parametrize("kind", ["pdf", "jpeg", "png", "tiff", "heic"])
def test_files_open_as_what_they_are(paper, kind):
    """Each kind of file opens with its own reader at the scanned size."""
    data = paper.scan(Scanner(dpi=100, file=kind))
    if kind == "pdf":
        (sheet,) = rasterised(data)
        size = (sheet.shape[1] / 3, sheet.shape[0] / 3)
    elif kind == "heic":
        size = open_heif(data).size
    else:
        image = Image.open(io.BytesIO(data))
        assert image.format == kind.upper()
        size = image.size
    assert abs(size[0] - 105 / 0.254) < 2
    assert abs(size[1] - 148 / 0.254) < 2


def test_a_stack_is_one_file(paper):
    """Papers through a feeder give one TIFF with a page each; a JPEG cannot hold two."""
    data = stack(
        [paper, paper.stamp("school", "长治市教育局")], Scanner(dpi=75, file="tiff", colour="bilevel")
    )
    assert Image.open(io.BytesIO(data)).n_frames == 2
    with pytest.raises(ValueError, match="jpeg"):
        stack([paper, paper], Scanner(dpi=75, file="jpeg"))
