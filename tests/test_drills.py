"""Every drill of `make drill` in its short form: nothing is lost, doubled, torn or left unnamed."""

from contextlib import ExitStack

import pytest

from tests.drills import kept, tampering
from tests.drills.every import DRILLS, SEED, Room
from tests.drills.outcome import scale


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    with ExitStack() as stack:
        yield Room(tmp_path_factory.mktemp("drills"), stack)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", DRILLS)
def test_a_drill_holds(room, name):
    """All that was done was done, and nothing happened that must not."""
    outcome = DRILLS[name](room, scale())
    assert {what: count for what, count in outcome.bad.items() if count} == {}, outcome.line()
    assert outcome.holds


def test_an_alteration_that_is_not_named_would_show(tmp_path, monkeypatch):
    """The drill itself is sharp: what nobody can find counts as not named."""
    archive = kept.made(tmp_path / "data", "")

    def nothing(*_arguments):
        return frozenset()

    monkeypatch.setattr(tampering, "TOGETHER", {"nothing": (nothing,)})
    monkeypatch.setattr(tampering, "ALONE", {"nothing": (nothing,)})
    outcome = tampering.tampering(archive, 5, SEED, tampering.Copies(archive))
    assert outcome.bad["not named"] == 5
    assert not outcome.holds
