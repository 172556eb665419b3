"""Reads lines by the PP-OCRv6 network through onnxruntime: the default recogniser, which knows rare names."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np

from intake.errors import RecogniserMissing
from intake.reading import Pixels
from intake.recognise import LineReading, Recogniser
from intake.recognise.likelihood import BLANK, Alphabet, Probabilities
from intake.recognise.twin import twin

MODEL = "PP-OCRv6_rec_small.onnx"
HEIGHT = 48  # the network's input height
STEP = 8  # the network makes one time step of 8 columns
MAX_WIDTH = 2400  # a line of a hundred characters; wider crops are squeezed
THREADS = 2


class PpOcr:
    """The PP-OCRv6 line recogniser; loading takes 0.2 s and 100 MB, so one is made and shared."""

    def __init__(self, model: Path | None = None, threads: int = THREADS) -> None:
        self._model = model or installed_model()
        self._threads = threads
        self._network = _Network(str(self._model), threads)

    @property
    def name(self) -> str:
        """Return the word the settings and findings know it by."""
        return "ppocr"

    @cached_property
    def quick(self) -> Recogniser | None:
        """Return what reads with the network's quick twin, for `intake.recognise.quick`; loading it takes 0.5 s."""
        network = twin(self._model)
        try:
            return None if network is None else _Quick(_Network(network, self._threads))
        except RecogniserMissing:  # an onnxruntime without eight-bit layers for this processor
            return None

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop by itself: on two cores a batch is no faster, and neighbours then cannot matter."""
        return [self._network.read(crop) for crop in crops]


class _Quick:
    """The same with the quick twin."""

    name = "ppocr-quick"

    def __init__(self, network: "_Network") -> None:
        self._network = network

    def read_lines(self, crops: Sequence[Pixels]) -> list[LineReading]:
        """Read each crop by itself."""
        return [self._network.read(crop) for crop in crops]


class _Network:
    """A network in memory, from a file or its bytes, and the characters its columns mean."""

    def __init__(self, source: str | bytes, threads: int) -> None:
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            # idle threads that spin cost a busy machine 1.7 times the processor time and gain an idle one a tenth
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            # an arena keeps what the widest line took, 50 MB for each network, and makes no line faster
            options.enable_cpu_mem_arena = False
            options.enable_mem_pattern = False
            options.log_severity_level = 3
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
            characters = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        except Exception:
            raise RecogniserMissing(MODEL) from None
        self._input = self._session.get_inputs()[0].name
        self._characters = ["", *(character for character in characters if character), " "]
        self._alphabet: Alphabet = {
            character: at for at, character in enumerate(self._characters) if at != BLANK
        }

    def read(self, crop: Pixels) -> LineReading:
        """Read one line."""
        answer = self._session.run(None, {self._input: prepared(crop)})[0]
        probabilities = cast("Probabilities", cast("Any", answer)[0])
        return self._decoded(probabilities)

    def _decoded(self, probabilities: Probabilities) -> LineReading:
        """Take the best path: repeats collapsed, blanks dropped; confidence is the mean of what is kept."""
        best = probabilities.argmax(axis=1)
        kept = (best != BLANK) & np.concatenate(([True], best[1:] != best[:-1]))
        sure = probabilities[np.arange(len(best)), best][kept]
        text = "".join(self._characters[at] for at in best[kept])
        mean, weakest = (float(sure.mean()), float(sure.min())) if sure.size else (0.0, 0.0)
        return LineReading(text, mean, probabilities, self._alphabet, weakest)


def installed_model() -> Path:
    """Find the model in the installed rapidocr package without importing that package."""
    package = find_spec("rapidocr")
    places = list(package.submodule_search_locations or []) if package else []
    for place in places:
        path = Path(place) / "models" / MODEL
        if path.is_file():
            return path
    raise RecogniserMissing(MODEL)


def prepared(crop: Pixels) -> Any:
    """Return the crop as the network wants it: 1 x 3 x 48 x W float32 in -1..1, W a multiple of the step."""
    if crop.ndim == 2:
        crop = cast("Pixels", cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR))
    height, width = crop.shape[:2]
    wanted = min(max(round(width * HEIGHT / height), HEIGHT), MAX_WIDTH)
    wanted += -wanted % STEP
    way = cv2.INTER_AREA if height > HEIGHT else cv2.INTER_CUBIC
    scaled = cv2.resize(crop, (wanted, HEIGHT), interpolation=way)
    return np.ascontiguousarray((scaled.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))[np.newaxis]
