"""The quick reader: a smaller network says what is surely as expected; the whole one says everything else."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.errors import RecogniserFailed
from intake.marks import ring
from intake.recognise import LineReading, quick_of, twin
from intake.recognise.guard import Guarded
from intake.recognise.ppocr import PpOcr, installed_model
from intake.recognise.quick import expected_lines
from intake.thresholds import QUICK
from tests.engines import Fake
from tests.test_recognise import LINES, crop
from tests.test_ring import ALPHABET, strip

CROPS = [np.full((48, 96), 255, np.uint8)] * 3


class Hasty(Fake):
    """An engine with a quick reader; counts what it was asked itself."""

    def __init__(self, quick, answer="甲"):
        super().__init__(answer)
        self.quick, self.asked = quick, 0

    def read_lines(self, crops):
        """Count, and answer."""
        self.asked += len(crops)
        return super().read_lines(crops)


def says(*readings):
    """A quick reader with these answers, one for each line."""
    rest = list(readings)
    return Fake(lambda crops: [rest.pop(0) for _ in crops])


@pytest.fixture(scope="module")
def ppocr():
    return PpOcr(threads=1)


def test_the_twin_reads_what_the_network_reads(ppocr):
    """Clean print: the same texts, rare names among them; common ones nearly all so surely that they are believed."""
    lines = [crop(text) for text in [*LINES, "赵翀旻", "钱赟", "襄垣县教育体育局"]]
    whole, quick = ppocr.read_lines(lines), ppocr.quick.read_lines(lines)
    assert [one.text for one in quick] == [one.text for one in whole]
    assert sum(one.weakest >= QUICK for one in quick[: len(LINES)]) >= len(LINES) - 1


def test_every_heavy_layer_has_its_ranges():
    """Those that were measured are those of the installed network: else there would be no twin, and no hurry."""
    layers = twin.heavy_layers(twin.optimised(installed_model()))
    ranges = json.loads(twin.RANGES.read_text("ascii"))
    assert {name: len(ends) for name, ends in layers.items()} == {
        name: len(ends) for name, ends in ranges.items()
    }
    assert all(low < high for ends in ranges.values() for low, high in ends)


def test_a_network_nobody_measured_has_no_twin(tmp_path, monkeypatch):
    """One layer more than was measured: the engine reads alone."""
    ranges = json.loads(twin.RANGES.read_text("ascii"))
    (tmp_path / "ranges.json").write_text(json.dumps({**ranges, "another": [[0, 1], [0, 1]]}))
    monkeypatch.setattr(twin, "RANGES", tmp_path / "ranges.json")
    assert twin.twin(installed_model()) is None


def test_only_what_is_surely_expected_is_believed():
    """Another text, and the expected one read with a doubtful letter, are read again by the engine itself."""
    quick = says(
        LineReading("甲", 0.99, weakest=QUICK),
        LineReading("甲", 0.99, weakest=QUICK - 0.01),
        LineReading("丙", 1.0, weakest=1.0),
    )
    engine = Hasty(quick, answer="乙")
    readings = expected_lines(engine, CROPS, ["甲", "甲", "甲"])
    assert [one.text for one in readings] == ["甲", "乙", "乙"]
    assert engine.asked == 2


def test_what_the_ink_proves_is_not_read():
    """Neither quickly nor wholly; the answers keep their order."""
    engine = Hasty(
        says(LineReading("甲", 1.0, weakest=1.0), LineReading("丙", 1.0, weakest=1.0)), answer="乙"
    )
    readings = expected_lines(engine, CROPS, ["甲", "丁", "甲"], [False, True, False])
    assert [(one.text, one.by_ink) for one in readings] == [("甲", False), ("丁", True), ("乙", False)]
    assert engine.asked == 1


def test_an_engine_without_a_quick_reader_reads_all():
    """Tesseract, two engines together, one in a child: a second opinion, on what the ink proves too."""
    readings = expected_lines(Fake("乙"), CROPS, ["甲"] * 3, [True] * 3)
    assert [(one.text, one.by_ink) for one in readings] == [("乙", False)] * 3


def test_the_quick_reader_is_held_to_its_word():
    """The guard around an engine guards its quick reader too."""
    guarded = Guarded(Hasty(Fake(lambda _: [])), lambda: None)
    with pytest.raises(RecogniserFailed):
        quick_of(guarded).read_lines(CROPS)
    assert quick_of(Guarded(Fake(), lambda: None)) is None


@given(
    st.lists(st.lists(st.floats(0, 1), min_size=5, max_size=5), min_size=1, max_size=12),
    st.text("甲乙(（", max_size=4),
)
def test_what_is_left_out_of_a_table_does_not_count(rows, expected):
    """The margin of the expected text is the same with the probabilities of its letters alone."""
    table = np.array(rows, np.float32)
    whole = LineReading("乙", 0.9, table, {"甲": 1, "乙": 2, "(": 3, "（": 4})
    kept = whole.about(expected)
    assert kept.margin(expected) == pytest.approx(whole.margin(expected))
    assert kept.probabilities.shape[1] <= 5


NAMES = ["黎城县第一中学校", "黎城县第二中学校", "黎城县教育局"]


def owner(whole, quick, monkeypatch):
    """Say whose ring it is when the engine and its quick reader read these."""
    monkeypatch.setattr(ring, "strips", lambda *_: iter(CROPS[:1] * 4))
    engine = Hasty(Fake(lambda _: [strip(quick)]), answer=lambda _: [strip(whole)])
    return ring.owner(None, 1.0, None, engine, NAMES), engine.asked


def test_a_ring_is_never_known_by_the_quick_reader_alone(monkeypatch):
    """It may agree with the engine; where it does not, the engine reads on and decides by itself."""
    assert set("".join(NAMES)) <= set(ALPHABET)
    agreed, asked = owner(NAMES[0], NAMES[0], monkeypatch)
    assert (agreed.unit, asked) == (NAMES[0], 1)
    alone, asked = owner("?" * 8, NAMES[0], monkeypatch)
    assert (alone.unit, asked) == (None, 4)
    other, asked = owner(NAMES[0], NAMES[1], monkeypatch)
    assert (other.unit, asked) == (NAMES[0], 2)
