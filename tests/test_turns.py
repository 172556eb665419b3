"""Whose job comes next: of one kind the schools are served in turn, on either engine, however much one of them brings."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shelf import Clock, furnished


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def archive(tmp_path, clock, database):
    opened = furnished(tmp_path / "data", clock, database)
    yield opened
    opened.close()


def leased(transaction, kinds=("print",), most=10**6):
    """Whose jobs a worker gets one after the other, with what each was."""
    got = []
    while len(got) < most and (job := transaction.lease_job(kinds, 60)) is not None:
        got.append((job.payload["org"], job.payload["place"]))
        transaction.finish_job(job.id)
    return got


def of(org, count, first=0):
    return [{"org": org, "place": place} for place in range(first, first + count)]


def test_a_school_waits_for_no_other_schools_thousands(archive):
    """Behind a thousand of a big school a small one's single job is the second, whenever it comes."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", of("big", 1000), "big")
        transaction.add_job("print", {"org": "small", "place": 0}, "small")
        assert leased(transaction, most=2) == [("big", 0), ("small", 0)]
        assert leased(transaction, most=400) == [("big", place) for place in range(1, 401)]
        transaction.add_jobs("print", of("small", 3), "small")
        transaction.add_jobs("print", of("third", 2), "third")
        whose = [org for org, _ in leased(transaction, most=9)]
        assert whose[:3] in (["big", "small", "third"], ["small", "third", "big"])
        assert (whose.count("small"), whose.count("third")) == (3, 2)


def test_a_school_that_comes_back_is_not_put_behind(archive, clock):
    """Jobs that wait for their time hold nobody's turn back, and bring nobody ahead."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", of("big", 50), "big")
        put_off = transaction.lease_job(["print"], 60)
        transaction.give_back_job(put_off.id, "away", seconds=3600, spent=False)
        leased(transaction, most=20)
        transaction.add_jobs("print", of("late", 20), "late")
        whose = [org for org, _ in leased(transaction, most=20)]
        assert whose.count("late") == 10
        clock.forward(seconds=3601)
        assert transaction.lease_job(["print"], 60).id == put_off.id


def test_a_job_that_comes_late_brings_nobody_ahead(archive, clock):
    """One that was put off is due again while the others are far on: who comes now shares their turns, not its old one."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", of("big", 100), "big")
        put_off = transaction.lease_job(["print"], 60)
        transaction.give_back_job(put_off.id, "away", seconds=3600, spent=False)
        leased(transaction, most=50)
        clock.forward(seconds=3601)
        transaction.add_jobs("print", of("late", 40), "late")
        got = leased(transaction, most=21)
    assert got[0] == ("big", 0)
    assert [org for org, _ in got].count("late") == 10


def test_nobody_is_put_behind_by_an_outage(archive, clock):
    """Every job of a big school was leased and put off in turn: nothing of it is done, and who comes shares its turns."""
    with archive.begin() as transaction:
        transaction.add_jobs("print", of("big", 60), "big")
        for _ in range(30):
            job = transaction.lease_job(["print"], 60)
            transaction.give_back_job(job.id, "away", seconds=5, spent=False)
        transaction.lease_job(["print"], 60)
        transaction.add_jobs("print", of("late", 20), "late")
        clock.forward(seconds=61)
        whose = [org for org, _ in leased(transaction, most=20)]
    assert whose.count("late") == 10


def greatest_gap(whose, queued):
    """How many jobs of others an organization waited for at most between two of its own, while it had some waiting."""
    gaps = {}
    for org in queued:
        places = [place for place, one in enumerate(whose) if one == org]
        gaps[org] = max((later - earlier - 1 for earlier, later in pairwise([-1, *places])), default=0)
    return gaps


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(counts=st.lists(st.integers(1, 25), min_size=1, max_size=6), data=st.data())
def test_nobody_waits_for_more_than_one_of_each_other(archive, counts, data):
    """Whoever queues how much in whatever order: between two jobs of one school each other school has one at most."""
    orgs = [f"s{place}" for place in range(len(counts))]
    with archive.begin() as transaction:
        leased(transaction)
        for place in data.draw(st.permutations(range(len(counts)))):
            transaction.add_jobs("print", of(orgs[place], counts[place]), orgs[place])
        got = leased(transaction)
    for org, count in zip(orgs, counts, strict=True):
        assert [place for whose, place in got if whose == org] == list(range(count))
    whose = [org for org, _ in got]
    assert all(gap <= len(orgs) - 1 for gap in greatest_gap(whose, orgs).values())
