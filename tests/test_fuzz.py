"""Coverage-guided fuzzing, for seconds here and for minutes in `make drill` (FUZZ_SECONDS for each target)."""

import os
import re
import subprocess
import sys

import pytest

SECONDS = int(os.environ.get("FUZZ_SECONDS", "4"))
START = 120
LEAST_RUNS = 200
pytestmark = pytest.mark.timeout(START + 2 * SECONDS + 60)


@pytest.mark.parametrize("target", ["token", "layout", "upload"])
def test_nothing_but_the_promised_errors(target, tmp_path):
    """Thousands of inputs, led by what code they reach: refused by name, or usable; a finding is kept and shown."""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.fuzz.targets", target, str(SECONDS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=START + 2 * SECONDS,
    )
    found = [path.read_bytes()[:500] for path in tmp_path.glob("*-*") if path.is_file()]
    assert (told.returncode, found) == (0, []), told.stdout[-1500:] + told.stderr[-1500:]
    runs = re.search(r"stat::number_of_executed_units: +(\d+)", told.stderr)
    assert runs is not None
    assert int(runs[1]) > LEAST_RUNS
