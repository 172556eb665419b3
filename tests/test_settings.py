"""Settings out of the environment."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from service.errors import Problem
from service.settings import NUMBERS, RECOGNISERS, SECRETS, Settings, database_owner

DATA = Path("d")
STORE = {
    "objects": "s3://archive",
    "objects_endpoint": "https://store.example.cn:9000",
    "objects_region": "cn-north",
    "objects_ca": "ca.pem",
    "objects_credentials": "keys",
    "copy": "/mnt/copy",
    "copy_endpoint": "https://other.example.cn",
    "copy_region": "cn-south",
    "copy_ca": "ca.pem",
    "copy_credentials": "keys",
}


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
        ("SCRATCH", "not/absolute"),
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


@pytest.mark.parametrize(
    "url", ["sqlite:///x", "postgresql://nobody", "postgresql://login@host", "postgresql://host/name"]
)
def test_a_bad_address_of_a_database_is_named_and_not_repeated(url):
    """It may hold a password; the owner's address is asked for by name too."""
    for read in (lambda source: Settings.from_env(DATA, source), database_owner):
        with pytest.raises(Problem) as caught:
            read({"YINZHENG_DATABASE": url, "YINZHENG_DATABASE_OWNER": url})
        assert "YINZHENG_DATABASE" in caught.value.detail
        assert url not in caught.value.detail
    with pytest.raises(Problem) as caught:
        database_owner({})
    assert "YINZHENG_DATABASE_OWNER" in caught.value.detail


def test_a_password_is_told_to_nobody():
    """Neither in what a backup notes of the settings, nor when they are printed."""
    url = "postgresql://login:se:cret@db.example:5432/rows?sslmode=verify-full"
    settings = Settings.from_env(DATA, {"YINZHENG_DATABASE": url})
    assert settings.database == url
    assert settings.told()["YINZHENG_DATABASE"] == url.replace(":se:cret", "")
    assert "cret" not in repr(settings)


def documented():
    """The table of settings in docs/operations.md: default and what is allowed, by variable."""
    page = (Path(__file__).parent.parent / "docs" / "operations.md").read_text("utf-8")
    rows = re.findall(r"^\| `(YINZHENG_\w+)` \| ([^|]*) \| ([^|]*) \|", page, re.MULTILINE)
    return {
        name: ("" if default.startswith("(") else default.strip("` "), allowed)
        for name, default, allowed in rows
    }


def test_every_setting_is_documented_with_its_default_and_what_it_may_be():
    """The page names each variable that is read and no other, with the default and the range of the code."""
    told, page = Settings(data=DATA).told(), documented()
    assert page.keys() == told.keys()
    assert {name: default for name, (default, _allowed) in page.items()} == told
    for name, (low, high) in NUMBERS.items():
        assert page[f"YINZHENG_{name.upper()}"][1] == f"{low}–{high}"
    assert re.findall(r"`(\w+)`", page["YINZHENG_RECOGNISER"][1]) == list(RECOGNISERS)


@pytest.mark.parametrize(
    "name", [field.name for field in fields(Settings) if field.name not in {"data", *SECRETS}]
)
def test_what_is_told_can_be_set_again(name):
    """Every setting is read from the variable that it is told by."""
    variable = f"YINZHENG_{name.upper()}"
    low, high = NUMBERS.get(name, ("", ""))
    others = {
        "host": "OTHER.CN",
        "recogniser": RECOGNISERS[-1],
        "scratch": "/s",
        **STORE,
        "database": "postgresql://login@db.example:5432/rows",
    }
    other = others.get(name, str(high))
    assert Settings.from_env(DATA, {variable: other}).told()[variable] == other
    assert other != str(low)


KEYS = {"YINZHENG_OBJECTS_ACCESS_KEY": "the-access-key", "YINZHENG_OBJECTS_SECRET_KEY": "the-secret-key"}
BUCKET = {"YINZHENG_OBJECTS": "s3://archive", "YINZHENG_OBJECTS_ENDPOINT": "https://store.example.cn:9000"}


def test_a_bucket_gets_its_keys_from_the_environment_or_a_file(tmp_path):
    """Both give the same place; without OBJECTS there is none, whatever else is set."""
    assert Settings.from_env(DATA, KEYS).place() is None
    settings = Settings.from_env(DATA, {**BUCKET, **KEYS})
    place = settings.place()
    assert (place.bucket, place.endpoint) == ("archive", "https://store.example.cn:9000")
    assert (place.access_key, place.secret_key) == ("the-access-key", "the-secret-key")
    file = tmp_path / "keys"
    lines = "[default]\naws_access_key_id = the-access-key\naws_secret_access_key = the-secret-key\n"
    file.write_text(lines)
    given = {**BUCKET, "YINZHENG_OBJECTS_CREDENTIALS": str(file)}
    assert Settings.from_env(DATA, given).place() == place


def test_a_second_copy_is_a_folder_or_a_bucket():
    """An absolute path is a folder, whatever it is called; a bucket has an endpoint and keys of its own."""
    assert Settings.from_env(DATA, {"YINZHENG_COPY": "/mnt/copy"}).copy_place() == Path("/mnt/copy")
    keys = {name.replace("OBJECTS", "COPY"): value for name, value in KEYS.items()}
    given = {"YINZHENG_COPY": "s3://copy", "YINZHENG_COPY_ENDPOINT": "https://other.example.cn", **keys}
    assert Settings.from_env(DATA, given).copy_place().bucket == "copy"
    assert Settings.from_env(DATA, {}).copy_place() is None


def test_the_keys_of_a_bucket_are_never_told():
    """Neither by the settings nor by the place, however they are written down."""
    settings = Settings.from_env(DATA, {**BUCKET, **KEYS})
    for told in (repr(settings), str(settings.told()), repr(settings.place()), str(settings.place())):
        assert "the-access-key" not in told
        assert "the-secret-key" not in told


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"YINZHENG_OBJECTS": "archive"}, "OBJECTS"),
        ({"YINZHENG_OBJECTS": "s3://Archive"}, "OBJECTS"),
        ({"YINZHENG_COPY": "relative"}, "COPY"),
        ({"YINZHENG_COPY": "s3://copy"}, "COPY_ENDPOINT"),
        ({**BUCKET, "YINZHENG_OBJECTS_ENDPOINT": "store:9000"}, "OBJECTS_ENDPOINT"),
        ({"YINZHENG_OBJECTS": "s3://archive", **KEYS}, "OBJECTS_ENDPOINT"),
        (BUCKET, "OBJECTS_ACCESS_KEY"),
        ({**BUCKET, "YINZHENG_OBJECTS_CREDENTIALS": "nowhere"}, "OBJECTS_CREDENTIALS"),
    ],
)
def test_a_bucket_that_is_half_set_is_refused_by_name(given, name):
    """The variable that is wrong or missing is said."""

    def places():
        settings = Settings.from_env(DATA, given)
        return settings.place(), settings.copy_place()

    with pytest.raises(Problem) as caught:
        places()
    assert caught.value.code == "bad_setting"
    assert f"YINZHENG_{name}" in caught.value.detail
