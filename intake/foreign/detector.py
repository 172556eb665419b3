"""Finds lines of print by the PP-OCRv6 detection network through rapidocr: the default finder."""

import functools
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from intake.errors import RecogniserMissing
from intake.foreign import Quad
from intake.reading import Pixels

MODEL = "PP-OCRv6_det_small.onnx"
LONG_SIDE = 960
"""Pixels the page's longer side is brought to for the network: print of 9 points is 10 pixels high then, and 1152 found no
line more for 60 MB."""
THREADS = 2
MOST = 400
"""Lines of one page: the densest printed A4 page has under a hundred; more is a picture, not print."""


class Detector:
    """The PP-OCRv6 detector with rapidocr's own post-processing; loading takes 0.2 s and 30 MB, so one is shared."""

    def __init__(self, threads: int = THREADS) -> None:
        if not installed():
            raise RecogniserMissing(MODEL)
        try:
            from rapidocr import RapidOCR

            self._engine = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_cls": False,
                    "Global.use_rec": False,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": LONG_SIDE,
                    "Det.max_candidates": MOST,
                    "EngineConfig.onnxruntime.intra_op_num_threads": threads,
                    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                }
            )
        except Exception:
            raise RecogniserMissing(MODEL) from None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Return the word the readings know it by."""
        return "ppocr"

    def find(self, page: Pixels) -> Sequence[Quad]:
        """Give the corners of each line on a BGR page."""
        with self._lock:  # the engine keeps state between its steps
            answer: Any = self._engine(page)
        boxes = answer.boxes
        return [] if boxes is None else [np.asarray(box, np.float32) for box in boxes]


def installed() -> bool:
    """Tell whether the model lies in the installed package: otherwise it would be fetched from the network."""
    package = find_spec("rapidocr")
    places = list(package.submodule_search_locations or []) if package else []
    return any((Path(place) / "models" / MODEL).is_file() for place in places)


@functools.cache
def detector() -> Detector:
    """The one detector of this process, loaded by whoever asks first."""
    return Detector()
