"""The core reading tests once more with Tesseract alone: it may leave a value to a person, never match a wrong one."""

import os
import subprocess
import sys

import pytest

CORE = "untouched or changed_character or another_persons or look_alike or coarse or blank or red_seal or foreign"


@pytest.mark.skipif(
    os.environ.get("YINZHENG_RECOGNISER", "ppocr") != "ppocr", reason="the whole suite reads with it already"
)
@pytest.mark.timeout(600)
def test_reading_with_tesseract_alone():
    """In a process of its own, chosen as an installation chooses it."""
    environment = {**os.environ, "YINZHENG_RECOGNISER": "tesseract", "OMP_THREAD_LIMIT": "1"}
    command = [sys.executable, "-m", "pytest", "tests/test_read.py", "-k", CORE, "-p", "no:cacheprovider"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert told.returncode == 0, told.stdout[-3000:]
    assert " passed" in told.stdout or "100%" in told.stdout
