"""A bell wakes whoever waits on this host, and nobody depends on it."""

import os
import threading
import time

from service import bell


def test_a_listener_is_woken_long_before_its_time(tmp_path):
    with bell.listening(tmp_path, "work") as ear:
        threading.Timer(0.05, bell.ring, (tmp_path, "work")).start()
        began = time.monotonic()
        bell.waited(ear, 20)
        assert time.monotonic() - began < 10
        assert os.get_blocking(ear) is False


def test_every_listener_hears_a_ring(tmp_path):
    with bell.listening(tmp_path, "work") as one, bell.listening(tmp_path, "work") as other:
        woken = []

        def wait(ear):
            bell.waited(ear, 20)
            woken.append(ear)

        threads = [threading.Thread(target=wait, args=(ear,)) for ear in (one, other)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        bell.ring(tmp_path, "work")
        threads[0].join(5)
        threads[1].join(5)
        assert sorted(woken) == sorted([one, other])


def test_many_rings_are_one_call_and_a_full_pipe_stops_nobody(tmp_path):
    with bell.listening(tmp_path, "ended") as ear:
        for _ in range(100_000):
            bell.ring(tmp_path, "ended")
        for _ in range(100):
            bell.hushed(ear)
        began = time.monotonic()
        bell.waited(ear, 0.05)
        assert time.monotonic() - began >= 0.04


def test_no_listener_no_folder_and_no_pipe_are_no_errors(tmp_path):
    bell.ring(tmp_path / "nowhere", "work")
    with bell.listening(tmp_path, "work"):
        pass
    assert not list((tmp_path / "bells" / "work").iterdir())
    bell.ring(tmp_path, "work")


def test_the_pipe_of_a_listener_that_died_is_cleared_away(tmp_path):
    with bell.listening(tmp_path, "work"):
        os.mkfifo(tmp_path / "bells" / "work" / "dead")
        bell.ring(tmp_path, "work")
        assert len(list((tmp_path / "bells" / "work").iterdir())) == 1


def test_a_link_among_the_bells_is_not_followed(tmp_path):
    target = tmp_path / "other"
    target.write_bytes(b"")
    with bell.listening(tmp_path, "work") as ear:
        (tmp_path / "bells" / "work" / "link").symlink_to(target)
        bell.ring(tmp_path, "work")
        bell.waited(ear, 0)
    assert target.read_bytes() == b""


def test_a_folder_that_cannot_be_written_leaves_no_ear(tmp_path):
    (tmp_path / "bells").write_bytes(b"")
    with bell.listening(tmp_path, "work") as ear:
        assert ear is None
        bell.waited(ear, 0)
