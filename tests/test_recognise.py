"""Recognisers: both read printed lines; likelihoods are true sums over alignments; rare names are known."""

from itertools import product

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from intake.errors import RecogniserMissing
from intake.recognise import LineReading
from intake.recognise.likelihood import fold, log_likelihood
from intake.recognise.ppocr import PpOcr
from intake.recognise.tesseract import Tesseract
from tests.specimens import sheet

LINES = ["文勇俊", "男", "2011年4月12日", "140499201104120011", "黎城县第三中学校", "二〇二六年七月一日"]


@pytest.fixture(scope="module")
def ppocr():
    return PpOcr()


def crop(text, size=34):
    face = ImageFont.truetype(sheet.FONT, size)
    left, top, right, bottom = face.getbbox(text)
    picture = Image.new("L", (round(right - left) + 12, round(bottom - top) + 12), 250)
    ImageDraw.Draw(picture).text((6 - left, 6 - top), text, font=face, fill=15)
    return np.asarray(picture)


def test_ppocr_reads_names_numbers_and_dates(ppocr):
    """Clean lines are read without a fault and surely, rare names too."""
    texts = [*LINES, "赵翀旻", "钱赟"]
    readings = ppocr.read_lines([crop(text) for text in texts])
    assert [reading.text for reading in readings] == texts
    assert min(reading.confidence for reading in readings) > 0.9


def test_the_margin_tells_one_changed_character(ppocr):
    """The expected text is as likely as the reading; a text one character off is at least e^6 less likely."""
    for text, other in [
        ("140499201104120011", "140499201104120017"),
        ("2011年4月12日", "2011年4月13日"),
        ("文勇俊", "文勇峻"),
        ("1380", "1330"),
        ("56", "55"),
    ]:
        reading = ppocr.read_lines([crop(text)])[0]
        assert reading.margin(text) == pytest.approx(0, abs=0.1)
        assert reading.margin(other) < -6


def test_unknown_characters_have_no_margin(ppocr):
    """A character outside the dictionary cannot be judged: None, not minus infinity."""
    assert ppocr.read_lines([crop("文")])[0].margin("\ue000") is None


def test_a_crop_of_any_size_is_read(ppocr):
    """One pixel, a tall sliver, a very wide strip and a colour crop do not break it."""
    shapes = [(1, 1), (200, 3), (10, 4000), (40, 120, 3)]
    readings = ppocr.read_lines([np.full(shape, 255, np.uint8) for shape in shapes])
    assert len(readings) == len(shapes)


def test_a_missing_model_says_so(tmp_path):
    """A model that is not there is our own error, with a sentence for people."""
    with pytest.raises(RecogniserMissing) as caught:
        PpOcr(tmp_path / "none.onnx")
    assert "文字识别" in caught.value.message_zh


def test_tesseract_reads_many_lines_in_one_call():
    """The second recogniser reads most clean lines, keeps their order, and gives no probabilities."""
    readings = Tesseract().read_lines([crop(text) for text in LINES])
    assert len(readings) == len(LINES)
    assert sum(fold(reading.text) == text for reading, text in zip(readings, LINES, strict=True)) >= 4
    assert readings[3].text == LINES[3]
    assert all(reading.margin("文") is None for reading in readings)


def test_tesseract_without_its_language_says_so():
    """Language data that is not installed is our own error."""
    with pytest.raises(RecogniserMissing):
        Tesseract("klingon")


def test_the_likelihood_is_the_sum_over_all_alignments():
    """The forward algorithm equals brute force over every path, repeats and blanks included."""
    rng = np.random.default_rng(4)
    table = rng.dirichlet(np.ones(4), 5).astype(np.float32)
    alphabet = {"a": 1, "b": 2, "c": 3}
    names = ["", "a", "b", "c"]
    totals = {}
    for path in product(range(4), repeat=5):
        kept = [at for k, at in enumerate(path) if at and (k == 0 or path[k - 1] != at)]
        text = "".join(names[at] for at in kept)
        totals[text] = totals.get(text, 0) + np.prod([table[step, at] for step, at in enumerate(path)])
    for text in ["", "a", "ab", "aa", "aba", "abc", "aab", "bbb"]:
        assert log_likelihood(table, alphabet, text) == pytest.approx(np.log(totals[text]), abs=1e-4)
    assert log_likelihood(table, alphabet, "aaaa") < -15  # needs seven steps, has five


def test_wide_and_narrow_forms_are_one_text():
    """Full and half width punctuation and blanks do not differ; 〇, 0 and O do."""
    assert fold("长治市（东校区） ：１２－３") == fold("长治市(东校区):12-3")
    assert len({fold("〇"), fold("0"), fold("O")}) == 3
    table = np.full((3, 4), 1e-6, np.float32)
    table[[0, 1, 2], [1, 0, 2]] = 1
    alphabet = {"（": 1, "a": 2, " ": 3}
    assert log_likelihood(table, alphabet, "(a") == pytest.approx(0, abs=1e-3)


def test_a_reading_without_probabilities_has_no_margin():
    """Tesseract's kind of answer is compared by its text alone."""
    assert LineReading("文", 0.9).margin("文") is None
