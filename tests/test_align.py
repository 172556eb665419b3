"""Registration: a scan is laid over its page to a fraction of a millimetre, by marks or by features, or not at all."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from intake import align, codes, warp
from intake.align.landmarks import landmarks
from intake.reading import Code
from intake.reference import rendered
from tests.specimens import sheet


@pytest.fixture(scope="module")
def form():
    picture, layout = sheet.drawn()
    return picture, layout, rendered(sheet.as_pdf(picture), 0, layout["width"], layout["height"])


@pytest.fixture(scope="module")
def certificate():
    picture, layout = sheet.drawn(fiducials=False, size_mm=(260.0, 230.0))
    return picture, layout, rendered(sheet.as_pdf(picture), 0, layout["width"], layout["height"])


def off_mm(flat, reference):
    """Return how far (mm) the straightened page is from the archived one, at five places."""
    red = flat.pixels[:, :, 2].astype(np.float32)
    height, width = reference.shape
    shifts = []
    for y, x in ((0.26, 0.35), (0.45, 0.35), (0.6, 0.35), (0.15, 0.35), (0.7, 0.35)):
        part = np.s_[int(y * height) - 90 : int(y * height) + 90, int(x * width) - 120 : int(x * width) + 120]
        (dx, dy), _ = cv2.phaseCorrelate(reference[part].astype(np.float32), red[part])
        shifts.append(np.hypot(dx, dy) * 25.4 / flat.dpi)
    return float(np.median(shifts))


@pytest.mark.parametrize(("dpi", "tilt", "turn"), [(100, 1, 0), (150, -2, 1), (200, 3, 2), (300, 0.5, 3)])
def test_forms_are_laid_straight_by_their_marks(form, dpi, tilt, turn):
    """Four ArUco marks fix a form to a tenth of a millimetre at any resolution, tilt and turn."""
    picture, layout, reference = form
    page = sheet.scanned(picture, dpi, dpi=dpi, tilt=tilt, turn=turn)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    assert flat.how == "fiducials"
    assert flat.scan_dpi == pytest.approx(dpi, rel=0.01)
    assert off_mm(flat, reference) < 0.1


def test_marks_are_found_around_the_code_as_on_the_whole_page(form):
    """Looking only around their places finds the same corners; where a code misleads the whole page is searched."""
    picture, layout, _ = form
    page = sheet.scanned(picture, 4, tilt=2)
    red, code = np.ascontiguousarray(page.pixels[:, :, 2]), codes.find(page)[0]
    away = Code(code.text, tuple((x / 3, y / 3 + 900) for x, y in code.corners), code.module_px)
    everywhere = landmarks(red, layout, None)
    assert everywhere[2] == len(layout["fiducials"])
    for one in (code, away):
        found = landmarks(red, layout, one)
        assert found[2] == everywhere[2]
        assert np.abs(found[1] - everywhere[1]).max() < 0.05


def test_marks_alone_are_enough(form):
    """Without archive and code the marks still register: the half pixel of ArUco's convention is minded."""
    picture, layout, reference = form
    flat = align.register(sheet.scanned(picture, 5, tilt=2).pixels, layout, None, None)
    assert off_mm(flat, reference) < 0.15


def test_lost_marks_are_replaced_by_features(form):
    """A form that lost two marks is registered by what it shares with the archived page."""
    picture, layout, reference = form
    page = sheet.scanned(picture, 6, tilt=1)
    page.pixels[:200, :200] = 255
    page.pixels[-200:, -200:] = 255
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    assert flat.how == "features"
    assert off_mm(flat, reference) < 0.1


@pytest.mark.parametrize(("dpi", "tilt", "turn"), [(150, 1, 0), (200, -3, 1), (200, 2, 2), (300, 1, 3)])
def test_certificates_are_laid_straight_by_features(certificate, dpi, tilt, turn):
    """Pages without marks are fixed to a tenth of a millimetre by features, at any turn."""
    picture, layout, reference = certificate
    page = sheet.scanned(picture, dpi, dpi=dpi, tilt=tilt, turn=turn)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    assert flat.how == "features"
    assert off_mm(flat, reference) < 0.1


def test_the_code_must_stand_where_it_was_printed(form):
    """Marks that say one thing while the code says another are another geometry: not registered."""
    picture, layout, _ = form
    page = sheet.scanned(picture, 7)
    moved = dict(layout, codes=[{"box": [20.0, 200.0, 46.0, 226.0], "keep_out": [0, 0, 0, 0]}])
    assert align.register(page.pixels, moved, codes.find(page)[0], None) is None


def test_foreign_and_mirrored_pages_are_not_registered(certificate):
    """Noise and a mirror image are no scans of this page."""
    picture, layout, reference = certificate
    noise = np.random.default_rng(3).integers(0, 255, (1200, 1600, 3), dtype=np.uint8)
    assert align.register(noise, layout, None, reference) is None
    mirrored = np.ascontiguousarray(sheet.scanned(picture, 8).pixels[:, ::-1])
    assert align.register(mirrored, layout, None, reference) is None


def test_boxes_go_back_to_the_scan(form):
    """A box in page millimetres is found again on the turned scan."""
    picture, layout, reference = form
    page = sheet.scanned(picture, 9, tilt=0.0, turn=2)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    left, top, right, bottom = flat.on_scan(layout["codes"][0]["box"])
    xs, ys = zip(*codes.find(page)[0].corners, strict=True)
    assert (left, top, right, bottom) == pytest.approx((min(xs), min(ys), max(xs), max(ys)), abs=2)


def bent(picture, curl_mm, crumple_mm=0.0, seed=1):
    """Return the sheet curled across its width (and crumpled), and where it shows a place given in page mm."""
    sheet_px = np.asarray(picture)
    height, width = sheet_px.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    rough = np.random.default_rng(seed).normal(0, crumple_mm, (2, 9, 7)).astype(np.float32)
    across, down = (
        cv2.resize(one, (width, height), interpolation=cv2.INTER_CUBIC) * sheet.MM for one in rough
    )
    down = down + curl_mm * sheet.MM * np.sin(1.3 * np.pi * x / width + 0.4)
    pulled = cv2.remap(sheet_px, x + across, y + down, cv2.INTER_CUBIC, borderValue=255)

    def shown(at_mm):
        target = np.array(at_mm) * sheet.MM
        place = target.copy()
        for _ in range(20):
            column, row = (int(min(max(v, 0), n - 1)) for v, n in zip(place, (width, height), strict=True))
            place = target - (across[row, column], down[row, column])
        return place / sheet.MM

    return Image.fromarray(pulled), shown


@pytest.mark.parametrize(
    ("dpi", "gray", "crumple"), [(100, True, 0.0), (150, False, 0.3), (200, False, 0.5), (300, False, 0.0)]
)
def test_a_curled_sheet_is_pulled_straight(form, dpi, gray, crumple):
    """What no plane explains is followed by the patches: 4 mm of curl and some crumples leave 0.15 mm."""
    picture, layout, reference = form
    page = sheet.scanned(bent(picture, 4.0, crumple)[0], dpi, dpi=dpi, tilt=1, gray=gray)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    assert flat.bend is not None
    assert off_mm(flat, reference) < 0.15


def test_boxes_go_back_to_a_curled_scan(form):
    """A finding on a curled scan points where the value really stands on it."""
    picture, layout, reference = form
    curled, shown = bent(picture, 5.0)
    page = sheet.scanned(curled, 4, tilt=0.0)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    plain = align.register(sheet.scanned(picture, 4, tilt=0.0).pixels, layout, None, reference)
    for value in layout["values"]:
        left, top, right, bottom = value["lines"][0]["box"]
        middle = flat.on_scan((left, top, right, bottom))
        seen = shown(((left + right) / 2, (top + bottom) / 2))
        truth = plain.on_scan((*seen, *seen))
        assert ((middle[0] + middle[2]) / 2, (middle[1] + middle[3]) / 2) == pytest.approx(truth[:2], abs=6)


def test_a_flat_sheet_is_not_bent(form, certificate):
    """A flat page keeps its plane, however noisy: a field is applied only where it proves itself."""
    for picture, layout, reference in (form, certificate):
        for dpi, noise in ((100, 10.0), (200, 4.0)):
            page = sheet.scanned(picture, 2, dpi=dpi, tilt=2, noise=noise)
            flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
            assert flat.bend is None or np.abs(flat.bend.control).max() < 0.3


def test_another_persons_page_lies_where_its_marks_say(form):
    """Marks of ours around other values: what is found again by chance pulls nothing away."""
    _, layout, reference = form
    other, _ = sheet.drawn(values=dict.fromkeys(sheet.VALUES, "另一份纸上的另一行字"))
    page = sheet.scanned(other, 3)
    flat = align.register(page.pixels, layout, codes.find(page)[0], reference)
    assert flat is None or off_mm(flat, reference) < 0.3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.3, 6.0), st.floats(0, 0.25))
def test_a_warp_finds_any_smooth_bend_again(seed, amplitude, share_wrong):
    """A bend of paper is found to a tenth of a millimetre, a quarter of wrong patches notwithstanding."""
    dice = np.random.default_rng(seed)
    points = dice.uniform(0, 1, (260, 2)) * (210, 297)
    phase, waves = dice.uniform(0, 2 * np.pi), dice.uniform(0.5, 1.5)

    def bend(at):
        return amplitude * np.stack(
            [0.3 * np.cos(waves * np.pi * at[:, 1] / 297), np.sin(waves * np.pi * at[:, 0] / 210 + phase)],
            axis=1,
        )

    off = bend(points) + dice.normal(0, 0.02, points.shape)
    wrong = dice.random(len(points)) < share_wrong
    off[wrong] += dice.uniform(-6, 6, (int(wrong.sum()), 2))
    field = warp.fitted(points, off, (210.0, 297.0))
    assert field is not None
    inside = dice.uniform(0.06, 0.94, (200, 2)) * (210, 297)
    assert np.median(np.linalg.norm(field.displacement(inside) - bend(inside), axis=1)) < 0.1
    grid = field.over(inside[:3, 0], inside[:4, 1])
    at = np.array([(x, y) for y in inside[:4, 1] for x in inside[:3, 0]])
    np.testing.assert_allclose(grid.reshape(-1, 2), field.displacement(at), atol=1e-9)


def test_no_paper_lies_like_this():
    """Tears, folds over and leaps of centimetres are no bends: no field is made of them."""
    points = np.random.default_rng(1).uniform(0, 1, (200, 2)) * (210, 297)
    torn = np.where(points[:, :1] > 105, 14.0, 0.0) * np.array([[1.0, 0.0]])
    assert warp.fitted(points, torn, (210.0, 297.0)) is None
    assert warp.fitted(points, np.full_like(points, 40.0), (210.0, 297.0)) is None
