"""Registration: a scan is laid over its page to a fraction of a millimetre, by marks or by features, or not at all."""

import numpy as np
import pytest

from intake import align, codes
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
    import cv2

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
