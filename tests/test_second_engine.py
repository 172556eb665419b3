"""The core reading tests once more with Tesseract alone: it may leave a value to a person, never match a wrong one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.weaker import WEAKER

CORE = (
    "untouched or changed_character or another_persons or look_alike or coarse or blank or red_seal or foreign"
    " or believes_a_forgery"
)
"""A shortened run, two minutes of one processor; `make test-tesseract` reads with it for half an hour."""


@pytest.mark.skipif(
    os.environ.get("YINZHENG_RECOGNISER", "ppocr") != "ppocr", reason="the whole suite reads with it already"
)
@pytest.mark.timeout(600)
def test_reading_with_tesseract_alone():
    """In a process of its own, chosen as an installation chooses it."""
    environment = {**os.environ, "YINZHENG_RECOGNISER": "tesseract", "OMP_THREAD_LIMIT": "1"}
    files = ["tests/test_read.py", "tests/test_receive.py"]
    command = [sys.executable, "-m", "pytest", *files, "-k", CORE, "-p", "no:cacheprovider"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert told.returncode == 0, told.stdout[-3000:]
    assert " passed" in told.stdout or "100%" in told.stdout


def test_what_is_weaker_is_there():
    """Each test that is said to be beyond Tesseract exists under that name, and says why."""
    for file, tests in WEAKER.items():
        text = (Path(__file__).parent / file).read_text("utf-8")
        assert [name for name in tests if f"def {name.partition('[')[0]}(" not in text] == []
        assert all(tests.values())
