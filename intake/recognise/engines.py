"""Names the recognisers there are, for the settings, and loads the one that was chosen."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from intake.recognise import Recogniser
from intake.recognise.both import Both
from intake.recognise.ppocr import PpOcr
from intake.recognise.tesseract import Tesseract

ENGINES: Final[Mapping[str, Callable[[], Recogniser]]] = MappingProxyType(
    {"ppocr": PpOcr, "tesseract": Tesseract, "both": lambda: Both(PpOcr(), Tesseract())}
)
"""The first is the default. `both` costs a second more a page, and sends what the two disagree on to a person."""


def load(name: str) -> Recogniser:
    """Load a recogniser by its name; raises RecogniserMissing when its model, program or data is not installed."""
    return ENGINES[name]()
