"""Many files looked into by one child that forks for each: the same answers, and a bad one costs the next nothing."""

import os
import signal
from pathlib import Path

import pytest

from intake.errors import UploadRefused
from intake.inspecting import Inspector
from intake.uploads import inspect
from tests.specimens.hostile.museum import MUSEUM


def told(look, data):
    """What a look at a file says: kind and pages, or why it is refused."""
    try:
        found = look(data)
    except UploadRefused as refusal:
        return refusal.code
    return found.kind, found.pages


def test_every_hostile_file_is_told_the_same():
    """One after the other in one child as in a child of its own: every fifth of the museum, of all kinds."""
    with Inspector() as inspector:
        for specimen in [*MUSEUM.values()][::5]:
            data = specimen.make()
            assert told(inspector.inspect, data) == told(inspect, data), specimen.name


def test_a_child_that_is_gone_is_told():
    """Whoever was being looked into is refused, and the next one is looked into by another child."""
    good, before = MUSEUM["xfa.pdf"].make(), children()
    with Inspector() as inspector:
        assert told(inspector.inspect, good) == ("pdf", 1)
        (child,) = children() - before
        os.kill(child, signal.SIGKILL)
        with pytest.raises(UploadRefused):
            inspector.inspect(good)
        assert told(inspector.inspect, good) == ("pdf", 1)
    assert children() == before


def children():
    """Ids of the decoders this process has started in a group of their own and that are still there."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(one) for one in listed if os.getpgid(int(one)) == int(one)}
