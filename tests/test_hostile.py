"""The hostile set over HTTP against a whole service: a clear answer, little cost, everything kept, and work goes on."""

import json
import subprocess
import sys

import pytest

from tests.hostile_service import PUBLIC
from tests.specimens.hostile.museum import MUSEUM

SECONDS = 2.0
"""Processor time of one file's decoders, which is what a file can drive up."""
ALL_SECONDS = 4.0
"""… of server, client, worker and decoders together: under two on a quiet machine, more where twenty others run."""
READ_SECONDS = 10.0
"""… of a file that is a picture after all: its decoding has two seconds, then it is read as any foreign page is."""
LARGE = {"flat-colour.png", "flat-16-gray.png", "flat-palette.png", "interlaced.png", "large.jpg", "flat.tif"}
LARGE_SECONDS = 3.0
"""Pictures as large as an honest 600 dpi A3 scan cost what that costs: 1.5 s alone, 2 s beside twenty other programs."""
MEGABYTES = 1024
"""Memory of any process that touched it."""
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Run the service on its own, so that what a file costs is not mixed with other tests."""
    folder = tmp_path_factory.mktemp("hostile")
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hostile_service", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", MUSEUM)
def test_a_hostile_file_gets_a_clear_answer_cheaply(story, name):
    """The right answer, that says what to do, within two seconds and a gigabyte; the bytes are kept and never shown in place."""
    told = story["files"][name]
    assert told["outcome"] in MUSEUM[name].answers
    if not told["outcome"].startswith("done"):
        assert "请" in told["detail"]
        assert told["type"] == (
            "application/json" if "failed" in told["outcome"] else "application/problem+json"
        )
    assert told["decoders"] < (LARGE_SECONDS if name in LARGE else SECONDS)
    assert told["seconds"] < (READ_SECONDS if told["outcome"] == "done" else ALL_SECONDS)
    assert told["mb"] <= MEGABYTES
    assert told["kept"]
    assert told["sent"] == ["attachment", "nosniff"]
    assert told["alive"] == 200


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_door_says_the_same(story, name):
    """A stranger's file is refused by the same name, or is no paper that can be checked; never an error of ours."""
    told = story["public"][name]
    outcome = story["files"][name]["outcome"]
    if outcome == "done":
        assert (told["status"], told["says"]) == (200, "cannot_check")
    else:
        assert told["says"] == outcome.split()[1]
        assert told["status"] in {413, 415, 422}
    assert told["decoders"] < SECONDS


def test_the_service_goes_on(story):
    """Afterwards it is ready, an honest scan is read and filed, nothing hangs, and no draft lies about."""
    after = story["after"]
    assert after["serials"] == [after["issued"]]
    assert after["ready"] == 200
    assert set(after["states"]) == {"done", "failed"}
    assert sum(after["states"].values()) == len(MUSEUM) + 1
    assert after["drafts"] == 0
