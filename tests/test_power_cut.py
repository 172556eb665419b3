"""A power cut, again and again: no object that was answered is lost, and none is torn, however they were synced."""

import json
import os
import subprocess
import sys

import pytest

from tests.shelf import CHILD

CUTS = 4

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk that is a file")


def cuts(folder, way, number):
    """Cut the power so often; gives what power_cut.py tells of each time."""
    command = ["unshare", "--mount", sys.executable, "-m", "tests.power_cut", str(folder), way, str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=CHILD)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert len(told) == number
    assert all(cut["answered"] for cut in told)
    return told


@pytest.mark.parametrize("way", ["at once", "each by itself", "one by one"])
def test_a_power_cut_loses_nothing_that_was_answered(tmp_path, way):
    """The disk as it is at some moment of the writing, started again: what was answered is there and whole."""
    assert [(cut["lost"], cut["torn"]) for cut in cuts(tmp_path, way, CUTS)] == [(0, 0)] * CUTS


def test_without_a_sync_the_cut_would_show(tmp_path):
    """The drill itself is sharp: the same writer, never syncing, loses or tears what it answered."""
    (cut,) = cuts(tmp_path, "never", 1)
    assert cut["lost"] + cut["torn"] > 0
