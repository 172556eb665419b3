"""Recognisers for tests: one that answers what it is told, and hostile ones that crash, hang, eat memory or talk nonsense.

python -m tests.engines crash      serves one as a child does
"""

import ctypes
import os
import signal
import sys
import time

import numpy as np

from intake.recognise import LineReading
from intake.recognise.apart import serve


class Fake:
    """Answers by a function of the crops, or with the same text for each."""

    name = "fake"

    def __init__(self, answer="文勇俊"):
        self.answer = answer

    def read_lines(self, crops):
        """Answer without looking, or as told."""
        if callable(self.answer):
            return self.answer(crops)
        return [LineReading(self.answer, 0.99, weakest=0.99) for _ in crops]


def crash(_crops):
    """Die as a library dies that writes where it may not."""
    ctypes.string_at(0)


def killed(_crops):
    """Die as a process dies that the system has no memory for."""
    os.kill(os.getpid(), signal.SIGKILL)


def hang(_crops):
    """Never come back."""
    time.sleep(3600)


def spin(_crops):
    """Never come back, and keep a core busy."""
    while True:
        pass


def eat(_crops):
    """Take memory until there is none."""
    taken = []
    while True:
        taken.append(np.ones(1 << 24))


def fail(_crops):
    """Raise what a library raises."""
    raise RuntimeError("文勇俊 140499201104120011")


def line(text="文勇俊", confidence=0.99, **more):
    """One reading."""
    return LineReading(text, confidence, **{"weakest": 0.99, **more})


NONSENSE = {
    "too few": lambda crops: [line() for _ in crops][1:],
    "too many": lambda crops: [line() for _ in range(len(crops) + 1)],
    "none": lambda _crops: None,
    "texts": lambda crops: ["文勇俊" for _ in crops],
    "no text": lambda crops: [line(None) for _ in crops],
    "endless text": lambda crops: [line("文" * 1_000_000) for _ in crops],
    "nan": lambda crops: [line(confidence=float("nan")) for _ in crops],
    "nan weakest": lambda crops: [line(weakest=float("nan")) for _ in crops],
    "infinite": lambda crops: [line(confidence=float("inf")) for _ in crops],
    "percent": lambda crops: [line(confidence=99.0) for _ in crops],
    "negative": lambda crops: [line(confidence=-1.0) for _ in crops],
    "no number": lambda crops: [line(confidence="high") for _ in crops],
    "nan table": lambda crops: [
        line(probabilities=np.full((9, 3), np.nan, np.float32), alphabet={"文": 1}) for _ in crops
    ],
    "logits": lambda crops: [
        line(probabilities=np.full((9, 3), -7, np.float32), alphabet={"文": 1}) for _ in crops
    ],
    "narrow table": lambda crops: [
        line(probabilities=np.zeros((9, 3), np.float32), alphabet={"文": 9}) for _ in crops
    ],
    "empty table": lambda crops: [
        line(probabilities=np.zeros((0, 3), np.float32), alphabet={"文": 1}) for _ in crops
    ],
    "no alphabet": lambda crops: [line(probabilities=np.zeros((9, 3), np.float32)) for _ in crops],
}
VIOLENT = {"crash": crash, "killed": killed, "hang": hang, "spin": spin, "eat": eat, "fail": fail}

if __name__ == "__main__":
    if sys.argv[1] == "good":
        serve(Fake(), None)
    elif sys.argv[1] == "mute":
        hang(None)
    elif sys.argv[1] == "babble":
        sys.stdout.write("[1, 2, 3]\n" * 9)
        hang(None)
    else:
        serve(Fake((NONSENSE | VIOLENT)[sys.argv[1]]), None)
