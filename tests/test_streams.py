"""Answers that are sent while they are written: in order, in pieces, to the end, and no longer than somebody reads."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import Problem
from service.web.limits import Places
from service.web.streams import PIECE, WAITING, pieces


@given(st.lists(st.binary(max_size=PIECE // 3), max_size=12))
def test_what_is_written_is_read(parts):
    """Every byte in order; no piece is empty."""

    def write(out):
        for part in parts:
            assert out.write(part) == len(part)

    got = list(pieces(write))
    assert b"".join(got) == b"".join(parts)
    assert all(got)


def test_an_error_comes_after_what_was_written():
    """Whoever reads learns that the rest is missing."""

    def write(out):
        out.write(b"x" * PIECE)
        raise ValueError("broken")

    stream = pieces(write)
    assert next(stream) == b"x" * PIECE
    with pytest.raises(ValueError, match="broken"):
        next(stream)


def test_the_writer_ends_when_nobody_reads():
    """It waits for a slow reader, holding a few pieces, and ends soon after the reader is gone."""
    ended = threading.Event()
    written = []

    def write(out):
        try:
            while True:
                out.write(b"x" * PIECE)
                written.append(PIECE)
        finally:
            ended.set()

    stream = pieces(write)
    next(stream)
    stream.close()
    assert ended.wait(10)
    assert len(written) <= WAITING + 2


def test_places_are_counted():
    """One more than there are is asked to come back; a place that was left is free."""
    places = Places(2)
    with places:
        with places:
            with pytest.raises(Problem) as caught:
                places.check()
            assert (caught.value.status, caught.value.code) == (503, "busy")
        places.check()
