"""A full disk is told as StoreFull, leaves nothing torn behind, and everything goes on once there is room."""

import json
import os
import subprocess
import sys

import pytest

from tests.shelf import CHILD

NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
"""The small file system is a real one, mounted where only the child sees it."""


@pytest.fixture
def told(tmp_path, request):
    """What a story of full_disk.py tells."""
    command = [*NAMESPACE, sys.executable, "-m", "tests.full_disk", request.param, str(tmp_path / "small")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=CHILD)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("told", ["objects"], indirect=True)
def test_an_object_that_does_not_fit_leaves_nothing(told):
    """StoreFull, no draft, no torn object; what was there can be read; with room it goes on."""
    assert told["large"] == told["full"] == told["probe"] == "store_full"
    assert told["many too large"] == told["each too large"] == told["many"] == "store_full"
    assert told["left"] == [told["kept"]]
    assert told["read"]
    assert told["room"] == told["probe again"] == told["many with room"] == "done"


@pytest.mark.parametrize("told", ["database"], indirect=True)
def test_a_transaction_that_does_not_fit_is_undone(told):
    """StoreFull for rows and for an issue; no half of either stays, and no number is lost."""
    assert told["rows"] == told["issue"] == told["probe"] == "store_full"
    assert told["counts"] == {"pending": 1}
    assert told["strangers"] == 0
    assert told["open"] in {"done", "store_full"}
    assert told["number"] == "140426202620120002"
    assert told["faults"] == []


@pytest.mark.parametrize("told", ["new"], indirect=True)
def test_a_first_start_without_room_says_so(told):
    """Not a traceback but StoreFull; and the next start, with room, works."""
    assert told == {"open": "store_full", "room": "done"}
