"""Settings out of the environment."""

from pathlib import Path

import pytest

from service.errors import Problem
from service.settings import Settings

DATA = Path("d")


def test_nothing_needs_to_be_set():
    """An empty environment gives the defaults."""
    assert Settings.from_env(DATA, {}) == Settings(data=DATA)


def test_what_is_set_is_taken():
    """The host is written in capitals, as in the QR code."""
    given = {"YINZHENG_HOST": "xj.example.cn", "YINZHENG_WORKERS": "4", "YINZHENG_REVIEW_EYES": "2"}
    settings = Settings.from_env(DATA, given)
    assert (settings.host, settings.workers, settings.review_eyes) == ("XJ.EXAMPLE.CN", 4, 2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "a b"),
        ("HOST", "x" * 41),
        ("HOST", "学籍.cn"),
        ("WORKERS", "0"),
        ("WORKERS", "two"),
        ("QUEUE", "-1"),
        ("MAX_UPLOAD_MB", "²"),
        ("RATE", "9" * 30),
        ("WORKER_JOBS", "0"),
        ("WORKER_MEMORY_MB", "1"),
        ("REVIEW_EYES", "0"),
        ("REVIEW_EYES", "3"),
    ],
)
def test_a_bad_setting_is_named(name, value):
    """The variable and what it may be are said."""
    with pytest.raises(Problem) as caught:
        Settings.from_env(DATA, {f"YINZHENG_{name}": value})
    assert caught.value.code == "bad_setting"
    assert f"YINZHENG_{name}" in caught.value.detail
